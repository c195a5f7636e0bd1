"""Near-duplicates in an archive: wire copy comes again in other papers, and its topics and summary need no second reading.

`Firsts` says of each text whether one before it is nearly the same; `Links` gives the later one the record of the first.
Both depend on the input's order alone, so a run that is gone on with, or has more workers, gives the same records. Memory
is bounded: only the last `window` texts that repeat nothing are remembered. MinHash and LSH are rensa's.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from models.article import Article
from models.faithfulness import checks
from models.markup import without_markup
from models.text import to_simplified
from service.archive_counts import DUPLICATE, Counts
from service.archive_work import Chunk, Done, Link, as_line, bad_line, changes, refused

WINDOW = 50_000
"""Texts that are remembered, at about 4 KiB each."""
SIMILARITY = 0.5
"""The least share of their shingles that two texts have in common (Jaccard, estimated); what others give: docs/archive.md."""
WIDTH = 4
"""Characters a shingle."""
PERMUTATIONS, BANDS, SEED = 128, 32, 1
_NO_WORD = re.compile(r"[\W_]+")


def shingles(text: str) -> list[str]:
    """The text's shingles: NFKC, Simplified, without spaces and punctuation; a short text is one."""
    plain = _NO_WORD.sub("", to_simplified(unicodedata.normalize("NFKC", text))).lower()
    return [plain[i : i + WIDTH] for i in range(max(1, len(plain) - WIDTH + 1))]


class Firsts:
    """Which texts were the first of their kind. Ask in the order of the input."""

    def __init__(self, window: int = WINDOW, similarity: float = SIMILARITY) -> None:
        from rensa import RMinHash, RMinHashLSH

        self.window, self.similarity = window, similarity
        self._sketch: Any = RMinHash
        self._index = RMinHashLSH(similarity, PERMUTATIONS, BANDS)
        self._kept: OrderedDict[int, Any] = OrderedDict()

    @property
    def floor(self) -> int:
        """No later text repeats one before this place."""
        return next(iter(self._kept), 0)

    def of(self, place: int, article: Article) -> int | None:
        """The place of the text that this one repeats, the likest one; None: it is a first, and remembered.

        Compared is the body, which a wire's papers share while each has a headline of its own; without one, the headline.
        """
        sketch = self._sketch(PERMUTATIONS, SEED)
        sketch.update(shingles(article.body or article.headline))
        near = [(sketch.jaccard(self._kept[other]), -other) for other in self._index.query(sketch)]
        best, other = max(near, default=(0.0, 0))
        if best >= self.similarity:
            return -other
        self._index.insert(place, sketch)
        self._kept[place] = sketch
        if len(self._kept) > self.window:
            gone, _ = self._kept.popitem(last=False)
            self._index.remove(gone)
        return None


class Links:
    """Gives texts that repeat another one its record, read back from the lines of the run.

    `partial` is the file in which those grow. One number is kept for each text that may still be repeated.
    """

    def __init__(self, partial: Path) -> None:
        self.partial = partial
        self._starts: OrderedDict[int, int] = OrderedDict()
        self._end = 0
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        self._file = self.partial.open("rb")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file:
            self._file.close()

    def pass_over(self, chunk: Chunk, lost: Collection[int]) -> None:
        """A chunk that an earlier run has written; `lost` are the places of its reads that gave no record."""
        for n in range(len(chunk.reads)):
            place = chunk.start + n
            if place not in lost:
                self._note(place, self._end, first=chunk.firsts[n] is None)
                self._end += len(self._line(self._end))
        self._forget(chunk.floor)

    def fill(self, done: Done) -> Done:
        """The chunk with the lines that it owes. What repeats a record that failed fails, too."""
        filled = replace(
            done, records=[], places=[], texts=[], links=[], changes=list(done.changes), bad=list(done.bad)
        )
        counts, unsure, here = Counts(filled.counts), done.unsure, dict[int, str]()
        for line, place, text, link in zip(done.records, done.places, done.texts, done.links, strict=True):
            if link is not None:
                first = here.get(link.first) or self._line(self._starts.get(link.first))
                if not first:
                    why = "the models broke over the text that it repeats, see the log"
                    filled.bad.append(bad_line(refused(link.record, why)))
                    continue
                told = repeated(json.loads(first), link)
                unsure += told["needs_review"]
                counts.note(link.record.date, [*told["labels"], DUPLICATE], review=told["needs_review"])
                filled.changes.extend(changes(counts, link.record, told, link.old))
                line = as_line(told)
            else:
                here[place] = line
            self._note(place, self._end, first=link is None)
            self._end += len(line.encode()) + 1
            filled.records.append(line)
            filled.places.append(place)
            filled.texts.append(text)
            filled.links.append(None)
        self._forget(done.floor)
        return replace(filled, unsure=unsure)

    def _note(self, place: int, start: int, *, first: bool) -> None:
        if first:
            self._starts[place] = start

    def _forget(self, floor: int) -> None:
        while self._starts and next(iter(self._starts)) < floor:
            self._starts.popitem(last=False)

    def _line(self, start: int | None) -> bytes:
        if start is None or self._file is None:
            return b""
        self._file.seek(start)
        return self._file.readline()


def repeated(first: dict[str, Any], link: Link) -> dict[str, Any]:
    """The record of a text that repeats another one.

    Where the summary says what this text does not (another number, another place), a person has to look.
    """
    record, article = link.record, link.record.article
    told = first | {"id": article.id, "needs_review": first["needs_review"] or record.unsure}
    told.pop("repeated", None)
    if told["summary"]:
        told["summary_ok"] = checks(told["summary"], without_markup(article.body))["ok"]
        told["needs_review"] = told["needs_review"] or not told["summary_ok"]
    return told | ({"repeated": True} if link.repeated else {}) | {"duplicate_of": first["id"]}
