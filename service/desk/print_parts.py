"""What stands round an article on the kept page that it came from: kicker, subhead, byline. The article itself has none of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.desk.pages import page_address

if TYPE_CHECKING:
    from sqlalchemy import Connection

ROUND = ("kicker", "subhead", "byline")


@dataclass(frozen=True, slots=True)
class PrintParts:
    """Lines of the page by their role, and where the page is shown; nothing for an article of no kept page."""

    kicker: tuple[str, ...] = ()
    subhead: tuple[str, ...] = ()
    byline: tuple[str, ...] = ()
    page: str | None = None


def print_parts(connection: Connection, article_id: str) -> PrintParts:
    """The parts of an article by its id: `p#3` is the third of page `p`, as its split stands now."""
    from service.store import pages

    page_id, mark, number = article_id.rpartition("#")
    if not mark or not (number.isascii() and number.isdigit()):
        return PrintParts()
    page = pages.get(connection, page_id)
    if page is None or int(number) not in page.numbers:
        return PrintParts()
    at = page.numbers.index(int(number))
    found: dict[str, list[str]] = {role: [] for role in ROUND}
    for start, end, role, article, *_ in page.marks:
        if article == at and role in found:
            found[role].append(page.text[start:end].strip())
    kicker, subhead, byline = (tuple(found[role]) for role in ROUND)
    return PrintParts(kicker, subhead, byline, page_address(page_id))
