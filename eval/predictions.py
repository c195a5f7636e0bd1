"""What a system said, one line an item: the prediction files that `--predictions` writes and `score` reads.

Topics `{id, labels, scores, needs_review}`, summaries `{id, summary, method}`, pages `{id, articles, blocks}`. Reading
is strict: a score that is NaN or outside 0..1, a repeated id, a field of the wrong shape is refused with its number.
Joining is by id and total: an item without a line, or a line without an item, is an error, never left out silently.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from models.article import Page, SummaryResult, TopicResult
from models.errors import BadInput


@dataclass(frozen=True, slots=True)
class TopicOutput:
    """Topics of one article. `scores` (0..1, all topics) or `needs_review` are None when the system has none."""

    labels: frozenset[str]
    scores: Mapping[str, float] | None = None
    needs_review: bool | None = None

    def as_dict(self) -> dict[str, Any]:
        """The prediction line without its id."""
        return {"labels": sorted(self.labels), "scores": self.scores, "needs_review": self.needs_review}


@dataclass(frozen=True, slots=True)
class SummaryOutput:
    """A summary as it came out; empty is allowed and scores what it deserves."""

    summary: str
    method: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The prediction line without its id."""
        return {"summary": self.summary, "method": self.method}


@dataclass(frozen=True, slots=True)
class PageOutput:
    """Articles of a page as (headline, body), and the stretches of the page that any block covers (start, end)."""

    articles: tuple[tuple[str, str], ...]
    blocks: tuple[tuple[int, int], ...] | None = None

    def as_dict(self) -> dict[str, Any]:
        """The prediction line without its id."""
        spans = None if self.blocks is None else [{"start": a, "end": b} for a, b in self.blocks]
        return {"articles": [{"headline": h, "body": b} for h, b in self.articles], "blocks": spans}


Output = TypeVar("Output", TopicOutput, SummaryOutput, PageOutput)


def from_topics(result: TopicResult) -> TopicOutput:
    """What is scored of a classifier's result."""
    return TopicOutput(frozenset(result.labels), dict(result.scores), result.needs_review)


def from_summary(result: SummaryResult) -> SummaryOutput:
    """What is scored of a summarizer's result."""
    return SummaryOutput(result.summary, result.method)


def from_page(page: Page) -> PageOutput:
    """What is scored of a split page: its articles, and every block of theirs and of the furniture."""
    blocks = [block for article in page.articles for block in article.blocks] + list(page.furniture)
    spans = tuple(sorted((block.start, block.end) for block in blocks))
    return PageOutput(tuple((a.headline, a.body) for a in page.articles), spans)


def write_lines(path: Path, ids: Sequence[str], outputs: Sequence[TopicOutput | SummaryOutput | PageOutput]) -> None:
    """Write prediction lines, UTF-8, one JSON object a line."""
    lines = (json.dumps({"id": i, **o.as_dict()}, ensure_ascii=False) for i, o in zip(ids, outputs, strict=True))
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")


def parse_topic(line: Mapping[str, Any]) -> TopicOutput:
    """A topic line; `scores` and `needs_review` may be absent."""
    labels, scores, review = line.get("labels"), line.get("scores"), line.get("needs_review")
    if not isinstance(labels, list) or not all(isinstance(name, str) for name in labels):
        raise BadInput("labels is not a list of names", field="labels")
    if not (review is None or isinstance(review, bool)):
        raise BadInput("needs_review is neither true nor false", field="needs_review")
    if scores is None:
        return TopicOutput(frozenset(labels), None, review)
    if not isinstance(scores, dict):
        raise BadInput("scores is not an object of topic: number", field="scores")
    for topic, value in scores.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:  # NaN fails too
            shown = "NaN" if isinstance(value, float) and math.isnan(value) else value
            raise BadInput(f"the score of {topic} is {shown}, not a number from 0 to 1", field="scores")
    return TopicOutput(frozenset(labels), {t: float(v) for t, v in scores.items()}, review)


def parse_summary(line: Mapping[str, Any]) -> SummaryOutput:
    """A summary line."""
    if not isinstance(line.get("summary"), str):
        raise BadInput("summary is not a text", field="summary")
    return SummaryOutput(line["summary"], line.get("method"))


def parse_page(line: Mapping[str, Any]) -> PageOutput:
    """A page line; without `blocks` lost characters are not counted."""
    articles, blocks = line.get("articles"), line.get("blocks")
    if not isinstance(articles, list):
        raise BadInput("articles is not a list", field="articles")
    found = []
    for article in articles:
        parts = (article.get("headline"), article.get("body")) if isinstance(article, dict) else ()
        if len(parts) != 2 or not all(isinstance(part, str) for part in parts):
            raise BadInput("an article lacks its headline or body text", field="articles")
        found.append((str(parts[0]), str(parts[1])))
    if blocks is None:
        return PageOutput(tuple(found))
    try:
        spans = tuple((int(block["start"]), int(block["end"])) for block in blocks)
    except (TypeError, KeyError, ValueError) as error:
        raise BadInput("a block lacks its start or end offset", field="blocks") from error
    return PageOutput(tuple(found), spans)


def read_lines(path: Path, parse: Callable[[Mapping[str, Any]], Output]) -> dict[str, Output]:
    """Prediction lines by id. Every bad line counts; the first three are named."""
    if not path.is_file():
        raise BadInput(f"there is no file {path}")
    found: list[tuple[str, Output]] = []
    bad: list[str] = []
    for number, text in enumerate(path.read_text("utf-8").split("\n"), 1):
        if not text.strip():
            continue
        try:
            line = json.loads(text)
            if not isinstance(line, dict) or line.get("id") in (None, ""):
                raise BadInput("no object with an id", field="id")
            found.append((str(line["id"]), parse(line)))
        except (BadInput, json.JSONDecodeError) as error:
            bad.append(f"line {number}: {error}")
    if bad:
        raise BadInput(f"{path}: {len(bad)} lines cannot be scored: {'; '.join(bad[:3])}")
    twice = [item_id for item_id, n in Counter(item_id for item_id, _ in found).items() if n > 1]
    if twice:
        raise BadInput(f"{path}: {len(twice)} ids stand more than once: {', '.join(twice[:3])}", field="id")
    return dict(found)


def join(ids: Iterable[str], lines: Mapping[str, Output], where: Path) -> list[Output]:
    """One output an id, in the order of `ids`; both sides must hold the same ids."""
    wanted = list(ids)
    without = [item_id for item_id in wanted if item_id not in lines]
    known = set(wanted)
    extra = [item_id for item_id in lines if item_id not in known]
    if without or extra:
        told = [f"{len(without)} gold ids have no prediction ({', '.join(without[:3])})"] if without else []
        told += [f"{len(extra)} predictions have no gold ({', '.join(extra[:3])})"] if extra else []
        raise BadInput(f"{where}: ids do not match: {'; '.join(told)}", field="id")
    return [lines[item_id] for item_id in wanted]
