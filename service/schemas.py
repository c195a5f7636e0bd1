"""The JSON that callers send and get, as pydantic models: the requests are checked by them, the answers described.

Answers are written straight from the frozen dataclasses of models/article.py; a test holds them to these models, so
that /docs and /openapi.json stay true. No logic here but how many unknown names are worth a word.
"""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any, Literal, Required

from pydantic import BaseModel, ConfigDict, Field, model_validator
from typing_extensions import TypedDict

from models.article import Length, Method, Role

UNKNOWN = 20
"""Unknown names of an object that are reported; a million of them would cost a gigabyte."""


class Strict(BaseModel):
    """A request, or a part of one: nothing is converted, unknown names are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _few_unknown(cls, data: Any) -> Any:
        if not isinstance(data, dict) or len(data) <= UNKNOWN:
            return data
        reported = set(islice((name for name in data if name not in cls.model_fields), UNKNOWN))
        return {name: value for name, value in data.items() if name in cls.model_fields or name in reported}


class ArticleIn(Strict):
    """One article."""

    id: str | None = Field(default=None, description="The caller's own id; comes back with the result.")
    headline: str | None = Field(default=None, description="标题。Read for the topics, never for the summary.")
    body: str = Field(description="正文。Paragraphs separated by a line break.")


class ArticlesIn(Strict):
    """What /v1/classify, /v1/summarize and /v1/tag take."""

    model_config = ConfigDict(
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


class PageIn(Strict):
    """What /v1/pages takes."""

    model_config = ConfigDict(
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


class SentenceOut(BaseModel):
    """A sentence that a summary draws on; offsets are code points into the body."""

    text: str
    start: int
    end: int


class ChecksOut(TypedDict, total=False):
    """What was verified about a summary: lists name what is wrong and are empty where nothing is. See docs/rest.md.

    A newer service may check more, so further names may come.
    """

    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]

    ok: Required[Annotated[bool, Field(description="Nothing wrong was found; false for an empty summary.")]]
    empty: Annotated[bool, Field(description="Nothing to summarise, and nothing else was checked.")]
    numbers_not_in_source: list[str]
    dates_not_in_source: list[str]
    names_not_in_source: list[str]
    quotations_not_in_source: list[str]
    negations_not_in_source: list[str]
    byline: Annotated[bool, Field(description="It begins with a byline.")]
    repeats: Annotated[bool, Field(description="It says something twice.")]
    fell_back: Annotated[
        bool, Field(description="Taken from the text, since nothing that the model wrote could be shown.")
    ]
    markup: Annotated[bool, Field(description="The body held HTML, which was left out.")]
    read_chars: Annotated[int, Field(description="Of a written one: characters that the model read,")]
    of_chars: Annotated[int, Field(description="of so many behind the byline.")]
    beam: Annotated[int, Field(description="Of a written one: its place among what the model offered, from 0.")]
    score: Annotated[float, Field(description="Of a written one: mean log probability of its pieces.")]
    source: Annotated[str, Field(description="`lead`: by the rule-based floor.")]


class SummaryOut(BaseModel):
    """A summary, how it was made, what was verified about it and what it draws on."""

    summary: str
    method: Method
    checks: ChecksOut
    evidence: list[SentenceOut] = []
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
    """A stretch of the page: `text == page[start:end]`, offsets in code points.

    `confidence`: how probable this role is there; null where rules or an editor decided, and of a kept page.
    """

    role: Role
    text: str
    start: int
    end: int
    confidence: float | None = None


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
    confidence: float | None = Field(default=None, description="Of its least sure block.")


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
    """Answer of /health/ready. `device` is `cpu` or a card, `precision` is `int8`, `fp32`, `fp16`, or `rules` of a floor;
    `warnings` says so when a rule-based floor serves instead of a trained model.
    """

    status: Literal["ready"]
    bundles: dict[str, str]
    trained: dict[str, bool]
    device: dict[str, str]
    precision: dict[str, str]
    warnings: list[str]
    topics: list[dict[str, str]]
