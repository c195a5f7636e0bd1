"""Bodies that hold HTML by mistake: what the summarizer reads of them, so that no tag gets into a summary.

A body is plain text, and so `<` alone means nothing: only names of HTML's own count. Reading whole HTML files is
`models/readers/`' work. Offsets are not kept: evidence is looked up in the body as it was handed in.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from models.article import Article, SummaryResult
from models.summary_evidence import drawn_on

_BLOCKS = "p|div|br|h[1-6]|li|ul|ol|tr|table|thead|tbody|section|article|figure|figcaption|blockquote|hr|body|html|head"
_INLINE = "a|b|i|u|em|strong|span|font|img|sup|sub|small|big|s|del|ins|td|th|video|iframe|o:p|center|meta|link"
_REST = r"(?:\s+[a-z:-]{1,40}\s*=[^<>]{0,300})?\s{0,9}/?>"
"""Behind a name: `a<b 且 c>d` holds no tag."""
_SILENT = re.compile(rf"<(script|style){_REST}[^<]{{0,20000}}</\1>|<!--[^<>]{{0,300}}-->", re.IGNORECASE)
_BLOCK = re.compile(rf"</?(?:{_BLOCKS}){_REST}", re.IGNORECASE)
_TAG = re.compile(rf"</?(?:{_INLINE}|script|style){_REST}", re.IGNORECASE)
_ENTITY = re.compile(
    r"&(?:nbsp|ensp|emsp|[lr][ds]quo|hellip|mdash|middot|quot|apos|amp|lt|gt|#\d{1,6}|#x[\da-f]{1,5});", re.IGNORECASE
)


def without_markup(body: str) -> str:
    """The text without HTML's tags and with its entities as characters; a body without any is given back as it is."""
    text = body
    if "<" in text:
        text = _TAG.sub("", _BLOCK.sub("\n", _SILENT.sub("", text)))
    return _ENTITY.sub(lambda m: html.unescape(m[0]).replace("\xa0", " "), text) if "&" in text else text


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
