"""`python -m training salience`: fit which numbers of a body its headline has (models/salience.py).

Labels come by themselves: a number of the body is in the headline or not. Owns the fit and the file.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from models.errors import BadInput
from models.quantities import numbers_of
from models.salience import FILE, FITTED_CHARS, features_of
from models.text import lead_offset
from training.loop import say
from training.sources import read_rows

STRENGTH = 0.1
"""Inverse regularisation: of 0.03, 0.1 and 0.3 it ranked the numbers of dev bodies best (area under ROC 0.938)."""
RARE = 1640
"""A feature of fewer than one number in so many is left out: the weights stay small, and what is rare is not learned by heart."""


def fit_salience(data: str, split: str = "", out: Path = FILE, rows: int = 100_000, least: int = 100) -> None:
    """Fit on at most `rows` articles of a file, spread over it, and write the weights of features seen `least` times.

    Of more numbers a feature must have more: one in `RARE`.
    """
    read = read_rows(data, split, need=["headline", "body"])
    articles = list(zip(read["headline"], read["body"], strict=True))
    if len(articles) > rows:
        articles = [articles[i * len(articles) // rows] for i in range(rows)]
    found: list[list[str]] = []
    kept: list[bool] = []
    for headline, body in articles:
        text = body[lead_offset(body) :][:FITTED_CHARS]
        wanted = numbers_of(headline)
        for start, end, features in features_of(text):
            found.append(features)
            kept.append(bool(wanted & numbers_of(text[start:end])))
    if len(set(kept)) < 2:
        raise BadInput(f"{data}: no headline has a number of its body, or every one; give more articles", field="data")
    least = max(least, len(found) // RARE)
    counts = Counter(f for features in found for f in set(features))
    names = sorted(f for f, n in counts.items() if n >= least)
    if not names:
        raise BadInput(f"{data}: nothing stands beside {least} numbers; give more articles", field="data")
    column = {name: i for i, name in enumerate(names)}
    cells = [sorted({column[f] for f in features if f in column}) for features in found]
    at = np.concatenate([np.array(c, np.int64) for c in cells])
    x = csr_matrix((np.ones(len(at)), at, np.cumsum([0, *map(len, cells)])), shape=(len(cells), len(names)))
    model = LogisticRegression(C=STRENGTH, solver="liblinear").fit(x, kept)
    weights = {"": round(float(model.intercept_[0]), 3)}
    weights |= {n: round(float(w), 2) for n, w in zip(names, model.coef_[0], strict=True) if abs(w) >= 0.02}
    told = json.dumps(weights, ensure_ascii=False, separators=(",", ":"))
    part = out.with_name(out.name + ".part")
    part.write_bytes(gzip.compress(told.encode(), 9, mtime=0))
    part.replace(out)
    share = f"{np.mean(kept):.3f} in the headline"
    say(f"{len(found):,} numbers of {len(articles):,} articles, {share}; {len(weights):,} weights in {out}")
