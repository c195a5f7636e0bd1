"""`make figures`: the shipped bundles on every set of a data folder, as one table in Markdown with the signatures.

Only figures leave the folder, no text. What a bundle was trained on is not measured: `topics_train.jsonl` serves the learned
floors alone. The two sets of other labels (headlines, abstracts) measure the frozen encoder with a linear head, since the
bundle's own topics do not occur there. A set that is missing is named.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from eval import encoder, linear, origin, pages, robustness, significance, summaries, topics
from eval.metrics import Array, Scores, ratio
from eval.result import VERSION, Result, System
from eval.sets import read_dataset
from models.article import Article
from models.bundle import open_bundle, sha256
from models.errors import CaibianError
from models.registry import TASKS, default_bundle

Row = list[str]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write; exit code 2 when the folder holds no set at all."""
    parser = argparse.ArgumentParser(prog="python -m eval.figures", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path, metavar="FOLDER", help="the folder with the sets")
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/figures.md"), metavar="FILE")
    parser.add_argument(
        "--kept", type=Path, default=Path("runs/figures"), metavar="DIR", help="where finished sets are kept"
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", help="only these sets, by file name")
    args = parser.parse_args(arguments)
    parts: list[str] = []
    absent: list[str] = []
    for name, measure in SETS.items():
        path = args.data / name
        if args.only and path.name not in args.only:
            continue
        if not path.is_file():
            absent.append(name)
            continue
        print(f"{name} …", file=sys.stderr, flush=True)
        try:
            parts += [*_kept(args.kept, path, measure), ""]
        except CaibianError as error:
            print(f"figures: {name}: {error.message}", file=sys.stderr)
            return 2
    if not parts:
        print(f"figures: {args.data} holds none of {', '.join(SETS)}", file=sys.stderr)
        return 2
    about = origin.describe()
    head = [
        "# Figures of the shipped bundles", "",
        "Written by `make figures`; do not edit. In brackets 95% intervals (percentile bootstrap over items, 1,000 samples).",
        f"Code {about['code']}, {about['machine']['processor']}, {about['machine']['cores']} cores, "
        f"onnxruntime {about['versions']['onnxruntime']}, opencc {about['versions']['opencc']}.", "",
    ]  # fmt: skip
    head += [f"Not there, not measured: {', '.join(absent)}.", ""] if absent else []
    args.output.write_text("\n".join([*head, *parts]).rstrip() + "\n", "utf-8")
    return 0


def _kept(folder: Path, path: Path, measure: Callable[[Path], list[str]]) -> list[str]:
    """The lines of a set, measured once for the same file, bundles and protocol: a run that was stopped goes on there."""
    bundles = [open_bundle(default_bundle(task), task).name for task in TASKS]
    told = [VERSION, sha256(path), significance.SIGNATURE, *bundles]
    file = folder / f"{path.name}.{hashlib.sha256('|'.join(told).encode()).hexdigest()[:12]}.md"
    if not file.exists():
        lines = measure(path)
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(lines), "utf-8")
    return file.read_text("utf-8").split("\n")


def _of_result(title: str, result: Result, columns: Sequence[str]) -> list[str]:
    rows = [[system.name, *(_cell(system, name) for name in columns)] for system in result.systems]
    rows += [[f"over {floor}", f"{d.delta:+.3f}{_span(d.interval)}, p = {d.p:.4f}"] for floor, d in result.against]
    notes = [f"* {note}" for note in result.notes if "/" not in note]  # paths are this machine's
    return [f"## {title}", "", *_table(["system", *columns], rows), "", *notes, "", f"`{result.signature}`"]


def _topics(path: Path) -> list[str]:
    train = path.with_name("topics_train.jsonl")
    result = topics.run(path, floor_train=train if train.is_file() else None)
    columns = (
        "macro_f1",
        "micro_f1",
        "subset_accuracy",
        "macro_ap",
        "ece",
        "brier_skill",
        "aurc",
        "coverage",
        "auto_precision",
    )
    per_topic = [[t, *(f"{cells[k]:.3f}" for k in ("precision", "recall", "f1")), str(cells["support"])]
                 for t, cells in result.flat["per_topic"].items()]  # fmt: skip
    table = _of_result(f"Topics: {path.name}, n = {len(result.ids)}", result, columns)
    table += ["", *_table(["topic", "precision", "recall", "f1", "support"], per_topic), ""]
    return table + _robust(robustness.run(path, task="topics"), path)


def _summaries(split: str | None, damaged: int = 0) -> Callable[[Path], list[str]]:
    def measure(path: Path) -> list[str]:
        result = summaries.run(path, split)
        columns = ("rougeL", "rouge1", "rouge2", "chrf", "number_precision", "name_precision", "date_precision",
                   "quote_precision", "abstractive_share", "copy_rate", "prefix_share", "mean_chars")  # fmt: skip
        shown = f"{path.name}{f' ({split})' if split else ''}"
        table = _of_result(f"Headlines: {shown}, n = {len(result.ids):,}", result, columns)
        if not damaged:
            return table
        return [*table, "", *_robust(robustness.run(path, split, task="summaries", limit=damaged), path)]

    return measure


def _robust(found: robustness.Robustness, path: Path) -> list[str]:
    """What every edit costs, worst first."""
    told = robustness.as_dict(found)
    main, beside = told["score"], told["score_beside"]
    rows: list[Row] = []
    for edit, one in sorted(told["edits"].items(), key=lambda pair: -(pair[1].get(main, {}).get("loss") or -9)):
        rows.append([edit, str(one["touched"])])
        if main in one:
            first, second = one[main], one[beside]
            rows[-1] += [
                f"{first['before']:.3f}", f"{first['after']:.3f}", f"{first['loss']:+.3f}{_span(first['loss_ci'])}",
                f"{one['p_holm']:.4f}", f"{second['loss']:+.3f}{_span(second['loss_ci'])}", f"{one['changed']:.3f}",
            ]  # fmt: skip
    heads = ["edit", "touched", f"{main} before", "after", "loss", "p (Holm)", f"{beside} loss", "answers changed"]
    return [f"### Robustness: {path.name}, n = {found.n}", "", *_table(heads, rows), "", f"`{found.signature}`"]


def _pages(path: Path) -> list[str]:
    result = pages.run(path)
    return _of_result(f"Pages: {path.name}, n = {len(result.ids)}", result, pages.COLUMNS)


def _labels(train_split: str, test_split: str) -> Callable[[Path], list[str]]:
    """Sets of one label each: a linear head on TF-IDF and on the frozen encoder of the topics bundle, accuracy on test."""

    def measure(path: Path) -> list[str]:
        seen, asked = (
            [(r["text"], r["label"]) for r in read_dataset(path, split)] for split in (train_split, test_split)
        )
        gold = np.array([label for _, label in asked])
        vectors, told = encoder.embed_with_bundle([Article("", text) for text, _ in [*seen, *asked]], None)
        features = {
            "tfidf": linear.tfidf_features([text for text, _ in seen], [text for text, _ in asked]),
            "encoder": (vectors[: len(seen)], vectors[len(seen) :]),
        }
        labels = [label for _, label in seen]
        common = max(set(labels), key=labels.count)
        said = {"majority": np.full(len(gold), common)}
        for name, (known, new) in features.items():
            said[name] = linear.head(linear.STRENGTH[name], multiclass=True).fit(known, labels).predict(new)
        rows = []
        for name, answers in said.items():
            right = np.stack([answers == gold, np.ones(len(gold))], axis=1).astype(np.float64)
            value = significance.total(right, _accuracy)["accuracy"]
            rows.append([name, f"{value:.3f}{_span(significance.intervals(right, _accuracy)['accuracy'])}"])
        title = (
            f"## Other labels: {path.name}, {len(seen):,} to learn from, n = {len(gold):,}, {len(set(labels))} labels"
        )
        return [title, "", *_table(["system", "accuracy"], rows), "", f"* encoder: {told}, frozen; linear head on it"]

    return measure


def _accuracy(sums: Array) -> Scores:
    return {"accuracy": ratio(sums[..., 0], sums[..., 1])}


SETS: dict[str, Callable[[Path], list[str]]] = {
    "topics_dev.jsonl": _topics,
    "news_pairs.parquet": _summaries("test", damaged=200),
    "bench/csl_title.jsonl.gz": _summaries("csl_ts_test"),
    "pages_dev.jsonl": _pages,
    "bench/thucnews_titles.jsonl.gz": _labels("train10k", "test"),
    "bench/csl_category.jsonl.gz": _labels("train", "test"),
}


def _cell(system: System, name: str) -> str:
    value = system.scores[name]
    return "–" if np.isnan(value) else f"{value:.3f}{_span(system.intervals[name])}"


def _span(interval: Sequence[float] | None) -> str:
    return "" if interval is None else f" [{interval[0]:.3f}, {interval[1]:.3f}]"


def _table(head: Sequence[str], rows: Sequence[Row]) -> list[str]:
    filled = [[*row, *[""] * (len(head) - len(row))] for row in rows]
    return ["| " + " | ".join(line) + " |" for line in (head, ["---"] * len(head), *filled)]


if __name__ == "__main__":
    sys.exit(main())
