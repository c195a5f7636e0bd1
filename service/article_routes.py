"""/v1/articles: articles that live on. The same id again is a new version, analysed when it comes; a withdrawal deletes it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from models.article import Article
from models.errors import BadInput
from service.answers import as_json, gone, missing, names, with_etag
from service.gate import AnyCaller, Keeper, Reviewer
from service.inference import Leaving, leaving
from service.kept_schemas import ArticlePut, StoredArticleOut, VersionsOut
from service.limits import MAX_ID_CHARS, check_article, check_text
from service.parts import Parts
from service.problems import Problem
from service.routes import KEPT_PROBLEMS, WithParts, problems, takes

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from service.store.articles import Analysed, Draft, Version

router = APIRouter(prefix="/v1/articles", responses=KEPT_PROBLEMS, tags=["kept articles"])
LIST = "/versions"
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@router.put(
    "/{article_id:path}",
    response_model=StoredArticleOut,
    openapi_extra=takes(ArticlePut),
    responses=problems(_412="`If-Match` names another version.")
    | {201: {"model": StoredArticleOut, "description": "The first version."}},
)
async def put(request: Request, article_id: str, parts: WithParts, caller: Keeper) -> Response:
    """Keep an article and analyse it. The same content again is no new version; `If-Match` refuses to overwrite another's."""
    models = parts.readiness.require()
    check_id(article_id)
    call = await parts.bodies.read(request, ArticlePut, lambda _: None, full=parts.inference.full)
    draft = draft_of(article_id, call, parts)
    match = request.headers.get("if-match")
    bundles = {"topics": models.classifier.bundle, "summaries": models.summarizer.bundle}
    present = await parts.storage.read(_present, article_id)
    check_match(match, present)
    new = present is None
    if present is None or present.draft.digest != draft.digest or not _is_analysed(present, bundles):
        analysis = await analyse(parts, draft, call.length, leaving(request))
        present = await parts.storage.write(_keep, draft, analysis, caller.name, match)
    told = await parts.storage.read(_told, present)
    return as_json(told, 201 if new else 200, {"ETag": present.etag})


@router.get("/{article_id:path}/versions", response_model=VersionsOut)
async def versions(request: Request, article_id: str, parts: WithParts, _: AnyCaller) -> Response:
    """Every version of an article, oldest first, and what changed from one to the next."""
    found = await stored(parts, article_id, None)
    return with_etag(request, await parts.storage.read(_versions, found.draft.id))


@router.get("/{article_id:path}", response_model=StoredArticleOut)
async def get(
    request: Request,
    article_id: str,
    parts: WithParts,
    _: AnyCaller,
    version: Annotated[str | None, Query(description="A number; the current version when there is none.")] = None,
) -> Response:
    """An article as it was sent, with its current analysis."""
    found = await stored(parts, article_id, version_of(version))
    return with_etag(request, await parts.storage.read(_told, found), found.etag)


@router.delete("/{article_id:path}", status_code=204, response_class=Response)
async def withdraw(article_id: str, parts: WithParts, caller: Reviewer) -> Response:
    """Delete an article everywhere: versions, analyses, corrections, pages that hold it, inputs and results of jobs."""
    check_id(article_id)
    if not parts.storage.used or not await parts.storage.write(_withdraw, article_id, caller.name):
        raise missing("稿件")
    await parts.storage.call(lambda: parts.storage.open().shrink())
    return Response(status_code=204)


def version_of(given: str | None) -> int | None:
    """The number of a version in a query; raises BadInput."""
    if given is not None and not (given.isascii() and given.isdigit() and len(given) < 10):
        raise BadInput("version 必须是正整数。 version must be a positive number.", field="version")
    return int(given) if given is not None else None


def check_id(article_id: str) -> None:
    """Refuse an id that cannot be kept or addressed."""
    check_text(article_id, "id", MAX_ID_CHARS)
    if not article_id.strip() or article_id.endswith(LIST):
        raise BadInput(f"id 不能为空，也不能以 {LIST} 结尾。 id may not be blank or end in {LIST}.", field="id")
    if CONTROL.search(article_id):  # no address could name it, so it could not be withdrawn
        raise BadInput("id 不能含换行或控制字符。 id may not hold line breaks or control characters.", field="id")


def draft_of(article_id: str, call: ArticlePut, parts: Parts) -> Draft:
    """What is to be kept, checked; raises BadInput."""
    from service.store.articles import Draft

    check_article(Article(call.headline or "", call.body, article_id), "article", parts.settings, need_body=True)
    for name, text, most in (("source", call.source, 1000), ("date", call.date, 32)):
        if text is not None:
            check_text(text, name, most)
    return Draft(article_id, call.headline or "", call.body, call.source, call.date, read_time(call.embargo))


def read_time(text: str | None) -> datetime | None:
    """A time in ISO 8601 with its zone; raises BadInput."""
    if text is None:
        return None
    try:
        when = datetime.fromisoformat(text)
        if when.tzinfo is None or not 1970 <= when.year < 9000:
            raise ValueError
    except ValueError:
        raise BadInput(
            "embargo 必须是带时区的时间，如 2026-11-24T18:00:00+08:00。 "
            "embargo must be a time with its zone, such as 2026-11-24T18:00:00+08:00.",
            field="embargo",
        ) from None
    return when


async def analyse(parts: Parts, draft: Draft, length: Any, left: Leaving) -> Analysed:
    """Topics and summary of a draft; raises ClientDisconnect when whoever asked has `left`, and then nothing is kept."""
    from service.store.articles import Analysed

    models = parts.readiness.require()
    article = Article(draft.headline, draft.body, draft.id)

    def work() -> Analysed:
        (found,) = models.analyze([article], length=length)
        return Analysed(
            found.topics.as_dict() if found.topics else None, found.summary.as_dict() if found.summary else None
        )

    return await parts.inference.run(work, left=left)


async def stored(parts: Parts, article_id: str, version: int | None) -> Version:
    """A version that is there; raises Problem: 410 when it was withdrawn, 404 when it never was."""
    found = await parts.storage.read(look, article_id, version) if parts.storage.used else None
    if found is None:
        raise missing("稿件或版本")
    return found


def look(connection: Connection, article_id: str, version: int | None) -> Version | None:
    """A version; raises Problem when the article was withdrawn."""
    from service.store import articles

    found = articles.get(connection, article_id, version)
    if found is None and articles.withdrawn(connection, article_id):
        raise gone()
    return found


def check_match(match: str | None, present: Version | None) -> None:
    """Refuse a change that was meant for another version."""
    if match is not None and (present is None or not names(match, present.etag)):
        raise Problem(
            "changed",
            "稿件已有别的版本，请重新读取后再改。 The article has another version by now: read it again, then change it.",
            "If-Match",
        )


def _present(connection: Connection, article_id: str) -> Version | None:
    from service.store import articles

    return articles.get(connection, article_id)


def _is_analysed(version: Version, bundles: dict[str, str]) -> bool:
    return version.analysis is not None and version.analysis.bundles == bundles


def _keep(
    connection: Connection, draft: Draft, analysis: Analysed | None, caller: str | None, match: str | None
) -> Version:
    from service.store import articles

    if match is not None:
        check_match(match, articles.get(connection, draft.id))
    return articles.put(connection, draft, analysis, caller)


def _told(connection: Connection, found: Version) -> dict[str, Any]:
    from service.store import articles

    before = articles.get(connection, found.draft.id, found.version - 1)
    return articles.as_dict(found) | {"changed": articles.changes(before.draft, found.draft) if before else None}


def _versions(connection: Connection, article_id: str) -> dict[str, Any]:
    from service.store import articles

    found = articles.versions(connection, article_id)
    told = []
    for n, version in enumerate(found):
        changed = articles.changes(found[n - 1].draft, version.draft) if n else None
        told.append(
            {
                "version": version.version,
                "created": version.created.isoformat(),
                "caller": version.caller,
                "embargo": version.draft.embargo.isoformat() if version.draft.embargo else None,
                "changed": changed,
            }
        )
    return {"id": article_id, "versions": told}


def _withdraw(connection: Connection, article_id: str, caller: str | None) -> bool:
    from service.store import articles

    return articles.withdraw(connection, article_id, caller)
