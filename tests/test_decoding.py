from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from models.article import Article
from models.decoding import BeamSettings, Lifted, Room, beam_search
from models.registry import load_summarizer
from models.rendering import least_width
from models.steps import Steps
from tests.invented import read

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


def test_no_beam_is_wider_than_there_is_room() -> None:
    # The best word takes five characters; behind it only the end fits, and the end is unlikely there.
    table = {0: {3: 0.9, 4: 0.1}, 3: {5: 0.99, END: 0.01}, 4: {5: 0.9, END: 0.1}, 5: {END: 1.0}}
    settings = BeamSettings(beams=2, max_tokens=6, min_tokens=0)
    widths = np.array([0, 0, 0, 5, 2, 3, 0, 0])
    wide, narrow, none = (
        beam_search(chain(table), 1, 0, END, set(), settings, room=Room(widths, most))[0] for most in (8, 7, 1)
    )
    assert wide[0].ids == [3, 5]
    assert narrow[0].ids == [4, 5], "2 and 3 fit into 7, 5 and 3 do not"
    assert all(widths[h.ids].sum() <= 7 for h in narrow)
    assert none, "an answer even where nothing fits"


def test_articles_whose_search_has_ended_leave_the_batch() -> None:
    # Article 1 ends at once, 0 and 2 go on with chains of their own; a batch of one is what each is compared with.
    table = {
        10: {3: 1.0},
        3: {4: 1.0},
        4: {5: 1.0},
        5: {END: 1.0},
        11: {END: 1.0},
        12: {6: 1.0},
        6: {7: 1.0},
        7: {END: 1.0},
    }
    settings = BeamSettings(beams=1, max_tokens=9, min_tokens=0)
    present, sizes = [10, 11, 12], []

    def step(tokens: Any, parents: Any, position: int) -> tuple[Any, Any, Any]:
        sizes.append(len(tokens))
        begins = tokens if position else np.array([[begin] for begin in present])
        return chain(table)(begins, parents, position)  # type: ignore[no-any-return]

    def narrow(articles: Any) -> None:
        present[:] = [present[a] for a in articles]

    found = beam_search(step, 3, 0, END, set(), settings, narrow=narrow)
    assert [h[0].ids for h in found] == [[3, 4, 5], [], [6, 7]]
    assert sizes == [3, 2, 2, 1]
    assert present == [10]


def test_a_batch_gives_what_each_of_its_articles_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    summarizer: Any = load_summarizer()
    bodies = [a["body"] for a in read("articles.jsonl")[:24]]
    articles = [Article(body=body) for body in bodies]
    narrowed: list[int] = []
    plain = Steps.narrow

    def noted(self: Steps, left: Any, beams: int) -> None:
        narrowed.append(len(left))
        plain(self, left, beams)

    monkeypatch.setattr(Steps, "narrow", noted)
    together = [r.summary for r in summarizer.summarize(articles, "headline")]
    assert narrowed, "no search ended before the last one of its batch"
    assert together == [summarizer.summarize([a], "headline")[0].summary for a in articles]


POINT = 6
FIGURES, POINTS = np.isin(np.arange(8), [5, 7]), np.arange(8) == POINT


def lifting(table: dict[int, dict[int, float]], lift: float, begins: list[int]) -> Any:
    """The best hypothesis."""
    lifted = [Lifted(np.where(np.isin(np.arange(8), begins), lift, 0.0).astype(np.float32), FIGURES, POINTS)]
    settings = BeamSettings(beams=4, max_tokens=8, min_tokens=0, no_repeat=0)
    return beam_search(chain(table, 8), 1, 0, END, set(), settings, lifted)[0][0]


def test_a_lifted_number_is_written_and_only_once() -> None:
    table = {0: {3: 0.7, 5: 0.3}, 3: {END: 0.6, 5: 0.2, 4: 0.2}, 4: {END: 1.0}, 5: {END: 0.4, 3: 0.6}}
    plain, with_number = lifting(table, 0.0, [5]), lifting(table, 3.0, [5])
    assert plain.ids == [3]
    assert plain.score == plain.sure
    assert with_number.ids.count(5) == 1
    assert np.isclose(with_number.score - with_number.sure, 3.0 / (len(with_number.ids) + 1))


@pytest.mark.parametrize("between", [[], [POINT]])
def test_a_number_is_not_made_longer(between: list[int]) -> None:
    # After 5, and after 5 and a point, the figure 7 is unlikely; lifted it would win.
    behind = {END: 0.8, 7: 0.2}
    table = {0: {5: 1.0}, 5: {POINT: 1.0} if between else behind, POINT: behind, 7: {END: 1.0}}
    assert lifting(table, 6.0, [5, 7]).ids == [5, *between]
    apart = {0: {3: 1.0}, 3: behind, 7: {END: 1.0}}
    assert lifting(apart, 6.0, [5, 7]).ids == [3, 7]


def test_only_what_begins_a_number_of_the_source_is_lifted() -> None:
    table = {0: {3: 0.6, 5: 0.4}, 3: {END: 1.0}, 5: {END: 1.0}}
    assert lifting(table, 9.0, []).ids == [3]
    assert lifting(table, 9.0, [5]).ids == [5]


def test_which_tokens_begin_a_number() -> None:
    summarizer: Any = load_summarizer()
    source = summarizer._source("全年投入1,200万元，增长5.2%，2024年帮助35人。")
    settings = BeamSettings(number_lift=1.5)
    begins = summarizer._lifted(source, settings).begins
    began = {summarizer._tokenizer.id_to_token(i).lstrip("▁") for i in np.flatnonzero(begins)}
    assert {"5.2", "35", "20"} <= began
    assert set(begins) == {0.0, 1.5}
    assert not summarizer._lifted(source, replace(settings, least_salience=1.0)).begins.any()
    assert not {"200", ".2", "2"} & began


def test_an_unknown_character_and_a_byte_take_no_room() -> None:
    assert [least_width(p, words=False) for p in ("\u2581工会", "<0xE4>", "…", "\u2581")] == [2, 0, 1, 0]
    assert [least_width(p, words=True) for p in ("##会", "工会", "##")] == [1, 2, 0]
    summarizer: Any = load_summarizer()
    assert summarizer._widths[summarizer._marks.unknown] == 0
