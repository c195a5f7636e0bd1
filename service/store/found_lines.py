"""How PostgreSQL is asked for phrases: conditions and order over the lines of `search_index` (search.py makes them).

The GIN index answers a phrase of one or two characters; of a longer one it names the articles that have all its pairs, and the
phrase is looked up in their lines. It knows no filters: found.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Float,
    Integer,
    Select,
    Text,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import ARRAY

from service.store.search_terms import Phrase, grams

lines = table("search_index", column("entry", Integer), column("day", Text), column("headline_chars", Integer),
              column("line", Text))  # fmt: skip
EXACT = 2
"""A longer phrase may have its pairs somewhere without standing there."""
HEADLINE, SATURATION, LENGTH, USUAL = 4.0, 1.2, 0.75, 800
"""As BM25 has them: how much more an occurrence in the headline weighs, how soon further ones add little, how far a longer text
has to say a phrase more often, characters of a usual text.
"""


def conditions(phrases: Sequence[Phrase]) -> list[ColumnElement[bool]]:
    """That all these phrases stand there, and those that are unwanted do not."""
    wanted = sorted({gram for phrase in phrases if not phrase.unwanted for gram in grams(phrase.line)})
    found: list[ColumnElement[bool]] = []
    if wanted:
        pairs = cast(wanted, ARRAY(BigInteger))
        found.append(func.search_grams(lines.c.line).op("@>", is_comparison=True)(pairs))
    for phrase in phrases:
        if phrase.unwanted:
            found.append(_place(phrase) == 0)
        elif len(phrase.line) > EXACT:
            found.append(_place(phrase) > 0)
    return found


def in_headline(phrases: Sequence[Phrase]) -> ColumnElement[int]:
    """1 when all these phrases stand in the headline, else 0."""
    headline = _headline()
    return case((and_(*(func.strpos(headline, phrase.line) > 0 for phrase in phrases)), 1), else_=0)


def rank(phrases: Sequence[Phrase]) -> ColumnElement[float]:
    """How well a line answers; more is better."""
    headline = _headline()
    usual = 1 - LENGTH + LENGTH * cast(func.length(lines.c.line), Float) / USUAL
    total: ColumnElement[float] = literal(0.0)
    for phrase in phrases:
        often = _times(lines.c.line, phrase) + (HEADLINE - 1) * _times(headline, phrase)
        total = total + cast(often / (often + SATURATION * usual), Float)
    return total


def ranked(entries: Sequence[int], phrases: Sequence[Phrase]) -> Select[tuple[int]]:
    """These entries, the best first, of equal ones the newest."""
    of_these = lines.c.entry == func.any(cast(list(entries), ARRAY(Integer)))
    return (
        select(lines.c.entry).where(of_these).order_by(rank(phrases).desc(), lines.c.day.desc(), lines.c.entry.desc())
    )


def _place(phrase: Phrase) -> ColumnElement[int]:
    return func.strpos(lines.c.line, phrase.line)


def _headline() -> ColumnElement[str]:
    """A line begins with it."""
    return func.left(lines.c.line, lines.c.headline_chars)


def _times(text: ColumnElement[str], phrase: Phrase) -> ColumnElement[float]:
    without = func.replace(text, phrase.line, "")
    return cast((func.length(text) - func.length(without)) / float(len(phrase.line)), Float)
