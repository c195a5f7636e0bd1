"""/v1/superdesk/ai: what Superdesk's `ai` and `ai_data_op` resources hand to a tagging service, and what they want back.

`{"service", "item"}` is analysed: topics come as `subject` tags. `{"service", "operation", "data"}` is `feedback`, which becomes a
correction, or `search` over the topics. Superdesk adds fields as it grows, so unknown ones are let pass here.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from models.analyzer import Analyzer
from models.article import Article
from models.errors import BadInput
from models.topics import Taxonomy, Topic
from service.answers import as_json, once
from service.correction_routes import build, check
from service.gate import AnyCaller, Caller, needs
from service.inference import leaving
from service.kept_schemas import CorrectionIn
from service.limits import check_article, check_text
from service.parts import Parts
from service.problems import Problem
from service.routes import KEPT_PROBLEMS, WithParts, takes

if TYPE_CHECKING:
    from sqlalchemy import Connection

router = APIRouter(prefix="/v1/superdesk", responses=KEPT_PROBLEMS, tags=["superdesk"])
SOURCE = "caibian"
SCHEME = "caibian_topics"


class Lenient(BaseModel):
    """What Superdesk sends: the fields that we read are strict, others are let pass."""

    model_config = ConfigDict(strict=True, extra="ignore")


class SuperdeskItem(Lenient):
    """A content item."""

    guid: str
    language: str = "zh-CN"
    headline: str | None = None
    abstract: str | None = None
    body_html: str


class SuperdeskTag(Lenient):
    """One tag that an editor kept."""

    qcode: str


class SuperdeskTags(Lenient):
    """Tags by kind; ours are subjects."""

    subject: list[SuperdeskTag] = Field(default_factory=list)


class SuperdeskData(Lenient):
    """What an operation works on."""

    item: SuperdeskItem | None = None
    tags: SuperdeskTags | None = None
    term: str | None = None


class SuperdeskIn(Lenient):
    """What Superdesk posts: `item` to analyse, or `operation` (feedback, search) with its `data`."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "service": "caibian",
                "item": {
                    "guid": "urn:newsml:desk:2026-07-13:1",
                    "language": "zh-CN",
                    "headline": "青禾县总工会为户外劳动者送清凉",
                    "body_html": "<p>7月12日，青禾县总工会走进工地，为建筑工人送去绿豆汤。</p>",
                },
            }
        },
    )
    service: str = SOURCE
    item: SuperdeskItem | None = None
    operation: str | None = None
    data_name: str | None = None
    data: SuperdeskData | None = None


class SuperdeskOut(BaseModel):
    """`analysis` for an item, `result` for an operation; `caibian` says what Superdesk has no place for."""

    model_config = ConfigDict(json_schema_extra={"example": {"analysis": {"subject": []}}})
    analysis: dict[str, list[dict[str, Any]]] | None = None
    result: dict[str, Any] | None = None
    caibian: dict[str, Any] | None = None


@router.post("/ai", response_model=SuperdeskOut, response_model_exclude_none=True, openapi_extra=takes(SuperdeskIn))
async def ai(request: Request, parts: WithParts, caller: AnyCaller) -> Response:
    """Analyse an item for Superdesk, or take its editors' feedback."""
    models = parts.readiness.require()
    call = await parts.bodies.read(request, SuperdeskIn, lambda _: None, full=parts.inference.full)
    if call.operation is None:
        if call.item is None:
            raise BadInput("缺少 item，请补上。 item is missing: add it.", field="item")
        return await _analyse(request, call.item, parts, models)
    data = call.data or SuperdeskData()
    if call.operation == "feedback":
        return await _feedback(request, data, parts, await needs("review")(request), models)
    if call.operation == "search":
        return as_json({"result": {"tags": {"subject": _search(data.term or "", models)}, "broader": {}}})
    raise BadInput(
        "operation 只能是 feedback 或 search；主题由模型包决定，不能新建或删除。 "
        "operation must be feedback or search: topics come with the bundle and are neither made nor deleted.",
        field="operation",
    )


async def _analyse(request: Request, item: SuperdeskItem, parts: Parts, models: Analyzer) -> Response:
    article = await asyncio.to_thread(article_of, item)
    check_article(article, "item", parts.settings, need_body=False)
    (found,) = await parts.inference.run(lambda: models.analyze([article], summaries=False), left=leaving(request))
    topics = found.topics
    if topics is None:
        raise RuntimeError("topics were asked for")
    labels = sorted(topics.labels, key=lambda name: -topics.scores[name])  # Superdesk shows them in this order
    told = [tag_of(_topic(models.classifier.taxonomy, name), item.language) for name in labels]
    more = {"scores": topics.scores, "needs_review": topics.needs_review, "bundle": topics.bundle}
    return as_json({"analysis": {"subject": told}, "caibian": more})


async def _feedback(request: Request, data: SuperdeskData, parts: Parts, caller: Caller, models: Analyzer) -> Response:
    if data.item is None or data.tags is None:
        raise BadInput("feedback 需要 data.item 和 data.tags。 feedback wants data.item and data.tags.", field="data")
    article = await asyncio.to_thread(article_of, data.item)
    known = models.classifier.taxonomy.names
    # Tags of other services stand beside ours in an item, and say nothing of our topics.
    labels = sorted({tag.qcode for tag in data.tags.subject if tag.qcode in known}, key=known.index)
    call = CorrectionIn(id=article.id or "", headline=article.headline, body=article.body, labels=labels)
    task = check(call, parts)
    editor = caller.name or "superdesk"

    def work(connection: Connection) -> tuple[int, dict[str, Any]]:
        from service.store import corrections

        correction = build(connection, call, task, editor, caller.name)
        return 200, {"result": {"correction": corrections.add(connection, correction, caller.key_id)}}

    return await once(request, parts, caller, call, work)


def article_of(item: SuperdeskItem) -> Article:
    """An item as an article: its HTML as paragraphs; raises BadInput, TooLarge."""
    return Article(item.headline or "", text_of(item.body_html), item.guid)


def text_of(html: str) -> str:
    """The paragraphs of a piece of HTML, one a line; nothing in it is fetched or executed. Raises BadInput, TooLarge."""
    import lxml.html

    from models.readers.markup import check_tags, paragraphs

    check_text(html, "item.body_html", 8 * 1024 * 1024)
    check_tags(html)
    if not html.strip():
        return ""
    try:
        root = lxml.html.fragment_fromstring(html, create_parent="div", parser=lxml.html.HTMLParser(huge_tree=False))
    except (ValueError, lxml.etree.LxmlError):
        raise Problem("bad-input", "body_html 无法解析。 body_html cannot be read as HTML.", "item.body_html") from None
    return "\n".join(paragraphs(root))


def tag_of(topic: Topic, language: str) -> dict[str, Any]:
    """A topic as a Superdesk tag, named in the item's language."""
    english = language.lower().startswith("en")
    return {
        "name": topic.en if english else topic.zh,
        "qcode": topic.name,
        "scheme": SCHEME,
        "source": SOURCE,
        "original_source": SOURCE,
        "parent": None,
        "aliases": [topic.zh if english else topic.en],
        "altids": {SOURCE: topic.name},
    }


def _topic(taxonomy: Taxonomy, name: str) -> Topic:
    return next(topic for topic in taxonomy.topics if topic.name == name)


def _search(term: str, models: Analyzer) -> list[dict[str, Any]]:
    wanted = term.strip().lower()
    topics = models.classifier.taxonomy.topics
    return [tag_of(t, "zh") for t in topics if wanted and any(wanted in x.lower() for x in (t.zh, t.en, t.name))]
