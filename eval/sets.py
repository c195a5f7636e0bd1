"""Reading the data that is measured on: topic, summary and page sets, checked before anything is counted.

JSON Lines, CSV (also .gz) and Parquet go through `datasets.load_dataset`. What cannot be measured honestly is refused
here with its number and first ids: duplicate ids, missing columns, unknown labels, empty texts. Knows nothing of
models, predictions or scores.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from eval.page_gold import whole_page
from models.encodings import decode
from models.errors import BadEncoding, BadInput
from models.readers.record import COLUMNS, SUMMARIES

if TYPE_CHECKING:
    from datasets import Dataset

ABOUT = ("source", "date", "sure")
NAMES = {**COLUMNS, "summary": SUMMARIES}
BUILDERS = {".jsonl": "json", ".json": "json", ".parquet": "parquet", ".csv": "csv"}


@dataclass(frozen=True, slots=True)
class TopicItem:
    """An article with its gold topics; no topic at all is a valid gold."""

    id: str
    headline: str
    body: str
    labels: frozenset[str]


@dataclass(frozen=True, slots=True)
class SummaryItem:
    """A body and the summary (or headline) that should come out of it."""

    id: str
    body: str
    summary: str


@dataclass(frozen=True, slots=True)
class GoldArticle:
    """An article as it should come out of a page; any of `alt_headlines` is as good as the headline."""

    headline: str
    body: str
    alt_headlines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PageItem:
    """The text of a page and its articles in page order."""

    id: str
    text: str
    articles: tuple[GoldArticle, ...]


Item = TypeVar("Item", TopicItem, SummaryItem, PageItem)


@dataclass(frozen=True, slots=True)
class Gold(Generic[Item]):
    """A checked set. `sha256` is over what is measured (ids, texts, gold in order), not over the file's format.

    `about` says what the file tells of each item besides (`ABOUT`, as far as it has these columns): for slices only.
    `numbered`: it has no ids, so each item's is the number of its row, from 1, which means nothing in another file.
    """

    items: tuple[Item, ...]
    path: Path
    split: str | None
    sha256: str
    about: tuple[Mapping[str, str], ...] = ()
    numbered: bool = False


def read_dataset(path: Path, split: str | None = None) -> Dataset:
    """The rows of one split. A file with several splits needs one named; a file without the column takes none.

    Columns may have the other names that tables may have when they are tagged (`NAMES`).
    """
    if not path.is_file():
        raise BadInput(f"there is no file {path}")
    suffix = next((s for s in reversed(path.suffixes) if s != ".gz"), "")
    if suffix not in BUILDERS:
        raise BadInput(f"{path}: data is .jsonl, .json, .csv (each also .gz) or .parquet, not {suffix or 'nameless'}")
    rows = _named(_load(BUILDERS[suffix], path))
    if "split" not in rows.column_names:
        if split is not None:
            raise BadInput(f"{path} has no column split: leave --split {split} away")
        return rows
    sizes = Counter(rows["split"])
    listed = ", ".join(f"{name} ({n})" for name, n in sizes.most_common())
    if split is None:
        if len(sizes) > 1:
            raise BadInput(f"{path} holds several splits, name one with --split: {listed}")
        return rows
    if split not in sizes:
        raise BadInput(f"{path} has no split {split}, it has {listed}")
    return rows.select([i for i, name in enumerate(rows["split"]) if name == split])


def _load(builder: str, path: Path) -> Dataset:
    import datasets

    encoding = "" if builder == "parquet" else _encoding(path)
    if builder == "json" and encoding != "utf-8":
        raise BadInput(f"{path} is {encoding.upper()}, JSON is UTF-8: save it as UTF-8")
    shown = datasets.is_progress_bar_enabled()
    datasets.disable_progress_bars()
    try:
        options = _csv_options(path, encoding) if builder == "csv" else {}
        rows: Dataset = datasets.load_dataset(builder, data_files=str(path), split="train", **options)
    except Exception as error:  # whatever the reader raises, a StopIteration on an empty file included
        told = str(error.__cause__ or error) or "it is empty"
        raise BadInput(f"{path} does not read as {builder}: {told}") from error
    finally:
        if shown:
            datasets.enable_progress_bars()
    return rows


def _named(rows: Dataset) -> Dataset:
    """The rows with our names for their columns; one that has ours already, or none of the others, stays."""
    folded = {name.lstrip("\ufeff").strip().lower(): name for name in reversed(rows.column_names)}
    found = {
        next((folded[other] for other in others if other in folded), ours): ours
        for ours, others in NAMES.items()
        if ours not in rows.column_names
    }
    return rows.rename_columns({theirs: ours for theirs, ours in found.items() if theirs != ours})


def _encoding(path: Path) -> str:
    """What the file is written in, found as for tagging; raises BadEncoding that names the byte."""
    data = path.read_bytes()
    try:
        name = decode(gzip.decompress(data) if path.suffix == ".gz" else data)[1]
    except BadEncoding as e:
        raise BadEncoding(f"{path}: {e.message}", byte=e.byte) from None
    except (OSError, EOFError, zlib.error) as e:
        raise BadInput(f"{path} cannot be unpacked: {e}") from e
    return "utf-16" if name.startswith("utf-16") and data[:2] in (b"\xff\xfe", b"\xfe\xff") else name


def _csv_options(path: Path, encoding: str) -> dict[str, Any]:
    """All columns as text: an id 007 stays 007, an empty cell stays empty."""
    import pandas as pd
    from datasets import Features, Value

    names = pd.read_csv(path, nrows=0, encoding=encoding).columns
    features = Features({str(name): Value("string") for name in names})
    return {"features": features, "keep_default_na": False, "encoding": encoding}


def read_topics(path: Path, topics: Sequence[str] | None = None, split: str | None = None) -> Gold[TopicItem]:
    """A topic set: body, labels, perhaps headline and id. `topics` are the names that a label may have (None: any)."""

    def make(row: Mapping[str, Any]) -> TopicItem:
        return TopicItem(
            row["id"], _text(row.get("headline")), _text(row["body"]), frozenset(parse_labels(row["labels"]))
        )

    rows = read_dataset(path, split)
    items = _items(path, rows, ("body", "labels"), make)
    _refuse(
        path,
        "no labels (none of the topics is [])",
        [i.id for i, raw in zip(items, rows["labels"], strict=True) if raw is None],
    )
    _refuse(path, "neither a headline nor a body", [i.id for i in items if not (i.headline + i.body).strip()])
    if topics is not None:
        unknown = Counter(label for item in items for label in item.labels if label not in topics)
        if unknown:
            named = ", ".join(f"{label} ({n} rows)" for label, n in unknown.most_common())
            raise BadInput(
                f"{path}: labels that the taxonomy does not have: {named}; it has {', '.join(topics)}; "
                "an article without a topic has the labels []",
                field="labels",
            )
    return _gold(items, path, split, rows)


def read_summaries(path: Path, split: str | None = None) -> Gold[SummaryItem]:
    """A summary set: body, summary, perhaps id; a file without `summary` has the headline as its target."""
    rows = read_dataset(path, split)
    target = next((name for name in ("summary", "headline") if name in rows.column_names), "summary or headline")

    def make(row: Mapping[str, Any]) -> SummaryItem:
        return SummaryItem(row["id"], _text(row["body"]), _text(row[target]))

    items = _items(path, rows, ("body", target), make)
    _refuse(path, "an empty body", [i.id for i in items if not i.body.strip()])
    # A reference of punctuation only has no token to recall: as empty as an empty one.
    _refuse(path, f"an empty {target}", [i.id for i in items if not re.search(r"[^\W_]", i.summary)])
    return _gold(items, path, split, rows)


def read_pages(path: Path, split: str | None = None) -> Gold[PageItem]:
    """A page set: text, articles in page order, perhaps id, each with headline, body, perhaps alt_headlines.

    Instead of articles it may have `roles`, see eval/page_gold.py.
    """

    def make(row: Mapping[str, Any]) -> PageItem:
        row = whole_page(row) if row.get("roles") is not None else row
        articles = row["articles"]
        if not isinstance(articles, list | None) or not all(isinstance(a, dict) for a in articles or ()):
            raise BadInput(f"{path}: articles of {row['id']} is not a list of articles", field="articles")
        return PageItem(
            row["id"],
            _text(row["text"]),
            tuple(
                GoldArticle(_text(a.get("headline")), _text(a.get("body")), tuple(a.get("alt_headlines") or ()))
                for a in articles or ()
            ),
        )

    rows = read_dataset(path, split)
    gold = "roles" if "roles" in rows.column_names and "articles" not in rows.column_names else "articles"
    items = _items(path, rows, ("text", gold), make)
    _refuse(path, "an empty text", [i.id for i in items if not i.text.strip()])
    _refuse(path, "no articles", [i.id for i in items if not i.articles])
    # An article without a headline is a fact of newspaper pages; one without text is a mistake of the gold.
    _refuse(path, "an article without body", [i.id for i in items if any(not a.body.strip() for a in i.articles)])
    return _gold(items, path, split, rows)


def _items(
    path: Path, rows: Dataset, columns: Sequence[str], make: Callable[[Mapping[str, Any]], Item]
) -> tuple[Item, ...]:
    missing = [name for name in columns if name not in rows.column_names]
    if missing:
        had = ", ".join(rows.column_names)
        raise BadInput(f"{path} lacks {', '.join(missing)}; it has {had} (docs/eval.md#data)", field=missing[0])
    if not len(rows):
        raise BadInput(f"{path} holds no rows")
    given = rows["id"] if "id" in rows.column_names else range(1, len(rows) + 1)
    empty = [n for n, row_id in enumerate(given, 1) if row_id is None or not str(row_id).strip()]
    if empty:
        raise BadInput(f"{path}: {len(empty)} rows have no id (rows {empty[:3]})", field="id")
    ids = [str(row_id) for row_id in given]
    twice = [row_id for row_id, n in Counter(ids).items() if n > 1]
    _refuse(path, "an id that another row has too", twice)
    for name in ("headline", "body", "summary", "text"):
        if name in rows.column_names:
            odd = [i for i, value in zip(ids, rows[name], strict=True) if not (value is None or isinstance(value, str))]
            _refuse(path, f"a {name} that is no text", odd)
    return tuple(make({**row, "id": row_id}) for row, row_id in zip(rows, ids, strict=True))


def _refuse(path: Path, what: str, ids: Sequence[str]) -> None:
    if ids:
        raise BadInput(f"{path}: {len(ids)} rows have {what}: {', '.join(ids[:3])}{' …' if len(ids) > 3 else ''}")


def _text(value: object) -> str:
    return "" if value is None else str(value)


def parse_labels(value: object) -> Iterable[str]:
    """A list as it is; in CSV a JSON list or names between | , ; or spaces."""
    if value is None:
        return ()
    if isinstance(value, str):
        found = json.loads(value) if value.lstrip().startswith("[") else re.split(r"[|,;\s]+", value)
        return [str(name) for name in found if name]
    if isinstance(value, Iterable):
        return [str(name) for name in value]
    raise BadInput(f"labels are a list, not {type(value).__name__}", field="labels")


def _gold(items: tuple[Item, ...], path: Path, split: str | None, rows: Dataset) -> Gold[Item]:
    digest = hashlib.sha256()
    for item in items:
        digest.update(
            json.dumps(asdict(item), ensure_ascii=False, sort_keys=True, default=sorted).encode(
                "utf-8", "surrogatepass"
            )
        )
        digest.update(b"\n")
    told = [name for name in ABOUT if name in rows.column_names]
    columns = [[_text(value) for value in rows[name]] for name in told]
    about = tuple(dict(zip(told, values, strict=True)) for values in zip(*columns, strict=True))
    numbered = "id" not in rows.column_names
    return Gold(items, path, split, digest.hexdigest(), about or ({},) * len(items), numbered)
