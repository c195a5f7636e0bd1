"""Learning from a teacher: a finished topics run's probabilities on unlabelled text become soft targets.

Owns reading a run back as a model and choosing the rows. Near-duplicates of the measured and of the labelled rows are left
out: the first would leak what is measured, the second would hand a fold the labels that it is not to see. For the same reason
a fold learns from the teacher's same fold, where both have the same folds. What is left: the texts are chosen by the linear part
of the whole teacher, and its calibration (three numbers a topic) was fitted on all rows.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from datasets import Dataset
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoModel

from models.decision import Decision
from models.errors import BadInput
from models.linear import LinearTopics
from models.topic_encoder import TopicEncoder
from models.windows import WindowSettings
from training.calibration import Floats, probabilities
from training.record import ENCODER
from training.sources import joined, read_rows, without_duplicates_of
from training.topic_examples import kept_window_settings


@dataclass(frozen=True, slots=True)
class Teacher:
    """A finished topics run. `settings` say how it cuts articles, and what each window counts in its decisions."""

    model: TopicEncoder
    tokenizer: Tokenizer
    linear: LinearTopics
    decisions: list[Decision]
    settings: WindowSettings

    def probabilities(self, logits: Floats, linear: Floats) -> Floats:
        """Calibrated probabilities (n, T)."""
        return probabilities(logits, linear, self.decisions)


CANDIDATES = 8
"""Rows of text that are looked at for each one that a teacher labels."""


def open_teacher(run: Path, topics: int, fold: int | None = None) -> Teacher:
    """Read a run back, or the model of one of its folds; raises BadInput when it is not finished or knows other topics."""
    part = run if fold is None else run / f"fold{fold}"
    try:
        config = json.loads((run / "config.json").read_text("utf-8"))
        decisions = json.loads((run / "decisions.json").read_text("utf-8"))["topics"]
        tokenizer = Tokenizer.from_file(str(run / "tokenizer.json"))
        encoder = AutoModel.from_config(AutoConfig.from_pretrained(run / ENCODER))
        state = torch.load(part / "model.pt", map_location="cpu", weights_only=True)
        parts = np.load(part / "linear.npz")
    except FileNotFoundError as e:
        raise BadInput(f"the teacher {run} is no finished topics run: {e.filename} is missing", field="teacher") from e
    if len(decisions) != topics:
        raise BadInput(f"the teacher {run} knows {len(decisions)} topics, the taxonomy {topics}", field="teacher")
    model = TopicEncoder(encoder.float(), topics)  # a base in half precision says so in its config
    missing, unknown = model.load_state_dict({k: v.float() for k, v in state.items()}, strict=False)
    if unknown or any("pooler" not in k for k in missing):  # AutoModel adds a pooler that nothing reads
        raise BadInput(f"the teacher {run}: model.pt and {ENCODER}/ do not belong together", field="teacher")
    linear = LinearTopics(parts["weights"], parts["idf"], parts["bias"])
    return Teacher(model, tokenizer, linear, [Decision(**d) for d in decisions], kept_window_settings(config))


def unlabelled_rows(files: Sequence[str], protected: Sequence[Dataset], most: int, seed: int) -> Dataset:
    """At most `most` rows of the unlabelled files, near-duplicates of the protected sets left out."""
    if not files:
        raise BadInput("a teacher and masked_steps need text without labels: set data.unlabelled", field="unlabelled")
    rows = joined([read_rows(f, need=["headline", "body"]) for f in files], ["headline", "body"])
    rows = rows.shuffle(seed=seed).select(range(min(len(rows), 2 * most)))
    kept, _ = without_duplicates_of(rows, protected)
    if not len(kept):
        raise BadInput(
            "every row of data.unlabelled repeats a labelled or a measured one: give other text", field="unlabelled"
        )
    return kept.select(range(min(most, len(kept))))


def same_folds(teacher: Path, folds: Sequence[int], rows: str) -> bool:
    """Whether the teacher's folds are these of these rows (fingerprint), their models were kept, and no teacher of its own had
    seen them whole: only then does no fold hear of its own labels.
    """
    kept, record = teacher / "folds.json", json.loads((teacher / "record.json").read_text("utf-8"))
    taught = json.loads((teacher / "config.json").read_text("utf-8")).get("teacher")
    if (
        (taught and not record.get("teacher_folds_apart"))
        or record.get("rows_fingerprint") != rows
        or not kept.exists()
    ):
        return False
    models = (teacher / f"fold{fold}" / name for fold in set(folds) for name in ("model.pt", "linear.npz"))
    return json.loads(kept.read_text("utf-8")) == list(folds) and all(m.exists() for m in models)


def worth_labelling(scores: Floats, most: int) -> list[int]:
    """At most `most` of the rows that have these scores (n, T): half are the likeliest of each topic, half any.

    Drawn at random alone, nineteen of twenty rows of a newspaper would teach that there is no topic. The rows are in random
    order already; the answer is sorted.
    """
    chosen: dict[int, None] = {}
    ranked = np.argsort(-scores, axis=0, kind="stable")
    for place in range(len(scores)):
        for topic in range(scores.shape[1]):
            if len(chosen) >= min(most // 2, len(scores)):
                break
            chosen[int(ranked[place, topic])] = None
    for row in range(len(scores)):
        if len(chosen) >= most:
            break
        chosen[row] = None
    return sorted(chosen)
