"""The JSON of what is kept: articles and their versions, corrections; see schemas.py for the rest and the rules."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from models.article import Length
from service.schemas import ArticleIn, PageArticleOut, PagesOut, Strict, SummaryOut, TopicsOut


class ArticlePut(Strict):
    """What PUT /v1/articles/{id} takes."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "headline": "青禾县总工会为户外劳动者送清凉",
                "body": "本报讯（记者林晓舟）7月12日，青禾县总工会走进工地，为建筑工人送去绿豆汤。",
                "source": "青禾日报",
                "date": "2026-07-13",
                "embargo": "2026-07-13T06:00:00+08:00",
            }
        },
    )
    headline: str | None = Field(default=None, description="标题。")
    body: str = Field(description="正文。Paragraphs separated by a line break.")
    source: str | None = Field(default=None, description="来源。Where it comes from.")
    date: str | None = Field(default=None, description="日期。As the newsroom writes it.")
    embargo: str | None = Field(default=None, description="Not to be used before this time (ISO 8601 with zone).")
    length: Length = Field(default="brief", description="Of the summary.")


class PagePut(Strict):
    """What PUT /v1/pages/{id} takes."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "text": "青禾县总工会送清凉\n\n本报记者 林晓舟\n\n7月12日，县总工会走进工地。\n",
                "source": "青禾日报",
                "date": "2026-07-13",
            }
        },
    )
    text: str = Field(description="整版文字。The whole page as one text.")
    source: str | None = Field(default=None, description="来源。Where it comes from.")
    date: str | None = Field(default=None, description="日期。As the newsroom writes it.")
    length: Length = Field(default="brief", description="Of the summaries.")


class StoredPageArticleOut(PageArticleOut):
    """An article of a kept page; `id` is the kept article's, whose current analysis this is."""

    id: str
    topics: TopicsOut | None  # type: ignore[assignment]
    summary: SummaryOut | None  # type: ignore[assignment]


class StoredPageOut(PagesOut):
    """A kept page. `state` is `open` while edges of an article are unsure, `done` once an editor has said."""

    id: str
    text: str
    source: str | None
    date: str | None
    state: Literal["open", "unread", "done"]
    caller: str | None
    created: str
    changed: str
    articles: list[StoredPageArticleOut]  # type: ignore[assignment]


class PageArticleIn(Strict):
    """One article of a corrected page."""

    headline: str
    alt_headlines: list[str] | None = None
    body: str


class CorrectionIn(Strict):
    """What POST /v1/corrections takes: a training row, its task and who says so."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "task": "topics",
                "id": "a-1",
                "headline": "青禾县总工会为户外劳动者送清凉",
                "body": "7月12日，青禾县总工会走进工地，为建筑工人送去绿豆汤。",
                "labels": ["wellbeing"],
                "editor": "许望舒",
            }
        },
    )
    task: Literal["topics", "summaries", "pages"] | None = Field(
        default=None, description="By default what the other fields say."
    )
    id: str = Field(description="Of the article, or of the page.")
    headline: str | None = Field(default=None, description="With `body`: of an article that is not kept yet.")
    body: str | None = Field(default=None, description="Without it the kept article of this id is meant.")
    version: int | None = Field(default=None, ge=1, le=2**31 - 1, description="Of the kept article; the current one.")
    labels: list[str] | None = Field(default=None, description="topics: all that are right, [] for none.")
    summary: str | None = Field(default=None, description="summaries: as it should read.")
    text: str | None = Field(default=None, description="pages: the whole page.")
    articles: list[PageArticleIn] | None = Field(default=None, description="pages: its articles in page order.")
    editor: str | None = Field(default=None, description="Who says so; by default the key's name.")
    note: str | None = None


class UndoIn(Strict):
    """What POST /v1/corrections/{id}/undo takes."""

    model_config = ConfigDict(json_schema_extra={"example": {"editor": "许望舒"}})
    editor: str | None = Field(default=None, description="Who takes it back; by default the key's name.")


class ChangedOut(BaseModel):
    """What a version changed: which fields, and which sentences of the body went and came."""

    fields: list[str]
    removed: list[str]
    added: list[str]


class AnalysisOut(BaseModel):
    """The current analysis of a version."""

    topics: TopicsOut | None
    summary: SummaryOut | None
    bundles: dict[str, str | None]
    created: str


class StoredArticleOut(BaseModel):
    """A version of a kept article."""

    id: str
    headline: str
    body: str
    source: str | None
    date: str | None
    embargo: str | None
    embargoed: bool
    version: int
    current: bool
    created: str
    analysis: AnalysisOut | None
    changed: ChangedOut | None


class VersionOut(BaseModel):
    """One version in the list of them."""

    version: int
    created: str
    caller: str | None
    embargo: str | None
    changed: ChangedOut | None


class VersionsOut(BaseModel):
    """Answer of /v1/articles/{id}/versions, oldest first."""

    id: str
    versions: list[VersionOut]


class CorrectionMadeOut(BaseModel):
    """Answer to a correction or an undo."""

    id: str
    task: str
    article: str
    version: int | None
    undoes: str | None


class CorrectionOut(CorrectionMadeOut):
    """A row of the history; `counts` is false for what was taken back."""

    seq: int
    labels: list[str] | None
    summary: str | None
    editor: str
    note: str | None
    created: str
    counts: bool


class CorrectionsOut(BaseModel):
    """Answer of GET /v1/corrections; ask on with `after` = `next`."""

    corrections: list[CorrectionOut]
    next: int | None


class JobIn(Strict):
    """What POST /v1/jobs takes as JSON; or send a file (docs/newsroom.md)."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "articles": [
                    {"id": "a-1", "body": "7月12日，青禾县总工会走进工地，为建筑工人送去绿豆汤。"},
                    {"id": "a-2", "headline": "农民工讨回工资", "body": "云岭市十八名农民工收到被拖欠的工资。"},
                ],
                "length": "headline",
            }
        },
    )
    articles: list[ArticleIn]
    length: Length = Field(default="brief", description="Of the summaries.")
    summaries: bool = Field(default=True, description="false: topics only.")
    webhook: str | None = Field(default=None, description="Called when the job is over; its host has to be listed.")


class JobOut(BaseModel):
    """A job. `done` counts the articles that have a result, those that `failed` included."""

    id: str
    state: Literal["queued", "running", "done", "cancelled"]
    total: int
    done: int
    failed: int
    length: str
    summaries: bool
    created: str
    started: str | None
    finished: str | None
    webhook: Literal["waiting", "sent", "failed"] | None


class JobsOut(BaseModel):
    """Answer of GET /v1/jobs, newest first."""

    jobs: list[JobOut]


class ReadPageOut(BaseModel):
    """A text of a file; `page` is its number in a PDF."""

    name: str
    page: int | None
    text: str


class ReadArticleOut(BaseModel):
    """An article of a file; `date` is what the file says, or nothing."""

    id: str
    headline: str
    body: str
    date: str


class ReadFailedOut(BaseModel):
    """What could not be read; `line` is None when it is the whole file."""

    name: str
    line: int | None
    reason: str


class ReadOut(BaseModel):
    """Answer of /v1/read."""

    pages: list[ReadPageOut]
    articles: list[ReadArticleOut]
    failed: list[ReadFailedOut]
