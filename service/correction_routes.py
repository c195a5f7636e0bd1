"""/v1/corrections: what editors say is right, taken in, listed and taken back. Rows are only ever added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, get_args

from fastapi import APIRouter, Query, Request, Response

from models.article import Article
from models.errors import BadInput
from service.answers import gone, missing, once, with_etag
from service.article_routes import check_id
from service.gate import Caller, Reviewer
from service.inference import leaving
from service.kept_schemas import CorrectionIn, CorrectionMadeOut, CorrectionsOut, UndoIn
from service.limits import check_article, check_page, check_text, has_words
from service.parts import Parts
from service.queries import number
from service.routes import KEPT_PROBLEMS, WithParts, problems, takes

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from service.store.corrections import Correction, CorrectionTask

router = APIRouter(prefix="/v1/corrections", responses=KEPT_PROBLEMS, tags=["corrections"])
GIVES = {"topics": "labels", "summaries": "summary", "pages": "articles"}
"""The field that holds what is right, by task."""
MAX_EDITOR, MAX_NOTE, MAX_SUMMARY, MAX_PAGE_ARTICLES = 128, 2000, 5000, 1000
UNKNOWN = "unknown"


@router.post("", status_code=201, response_model=CorrectionMadeOut, openapi_extra=takes(CorrectionIn))
async def correct(request: Request, parts: WithParts, caller: Reviewer) -> Response:
    """Keep a correction. With `body` its article is kept, too; without, the kept article of this id is meant."""
    call = await parts.bodies.read(request, CorrectionIn, lambda _: None)
    task = check(call, parts)
    editor = editor_of(call.editor, caller)

    def work(connection: Connection) -> tuple[int, dict[str, Any]]:
        from service.store import corrections

        correction = build(connection, call, task, editor, caller.name)
        made = corrections.add(connection, correction, caller.key_id)
        told = {"id": made, "task": task, "article": call.id, "version": correction.version, "undoes": None}
        return 201, told

    return await once(request, parts, caller, call, work)


@router.post(
    "/{correction_id}/undo",
    status_code=201,
    response_model=CorrectionMadeOut,
    openapi_extra=takes(UndoIn),
    responses=problems(_409="It was taken back before, or would bring a split of a kept page back."),
)
async def undo(request: Request, correction_id: str, parts: WithParts, caller: Reviewer) -> Response:
    """Take a correction back, or an undo. Nothing is deleted: a row is added that says so.

    A kept page is as the model splits it then; restore an editor's split in its page view.
    """
    call = await parts.bodies.read(request, UndoIn, lambda _: None)
    editor = editor_of(call.editor, caller)
    check_text(correction_id, "id", 64)
    if not parts.storage.used:
        raise missing("更正")
    from service.page_keeping import anew_without, take_back  # it imports the desk, which imports this file

    anew = await anew_without(parts, correction_id, leaving(request))

    def work(connection: Connection) -> tuple[int, dict[str, Any]]:
        row = take_back(connection, correction_id, anew, editor, caller)
        told = {"id": row.id, "task": row.task, "article": row.article_id, "version": row.version}
        return 201, told | {"undoes": correction_id}

    return await once(request, parts, caller, call, work)


@router.get("", response_model=CorrectionsOut)
async def history(
    request: Request,
    parts: WithParts,
    _: Reviewer,
    article: Annotated[str | None, Query(description="Only of this article or page.")] = None,
    after: Annotated[str, Query(description="Only rows after this `seq`.")] = "0",
    limit: Annotated[str, Query(description="At most so many rows, 1 to 1000.")] = "100",
) -> Response:
    """Every correction and undo in the order they came, with who and when."""
    start, most = number(after, "after", 0, 2**62), number(limit, "limit", 1, 1000)
    if article is not None:
        check_id(article)
    rows = await parts.storage.read(_rows, article, start, most) if parts.storage.used else []
    return with_etag(request, {"corrections": rows, "next": rows[-1]["seq"] if len(rows) == most else None})


def _rows(connection: Connection, article: str | None, after: int, limit: int) -> list[dict[str, Any]]:
    from service.store import corrections

    return corrections.history(connection, article, after=after, limit=limit)


def editor_of(given: str | None, caller: Caller) -> str:
    """Who says so."""
    if given is None:
        return caller.name or UNKNOWN
    check_text(given, "editor", MAX_EDITOR)
    if not given.strip() or not given.isprintable():
        raise BadInput("editor 请填写姓名。 editor wants a name.", field="editor")
    return given


def check(call: CorrectionIn, parts: Parts) -> CorrectionTask:
    """The task of a correction whose fields fit together; raises BadInput."""
    from service.store.corrections import CorrectionTask

    check_id(call.id)
    tasks: tuple[CorrectionTask, ...] = get_args(CorrectionTask)
    given = [task for task in tasks if getattr(call, GIVES[task]) is not None]
    if len(given) != 1 or call.task not in (None, given[0]):
        wanted = GIVES[call.task] if call.task else "labels, summary, articles"
        raise BadInput(
            f"请恰好给出一项更正：{wanted}。 Give exactly one thing that is right: {wanted}.",
            field=GIVES[call.task] if call.task else "$",
        )
    (task,) = given
    if call.note is not None:
        check_text(call.note, "note", MAX_NOTE)
    if task == "pages":
        _check_page(call, parts)
        return task
    if call.text is not None or (call.body is not None and call.version is not None):
        raise BadInput(
            "text 只用于版面；body 与 version 只能给一个。 text is for pages; give body or version.", field="text"
        )
    if call.headline is not None and call.body is None:
        raise BadInput("给出 headline 时请同时给出 body。 Give body together with headline.", field="body")
    if call.body is not None:
        article = Article(call.headline or "", call.body, call.id)
        check_article(article, "article", parts.settings, need_body=task == "summaries")
    if task == "topics":
        check_labels(call.labels or [], parts)
    else:
        check_text(call.summary or "", "summary", MAX_SUMMARY)
        if not has_words(call.summary or ""):
            raise BadInput("summary 是空的。 summary has nothing to read.", field="summary")
    return task


def check_labels(labels: list[str], parts: Parts) -> None:
    """Refuse what is no topic, or stands twice; raises BadInput."""
    known = parts.readiness.require().classifier.taxonomy.names
    for n, label in enumerate(labels):
        if label not in known or label in labels[:n]:
            raise BadInput(
                f"labels[{n}] 不是主题或重复了，可用：{'、'.join(known)}。 "
                f"labels[{n}] is no topic, or stands twice: use {', '.join(known)}.",
                field=f"labels[{n}]",
            )


def _check_page(call: CorrectionIn, parts: Parts) -> None:
    if call.headline is not None or call.body is not None or call.version is not None:
        raise BadInput("版面更正只要 text 与 articles。 A page wants text and articles only.", field="body")
    check_page(call.text or "", parts.settings)
    articles = call.articles or []
    if not 0 < len(articles) <= MAX_PAGE_ARTICLES:
        raise BadInput(
            f"articles 须有 1 到 {MAX_PAGE_ARTICLES} 篇。 articles wants 1 to {MAX_PAGE_ARTICLES}.", field="articles"
        )
    for n, article in enumerate(articles):
        told = Article(article.headline, article.body)
        check_article(told, f"articles[{n}]", parts.settings, need_body=False)
        for k, other in enumerate(article.alt_headlines or []):
            check_text(other, f"articles[{n}].alt_headlines[{k}]", MAX_SUMMARY)


def build(
    connection: Connection, call: CorrectionIn, task: CorrectionTask, editor: str, caller: str | None
) -> Correction:
    """What is to be kept: the article's version with it, kept first when it comes along; raises Problem."""
    from service.store import articles
    from service.store.corrections import Correction

    if task == "pages":
        told = [a.model_dump(exclude_none=True) for a in call.articles or []]
        return Correction(task, call.id, editor, text=call.text, articles=told, note=call.note)
    if call.body is not None:
        present = articles.get(connection, call.id)
        draft = articles.Draft(call.id, call.headline or "", call.body)
        if present is not None and (present.draft.headline, present.draft.body) == (draft.headline, draft.body):
            draft = present.draft  # source, date and embargo stay
        found: articles.Version | None = articles.put(connection, draft, None, caller)
    else:
        found = articles.get(connection, call.id, call.version)
    if found is None:
        raise gone() if articles.withdrawn(connection, call.id) else missing("稿件或版本", field="id")
    return Correction(
        task, call.id, editor, version=found.version, labels=call.labels, summary=call.summary, note=call.note
    )
