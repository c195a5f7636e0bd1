"""Measuring the page splitter: what is read, which scores count, the floors beside it, and DESIGN's flat keys.

No bundle is involved: how a page is split is code, and its version is the repository's.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eval import floors
from eval.metrics import Metric, layout
from eval.metrics.layout import Layout
from eval.predictions import PageOutput, from_page, join, parse_page, read_lines
from eval.result import Result, System, floor_keys, measure, number, sign, span, versus
from eval.sets import Gold, PageItem, read_pages

MAIN = "article_f1"
KEYS = ("article_f1", "headline_exact", "body_char_f1", "lost_chars")
COLUMNS = (*KEYS, "doubled_chars")


def metric() -> Metric[PageItem, PageOutput]:
    """All metrics of pages."""
    return Layout()


def run(data: Path, split: str | None = None) -> Result:
    """The splitter on a set, beside its rules without the line tagger and the naive floor."""
    from models.pages import split_page, split_page_by_rules  # here: `score` involves no model

    gold = read_pages(data, split)
    outputs, rules = ([from_page(cut(item.text)) for item in gold.items] for cut in (split_page, split_page_by_rules))
    return _result("split_page", gold, outputs, rules)


def score(predictions: Path, data: Path, split: str | None = None) -> Result:
    """A prediction file against gold; the floor needs no model either."""
    lines = read_lines(predictions, parse_page)
    gold = read_pages(data, split)
    return _result(str(predictions), gold, join([item.id for item in gold.items], lines, predictions))


def system(predictions: Path, data: Path, split: str | None = None) -> System:
    """A prediction file as a system, for a paired test."""
    return score(predictions, data, split).systems[0]


def _result(
    name: str, gold: Gold[PageItem], outputs: Sequence[PageOutput], rules: Sequence[PageOutput] | None = None
) -> Result:
    one = metric()
    model = measure(name, gold.items, outputs, one)
    beside = [measure("rules", gold.items, rules, one)] if rules is not None else []
    beside.append(measure("blank-lines", gold.items, [floors.blank_lines(item) for item in gold.items], one))
    articles = sum(len(item.articles) for item in gold.items)
    signature = sign("pages", layout.SIGNATURE, f"articles:{articles}", n=len(gold.items), sha256=gold.sha256)
    lost = number(model.scores["lost_chars"])
    silent = sum(out.blocks is None for out in outputs)
    flat = {
        "n_pages": len(gold.items),
        "n_articles": articles,
        **{key: number(model.scores[key]) for key in KEYS},
        "lost_chars": None if lost is None else int(lost),
        "signature": signature,
        "article_f1_ci": span(model.intervals[MAIN]),
        "bundle": name,
        "data_sha256": gold.sha256,
        **floor_keys([model, *beside], MAIN),
    }
    pages = {
        item.id: dict(zip(("right", "said", "gold"), map(int, row[:3]), strict=True))
        for item, row in zip(gold.items, model.rows, strict=True)
    }
    return Result(
        task="pages",
        main=MAIN,
        columns=COLUMNS,
        systems=(model, *beside),
        flat=flat,
        signature=signature,
        ids=tuple(item.id for item in gold.items),
        outputs=outputs,
        origin={"system": name, "data": str(gold.path), "split": gold.split, "data_sha256": gold.sha256},
        notes=(f"{silent} pages came without blocks: lost characters cannot be counted",) if silent else (),
        parts=(("page", pages),),
        against=versus(beside, model, MAIN),
    )
