"""Bodies that hold HTML by mistake: what the summarizer reads of them, so that no tag gets into a summary.

A body is plain text, and so `<` alone means nothing: only what looks like a tag counts (`_is_tag`). Reading whole HTML files is
`models/readers/`' work. Offsets are not kept: evidence is looked up in the body as it was handed in.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from html.entities import html5

from models.article import Article, SummaryResult
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
_TAG = re.compile(
    r"""<(/?)([a-z][\w:.-]*+)((?:[^<>"']|"[^"<>]*"|'[^'<>]*'|(?<==)"[^"<]*"(?=[\s/>])|(?<==)'[^'<]*'(?=[\s/>])|["'])*+)>""",
    re.IGNORECASE | re.ASCII,
)
"""What may be one, to the next `<` at most: so its time is linear."""
_VALUED = re.compile(r"(?:[\s/]+[a-z_:@#*][\w:.@-]*+)+\s*=", re.IGNORECASE | re.ASCII)
_NAMES = re.compile(r"(?:[\s/]+[a-z_:@#*][\w:.@-]*+)*[\s/]*", re.IGNORECASE | re.ASCII)
_CLOSING = re.compile(r"</([a-z][\w:.-]*+)", re.IGNORECASE | re.ASCII)
_DECLARED = re.compile(r"<(?:!doctype\b|\?[a-z]|!\[(?:if|else|endif)\b)[^<>]*>|<!\[CDATA\[", re.IGNORECASE | re.ASCII)
_SILENT = re.compile(r"<(script|style)(?=[\s/>])[^<>]*>|<!--", re.IGNORECASE)
_ENDS = {
    "script": re.compile(r"</script[^<>]*>", re.IGNORECASE),
    "style": re.compile(r"</style[^<>]*>", re.IGNORECASE),
    "": re.compile("-->"),
}
_ENTITY = re.compile(r"&(?:#\d{1,7};|#x[\da-f]{1,6};|[a-z][a-z\d]{1,31};|nbsp(?![a-z\d;]))", re.IGNORECASE | re.ASCII)
_TIMES = 4
"""A text that was escaped twice has tags after the second decoding only; nobody escapes more often."""


def without_markup(body: str) -> str:
    """The text without HTML's tags and with its entities as characters; a body without any is given back as it is."""
    text = body
    for _ in range(_TIMES):
        before = text
        if "<" in text:
            text = _without_tags(_without_silent(text))
        if "&" in text:
            text = _ENTITY.sub(_character, text)
        if text == before:
            break
    return text


def _without_silent(text: str) -> str:
    """Without scripts, styles and comments; one that is never closed is left."""
    kept: list[str] = []
    done = at = 0
    endless: set[str] = set()
    while found := _SILENT.search(text, at):
        at, kind = found.end(), (found[1] or "").lower()
        end = None if kind in endless else _ENDS[kind].search(text, at)
        if end is None:
            endless.add(kind)
            continue
        kept.append(text[done : found.start()])
        done = at = end.end()
    return "".join([*kept, text[done:]])


def _without_tags(text: str) -> str:
    if "<![CDATA[" in text:
        text = text.replace("]]>", "")
    text = _DECLARED.sub("", text)
    closed = {name.lower() for name in _CLOSING.findall(text)}

    def instead(tag: re.Match[str]) -> str:
        name = tag[2].lower()
        if not _is_tag(name, tag, closed):
            return tag[0]
        if name in _CELLS:
            return "\t" if tag[1] else ""
        return "\n" if name in _LINES else ""

    return _TAG.sub(instead, text)


def _is_tag(name: str, tag: re.Match[str], closed: Collection[str]) -> bool:
    """A known name or one that is closed somewhere, and behind it nothing but attributes; others need an attribute's value.

    So `a<b 且c>d`, `a<b and c>d`, `<Nature>` and an address of mail are text.
    """
    rest = tag[3]
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
    return replace(result, checks={**result.checks, "markup": True}, evidence=drawn_on(result.summary, body))
