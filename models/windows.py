"""An article as token windows: headline in front of every piece of the body, pieces overlap, nothing is dropped.

Training and serving cut articles with this one function. Knows a tokenizer and sizes, no model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from models.article import Article
from models.text import is_traditional, to_simplified

Part = Literal["headline", "body", ""]
SMALLEST = 16  # tokens a window


@dataclass(frozen=True, slots=True)
class WindowSettings:
    """Sizes in tokens, and how much less each further window counts; part of a topics bundle's manifest.

    In a small window headline and overlap take at most two thirds of what there is, so that every window reads on.
    """

    max_tokens: int = 256  # at least `SMALLEST`
    overlap: int = 32
    headline_tokens: int = 64  # a longer "headline" is read as the beginning of the body
    fading: float = 1.0  # window i, from 1, counts 1 / i**fading: the lead of a news article tells its matter

    def shares(self, count: int) -> NDArray[np.float32]:
        """How much each of an article's windows counts, (count,); they add up to 1."""
        weights = np.arange(1, count + 1, dtype=np.float64) ** -self.fading
        return np.asarray(weights / weights.sum(), np.float32)


@dataclass(frozen=True, slots=True)
class Window:
    """Token ids of one piece, and for each of them where it stands: part ("" for marks) and span in code points."""

    ids: list[int]
    places: list[tuple[Part, int, int]]


@dataclass(frozen=True, slots=True)
class Marks:
    """The ids of `<s>` and `</s>` (or `[CLS]` and `[SEP]`)."""

    begin: int
    end: int


def find_marks(tokenizer: Any) -> Marks:
    """The marks of a tokenizer, whichever family; raises ValueError when it has none."""
    for begin, end in (("<s>", "</s>"), ("[CLS]", "[SEP]")):
        if tokenizer.token_to_id(begin) is not None and tokenizer.token_to_id(end) is not None:
            return Marks(tokenizer.token_to_id(begin), tokenizer.token_to_id(end))
    raise ValueError("the tokenizer has neither <s> </s> nor [CLS] [SEP]")


def cut_windows(article: Article, tokenizer: Any, marks: Marks, settings: WindowSettings) -> list[Window]:
    """`<s> headline </s> body-piece </s>`, as many as the body needs, at least one."""
    head = tokenizer.encode(_as_read(article.headline), add_special_tokens=False)
    body = tokenizer.encode(_as_read(article.body), add_special_tokens=False)
    front: list[tuple[int, tuple[Part, int, int]]] = [(i, ("headline", a, b)) for i, (a, b) in _tokens(head)]
    rest: list[tuple[int, tuple[Part, int, int]]] = [(i, ("body", a, b)) for i, (a, b) in _tokens(body)]
    if len(front) > min(settings.headline_tokens, (settings.max_tokens - 3) * 2 // 3):
        front, rest = [], front + rest
    room = settings.max_tokens - len(front) - 3
    overlap = min(settings.overlap, room * 2 // 3)
    windows = []
    for start in range(0, max(1, len(rest) - overlap), room - overlap):
        piece = [
            (marks.begin, NOWHERE),
            *front,
            (marks.end, NOWHERE),
            *rest[start : start + room],
            (marks.end, NOWHERE),
        ]
        windows.append(Window([i for i, _ in piece], [p for _, p in piece]))
    return windows


def plan_batches(windows: Sequence[Window], tokens: int) -> list[list[int]]:
    """Indices of windows that run together, the longest first: at most `tokens` padded tokens, and little padding.

    One window alone costs no more a token than eight together, so a batch ends where its windows get a tenth shorter.
    """
    order = sorted(range(len(windows)), key=lambda i: -len(windows[i].ids))
    batches: list[list[int]] = []
    longest = 0
    for i in order:
        here = len(windows[i].ids)
        if batches and (len(batches[-1]) + 1) * longest <= tokens and here >= 0.9 * longest:
            batches[-1].append(i)
        else:
            batches.append([i])
            longest = here
    return batches


def stacked(windows: Sequence[Window]) -> dict[str, NDArray[np.int64]]:
    """What the graph reads: `input_ids` and `mask`, (B, S)."""
    ids = np.zeros((len(windows), max(len(w.ids) for w in windows)), np.int64)
    mask = np.zeros_like(ids)
    for row, window in enumerate(windows):
        ids[row, : len(window.ids)] = window.ids
        mask[row, : len(window.ids)] = 1
    return {"input_ids": ids, "mask": mask}


NOWHERE: tuple[Part, int, int] = ("", 0, 0)


def _tokens(encoding: Any) -> list[tuple[int, tuple[int, int]]]:
    return list(zip(encoding.ids, encoding.offsets, strict=True))


def _as_read(text: str) -> str:
    """In Simplified script, which the base and the labels are in; of the same length, so offsets stay."""
    plain = _plain(text)
    return to_simplified(plain) if is_traditional(plain) else plain


def _plain(text: str) -> str:
    """Lone surrogates cannot reach the tokenizer: one replacement each keeps the offsets."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if _has_surrogate(text) else text


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= c <= "\udfff" for c in text)
