"""Vocabulary pruning: the pieces that a corpus uses, out of a Unigram tokenizer, ids renumbered.

Knows tokenizer.json and counts; knows no model. `kept` maps each new id to its old one, which is what a model needs to
slice its embedding.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from tokenizers import Tokenizer

from models.errors import BadInput


@dataclass(frozen=True, slots=True)
class PrunedVocabulary:
    """A smaller tokenizer and, for each of its ids, the id that the piece had before."""

    tokenizer: Tokenizer
    kept: list[int]


def count_pieces(tokenizer: Tokenizer, texts: Iterable[str], chunk: int = 1000) -> Counter[int]:
    """How often each token id occurs in the texts."""
    counts: Counter[int] = Counter()
    batch: list[str] = []
    for text in texts:
        batch.append(text)
        if len(batch) == chunk:
            for encoding in tokenizer.encode_batch(batch):
                counts.update(encoding.ids)
            batch = []
    for encoding in tokenizer.encode_batch(batch):
        counts.update(encoding.ids)
    return counts


def prune_vocabulary(
    tokenizer: Tokenizer, counts: Counter[int], size: int, min_char_count: int = 2
) -> PrunedVocabulary:
    """Keep special tokens, every single character seen `min_char_count` times, then the most frequent longer pieces.

    Single characters come first because a character that is missing is an unknown token for ever, while a missing long
    piece only costs a few more tokens. Raises BadInput when the tokenizer is no Unigram or `size` cannot hold them.
    """
    state = json.loads(tokenizer.to_str())
    if state["model"]["type"] != "Unigram":
        kind = state["model"]["type"]
        raise BadInput(
            f"vocabulary pruning needs a Unigram tokenizer, this one is {kind}: set vocabulary to 0", field="vocabulary"
        )
    pieces: list[list[object]] = state["model"]["vocab"]
    special = {int(t["id"]) for t in state["added_tokens"]}
    single = {
        i
        for i, (piece, _) in enumerate(pieces)
        if len(str(piece).lstrip("\u2581")) <= 1 and (counts[i] >= min_char_count or 0x20 < ord(str(piece)[-1]) < 0x7F)
    }
    fixed = special | single
    if len(fixed) > size:
        raise BadInput(
            f"{len(fixed)} special tokens and characters do not fit a vocabulary of {size}", field="vocabulary"
        )
    longer = sorted((i for i in counts if i not in fixed), key=lambda i: (-counts[i], i))[: size - len(fixed)]
    kept = sorted(fixed | set(longer))
    renumbered = {old: new for new, old in enumerate(kept)}
    state["model"]["vocab"] = [pieces[i] for i in kept]
    state["model"]["unk_id"] = renumbered[int(state["model"]["unk_id"])]
    for token in state["added_tokens"]:
        token["id"] = renumbered[int(token["id"])]
    for token in state["post_processor"]["special_tokens"].values():
        token["ids"] = [renumbered[int(i)] for i in token["ids"]]
    return PrunedVocabulary(Tokenizer.from_str(json.dumps(state, ensure_ascii=False)), kept)
