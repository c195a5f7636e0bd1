"""`python -m training pages`: fit the line tagger of page splitting on pages made in mixed house styles.

Owns the run: articles, drawn pages, epochs with a checkpoint after each, the weights that serve. Its folder holds the drawn
pages as features; the same command goes on after the last whole epoch. The network is training/page_tagger.py, the pages
are training/page_examples.py.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from eval.make_pages import DEVELOPMENT_STYLES, read_articles
from eval.page_gold import whole_page
from models.errors import BadInput
from models.page_features import Features, rule_columns, width
from models.page_tagger import FILE
from models.weights import read_weights, write_weights
from training.loop import say
from training.page_examples import draw_pages, read_example, related
from training.page_recombine import recombine
from training.page_structures import SHARE
from training.page_tagger import Example, LineTagger, batch_of
from training.rows import walk

LONGEST = 400
"""Lines of a page beyond which it is left out of training."""
BLIND = 0.1
"""Share of pages whose lines are shown without what the rules made of them, so that the tagger does not lean on that alone."""
AVERAGED, EVERY = 0.4, 5
"""Share of the steps, the last ones, whose weights are averaged, and how many of them lie between two that count."""
LIKE = 12
"""Lines by which the pages of one batch may differ in length."""


@dataclass(frozen=True, slots=True)
class PagesRun:
    """What a run is made with; another one needs another folder."""

    data: tuple[str, ...]
    """Files of articles, perhaps with a split behind a colon. Of more than `articles` rows so many are drawn."""
    also: tuple[str, ...] = ()
    """Files of gold pages, whose articles stand in new order on `share` of the training pages. Rows that say
    `"unseen": true` are never read: they are for measuring."""
    share: float = 0.05
    start: str = ""
    """Weights that the run starts from; "" for none."""
    articles: int = 22000
    pages: int = 12000
    epochs: int = 6
    batch: int = 32
    rate: float = 2.5e-3
    seed: int = 1
    structures: float = SHARE
    """Share of the made pages that have what hand-written ones have (training/page_structures.py)."""
    without: tuple[str, ...] = ()
    """Development styles that are kept out, to measure how the tagger does on styles it has not seen."""


def fit_pages(run: PagesRun, folder: Path, out: Path = FILE) -> None:
    """Draw the pages, fit, and write the weights to `out`."""
    start = _weights(Path(run.start)) if run.start else None  # before minutes are spent on pages
    folder.mkdir(parents=True, exist_ok=True)
    told = json.dumps(asdict(run), ensure_ascii=False, indent=1)
    plan = folder / "run.json"
    if plan.exists() and plan.read_text("utf-8") != told:
        raise BadInput(f"{folder} was made with other options ({plan}); choose another --out", field="out")
    plan.write_text(told, "utf-8")
    drawn = folder / "examples.npz"
    if not drawn.exists():
        save_examples(drawn, _draw(run))
    drawn_pages = load_examples(drawn)
    if drawn_pages and drawn_pages[0][0].dense.shape[1] != width():
        raise BadInput(f"{drawn} was drawn by another release, whose tagger sees other things; choose another --out or delete it",
                       field="out")  # fmt: skip
    examples = [e for e in drawn_pages if len(e[1]) <= LONGEST]
    if not examples:
        raise BadInput(f"none of the {run.pages} pages has at most {LONGEST} lines; draw more pages", field="pages")
    say(f"{len(examples):,} pages, {sum(len(tags) for _, tags in examples):,} lines")
    tagger = _fit(run, examples, folder, start)
    part = out.with_name(out.name + ".part")
    write_weights(part, {name: value.numpy() for name, value in tagger.items()})
    part.replace(out)  # a kill leaves the weights before, or these
    say(f"{out}: {out.stat().st_size:,} bytes")


def _draw(run: PagesRun) -> list[Example]:
    unknown = set(run.without) - {s.name for s in DEVELOPMENT_STYLES}
    if unknown:
        raise BadInput(f"no development style {', '.join(sorted(unknown))}", field="without")
    articles = []
    for name in run.data:
        path, _, split = name.partition(":")
        found = read_articles(Path(path), split or None)
        keep = min(len(found), run.articles)
        articles += random.Random(run.seed).sample(found, keep)  # noqa: S311 - not secrets
    near = related(articles)
    styles = [s for s in DEVELOPMENT_STYLES if s.name not in run.without]
    gold = [row for name in run.also for row in _gold(Path(name))]
    again = round(run.pages * run.share) if gold else 0
    examples = []
    for n, page in enumerate(
        itertools.chain(
            draw_pages(articles, near, styles, run.pages - again, run.seed, run.structures),
            recombine(gold, again, run.seed),
        ),
        1,
    ):
        examples.append(read_example(page))
        if n % 1000 == 0:
            say(f"{n:,} of {run.pages:,} pages drawn")
    return examples


def _gold(path: Path) -> list[dict[str, Any]]:
    rows = []
    for row in walk([path]):
        if row.record is None:
            raise BadInput(f"{path} {row.place}: {row.reason}", field="also")
        if not row.record.get("unseen"):
            rows.append(whole_page(row.record))
    return rows


def _fit(
    run: PagesRun, examples: Sequence[Example], folder: Path, start: dict[str, torch.Tensor] | None
) -> dict[str, torch.Tensor]:
    """The fitted weights: the average of the run's last part."""
    torch.manual_seed(run.seed)
    tagger = LineTagger(examples[0][0].dense.shape[1])
    if start is not None:
        _start(tagger, start, run.start)
    size = min(run.batch, len(examples))
    steps = len(examples) // size
    optimizer = torch.optim.AdamW(tagger.parameters(), lr=run.rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, run.rate, total_steps=steps * run.epochs + 1, pct_start=0.1
    )
    point = folder / "checkpoint.pt"
    done = counted = 0
    mean = {name: torch.zeros_like(value) for name, value in tagger.state_dict().items()}
    if point.exists():
        kept = torch.load(point, weights_only=True)
        tagger.load_state_dict(kept["tagger"])
        optimizer.load_state_dict(kept["optimizer"])
        schedule.load_state_dict(kept["schedule"])
        done, counted, mean = kept["epochs"], kept["counted"], kept["mean"]
        say(f"goes on after epoch {done}")
    for epoch in range(done, run.epochs):
        tagger.train()
        total = 0.0
        for step, chosen in enumerate(_batches(examples, size, f"{run.seed}-{epoch}"), epoch * steps + 1):
            blind = random.Random(f"{run.seed}-{epoch}-{chosen[0]}")  # noqa: S311 - not secrets
            shown = [without_rules(examples[i]) if blind.random() < BLIND else examples[i] for i in chosen]
            loss = tagger.loss(batch_of(shown))
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(tagger.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total += loss.item()
            if step == steps * run.epochs or (step % EVERY == 0 and step > (1 - AVERAGED) * steps * run.epochs):
                counted += 1
                for name, value in tagger.state_dict().items():
                    mean[name] += (value - mean[name]) / counted
        say(f"epoch {epoch + 1} of {run.epochs}: {total / steps:.4f} nats a line")
        fresh = point.with_suffix(".new")
        kept = {"tagger": tagger.state_dict(), "optimizer": optimizer.state_dict(), "schedule": schedule.state_dict()}
        torch.save(kept | {"epochs": epoch + 1, "counted": counted, "mean": mean}, fresh)
        fresh.replace(point)
    return mean


def _weights(path: Path) -> dict[str, torch.Tensor]:
    try:
        return {name: torch.from_numpy(value.copy()) for name, value in read_weights(path).items()}
    except OSError:
        raise
    except Exception as error:  # safetensors has its own
        raise BadInput(f"{path} holds no weights ({error})", field="start") from None


def _start(tagger: LineTagger, weights: dict[str, torch.Tensor], path: str) -> None:
    shapes = {name: value.shape for name, value in tagger.state_dict().items()}
    if {name: value.shape for name, value in weights.items()} != shapes:
        raise BadInput(f"{path} holds another network than the line tagger; leave --start out", field="start")
    tagger.load_state_dict(weights)


def without_rules(example: Example) -> Example:
    """The page with what the rules made of its lines blotted out."""
    features, tags = example
    dense = features.dense.copy()
    dense[:, rule_columns()] = 0.0
    return replace(features, dense=dense), tags


def _batches(examples: Sequence[Example], size: int, seed: str) -> list[list[int]]:
    """Pages of about one length together, in an order that is a function of the seed."""
    rng = random.Random(seed)  # noqa: S311 - not secrets
    order = sorted(range(len(examples)), key=lambda i: len(examples[i][1]) + rng.random() * LIKE)
    rng.shuffle(found := [order[i : i + size] for i in range(0, len(order) - size + 1, size)])
    return found


def save_examples(path: Path, examples: Sequence[Example]) -> None:
    """Keep drawn pages: all lines end to end, features in half precision."""
    np.savez(
        path.with_suffix(".new.npz"),
        dense=np.concatenate([f.dense.astype(np.float16) for f, _ in examples]),
        grams=np.concatenate([f.grams.astype(np.int16) for f, _ in examples]),
        counts=np.concatenate([np.diff(f.starts).astype(np.int16) for f, _ in examples]),
        tags=np.concatenate([tags.astype(np.int8) for _, tags in examples]),
        sizes=np.array([len(tags) for _, tags in examples]),
    )
    path.with_suffix(".new.npz").replace(path)


def load_examples(path: Path) -> list[Example]:
    """The pages that `save_examples` kept."""
    kept = np.load(path)
    dense, grams, counts, tags = (kept[name] for name in ("dense", "grams", "counts", "tags"))
    found: list[Example] = []
    line = gram = 0
    for size in kept["sizes"]:
        starts = np.concatenate([[0], np.cumsum(counts[line : line + size], dtype=np.int32)]).astype(np.int32)
        one = Features(dense[line : line + size], grams[gram : gram + starts[-1]], starts)
        found.append((one, tags[line : line + size].astype(np.int64)))
        line, gram = line + size, gram + int(starts[-1])
    return found
