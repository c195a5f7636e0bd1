"""The ids by which a seq2seq is told where texts begin and end, and those that it may not write. Knows tokenizers only."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from models.bundle import number
from models.windows import find_marks

WORDPIECE_MARK = "[CLS]"


@dataclass(frozen=True, slots=True)
class SeqMarks:
    """`begin` stands before a source (None: nothing does, as in T5), `end` closes both texts, `start` opens the decoder's."""

    begin: int | None
    end: int
    pad: int
    unknown: int
    start: int
    words: bool = False  # a WordPiece vocabulary


def read_marks(told: Any, tokenizer: Any) -> SeqMarks:
    """The marks of a manifest; without any those of a tokenizer with `<s>`, as the copy-head bundles have.

    Raises TypeError, KeyError or ValueError on marks that cannot be.
    """
    if told is None:
        marks = find_marks(tokenizer)
        pad, unknown = tokenizer.token_to_id("<pad>"), tokenizer.token_to_id("<unk>")
        return SeqMarks(marks.begin, marks.end, pad, unknown, marks.begin)
    size = tokenizer.get_vocab_size()
    ids = {k: int(number(told[k], k, whole=True)) for k in ("end", "pad", "unknown", "start")}
    begin = None if told["begin"] is None else int(number(told["begin"], "begin", whole=True))
    lost = [v for v in (*ids.values(), begin or 0) if not 0 <= v < size]
    if lost:
        raise ValueError(f"a mark is {lost[0]}, the tokenizer has {size} pieces")
    return SeqMarks(begin, **ids, words=bool(told["words"]))


def marks_of(tokenizer: Any, pad: int, start: int) -> SeqMarks:
    """The marks of a base: two ids of its config, and what its tokenizer puts round a text and calls unknown.

    Raises ValueError when the tokenizer closes no text, or has no unknown token.
    """
    ids = tokenizer.encode("").ids
    if not 1 <= len(ids) <= 2:
        raise ValueError(f"its tokenizer encloses a text in {ids}, wanted are an end mark and at most a begin mark")
    words = tokenizer.token_to_id(WORDPIECE_MARK) is not None
    names = [n for n in ("[UNK]", "<unk>") if tokenizer.token_to_id(n) is not None]
    if not names:
        raise ValueError("its tokenizer has neither [UNK] nor <unk>")
    return SeqMarks(ids[0] if len(ids) == 2 else None, ids[-1], pad, tokenizer.token_to_id(names[0]), start, words)


def banned_tokens(marks: SeqMarks, tokenizer: Any, *, own: bool) -> set[int]:
    """What may not be written. `own`: all special tokens but the end mark, the unknown one too, which only a copy head
    can render.
    """
    banned = {marks.pad} if marks.begin is None else {marks.pad, marks.begin}
    if own:
        added = json.loads(tokenizer.to_str())["added_tokens"]
        banned |= {int(t["id"]) for t in added if t["special"]} | {marks.unknown}
    return banned - {marks.end}
