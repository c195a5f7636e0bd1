"""The extractive floor: what a body opens with, cut where Chinese may be cut. The trained summarizer falls back to it.

Every answer is made of pieces of the body as they stand there. It reads no headline and knows no model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.article import Article, Length, SummaryResult
from models.faithfulness import checks
from models.markup import of_plain_texts
from models.page_bylines import bare_names, signs_alone
from models.summary_evidence import drawn_on
from models.text import lead_offset, split_sentences, to_simplified

EMPTY = {"ok": False, "empty": True}
"""The `checks` of an empty summary: nobody asked for none, so it is not ok."""
_OPEN, _CLOSE = "“‘「『《〈（(【［", "”’」』》〉）)】］"
_CLAUSE_END = "，；：,;—。！？!?… \u3000"
_WHOLE = re.compile(
    r"[0-9０-９]+(?:[.,．，:：/·%％-]*[0-9０-９]+)*[%％‰℃]?|[A-Za-zÀ-ɏ0-9]+(?:[-_.'’&/+][A-Za-zÀ-ɏ0-9]+)*"
)
"""A number or a Latin word: never cut inside."""
_ATTRIBUTION = re.compile(
    r"(?:(?:近日|日前|目前|最近|昨[日天]|今[日天]|当天|据悉|据了解|据介绍|据报道|[^，。]{0,16}\d日(?:上午|下午|晚|凌晨)?)，|"
    r"(?:\d{1,2}月\d{1,2}日)?记者[^，。：]{0,24}(?:获悉|了解到|悉|看到)[，：])"
)
"""Openings that say when or from whom and nothing of the matter; a headline that must be cut goes without them."""
_DOUBTED = "没有?|无(?!锡)|否认|[伪编捏]造|虚假|[网谣讹盛]传|谣|[假仿]冒|冒[充用]|篡改|自称|所谓|未经|不实"
_REPORTED = re.compile(
    rf"(?![^，。：]{{0,30}}(?:{_DOUBTED}))"  # without it a rumour would be news
    r"(?:据[^，。：月季年]{2,20}(?:统计|监测|通报)，|[^，。：“月季年（]{2,16}"
    r"(?:[今昨][天日]|近日|日前)?(?:（[^（）]{1,12}）)?(?:发布|公布)的[^，。：“月季年]{0,12}(?:数据|报告|统计|公报|通报)(?:显示|表明)[，：])"
)
"""Further ones, of a publisher and without a period; the weights of briefs (models/brief.py) were fitted without them."""
_SHORTEST = 8
"""A clause shorter than this tells nothing alone; the headline is cut further on if it can be."""


def headline_of(body: str, limit: int = 30) -> str:
    """The first sentence without byline, at most `limit` characters; empty for an empty body.

    Cut at the last clause boundary that fits, outside brackets, numbers and Latin words; where there is none, at the last
    such place between two other characters.
    """
    sentence = next(iter(_sentences(body)), "")
    text = sentence.rstrip("。；，：、,;:—- ")
    if len(text) > limit:
        opening = _ATTRIBUTION.match(text) or _REPORTED.match(text)
        if opening and len(text) - opening.end() >= _SHORTEST:
            rest = text[opening.end() :]
            if len(rest) <= limit or len(trimmed(_cut(rest, _SHORTEST, limit))) >= _SHORTEST:
                text = rest
    if len(text) <= limit:
        return text
    return trimmed(_cut(text, _SHORTEST, limit))


def beginning_of(body: str, limit: int) -> str:
    """The first sentence of a text that is no Chinese, whole or, marked by …, as many words of it as fit."""
    start = lead_offset(body)
    window = body[start : start + WINDOW]
    sentence = next((window[a:b].strip() for a, b in split_sentences(window) if any(map(str.isalnum, window[a:b]))), "")
    if len(sentence) <= limit:
        return sentence.rstrip("。")
    words = re.match(rf"(.{{1,{limit - 1}}})(?=\s)", sentence, re.DOTALL)
    if words is None:
        return headline_of(sentence, limit)
    kept = re.sub(r"[\s,;:\d.%]+$", "", words[1])
    return (kept or trimmed(words[1])) + "…"


def brief_of(body: str, low: int = 40, high: int = 80) -> str:
    """The first sentences without byline, `low` to `high` characters where the body has them, never more than `high`.

    Whole sentences as long as they fit; a sentence that would not fit is cut at a clause boundary if less than `low`
    stands before it.
    """
    taken = ""
    for sentence in _sentences(body):
        if len(taken) + len(sentence) <= high:
            taken += sentence
        elif len(taken) < low:
            piece = _cut(sentence, max(1, low - len(taken)), high - len(taken), clauses_only=bool(taken))
            taken += trimmed(piece)
            break
        else:
            break
        if len(taken) >= low:
            break
    return taken


LONGEST_SIGNATURE = 200
"""Characters of a body beyond which it is no byline alone."""


def is_byline_alone(body: str) -> bool:
    """Whether every line of a body is a byline or dateline, names alone beside one that says so: nothing to summarise."""
    if len(body) > LONGEST_SIGNATURE:
        return False
    lines = [line.strip() for line in to_simplified(body).splitlines() if any(map(str.isalnum, line))]
    signed = [line for line in lines if lead_offset(line) == len(line) or signs_alone(line)]
    return bool(signed) and all(line in signed or bare_names(line) for line in lines)


def opening_of(text: str) -> int:
    """How many characters of a text are an opening that says when or from whom, and nothing of the matter."""
    found = _ATTRIBUTION.match(text)
    return found.end() if found else 0


WINDOW = 4000
"""Characters of a body that are looked at: a summary of 80 needs no more, whatever the length of the body."""


def sentence_spans(body: str) -> list[tuple[int, int]]:
    """Sentences behind the byline, as spans of the body without outer space; lines that are no sentence (section heads,
    bylines) go where others are left.
    """
    start = lead_offset(body)
    window = body[start : start + WINDOW]
    found = []
    for a, b in split_sentences(window):
        text = window[a:b]
        if any(c.isalnum() for c in text):
            left = start + a + len(text) - len(text.lstrip())
            found.append((left, left + len(text.strip())))
    whole = [(a, b) for a, b in found if b - a > 25 or body[b - 1] in "。！？!?…；”’」』）)."]
    return whole or found


def _sentences(body: str) -> list[str]:
    return [body[a:b] for a, b in sentence_spans(body)]


def trimmed(text: str) -> str:
    """Without the marks that may not end a summary."""
    return text.rstrip("，；：、,;:—- \u3000")


def _cut(text: str, low: int, limit: int, *, clauses_only: bool = False) -> str:
    """The longest beginning of at most `limit` characters that ends where it may; "" if only clauses will do and none fits."""
    if limit <= 0:
        return ""
    if text[0] in _OPEN and _closing(text, limit) is None:
        text = text[1:]  # the quotation goes on beyond the limit: what is inside it is cut instead
    clauses, lists, places = _boundaries(text, limit)
    fitting = [p for p in clauses if p >= low] or [p for p in lists if p >= low] or clauses
    if fitting:
        return text[: fitting[-1]]
    if clauses_only:
        return ""
    return text[: places[-1]] if places else text[:limit]


def _closing(text: str, limit: int) -> int | None:
    """Where the bracket that opens the text closes, if within the limit."""
    depth = 0
    for place, char in enumerate(text[:limit]):
        depth += (char in _OPEN) - (char in _CLOSE)
        if depth == 0:
            return place
    return None


def _boundaries(text: str, limit: int) -> tuple[list[int], list[int], list[int]]:
    """Places at most `limit` where a text may end: at a clause, at a list's 、, and between any two units."""
    whole = [m.span() for m in _WHOLE.finditer(text[: limit + 40])]
    inside = {place for start, end in whole for place in range(start + 1, end)}
    clauses: list[int] = []
    lists: list[int] = []
    places: list[int] = []
    depth = 0
    for place in range(1, min(limit, len(text)) + 1):
        char = text[place - 1]
        depth = max(0, depth + (char in _OPEN) - (char in _CLOSE))
        if depth or place in inside:
            continue
        places.append(place)
        either = {char, text[place : place + 1]}
        if either & set(_CLAUSE_END):
            clauses.append(place)
        elif "、" in either:
            lists.append(place)
    return clauses, lists, places


class LeadSummarizer:
    """The summarizer that ships without weights. Safe to call from several threads."""

    bundle = "lead@1"
    trained = False

    def summarize(self, articles: Sequence[Article], length: Length = "brief") -> list[SummaryResult]:
        """One result an article, same order; a body without letters or digits, or of bylines alone, has an empty summary."""
        return of_plain_texts(articles, lambda read: [self._one(article.body, length) for article in read])

    def _one(self, body: str, length: Length) -> SummaryResult:
        cut = headline_of if length == "headline" else brief_of
        summary = "" if is_byline_alone(body) else cut(body)
        found = checks(summary, body) if summary else EMPTY
        return SummaryResult(
            summary, "extractive", {"source": "lead", **found}, self.bundle, evidence=drawn_on(summary, body)
        )
