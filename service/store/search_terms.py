"""What is looked up in the index of the search: the tokens of a text, and the phrases of what an editor types.

A run of Han characters gives each of its pairs and its last character, a Latin word or a number gives itself; Traditional and
Simplified, full and half width, capitals and small letters are one. So 工会 is one look-up, a longer phrase its pairs in a
row, a single character the beginning of a pair. Text and query go through the same function, and so do the marks in
snippets. It knows no database.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from models.errors import BadInput
from models.text import HAN, normalise, to_simplified

MAX_QUERY_CHARS = 200
MAX_PHRASES = 10
BAR = "|"
GRAM_SHIFT = 21
"""Bits of a character's code; PostgreSQL's function knows it, too."""
WORD_CHARS = 40
"""A longer run of letters is looked up in pieces: databases limit the length of a word."""
_RUN = re.compile(rf"(?P<han>[{HAN}]+(?:\s+[{HAN}]+)*)|[^\W_{HAN}]+")
PIECE = 2000
_HAN = re.compile(f"[{HAN}]")
_TERM = re.compile(r'(?P<minus>[-－]?)(?:["“”](?P<quoted>[^"“”]*)(?:["“”]|$)|(?P<bare>[^\s"“”]+))')


@dataclass(frozen=True, slots=True)
class Token:
    """What the index holds of `text[start:end]`."""

    word: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand in a row. `opens`: the last one is only the beginning of a word. `unwanted`: may not stand there."""

    words: tuple[str, ...]
    opens: bool = False
    unwanted: bool = False

    @property
    def line(self) -> str:
        """What stands in the `line` of every text that has these words in a row, and in no other's."""
        said = []
        for n, word in enumerate(self.words):
            last = n == len(self.words) - 1
            if not _HAN.match(word):
                said.append(f"{BAR}{word}{BAR}")
            elif len(word) > 1:
                said.append(word if last else word[0])
            else:
                said.append(word if last else word + BAR)
        return "".join(said).replace(BAR + BAR, BAR)


def words(text: str) -> list[str]:
    """The words of `tokens`, faster: without their places."""
    found: list[str] = []
    for run in _RUN.finditer(_fold(normalise(text).text)):
        if run["han"] is None:
            found += (run[0][at : at + WORD_CHARS] for at in range(0, len(run[0]), WORD_CHARS))
        else:
            han = "".join(run[0].split())
            found += map(str.__add__, han, han[1:])
            found.append(han[-1])
    return found


def line(text: str) -> str:
    """The runs of a text between bars, without what stands between them: 「5G，进车间」 is `|5g|进车间|`."""
    said = [BAR]
    for run in _RUN.finditer(_fold(normalise(text).text)):
        if run["han"] is None:
            said += (run[0][at : at + WORD_CHARS] + BAR for at in range(0, len(run[0]), WORD_CHARS))
        else:
            said.append("".join(run[0].split()) + BAR)
    return "".join(said)


def grams(line: str) -> list[int]:
    """What PostgreSQL's index is asked for a phrase's line: its pairs of characters, or its one character, as whole numbers
    (`search_grams` of store/search.py makes the same of every text).
    """
    if len(line) == 1:
        return [ord(line)]
    return [ord(first) << GRAM_SHIFT | ord(second) for first, second in pairwise(line)]


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a text in order, with where they stand in it."""
    normal = normalise(text)
    folded = _fold(normal.text)
    for run in _RUN.finditer(folded):
        if run["han"] is None:
            for at in range(run.start(), run.end(), WORD_CHARS):
                end = min(at + WORD_CHARS, run.end())
                yield Token(folded[at:end], normal.starts[at], normal.ends[end - 1])
            continue
        han = [at for at in range(run.start(), run.end()) if not folded[at].isspace()]
        for at, following in pairwise(han):
            yield Token(folded[at] + folded[following], normal.starts[at], normal.ends[following])
        last = han[-1]
        yield Token(folded[last], normal.starts[last], normal.ends[last])


def phrases(query: str) -> list[Phrase]:
    """What an editor looks for: words apart by spaces have to stand in the article, “words in quotation marks” in a row,
    and -words not. Raises BadInput when it is too long.
    """
    if len(query) > MAX_QUERY_CHARS:
        raise BadInput(
            f"检索词最多 {MAX_QUERY_CHARS} 字，请缩短。 A query has at most {MAX_QUERY_CHARS} characters: shorten it.",
            field="q",
        )
    found = []
    for term in _TERM.finditer(query):
        text = term["quoted"] if term["quoted"] is not None else term["bare"]
        phrase = _phrase(text, bool(term["minus"]))
        if phrase is not None and phrase not in found:
            found.append(phrase)
    if len(found) > MAX_PHRASES:
        raise BadInput(
            f"检索词最多 {MAX_PHRASES} 个，请减少。 A query has at most {MAX_PHRASES} words: leave some out.", field="q"
        )
    return found


def places(found: Sequence[Token], phrase: Phrase) -> list[tuple[int, int]]:
    """Where a phrase stands, as the index would find it: from and to, in order, not overlapping."""
    told: list[tuple[int, int]] = []
    words, length = phrase.words, len(phrase.words)
    for n in range(len(found) - length + 1):
        if not _stands(found, n, phrase):
            continue
        first, last = found[n], found[n + length - 1]
        end = last.end if last.word == words[-1] else last.start + len(words[-1])
        if told and first.start < told[-1][1]:
            told[-1] = (told[-1][0], max(end, told[-1][1]))
        else:
            told.append((first.start, end))
    return told


def first_place(text: str, phrase: Phrase) -> int | None:
    """Where a phrase stands for the first time; None when it does not. A long text is read piece by piece."""
    for at in range(0, max(1, len(text)), PIECE):
        piece = text[at : at + PIECE + MAX_QUERY_CHARS]
        if phrase.words[0] not in "".join(_fold(normalise(piece).text).split()):
            continue  # cheaper than its tokens
        if found := places(list(tokens(piece)), phrase):
            return at + found[0][0]
    return None


def _stands(found: Sequence[Token], n: int, phrase: Phrase) -> bool:
    words = phrase.words
    *rest, last = words
    if any(found[n + k].word != word for k, word in enumerate(rest)):
        return False
    there = found[n + len(rest)].word
    return there.startswith(last) if phrase.opens else there == last


def _phrase(text: str, unwanted: bool) -> Phrase | None:
    found = words(text)
    if not found:
        return None
    last = found[-1]
    if len(last) > 1 or not _HAN.match(last):
        return Phrase(tuple(found), unwanted=unwanted)
    if len(found) > 1 and len(found[-2]) == 2 and found[-2][1] == last and _HAN.match(found[-2]):
        return Phrase(tuple(found[:-1]), unwanted=unwanted)  # the pair before holds it
    return Phrase(tuple(found), opens=True, unwanted=unwanted)


def _fold(text: str) -> str:
    """The same text, character by character, in Simplified script and small letters."""
    small = text.lower()
    if len(small) != len(text):
        small = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    return small.translate(_SIMPLER)


class _Simpler(dict[int, str]):
    """Each Han character in Simplified script, looked up when it is first met. One by one, not by phrases as for readers: a
    query must be folded as it is within any text.
    """

    def __missing__(self, code: int) -> str:
        char = chr(code)
        self[code] = to_simplified(char) if _HAN.match(char) else char
        return self[code]


_SIMPLER = _Simpler()
