"""Pairs beside the training rows of a summarizer: `data.more`, articles with headlines of another register than `data.train`.

A file has rows with a body and a headline (or summary), or gold pages (`roles`, see eval/page_gold.py), whose articles are the
pairs. Nothing is measured on them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from datasets import Dataset

from eval.page_gold import whole_page
from models.errors import BadInput
from training.loop import say
from training.sources import read_rows, without_duplicates_of

LEAST_BODY, LEAST_HEADLINE = 60, 5
"""Characters; what is shorter is a caption or the name of a column."""
SHARED = 0.6
"""Share of a headline's characters that its text must have: of what is not said no headline can be learned, only inventing."""


def more_pairs(files: Sequence[str], longest: int, protected: Sequence[Dataset]) -> Dataset | None:
    """Rows (body, target) of these files, near-duplicates of `protected` left out; None without files.

    Rows of another `split` than train and pages that say `unseen` are for measuring and never read. Headlines of more than
    `longest` characters are left out, and pairs too short or too far apart; how many is said. Raises BadInput when a file has no
    body or roles, or none that can be learned from.
    """
    bodies: list[str] = []
    targets: list[str] = []
    for path in files:
        found = list(_pairs(path))
        kept = [(b, t) for b, t in found if len(t) <= longest and _fits(b, t)]
        if not kept:
            raise BadInput(f"{path}: no row has a body and a headline that can be learned from it", field="more")
        say(f"{path}: {len(kept)} of {len(found)} pairs are learned from")
        bodies += [b for b, _ in kept]
        targets += [t for _, t in kept]
    if not bodies:
        return None
    rows, dropped = without_duplicates_of(Dataset.from_dict({"body": bodies, "target": targets}), protected)
    if dropped:
        say(f"{dropped} of these pairs are left out: near-duplicates of measured rows")
    return rows


def _pairs(path: str) -> Iterator[tuple[str, str]]:
    if not path:
        raise BadInput("data.more has an empty name", field="more")
    rows = read_rows(path)
    if not {"body", "roles", "articles"} & set(rows.column_names):
        raise BadInput(f"{path} has no column 'body', and no pages with 'roles' or 'articles'", field="more")
    for row in rows:
        if row.get("unseen") or (row.get("split") or "train") != "train":
            continue
        if row.get("roles") is not None or row.get("articles") is not None:
            for article in whole_page(row)["articles"]:
                yield str(article["body"]), str(article["headline"] or "")
        else:
            yield str(row.get("body") or "").strip(), str(row.get("summary") or row.get("headline") or "").strip()


def _fits(body: str, target: str) -> bool:
    signs = [c for c in target if c.isalnum()]
    return (
        len(body) >= LEAST_BODY
        and len(signs) >= LEAST_HEADLINE
        and sum(c in body for c in signs) >= SHARED * len(signs)
    )
