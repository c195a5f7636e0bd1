"""Texts made to be slow: every pattern and walk over a text answers in time that grows with its length, not its square."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from models.article import Article
from models.classifier import reasons_to_review
from models.faithfulness import checks
from models.keywords import KeywordClassifier
from models.page_lines import kind_of
from models.pages import split_page
from models.quantities import numbers_of
from models.text import lead_offset
from tests.lengths import grows_with_its_square

WORDS = ["文", "图", "校对", "采写", "编辑", "版式", "记者", "记者万　采写", " 文新闻", "张三 ", "图/", "张三/文 "]
WORDS += ["、", "（", "□", "责任编辑", "本报", "2031年", "第1版", "—", "链接", "据《", "某某"]


LINES = [
    "工会开展活动情况",
    "工会开展活动，十分热闹而且顺利地进行到了最后一天，",
    "链接",
    "本报记者 林晓舟",
    "图为工地。唐知远 摄",
]
LINES += ["（下转第四版）", "● 一条", "=====", "问：几时发薪？", "一", "　　第一段。"]


@pytest.fixture(scope="module", autouse=True)
def tables_read() -> None:
    """Read the tables that a first call reads from disk, whose time is the disk's and not the text's."""
    lead_offset("本报记者 王二 赵五")
    split_page("工会开展活动\n本报记者 王二 赵五\n　　工会三十一日开展活动，职工参加。")
    checks("工会开展活动", "工会三十一日开展活动，职工参加。")


def seconds(work: Callable[[], object]) -> float:
    began = time.thread_time()  # of this thread alone: what libraries do in others is not measured
    work()
    return time.thread_time() - began


@pytest.mark.parametrize("end", ["x", "。", "", "：", "）"])
@pytest.mark.parametrize("word", WORDS)
def test_a_line_of_one_word_is_looked_at_quickly(word: str, end: str) -> None:
    assert seconds(lambda: kind_of((word * 60)[:300] + end)) < 0.5


@pytest.mark.parametrize(
    "text", ["本报记者 " + "、" * 155 + "王", "本报记者 " + "王二 " * 60, "（" * 160, "本报讯" * 60, "新华社" * 60]
)
def test_a_dateline_is_looked_for_quickly(text: str) -> None:
    assert seconds(lambda: lead_offset(text)) < 0.1


@pytest.mark.parametrize(
    "line",
    LINES,
)
def test_a_page_of_one_line_takes_linear_time(line: str) -> None:
    small = min(seconds(lambda: split_page(f"{line}\n" * 1000)) for _ in range(3))
    large = min(seconds(lambda: split_page(f"{line}\n" * 8000)) for _ in range(3))
    assert large < 16 * max(small, 0.02)


def test_long_numerals_are_no_numbers() -> None:
    head = "三一" + "亿" * 60 + "，" + "九" * 400

    def both(tail: str) -> None:
        checks(head + tail, head + tail)

    assert not grows_with_its_square(both, "万" * 22_500)
    assert numbers_of("9" * 400 + "亿") == set()


def test_one_long_number_takes_linear_time() -> None:
    summary = "1" * 300 + "年"
    assert not grows_with_its_square(lambda digits: checks(summary, digits + "年"), "1" * 22_500)


def test_percent_in_words_and_signs_are_alike() -> None:
    assert numbers_of("百分之十二") == numbers_of("12%") == {"12%"}
    assert numbers_of("百分之五") == {"5%"}


def test_keywords_read_to_the_end() -> None:
    (result,) = KeywordClassifier().classify(
        [Article("", "今天天气很好。" * 4000 + "农民工讨薪维权，法律援助。" * 400)]
    )
    assert result.scores["rights_protection"] > 0.1


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("東京都は今日、新しい労働政策を発表しました。労働者の権利を守るための法律です。", ["not_chinese"]),
        ("서울시는 오늘 노동자 권리를 발표했다.", ["not_chinese"]),
        ("The union visited the site today.", ["not_chinese"]),
        ("。！？", ["empty"]),
        ("县总工会为户外劳动者送清凉。", []),
        ("工会用iPhone办入会，Wi-Fi覆盖。", []),
    ],
)
def test_what_is_not_chinese_is_said_to_be_so(text: str, reasons: list[str]) -> None:
    assert reasons_to_review(Article("", text)) == reasons
    (result,) = KeywordClassifier().classify([Article("", text)])
    assert [r for r in result.reasons if r != "near_threshold"] == reasons
