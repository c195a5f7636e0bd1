"""Fit the summarizer: body in, headline-style summary out, on a copy-head BART made from an encoder.

Owns the data side and the evaluation of that task; the loop, the record and the compression are elsewhere. The headline
of an article is only ever its target.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from tokenizers import Tokenizer
from torch import nn
from transformers import BertModel

from eval.metrics.rouge import rouge_l
from models.errors import BadInput
from training.bases import check_layers, check_length, find_specials, read_base
from training.batching import padded, plan_batches
from training.compress import bart_from_encoder
from training.config import DataSettings, SummariesConfig
from training.loop import Batch, fit, say
from training.record import draw_curve, last_figures, open_run, update_record
from training.sources import fingerprint, read_rows, without_duplicates_of
from training.vocabulary import count_pieces, prune_vocabulary

MOST_DEV = 1000  # development rows that are split off when none are given


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
    part = run / "model.part"
    model.save_pretrained(part)
    shutil.rmtree(run / "model", ignore_errors=True)
    part.rename(run / "model")  # a kill leaves a whole model or none
    update_record(run, figures=last_figures(run))
    draw_curve(run)
    return run


def read_pairs(config: SummariesConfig) -> tuple[Dataset, Dataset, int]:
    """Train and dev rows with columns body and target; near-duplicates of every measured set are left out of train."""
    data = config.data
    train = read_rows(data.train, data.train_split, need=["body"])
    if data.dev or data.dev_split:
        dev = read_rows(data.dev or data.train, data.dev_split, need=["body"])
    else:
        train, dev = split_off(train, config.train.seed)
        say(
            f"no development rows are given: {len(dev)} of {data.train} are set aside, chosen by seed {config.train.seed}"
        )
    protected = [dev, *(read_rows(p, need=["body"]) for p in data.protected)]
    protected += [read_rows(data.train, s) for s in data.protected_splits]
    train, dropped = without_duplicates_of(train, protected)
    train, dev = with_target(train, data.train), with_target(dev, data.dev or data.train)
    return train, dev, dropped


def split_off(rows: Dataset, seed: int) -> tuple[Dataset, Dataset]:
    """The rows without, and the rows of, a development set: 2 %, at least one row and at most `MOST_DEV`."""
    if len(rows) < 2:
        raise BadInput("one row cannot be split into training and development rows: give data.dev", field="data")
    order = np.random.default_rng(seed).permutation(len(rows))
    count = min(MOST_DEV, max(1, len(rows) // 50))
    return rows.select(sorted(order[count:].tolist())), rows.select(sorted(order[:count].tolist()))


def with_target(rows: Dataset, name: str) -> Dataset:
    """`target` is the summary, or the headline where a file has none; rows without body or target are left out."""
    column = "summary" if "summary" in rows.column_names else "headline"
    if column not in rows.column_names:
        raise BadInput("summary data needs a column 'summary' or 'headline'", field="summary")
    bodies, targets = rows["body"], rows[column]
    kept = [i for i in range(len(rows)) if str(bodies[i] or "").strip() and str(targets[i] or "").strip()]
    if not kept:
        raise BadInput(f"{name}: no row is left that has both a body and a {column}", field="data")
    chosen = rows.select(kept).select_columns([c for c in ("id", "body", column) if c in rows.column_names])
    return chosen.rename_column(column, "target")


def start_model(config: SummariesConfig, train: Dataset, run: Path) -> tuple[Tokenizer, Any]:
    """The tokenizer with its pruned vocabulary (kept in the run, so that a resumed run has the same) and the model."""
    base, full = read_base(config.base.model)
    if not isinstance(base, BertModel):
        raise BadInput(
            f"a summarizer starts from a BERT encoder, {config.base.model} is {type(base).__name__}", field="base"
        )
    tokenizer, kept = full, list(range(base.config.vocab_size))
    if config.base.vocabulary:
        sample = train.shuffle(seed=config.train.seed).select(range(min(30_000, len(train))))
        counts = count_pieces(full, (str(t) for column in ("body", "target") for t in sample[column]))
        pruned = prune_vocabulary(full, counts, config.base.vocabulary)
        tokenizer, kept = pruned.tokenizer, pruned.kept
    tokenizer.save(str(run / "tokenizer.json"))
    check_length(max(config.data.max_source_tokens, config.data.max_target_tokens), base.config)
    torch.manual_seed(config.train.seed)
    model = bart_from_encoder(
        base.float(),
        check_layers(config.base.encoder_layers, base.config),
        check_layers(config.base.decoder_layers, base.config),
        kept,
        find_specials(tokenizer),
        config.base.dropout,
    )
    return tokenizer, model


def encode_pairs(rows: Dataset, tokenizer: Tokenizer, config: SummariesConfig) -> list[tuple[list[int], list[int]]]:
    """Source ids `<s> … </s>` and target ids `… </s>`; sources keep their end mark when they are shortened.

    Pairs whose target is too long are left out, so a pair's place is not its row's.
    """
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
    """Greedy summaries of dev articles, however long their targets: character ROUGE-L, five samples in `samples.txt`."""
    encoded = tokenizer.encode_batch([str(t) for t in dev["body"]])
    sources = [shortened(e.ids, config.data.max_source_tokens) for e in encoded]
    targets = [str(t) for t in dev["target"]]

    def evaluate(model: Any, step: int) -> dict[str, Any]:
        device, outputs = next(model.parameters()).device, []
        for i in range(0, len(sources), 50):
            source = padded(sources[i : i + 50], model.config.pad_token_id).to(device)
            mask = (source != model.config.pad_token_id).long()
            made = model.generate(input_ids=source, attention_mask=mask, source_ids=source, num_beams=1, do_sample=False,
                                  max_new_tokens=config.data.max_target_tokens)  # fmt: skip
            outputs += tokenizer.decode_batch(made.tolist())
        scores = [rouge_l(o, t) for o, t in zip(outputs, targets, strict=True)]
        samples = run / "samples.txt"
        before = samples.read_text("utf-8").splitlines() if samples.exists() else []
        kept = [x for x in before if x.split("\t")[0].isdigit() and int(x.split("\t")[0]) < step]
        shown = [f"{step}\t{o}\t{t}" for o, t in list(zip(outputs, targets, strict=True))[:5]]
        samples.write_text("\n".join([*kept, *shown]) + "\n", "utf-8")
        return {"dev_rouge_l": sum(scores) / len(scores)}

    return evaluate
