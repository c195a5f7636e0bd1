"""Which of the beams that pass the checks is shown: likely, of its own wording, with its numbers."""

from __future__ import annotations

from typing import Any

import pytest

from models.decoding import Hypothesis
from models.registry import load_summarizer
from models.summarizer import _DATED

BODY = "7月12日，青禾县总工会为三百二十名建筑工人送去绿豆汤。"
PIECE, OWN, COUNTED, FALSE, NOVEL = (
    "青禾县总工会为三百二十名建筑工人",
    "青禾县总工会送绿豆汤",
    "青禾县总工会为320名工人送绿豆汤",
    "青禾县总工会为99名工人送汤",
    "解暑饮品送进青禾工棚",
)


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the shipped summarizer shows of these beams under these manifest values."""
    summarizer: Any = load_summarizer()

    def choose(*beams: tuple[str, float], **values: float) -> str:
        texts = [text for text, _ in beams]
        for name, value in {
            "piece_margin": 0.0,
            "number_margin": 0.0,
            "number_bonus": 0.0,
            "novel_bonus": 0.0,
            **values,
        }.items():
            monkeypatch.setattr(summarizer, name, value)
        monkeypatch.setattr(summarizer, "_render", lambda hypothesis, _: texts[hypothesis.ids[0]])
        found = [Hypothesis([i], score, [0], score) for i, (_, score) in enumerate(beams)]
        return str(summarizer._choose(BODY, summarizer._source(BODY), found, "headline").summary)

    return choose


def test_the_likeliest_that_passes(chosen: Any) -> None:
    assert chosen((FALSE, -0.1), (OWN, -0.2), (COUNTED, -0.3)) == OWN
    assert chosen((PIECE, -0.1), (OWN, -0.2)) == PIECE


def test_a_piece_gives_way_within_the_margin(chosen: Any) -> None:
    assert chosen((PIECE, -0.1), (OWN, -0.15), piece_margin=0.08) == OWN
    assert chosen((PIECE, -0.1), (OWN, -0.2), piece_margin=0.08) == PIECE


def test_a_number_more_and_new_wording_count_within_the_margin(chosen: Any) -> None:
    assert chosen((OWN, -0.1), (COUNTED, -0.15), piece_margin=0.08) == OWN
    assert chosen((OWN, -0.1), (COUNTED, -0.15), piece_margin=0.08, number_bonus=0.06) == COUNTED
    assert chosen((OWN, -0.1), (COUNTED, -0.2), piece_margin=0.08, number_bonus=0.06) == OWN
    assert chosen((OWN, -0.1), (COUNTED, -0.15), piece_margin=0.08, novel_bonus=0.5) == COUNTED


def test_a_number_more_may_be_less_likely_than_other_wording(chosen: Any) -> None:
    told = {"piece_margin": 0.08, "number_margin": 0.2, "number_bonus": 0.2}
    assert chosen((OWN, -0.1), (COUNTED, -0.25), **told) == COUNTED
    assert chosen((OWN, -0.1), (COUNTED, -0.35), **told) == OWN
    assert chosen((OWN, -0.1), (NOVEL, -0.15), **told, novel_bonus=0.9) == NOVEL
    assert chosen((OWN, -0.1), (NOVEL, -0.25), **told, novel_bonus=0.9) == OWN


def test_a_date_is_no_figure_of_the_matter(chosen: Any) -> None:
    dated, told = "7月12日" + OWN, {"piece_margin": 0.08, "number_margin": 0.2, "number_bonus": 0.2}
    assert chosen((OWN, -0.1), (dated, -0.15), **told) == OWN
    assert chosen((OWN, -0.1), (COUNTED, -0.25), (dated, -0.15), **told) == COUNTED


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("每人发放2000元", "每人发放2000元"),
        ("2025电影周 2031年8月9日开幕", "电影周 开幕"),
        ("指数跌破2000点", "指数跌破2000点"),
        ("上午9时开工", "上午开工"),
        ("补贴2000户", "补贴2000户"),
        ("坐9号线", "坐9号线"),
    ],
)
def test_what_is_a_date(text: str, left: str) -> None:
    assert _DATED.sub("", text) == left


@pytest.mark.parametrize("bad", ["三百二十名建筑工人青禾县总工会", "青青禾县总工会送绿豆汤", "青禾县总工会送绿豆汤汤"])
def test_a_beam_that_is_spliced_or_garbled_gives_way(chosen: Any, bad: str) -> None:
    assert chosen((bad, -0.1), (OWN, -0.9)) == OWN


def test_nothing_that_passes_gives_way_to_the_lead(chosen: Any) -> None:
    assert chosen((FALSE, -0.1)) == BODY.rstrip("。")
