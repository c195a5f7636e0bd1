from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from models.decoding import BeamSettings, Lifted, beam_search

END, BANNED = 2, 1


def chain(table: dict[int, dict[int, float]], width: int = 6) -> Any:
    """A step function that depends on the last token only."""

    def step(tokens: Any, parents: Any, position: int) -> tuple[Any, Any, Any]:
        shape = (*tokens.shape, width)
        values, ids = np.full(shape, -np.inf, np.float32), np.zeros(shape, np.int64)
        for at in np.ndindex(tokens.shape):
            best = sorted(table.get(int(tokens[at]), {END: 1.0}).items(), key=lambda kv: -kv[1])
            for rank, (token, p) in enumerate(best):
                values[(*at, rank)], ids[(*at, rank)] = np.log(p), token
        return values, ids, np.zeros(tokens.shape, np.int64)

    return step


def test_a_wider_beam_finds_what_greedy_misses() -> None:
    table = {0: {3: 0.6, 4: 0.4}, 3: {5: 0.5, 6: 0.5}, 4: {7: 1.0}, 5: {END: 1.0}, 6: {END: 1.0}, 7: {END: 1.0}}
    greedy = beam_search(chain(table), 1, 0, END, set(), BeamSettings(beams=1, max_tokens=6, min_tokens=0))
    wide = beam_search(chain(table), 1, 0, END, set(), BeamSettings(beams=4, max_tokens=6, min_tokens=0))
    assert greedy[0][0].ids == [3, 5]
    assert wide[0][0].ids == [4, 7]


def test_banned_tokens_never_appear_and_short_ends_wait() -> None:
    table = {0: {BANNED: 0.9, END: 0.06, 3: 0.04}, 3: {4: 0.5, END: 0.5}, 4: {END: 1.0}}
    found = beam_search(chain(table), 2, 0, END, {BANNED}, BeamSettings(beams=2, max_tokens=5, min_tokens=2))
    assert all(h.ids == [3, 4] for article in found for h in article)


def test_no_run_of_tokens_repeats() -> None:
    table = {0: {3: 1.0}, 3: {4: 0.9, 5: 0.1}, 4: {3: 0.9, 5: 0.1}, 5: {END: 1.0}}
    (found,) = beam_search(
        chain(table), 1, 0, END, set(), BeamSettings(beams=1, max_tokens=12, min_tokens=0, no_repeat=2)
    )
    ids = found[0].ids
    pairs = list(pairwise(ids))
    assert len(pairs) == len(set(pairs))


def test_an_endless_search_stops_and_still_answers() -> None:
    table = {0: {3: 0.5, 4: 0.5}, 3: {4: 1.0}, 4: {3: 1.0}}
    (found,) = beam_search(
        chain(table), 1, 0, END, set(), BeamSettings(beams=2, max_tokens=9, min_tokens=0, no_repeat=0)
    )
    assert found
    assert len(found[0].ids) == 9


def test_a_lifted_number_is_written_once_and_not_made_longer() -> None:
    table = {0: {3: 0.7, 5: 0.3}, 3: {END: 0.6, 5: 0.2, 4: 0.2}, 4: {END: 1.0}, 5: {END: 0.4, 3: 0.3, 5: 0.3}}
    figures = np.arange(6) == 5
    settings = {"beams": 4, "max_tokens": 8, "min_tokens": 0, "no_repeat": 0}

    def best(lift: float) -> Any:
        lifted = [Lifted(figures, figures)]
        return beam_search(chain(table), 1, 0, END, set(), BeamSettings(**settings, number_lift=lift), lifted)[0][0]  # type: ignore[arg-type]

    plain, with_number = best(0.0), best(3.0)
    assert plain.ids == [3]
    assert plain.score == plain.sure
    assert with_number.ids.count(5) == 1
    assert np.isclose(with_number.score - with_number.sure, 3.0 / (len(with_number.ids) + 1))


def test_only_what_begins_a_number_is_lifted() -> None:
    table = {0: {3: 0.6, 5: 0.4}, 3: {END: 1.0}, 5: {END: 1.0}}
    nothing, figures = np.zeros(6, np.bool_), np.arange(6) == 5
    found = beam_search(
        chain(table), 1, 0, END, set(), BeamSettings(beams=2, min_tokens=0, number_lift=9.0), [Lifted(nothing, figures)]
    )
    assert found[0][0].ids == [3]
