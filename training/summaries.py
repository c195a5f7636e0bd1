"""Fit the summarizer: body in, headline-style summary out, on a copy-head BART made from an encoder.

Owns the data side and the evaluation of that task; the loop, the record and the compression are elsewhere. The headline
of an article is only ever its target.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from tokenizers import Tokenizer
from torch import nn
from transformers import AutoTokenizer, BertModel

from eval.metrics.rouge import rouge_l
from models.errors import BadInput
from training.batching import padded, plan_batches
from training.compress import bart_from_encoder
from training.config import DataSettings, SummariesConfig
from training.loop import Batch, fit, say
from training.record import draw_curve, open_run, update_record
from training.sources import fingerprint, read_rows, without_duplicates_of
from training.vocabulary import count_pieces, prune_vocabulary


def fit_summaries(config: SummariesConfig, run: Path) -> Path:
    """Train, or go on with, the run in this folder. Leaves `model/` (a transformers folder) and `tokenizer.json` there."""
    open_run(run, config)
    train, dev, dropped = read_pairs(config)
    say(f"{len(train)} training pairs ({dropped} near-duplicates of protected rows left out), {len(dev)} dev")
    tokenizer, model = start_model(config, train, run)
    update_record(run, task="summaries", seed=config.train.seed, rows=len(train), dropped_near_duplicates=dropped,
                  data_fingerprint=fingerprint(train), base=config.base.model,
                  parameters=sum(p.numel() for p in model.parameters()))  # fmt: skip
    pairs = encode_pairs(train, tokenizer, config)
    batch_at = batches(pairs, config.data, model.config.pad_token_id, config.train.seed)
    evaluate = evaluator(dev.select(range(min(config.evaluate_on, len(dev)))), tokenizer, config, run)
    state = fit(model, batch_at, config.train, run, lambda m, b: m(b["source"], labels=b["target"]).loss, evaluate)
    model.cpu().load_state_dict(state)
    model.save_pretrained(run / "model")
    draw_curve(run)
    return run


def read_pairs(config: SummariesConfig) -> tuple[Dataset, Dataset, int]:
    """Train and dev rows with columns body and target; near-duplicates of every measured set are left out of train."""
    data = config.data
    train = read_rows(data.train, data.train_split, need=["body"])
    dev = read_rows(data.dev or data.train, data.dev_split, need=["body"])
    protected = [dev, *(read_rows(p) for p in data.protected)]
    protected += [read_rows(data.train, s) for s in data.protected_splits]
    train, dropped = without_duplicates_of(train, protected)
    return with_target(train), with_target(dev), dropped


def with_target(rows: Dataset) -> Dataset:
    """`target` is the summary, or the headline where a file has none; rows without body or target are left out."""
    column = "summary" if "summary" in rows.column_names else "headline"
    if column not in rows.column_names:
        raise BadInput("summary data needs a column 'summary' or 'headline'", field="summary")
    bodies, targets = rows["body"], rows[column]
    kept = [i for i in range(len(rows)) if (bodies[i] or "").strip() and (targets[i] or "").strip()]
    return rows.select(kept).rename_column(column, "target").select_columns(["id", "body", "target"])


def start_model(config: SummariesConfig, train: Dataset, run: Path) -> tuple[Tokenizer, Any]:
    """The tokenizer with its pruned vocabulary (kept in the run, so that a resumed run has the same) and the model."""
    base = BertModel.from_pretrained(config.base.model, add_pooling_layer=False).float()
    full: Tokenizer = AutoTokenizer.from_pretrained(config.base.model).backend_tokenizer
    sample = train.shuffle(seed=config.train.seed).select(range(min(30_000, len(train))))
    counts = count_pieces(full, (str(t) for column in ("body", "target") for t in sample[column]))
    pruned = prune_vocabulary(full, counts, config.base.vocabulary or full.get_vocab_size())
    pruned.tokenizer.save(str(run / "tokenizer.json"))
    marks = {"bos": "<s>", "eos": "</s>", "pad": "<pad>"}
    special = {name: int(pruned.tokenizer.token_to_id(t) or 0) for name, t in marks.items()}
    torch.manual_seed(config.train.seed)
    model = bart_from_encoder(
        base, config.base.encoder_layers, config.base.decoder_layers, pruned.kept, special, config.base.dropout
    )
    return pruned.tokenizer, model


def encode_pairs(rows: Dataset, tokenizer: Tokenizer, config: SummariesConfig) -> list[tuple[list[int], list[int]]]:
    """Source ids `<s> … </s>` and target ids `… </s>`; sources keep their end mark when they are shortened."""
    longest, far = config.data.max_source_tokens, config.data.max_target_tokens
    pairs = []
    for start in range(0, len(rows), 2000):
        part = rows[start : start + 2000]
        sources = tokenizer.encode_batch([str(t) for t in part["body"]])
        targets = tokenizer.encode_batch([str(t) for t in part["target"]])
        for s, t in zip(sources, targets, strict=True):
            target = t.ids[1:]
            if len(target) <= far:
                pairs.append((shortened(s.ids, longest), target))
    return pairs


def shortened(source: list[int], longest: int) -> list[int]:
    """At most `longest` ids, the end mark kept."""
    return source if len(source) <= longest else source[: longest - 1] + source[-1:]


def batches(
    pairs: list[tuple[list[int], list[int]]], data: DataSettings, pad: int, seed: int
) -> Callable[[int], Batch]:
    """The batch of a step: sources padded with `pad`, targets with -100; early steps see the beginning of the source."""
    rows = plan_batches([len(s) for s, _ in pairs], data.batch, seed)

    def batch_at(step: int) -> Batch:
        longest = data.early_source_tokens if step < data.early_steps else data.max_source_tokens
        chosen = [pairs[k] for k in rows(step)]
        sources = [shortened(s, longest) for s, _ in chosen]
        return {"source": padded(sources, pad), "target": padded([t for _, t in chosen], -100)}

    return batch_at


def evaluator(
    dev: Dataset, tokenizer: Tokenizer, config: SummariesConfig, run: Path
) -> Callable[[nn.Module, int], dict[str, Any]]:
    """Greedy summaries of dev articles: character ROUGE-L, and five samples in `samples.txt`."""
    pairs = encode_pairs(dev, tokenizer, config)
    dev = dev.select(range(len(pairs)))

    def evaluate(model: Any, step: int) -> dict[str, Any]:
        device, outputs = next(model.parameters()).device, []
        for i in range(0, len(pairs), 50):
            source = padded([s for s, _ in pairs[i : i + 50]], model.config.pad_token_id).to(device)
            mask = (source != model.config.pad_token_id).long()
            made = model.generate(input_ids=source, attention_mask=mask, source_ids=source, num_beams=1, do_sample=False,
                                  max_new_tokens=config.data.max_target_tokens)  # fmt: skip
            outputs += tokenizer.decode_batch(made.tolist())
        scores = [rouge_l(o, t) for o, t in zip(outputs, dev["target"], strict=True)]
        with (run / "samples.txt").open("a", encoding="utf-8") as out:
            for o, t in list(zip(outputs, dev["target"], strict=True))[:5]:
                out.write(f"{step}\t{o}\t{t}\n")
        return {"dev_rouge_l": sum(scores) / len(scores)}

    return evaluate
