"""/desk/articles/{id}: an article as a column of print, what the models say of it and why, and what editors have said.

It shows; what an editor does goes to desk/actions.py, from here only when a form is sent without JavaScript.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from models.errors import CaibianError
from service.answers import gone, missing
from service.article_routes import check_id, version_of
from service.correction_routes import MAX_SUMMARY
from service.desk.actions import ReviewIn, SeenIn, keep_review, keep_undo, summary_of
from service.desk.column import Mark, marks_of, paragraphs, segments
from service.desk.print_parts import PrintParts, print_parts
from service.desk.queue import address, query_of, reasons_of, wanted_of
from service.desk.summary_checks import Checked, checked
from service.desk.view import WithParts, language_of, read_form, render, see, segment, topic_names
from service.desk.words import Language, word
from service.gate import AnyCaller, Caller, Reviewer
from service.parts import Parts
from service.problems import Problem, from_error

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from service.store.articles import Version
    from service.store.queue import Wanted

router = APIRouter(prefix="/desk")
MAX_FORM = 64 * 1024
ALL = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Kept:
    """All that the store knows of one article."""

    version: Version
    before: Version | None
    versions: list[dict[str, Any]]
    analyses: list[dict[str, Any]]
    said: list[dict[str, Any]]
    labels: list[str]
    summary: str
    row: Row[Any]
    left: int
    looking: list[str]
    check: Checked
    parts: PrintParts


@dataclass(frozen=True, slots=True)
class Entered:
    """What an editor has put into the form and could not be kept."""

    labels: list[str]
    summary: str


@router.get("/articles/{article_id:path}")
async def article(
    request: Request,
    article_id: str,
    parts: WithParts,
    caller: AnyCaller,
    version: Annotated[str | None, Query()] = None,
) -> Response:
    """The article, in its current version or an older one."""
    return await _page(request, article_id, parts, caller, version_of(version))


@router.post("/articles/{article_id:path}")
async def send(request: Request, article_id: str, parts: WithParts, caller: Reviewer) -> Response:
    """What an editor says, from a form; on to the next article, or the same page with what was entered and the reason."""
    form = await read_form(request, MAX_FORM)
    wanted = wanted_of(request)
    version, seq, summary, do = (form.get(name, [""])[0] for name in ("version", "seq", "summary", "do"))
    if not all(n.isascii() and n.isdigit() and len(n) < 10 for n in (version, seq)):
        raise Problem("bad-input", "页面的内容不完整，请刷新。 The form is not whole: reload the page.", "version")
    labels, summary = form.get("labels", []), summary.replace("\r\n", "\n")
    try:
        if do == "undo":
            await keep_undo(request, parts, caller, SeenIn(id=article_id, version=int(version), seq=int(seq)))
            return see(address(article_id, wanted))
        call = ReviewIn(id=article_id, version=int(version), seq=int(seq), labels=labels, summary=summary)
        await keep_review(request, parts, caller, call)
    except (Problem, CaibianError) as error:
        problem = error if isinstance(error, Problem) else from_error(error)
        if problem.status not in (409, 413, 422):
            raise
        entered = Entered(labels, summary)
        return await _page(request, article_id, parts, caller, None, problem=problem, entered=entered)
    return see(next_address(article_id, wanted))


def next_address(article_id: str, wanted: Wanted) -> str:
    """Where the article behind this one is found."""
    query = query_of(wanted, after=article_id)
    return f"/desk/next{query}"


async def _page(
    request: Request,
    article_id: str,
    parts: Parts,
    caller: Caller,
    version: int | None,
    *,
    problem: Problem | None = None,
    entered: Entered | None = None,
) -> Response:
    check_id(article_id)
    if not parts.storage.used:
        raise missing("稿件")
    wanted, language = wanted_of(request), language_of(request)
    kept = await parts.storage.read(_look, article_id, version, wanted)
    names = topic_names(parts, language)
    shown = _shown(kept, names, language, thresholds_of(parts, kept.version))
    editable = caller.may("review") and kept.version.version == kept.version.current
    labels = entered.labels if entered else kept.labels
    return render(
        request,
        "article.html",
        problem.status if problem else 200,
        id=article_id,
        here_address=address(article_id, wanted),
        queue_address=f"/desk{query_of(wanted)}",
        next_address=next_address(article_id, wanted),
        version_address=f"/desk/articles/{segment(article_id)}",
        article=kept.version,
        row=kept.row,
        left=kept.left,
        looking=kept.looking,
        labels=labels,
        saved=kept.labels,
        summary=entered.summary if entered else kept.summary,
        saved_summary=kept.summary,
        max_summary=MAX_SUMMARY,
        check=kept.check,
        parts=kept.parts,
        problem=problem,
        editable=editable,
        words=json.dumps({k.removeprefix("js_"): word(language, k) for k in JS_WORDS}, ensure_ascii=False),
        **shown,
    )


JS_WORDS = (
    "js_kept", "js_sent", "js_resent", "js_restored", "js_discard", "js_again", "js_reload", "js_changed", "js_looking",
    "js_accept", "js_save", "js_length", "js_found", "js_missing", "js_paragraph", "js_checks_ok", "js_checks_bad",
    "js_fault_byline", "js_fault_repeats", "js_fault_empty", "js_kind_number", "js_kind_date", "js_kind_name",
    "js_kind_quotation", "js_kind_negation", "js_sign_in", "js_new_version", "js_nothing_undone", "js_checks_down",
)  # fmt: skip
"""The words that the page's script says."""


def _look(connection: Connection, article_id: str, number: int | None, wanted: Wanted) -> Kept:
    from service.store import articles, corrections, desk, presence, queue

    found = articles.get(connection, article_id, number)
    row = desk.get(connection, article_id)
    if found is None or row is None:
        raise gone() if articles.withdrawn(connection, article_id) else missing("稿件或版本")
    held = corrections.holding(connection, article_id, found.version)
    topics = found.analysis.topics if found.analysis else None
    labels = list(held["topics"].labels) if "topics" in held else list(topics["labels"]) if topics else []
    summary = held["summaries"].summary if "summaries" in held else summary_of(found)
    return Kept(
        version=found,
        before=articles.get(connection, article_id, found.version - 1),
        versions=articles.version_list(connection, article_id),
        analyses=articles.analysis_list(connection, article_id),
        said=corrections.history(connection, article_id, limit=ALL),
        labels=labels,
        summary=summary,
        row=row,
        left=queue.counts(connection, wanted)[wanted.state or "open"],
        looking=presence.looking(connection, [article_id]).get(article_id, []),
        check=checked(summary, found.draft.body),
        parts=print_parts(connection, article_id),
    )


def thresholds_of(parts: Parts, version: Version) -> dict[str, float]:
    """From which probability on a topic is given, where the models that serve are those that read this version."""
    from models.keywords import THRESHOLD

    models, topics = parts.readiness.analyzer, version.analysis.topics if version.analysis else None
    if models is None or topics is None or topics["bundle"] != models.classifier.bundle:
        return {}
    decisions = getattr(models.classifier, "decisions", None)  # the keyword floor has one threshold for all
    if decisions is None:
        return dict.fromkeys(models.classifier.taxonomy.names, THRESHOLD)
    return {name: d.threshold for name, d in zip(models.classifier.taxonomy.names, decisions, strict=True)}


def _shown(kept: Kept, names: dict[str, str], language: Language, thresholds: dict[str, float]) -> dict[str, Any]:
    """The parts of the page that are made of the analysis: topics, marked text, history."""
    draft, analysis = kept.version.draft, kept.version.analysis
    topics = analysis.topics if analysis else None
    scores = topics.get("scores", {}) if topics else {}
    known = list(dict.fromkeys([*(n for n in names if n != "other"), *scores, *kept.labels]))
    numbers = {name: n for n, name in enumerate(known, 1)}
    drawn = [Mark(s["start"], s["end"]) for s in kept.check.sentences]
    doubted = {topic for _, topic in kept.row.reasons if topic}
    return {
        "topics": [
            {
                "n": numbers[name],
                "name": name,
                "title": names.get(name, name),
                "given": topics is not None and name in topics["labels"],
                "p": scores.get(name),
                "threshold": thresholds.get(name),
                "doubted": name in doubted,
            }
            for name in known
        ],
        "reasons": reasons_of(kept.row.reasons, names, language)
        if kept.version.current == kept.version.version
        else [],
        "headline": segments(draft.headline, marks_of(topics, numbers, "headline"), 0, len(draft.headline)),
        "paragraphs": paragraphs(draft.body, [*marks_of(topics, numbers, "body"), *drawn]),
        "method": analysis.summary.get("method") if analysis and analysis.summary else None,
        "bundles": [b for b in analysis.bundles.values() if b] if analysis else [],
        "events": _events(kept, names),
        "undoable": any(e["counts"] and e["version"] == kept.version.version for e in kept.said if not e["undoes"]),
    }


def _events(kept: Kept, names: dict[str, str]) -> list[dict[str, Any]]:
    """Versions, analyses, corrections and undos, the newest first."""
    from service.store.articles import changes
    from service.store.desk import ACCEPTED

    changed = changes(kept.before.draft, kept.version.draft) if kept.before else None
    found = [
        {"kind": "version", "at": v["created"], "who": v["caller"], "version": v["version"],
         "changed": changed if v["version"] == kept.version.version else None}
        for v in kept.versions
    ]  # fmt: skip
    found += [
        {"kind": "analysis", "at": a["created"], "who": None, "version": a["version"], "bundles": a["bundles"]}
        for a in kept.analyses
    ]
    for e in kept.said:
        kind = "undo" if e["undoes"] else "accepted" if e["note"] == ACCEPTED else e["task"]
        labels = [names.get(label, label) for label in e["labels"] or []]
        found.append({"kind": kind, "at": e["created"], "who": e["editor"], "version": e["version"], "counts": e["counts"],
                      "labels": labels, "summary": e["summary"], "note": e["note"]})  # fmt: skip
    return sorted(found, key=lambda event: str(event["at"]), reverse=True)
