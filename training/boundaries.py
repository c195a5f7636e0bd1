"""Fit the weights of models/page_boundaries.py on pages whose gold blocks say which heads open articles."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from models.errors import BadInput
from models.page_boundaries import FILE, Surroundings, features, opens_article, read_weights
from models.page_lines import Line
from models.pages import split_page_by_rules
from training.loop import say

PULL = 20.0
"""How strongly a weight is held to what an editor would expect, in squared units for all heads together."""
EXPECTED = {
    "bias": 1.0, "several_lines": 0.8, "length": 1.4, "halves": 1.6, "tag": 2.4, "kicker": 2.2, "dash": 2.6,
    "numbered": -3.0, "question": -0.7, "digits": 0.3, "article_short": 0.8, "article_long": -0.8, "sections": -1.4,
    "closed": 4.0, "wide_gap": 1.5, "indented": -2.5, "not_indented": 0.5, "cohesion": -2.0, "title_cohesion": -2.0,
    "echo": 1.0, "named": -0.6, "next_short": 0.3,
}  # fmt: skip
"""The weights before any page was seen; made pages alone would teach the habits of their maker."""


def fit_boundaries(sets: Sequence[Path], out: Path = FILE, rounds: int = 3) -> dict[str, float]:
    """Fit on every head of the pages that a byline does not settle, and write the weights.

    What a head sees around it depends on the decisions before it, so the features are read anew with the weights of the
    round before. Raises BadInput when the pages have no such heads of both kinds.
    """
    gold = [json.loads(line) for path in sets for line in path.read_text("utf-8").splitlines()]
    weights: dict[str, float] = {}
    for turn in range(rounds):
        rows, labels = read_examples(gold)
        if len(set(labels)) < 2:
            raise BadInput("the pages hold no heads of both kinds: openings and section heads", field="data")
        names = list(rows[0])
        x = np.array([[row[n] for n in names] for row in rows])
        found = _fit(x, np.array(labels, dtype=np.float64), np.array([EXPECTED[n] for n in names]))
        weights = {n: round(float(w), 3) for n, w in zip(names, found, strict=True)}
        right = float(((x @ found > 0) == (np.array(labels) > 0)).mean())
        say(f"round {turn + 1}: {len(labels)} heads, {sum(labels)} of them openings, {right:.3f} right")
        out.write_text(json.dumps({"weights": weights}, indent=1) + "\n", "utf-8")
        read_weights.cache_clear()
    return weights


def _fit(x: NDArray[np.float64], y: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """The most probable weights under a Gaussian round `expected`."""

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        z = x @ w
        off = w - expected
        value = float(np.logaddexp(0, z).sum() - y @ z + PULL / 2 * off @ off)
        return value, x.T @ (1 / (1 + np.exp(-z)) - y) + PULL * off

    return np.asarray(minimize(loss, expected, jac=True, method="L-BFGS-B").x)


def read_examples(gold: Sequence[dict[str, Any]]) -> tuple[list[dict[str, float]], list[int]]:
    """Features and labels (1 opens an article) of the heads that the splitter asks the regression about."""
    rows: list[dict[str, float]] = []
    labels: list[int] = []
    for page in gold:
        roles = {b["start"]: b["role"] for b in page["blocks"]}
        ask = opens_article

        def asked(lines: Sequence[Line], around: Surroundings, roles: dict[int, str] = roles, ask: Any = ask) -> float:
            said = {roles.get(line.start) for line in lines}
            if said <= {"section_head"} or "headline" in said:
                rows.append(features(lines, around))
                labels.append(int("headline" in said))
                return float("headline" in said)  # the following heads see the page as it should be
            return float(ask(lines, around))

        with mock.patch("models.page_rules.opens_article", asked):
            split_page_by_rules(page["text"])
    return rows, labels
