"""HTML pages: the article's text without menus and footers, as trafilatura finds it, and a headline.

Owns which of a page's titles is the headline. It reads bytes only: nothing a page links to is ever fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from models.encodings import decode
from models.errors import BadInput
from models.readers.markup import check_tags, tidy
from models.readers.record import Sheet, as_sheet
from models.readers.source import Source, read_whole

CHARSET = re.compile(rb"<meta\b[^>]{0,300}?\bcharset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
SITE = re.compile(r"\s*[-_|—–]+\s*[^-_|—–]{2,30}$")
"""The newspaper's name behind a title: `标题-青禾日报`."""


def read_html(source: Source) -> Iterator[Sheet]:
    """An .html file: its main text and headline, in the charset it declares when the bytes agree."""
    data = read_whole(source)
    declared = CHARSET.search(data[:4096])
    text, _ = decode(data, declared[1].decode("ascii") if declared else None)
    if "<" not in text:
        raise BadInput("it has no HTML tag: name it .txt if it is plain text")
    check_tags(text)
    headline, paragraphs = extract(DECLARATION.sub("", text, count=1))
    if not paragraphs and not headline:
        raise BadInput("no text was found on the page: it may be built by a script, or hold only links")
    yield as_sheet(paragraphs, headline)


def extract(text: str) -> tuple[str, list[str]]:
    """Headline and paragraphs of a page."""
    import trafilatura

    try:
        tree = trafilatura.load_html(text)
        if tree is None:
            raise BadInput("it cannot be read as HTML")
        headline = _headline(tree)
        _narrow(tree)
        found = trafilatura.bare_extraction(
            tree, favor_recall=True, include_comments=False, include_tables=True, deduplicate=False, with_metadata=False
        )
    except BadInput:
        raise
    except Exception:  # a parser of other people's markup may fail in any way
        raise BadInput("it cannot be read as HTML") from None
    lines = [line for raw in (found.text or "").splitlines() if (line := tidy(raw))] if found else []
    if lines and _bare(lines[0]) == _bare(headline):
        lines = lines[1:]
    return headline, lines


def _narrow(tree: Any) -> None:
    """Take away what HTML itself calls no text; of a page that marks one article, leave only that.

    When a text is short, trafilatura falls back on everything there is, menus included.
    """
    for element in tree.xpath("//nav | //footer | //aside | //form | //script | //style"):
        element.drop_tree()
    marked = [e for e in tree.xpath("//*[@itemprop='articleBody'] | //article") if "".join(e.itertext()).strip()]
    known = set(marked)
    outer = [e for e in marked if not any(ancestor in known for ancestor in e.iterancestors())]
    body = tree.find("body")
    if len(outer) == 1 and body is not None:
        for child in list(body):
            body.remove(child)
        body.text = None
        body.append(outer[0])


def _headline(tree: Any) -> str:
    heads = [text for h1 in tree.iter("h1") if (text := tidy("".join(h1.itertext())))]
    titles = [tidy(value) for value in tree.xpath("//meta[@property='og:title']/@content") if value.strip()]
    titles += [text for title in tree.xpath("//head/title") if (text := tidy("".join(title.itertext())))]
    named = [head for head in heads if any(_bare(head) in _bare(title) for title in titles)]
    if named or len(heads) == 1:
        return str((named or heads)[0])
    return SITE.sub("", titles[0]) if titles else str((heads or [""])[0])


def _bare(text: str) -> str:
    return "".join(text.split())
