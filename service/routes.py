"""The routes under /v1: read the body, check it, let the Analyzer work beside the event loop, write the answer.

No rule lives here: limits are in limits.py, parsing in bodies.py, errors in problems.py, the models behind
models.analyzer.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from models.article import Analysis, Article, Page
from service.calls import Asked
from service.inference import leaving
from service.kept_schemas import ArticlePut, CorrectionIn, JobIn, PagePut, UndoIn
from service.limits import check_articles, check_page, check_raw_articles, check_raw_page
from service.parts import Parts, parts_of
from service.schemas import (
    ArticlesIn,
    ClassifyOut,
    PageIn,
    PagesOut,
    ProblemOut,
    SummarizeOut,
    TagOut,
)

WithParts = Annotated[Parts, Depends(parts_of)]


def problems(**told: str) -> dict[int | str, dict[str, Any]]:
    """OpenAPI's lines of error answers, by status: `problems(_404="…")`."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemOut"}}}
    return {int(status[1:]): {"description": text, "content": content} for status, text in told.items()}


PROBLEMS = problems(
    _400="Not JSON, or not UTF-8.",
    _401="No valid key.",
    _403="The key's scope is too small, or the request comes from another site.",
    _408="The body took too long to arrive.",
    _413="Over a limit, which the answer names.",
    _415="Wrong content type.",
    _422="A field is missing, unknown or cannot be read.",
    _429="Too many requests are waiting, or the key's rate or quota is used up.",
    _503="The models are being loaded, the service is stopping, or the store does not answer.",
    _504="Not done within `CAIBIAN_REQUEST_SECONDS`.",
)
KEPT_PROBLEMS = PROBLEMS | problems(_404="There is no such thing.", _410="The article was withdrawn.")
"""Of the routes that work on what is kept."""

router = APIRouter(prefix="/v1", responses=PROBLEMS)


def takes(model: type[BaseModel]) -> dict[str, Any]:
    """The OpenAPI lines of a body that the route itself reads (service/openapi.py adds the schema)."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


@router.post("/classify", response_model=ClassifyOut, openapi_extra=takes(ArticlesIn), tags=["articles"])
async def classify(request: Request, parts: WithParts) -> Response:
    """Topics of each article: calibrated scores, labels above their thresholds, the sentences that speak for them."""
    call = await _read_articles(request, parts, need_body=False)
    return await _answer(request, parts, call, _analysis, summaries=False)


@router.post("/summarize", response_model=SummarizeOut, openapi_extra=takes(ArticlesIn), tags=["articles"])
async def summarize(request: Request, parts: WithParts) -> Response:
    """A summary of each article's body, checked against the source: numbers, quotations, repetition."""
    call = await _read_articles(request, parts, need_body=True)
    return await _answer(request, parts, call, _summary, topics=False)


@router.post("/tag", response_model=TagOut, openapi_extra=takes(ArticlesIn), tags=["articles"])
async def tag(request: Request, parts: WithParts) -> Response:
    """Topics and summary of each article."""
    call = await _read_articles(request, parts, need_body=True)
    return await _answer(request, parts, call, _analysis)


@router.post("/pages", response_model=PagesOut, openapi_extra=takes(PageIn), tags=["pages"])
async def pages(request: Request, parts: WithParts) -> Response:
    """A newspaper page as one text, split into its articles, each tagged and summarised."""
    models = parts.readiness.require()
    call = await parts.bodies.read(
        request, PageIn, lambda data: check_raw_page(data, parts.settings), full=parts.inference.full
    )
    check_page(call.text, parts.settings)

    def work() -> tuple[bytes, int]:
        page, analyses = models.analyze_page(call.text, length=call.length)
        return _write(page_answer(page, analyses)), len(page.articles)

    content, count = await parts.inference.run(work, left=leaving(request))
    parts.metrics.articles.labels(request.scope["route"].path).inc(count)
    return Response(content, media_type="application/json")


def page_answer(page: Page, analyses: list[Analysis]) -> dict[str, Any]:
    """The JSON of /v1/pages. An article needs review when its edges on the page or its topics are unsure."""
    found = []
    for article, analysis in zip(page.articles, analyses, strict=True):
        topics, summary = analysis.topics, analysis.summary
        found.append(
            article.as_dict()
            | {
                "topics": topics.as_dict() if topics else None,
                "summary": summary.as_dict() if summary else None,
                "needs_review": article.needs_review or (topics is not None and topics.needs_review),
            }
        )
    return {"articles": found, "furniture": [block.as_dict() for block in page.furniture]}


async def _read_articles(request: Request, parts: Parts, *, need_body: bool) -> ArticlesIn:
    parts.readiness.require()
    call = await parts.bodies.read(
        request, ArticlesIn, lambda data: check_raw_articles(data, parts.settings), full=parts.inference.full
    )
    check_articles(_articles(call), parts.settings, need_body=need_body)
    return call


def _articles(call: ArticlesIn) -> list[Article]:
    return [Article(headline=a.headline or "", body=a.body, id=a.id) for a in call.articles]


async def _answer(
    request: Request,
    parts: Parts,
    call: ArticlesIn,
    shown: Callable[[Analysis], dict[str, Any]],
    *,
    topics: bool = True,
    summaries: bool = True,
) -> Response:
    asked = Asked(parts.readiness.require(), topics, summaries, call.length if summaries else "brief")
    articles = _articles(call)
    content = await parts.inference.analyze(
        asked, articles, lambda found: _write({"results": [shown(a) for a in found]}), left=leaving(request)
    )
    parts.metrics.articles.labels(request.scope["route"].path).inc(len(articles))
    return Response(content, media_type="application/json")


def _analysis(analysis: Analysis) -> dict[str, Any]:
    return analysis.as_dict()


def _summary(analysis: Analysis) -> dict[str, Any]:
    return {"id": analysis.id} | (analysis.summary.as_dict() if analysis.summary else {})


def _write(answer: dict[str, Any]) -> bytes:
    # In the worker's thread, since a large answer takes a while; NaN would be a bug and is refused.
    return json.dumps(answer, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


DESCRIBED = (ArticlesIn, PageIn, ArticlePut, PagePut, CorrectionIn, UndoIn, JobIn, ProblemOut)
"""Models that only OpenAPI's `$ref`s name; service/openapi.py adds their schemas."""
