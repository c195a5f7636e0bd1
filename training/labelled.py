"""The labelled rows of a topics run: which are learned from, which are measured on, and what their labels mean.

Knows rows, labels and near-duplicates, no model. Every row that cannot be used is named (`training/rows.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from datasets import Dataset, List, Value

from eval.sets import parse_labels
from models.errors import BadInput
from models.topics import Taxonomy
from training.config import TopicsConfig
from training.corrections import split_corrections
from training.loop import say
from training.rows import BadRows, Check, Placed, Record, find_bad, named, text_reason
from training.sources import joined, labelled_by, read_rows, without_duplicates_of

UNLABELLED = "has no labels (none of the topics is []); corrections are exported with --task topics"


def with_corrections(
    config: TopicsConfig, taxonomy: Taxonomy, train: Dataset, dev: Dataset
) -> tuple[Dataset, Dataset | None]:
    """The training rows with the corrections that are learned from, and those that are held out (None without corrections)."""
    if not config.data.corrections:
        return train, None
    need = ["id", "headline", "body", "labels"]
    sets = [
        with_labels(
            read_rows(c, need=need, check=check_labels(c, taxonomy, config.label_map, body=None)),
            c,
            taxonomy,
            config.label_map,
        )
        for c in config.data.corrections
    ]
    rows = joined(sets, [*need, "editor"])
    found = split_corrections(rows, [dev, *protected_rows(config)], ", ".join(config.data.corrections))
    say(f"{len(found.learn)} corrections are learned from, {len(found.held_out)} held out, {found.dropped} near-duplicates "
        "left out")  # fmt: skip
    kept, near = without_duplicates_of(train, [found.held_out])
    say(f"{near} training rows repeat a held-out correction and are left out")
    return joined([kept, found.learn], [*need, "sure"]), found.held_out


def read_labelled(config: TopicsConfig, taxonomy: Taxonomy) -> tuple[Dataset, Dataset, int]:
    """Train and dev; near-duplicates of dev (and of `protected`) are left out of train. Unknown labels are refused."""
    need = ["headline", "body", "labels"]
    train, dev = (
        with_labels(read_rows(name, split, need=need, check=check_labels(name, taxonomy, config.label_map), unique=True),
                    name, taxonomy, config.label_map)
        for name, split in ((config.data.train, config.data.train_split), (config.data.dev, config.data.dev_split))
    )  # fmt: skip
    more = [
        with_labels(m, name, taxonomy, config.label_map)
        for m, name in zip(more_labelled(config, taxonomy), config.data.labels, strict=True)
    ]
    if more:
        train = joined([train, *more], ["id", *need, "sure"])
    train, dropped = without_duplicates_of(train, [dev, *protected_rows(config)])
    given = [set(labels) for labels in train["labels"]]
    for topic in taxonomy.names:
        positives = sum(topic in labels for labels in given)
        if not 0 < positives < len(given):
            told = f"{config.data.train}: {positives} of {len(given)} training rows have the label {topic!r}"
            raise BadInput(f"{told}; each topic needs rows with it and rows without it", field="labels")
    return train, dev, dropped


def protected_rows(config: TopicsConfig) -> list[Dataset]:
    """The further files whose near-duplicates are never trained on."""
    return [read_rows(p, need=["body"]) for p in config.data.protected]


def with_labels(rows: Dataset, name: str, taxonomy: Taxonomy, label_map: Sequence[str] = ()) -> Dataset:
    """The rows with their labels as lists, read as eval reads them (CSV: `a|b` or a JSON list); unknown ones are refused.

    `label_map` says what other names mean: "theirs=ours", "theirs=" for a label that is left out.
    """
    known_as = read_label_map(label_map, taxonomy)
    raw = list(rows["labels"])
    bad, _ = find_bad((Placed(name, f"row {i}", {"labels": r}) for i, r in enumerate(raw, 1)),
                      check_labels(name, taxonomy, label_map, body=False))  # fmt: skip
    if bad:
        raise BadRows(name, bad, len(raw))
    found = [[label for label in dict.fromkeys(known_as.get(x, x) for x in parse_labels(r)) if label] for r in raw]
    return rows.remove_columns("labels").add_column("labels", found, feature=List(Value("string")))


def check_labels(name: str, taxonomy: Taxonomy, label_map: Sequence[str] = (), body: bool | None = True) -> Check:
    """The reason why a row cannot be trained on: no labels, no list, an unknown one; texts of another type, an empty body.

    `body`: a row must have one; False: only if there is such a column; None: a correction may be of a headline alone.
    """
    known_as = read_label_map(label_map, taxonomy)
    empty_means_none = name.endswith(".csv") or any(Path(name).glob("*.csv"))
    known = f"known are {', '.join(taxonomy.names)}; label_map can say what another name means"

    def reason(row: Record) -> str | None:
        if said := text_reason(row, ("headline", "body")):
            return said
        if (body or (body is False and "body" in row)) and not (row.get("body") or "").strip():
            return "the body is empty"
        if row.get("sure") not in (None, True, False):
            return f"sure is {named(row['sure'])}, not true or false"
        return label_reason(row.get("labels"))

    def label_reason(raw: object) -> str | None:
        if raw is None:
            return None if empty_means_none else UNLABELLED
        if not isinstance(raw, str | list):
            return f"the labels are {named(raw)}, no list"
        try:
            given = {known_as.get(label, label) for label in parse_labels(raw)}
        except ValueError as e:
            return f"the labels {raw!r} are no list ({e})"
        unknown = sorted(given - {*taxonomy.names, ""})
        return f"unknown label {unknown[0]!r}; {known}" if unknown else None

    return reason


def read_label_map(pairs: Sequence[str], taxonomy: Taxonomy) -> dict[str, str]:
    """The config's "theirs=ours"; raises BadInput for an entry of another form or a name that is no topic."""
    out = {}
    for pair in pairs:
        theirs, equals, ours = (part.strip() for part in pair.partition("="))
        if not theirs or not equals or (ours and ours not in taxonomy.names):
            known = ", ".join(taxonomy.names)
            raise BadInput(
                f"label_map: {pair!r} must be 'theirs=ours' with one of {known}, or 'theirs='", field="label_map"
            )
        out[theirs] = ours
    return out


def more_labelled(config: TopicsConfig, taxonomy: Taxonomy) -> list[Dataset]:
    """Rows of the unlabelled files that `data.labels` labels."""
    if not config.data.labels:
        return []
    rows = unlabelled_texts(config, "labels")
    return [
        labelled_by(rows, path, check_labels(path, taxonomy, config.label_map, body=False))
        for path in config.data.labels
    ]


def unlabelled_texts(config: TopicsConfig, wanted_by: str) -> Dataset:
    """Rows of the unlabelled files; raises BadInput when the option `wanted_by` names rows of them and there are none."""
    if not config.data.unlabelled:
        told = f"data.{wanted_by} names rows of data.unlabelled, which is empty: set {wanted_by} = [] or give the files"
        raise BadInput(told, field=wanted_by)
    return joined([read_rows(u) for u in config.data.unlabelled], ["id", "headline", "body"])


def learn_only(config: TopicsConfig, taxonomy: Taxonomy, protected: Sequence[Dataset]) -> Dataset | None:
    """Rows of `data.learn_only`, without near-duplicates of `protected`: every fold learns from them, none is measured on.

    They are not drawn as the newspaper is (rows that a model was unsure of, articles that were invented), so thresholds
    and calibration must not see them.
    """
    sets = []
    for path in config.data.learn_only:
        check = check_labels(path, taxonomy, config.label_map, body=False)
        rows = read_rows(path, need=["id", "labels"], check=check, unique=True)
        if "body" not in rows.column_names:
            rows = labelled_by(unlabelled_texts(config, "learn_only"), path, check)
        sets.append(with_labels(rows, path, taxonomy, config.label_map))
    if not sets:
        return None
    columns = ["id", "headline", "body", "labels", "sure"]
    rows, dropped = without_duplicates_of(joined(sets, columns), protected)
    say(f"{len(rows)} further rows are learned from only ({dropped} near-duplicates left out)")
    return rows
