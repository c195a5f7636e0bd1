"""Articles that live on: versions of the same id, their analyses, what changed, and the withdrawal that leaves nothing.

Functions take a connection, so that what belongs together is kept together. They know no model and no HTTP.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, false, func, or_, select, update

from models.text import split_sentences
from service.store import desk, figures, search
from service.store.tables import (
    analyses,
    article_versions,
    articles,
    corrections,
    idempotency,
    job_items,
    page_examples,
    pages,
    withdrawals,
)

FIELDS = ("headline", "body", "source", "date", "embargo")
TELLING = 20
"""A paragraph of this many characters that stands in a page says that the article is on it."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An article as a newsroom sends it. `date` is its own word for the day, `embargo` a time before which it is not to be used."""

    id: str
    headline: str = ""
    body: str = ""
    source: str | None = None
    date: str | None = None
    embargo: datetime | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of everything but the id: the same digest is the same version."""
        told = [self.headline, self.body, self.source, self.date, self.embargo and self.embargo.astimezone(UTC)]
        return hashlib.sha256(json.dumps(told, default=str, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Analysed:
    """What the models said of one version; `id` orders the analyses of a version, the last is current."""

    topics: dict[str, Any] | None
    summary: dict[str, Any] | None
    id: int = 0
    created: datetime | None = None

    @property
    def bundles(self) -> dict[str, str | None]:
        """Which bundles answered."""
        return {
            "topics": self.topics["bundle"] if self.topics else None,
            "summaries": self.summary["bundle"] if self.summary else None,
        }


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an article, with its current analysis."""

    draft: Draft
    version: int
    current: int
    caller: str | None
    created: datetime
    analysis: Analysed | None

    @property
    def etag(self) -> str:
        """Changes with the version and with its analysis."""
        return f'"{self.version}-{self.analysis.id if self.analysis else 0}"'


def put(
    connection: Connection, draft: Draft, analysis: Analysed | None, caller: str | None, *, edges: bool | None = None
) -> Version:
    """Keep a new version, or the present one when nothing changed, with this analysis; the version that is now current.

    `edges`: whether where it begins or ends on its page is unsure; None leaves that as it was.
    Raises Clash when another process puts the same id for the first time at the same moment.
    """
    now = datetime.now(UTC)
    row = connection.execute(select(articles).where(articles.c.id == draft.id).with_for_update()).first()
    if row is None:
        connection.execute(articles.insert().values(id=draft.id, version=0, created=now, changed=now))
        connection.execute(delete(withdrawals).where(withdrawals.c.digest == id_digest(draft.id)))
    present = get(connection, draft.id)
    if present is None or present.draft.digest != draft.digest:
        number = (row.version if row is not None else 0) + 1
        values = {name: getattr(draft, name) for name in FIELDS}
        connection.execute(
            article_versions.insert().values(
                article_id=draft.id, version=number, digest=draft.digest, caller=caller, created=now, **values
            )
        )
        connection.execute(update(articles).where(articles.c.id == draft.id).values(version=number, changed=now))
        present = None
    if analysis is not None and (
        present is None or present.analysis is None or present.analysis.bundles != analysis.bundles
    ):
        number = present.version if present else number
        add_analysis(connection, draft.id, number, analysis)
    desk.refresh(connection, draft.id, edges=edges)
    kept = get(connection, draft.id)
    assert kept is not None  # noqa: S101 - written above
    return kept


def add_analysis(connection: Connection, article_id: str, version: int, analysis: Analysed) -> None:
    """Keep what the models say of a version; it is then the current analysis."""
    bundles, now = analysis.bundles, datetime.now(UTC)
    connection.execute(
        analyses.insert().values(
            article_id=article_id,
            version=version,
            topics=analysis.topics,
            summary=analysis.summary,
            topics_bundle=bundles["topics"],
            summaries_bundle=bundles["summaries"],
            created=now,
        )
    )
    figures.note_analysis(connection, analysis.topics, now)


def get(connection: Connection, article_id: str, version: int | None = None) -> Version | None:
    """A version, the current one when none is named; None when there is none."""
    joined = articles.join(article_versions, articles.c.id == article_versions.c.article_id)
    number = articles.c.version if version is None else version
    row = connection.execute(
        select(article_versions, articles.c.version.label("current"))
        .select_from(joined)
        .where(articles.c.id == article_id, article_versions.c.version == number)
    ).first()
    return _version(row, _analysis(connection, article_id, row.version)) if row is not None else None


def versions(connection: Connection, article_id: str) -> list[Version]:
    """Every version, oldest first, without analyses."""
    joined = articles.join(article_versions, articles.c.id == article_versions.c.article_id)
    rows = connection.execute(
        select(article_versions, articles.c.version.label("current"))
        .select_from(joined)
        .where(articles.c.id == article_id)
        .order_by(article_versions.c.version)
    )
    return [_version(row, None) for row in rows]


def version_list(connection: Connection, article_id: str) -> list[dict[str, Any]]:
    """When each version came and who sent it, oldest first, without texts."""
    told = article_versions.c
    query = select(told.version, told.created, told.caller).where(told.article_id == article_id).order_by(told.version)
    return [
        {"version": row.version, "created": row.created.isoformat(), "caller": row.caller}
        for row in connection.execute(query)
    ]


def analysis_list(connection: Connection, article_id: str) -> list[dict[str, Any]]:
    """When each analysis was made and by which bundles, oldest first, without what they said."""
    told = analyses.c
    query = select(told.version, told.created, told.topics_bundle, told.summaries_bundle)
    return [
        {
            "version": row.version,
            "created": row.created.isoformat(),
            "bundles": [b for b in (row.topics_bundle, row.summaries_bundle) if b],
        }
        for row in connection.execute(query.where(told.article_id == article_id).order_by(told.id))
    ]


def changes(old: Draft, new: Draft) -> dict[str, Any]:
    """Which fields differ, and for the body which sentences went and came, in their order."""
    fields = [name for name in FIELDS if getattr(old, name) != getattr(new, name)]
    before, after = ([part for part in _sentences(d.body) if part] for d in (old, new))
    return {"fields": fields, "removed": _without(before, after), "added": _without(after, before)}


def withdraw(connection: Connection, article_id: str, caller: str | None) -> bool:
    """Delete an article wherever its text or what was said of it is kept; whether there was anything.

    Only the SHA-256 of its id stays, so that a backup that still holds it cannot bring it back.
    """
    bodies = [version.draft.body for version in versions(connection, article_id)]
    in_jobs = select(job_items.c.body).where(job_items.c.article_id == article_id, job_items.c.body.is_not(None))
    bodies += connection.execute(in_jobs.distinct()).scalars()
    found = connection.execute(
        update(job_items)
        .where(job_items.c.article_id == article_id)
        .values(state="withdrawn", article_id=None, headline=None, body=None, result=None, error=None)
    ).rowcount
    of_article = select(corrections.c.id).where(corrections.c.article_id == article_id)
    examples, kept = _pages_with(connection, bodies)
    gone = [*examples, *connection.execute(of_article).scalars()]
    for page_id in kept:
        found += connection.execute(delete(pages).where(pages.c.id == page_id)).rowcount
    found += connection.execute(delete(pages).where(_page_of(article_id))).rowcount
    for correction_id in gone:
        found += connection.execute(delete(corrections).where(corrections.c.id == correction_id)).rowcount
    forget_answers(connection, article_id, gone)
    search.forget(connection, [article_id])
    found += connection.execute(delete(articles).where(articles.c.id == article_id)).rowcount
    if found:
        note_withdrawal(connection, id_digest(article_id), caller)
    return bool(found)


def note_withdrawal(connection: Connection, digest: str, caller: str | None, when: datetime | None = None) -> None:
    """Remember that the article whose id has this digest was withdrawn."""
    connection.execute(delete(withdrawals).where(withdrawals.c.digest == digest))
    values = {"digest": digest, "caller": caller, "created": when or datetime.now(UTC)}
    connection.execute(withdrawals.insert().values(**values))


def withdrawn(connection: Connection, article_id: str) -> bool:
    """Whether this id was withdrawn and has not been sent again."""
    found = select(func.count()).select_from(withdrawals).where(withdrawals.c.digest == id_digest(article_id))
    return bool(connection.execute(found).scalar_one())


def id_digest(article_id: str) -> str:
    """What is left of a withdrawn article's id."""
    return hashlib.sha256(article_id.encode()).hexdigest()


def _pages_with(connection: Connection, bodies: list[str]) -> tuple[list[str], list[str]]:
    """The page examples and the kept pages on which one of these bodies stands."""
    paragraphs = {"".join(p.split()) for body in bodies for p in body.splitlines()}
    telling = [p for p in paragraphs if len(p) >= TELLING]
    if not telling:
        return [], []
    examples = connection.execute(select(page_examples.c.correction_id, page_examples.c.text))
    kept = connection.execute(select(pages.c.id, pages.c.text).execution_options(yield_per=100))

    def holding(rows: Iterable[Any]) -> list[str]:
        return [page_id for page_id, text in rows if any(p in "".join(text.split()) for p in telling)]

    return holding(examples), holding(kept)


def _page_of(article_id: str) -> ColumnElement[bool]:
    """The kept page that an article's id says it is of (`page#3`)."""
    page_id, _, number = article_id.rpartition("#")
    known = number.isascii() and number.isdigit() and len(number) < 10
    return (pages.c.id == page_id) & (pages.c.last >= int(number)) if known else false()


def forget_answers(connection: Connection, name: str, gone: list[str]) -> None:
    """Delete the kept answers that name an article or page, or a correction that is gone."""
    connection.execute(delete(idempotency).where(_answers_of(name, gone)))


def _answers_of(article_id: str, gone: list[str]) -> ColumnElement[bool]:
    """The kept answers that name the article, or a correction that is gone: none of it is to be told again."""
    answer = idempotency.c.answer
    corrected = [answer["id"], answer["undoes"], answer["result", "correction"]]
    return or_(answer["article"].as_string() == article_id, *(place.as_string().in_(gone) for place in corrected))


def _analysis(connection: Connection, article_id: str, version: int) -> Analysed | None:
    row = connection.execute(
        select(analyses)
        .where(analyses.c.article_id == article_id, analyses.c.version == version)
        .order_by(analyses.c.id.desc())
        .limit(1)
    ).first()
    return Analysed(row.topics, _with_ok(row.summary), row.id, row.created) if row is not None else None


def _with_ok(summary: dict[str, Any] | None) -> dict[str, Any] | None:
    """A summary as it is answered now: one that an earlier version kept without checking it is not ok."""
    if summary is None or "ok" in summary.get("checks", {}):
        return summary
    return summary | {"checks": {"ok": False, **summary.get("checks", {})}}


def _version(row: Row[Any], analysis: Analysed | None) -> Version:
    draft = Draft(row.article_id, **{name: getattr(row, name) for name in FIELDS})
    return Version(draft, row.version, row.current, row.caller, row.created, analysis)


def _sentences(body: str) -> list[str]:
    return [body[start:end].strip() for start, end in split_sentences(body)]


def _without(these: list[str], those: list[str]) -> list[str]:
    left, told = Counter(these) - Counter(those), []
    for sentence in these:
        if left[sentence] > 0:
            left[sentence] -= 1
            told.append(sentence)
    return told


def as_dict(version: Version) -> dict[str, Any]:
    """The JSON shape of a version."""
    told = asdict(version.draft)
    analysis = version.analysis
    now = datetime.now(UTC)
    return {
        **told,
        "embargo": version.draft.embargo.isoformat() if version.draft.embargo else None,
        "embargoed": version.draft.embargo is not None and version.draft.embargo > now,
        "version": version.version,
        "current": version.version == version.current,
        "created": version.created.isoformat(),
        "analysis": None
        if analysis is None or analysis.created is None
        else {
            "topics": analysis.topics,
            "summary": analysis.summary,
            "bundles": analysis.bundles,
            "created": analysis.created.isoformat(),
        },
    }
