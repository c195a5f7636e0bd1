"""Text, boxes and captions where one breaks the other: put right where the sentences themselves say what goes on.

Below a box or a caption the text goes on with its broken sentence, if it broke off in one, and else with a new paragraph. What
the tagger takes for the rest of a sentence that is whole is more of a box that broke off itself. Where the page does not say
whether a sentence is whole (quotations, brackets, verse, a full stop where the print line ends) the tagger's word stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.page_flow import full_lines
from models.page_lines import Line
from models.page_tagger import Tagged
from models.page_tags import TAGS

_TEXT = ("open", "body", "goes_on")
_PARTS = ("kicker", "headline", "headline_more", "subhead", "signature", "tail")
_ASIDE = ("box", "caption")
_WHOLE = re.compile(r"[。！？!?…][”’」』]?$")
_BROKEN = re.compile(r"[^\W_]$|[，、；,]$")
_CREDIT = re.compile(r"(?:摄|供图|提供|资料图|制图|绘|图)$")


def with_asides(lines: Sequence[Line], tagged: Tagged) -> Tagged:
    """The tags of a page's lines, those right below boxes and captions put right; what was refused counts for what is right."""
    tags, full = list(tagged.tags), full_lines(lines)
    text: int | None = None  # the last line of the article's text so far
    sentences = False  # whether this text has full stops at all
    for i, line in enumerate(lines):
        if i and tags[i - 1] in _ASIDE and tags[i] in ("body", "goes_on") and text is not None:
            last, above = lines[text].key, lines[i - 1].key
            broken = sentences and _BROKEN.search(last) is not None
            whole = _WHOLE.search(last) is not None and not full[text]
            if broken and not line.indent:
                tags[i] = "goes_on"
            elif whole and tags[i] == "goes_on" and _BROKEN.search(above) and not _CREDIT.search(above):
                tags[i] = tags[i - 1]
        if tags[i] in _TEXT:
            text, sentences = i, sentences or "。" in line.key
        elif tags[i] in _PARTS:
            text, sentences = None, False
    return _moved(tagged, tags)


def _moved(tagged: Tagged, tags: Sequence[str]) -> Tagged:
    """The tagged page with other tags: a tag that cannot be hands its probability to the one that must."""
    changed = [i for i, (now, said) in enumerate(zip(tags, tagged.tags, strict=True)) if now != said]
    if not changed:
        return tagged
    number, chances = {tag: n for n, tag in enumerate(TAGS)}, np.array(tagged.chances)
    for i in changed:
        chances[i, number[tags[i]]] += chances[i, number[tagged.tags[i]]]
        chances[i, number[tagged.tags[i]]] = 0.0
    return replace(tagged, tags=tuple(tags), chances=chances)
