"""Configs: a TOML file is a short difference against visible defaults. Unknown keys are refused by name.

`TopicsConfig` and `SummariesConfig` are the whole set of options; what changes an experiment lives here and nowhere
else.
"""

from __future__ import annotations

import dataclasses
import math
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from models.errors import BadInput
from models.windows import SMALLEST
from training.loop import LoopSettings


@dataclass(frozen=True, slots=True)
class BaseSettings:
    """Where the weights start. `model` is a folder or a hub name; layers count from 0; no layers keeps them all."""

    model: str = ""
    encoder_layers: tuple[int, ...] = ()
    decoder_layers: tuple[int, ...] = ()
    vocabulary: int = 0  # pieces kept of a Unigram vocabulary; 0 keeps all
    dropout: float = 0.0
    notice: str = ""  # what a bundle says of the base and its licence; empty: "Weights derive from <model>."


@dataclass(frozen=True, slots=True)
class DataSettings:
    """What is read. A relative path counts from the working directory."""

    train: str = ""
    train_split: str = ""
    dev: str = ""
    dev_split: str = ""
    protected: tuple[str, ...] = ()  # further files whose near-duplicates are never trained on
    protected_splits: tuple[str, ...] = ()  # splits of the train file, likewise
    unlabelled: tuple[str, ...] = ()  # text for counting the vocabulary, for `labels` and for distillation
    labels: tuple[str, ...] = ()  # topics: files of id and labels, without text, for rows of `unlabelled`
    learn_only: tuple[
        str, ...
    ] = ()  # topics: rows, or labels of `unlabelled`, that are learned from and never measured on
    corrections: tuple[str, ...] = ()  # topics: what editors corrected; one in five is held out to tell what it bought
    max_source_tokens: int = 256
    max_target_tokens: int = 48
    early_source_tokens: int = 0  # summaries: sources are no longer than this before `early_steps`, which is cheaper
    early_steps: int = 0
    numbered_repeats: int = (
        1  # summaries: a pair whose summary shows a number of its body is seen so many times an epoch
    )
    more: tuple[str, ...] = ()  # summaries: files of further pairs, or of gold pages, that are learned from
    more_repeats: int = 1  # such a pair is seen so many times an epoch
    briefs: tuple[str, ...] = ()  # summaries: files of briefs for rows of `train`, or with bodies of their own
    brief_dev: tuple[str, ...] = ()  # summaries: briefs that are only measured on, for rows of `train` or of `dev`
    brief_every: int = 0  # summaries: one batch in so many is of briefs
    brief_tokens: int = 80  # summaries: a brief has no more
    batch: int = 48


@dataclass(frozen=True, slots=True)
class SummariesConfig:
    """A summarizer run."""

    name: str = "summaries"
    base: BaseSettings = field(default_factory=BaseSettings)
    data: DataSettings = field(default_factory=DataSettings)
    train: LoopSettings = field(default_factory=LoopSettings)
    adapter_rank: int = (
        0  # not 0: briefs are learned as a change of this rank of a finished run or bundle, headlines stay
    )
    evaluate_on: int = 300  # dev articles that each evaluation summarises
    headline_chars: int = 30  # a headline's characters at most; a longer candidate gives way to the next
    teacher: str = ""  # run, bundle or folder whose summaries of training bodies are learned from
    teacher_share: float = 0.5  # of the pairs have the teacher's summary as their target, the others their own


@dataclass(frozen=True, slots=True)
class TopicsConfig:
    """A topics run."""

    name: str = "topics"
    base: BaseSettings = field(default_factory=BaseSettings)
    data: DataSettings = field(default_factory=DataSettings)
    train: LoopSettings = field(default_factory=LoopSettings)
    epochs: float = 4.0  # instead of train.steps, so that folds and the whole see their rows equally often
    masked_steps: int = 0  # of masked-language pretraining on `data.unlabelled` before the labels; 0: none
    mask_share: float = 0.1  # of the tokens are hidden while training: a cheap regulariser
    fading: float = 1.0  # window i of an article, from 1, counts 1 / i**fading
    folds: int = 5  # of the cross-fitting that chooses calibration and thresholds
    teacher: str = ""  # run folder of a teacher whose soft labels on `data.unlabelled` are learned from
    teacher_weight: float = 1.0
    soft_rows: int = 20_000  # rows of `data.unlabelled` that the teacher labels, at most
    unsure_weight: float = 1.0  # weight of rows whose label the annotator marked as unsure
    unsure_given: float = 1.0  # what is learned of such a row: the probability of a topic that it was given,
    unsure_other: float = 0.0  # and of one that it was not
    method: str = "full"  # full | lora | frozen: what of the encoder is trained
    lora_rank: int = 8  # of the low-rank change of each matrix
    lora_alpha: int = 16  # the change counts alpha / rank times
    patience: int = 0  # evaluations without a lower loss on rows that are kept out, after which a run ends; 0: never
    hold_out: float = 0.1  # share of the training rows that is kept out for that
    seeds: int = 1  # runs with seeds of their own, for a table of mean and spread; the first is the run
    data_seed: int = (
        -1
    )  # deals folds and vocabulary, begins the head; -1: train.seed does. Runs that share it can be averaged
    mean_of: tuple[str, ...] = ()  # finished runs whose mean this one is instead of learning (`--mean-of`)
    label_map: tuple[str, ...] = ()  # "theirs=ours": labels of the files by other names; "theirs=" drops one

    @property
    def begins(self) -> int:
        """The seed of what a run begins with: folds, vocabulary, the head's first weights."""
        return self.train.seed if self.data_seed < 0 else self.data_seed


METHODS = ("full", "lora", "frozen")
LEAST = {"batch": 1, "steps": 1, "evaluate_every": 1, "folds": 2, "max_source_tokens": SMALLEST, "max_target_tokens": 2,
         "evaluate_on": 1, "epochs": 0, "learning_rate": 0, "vocabulary": 0, "accumulate": 1, "lora_rank": 1, "patience": 0,
         "hold_out": 0, "seeds": 1, "data_seed": -1, "masked_steps": 0, "fading": 0, "headline_chars": 8,
         "adapter_rank": 0, "brief_every": 0, "brief_tokens": 2, "numbered_repeats": 1, "more_repeats": 1}  # fmt: skip

T = TypeVar("T", SummariesConfig, TopicsConfig)


def read_config(path: Path, kind: type[T]) -> T:
    """The config of a TOML file; raises BadInput that names an unknown key or a value of the wrong type."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as e:
        raise BadInput(f"no config file {path}", field="config") from e
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise BadInput(f"{path} is not TOML: {e}", field="config") from e
    except OSError as e:
        raise BadInput(f"the config {path} cannot be read: {e.strerror}", field="config") from e
    return build_config(kind, data, str(path))


def build_config(kind: type[T], data: dict[str, Any], where: str) -> T:
    """The config of such a table; raises BadInput as `read_config` does."""
    built: T = _build(kind, data, where)
    check_config(built, where)
    return built


def check_config(config: Any, where: str) -> None:
    """Raises BadInput that names a number which cannot work."""
    tables = [("", config), *((f"[{n}] ", getattr(config, n)) for n in ("base", "data", "train"))]
    for table, part in tables:
        for name, least in LEAST.items():
            value = getattr(part, name, least)
            if not least <= value < math.inf:
                raise BadInput(f"{where}: {table}{name} must be at least {least}, not {value}", field=name)
    if getattr(config, "method", "full") not in METHODS:
        raise BadInput(f"{where}: method must be {', '.join(METHODS)}, not {config.method!r}", field="method")
    for name, low, high in (("unsure_given", 0.5, 1.0), ("unsure_other", 0.0, 0.49)):
        if not low <= (value := getattr(config, name, low)) <= high:
            raise BadInput(f"{where}: {name} must be between {low} and {high}, not {value}", field=name)
    if getattr(config, "patience", 0) and not 0 < config.hold_out < 1:
        raise BadInput(f"{where}: patience needs a hold_out between 0 and 1, not {config.hold_out}", field="hold_out")


def _build(kind: type[Any], data: Any, where: str) -> Any:
    if not isinstance(data, dict):
        raise BadInput(f"{where} must be a table of keys, not {data!r}", field=where.rpartition("[")[2].strip("]"))
    known = {f.name: f for f in dataclasses.fields(kind)}
    unknown = sorted(set(data) - set(known))
    if unknown:
        raise BadInput(f"{where}: unknown key {unknown[0]!r}; known are {', '.join(known)}", field=unknown[0])
    values: dict[str, Any] = {}
    for name, value in data.items():
        default = known[name].default
        if default is dataclasses.MISSING:
            table: Any = known[name].default_factory
            values[name] = _build(table, value, f"{where} [{name}]")
        elif isinstance(default, tuple):
            values[name] = _list(known[name], value, where)
        elif isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
            values[name] = float(value)
        elif type(value) is not type(default):
            raise BadInput(f"{where}: {name} must be {type(default).__name__}, not {value!r}", field=name)
        else:
            values[name] = value
    return kind(**values)


def _list(field: dataclasses.Field[Any], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise BadInput(f"{where}: {field.name} must be a list", field=field.name)
    wanted = int if str(field.type).startswith("tuple[int") else str
    odd = [v for v in value if type(v) is not wanted]
    if odd:
        raise BadInput(f"{where}: {field.name} must be a list of {wanted.__name__}, not {odd[0]!r}", field=field.name)
    return tuple(value)
