"""Paragraphs out of a tree of elements, by which elements open a paragraph; nothing is lost but what is skipped by name.

Works on any ElementTree, with no recursion, since a file may nest as deep as it likes. It knows no vocabulary's headline
or byline.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from models.errors import TooLarge
from models.readers.limits import MAX_TAGS

BLOCKS = frozenset({
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "hl1", "hl2", "li", "ul", "ol", "dl", "dt", "dd", "table", "thead", "tbody",
    "tr", "td", "th", "block", "bq", "blockquote", "pre", "div", "section", "article", "header", "main", "br", "hr", "fn",
    "body", "body.content", "body.head", "body.end", "hedline", "byline", "dateline", "abstract",
})  # fmt: skip
"""Elements that begin and end a paragraph, in XHTML and NITF; all others run along in the line."""
SKIPPED = frozenset({
    "script", "style", "media", "figure", "head", "title", "noscript", "template", "svg", "math", "iframe", "object",
    "audio", "video",
})  # fmt: skip
"""Elements whose text is no part of the running text: pictures with captions, code."""
_BLANKS = re.compile("[ \t\r\n\f]+")


def check_tags(text: str) -> None:
    """Refuse a text with more tags than any article; a tree of them would fill the memory."""
    count = text.count("<")
    if count > MAX_TAGS:
        raise TooLarge(f"it has {count:,} tags, over the limit of {MAX_TAGS:,} for one file: split it")


def local(element: Element) -> str:
    """The name without its namespace; comments and instructions have none."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def find(element: Element, path: str) -> Element | None:
    """The first element under a path of names, whatever their namespaces."""
    found: list[Element] = [element]
    for name in path.split("/"):
        found = [child for parent in found for child in parent if local(child) == name]
    return found[0] if found else None


def line(element: Element | None) -> str:
    """All text of an element on one line."""
    return " ".join(paragraphs(element)) if element is not None else ""


def paragraphs(root: Element) -> list[str]:
    """The text of an element in order, a string a paragraph."""
    found: list[str] = []
    run: list[str] = []

    def close() -> None:
        text = tidy("".join(run))
        run.clear()
        if text:
            found.append(text)

    todo = [(root, False)]
    while todo:
        element, leaving = todo.pop()
        name = local(element)
        if name in BLOCKS:
            close()
        if leaving:
            if element is not root and element.tail:
                run.append(element.tail)
            continue
        todo.append((element, True))
        if not name or (name in SKIPPED and element is not root):
            continue
        if element.text:
            run.append(element.text)
        todo.extend((child, False) for child in reversed(element))
    close()
    return found


def tidy(text: str) -> str:
    """Blanks and line ends as a browser shows them, and none where a line was broken between two Han characters."""

    def blank(match: re.Match[str]) -> str:
        before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
        if "\n" in match[0] and before > "\u2e7f" and after > "\u2e7f":
            return ""
        return " "

    return _BLANKS.sub(blank, text).strip()
