"""A page and its articles on their way into the store: numbered, analysed where they are new, put together again for whoever asks.

What is kept is store/pages.py's; the articles go the way of all articles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, get_args

from models.article import Length, Page
from models.article import PageArticle as Found
from models.errors import BadInput
from models.pages import split_page
from service.answers import gone, missing
from service.article_routes import check_id
from service.desk.page_marks import Mark, marks_of, page_of
from service.gate import Caller
from service.inference import Leaving
from service.limits import MAX_ID_CHARS
from service.parts import Parts
from service.problems import Problem

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from service.store.pages import KeptPage, PageArticle

LONGEST_ID = MAX_ID_CHARS - 12
"""The ids of a page's articles have a number behind the page's."""
LENGTHS: tuple[Length, ...] = get_args(Length)


def check_page_id(page_id: str) -> None:
    """Refuse an id that cannot be kept; raises BadInput, TooLarge."""
    check_id(page_id)
    if len(page_id) > LONGEST_ID:
        raise BadInput(
            f"版面 id 最多 {LONGEST_ID} 个字符。 The id of a page has at most {LONGEST_ID} characters.", field="id"
        )


def packed(marks: Sequence[Mark]) -> list[list[Any]]:
    """Marks as the store has them."""
    return [[m.start, m.end, m.role, m.article, m.joins, m.unsure] for m in marks]


def unpacked(rows: Sequence[Sequence[Any]]) -> tuple[Mark, ...]:
    """Marks as they were packed."""
    return tuple(Mark(*row) for row in rows)


def split_of(page: KeptPage) -> Page:
    """The articles of a kept page."""
    return page_of(page.text, unpacked(page.marks))


def numbers_of(found: Page, text: str, before: KeptPage | None) -> tuple[list[int], int]:
    """A number for each article, and the highest ever given.

    While the text stays, an article keeps its number: by its content, else by where it begins. Another text is numbered anew.
    """
    if before is None or before.text != text:
        count = len(found.articles)
        return list(range(1, count + 1)), max(count, before.last if before else 0)
    free = dict(zip(before.numbers, split_of(before).articles, strict=True))
    numbers: list[int | None] = [None] * len(found.articles)
    for same in (_same_content, _same_beginning):
        for n, article in enumerate(found.articles):
            if numbers[n] is None:
                numbers[n] = next((number for number, old in free.items() if same(old, article)), None)
                free.pop(numbers[n] or 0, None)
    last, told = before.last, []
    for number in numbers:
        last += number is None
        told.append(number or last)
    return told, last


def _same_content(one: Found, other: Found) -> bool:
    return (one.headline, one.body) == (other.headline, other.body)


def _same_beginning(one: Found, other: Found) -> bool:
    return one.blocks[0].start == other.blocks[0].start


async def analysed(parts: Parts, page: KeptPage, length: Length, left: Leaving) -> list[PageArticle]:
    """The articles of a page as they are to be kept; the models read those that are new, changed, or said by other bundles.

    Raises ClientDisconnect when whoever asked has `left`.
    """
    from service.store.articles import Analysed
    from service.store.pages import PageArticle, article_id

    models = parts.readiness.require()
    bundles: dict[str, str | None] = {"topics": models.classifier.bundle, "summaries": models.summarizer.bundle}
    found = split_of(page).articles
    names = [article_id(page.id, number) for number in page.numbers]
    known = await parts.storage.read(_known, names)
    new = [
        n
        for n, (a, name) in enumerate(zip(found, names, strict=True))
        if known.get(name) != (a.headline, a.body, bundles)
    ]

    def work() -> dict[int, Analysed]:
        told = models.analyze([found[n].article(names[n]) for n in new], length=length) if new else []
        return {
            n: Analysed(one.topics.as_dict() if one.topics else None, one.summary.as_dict() if one.summary else None)
            for n, one in zip(new, told, strict=True)
        }

    said = await parts.inference.run(work, left=left)
    return [
        PageArticle(number, article.headline, article.body, article.needs_review, said.get(n))
        for n, (number, article) in enumerate(zip(page.numbers, found, strict=True))
    ]


def _known(connection: Connection, names: list[str]) -> dict[str, tuple[str, str, dict[str, str | None]]]:
    from service.store import articles

    kept = [found for name in names if (found := articles.get(connection, name)) is not None and found.analysis]
    return {v.draft.id: (v.draft.headline, v.draft.body, v.analysis.bundles) for v in kept if v.analysis}


async def stored(parts: Parts, page_id: str) -> KeptPage:
    """A page that is there; raises Problem: 410 when it was withdrawn, 404 when it never was."""
    found = await parts.storage.read(look, page_id) if parts.storage.used else None
    if found is None:
        raise missing("版面")
    return found


def look(connection: Connection, page_id: str) -> KeptPage | None:
    """A page; raises Problem when it was withdrawn."""
    from service.store import pages

    found = pages.get(connection, page_id)
    if found is None and pages.withdrawn(connection, page_id):
        raise gone()
    return found


def told(connection: Connection, page: KeptPage) -> dict[str, Any]:
    """The JSON of a kept page: as POST /v1/pages answers, with the ids of its articles and their current analyses."""
    from service.store import articles, pages

    split = split_of(page)
    found = []
    for number, article in zip(page.numbers, split.articles, strict=True):
        name = pages.article_id(page.id, number)
        version = articles.get(connection, name)
        analysis = version.analysis if version else None
        topics, summary = (analysis.topics, analysis.summary) if analysis else (None, None)
        unsure = article.needs_review or bool(topics and topics["needs_review"])
        found.append(
            {"id": name, **article.as_dict(), "topics": topics, "summary": summary, "needs_review": unsure}
        )  # fmt: skip
    return {
        "id": page.id,
        "text": page.text,
        "source": page.source,
        "date": page.date,
        "state": page.state,
        "caller": page.caller,
        "created": page.created.isoformat(),
        "changed": page.changed.isoformat(),
        "articles": found,
        "furniture": [block.as_dict() for block in split.furniture],
    }


@dataclass(frozen=True, slots=True)
class Anew:
    """A kept page as the model splits it, with its articles."""

    page: KeptPage
    found: list[PageArticle]


async def split_anew(parts: Parts, page: KeptPage, left: Leaving) -> Anew:
    """What becomes of a page when its editor's split is taken back."""
    marks = marks_of(await parts.storage.call(split_page, page.text))
    new = with_marks(page, marks)
    return Anew(new, await analysed(parts, new, "brief", left))


def with_marks(page: KeptPage, marks: tuple[Mark, ...]) -> KeptPage:
    """The page split otherwise."""
    numbers, last = numbers_of(page_of(page.text, marks), page.text, page)
    return replace(page, marks=packed(marks), numbers=numbers, last=last)


async def anew_without(parts: Parts, correction_id: str, left: Leaving) -> Anew | None:
    """What becomes of a kept page when this correction is taken back; None when that changes no page."""
    page = await parts.storage.read(_page_of, correction_id)
    return await split_anew(parts, page, left) if page is not None else None


def _page_of(connection: Connection, correction_id: str) -> KeptPage | None:
    from service.store import corrections, pages

    row = corrections.find(connection, correction_id)
    if row is None or row.task != "pages" or not _speaks(connection, row):
        return None
    return pages.get(connection, row.article_id)


def _speaks(connection: Connection, row: Row[Any]) -> bool:
    """Whether this is the correction whose split the page has."""
    from service.store import corrections, pages

    counting = corrections.counted(connection, row.article_id)
    said = pages.said(connection, row.article_id)
    return bool(row.id == next((one.id for one in said if one.id in counting and one.undoes is None), None))


def take_back(connection: Connection, correction_id: str, anew: Anew | None, editor: str, caller: Caller) -> Row[Any]:
    """Take a correction, or an undo, back, and with the last split of a kept page its articles; the row that says so.

    `anew` is what `anew_without` found before the transaction. Raises Problem.
    """
    from service.store import corrections, pages

    row = corrections.find(connection, correction_id)
    if row is None:
        raise missing("更正")
    if corrections.is_undone(connection, correction_id):
        raise Problem("conflict", "这条更正已经撤销过。 This correction was taken back before.", "id")
    page = pages.lock(connection, row.article_id) if row.task == "pages" else None
    if page is not None and row.undoes is not None:  # an example has articles, no marks: its split cannot be put back
        raise Problem(
            "conflict",
            "保留的版面不能从这里恢复拆分，请在版面页（/desk/pages/…）重新核对并保存。 "
            "The split of a kept page cannot be restored here: split it in its page view (/desk/pages/…) and keep it.",
            "id",
        )
    if page is not None and _speaks(connection, row):
        if anew is None or anew.page.changed != page.changed:
            raise Problem(
                "conflict", "这个版面刚刚改过，请再试一次。 This page was changed just now: try once more.", "id"
            )
        pages.put(connection, anew.page, anew.found, caller.name)
    made = corrections.find(connection, corrections.undo(connection, row, editor, caller.key_id))
    if made is None:
        raise RuntimeError("the row was written in this transaction")
    return made
