"""The page splitter: gold pages of ours, hazards one by one, and the promise that no character is lost."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.article import Page
from models.page_decode import SURE
from models.pages import split_page, split_page_by_rules
from models.text import to_simplified
from tests.invented import read

PAGES = read("pages.jsonl.gz")
SEEN = [page for page in PAGES if not page["unseen"]]
"""The rules were set on these; on the others they are only measured (tests/test_eval_gate.py)."""
FIRST = "7月12日，青禾县总工会走进河滨大桥工地，为三百二十名建筑工人送去绿豆汤和防暑药品。"
SECOND = "工会负责人表示，高温时段将督促企业调整作息时间，并请医生为职工免费体检。"
THIRD = "截至目前，全县已设立这样的休息点三十六处，配有饮水机、微波炉和急救药箱，全天开放。"
OTHER = "九个市的六百名焊工同台比武，前三名可以晋升技师。大赛由东屏省总工会主办，为期三天。"


def lines(*parts: str) -> str:
    return "\n\n".join(parts) + "\n"


def check_cover(text: str, page: Page) -> None:
    """Every non-space character in exactly one block; blocks are slices; articles in page order."""
    blocks = [*page.furniture, *(b for a in page.articles for b in a.blocks)]
    seen = [0] * len(text)
    for block in blocks:
        assert block.text == text[block.start : block.end]
        for place in range(block.start, block.end):
            seen[place] += 1
    for place, char in enumerate(text):
        assert char.isspace() or seen[place] == 1, (place, char, seen[place])
    starts = [a.blocks[0].start for a in page.articles]
    assert starts == sorted(starts)
    for a in page.articles:
        ink = "".join(b.text for b in a.blocks if b.role in ("body", "section_head"))
        assert a.body.replace("\n", "") == ink.replace("\n", "")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p["id"])
def test_every_character_of_our_pages_stands_once(page: dict[str, Any]) -> None:
    check_cover(page["text"], split_page(page["text"]))


@pytest.mark.parametrize("page", SEEN, ids=lambda p: p["id"])
def test_our_pages_come_out_as_their_gold(page: dict[str, Any]) -> None:
    found = split_page(page["text"])
    assert ["".join(a.body.split()) for a in found.articles] == ["".join(a["body"].split()) for a in page["articles"]]
    for said, gold in zip(found.articles, page["articles"], strict=True):
        wanted = {"".join(h.split()) for h in (gold["headline"], *gold["alt_headlines"])}
        assert "".join(said.headline.split()) in wanted


def test_roles_of_our_pages_are_mostly_those_of_the_gold() -> None:
    right = total = 0
    for page in SEEN:
        found = split_page(page["text"])
        roles = {b.start: b.role for b in [*found.furniture, *(b for a in found.articles for b in a.blocks)]}
        for block in page["blocks"]:
            total += 1
            right += roles.get(block["start"]) == block["role"]
    assert right / total >= 0.97, (right, total)


def test_parts_of_a_full_article_stand_apart() -> None:
    text = lines(
        "2031年3月5日　星期三　要闻　第2版",
        "把好事办实，",
        "青禾县总工会送清凉到工地",
        "——三百名工友喝上绿豆汤",
        "本报记者　林 晓　通讯员　许望舒",
        FIRST,
        "图为工友在喝绿豆汤。唐知远 摄",
        SECOND,
        "（许望舒参与采写）",
        "责任编辑：陆晚晴　版式设计：祁大山",
    )
    page = split_page(text)
    check_cover(text, page)
    (article,) = page.articles
    assert article.kicker == ("把好事办实，",)
    assert article.headline == "青禾县总工会送清凉到工地"
    assert article.subheads == ("——三百名工友喝上绿豆汤",)
    assert article.byline == "本报记者　林 晓　通讯员　许望舒"
    assert article.reporters == ("林晓", "许望舒")
    assert article.body == f"{FIRST}\n{SECOND}"
    assert article.captions == ("图为工友在喝绿豆汤。唐知远 摄",)
    assert article.tails == ("（许望舒参与采写）",)
    assert [b.text for b in page.furniture] == [
        "2031年3月5日　星期三　要闻　第2版",
        "责任编辑：陆晚晴　版式设计：祁大山",
    ]


@pytest.mark.parametrize("cut", [14, 20, 30])
def test_a_box_in_a_sentence_is_set_aside_and_the_sentence_joined(cut: int) -> None:
    text = lines(
        "青禾县总工会送清凉到工地",
        "本报记者 林晓舟",
        SECOND,
        FIRST[:cut],
        "阅读提示",
        "今年以来，青禾县把户外劳动者的休息点列为头一件实事。",
        FIRST[cut:],
        THIRD,
    )
    (article,) = split_page(text).articles
    assert article.body == f"{SECOND}\n{FIRST}\n{THIRD}"
    assert article.boxes == ("阅读提示", "今年以来，青禾县把户外劳动者的休息点列为头一件实事。")
    halves = [b for b in article.blocks if b.role == "body"][1:3]
    assert "".join(b.text for b in halves) == FIRST  # the joined sentence keeps both places


def test_a_column_end_in_a_sentence_is_joined() -> None:
    text = lines("青禾县总工会送清凉到工地", "本报记者 林晓舟", SECOND + FIRST[:25], FIRST[25:], SECOND)
    (article,) = split_page(text).articles
    assert article.body == f"{SECOND}{FIRST}\n{SECOND}"


def test_dateline_place_and_reporters_are_read_and_stay_in_the_body() -> None:
    body = f"本报青禾7月12日电　（记者林晓舟、许望舒）{FIRST}"
    (article,) = split_page(lines("青禾县总工会送清凉到工地", body, SECOND)).articles
    assert article.body == f"{body}\n{SECOND}"
    assert article.place == "青禾"
    assert article.reporters == ("林晓舟", "许望舒")
    assert article.dateline == "本报青禾7月12日电　（记者林晓舟、许望舒）"


def test_an_article_without_headline_begins_at_its_dateline() -> None:
    text = lines("青禾县总工会送清凉到工地", "本报记者 林晓舟", FIRST, SECOND, f"本报讯（记者陆晚晴）{OTHER}")
    first, second = split_page(text).articles
    assert first.body == f"{FIRST}\n{SECOND}"
    assert second.headline == ""
    assert second.needs_review


def test_an_article_is_as_sure_as_its_least_sure_block() -> None:
    pages = [split_page(page["text"]) for page in PAGES]
    unsure = 0
    for page in pages:
        for block in page.furniture:
            assert 0 <= block.confidence <= 1  # type: ignore[operator]
        for article in page.articles:
            told = article.as_dict()
            assert told["confidence"] == min(block["confidence"] for block in told["blocks"])
            assert article.needs_review == (told["confidence"] < SURE or not article.headline or not article.body)
            unsure += article.needs_review
    assert 0 < unsure < sum(len(page.articles) for page in pages)
    by_rules = split_page_by_rules(PAGES[0]["text"])
    assert {block.confidence for article in by_rules.articles for block in article.blocks} == {None}
    assert by_rules.articles[0].as_dict()["confidence"] is None


def test_jumps_are_furniture_and_end_their_article() -> None:
    text = lines("青禾县总工会送清凉到工地", "本报记者 林晓舟", f"{FIRST}（下转第四版）", "焊工比武大赛开幕", OTHER)
    page = split_page(text)
    assert [a.headline for a in page.articles] == ["青禾县总工会送清凉到工地", "焊工比武大赛开幕"]
    assert [b.text for b in page.furniture] == ["（下转第四版）"]


def test_a_photo_story_is_an_article_and_a_caption_inside_another_is_not() -> None:
    story = "7月11日，茶农在云岭茶园采摘夏茶。今年云岭夏茶产量比去年多一成。唐知远 摄"
    text = lines("云岭夏茶开采", story, "青禾县总工会送清凉到工地", "本报记者 林晓舟", FIRST, story, SECOND)
    photo, other = split_page(text).articles
    assert (photo.headline, photo.body) == ("云岭夏茶开采", story)
    assert other.captions == (story,)
    assert other.body == f"{FIRST}\n{SECOND}"


def test_indented_dumps_with_single_line_ends_and_crlf() -> None:
    parts = ["青禾县总工会送清凉到工地", "本报记者 林晓舟", f"　　{FIRST}", f"　　{SECOND}", "焊工比武大赛开幕",
             f"　　本报讯（记者陆晚晴）{OTHER}"]  # fmt: skip
    for end in ("\n", "\r\n", "\r"):
        text = end.join(parts) + end
        page = split_page(text)
        check_cover(text, page)
        assert [a.headline for a in page.articles] == [parts[0], parts[4]]


def test_traditional_pages_split_like_simplified_ones() -> None:
    opencc = pytest.importorskip("opencc")
    page = PAGES[0]
    converted = opencc.OpenCC("s2t").convert(page["text"])
    said = [to_simplified(a.headline) for a in split_page(converted).articles]
    assert said == [to_simplified(a["headline"]) for a in page["articles"]]


@pytest.mark.parametrize("text", ["", " \n\u3000\n", "。", "……\n\n——", "只有一行", "本报记者 林晓舟", "（下转第四版）"])
def test_odd_pages_lose_nothing(text: str) -> None:
    check_cover(text, split_page(text))


PIECES = st.sampled_from(
    [FIRST, SECOND, OTHER, FIRST[:20], FIRST[20:], "青禾县总工会送清凉", "把好事办实，", "——一线见闻", "本报记者 林晓舟", "林 晓",
     "阅读提示", "【链接】青禾县在哪里。", "图为工地。唐知远 摄", "（许望舒参与采写）", "（下转第四版）", "第4版 要闻",
     "责任编辑：许望舒", "一、开头", "问：什么时候发工资？", "● 一条", "　　" + OTHER, "𠮷野家", "\ud800", "a b c", "12"]
)  # fmt: skip
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=30)), max_size=30).flatmap(
    lambda parts: st.sampled_from(["\n", "\n\n", "\r\n", "\n\u3000\u3000", "\n \n"]).map(lambda gap: gap.join(parts))
)


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_no_character_is_lost_or_doubled(text: str) -> None:
    check_cover(text, split_page(text))


def test_time_grows_linearly() -> None:
    one = "\n\n".join(page["text"] for page in PAGES)
    split_page(one)

    def seconds(text: str) -> float:
        began = time.process_time()
        split_page(text)
        return time.process_time() - began

    small = min(seconds(one) for _ in range(3)) / len(one)
    large = seconds(one * (500_000 // len(one))) / (len(one) * (500_000 // len(one)))
    assert large < 4 * small


REAL = Path(__file__).parents[2] / "shared/data/topics_dev.jsonl"


@pytest.mark.shared
@pytest.mark.skipif(not REAL.exists(), reason="../shared/data is absent")
@pytest.mark.parametrize("seed", range(5))
def test_six_real_articles_joined_to_a_page_come_apart_again(seed: int) -> None:
    """Kickers, bylines and one box in the middle of a sentence; at least five of the six come out right."""
    rng = random.Random(seed)
    rows = [json.loads(line) for line in REAL.read_text("utf-8").splitlines()]
    usable = [(r["headline"], whole(r["body"])) for r in rows if len(whole(r["body"])) >= 150]
    chosen = rng.sample(usable, 6)
    broken = max(range(6), key=lambda i: len(chosen[i][1]))
    parts = ["2031年3月5日　星期三　要闻　第2版"]
    for i, (headline, body) in enumerate(chosen):
        parts += [
            ("把好事办实，", "一线见闻", "")[i % 3],
            headline,
            ("本报记者 林晓舟", "本报记者　唐 远　通讯员　许望舒")[i % 2],
        ]
        paragraphs = body.split("\n")
        if i == broken:
            longest = max(range(len(paragraphs)), key=lambda k: len(paragraphs[k]))
            cut = len(paragraphs[longest]) // 2
            halves = [
                paragraphs[longest][:cut],
                "阅读提示",
                "渠修到哪里，工作队就住到哪里。",
                paragraphs[longest][cut:],
            ]
            paragraphs[longest : longest + 1] = halves
        parts += paragraphs
    parts.append("责任编辑：陆晚晴　版式设计：祁大山")
    text = lines(*[p for p in parts if p])
    page = split_page(text)
    check_cover(text, page)
    found = {("".join(a.headline.split()), "".join(a.body.split())) for a in page.articles}
    right = sum(("".join(h.split()), "".join(b.split())) in found for h, b in chosen)
    assert right >= 5, (right, [a.headline for a in page.articles])


def whole(body: str) -> str:
    """The body up to its last full stop, since bodies there are cut at 450 characters."""
    kept = body[: body.rfind("。") + 1]
    return "\n".join(p.strip() for p in kept.split("\n") if p.strip())


def test_the_sample_of_the_web_page_comes_apart() -> None:
    sample = (Path(__file__).parents[1] / "service/static/sample.txt").read_text("utf-8")
    assert [(a.headline, a.kicker, a.subheads) for a in split_page(sample).articles] == [
        ("青禾县总工会为户外劳动者送清凉", ("把清凉送到心坎上——",), ()),
        ("农民工讨回两年工资", (), ("——工会法律援助律师全程免费代理",)),
        ("六百名焊工同台比武", (), ()),
        ("“指尖工会”上线", (), ()),
    ]
