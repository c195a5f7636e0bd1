"""The learned floors: a linear head on TF-IDF of characters, or on a frozen encoder's vectors.

Both are one logistic regression a topic, whose threshold is chosen on the training rows by cross-fitting (five folds,
out-of-fold probabilities, best F1), so the rows that are measured choose nothing. Knows features and 0/1 labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from eval.metrics import Array
from eval.predictions import TopicOutput
from eval.sets import TopicItem

FOLDS = 5
SEED = 0
STRENGTH = {"tfidf": 20.0, "encoder": 1.0}
"""Inverse regularisation. Fixed beforehand, not tuned on anybody's development set."""


def read_text(item: TopicItem) -> str:
    """What the head reads of an article: headline, then body."""
    return f"{item.headline}\n{item.body}"


def tfidf(train: Sequence[TopicItem], test: Sequence[TopicItem], topics: Sequence[str]) -> list[TopicOutput]:
    """TF-IDF of characters 1 to 3 and logistic regression."""
    seen, asked = tfidf_features([read_text(item) for item in train], [read_text(item) for item in test])
    return fit_and_tag(seen, asked, train, topics, STRENGTH["tfidf"])


def tfidf_features(train: Sequence[str], test: Sequence[str]) -> tuple[Any, Any]:
    """Sparse TF-IDF rows of both, characters 1 to 3, fitted on the first."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True, dtype=np.float32)
    return vectors.fit_transform(train), vectors.transform(test)


def fit_and_tag(
    seen: Any, asked: Any, train: Sequence[TopicItem], topics: Sequence[str], strength: float
) -> list[TopicOutput]:
    """Fit one head a topic on the rows of `seen` and tag the rows of `asked`."""
    scores, labels = [], []
    for topic in topics:
        gold = np.array([topic in item.labels for item in train])
        # With fewer positives than folds nothing can be cross-fitted: the topic is never said.
        if min(gold.sum(), (~gold).sum()) < FOLDS:
            said = np.full(asked.shape[0], gold.mean())
            cut = 2.0
        else:
            cut = best_threshold(_cross_fit(seen, gold, strength), gold)
            said = head(strength).fit(seen, gold).predict_proba(asked)[:, 1]
        scores.append(said)
        labels.append(said >= cut)
    return [
        TopicOutput(
            frozenset(t for t, is_on in zip(topics, on, strict=True) if is_on),
            {t: round(float(s), 4) for t, s in zip(topics, row, strict=True)},
        )
        for row, on in zip(np.array(scores).T, np.array(labels).T, strict=True)
    ]


def best_threshold(scores: Array, gold: Any) -> float:
    """The threshold with the best F1, halfway to the next lower score so that rounding decides nothing."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(gold[order])
    f1 = 2 * hits / (np.arange(1, len(scores) + 1) + gold.sum())
    ranked = scores[order]
    f1[:-1][ranked[:-1] == ranked[1:]] = 0  # a threshold cannot part equal scores
    last = int(np.argmax(f1))
    below = ranked[last + 1] if last + 1 < len(ranked) else 0.0
    return float((ranked[last] + below) / 2)


def _cross_fit(seen: Any, gold: Any, strength: float) -> Array:
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    found: Array = cross_val_predict(head(strength), seen, gold, cv=folds, method="predict_proba")[:, 1]
    return found


def head(strength: float, *, multiclass: bool = False) -> Any:
    """A logistic regression; for more than two classes one against the rest."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    one = LogisticRegression(C=strength, solver="liblinear", random_state=SEED)
    return OneVsRestClassifier(one) if multiclass else one
