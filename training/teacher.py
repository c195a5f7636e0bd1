"""Sequence-level distillation: a share of the pairs has what a teacher writes as its target instead of what an editor wrote.

Owns the teacher's beams and the file that keeps them, `RUN/teacher.jsonl`, a line an article, so that a stopped run does not
ask twice. What the teacher says wrongly of an article (models/faithfulness.py) is not learned: that row keeps its own target.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset

from models.bundle import MANIFEST
from models.decoding import BeamSettings
from models.errors import BadInput
from models.faithfulness import checks
from models.rendering import in_the_sources_case, joined, set_in_chinese
from models.seq2seq_marks import SeqMarks, banned_tokens
from models.text import lead_offset
from training.bases import read_summarizer
from training.batching import padded
from training.config import SummariesConfig
from training.hub import check_place
from training.loop import duration, pick_device, say
from training.pairs import read_sources, shortened
from training.seq2seq import has_copy_head, read_seq2seq, tell_marks
from training.sources import fingerprint

FILE = "teacher.jsonl"
CHUNK = 64  # articles between two writes
LONGEST = 512  # tokens that a folder which is no run of ours reads


class Teacher:
    """A finished run, a bundle, or a folder of a BART, T5 or mT5 that sums up. Raises BadInput for anything else."""

    def __init__(self, name: str, most: int) -> None:
        check_place(name, "teacher")
        found = read_summarizer(name) or read_seq2seq(name)
        if found is None:
            raise BadInput(
                f"the teacher {name} is no finished summaries run, no bundle and no BART, T5 or mT5", field="teacher"
            )
        self.model, self.tokenizer = found
        self.model.to(pick_device()).eval()
        self.longest = _longest(Path(name), self.model)
        self.beam = BeamSettings(max_tokens=most)
        self.marks: SeqMarks = tell_marks(self.model, self.tokenizer)
        self.banned = [[t] for t in sorted(banned_tokens(self.marks, self.tokenizer, own=True))]

    @torch.no_grad()
    def write(self, bodies: Sequence[str]) -> list[str | None]:
        """The best beam of each body as text; None where it does not keep to the article."""
        read = [shortened(ids, self.longest) for ids in read_sources(bodies, self.tokenizer)]
        order = sorted(range(len(read)), key=lambda i: len(read[i]))
        out: list[str | None] = [None] * len(bodies)
        size = CHUNK if pick_device().type == "cuda" else 8
        for start in range(0, len(order), size):
            part = order[start : start + size]
            for i, ids in zip(part, self._beams([read[i] for i in part]), strict=True):
                source = bodies[i][lead_offset(bodies[i]) :]
                text = self._text(ids, source)
                out[i] = text if checks(text, source)["ok"] else None
        return out

    def _beams(self, sources: list[list[int]]) -> list[list[int]]:
        ids = padded(sources, self.marks.pad).to(next(self.model.parameters()).device)
        more = {"source_ids": ids} if has_copy_head(self.model) else {}
        made = self.model.generate(
            input_ids=ids, attention_mask=(ids != self.marks.pad).long(), num_beams=self.beam.beams, do_sample=False,
            decoder_start_token_id=self.marks.start, max_new_tokens=self.beam.max_tokens,
            min_new_tokens=self.beam.min_tokens, no_repeat_ngram_size=self.beam.no_repeat, bad_words_ids=self.banned, **more,
        )  # fmt: skip
        rows: list[list[int]] = made.tolist()
        return [row[1 : row.index(self.marks.end, 1)] if self.marks.end in row[1:] else row[1:] for row in rows]

    def _text(self, ids: list[int], source: str) -> str:
        pieces = [self.tokenizer.id_to_token(i) or "" for i in ids]
        text = set_in_chinese(joined(pieces, words=self.marks.words))
        return in_the_sources_case(text, source) if self.marks.words else text


def _longest(path: Path, model: Any) -> int:
    if (path / MANIFEST).is_file():
        return int(json.loads((path / MANIFEST).read_text("utf-8"))["lengths"]["max_source_tokens"])
    if (path / "record.json").is_file():
        return int(json.loads((path / "config.json").read_text("utf-8"))["data"]["max_source_tokens"])
    return min(LONGEST, getattr(model.config, "max_position_embeddings", LONGEST))


def check_teacher(config: SummariesConfig, run: Path) -> None:
    """Raises BadInput, before rows are read, when the teacher is neither here nor to be had and has not written all yet."""
    if config.teacher and not _has_all(run / FILE):
        check_place(config.teacher, "teacher")


def _has_all(path: Path) -> bool:
    """Whether the file has as many whole lines as its first one says that targets were wanted."""
    head, *done = _lines(path) or [{}]
    return len(done) == head.get("rows")


def with_taught(train: Dataset, config: SummariesConfig, run: Path) -> tuple[Dataset, int]:
    """The rows with the teacher's targets in `teacher_share` of them, chosen by the seed; and how many it changed."""
    if not 0 < config.teacher_share <= 1:
        raise BadInput(f"teacher_share must be over 0 and at most 1, not {config.teacher_share}", field="teacher_share")
    order = np.random.default_rng(config.train.seed).permutation(len(train))
    rows = sorted(order[: max(1, round(config.teacher_share * len(train)))].tolist())
    taught = _ask(config, [str(b) for b in train.select(rows)["body"]], run / FILE, fingerprint(train))
    targets = [str(t) for t in train["target"]]
    for row, text in zip(rows, taught, strict=True):
        targets[row] = text or targets[row]
    return train.remove_columns("target").add_column("target", targets), sum(t is not None for t in taught)


def _ask(config: SummariesConfig, bodies: list[str], path: Path, data: str) -> list[str | None]:
    """What the teacher wrote for each body; what the file has is not asked again."""
    head = {"teacher": config.teacher, "data": data, "rows": len(bodies)}
    done = _kept(path, head, len(bodies))
    if len(done) < len(bodies):
        teacher = Teacher(config.teacher, config.data.max_target_tokens)
        say(f"the teacher writes {len(bodies) - len(done)} of {len(bodies)} targets")
        began, before = time.monotonic(), len(done)
        _write(path, [head, *({"target": t} for t in done)], "w")
        while len(done) < len(bodies):
            new = teacher.write(bodies[len(done) : len(done) + CHUNK])
            _write(path, [{"target": t} for t in new], "a")
            done += new
            if len(done) % (CHUNK * 10) == 0 or len(done) == len(bodies):
                left = (time.monotonic() - began) / (len(done) - before) * (len(bodies) - len(done))
                say(f"teacher {len(done)}/{len(bodies)}  {duration(left)} left")
    return done


def _kept(path: Path, head: dict[str, Any], most: int) -> list[str | None]:
    """The targets, of `most`, of a file that begins with `head`, without a line that a kill cut short and what follows it.

    Whole chunks only, unless it has all: what stands in a batch together would differ from an uninterrupted run.
    """
    lines = _lines(path)
    if not lines:
        return []
    if lines[0] != head:
        raise BadInput(
            f"{path} is of another teacher or other rows: delete it, or choose another --out", field="teacher"
        )
    found = [line["target"] for line in lines[1:]]
    return found if len(found) == most else found[: len(found) // CHUNK * CHUNK]


def _lines(path: Path) -> list[dict[str, Any]]:
    """The lines of the file, to the first that a kill cut short; none where there is no file."""
    lines: list[dict[str, Any]] = []
    for line in path.read_text("utf-8").split("\n") if path.exists() else ():
        try:
            lines.append(json.loads(line))
        except ValueError:
            break
    return lines


def _write(path: Path, lines: Sequence[dict[str, Any]], mode: str) -> None:
    with path.open(mode, encoding="utf-8") as out:
        out.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
