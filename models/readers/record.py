"""What a reader hands on: a Record, a BadRecord, or a Sheet of text that is one article or one newspaper page.

Owns how a row becomes an article, and what a row may look like. It knows nothing of files on disk, models or output.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from models.article import Article
from models.errors import BadInput

COLUMNS = {
    "id": ("id", "编号", "稿件编号"),
    "headline": ("headline", "title", "标题"),
    "body": ("body", "content", "正文", "内容"),
}
"""What the header of a table may call the three columns, the first found wins."""
SUMMARIES = ("summary", "摘要")
"""What it may call a summary that somebody wrote, which articles are measured by; tagging reads none."""
DATES = ("date", "日期", "发布日期", "published")
"""What it may call the day of publication, which reports count by; it needs none."""


@dataclass(frozen=True, slots=True)
class Record:
    """An article and where it stood: `line` is a line, the row of a Parquet table, the page of a PDF or the item of an
    XML file. `unsure`: a person should look. Byline, dateline and date are what the file says apart from the text. `byte`: as
    of a BadRecord.
    """

    file: str
    line: int
    article: Article
    unsure: bool = False
    byline: str = ""
    dateline: str = ""
    date: str = ""
    byte: int = 0


@dataclass(frozen=True, slots=True)
class BadRecord:
    """What could not be read, and why; `line` is None when it is the whole file.

    `byte` is where it begins in its file, or in its member of an archive, from 0; where bytes do not decode, that very byte. It
    is 0 in formats whose records have no place of their own among the bytes, such as Parquet, PDF and Word.
    """

    file: str
    line: int | None
    reason: str
    id: str | None = None
    byte: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """Text without rows. Whoever asked for pages splits `text`; for all others it is one article, or a page of one."""

    text: str
    headline: str
    body: str
    page: int | None = None
    unsure: bool = False


Read = Record | BadRecord


def as_sheet(paragraphs: list[str], headline: str = "", *, page: int | None = None, unsure: bool = False) -> Sheet:
    """A sheet of paragraphs, as a page dump has them: a blank line between two."""
    whole = [headline, *paragraphs] if headline else paragraphs
    return Sheet("\n\n".join(whole), headline, "\n".join(paragraphs), page, unsure)


def join_sheets(sheets: list[Sheet], name: str) -> Record:
    """One article out of all sheets of a file: the first one's headline, and everything else in order."""
    first, *rest = sheets
    body = "\n".join(part for part in [first.body, *(p for s in rest for p in (s.headline, s.body))] if part)
    line = first.page or 1
    return Record(name, line, Article(first.headline, body, f"{name}:{line}"), any(s.unsure for s in sheets))


def as_article(data: dict[str, Any], fallback_id: str) -> Article:
    """The article of a row; raises BadInput when the row has another shape."""
    texts = {}
    for field in ("headline", "body"):
        value = data.get(field)
        if value is not None and not isinstance(value, str):
            raise BadInput(f"{field} must be a string, it is {kind_of(value)}", field=field)
        texts[field] = value or ""
    if data.get("headline") is None and data.get("body") is None:
        raise BadInput("the record has neither body nor headline", field="body")
    id_ = data.get("id")
    if id_ is not None and (isinstance(id_, bool) or not isinstance(id_, str | int)):
        raise BadInput(f"id must be a string or an integer, it is {kind_of(id_)}", field="id")
    return Article(id=fallback_id if id_ is None or id_ == "" else str(id_), **texts)


def find_date(header: list[str]) -> int | None:
    """Which column is the date, if any."""
    folded = [cell.strip().lower() for cell in header]
    return next((folded.index(name) for name in DATES if name in folded), None)


def date_text(value: Any) -> str:
    """A date as its row says it, at most 32 characters; nothing for no date."""
    return "" if value is None else str(value)[:32]


def kind_of(value: Any) -> str:
    """What a value of a row is called outside Python."""
    if value is None:
        return "null"
    kinds = (
        (bool, "true or false"),
        (int | float, "a number"),
        (str, "a string"),
        (list, "a list"),
        (dict, "an object"),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), "of another type")


def find_columns(header: list[str], where: str) -> dict[str, int]:
    """Which column is which; raises BadInput when there is neither a body nor a headline."""
    folded = [cell.strip().lower() for cell in header]
    places = {}
    for field, names in COLUMNS.items():
        place = next((folded.index(name) for name in names if name in folded), None)
        if place is not None:
            places[field] = place
    if "body" not in places and "headline" not in places:
        raise BadInput(f"{where} names no column body or headline (正文, 标题); it has: {', '.join(header)[:200]}")
    return places
