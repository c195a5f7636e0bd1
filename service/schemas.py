"""The JSON that callers send and get, as pydantic models: the requests are checked by them, the answers described.

Answers are written straight from the frozen dataclasses of models/article.py; a test holds them to these models, so
that /docs and /openapi.json stay true. No logic here.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from models.article import Length, Method, Role

STRICT = ConfigDict(extra="forbid", strict=True)


class ArticleIn(BaseModel):
    """One article."""

    model_config = STRICT
    id: str | None = Field(default=None, description="The caller's own id; comes back with the result.")
    headline: str | None = Field(default=None, description="标题。Read for the topics, never for the summary.")
    body: str = Field(description="正文。Paragraphs separated by a line break.")


class ArticlesIn(BaseModel):
    """What /v1/classify, /v1/summarize and /v1/tag take."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "example": {
                "articles": [
                    {
                        "id": "a-1",
                        "headline": "青禾县总工会为户外劳动者送清凉",
                        "body": "本报讯（记者林晓舟）7月12日，青禾县总工会走进工地，为建筑工人送去绿豆汤。",
                    }
                ],
                "length": "brief",
            }
        },
    )
    articles: list[ArticleIn] = Field(description="Answered in this order.")
    length: Length = Field(default="brief", description="Of the summary; /v1/classify makes none.")


class PageIn(BaseModel):
    """What /v1/pages takes."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "example": {"text": "青禾县总工会送清凉\n\n本报记者 林晓舟\n\n7月12日，县总工会走进工地。\n"}
        },
    )
    text: str = Field(description="整版文字。The whole page as one text.")
    length: Length = Field(default="brief", description="Of the summaries.")


class EvidenceOut(BaseModel):
    """A sentence that speaks for a topic; offsets are code points into the headline or body."""

    topic: str
    where: Literal["headline", "body"]
    start: int
    end: int
    text: str
    weight: float


class TopicsOut(BaseModel):
    """Topics of one article: `scores` are calibrated probabilities, `primary` is `other` when no label fits."""

    labels: list[str]
    primary: str
    scores: dict[str, float]
    needs_review: bool
    reasons: list[str]
    evidence: list[EvidenceOut]
    windows: int
    bundle: str


class SummaryOut(BaseModel):
    """A summary, how it was made and what was verified about it."""

    summary: str
    method: Method
    checks: dict[str, Any]
    windows: int
    bundle: str


class ClassifyResult(TopicsOut):
    """Topics with the caller's id."""

    id: str | None


class SummarizeResult(SummaryOut):
    """A summary with the caller's id."""

    id: str | None


class TagResult(TopicsOut):
    """Topics and summary with the caller's id."""

    id: str | None
    summary: SummaryOut


class ClassifyOut(BaseModel):
    """Answer of /v1/classify."""

    results: list[ClassifyResult]


class SummarizeOut(BaseModel):
    """Answer of /v1/summarize."""

    results: list[SummarizeResult]


class TagOut(BaseModel):
    """Answer of /v1/tag."""

    results: list[TagResult]


class BlockOut(BaseModel):
    """A stretch of the page: `text == page[start:end]`, offsets in code points."""

    role: Role
    text: str
    start: int
    end: int


class PageArticleOut(BaseModel):
    """One article of the page, its parts apart, tagged and summarised."""

    headline: str
    alt_headlines: list[str]
    kicker: list[str]
    subheads: list[str]
    byline: str
    reporters: list[str]
    dateline: str
    place: str
    body: str
    blocks: list[BlockOut]
    boxes: list[str]
    captions: list[str]
    tails: list[str]
    topics: TopicsOut
    summary: SummaryOut
    needs_review: bool


class PagesOut(BaseModel):
    """Answer of /v1/pages: articles in page order, and the blocks that belong to none."""

    articles: list[PageArticleOut]
    furniture: list[BlockOut]


class ProblemPlace(BaseModel):
    """One of several places that are wrong."""

    field: str
    detail: str


class ProblemOut(BaseModel):
    """Every error: RFC 9457. `type` is stable, `detail` says what to do, `field` names the part."""

    type: str
    title: str
    status: int
    detail: str
    field: str | None = None
    instance: str | None = None
    errors: list[ProblemPlace] | None = None


class LiveOut(BaseModel):
    """Answer of /health/live."""

    status: Literal["live"]


class ReadyOut(BaseModel):
    """Answer of /health/ready. `warnings` says so when a rule-based floor serves instead of a trained model."""

    status: Literal["ready"]
    bundles: dict[str, str]
    trained: dict[str, bool]
    warnings: list[str]
    topics: list[dict[str, str]]
