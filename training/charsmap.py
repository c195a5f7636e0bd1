"""The character map of a SentencePiece normaliser: reading it, and leaving out what a small vocabulary cannot tell apart.

The map (`Precompiled` in tokenizer.json) is a double-array trie from UTF-8 sequences to places in a blob of normal forms,
built for every script of the world: 0.3 MB. Knows this format and tokenizer.json; knows no text and no model.
"""

from __future__ import annotations

import base64
import struct
import unicodedata
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAF, LABEL = 1 << 8, (1 << 31) | 0xFF
BLOCK = 256  # a node's children stand within one block, so that a reader never leaves the array
SPACES = {" ", "\u2581"}

Trie = dict[int, Any]
"""A byte to the trie below it; 0 to the normal form (str) of the sequence that ends here."""


def read_charsmap(encoded: str) -> dict[bytes, str]:
    """Sequences and their normal forms; only the shortest of sequences that begin alike, which is what readers take."""
    blob = base64.b64decode(encoded)
    (size,) = struct.unpack_from("<I", blob)
    units = np.frombuffer(blob, "<u4", size // 4, 4)
    forms = blob[4 + size :]
    return {key: forms[at : forms.index(0, at)].decode() for key, at in _walk(units, _offset(int(units[0])), b"")}


def _walk(units: NDArray[np.uint32], base: int, key: bytes) -> Iterator[tuple[bytes, int]]:
    places = base ^ np.arange(1, 256)
    known = places[places < len(units)]
    for place in known[(units[known] & LABEL) == (known ^ base)]:
        unit, longer = int(units[place]), key + bytes([int(place) ^ base])
        below = int(place) ^ _offset(unit)
        if unit & LEAF:
            yield longer, int(units[below]) & 0x7FFFFFFF
        else:
            yield from _walk(units, below, longer)


def _offset(unit: int) -> int:
    return (unit >> 10) << ((unit & (1 << 9)) >> 6)


def write_charsmap(entries: dict[bytes, str]) -> str:
    """The map in its stored form; the reverse of `read_charsmap`."""
    trie: Trie = {}
    for key, form in entries.items():
        node = trie
        for byte in key:
            node = node.setdefault(byte, {})
        node[0] = form
    forms: dict[str, int] = {}
    blob = b""
    for form in sorted(set(entries.values())):
        forms[form] = len(blob)
        blob += form.encode() + b"\0"
    units = _Placer(forms).place(trie)
    return base64.b64encode(struct.pack("<I", len(units) * 4) + struct.pack(f"<{len(units)}I", *units) + blob).decode()


class _Placer:
    """Finds a place for every node; leaves with the same form share one."""

    def __init__(self, forms: dict[str, int]) -> None:
        self.forms, self.units = forms, [0] * BLOCK
        self.taken, self.bases, self.leaves, self.first = {0}, {0}, dict[str, int](), 1

    def place(self, trie: Trie) -> list[int]:
        """The units of the whole trie."""
        self._children(0, 0, trie)
        return self.units

    def _children(self, parent: int, label: int, node: Trie) -> None:
        shared = self.leaves.get(node[0]) if len(node) == 1 and 0 in node else None
        base = shared or self._free(sorted(node))
        self.units[parent] = ((parent ^ base) << 10) | label | (LEAF if 0 in node else 0)
        if shared:
            return
        if 0 in node:
            self.units[base] = self.forms[node[0]] | (1 << 31)
        if len(node) == 1 and 0 in node:
            self.leaves[node[0]] = base
        for byte, below in node.items():
            if byte:
                self._children(base ^ byte, byte, below)

    def _free(self, labels: list[int]) -> int:
        while self.first in self.taken:
            self.first += 1
        base = self.first ^ labels[0]
        at = self.first
        while base in self.bases or any(base ^ x in self.taken for x in labels):
            at += 1
            base = at ^ labels[0]
        self.units += [0] * ((base // BLOCK + 1) * BLOCK - len(self.units))
        self.bases.add(base)
        self.taken.update(base ^ x for x in labels)
        return base


def prune_charsmap(state: dict[str, Any]) -> dict[str, Any]:
    """tokenizer.json with only those entries of its map that can change an id; unchanged where that is not certain.

    An entry goes when neither its sequence nor its normal form has a space or a character of any piece: with or without
    it the text is unknown there, and a run of unknown characters is one token. Entries of one or two bytes stay, since a
    mark that follows in the same grapheme is swallowed by them; marks that follow longer ones are checked to be unknown.
    """
    found = _precompiled(state.get("normalizer"))
    model = state["model"]
    if found is None or model["type"] != "Unigram" or model.get("byte_fallback"):
        return state
    known = SPACES.union(*(str(piece) for piece, _ in model["vocab"]))
    entries = read_charsmap(found["precompiled_charsmap"])

    def matters(text: str) -> bool:
        return not text or not known.isdisjoint(text)

    marks = [c for c in map(chr, range(0x80, 0x800)) if unicodedata.category(c) in ("Mn", "Mc", "Me")]
    if any(matters(c) or matters(entries.get(c.encode(), c)) for c in marks):
        return state
    kept = {k: v for k, v in entries.items() if len(k) < 3 or matters(v) or matters(k.decode())}
    pruned = found | {"precompiled_charsmap": write_charsmap(kept)}
    return {**state, "normalizer": _replaced(state["normalizer"], found, pruned)}


def _precompiled(normalizer: Any) -> dict[str, Any] | None:
    """The one map of a normaliser or of the steps of a sequence."""
    steps = (normalizer or {}).get("normalizers", [normalizer])
    found = [s for s in steps if s and s["type"] == "Precompiled"]
    return found[0] if len(found) == 1 else None


def _replaced(normalizer: dict[str, Any], old: Any, new: Any) -> dict[str, Any]:
    if normalizer is old:
        return dict(new)
    return normalizer | {"normalizers": [new if s is old else s for s in normalizer["normalizers"]]}
