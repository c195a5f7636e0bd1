"""News agencies' XML: NITF and NewsML-G2, with headline, byline, dateline, date, id and body out of their own elements.

A DTD may be named, as NITF's always is, but no entity may be declared and nothing outside the file is fetched. Other
vocabularies are refused by the name of their root.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from models.article import Article
from models.encodings import decode
from models.errors import BadInput
from models.readers.markup import check_tags, find, line, local, paragraphs
from models.readers.record import BadRecord, Read, Record
from models.readers.source import Source, read_whole

ENCODING = re.compile(rb"^\s*<\?xml[^>]{0,200}?\bencoding\s*=\s*[\"']([\w.:-]{1,40})[\"']")


def read_news_xml(source: Source) -> Iterator[Read]:
    """An .xml file in NITF or NewsML-G2; a newsMessage gives each of its items, numbered from 1."""
    root = _parse(read_whole(source))
    kind = local(root)
    if kind == "nitf":
        items = [root]
    elif kind in ("newsItem", "newsMessage", "packageItem", "conceptItem"):
        items = [e for e in root.iter() if local(e) in ("newsItem", "packageItem", "conceptItem")]
    else:
        raise BadInput(f"its root element is <{kind[:60]}>, which is neither NITF nor NewsML-G2")
    if not items:
        raise BadInput("the newsMessage holds no newsItem")
    for n, item in enumerate(items, 1):
        try:
            yield _nitf(item, source.name, n) if local(item) == "nitf" else _news_item(item, source.name, n)
        except BadInput as error:
            yield BadRecord(source.name, n, error.message, item.get("guid"))


def _parse(data: bytes) -> Element:
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    declared = ENCODING.match(data[:400])
    text, _ = decode(data, declared[1].decode("ascii") if declared else None)
    check_tags(text)
    try:
        root: Element = fromstring(text, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except DefusedXmlException:
        raise BadInput(
            "it declares entities or fetches a file, of which the limit is 0: an expanding "
            "entity is a known bomb, so none is read"
        ) from None
    except ParseError as error:
        raise BadInput(f"no well-formed XML: {error}") from None
    except (ValueError, LookupError, RecursionError):
        raise BadInput("it cannot be read as XML") from None
    return root


def _nitf(root: Element, name: str, n: int) -> Record:
    head = find(root, "body/body.head")
    parts = {part: line(find(head, part)) if head is not None else "" for part in ("hedline/hl1", "byline", "dateline")}
    title = find(root, "head/title")
    headline = parts["hedline/hl1"] or (" ".join((title.text or "").split()) if title is not None else "")
    content = find(root, "body/body.content")
    body = "\n".join(paragraphs(content)) if content is not None else ""
    if not headline and not body:
        raise BadInput("the NITF file has neither a headline (hl1) nor a text (body.content)")
    id_ = _attribute(root, "head/docdata/doc-id", "id-string")
    date = (
        _attribute(root, "head/docdata/date.issue", "norm")
        or _attribute(root, "body/body.head/dateline/story.date", "norm")
        or _attribute(root, "head/pubdata", "date.publication")
    )
    article = Article(headline, body, id_ or f"{name}:{n}")
    return Record(name, n, article, byline=parts["byline"], dateline=parts["dateline"], date=date)


def _news_item(item: Element, name: str, n: int) -> Record:
    if local(item) != "newsItem":
        raise BadInput(f"a <{local(item)}> points to articles and holds none")
    meta = find(item, "contentMeta")
    parts = {part: line(find(meta, part)) if meta is not None else "" for part in ("headline", "by", "dateline")}
    created = find(item, "contentMeta/contentCreated")
    if created is None:
        created = find(item, "itemMeta/versionCreated")
    inner, body = _content(find(item, "contentSet"), name, n)
    if inner is None and body is None:
        raise BadInput("the newsItem holds no text: neither inlineXML (NITF, XHTML) nor inlineData of plain text")
    article = Article(
        parts["headline"] or (inner.article.headline if inner else ""),
        inner.article.body if inner else body or "",
        item.get("guid") or (inner.article.id if inner else f"{name}:{n}"),
    )
    return Record(
        name,
        n,
        article,
        byline=parts["by"] or (inner.byline if inner else ""),
        dateline=parts["dateline"] or (inner.dateline if inner else ""),
        date=line(created) or (inner.date if inner else ""),
    )


def _content(holder: Element | None, name: str, n: int) -> tuple[Record | None, str | None]:
    """The first rendition that is text: a whole NITF article, or just a body."""
    for rendition in holder if holder is not None else ():
        if local(rendition) == "inlineXML" and len(rendition):
            inner = rendition[0]
            if local(inner) == "nitf":
                return _nitf(inner, name, n), None
            return None, "\n".join(paragraphs(rendition))
        plain = rendition.get("contenttype", "text/plain").startswith("text/plain")
        if local(rendition) == "inlineData" and plain and not rendition.get("encoding"):
            lines = (text.strip() for text in "".join(rendition.itertext()).splitlines())
            return None, "\n".join(text for text in lines if text)
    return None, None


def _attribute(root: Element, path: str, name: str) -> str:
    found = find(root, path)
    return (found.get(name) or "").strip() if found is not None else ""
