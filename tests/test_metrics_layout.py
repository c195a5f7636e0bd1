"""Page metrics done by hand where output and gold differ in number and size: what planted errors in them have shown."""

from __future__ import annotations

import pytest

from eval.metrics.layout import Layout
from eval.predictions import PageOutput
from eval.sets import GoldArticle, PageItem
from eval.significance import total

A, B, C = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉", "春夏秋冬"


def scores_of(
    gold: list[tuple[str, str]],
    said: list[tuple[str, str]],
    text: str = "文",
    blocks: tuple[tuple[int, int], ...] | None = None,
) -> dict[str, float]:
    page = PageItem("p", text, tuple(GoldArticle(*article) for article in gold))
    metric = Layout()
    rows = metric.rows([page], [PageOutput(tuple(said), blocks)])
    assert rows.shape == (1, metric.width)
    return total(rows, metric.scores)


def test_articles_too_many_count_against_f1_and_not_against_headlines() -> None:
    found = scores_of([("一", A)], [("一", A), ("二", B), ("三", C)])
    assert found["article_f1"] == pytest.approx(2 * 1 / (3 + 1))
    assert found["headline_exact"] == 1
    assert found["body_char_f1"] == pytest.approx(2 * 10 / (24 + 10))


def test_articles_too_few_count_against_all_three() -> None:
    found = scores_of([("一", A), ("二", B), ("三", C)], [("一", A)])
    assert found["article_f1"] == pytest.approx(2 * 1 / (1 + 3))
    assert found["headline_exact"] == pytest.approx(1 / 3)
    assert found["body_char_f1"] == pytest.approx(2 * 10 / (10 + 24))


def test_the_longest_overlaps_are_paired_first_each_text_once() -> None:
    # The half of A suits the first gold article, but the second has all of it: greedy by size, whatever the order.
    for gold in ([("一", A[:6] + C), ("二", A)], [("二", A), ("一", A[:6] + C)]):
        found = scores_of(gold, [("二", A)])
        assert found["body_char_f1"] == pytest.approx(2 * 10 / (10 + 20))
    twice = scores_of([("一", A)], [("一", A), ("二", A)])
    assert twice["body_char_f1"] == pytest.approx(2 * 10 / (20 + 10))


def test_half_of_the_shorter_text_is_enough_and_less_is_not() -> None:
    assert scores_of([("一", A)], [("一", A[:5] + C)])["body_char_f1"] == pytest.approx(2 * 5 / (9 + 10))
    assert scores_of([("一", A)], [("一", A[:4] + B)])["body_char_f1"] == 0


def test_characters_in_no_block_and_in_several() -> None:
    text = "甲乙 丙丁戊"
    assert counted(text, ()) == (5, 0)
    assert counted(text, ((0, 6),)) == (0, 0)
    assert counted(text, ((0, 2), (3, 6))) == (0, 0)
    assert counted(text, ((0, 4), (1, 2), (1, 5))) == (1, 2)  # 戊 in none; 乙 and 丙 more than once
    assert counted(text, ((-3, 1), (5, 99))) == (3, 0)  # offsets beyond the page
    assert counted(text, ((4, 2),)) == (5, 0)  # an end before its start covers nothing


def counted(text: str, blocks: tuple[tuple[int, int], ...]) -> tuple[float, float]:
    found = scores_of([("一", A)], [("一", A)], text, blocks)
    return found["lost_chars"], found["doubled_chars"]
