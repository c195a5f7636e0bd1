"""Pairs of body and summary as token ids, and the batches of a summaries run.

What a source is when training is what it is when serving: the body without its byline. A brief is told apart from a
headline by the token that the decoder starts from, `</s>` instead of `<s>`, so one model writes both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from datasets import Dataset
from tokenizers import Tokenizer

from models.quantities import numbers_of
from models.text import lead_offset
from training.batching import padded, plan_batches
from training.config import DataSettings
from training.loop import Batch

IGNORED = -100  # in targets: no token, as torch's cross entropy has it
Pair = tuple[list[int], list[int]]


def read_sources(bodies: Sequence[Any], tokenizer: Tokenizer) -> list[list[int]]:
    """`<s> … </s>` of each body without its byline, not shortened."""
    return [e.ids for e in tokenizer.encode_batch(_without_bylines(bodies))]


def _without_bylines(bodies: Sequence[Any]) -> list[str]:
    texts = [str(b) for b in bodies]
    return [t[lead_offset(t) :] for t in texts]


def shortened(source: list[int], longest: int) -> list[int]:
    """At most `longest` ids, the end mark kept."""
    return source if len(source) <= longest else source[: longest - 1] + source[-1:]


def encode_pairs(rows: Dataset, tokenizer: Tokenizer, data: DataSettings) -> list[Pair]:
    """Source ids `<s> … </s>` and target ids `… </s>`; sources keep their end mark when they are shortened.

    Pairs whose target is too long are left out, so a pair's place is not its row's. Those whose target shows a number of the
    body stand `data.numbered_repeats` times in the list: of two headlines that are as likely the model then writes the one that
    counts.
    """
    return _encode(rows, tokenizer, data.max_source_tokens, data.max_target_tokens, data.numbered_repeats)


def encode_briefs(rows: Dataset, tokenizer: Tokenizer, data: DataSettings) -> list[Pair]:
    """The same for briefs; one that has more tokens than `data.brief_tokens` is left out."""
    return _encode(rows, tokenizer, data.max_source_tokens, data.brief_tokens)


def _encode(rows: Dataset, tokenizer: Tokenizer, longest: int, far: int, numbered: int = 1) -> list[Pair]:
    pairs: list[Pair] = []
    marks = tokenizer.num_special_tokens_to_add(is_pair=False)
    for start in range(0, len(rows), 2000):
        part = rows[start : start + 2000]
        texts = _without_bylines(part["body"])
        sources = tokenizer.encode_batch(texts)
        written = tokenizer.encode_batch([str(t) for t in part["target"]])
        for source, target, text, told in zip(sources, written, texts, part["target"], strict=True):
            ids = target.ids[marks - 1 :]  # without the begin mark, where the tokenizer has one
            if len(ids) <= far:
                read = shortened(source.ids, longest)
                seen = text[: max(end for _, end in source.offsets[: len(read)])]
                times = numbered if numbered > 1 and shows_a_number(str(told), seen) else 1
                pairs += [(read, ids)] * times
    return pairs


def shows_a_number(summary: str, read: str) -> bool:
    """Whether a number of the summary stands in what is read of the body."""
    told = numbers_of(summary)
    return bool(told) and bool(told & numbers_of(read))


def batches(pairs: list[Pair], briefs: list[Pair], data: DataSettings, model: Any, seed: int) -> Callable[[int], Batch]:
    """The batch of a step: sources padded, decoder inputs, targets padded with -100; `model` is the model's config.

    Early steps see the beginning of the source: the headline's matter stands mostly there, and short sources are cheap.
    One step in `data.brief_every` is of briefs, which sum up the whole of it.
    """
    rows = plan_batches([len(s) for s, _ in pairs], data.batch, seed)
    brief_rows = plan_batches([len(s) for s, _ in briefs], data.batch, seed) if briefs and data.brief_every else None

    def batch_at(step: int) -> Batch:
        longest = data.early_source_tokens if step < data.early_steps else data.max_source_tokens
        if brief_rows is not None and (step + 1) % data.brief_every == 0:
            chosen, start = [briefs[k] for k in brief_rows(step // data.brief_every)], model.eos_token_id
            longest = data.max_source_tokens
        else:
            chosen, start = [pairs[k] for k in rows(step)], model.decoder_start_token_id
        return {
            "source": padded([shortened(s, longest) for s, _ in chosen], model.pad_token_id),
            "decoder": padded([[start, *t[:-1]] for _, t in chosen], model.pad_token_id),
            "target": padded([t for _, t in chosen], IGNORED),
        }

    return batch_at
