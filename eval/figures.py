"""`make figures`: the shipped bundles on every set of a data folder, as one table in Markdown with the signatures.

Only figures leave the folder, no text. What a bundle was trained on is not measured: `topics_train.jsonl` serves the learned
floors alone. The two sets of other labels (headlines, abstracts) measure the frozen encoder with a linear head, since the
bundle's own topics do not occur there. A set that is missing is named.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from eval import encoder, linear, origin, pages, robustness, significance, summaries, topics
from eval.metrics import Array, Scores, ratio
from eval.result import VERSION, Result, aligned, cell, compared, part_table, table
from eval.sets import read_dataset
from models.article import Article
from models.bundle import MANIFEST, open_bundle, sha256
from models.errors import CaibianError
from models.registry import TASKS, default_bundle

TRAIN = "topics_train.jsonl"
_ROOT = Path(__file__).parents[1]


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
    """The lines of a set, measured once for the same rows, bundles, protocol and code: a run that was stopped goes on
    there.
    """
    train = path.with_name(TRAIN)
    bundles = [open_bundle(default_bundle(task), task).path / MANIFEST for task in TASKS]
    files = [path, *bundles, *([train] if train.is_file() else [])]
    told = "|".join([VERSION, significance.SIGNATURE, _code(), *map(sha256, files)])
    file = folder / f"{path.name}.{hashlib.sha256(told.encode()).hexdigest()[:12]}.md"
    if not file.exists():
        lines = measure(path)
        folder.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f"{file.name}.part")
        part.write_text("\n".join(lines), "utf-8")
        part.replace(file)
    return file.read_text("utf-8").split("\n")


def _code() -> str:
    """A hash of all that measures and is measured, the bundles aside."""
    kinds = (".py", ".json", ".safetensors")
    files = {f.relative_to(_ROOT): f for top in ("models", "eval") for f in sorted((_ROOT / top).rglob("*"))}
    told = [f"{p}:{sha256(f)}" for p, f in files.items() if f.suffix in kinds and "bundles" not in p.parts]
    return hashlib.sha256("|".join(told).encode()).hexdigest()


def _of_result(title: str, result: Result) -> list[str]:
    notes = [f"* {note}" for note in [*compared(result), *result.notes]]
    shown = [f"## {title}", "", *table(result), "", *notes, "", f"`{result.signature}`"]
    data = Path(result.origin["data"])
    here = str(data).removesuffix(data.name)  # where the folder lies is this machine's matter
    return [line.replace(here, "") for line in shown]


def _topics(path: Path) -> list[str]:
    train = path.with_name(TRAIN)
    result = topics.run(path, floor_train=train if train.is_file() else None)
    lines = _of_result(f"Topics: {path.name}, n = {len(result.ids)}", result)
    for title, cells in result.parts:
        lines += ["", *part_table(title, cells), ""]
    return lines + _robust(robustness.run(path, task="topics"), path)


def _summaries(split: str | None, damaged: int = 0) -> Callable[[Path], list[str]]:
    def measure(path: Path) -> list[str]:
        with _with_ids(path, split) as (told, part):
            result = summaries.run(told, part)
        shown = f"{path.name}{f' ({split})' if split else ''}"
        lines = _of_result(f"Headlines: {shown}, n = {len(result.ids):,}", result)
        if not damaged:
            return lines
        return [*lines, "", *_robust(robustness.run(path, split, task="summaries", limit=damaged), path)]

    return measure


@contextlib.contextmanager
def _with_ids(path: Path, split: str | None) -> Iterator[tuple[Path, str | None]]:
    """The set and its split; of one without ids a copy for the time being, whose ids are row numbers."""
    rows = read_dataset(path, split)
    if "id" in rows.column_names:
        yield path, split
        return
    with tempfile.TemporaryDirectory(prefix="caibian-figures-") as folder:
        copy = Path(folder) / f"{path.name.partition('.')[0]}.jsonl"
        numbered = ({"id": str(n)} | {k: v for k, v in row.items() if k != "split"} for n, row in enumerate(rows, 1))
        copy.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in numbered), "utf-8")
        yield copy, None


def _robust(found: robustness.Robustness, path: Path) -> list[str]:
    """What every edit costs, worst first."""
    shown = aligned(*robustness.rows(found))
    notes = [*(f"* {note}" for note in found.notes), ""] if found.notes else []
    return [f"### Robustness: {path.name}, n = {found.n}", "", *shown, "", *notes, f"`{found.signature}`"]


def _pages(path: Path) -> list[str]:
    result = pages.run(path)
    return _of_result(f"Pages: {path.name}, n = {len(result.ids)}", result)


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
            rows.append([name, cell(value, significance.intervals(right, _accuracy)["accuracy"])])
        title = (
            f"## Other labels: {path.name}, {len(seen):,} to learn from, n = {len(gold):,}, {len(set(labels))} labels"
        )
        return [title, "", *aligned(("system", "accuracy"), rows), "", f"* encoder: {told}, frozen; linear head on it"]

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


if __name__ == "__main__":
    sys.exit(main())
