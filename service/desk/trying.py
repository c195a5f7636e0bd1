"""Paste and try: / shows the form, /desk/try answers it without JavaScript. Nothing is kept.

With JavaScript the page asks /v1 itself (static/desk.js).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response

from models.analyzer import Analyzer
from models.article import ROLES, Analysis, Article, Length, Page
from models.errors import CaibianError
from service.desk.page_marks import marks_of
from service.desk.pages import runs_of, shown_of, words_of
from service.desk.view import WithParts, language_of, read_form, render, topic_names
from service.gate import AnyCaller
from service.inference import leaving
from service.limits import check_article, check_page
from service.parts import Parts
from service.problems import Problem, from_error
from service.queries import choice

page_router = APIRouter()
router = APIRouter(prefix="/desk")


@dataclass(frozen=True, slots=True)
class Given:
    """What stands in the form."""

    mode: str = "page"
    headline: str = ""
    text: str = ""
    length: Length = "brief"


@page_router.head("/", include_in_schema=False)
@page_router.get("/", include_in_schema=False)
async def form(request: Request, parts: WithParts) -> Response:
    """Paste a page or an article and read what comes out."""
    answer = _page(request, parts, Given())
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@router.post("/try")
async def run(request: Request, parts: WithParts, _: AnyCaller) -> Response:
    """What comes out of a text that was sent by the form."""
    fields = {name: values[0] for name, values in (await read_form(request, parts.settings.max_body_bytes)).items()}
    length: Length = "headline" if fields.get("length") == "headline" else "brief"
    text = fields.get("text", "").replace("\r\n", "\n")
    given = Given(fields.get("mode", "page"), fields.get("headline", ""), text, length)
    try:
        choice(given.mode, "mode", ("page", "article"))
        models = parts.readiness.require()
        if given.mode == "article":
            article = Article(given.headline, given.text)
            check_article(article, "article", parts.settings, need_body=True)
            (analysis,) = await parts.inference.run(
                lambda: models.analyze([article], length=length), left=leaving(request)
            )
            shown = {"headline": article.headline, "kicker": (), "subheads": (), "byline": "", "unsure": False}
            shown |= {"paragraphs": [p for p in article.body.split("\n") if p.strip()]}
            return _page(request, parts, given, [shown | _said(request, parts, analysis)])
        check_page(given.text, parts.settings)
        page, analyses = await parts.inference.run(lambda: _read(models, given), left=leaving(request))
        found = [
            one | _said(request, parts, analysis)
            for one, analysis in zip(shown_of(page, [None] * len(page.articles)), analyses, strict=True)
        ]
        return _page(request, parts, given, found, runs_of(given.text, marks_of(page)))
    except (Problem, CaibianError) as error:
        problem = error if isinstance(error, Problem) else from_error(error)
        return _page(request, parts, given, problem=problem)


def _read(models: Analyzer, given: Given) -> tuple[Page, list[Analysis]]:
    return models.analyze_page(given.text, length=given.length)


def _said(request: Request, parts: Parts, analysis: Analysis) -> dict[str, Any]:
    """Topics and summary of a card."""
    names = topic_names(parts, language_of(request))
    topics, summary = analysis.topics, analysis.summary
    scores = sorted(topics.scores.items(), key=lambda pair: -pair[1]) if topics else []
    told: dict[str, Any] = {
        "topics": [
            {"title": names.get(name, name), "p": p, "given": topics is not None and name in topics.labels}
            for name, p in scores
        ],
        "summary": summary.summary if summary else "",
        "method": summary.method if summary else None,
    }
    return told | ({"unsure": True} if topics is not None and topics.needs_review else {})


def _page(
    request: Request,
    parts: Parts,
    given: Given,
    found: list[dict[str, Any]] | None = None,
    runs: list[dict[str, Any]] | None = None,
    problem: Problem | None = None,
) -> Response:
    from models.readers import FORMATS  # readers of files wait until somebody looks at the page

    return render(
        request,
        "try.html",
        problem.status if problem else 200,
        given=given,
        found=found,
        runs=runs,
        problem=problem,
        roles=ROLES,
        formats=",".join(FORMATS),
        words=words_of(language_of(request)),
    )
