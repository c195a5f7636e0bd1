"""Gold pages in their short form, a role a line of print, and their whole form with blocks and articles.

A short row is `{"id", "text", "roles": [...]}` with one role for each line that is not blank: `body 3` is a line of
article 3, `body+ 3` goes on from the text line of that article before it, `furniture` belongs to none. Text stands once in
it instead of three times. Knows roles, not how a page is split.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, get_args

from models.article import Role
from models.errors import BadInput

_LINE = re.compile(r"[^\r\n]+")
_ROLE = re.compile(r"([a-z_]+)(\+?)(?: (\d+))?")


def whole_page(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with `articles` (headline, alt_headlines, body) and `blocks` (role, text, start, end, article).

    A row that has articles is returned as it is. A headline of several lines is theirs with a space between; the
    alternative has none. Raises BadInput where roles and lines do not fit.
    """
    if row.get("articles") is not None:  # None: the empty cell of a table with rows of either form
        return dict(row)
    if not isinstance(row.get("text"), str) or not isinstance(row.get("roles"), list):
        raise BadInput(f"page {row.get('id')} needs a text, and articles or roles", field="roles")
    blocks: list[dict[str, Any]] = []
    parts: list[dict[str, list[str]]] = []
    for said, (start, text) in zip(row["roles"], _lines(row), strict=True):
        found = _ROLE.fullmatch(said) if isinstance(said, str) else None
        number = int(found[3]) if found and found[3] else None
        if not found or found[1] not in get_args(Role) or (number is None) != (found[1] == "furniture"):
            raise BadInput(f"page {row.get('id')}: {said!r} is no role of a line", field="roles")
        if number is not None and number >= len(row["roles"]):
            raise BadInput(f"page {row.get('id')}: {said!r}, but articles are counted from 0", field="roles")
        blocks.append({"role": found[1], "text": text, "start": start, "end": start + len(text), "article": number})
        if number is None:
            continue
        while number >= len(parts):
            parts.append({"headline": [], "body": []})
        mine = parts[number]
        if found[1] == "headline":
            mine["headline"].append(text)
        elif found[1] in ("body", "section_head"):
            if found[2] and mine["body"]:
                mine["body"][-1] += text
            else:
                mine["body"].append(text)
    if bare := [n for n, mine in enumerate(parts) if not mine["body"]]:
        raise BadInput(f"page {row.get('id')}: article {bare[0]} has no line of body", field="roles")
    articles = [
        {
            "headline": " ".join(mine["headline"]),
            "alt_headlines": ["".join(mine["headline"])] if len(mine["headline"]) > 1 else [],
            "body": "\n".join(mine["body"]),
        }
        for mine in parts
    ]
    return {name: value for name, value in row.items() if name != "roles"} | {"articles": articles, "blocks": blocks}


def _lines(row: Mapping[str, Any]) -> list[tuple[int, str]]:
    """Offset and text of every line that is not blank, outer white space aside."""
    found = []
    for match in _LINE.finditer(row["text"]):
        line = match[0].strip()
        if line:
            found.append((match.start() + match[0].index(line), line))
    if len(found) != len(row["roles"]):
        raise BadInput(f"page {row.get('id')} has {len(found)} lines and {len(row['roles'])} roles", field="roles")
    return found
