"""Chinese text as characters: normal form with offsets, Simplified script, sentences, the dateline that opens a story.

Everything here is a pure function of a string and answers in code points of that string. It knows no article, model or
file. All of it runs in linear time, whatever the text holds: pages come from archives, bodies from the internet.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Any

from models.page_bylines import bare_names

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3005-\u3007\U00020000-\U0003ffff"
_HAN_RUN = re.compile(f"[{HAN}]+")
_PLAIN = re.compile(f"[\n\u0020-\u007e\u4e00-\u9fff{re.escape('，。、：；！？（）《》“”‘’「」『』【】〈〉…—·～￥')}]+")
"""What normalises to itself: nearly all of a Chinese text is copied in runs."""

_KEEP = frozenset("，：；！？（）～￥…‥［］｛｝")
_KEEP_TAGS = ("<super>", "<sub>", "<circle>", "<fraction>")
"""Compatibility forms that would change a number beside them: 10⁵ must not become 105, nor 2② become 22."""

_NEWLINES = frozenset("\r\n\x0b\x0c\x85\u2028\u2029")


@dataclass(frozen=True, slots=True)
class Normalised:
    """A text in normal form; `starts[i]`, `ends[i]` are where character i of `text` stands in the original."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original that `text[start:end]` came from; an empty stretch stays empty."""
        if start < end:
            return self.starts[start], self.ends[end - 1]
        place = self.starts[start] if start < len(self.starts) else (self.ends[-1] if self.ends else 0)
        return place, place


def normalise(text: str) -> Normalised:
    r"""NFKC where it is safe, with the offset of every character.

    Full-width digits, Latin letters and spaces become ASCII; Chinese punctuation, superscripts and circled numbers stay;
    control, zero-width and bidirectional characters are dropped; every kind of line end becomes `\n`; a lone surrogate
    becomes U+FFFD.
    """
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    while at < len(text):
        if plain := _PLAIN.match(text, at):
            stop = plain.end()
            if stop < len(text) and unicodedata.combining(text[stop]):
                stop -= 1  # its last letter is composed with the marks behind it
            out.append(text[at:stop])
            starts.extend(range(at, stop))
            ends.extend(range(at + 1, stop + 1))
            at = stop
            if plain.end() == stop:
                continue
        end = at + 1
        if text[at] == "\r" and text[end : end + 1] == "\n":
            end += 1
        # A letter and its combining marks are normalised together; 30 is Unicode's own limit for a stream-safe text.
        while end < len(text) and end - at < 30 and unicodedata.combining(text[end]):
            end += 1
        piece = _normal(text[at:end])
        out.append(piece)
        starts.extend([at] * len(piece))
        ends.extend([end] * len(piece))
        at = end
    return Normalised("".join(out), tuple(starts), tuple(ends))


def _normal(piece: str) -> str:
    first = piece[0]
    if first in _NEWLINES:
        return "\n"
    if first in _KEEP or unicodedata.decomposition(first).startswith(_KEEP_TAGS):
        return piece
    return "".join(map(_clean, unicodedata.normalize("NFKC", piece)))


def _clean(char: str) -> str:
    kind = unicodedata.category(char)
    if kind == "Cs":
        return "\ufffd"
    if kind in ("Cc", "Cf") and char != "\t":
        return ""
    if "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef":
        return ""  # variation selectors: which drawing of the character, never which character
    return " " if kind == "Zs" or char == "\t" else char


def to_simplified(text: str) -> str:
    """The text in Simplified script, of the same length, for matching only: never shown to a reader.

    Works through OpenCC's t2s; characters whose conversion has another length stay as they are.
    """
    runs = _HAN_RUN.findall(text)
    han = " ".join(runs)  # OpenCC takes no lone surrogates
    whole = str(_converter().convert(han)) if han else ""
    if whole == han:
        return text
    parts = whole.split(" ")
    if list(map(len, parts)) == list(map(len, runs)):
        fresh = iter(parts)
        return _HAN_RUN.sub(lambda _: next(fresh), text)
    return _HAN_RUN.sub(lambda run: _simplified(run[0]), text)


def _simplified(run: str) -> str:
    whole = str(_converter().convert(run))
    if len(whole) == len(run):
        return whole
    one_by_one = [str(_converter().convert(char)) for char in run]
    return "".join(new if len(new) == 1 else old for old, new in zip(run, one_by_one, strict=True))


@cache
def _converter() -> Any:
    # Loaded on first use: no command that only prints help should pay for the dictionaries.
    import opencc

    return opencc.OpenCC("t2s")


def is_traditional(text: str) -> bool:
    """Whether a text is in Traditional script: one character in twenty has another Simplified form."""
    head = text[:400]
    han = sum(map(len, _HAN_RUN.findall(head)))
    return sum(a != b for a, b in zip(head, to_simplified(head), strict=True)) > han / 20


LOW_HAN, HIGH_KANA = 0.3, 0.1
_KANA = re.compile("[\u3041-\u30ff]")


def reads_as_chinese(text: str) -> bool:
    """Whether Han characters make up a good part of the letters, and kana next to none beside them."""
    han = sum(map(len, _HAN_RUN.findall(text)))
    return han_share(text) >= LOW_HAN and len(_KANA.findall(text)) <= HIGH_KANA * han


def has_han(text: str) -> bool:
    """Whether any character is Han."""
    return _HAN_RUN.search(text) is not None


def han_share(text: str) -> float:
    """Share of Han characters among letters and digits, 0..1; 0 for a text with none."""
    han = sum(len(run) for run in _HAN_RUN.findall(text))
    return han / max(1, han, sum(map(str.isalnum, text)))


_PAIRS = {
    "“": "”",
    "‘": "’",
    "「": "」",
    "『": "』",
    "《": "》",
    "〈": "〉",
    "（": "）",
    "(": ")",
    "【": "】",
    "［": "］",
}
_CLOSERS = "".join(_PAIRS.values())
_QUOTES = "“‘「『"
_INSIDE = 200
"""Characters in a quotation or bracket beyond which sentences inside it count as sentences of their own."""
_BRACKET = re.compile(f"[{re.escape(''.join(_PAIRS) + _CLOSERS)}\n\r]")
_STOP = re.compile(
    rf"(?:[。！？!?｡]|…{{2,}}|(?<=[a-zA-Z]{{2}})\.(?=\s))[。！？!?…]*([{re.escape(_CLOSERS)}\"]*)|[\n\r]"
)
_GOES_ON = re.compile(r"[，。、：；,:;！？!?…—\-的]")
_SAID = re.compile(
    r"(?!据)[^，。：；！？“”\n]{0,24}?"
    r"(?:说|道|表示|介绍|告诉\w{1,4}|指出|认为|强调|问|答|笑|称|喊|叫|透露|提醒|坦言|感慨|感叹|回忆|解释|补充|說|問|稱|介紹)"
    r"(?:[，。：:；,！…“]|\s|$)"
)


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Spans of the sentences: contiguous, from 0 to len(text), white space with the sentence before it.

    A sentence ends at 。！？…… and the quotation marks that close behind it, and always at a line end. Not inside a
    quotation or bracket that is closed on the same line within 200 characters; nor behind a quotation that the sentence
    goes on from (`“这是对的。”他说。`).
    """
    if not text:
        return []
    opener_of = _matching(text)
    pairs = sorted((opener, closer) for closer, opener in opener_of.items())
    spans: list[tuple[int, int]] = []
    start, first = 0, _past_space(text, 0)
    reached, covered = 0, -1  # pairs[:reached] open before here, and the last of them closes at `covered`
    for stop in _STOP.finditer(text, first):
        if stop.start() < start:
            continue
        while reached < len(pairs) and pairs[reached][0] < stop.start():
            covered = max(covered, pairs[reached][1])
            reached += 1
        inside = covered >= stop.end()
        if stop[0] in "\n\r" or (not inside and _ends(text, stop, max(start, first), opener_of)):
            spans.append((start, _past_space(text, stop.end())))
            start = spans[-1][1]
    if start < len(text):
        spans.append((start, len(text)))
    return spans


def _ends(text: str, stop: re.Match[str], start: int, opener_of: dict[int, int]) -> bool:
    """Whether the sentence from `start` ends at this stop, which lies in no open quotation or bracket."""
    end = stop.end()
    if end >= len(text) or text[end].isspace():
        return True
    if _GOES_ON.match(text, end):
        return False
    if not stop[1]:
        return True
    opener = opener_of.get(end - 1, start)
    if opener <= start:
        return not _SAID.match(text, end)
    # `他说：“好。”` ends, `一声“开始！”比赛打响` goes on.
    return text[opener - 1] in ("：:，,。！？!?…—”’\n " if text[opener] in _QUOTES else "。！？!?…”’\n ")


def _past_space(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _matching(text: str) -> dict[int, int]:
    """Opener of each closer that stands on its line within 200 characters: closer offset -> opener offset."""
    found: dict[int, int] = {}
    stack: list[int] = []
    for mark in _BRACKET.finditer(text):
        char, at = mark[0], mark.start()
        if char in "\n\r":
            stack.clear()
        elif char in _PAIRS:
            stack.append(at)
        else:
            # A closer may find its opener under up to three that were never closed.
            for back in range(1, min(3, len(stack)) + 1):
                if _PAIRS[text[stack[-back]]] == char:
                    if at - stack[-back] <= _INSIDE:
                        found[at] = stack[-back]
                    del stack[-back:]
                    break
    return found


_WHO = "记者|記者|通讯员|通訊員"
_REPORTER = (
    rf"[（(](?:[^（）()\n]{{1,50}}?(?:{_WHO}|实习生)|(?:{_WHO})(?!来信|手记|调查|观察|注))[^（）()\n]{{1,60}}[）)]"
)
_DATE = r"(?:(?:\d{4}年)?\d{1,2}月)?\d{1,2}日"
_PAPER = (
    r"(?:本[报刊台网社報網]|[\u4e00-\u9fff—-]{1,8}?"
    r"(?:日报|晚报|早报|时报|晨报|都市报|报社|通讯社|客户端|社|网|日報|網))"
)
_LEAD = re.compile(
    rf"""\s*(?:
      据?{_PAPER}\s*(?:
          [^\s（(，。：:]{{0,12}}?\s*{_DATE}\s*(?:专?[电電]|[讯訊]|消息|报道)
        | [讯訊](?![息号问速])
        | (?:[电電]|消息|报道)(?=[\s：:（(])
      )\s*(?:{_REPORTER}|[（(][^（）()\n]{{1,20}}[）)](?=\s*[：:]))?
    | {_REPORTER}
    | [【［\[]{_PAPER}\s*[讯訊电電消息]{{1,2}}[】］\]]\s*(?:{_REPORTER})?
    | 本报(?:{_WHO})\s*[^\s、]{{2,4}}(?:[\s、]{{1,4}}[^\s、]{{2,4}}){{0,3}}\s*(?:从\S{{2,10}})?报道(?=[：:\s])
    )\s*[：:—―-]{{0,2}}\s*""",
    re.VERBOSE,
)
_LEAD_WITHIN = 160


_SIGNED = re.compile(rf"\s*本[报刊報](?:驻\S{{2,6}}?)?(?:{_WHO})[ \t\u3000]*")
_SIGNATURE = re.compile(
    rf"(?:(?:{_WHO})[ \t\u3000]*)?([\u4e00-\u9fff]{{2,4}}|[文图摄圖攝][/／][文图摄圖攝])(?:[ \t\u3000]+|\s*\n\s*)"
)


def lead_offset(body: str) -> int:
    """How many characters of byline or dateline open the body: `本报讯（记者张三）`, `新华社北京7月3日电`; 0 for none."""
    opening = body[:_LEAD_WITHIN]
    lead = _LEAD.match(opening)
    return lead.end() if lead else _signed_offset(opening)


def _signed_offset(opening: str) -> int:
    """A byline of names alone, `本报记者 张三 通讯员 李四 `, which nothing closes: as far as they are names, on its line."""
    signed = _SIGNED.match(opening)
    end, names = signed.end() if signed else 0, 0
    while signed and (word := _SIGNATURE.match(opening, end)):
        if "/" not in word[1] and "／" not in word[1] and not bare_names(word[1]):
            break
        end, names = word.end(), names + 1
        if "\n" in word[0]:
            break
    return end if names else 0
