"""Fit the summarizer: body in, headline-style summary out, on a copy-head BART made from an encoder, or on a BART or T5.

Owns the data side and the evaluation of that task; the loop, the record and the compression are elsewhere. The headline
of an article is only ever its target.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertModel

from eval.metrics.rouge import rouge_l
from models.errors import BadInput
from training.adapter import adapter_weights, add_adapter, is_trained
from training.bases import (
    check_base,
    check_layers,
    check_length,
    find_specials,
    keep_tokenizer,
    read_base,
    read_summarizer,
)
from training.batching import padded
from training.briefs import brief_bodies, read_briefs
from training.compress import bart_from_encoder
from training.config import SummariesConfig
from training.describe import describe_near, pairs_of, tell_near
from training.loop import Batch, fit, say
from training.more_pairs import more_pairs
from training.pairs import IGNORED, batches, encode_briefs, encode_pairs, read_sources, shortened
from training.processes import is_main, main_first, wait
from training.record import ADAPTER, draw_curve, last_figures, open_run, start_record, update_record
from training.seq2seq import has_copy_head, read_seq2seq, take_vocabulary, tell_marks
from training.set_aside import LEAST_DEV, keep_dev, split_off
from training.sources import fingerprint, joined, read_rows, without_duplicates_of
from training.teacher import check_teacher, with_taught
from training.vocabulary import count_pieces, prune_vocabulary


def fit_summaries(config: SummariesConfig, run: Path) -> Path:
    """Train, or go on with, the run in this folder. Leaves `model/` (a transformers folder) and `tokenizer.json` there."""
    if config.adapter_rank and config.data.more:
        raise BadInput("data.more is for headlines, which adapter_rank leaves as they are: leave it out", field="more")
    open_run(run, config)
    wait()
    check_base(config.base.model, "summaries")
    check_teacher(config, run)
    with main_first():  # what `datasets` reads stands in its cache for the others
        train, dev, dropped, more = read_pairs(config)
    say(f"{len(train)} training pairs ({dropped} near-duplicates of protected rows left out), {len(dev)} dev")
    near = describe_near(train, pairs_of(train))
    say(f"training pairs:\n{tell_near(near)}")
    with main_first():
        tokenizer, model = start_model(config, joined([train, more], ["body", "target"]) if more else train, run)
    if not has_copy_head(model) and (config.adapter_rank or config.data.briefs):
        raise BadInput("briefs are learned by a copy-head model only: leave data.briefs and adapter_rank out; the briefs of "
                       "this base will be made of the article's own sentences", field="briefs")  # fmt: skip
    start_record(run, task="summaries", seed=config.train.seed, rows=len(train), dropped_near_duplicates=dropped,
                 data_fingerprint=fingerprint(train, *([more] if more else [])), base=config.base.model, near_duplicates=near,
                 more=len(more) if more else 0,
                 parameters=sum(p.numel() for p in model.parameters()))  # fmt: skip
    if not (config.data.dev or config.data.dev_split):
        keep_dev(dev, run)  # behind start_record, which refuses other rows: what was learned from is not measured on
    if config.adapter_rank:
        return _fit_adapter(config, run, tokenizer, model, dev)
    if config.teacher:
        with main_first():
            train, taught = with_taught(train, config, run)
        say(f"{taught} targets are the teacher's")
        update_record(run, teacher=config.teacher, taught=taught)
    pairs = encode_pairs(train, tokenizer, config.data)
    pairs += encode_pairs(more, tokenizer, config.data) * config.data.more_repeats if more else []
    briefs, brief_dev = read_brief_sets(config, dev)
    say(f"{len(pairs)} pairs as read, {len(briefs)} briefs, {len(brief_dev)} more to measure")
    batch_at = batches(
        pairs, encode_briefs(briefs, tokenizer, config.data), config.data, model.config, config.train.seed
    )
    evaluate = evaluator(dev.select(range(min(config.evaluate_on, len(dev)))), tokenizer, config, run, brief_dev)

    state = fit(model, batch_at, config.train, run, loss_of, evaluate, count=target_tokens)
    if not is_main():
        return run
    model.cpu().load_state_dict(state)
    update_record(run, figures=last_figures(run), briefs=len(briefs))  # what is exported hangs on it: before the model
    keep_model(model, run)
    draw_curve(run)
    return run


def _fit_adapter(config: SummariesConfig, run: Path, tokenizer: Tokenizer, model: Any, dev: Dataset) -> Path:
    """Briefs alone, as an adapter beside the model that the run started from. Leaves `adapter.safetensors` too."""
    briefs, brief_dev = read_brief_sets(config, dev)
    if not len(briefs):
        raise BadInput("adapter_rank is for briefs: set data.briefs", field="briefs")
    if is_main():
        keep_model(model, run)
    torch.manual_seed(config.train.seed)
    add_adapter(model, config.adapter_rank)
    data = dataclasses.replace(config.data, brief_every=1, early_steps=0)
    say(f"{len(briefs)} briefs, {len(brief_dev)} more to measure")
    batch_at = batches([], encode_briefs(briefs, tokenizer, data), data, model.config, config.train.seed)
    evaluate = evaluator(dev.select([]), tokenizer, config, run, brief_dev)
    measured = evaluate if len(brief_dev) else None
    state = fit(model, batch_at, config.train, run, loss_of, measured, is_trained, count=target_tokens)
    if not is_main():
        return run
    part = run / "adapter.part"
    save_file(adapter_weights(state), str(part))
    update_record(run, figures=last_figures(run), briefs=len(briefs))
    part.replace(run / ADAPTER)
    draw_curve(run)
    return run


def loss_of(model: nn.Module, batch: Batch) -> Tensor:
    """Mean over tokens."""
    config: Any = model.config
    mask = (batch["source"] != config.pad_token_id).long()
    made = model(batch["source"], attention_mask=mask, decoder_input_ids=batch["decoder"], labels=batch["target"])
    loss: Tensor = made.loss
    return loss


def target_tokens(batch: Batch) -> float:
    """What the loss is the mean of."""
    return float((batch["target"] != IGNORED).sum())


def keep_model(model: Any, run: Path) -> None:
    """Write RUN/model; a kill leaves a whole model or none."""
    part = run / "model.part"
    shutil.rmtree(part, ignore_errors=True)
    model.save_pretrained(part)
    shutil.rmtree(run / "model", ignore_errors=True)
    part.rename(run / "model")


def read_pairs(config: SummariesConfig) -> tuple[Dataset, Dataset, int, Dataset | None]:
    """Train and dev rows with columns body and target, how many near-duplicates of measured sets train lost, and `data.more`."""
    data = config.data
    train = read_rows(data.train, data.train_split, need=["body"], unique=True)
    if data.dev or data.dev_split:
        dev = read_rows(data.dev or data.train, data.dev_split, need=["body"], unique=True)
    else:
        train, dev = split_off(train, config.train.seed)
        few = f"; fewer than {LEAST_DEV} tell little: give data.dev" if len(dev) < LEAST_DEV else ""
        say(
            f"no development rows are given: {len(dev)} of {data.train} are set aside, chosen by seed {config.train.seed}{few}"
        )
    protected = [dev, *(read_rows(p, need=["body"]) for p in data.protected)]
    protected += [read_rows(data.train, s) for s in data.protected_splits]
    train, dropped = without_duplicates_of(train, protected)
    train, dev = with_target(train, data.train), with_target(dev, data.dev or data.train)
    return train, dev, dropped, more_pairs(data.more, config.headline_chars, protected)


def with_target(rows: Dataset, name: str) -> Dataset:
    """`target` is the summary, or the headline where a file has none; rows without body or target are left out, and counted."""
    column = "summary" if "summary" in rows.column_names else "headline"
    if column not in rows.column_names:
        raise BadInput("summary data needs a column 'summary' or 'headline'", field="summary")
    bodies, targets = ([bool(str(t or "").strip()) for t in rows[c]] for c in ("body", column))
    kept = [i for i, both in enumerate(zip(bodies, targets, strict=True)) if all(both)]
    if not kept:
        raise BadInput(f"{name}: no row is left that has both a body and a {column}", field="data")
    if len(kept) < len(rows):
        say(f"{name}: {len(rows) - len(kept)} of {len(rows)} rows are left out: {bodies.count(False)} without a body, "
            f"{targets.count(False)} without a {column}")  # fmt: skip
    chosen = rows.select(kept).select_columns([c for c in ("id", "body", column) if c in rows.column_names])
    return chosen.rename_column(column, "target")


def read_brief_sets(config: SummariesConfig, dev: Dataset) -> tuple[Dataset, Dataset]:
    """Briefs to train on, without near-duplicates of any measured row, and briefs to measure; either may be empty."""
    data = config.data
    none = Dataset.from_dict({"id": [], "body": [], "target": []})
    if not (data.briefs or data.brief_dev):
        return none, none
    bodies = brief_bodies(data.train, data.train_split, data.dev, data.dev_split)
    measured = read_briefs(data.brief_dev, bodies) if data.brief_dev else none
    if not data.briefs:
        return none, measured
    protected = [dev, measured, *(read_rows(p, need=["body"]) for p in data.protected)]
    protected += [read_rows(data.train, s) for s in data.protected_splits]
    return without_duplicates_of(read_briefs(data.briefs, bodies), protected)[0], measured


def start_model(config: SummariesConfig, train: Dataset, run: Path) -> tuple[Tokenizer, Any]:
    """The tokenizer with its pruned vocabulary (kept in the run, so that a resumed run has the same) and the model.

    A base that is itself a finished summaries run or a bundle is trained further as it is; a BART or T5 too, but for its
    vocabulary.
    """
    if (further := read_summarizer(config.base.model)) is not None:
        model, tokenizer = further
        if config.base.encoder_layers or config.base.decoder_layers or config.base.vocabulary:
            raise BadInput(
                f"{config.base.model} is a summarizer already: its layers and vocabulary cannot be chosen", field="base"
            )
        check_length(max(config.data.max_source_tokens, config.data.max_target_tokens), model.config)
        keep_tokenizer(tokenizer, run)
        return tokenizer, model
    if (writes := read_seq2seq(config.base.model, config.base.dropout)) is not None:
        return _start_seq2seq(config, train, run, *writes)
    encoder, full = read_base(config.base.model, "summaries")
    base: Any = encoder
    if not isinstance(base, BertModel):
        raise BadInput(
            f"a summarizer starts from a BERT encoder, {config.base.model} is {type(base).__name__}", field="base"
        )
    tokenizer, kept = full, list(range(base.config.vocab_size))
    if config.base.vocabulary:
        tokenizer, kept = _prune(full, train, config)
    keep_tokenizer(tokenizer, run)
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


def _start_seq2seq(
    config: SummariesConfig, train: Dataset, run: Path, model: Any, tokenizer: Tokenizer
) -> tuple[Tokenizer, Any]:
    if config.base.encoder_layers or config.base.decoder_layers:
        raise BadInput(f"{config.base.model} writes already: leave its layers as they are", field="base")
    if config.base.vocabulary:
        tokenizer, kept = _prune(tokenizer, train, config)
        model = take_vocabulary(model, kept)
        tell_marks(model, tokenizer)
    check_length(max(config.data.max_source_tokens, config.data.max_target_tokens), model.config)
    keep_tokenizer(tokenizer, run)
    return tokenizer, model


def _prune(full: Tokenizer, train: Dataset, config: SummariesConfig) -> tuple[Tokenizer, list[int]]:
    sample = train.shuffle(seed=config.train.seed).select(range(min(30_000, len(train))))
    counts = count_pieces(full, (str(t) for column in ("body", "target") for t in sample[column]))
    pruned = prune_vocabulary(full, counts, config.base.vocabulary)
    return pruned.tokenizer, pruned.kept


def evaluator(
    dev: Dataset, tokenizer: Tokenizer, config: SummariesConfig, run: Path, briefs: Dataset | None = None
) -> Callable[[nn.Module, int], dict[str, Any]]:
    """Greedy summaries of dev articles, however long their targets: character ROUGE-L, five samples in `samples.txt`.

    Briefs, where there are any, are measured beside them.
    """
    sources = [shortened(ids, config.data.max_source_tokens) for ids in read_sources(dev["body"], tokenizer)]
    targets = [str(t) for t in dev["target"]]
    brief_sources, brief_targets = [], []
    if briefs is not None and len(briefs):
        read = read_sources(briefs["body"], tokenizer)
        brief_sources = [shortened(ids, config.data.max_source_tokens) for ids in read]
        brief_targets = [str(t) for t in briefs["target"]]

    def written(model: Any, texts: list[list[int]], start: int, most: int) -> list[str]:
        device, outputs = next(model.parameters()).device, []
        for i in range(0, len(texts), 50):
            source = padded(texts[i : i + 50], model.config.pad_token_id).to(device)
            mask = (source != model.config.pad_token_id).long()
            more = {"source_ids": source} if has_copy_head(model) else {}
            made = model.generate(input_ids=source, attention_mask=mask, num_beams=1, do_sample=False,
                                  decoder_start_token_id=start, max_new_tokens=most, **more)  # fmt: skip
            outputs += tokenizer.decode_batch(made.tolist())
        return outputs

    def evaluate(model: Any, step: int) -> dict[str, Any]:
        figures: dict[str, Any] = {}
        shown: list[tuple[str, str]] = []
        start, end = model.config.decoder_start_token_id, model.config.eos_token_id
        kinds = (("dev_rouge_l", sources, targets, start, config.data.max_target_tokens),
                 ("dev_brief_rouge_l", brief_sources, brief_targets, end, config.data.brief_tokens))  # fmt: skip
        for name, texts, wanted, begin, most in kinds:
            if texts:
                outputs = written(model, texts, begin, most)
                scores = [rouge_l(o, t) for o, t in zip(outputs, wanted, strict=True)]
                figures[name] = sum(scores) / len(scores)
                shown += list(zip(outputs, wanted, strict=True))[:5]
        samples = run / "samples.txt"
        before = samples.read_text("utf-8").splitlines() if samples.exists() else []
        kept = [x for x in before if x.split("\t")[0].isdigit() and int(x.split("\t")[0]) < step]
        samples.write_text("\n".join([*kept, *(f"{step}\t{o}\t{t}" for o, t in shown)]) + "\n", "utf-8")
        return figures

    return evaluate
