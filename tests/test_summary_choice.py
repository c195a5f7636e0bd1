"""Which of the beams that pass the checks is shown: likely, of its own wording, with its numbers."""

from __future__ import annotations

import math
from typing import Any

import pytest

from models.choosing import Candidate, Preferences, agreement, candidate, chances_of, choose, figures_of
from models.decoding import Hypothesis
from models.faithfulness import Told, checks, squeeze
from models.quantities import numbers_of
from models.registry import load_summarizer
from models.salience import Mention

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
        monkeypatch.setattr(summarizer, "preferences", Preferences(**values))
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
        ("乘坐9号线", "乘坐9号线"),
    ],
)
def test_what_is_a_date(text: str, left: str) -> None:
    assert figures_of(text, text) == figures_of(left, left) == (frozenset(numbers_of(left)), 0)


@pytest.mark.parametrize(
    "bad",
    [
        "三百二十名建筑工人青禾县总工会", "青青禾县总工会送绿豆汤", "青禾县总工会送绿豆汤汤",
        "青禾县总工会（三百二十名送绿豆汤", "青禾县总工会送“绿豆汤", "青禾县总工会《送绿豆汤〉", "青禾县总工会送）绿豆汤",
    ],
)  # fmt: skip
def test_a_beam_that_is_spliced_or_garbled_gives_way(chosen: Any, bad: str) -> None:
    assert chosen((bad, -0.1), (OWN, -0.9)) == OWN


def test_nothing_that_passes_gives_way_to_the_lead(chosen: Any) -> None:
    assert chosen((FALSE, -0.1)) == BODY.rstrip("。")


def beams(*told: tuple[str, float]) -> list[Candidate]:
    return [candidate(text, score, score, squeeze(BODY), {}) for text, score in told]


def test_the_beam_that_others_are_like_comes_before_a_likelier_one_that_stands_alone() -> None:
    found = beams((NOVEL, -0.2), (OWN, -0.25), (OWN + "汤", -0.3), ("青禾县总工会送汤", -0.3))
    likeness = agreement(found)
    assert likeness.index(max(likeness)) == 1
    assert likeness[0] == min(likeness)
    assert choose(found, Preferences(piece_margin=0.08), {}).text == NOVEL
    assert choose(found, Preferences(piece_margin=0.08, agreement=1.0), {}).text == OWN


def test_likeness_is_weighted_by_probability() -> None:
    assert agreement(beams((OWN, -0.1))) == [1.0]
    near, far = agreement(beams((OWN, -0.1), (NOVEL, -0.1))), agreement(beams((OWN, -0.1), (NOVEL, -1.0)))
    like = 1 / 9  # one pair of characters of nine and nine
    assert near == pytest.approx([(1 + like) / 2] * 2)
    weight = 1 / (1 + math.exp(4 * -0.9))
    assert far == pytest.approx([weight + (1 - weight) * like, weight * like + 1 - weight])


def test_a_number_counts_by_the_chance_that_the_headline_has_it() -> None:
    body = "青禾县总工会今年走访35家企业，为320名工人送去绿豆汤。"
    found = [
        candidate(t, s, s, squeeze(body), {}) for t, s in (("县总走访35家企业", -0.2), ("县总为320名工人送汤", -0.25))
    ]
    wanted = Preferences(piece_margin=0.08, salience_bonus=0.5)
    start = body.index("320")
    chances = chances_of(body, [Mention(start, start + 3, 0.4), Mention(body.index("35"), body.index("35") + 2, 0.1)])
    assert chances == {"320": 0.4, "35": 0.1}
    assert choose(found, wanted, chances).text == found[1].text
    assert choose(found, wanted, {"35": 0.4, "320": 0.1}).text == found[0].text
    assert choose(found, wanted, {}).text == found[0].text


@pytest.mark.parametrize(
    ("text", "numbers", "loose"),
    [
        ("县总走访35家企业", {"35"}, 0),  # 35家企 behind it
        ("走访35家企事业单位", {"35"}, 0),  # 走访 before it
        ("走访企业35家", {"35"}, 1),
        ("35名工人收到绿豆汤", {"35"}, 1),
        ("320名工人喝上绿豆汤 35家企业参加", {"320", "35"}, 0),
        ("7月12日走访35家企业", {"35"}, 0),
        ("走访三十五家企业", {"35"}, 0),
        ("7月12日48家企业受访", {"48"}, 0),  # behind a date it stands with the date's last figure
        ("35家320人参加", {"35", "320"}, 0),
        ("增收12.5%", {"12.5%"}, 0),
        ("工人12.5%", {"12.5%"}, 1),
        ("6座驿站启用", {"6"}, 0),  # six in Chinese numerals there, and a 16
        ("事故致2死4伤", {"2", "4"}, 0),
        ("1—7月增收12.5%", {"1", "12.5%"}, 0),
        ("走访3家", {"3"}, 0),  # 35 is no 3
        ("绿豆汤35 320名工人", {"35", "320"}, 1),  # two numbers, not 35320
    ],
)
def test_numbers_are_known_by_what_stands_beside_them(text: str, numbers: set[str], loose: int) -> None:
    body = (
        "7月12日，青禾县总工会今年走访35家企业，为320名工人送去绿豆汤，企业增收12.5%，六座驿站启用。7月12日48家工会受访，共有35家320人参加。"
        "1月至7月的事故造成2人死亡、4人受伤，7月16日通报。"
    )
    assert figures_of(text, squeeze(body)) == (frozenset(numbers), loose)


def test_a_number_in_other_company_costs() -> None:
    body = "青禾县总工会今年走访35家企业，为320名工人送去绿豆汤。"
    told = (("县总给320家企业送汤", -0.2), ("县总给工人送绿豆汤", -0.25))
    found = [candidate(t, s, s, squeeze(body), {}) for t, s in told]
    assert [c.loose for c in found] == [1, 0]
    assert choose(found, Preferences(piece_margin=0.08, number_bonus=0.3), {"320": 0.4}).text == found[0].text
    assert choose(found, Preferences(piece_margin=0.08, loose_malus=0.2), {"320": 0.4}).text == found[1].text


def test_beams_out_of_reach_are_not_read(chosen: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def noted(text: str, told: Told) -> dict[str, Any]:
        read.append(text)
        return checks(text, told)

    monkeypatch.setattr("models.summarizer.checks", noted)
    chosen((OWN, -0.1), (COUNTED, -0.3), (NOVEL, -0.6), number_margin=0.4, agreement=2.0)
    assert read == [OWN, COUNTED]
