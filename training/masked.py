"""Continued masked-language pretraining: the encoder reads a newsroom's own text before it learns labels.

Owns the task (which tokens are hidden, the head that guesses them, which is dropped afterwards). Devlin et al. 2019: 15% of the
tokens, of which 80% are hidden, 10% another token, 10% left as they are.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from datasets import Dataset
from tokenizers import Tokenizer
from torch import Tensor, nn

from models.errors import BadInput
from models.topic_encoder import TopicEncoder
from training.batching import padded, plan_batches
from training.config import TopicsConfig
from training.cross_fitting import MARKS, MASKS, save_model
from training.distill import unlabelled_rows
from training.loop import Batch, fit, say
from training.processes import is_main, wait
from training.topic_examples import articles_of, first_windows

SHARE, HIDDEN, OTHER = 0.15, 0.8, 0.1
FOLDER = "masked"


class MaskedLanguageModel(nn.Module):
    """An encoder and a fresh head over its own embeddings (tied): logits of the tokens at some places, (K, V)."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        words = self._words()
        self.dense = nn.Linear(encoder.config.hidden_size, words.shape[1])  # type: ignore[union-attr, arg-type]
        self.norm = nn.LayerNorm(words.shape[1])
        self.bias = nn.Parameter(torch.zeros(words.shape[0]))

    def _words(self) -> Tensor:
        words: Tensor = self.encoder.get_input_embeddings().weight  # type: ignore[operator]
        return words

    def forward(self, ids: Tensor, mask: Tensor, asked: Tensor) -> Tensor:
        """`ids`, `mask`, `asked` (B, S); the last is true where a token is to be guessed."""
        states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state[asked]
        guessed = self.norm(nn.functional.gelu(self.dense(states.float())))
        return nn.functional.linear(guessed, self._words().float(), self.bias)


def masked_texts(config: TopicsConfig, protected: Sequence[Dataset]) -> Dataset:
    """Rows of `data.unlabelled` that are no near-duplicates of the protected ones, as many as the steps have room for."""
    most = config.masked_steps * config.data.batch * config.train.accumulate
    return unlabelled_rows(config.data.unlabelled, protected, most, config.begins)


def pretrained(
    config: TopicsConfig,
    make: Callable[[], TopicEncoder],
    tokenizer: Tokenizer,
    texts: Dataset,
    run: Path,
) -> Callable[[], TopicEncoder]:
    """`make`, whose encoder has learned to guess tokens of these texts for `masked_steps` steps first.

    The encoder is kept in RUN/masked, so that a resumed run has the same.
    Raises BadInput when the vocabulary has no mask.
    """
    kept = run / FOLDER / "model.pt"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        say(f"masked-language pretraining on {len(texts)} texts; the folds come after it")
        ids = first_windows(articles_of(texts), tokenizer, config.data.max_source_tokens)
        model = learn_to_guess(config, make().encoder, tokenizer, ids, kept.parent)
        if is_main():
            save_model(model.encoder, kept.parent)
            (kept.parent / "checkpoint.pt").unlink(missing_ok=True)
        wait()
    state = torch.load(kept, map_location="cpu", weights_only=True)

    def ready() -> TopicEncoder:
        model = make()
        model.encoder.load_state_dict(state)
        return model

    return ready


def learn_to_guess(
    config: TopicsConfig, encoder: nn.Module, tokenizer: Tokenizer, texts: Sequence[list[int]], run: Path
) -> MaskedLanguageModel:
    """Train on these texts (token ids); the model as it ended."""
    mask_token = next((i for i in map(tokenizer.token_to_id, MASKS) if i is not None), None)
    if mask_token is None:
        raise BadInput("masked_steps needs a vocabulary with a mask token, and this one has none", field="masked_steps")
    marks = torch.tensor([i for i in map(tokenizer.token_to_id, MARKS) if i is not None])
    torch.manual_seed(config.begins)
    model = MaskedLanguageModel(encoder)
    plan = plan_batches([len(t) for t in texts], config.data.batch, config.begins)

    def batch_at(step: int) -> Batch:
        ids = [texts[i] for i in plan(step)]
        return {"ids": padded(ids, 0), "mask": padded([[1] * len(x) for x in ids], 0)}

    def loss_of(m: nn.Module, b: Batch) -> Tensor:
        ids, mask = b["ids"], b["mask"]
        lot = torch.rand(ids.shape).to(ids.device)
        asked = (lot < SHARE) & (mask == 1) & ~torch.isin(ids, marks.to(ids.device))
        others = torch.randint(len(model.bias), ids.shape).to(ids.device)
        seen = ids.masked_fill(asked & (lot < SHARE * HIDDEN), mask_token)
        seen = torch.where(asked & (lot >= SHARE * (1 - OTHER)), others, seen)
        each = nn.functional.cross_entropy(m(seen, mask, asked), ids[asked], reduction="none")
        # The mean of each text's mean: losses of processes that share a batch are weighted by texts.
        return (each / asked.sum(-1).repeat_interleave(asked.sum(-1))).sum() / len(ids)

    steps = config.masked_steps
    settings = dataclasses.replace(config.train, steps=steps, warmup=steps // 10, decay=steps * 2 // 3)
    model.load_state_dict(fit(model, batch_at, settings, run, loss_of))
    return model
