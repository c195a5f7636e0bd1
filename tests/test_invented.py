"""The invented corpus is what the other tests stand on: it must keep its counts, its offsets and its promises."""

import itertools
import re
from collections import Counter

from eval.metrics.numbers import find_numbers
from tests.invented import read

TOPICS = {"rights_protection", "skills_contest", "digital_services", "wellbeing"}
ROLES = {"kicker", "headline", "subhead", "byline", "body", "section_head", "caption", "box", "tail", "furniture"}


ARTICLES = read("articles.jsonl")
PAGES = read("pages.jsonl.gz")


def test_ids_are_unique() -> None:
    ids = [row["id"] for row in ARTICLES + PAGES]
    assert len(ids) == len(set(ids))


def test_articles_cover_every_topic() -> None:
    counts = Counter(label for article in ARTICLES for label in article["labels"])
    assert len(ARTICLES) >= 120
    assert set(counts) == TOPICS
    assert min(counts.values()) >= 28
    assert sum(len(article["labels"]) > 1 for article in ARTICLES) >= 20
    assert sum(not article["labels"] for article in ARTICLES) >= 32


def test_articles_keep_their_shape() -> None:
    for article in ARTICLES:
        assert article["primary"] in (article["labels"] or ["other"]), article["id"]
        assert len(set(article["labels"])) == len(article["labels"]), article["id"]
        assert 0 < len(article["summary"]) <= 30, article["id"]
        assert 40 <= len(article["brief"]) <= 80, article["id"]
        assert len(article["body"]) >= 50, article["id"]
        assert "" not in article["body"].split("\n"), article["id"]
    assert sum(len(article["body"]) >= 1200 for article in ARTICLES) >= 3


def test_no_article_is_another_one_again() -> None:
    seen: dict[str, str] = {}
    for article in ARTICLES:
        for sentence in re.split(r"[。！？；\n]", article["body"]):
            if len(sentence) >= 16:
                assert seen.setdefault(sentence, article["id"]) == article["id"], sentence
    for field in ("headline", "summary", "brief"):
        assert len({article[field] for article in ARTICLES}) == len(ARTICLES), field


def test_numbers_of_summaries_and_briefs_stand_in_their_article() -> None:
    for article in ARTICLES:
        told = find_numbers(article["headline"] + "\n" + article["body"])
        for field in ("summary", "brief"):
            strange = [n for n in find_numbers(article[field]) if not any(n.agrees(other) for other in told)]
            assert not strange, (article["id"], field, strange)


def test_articles_carry_the_hard_characters() -> None:
    text = "".join(article["headline"] + article["body"] for article in ARTICLES)
    # Beyond the basic plane, nested quotation marks, full-width digits, ellipsis and dash.
    for piece in ("𠮷", "𬭚", "『", "‘", "（《", "……", "——", "１", "亿", "%"):
        assert piece in text, piece


def test_blocks_cover_the_page_once_in_order() -> None:
    for page in PAGES:
        text, end = page["text"], 0
        for block in page["blocks"]:
            assert not text[end : block["start"]].strip(), page["id"]
            end = block["end"]
            assert text[block["start"] : end] == block["text"] == block["text"].strip(), (page["id"], block)
            assert block["role"] in ROLES
            assert (block["article"] is None) == (block["role"] == "furniture"), (page["id"], block)
        assert not text[end:].strip(), page["id"]


def test_pages_meet_every_role() -> None:
    assert len(PAGES) >= 24
    unseen = [page for page in PAGES if page["unseen"]]
    assert len(unseen) >= 10
    for pages in (PAGES, unseen):
        assert {block["role"] for page in pages for block in page["blocks"]} == ROLES
    assert all(2 <= len(page["articles"]) <= 7 for page in PAGES)


def test_unseen_pages_meet_the_hazards() -> None:
    """The rules were set on the others; these count only if they are as hard."""
    pages = [page for page in PAGES if page["unseen"]]
    halves = {"box": 0, "column": 0}
    for page in pages:
        lines = [line for article in page["articles"] for line in article["body"].split("\n")]
        blocks = page["blocks"]
        for at, block in enumerate(blocks):
            if block["role"] == "body" and block["text"] not in lines:
                between = [b["role"] for b in itertools.takewhile(lambda b: b["role"] != "body", blocks[at + 1 :])]
                halves["box"] += "box" in between
                halves["column"] += not between
    assert halves["box"] >= 5
    assert halves["column"] >= 3
    text = "".join(page["text"] for page in pages)
    for piece in ("（下转", "（上接", "\r\n", "　　", "■", "▲", "記者"):
        assert piece in text, piece
    assert any(not article["headline"] for page in pages for article in page["articles"])
    before = [
        b["role"]
        for page in pages
        for b, c in itertools.pairwise(page["blocks"])
        if b["role"] == "byline" and c["role"] == "kicker"
    ]
    assert before  # a byline above the kicker


def test_gold_articles_are_made_of_their_blocks() -> None:
    for page in PAGES:
        order = [block["article"] for block in page["blocks"] if block["article"] is not None]
        assert order == sorted(order), page["id"]
        for index, article in enumerate(page["articles"]):
            where = (page["id"], index)
            mine = [block for block in page["blocks"] if block["article"] == index]
            assert article["headline"] == " ".join(b["text"] for b in mine if b["role"] == "headline"), where
            pieces = [block["text"] for block in mine if block["role"] in ("body", "section_head")]
            lines = article["body"].split("\n")
            # A line is one block, or the halves of a sentence that a box or a column end cut.
            assert "".join(pieces) == "".join(lines), where
            starts = {sum(map(len, pieces[:i])) for i in range(len(pieces))}
            assert {sum(map(len, lines[:i])) for i in range(len(lines))} <= starts, where


def test_what_measures_pages_is_never_learned_from() -> None:
    for name in ("unseen_pages.jsonl.gz", "further_unseen_pages.jsonl.gz"):
        assert all(page["unseen"] for page in read(name))
    assert sum(page["unseen"] for page in PAGES) == 10
