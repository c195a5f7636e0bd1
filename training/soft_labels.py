"""A teacher's soft labels: made by asking it, kept as a file, read back as examples to learn from.

The file alone may be the teacher: weights of a large model need not travel for a small one to be trained again. It holds no
text, only what each text is known by.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from datasets import Dataset
from tokenizers import Tokenizer

from models.article import Article
from models.errors import BadInput
from models.topics import read_taxonomy
from training.calibration import Floats
from training.config import TopicsConfig
from training.distill import CANDIDATES, open_teacher, same_folds, unlabelled_rows, worth_labelling
from training.duplicates import near_duplicates
from training.loop import say
from training.processes import is_main
from training.record import update_record
from training.sources import joined, read_rows
from training.topic_examples import Examples, articles_of, cut, first_windows, predict_articles

FILE = "soft.npz"


@dataclass(frozen=True, slots=True)
class SoftLabels:
    """Digests of n texts, and probabilities (F + 1, n, T) for them: one set for each fold of a student, the last for its whole.

    `folds` has the fold of each labelled row, `rows` the fingerprint of these rows, where each set is of a teacher that had not
    seen the fold either; empty where the whole teacher gave every set.
    """

    texts: list[str]
    targets: Floats
    folds: list[int]
    rows: str = ""


def digest_of(article: Article) -> str:
    """What a text is known by: 12 hexadecimal digits over headline and body."""
    return hashlib.blake2b(
        f"{article.headline}\n{article.body}".encode("utf-8", "surrogatepass"), digest_size=6
    ).hexdigest()


def write_soft_labels(path: Path, soft: SoftLabels) -> None:
    """`texts` (n, 12 bytes), `targets` (half precision), `folds` and `rows` in one compressed .npz."""
    part = path.with_name("part." + path.name)
    texts, folds = np.array(soft.texts, "S12"), np.array(soft.folds, np.int16)
    np.savez_compressed(
        part, texts=texts, targets=soft.targets.astype(np.float16), folds=folds, rows=np.array(soft.rows)
    )
    part.replace(path)


def read_soft_labels(path: Path, topics: int) -> SoftLabels:
    """Raises BadInput when it is missing, damaged or of other topics."""
    try:
        with path.open("rb") as file, np.load(file) as found:
            texts, targets, folds, rows = (found[name] for name in ("texts", "targets", "folds", "rows"))
    except FileNotFoundError as e:
        raise BadInput(f"no file of soft labels {path}", field="teacher") from e
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as e:
        raise BadInput(f"{path} is no whole file of soft labels: {e}", field="teacher") from e
    if targets.ndim != 3 or targets.shape[1:] != (len(texts), topics):
        raise BadInput(
            f"{path} has labels of shape {targets.shape} for {len(texts)} texts and {topics} topics", field="teacher"
        )
    return SoftLabels([t.decode() for t in texts], targets.astype(np.float64), folds.tolist(), str(rows))


def soft_examples(
    config: TopicsConfig, tokenizer: Tokenizer, protected: Sequence[Dataset], folds: Sequence[int], rows: str, run: Path
) -> list[Examples]:
    """What each fold, and last the whole, learns from a teacher: its probabilities on `data.unlabelled` as targets.

    `rows` is the fingerprint of the labelled rows that `folds` deals out. Kept in RUN/soft.npz, so that a resumed run has the
    same. Texts that are near-duplicates of the protected rows are left out.
    """
    topics, kept = len(read_taxonomy().names), run / FILE
    if (run / "soft.npy").exists() and any(run.glob("fold[0-9]*")):
        raise BadInput(
            f"{run} began when one teacher answered every fold; choose another --out or delete it", field="out"
        )
    if not kept.exists():
        given = Path(config.teacher)
        soft = (
            read_soft_labels(given, topics) if given.suffix == ".npz" else ask_teacher(config, protected, folds, rows)
        )
        write_soft_labels(kept, soft)
    soft = read_soft_labels(kept, topics)
    articles, found = texts_of(config, soft, protected)
    apart = (soft.rows, soft.folds) == (rows, list(folds)) and len(soft.targets) == config.folds + 1
    if is_main():
        update_record(run, soft_rows=len(found), teacher_folds_apart=apart)
    if not apart:
        say(
            "the teacher's folds are others or were not kept: cross-fitted figures are flattered, since it saw every labelled row"
        )
    ids = first_windows(articles, tokenizer, config.data.max_source_tokens)
    weights = np.full(len(ids), config.teacher_weight)
    sets = soft.targets if apart else [soft.targets[-1]] * (config.folds + 1)
    return [Examples([[first] for first in ids], targets[found], weights) for targets in sets]


def texts_of(config: TopicsConfig, soft: SoftLabels, protected: Sequence[Dataset]) -> tuple[list[Article], list[int]]:
    """The labelled texts out of `data.unlabelled`, and which of the labels are theirs, in the order of the labels.

    Raises BadInput when one is not there: it would be lost without a word.
    """
    if not config.data.unlabelled:
        raise BadInput("a teacher needs the texts that it labelled: set data.unlabelled", field="unlabelled")
    rows = joined([read_rows(f, need=["headline", "body"]) for f in config.data.unlabelled], ["headline", "body"])
    known = {digest_of(a): a for a in articles_of(rows)}
    if missing := sum(text not in known for text in soft.texts):
        raise BadInput(
            f"{missing} of {len(soft.texts)} texts that the teacher labelled do not stand in data.unlabelled",
            field="teacher",
        )
    articles = [known[text] for text in soft.texts]
    apart = [str(body or "") for rows in protected for body in rows["body"]]
    bad = set(near_duplicates([a.body for a in articles], apart))
    found = [i for i in range(len(articles)) if i not in bad]
    if not found:
        raise BadInput("every text that the teacher labelled repeats a labelled or a measured row", field="teacher")
    return [articles[i] for i in found], found


def ask_teacher(config: TopicsConfig, protected: Sequence[Dataset], folds: Sequence[int], rows: str) -> SoftLabels:
    """Have the teacher label what is worth it; for each fold by its own fold models where the folds are the same."""
    path, topics = Path(config.teacher), len(read_taxonomy().names)
    whole = open_teacher(path, topics)
    text = unlabelled_rows(config.data.unlabelled, protected, CANDIDATES * config.soft_rows, config.train.seed)
    articles = articles_of(text)
    chosen = worth_labelling(whole.linear.score(articles).astype(np.float64), config.soft_rows)
    articles = [articles[i] for i in chosen]
    apart = same_folds(path, folds, rows)
    targets = []
    for fold in [*range(config.folds), None] if apart else [None]:
        say(
            f"the teacher labels {len(articles)} texts " + ("for the whole" if fold is None else f"for fold {fold + 1}")
        )
        teacher = whole if fold is None else open_teacher(path, topics, fold)
        logits = predict_articles(
            teacher.model, cut(articles, teacher.tokenizer, teacher.settings), teacher.settings
        ).logits
        targets.append(teacher.probabilities(logits, teacher.linear.score(articles).astype(np.float64)))
    sets = np.stack(targets if apart else targets * (config.folds + 1))
    return SoftLabels([digest_of(a) for a in articles], sets, list(folds) if apart else [], rows if apart else "")
