"""The tags that the line tagger gives: a line's role, and what of its place in the article cannot be seen from the role."""

from __future__ import annotations

from collections.abc import Set

from models.article import Role

TAGS = (
    "kicker", "headline", "headline_more", "subhead", "byline", "signature", "body", "goes_on", "open", "section_head",
    "caption", "box", "tail", "furniture",
)  # fmt: skip
"""`headline_more` is a further line of a headline, `signature` a byline below the text, `goes_on` the rest of a broken
paragraph, `open` the first paragraph of an article without headline."""
_ROLES: dict[str, Role] = {
    "headline_more": "headline", "signature": "byline", "goes_on": "body", "open": "body",
}  # fmt: skip


def role_of(tag: str) -> Role:
    """The role that a tag stands for."""
    return _ROLES.get(tag, tag)  # type: ignore[arg-type]


def tag_of(role: str, *, goes_on: bool, earlier: Set[str]) -> str:
    """The tag of a gold block; `earlier` are the roles that its article has had so far."""
    if role == "headline" and "headline" in earlier:
        return "headline_more"
    if role == "byline" and "body" in earlier:
        return "signature"
    if role == "body":
        opens = not earlier & {"headline", "body", "section_head", "kicker"}
        return "goes_on" if goes_on else "open" if opens else "body"
    return role
