"""What goes in and what comes out: Article, TopicResult, SummaryResult, Analysis, Page.

Plain frozen dataclasses that every door shares. They know nothing of models, files or HTTP; `as_dict` gives the JSON
shape that ../DESIGN fixes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Length = Literal["headline", "brief"]
Method = Literal["abstractive", "extractive"]
Role = Literal["kicker", "headline", "subhead", "byline", "body", "section_head", "caption", "box", "tail", "furniture"]
ROLES: tuple[Role, ...] = (
    "kicker", "headline", "subhead", "byline", "body", "section_head", "caption", "box", "tail", "furniture",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Article:
    """One article as it was handed in. `headline` or `body` may be empty, the text is never altered."""

    headline: str = ""
    body: str = ""
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence that speaks for a topic; offsets are code points into `headline` or `body` as handed in."""

    topic: str
    where: Literal["headline", "body"]
    start: int
    end: int
    text: str
    weight: float

    def as_dict(self) -> dict[str, Any]:
        """The JSON shape."""
        return {"topic": self.topic, "where": self.where, "start": self.start, "end": self.end, "text": self.text,
                "weight": self.weight}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TopicResult:
    """Topics of one article. `scores` are calibrated probabilities of all topics, rounded to 4 decimals."""

    labels: tuple[str, ...]
    primary: str
    scores: dict[str, float]
    needs_review: bool
    evidence: tuple[Evidence, ...]
    windows: int
    bundle: str
    reasons: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The JSON shape."""
        return {"labels": list(self.labels), "primary": self.primary, "scores": dict(self.scores),
                "needs_review": self.needs_review, "reasons": list(self.reasons),
                "evidence": [e.as_dict() for e in self.evidence], "windows": self.windows,
                "bundle": self.bundle}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence that a summary draws on: `text == body[start:end]`, offsets in code points."""

    text: str
    start: int
    end: int

    def as_dict(self) -> dict[str, Any]:
        """The JSON shape."""
        return {"text": self.text, "start": self.start, "end": self.end}


@dataclass(frozen=True, slots=True)
class SummaryResult:
    """A summary, what was verified about it and what it draws on. `windows` is how many pieces of the text the model read."""

    summary: str
    method: Method
    checks: dict[str, Any]
    bundle: str
    windows: int = 1
    evidence: tuple[Sentence, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The JSON shape."""
        return {"summary": self.summary, "method": self.method, "checks": dict(self.checks),
                "evidence": [s.as_dict() for s in self.evidence], "windows": self.windows,
                "bundle": self.bundle}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Analysis:
    """What the Analyzer says of one article; a half that was not asked for is None."""

    id: str | None
    topics: TopicResult | None
    summary: SummaryResult | None

    def as_dict(self) -> dict[str, Any]:
        """The JSON shape of a `/v1/tag` result."""
        out: dict[str, Any] = {"id": self.id}
        if self.topics is not None:
            out |= self.topics.as_dict()
        if self.summary is not None:
            out["summary"] = self.summary.as_dict()
        return out


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of the page with one role: `text == page[start:end]`, offsets in code points.

    `confidence`: how probable the line tagger holds this role at this place, all readings of the page considered; None where
    rules or an editor decided.
    """

    role: Role
    text: str
    start: int
    end: int
    confidence: float | None = field(default=None, compare=False)

    def as_dict(self) -> dict[str, Any]:
        """The JSON shape."""
        sure = None if self.confidence is None else round(self.confidence, 4)
        return {"role": self.role, "text": self.text, "start": self.start, "end": self.end, "confidence": sure}


@dataclass(frozen=True, slots=True)
class PageArticle:
    """One article of a page, its parts apart and its blocks in page order.

    `body` is the running paragraphs and section heads joined by a newline, sentences that a box or a column end broke
    joined again.
    """

    headline: str
    body: str
    blocks: tuple[Block, ...]
    alt_headlines: tuple[str, ...] = ()
    kicker: tuple[str, ...] = ()
    subheads: tuple[str, ...] = ()
    byline: str = ""
    reporters: tuple[str, ...] = ()
    dateline: str = ""
    place: str = ""
    boxes: tuple[str, ...] = ()
    captions: tuple[str, ...] = ()
    tails: tuple[str, ...] = ()
    needs_review: bool = False

    @property
    def confidence(self) -> float | None:
        """Of its least probable block, so of its edges too; None where rules decided."""
        known = [block.confidence for block in self.blocks if block.confidence is not None]
        return min(known) if known else None

    def article(self, id: str | None = None) -> Article:  # noqa: A002 - the field's name
        """What the models read."""
        return Article(headline=self.headline, body=self.body, id=id)

    def as_dict(self) -> dict[str, Any]:
        """The JSON shape of `/v1/pages`, without topics and summary."""
        return {
            "headline": self.headline,
            "alt_headlines": list(self.alt_headlines),
            "kicker": list(self.kicker),
            "subheads": list(self.subheads),
            "byline": self.byline,
            "reporters": list(self.reporters),
            "dateline": self.dateline,
            "place": self.place,
            "body": self.body,
            "blocks": [b.as_dict() for b in self.blocks],
            "boxes": list(self.boxes),
            "captions": list(self.captions),
            "tails": list(self.tails),
            "needs_review": self.needs_review,
            "confidence": None if self.confidence is None else round(self.confidence, 4),
        }


@dataclass(frozen=True, slots=True)
class Page:
    """A page split into articles in page order, and the blocks that belong to none (furniture)."""

    articles: tuple[PageArticle, ...]
    furniture: tuple[Block, ...] = field(default=())
