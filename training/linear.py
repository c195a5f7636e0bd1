"""Fit the linear part of the topics classifier (models/linear.py) with scikit-learn's logistic regression."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from models.article import Article
from models.linear import BUCKETS, LinearTopics, features
from training.calibration import Flags

STRENGTH = 10.0  # inverse regularisation; rare topics are balanced against the many rows without any


def fit_linear(
    articles: Sequence[Article], gold: Flags, strength: float = STRENGTH, idf: NDArray[np.float32] | None = None
) -> LinearTopics:
    """One balanced logistic regression a topic; a topic without positives gets a constant no.

    `idf` (buckets,) is taken from these articles, unless that of a bundle is given which the topic is added to.
    """
    buckets_of = BUCKETS if idf is None else len(idf)
    rows = [features(a, buckets_of) for a in articles]
    at = np.concatenate([b for b, _ in rows])
    if idf is None:
        counts = np.bincount(at, minlength=buckets_of)
        idf = (np.log((1 + len(rows)) / (1 + counts)) + 1).astype(np.float32)
    values = []
    for buckets, damped in rows:
        weighted = damped * idf[buckets]
        values.append(weighted / (float(np.sqrt((weighted**2).sum())) or 1.0))
    starts = np.cumsum([0, *(len(b) for b, _ in rows)])
    x = csr_matrix((np.concatenate(values), at, starts), shape=(len(rows), buckets_of))
    weights = np.zeros((buckets_of, gold.shape[1]), np.float32)
    bias = np.full(gold.shape[1], -5.0, np.float32)
    for t in range(gold.shape[1]):
        if 0 < gold[:, t].sum() < len(gold):
            model = LogisticRegression(C=strength, class_weight="balanced", max_iter=500).fit(x, gold[:, t])
            weights[:, t], bias[t] = model.coef_[0], model.intercept_[0]
    return LinearTopics(weights, idf, bias)
