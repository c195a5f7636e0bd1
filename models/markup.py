"""Bodies that hold HTML by mistake: what the summarizer reads of them, so that no tag gets into a summary.

A body is plain text, and so `<` alone means nothing: only what looks like a tag counts (`_is_tag`). Reading whole HTML files is
`models/readers/`' work. Evidence is found in what was read, and its places are those in the
body as it was handed in.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from html.entities import html5

from models.article import Article, Sentence, SummaryResult
from models.summary_evidence import drawn_on

_BLOCKS = (
    "address article aside blockquote body br caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li main menu nav noframes noscript ol "
    "optgroup option p pre section select summary table tbody template textarea tfoot thead title tr ul"
)
"""Elements that begin and end a line."""
_CELLS = frozenset({"td", "th"})
_INLINE = (
    "a abbr acronym applet area audio b base basefont bdi bdo big blink button canvas cite code col colgroup data datalist "
    "del dfn em embed font i iframe img input ins kbd label link map mark marquee math meta meter nobr object output param "
    "picture progress q rb rp rt ruby s samp script slot small source span strike strong style sub sup svg time track tt u "
    "var video wbr xml"
)
_BARE = (
    "allowfullscreen async autofocus autoplay checked compact controls declare default defer disabled hidden inert ismap "
    "itemscope loop multiple muted nohref nomodule noresize noshade novalidate nowrap open playsinline readonly required "
    "reversed selected"
)
"""HTML's attributes without a value."""
_LINES, _VALUELESS = frozenset(_BLOCKS.split()), frozenset(_BARE.split())
_KNOWN = _LINES | _CELLS | frozenset(_INLINE.split())
_OPENS = re.compile(r"<(/?)([a-z][\w:.-]*)", re.IGNORECASE | re.ASCII)
_WITHIN = re.compile(
    r"""[^<>"']+|"[^"<>]*"|'[^'<>]*'|(?<==)"[^"<]*"(?=[\s/>])|(?<==)'[^'<]*'(?=[\s/>])|["']""", re.IGNORECASE | re.ASCII
)
"""A stretch of what stands behind a tag's name. Taken one by one instead of in one pattern: Python 3.11.2 gives up wrongly where a
possessive group goes back inside."""
_VALUED = re.compile(r"(?:[\s/]+[a-z_:@#*][\w:.@-]*+)+\s*=", re.IGNORECASE | re.ASCII)
_NAMES = re.compile(r"(?:[\s/]+[a-z_:@#*][\w:.@-]*+)*[\s/]*", re.IGNORECASE | re.ASCII)
_CLOSING = re.compile(r"</([a-z][\w:.-]*+)", re.IGNORECASE | re.ASCII)
_DECLARED = re.compile(r"<(?:!doctype\b|\?[a-z]|!\[(?:if|else|endif)\b)[^<>]*>", re.IGNORECASE | re.ASCII)
_DECLARED_CDATA = re.compile(rf"{_DECLARED.pattern}|<!\[CDATA\[|\]\]>", re.IGNORECASE | re.ASCII)
_SILENT = re.compile(r"<(script|style)(?=[\s/>])[^<>]*>|<!--", re.IGNORECASE)
_ENDS = {
    "script": re.compile(r"</script[^<>]*>", re.IGNORECASE),
    "style": re.compile(r"</style[^<>]*>", re.IGNORECASE),
    "": re.compile("-->"),
}
_ENTITY = re.compile(r"&(?:#\d{1,7};|#x[\da-f]{1,6};|[a-z][a-z\d]{1,31};|nbsp(?![a-z\d;]))", re.IGNORECASE | re.ASCII)
_TIMES = 4
"""A text that was escaped twice has tags after the second decoding only; nobody escapes more often."""


Edit = tuple[int, int, str]
"""From, to, and what stands there instead."""


def without_markup(body: str) -> str:
    """The text without HTML's tags and with its entities as characters; a body without any is given back as it is."""
    return _read(body)[0]


def evidence_of(summary: str, body: str) -> tuple[Sentence, ...]:
    """What `drawn_on` finds in the text without markup, with the places of the body as it was handed in."""
    plain, steps = _read(body)
    if plain == body:
        return drawn_on(summary, body)
    starts, ends = list(range(len(body))), list(range(1, len(body) + 1))
    for edits in steps:
        starts, ends = _moved(starts, edits, 0), _moved(ends, edits, -1)
    spans = [(starts[s.start], ends[s.end - 1]) for s in drawn_on(summary, plain)]
    return tuple(Sentence(body[start:end], start, end) for start, end in spans)


def _moved(places: list[int], edits: Sequence[Edit], side: int) -> list[int]:
    """A place for each character behind the edits: of what was put in, the first (0) or the last (-1) of what it replaces."""
    moved: list[int] = []
    at = 0
    for start, end, instead in edits:
        moved += places[at:start]
        moved += [places[end - 1 if side else start]] * len(instead)
        at = end
    return moved + places[at:]


def _read(body: str) -> tuple[str, list[list[Edit]]]:
    """The text, and the edits that made it of the body, step by step."""
    text, steps = body, list[list[Edit]]()
    for _ in range(_TIMES):
        before = text
        for mark, step in (("<", _silent), ("<", _declared), ("<", _tags), ("&", _entities)):
            edits = list(step(text)) if mark in text else []
            if edits:
                steps.append(edits)
                text = _edited(text, edits)
        if text == before:
            break
    return text, steps


def _edited(text: str, edits: Sequence[Edit]) -> str:
    kept, at = list[str](), 0
    for start, end, instead in edits:
        kept += text[at:start], instead
        at = end
    return "".join([*kept, text[at:]])


def _silent(text: str) -> Iterator[Edit]:
    """Scripts, styles and comments; one that is never closed is left."""
    at = 0
    endless: set[str] = set()
    while found := _SILENT.search(text, at):
        at, kind = found.end(), (found[1] or "").lower()
        end = None if kind in endless else _ENDS[kind].search(text, at)
        if end is None:
            endless.add(kind)
        else:
            at = end.end()
            yield found.start(), at, ""


def _declared(text: str) -> Iterator[Edit]:
    pattern = _DECLARED_CDATA if "<![CDATA[" in text else _DECLARED
    return ((found.start(), found.end(), "") for found in pattern.finditer(text))


def _tags(text: str) -> Iterator[Edit]:
    closed = {name.lower() for name in _CLOSING.findall(text)}
    at = 0
    while tag := _OPENS.search(text, at):
        at = tag.end()
        while part := _WITHIN.match(text, at):
            at = part.end()
        if text[at : at + 1] == ">":  # else at the next `<`, or at the end: so the time is linear
            name, rest = tag[2].lower(), text[tag.end() : at]
            at += 1
            if _is_tag(name, rest, closed):
                cell = "\t" if tag[1] and name in _CELLS else ""
                yield tag.start(), at, "\n" if name in _LINES else cell


def _entities(text: str) -> Iterator[Edit]:
    for entity in _ENTITY.finditer(text):
        if (instead := _character(entity)) != entity[0]:
            yield entity.start(), entity.end(), instead


def _is_tag(name: str, rest: str, closed: Collection[str]) -> bool:
    """A known name or one that is closed somewhere, and behind it nothing but attributes; others need an attribute's value.

    So `a<b 且c>d`, `a<b and c>d`, `<Nature>` and an address of mail are text.
    """
    if _VALUED.match(rest):
        return True
    if not _NAMES.fullmatch(rest):
        return False
    names = rest.replace("/", " ").lower().split()
    if name in closed:
        return True
    return (name in _KNOWN or ":" in name[:-1] or rest.endswith("/")) and all(
        n in _VALUELESS or "-" in n for n in names
    )


def _character(entity: re.Match[str]) -> str:
    name = entity[0].lstrip("&")
    if not name.startswith("#"):
        name = name.rstrip(";") + ";"
        known = name if name in html5 else name.lower()
        return html5.get(known, entity[0]).replace("\xa0", " ")
    return html.unescape(entity[0]).replace("\xa0", " ")


def of_plain_texts(
    articles: Sequence[Article], summarize: Callable[[Sequence[Article]], list[SummaryResult]]
) -> list[SummaryResult]:
    """What `summarize` says of the articles without markup; where there was any, `checks` has `markup`."""
    read = [replace(article, body=without_markup(article.body)) for article in articles]
    return [
        result if plain.body == given.body else _of_markup(result, given.body)
        for result, plain, given in zip(summarize(read), read, articles, strict=True)
    ]


def _of_markup(result: SummaryResult, body: str) -> SummaryResult:
    return replace(result, checks={**result.checks, "markup": True}, evidence=evidence_of(result.summary, body))
