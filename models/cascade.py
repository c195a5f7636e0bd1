"""Topics of many articles, without computing what cannot matter: what batch tagging classifies with.

Three ways to read, from the quickest to the one of HTTP:

    cascade   the linear part answers what it is calibrated to be sure of, the encoder reads the rest as in `exact`
    exact     the encoder reads every article, and its later windows only where they could change a label, their order or the review
    whole     the encoder reads every window; scores are those that HTTP gives, to the last decimal

How sure the linear part must be, and between which numbers the encoder's logits lie, is fitted out of fold
(training/cascade.py) and stands in the bundle's manifest as `cascade`; a bundle without it is read `whole`. Windows run
one thread a batch, several batches at a time. There is no evidence here: that needs every window.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Literal

import numpy as np

from models.article import Article, TopicResult
from models.classifier import GRAPH, BundleClassifier, pool
from models.decision import confidence
from models.device import graph_of
from models.runtime import open_sessions
from models.weights import Floats
from models.windows import Window, plan_batches, stacked

Reading = Literal["cascade", "exact", "whole"]
READINGS: tuple[Reading, ...] = ("cascade", "exact", "whole")
TOKENS_A_BATCH = 512


class QuickClassifier:
    """A bundle's classifier for many articles at a time. Safe to call from several threads."""

    trained = True

    def __init__(
        self, base: BundleClassifier, reading: Reading = "cascade", threads: int = 0, tokens_a_batch: int = 0
    ) -> None:
        self.base, self.bundle, self.taxonomy = base, base.bundle, base.taxonomy
        self.cascade = base.cascade
        self.reading: Reading = reading if base.cascade else "whole"
        if base.device.kind == "cuda":  # one session a card, and one batch at a time
            self.tokens_a_batch = tokens_a_batch or base.device.tokens_a_batch
            self._session, self._pool = base.session, None
            return
        self.tokens_a_batch = tokens_a_batch or TOKENS_A_BATCH
        threads = threads or base.threads or os.cpu_count() or 1
        (self._session,) = open_sessions(base.opened, [graph_of(base.opened, GRAPH)[0]], 1)
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def classify(self, articles: Sequence[Article]) -> list[TopicResult]:
        """One result an article, same order; `windows` is how many pieces were read, 0 where the linear part answered."""
        linear = self.base.linear.score(articles)
        results = [
            self._linear(a, s) if self.reading == "cascade" else None for a, s in zip(articles, linear, strict=True)
        ]
        rest = [i for i, result in enumerate(results) if result is None]
        for i, logits in zip(rest, self._read([articles[i] for i in rest], linear[rest]), strict=True):
            p = self.base.probabilities(pool(logits, self.base.settings), linear[i], self.base.decisions)
            results[i] = self.base.result(articles[i], p, self.base.decisions, windows=len(logits))
        return [r for r in results if r is not None]

    def _linear(self, article: Article, score: Floats) -> TopicResult | None:
        cascade = self.cascade
        if cascade is None:
            return None
        p = self.base.probabilities(np.zeros_like(score), score, cascade.topics)
        if confidence(p, (d.threshold for d in cascade.topics)) < cascade.least_confidence:
            return None
        return self.base.result(article, p, cascade.topics, windows=0)

    def _read(self, articles: Sequence[Article], linear: Floats) -> list[list[Floats]]:
        """The logits of the windows that were read, of each article."""
        cut = [self.base.windows(a) for a in articles]
        first = self._run([windows[0] for windows in cut])
        logits = [[x] for x in first]
        open_ = [
            i for i, windows in enumerate(cut) if len(windows) > 1 and not self._settled(first[i], cut[i], linear[i])
        ]
        later = iter(self._run([w for i in open_ for w in cut[i][1:]]))
        for i in open_:
            logits[i] += [next(later) for _ in cut[i][1:]]
        return logits

    def _settled(self, first: Floats, windows: Sequence[Window], linear: Floats) -> bool:
        """Whether the later windows, whatever they say within the encoder's range, leave labels in their order and review."""
        if self.cascade is None or self.reading == "whole":
            return False
        share = self.base.settings.shares(len(windows))[0]
        ends = np.array(self.cascade.logits, np.float32).T  # (2, T)
        ends = np.stack([np.minimum(ends[0], first), np.maximum(ends[1], first)])  # the first may lie outside
        low, high = (
            self.base.probabilities(share * first + (1 - share) * end, linear, self.base.decisions) for end in ends
        )
        thresholds = [d.threshold for d in self.base.decisions]
        if any((a >= t) != (b >= t) for a, b, t in zip(low, high, thresholds, strict=True)):
            return False
        given = sorted(((a, b) for a, b, t in zip(low, high, thresholds, strict=True) if a >= t), reverse=True)
        if any(later >= first for (first, _), (_, later) in pairwise(given)):
            return False
        least, most = 1.0, 1.0
        for a, b, t in zip(low, high, thresholds, strict=True):
            x, y = (a, b) if a >= t else (1 - b, 1 - a)
            least, most = least * x, most * y
        return least >= self.base.min_confidence or most < self.base.min_confidence

    def _run(self, windows: Sequence[Window]) -> list[Floats]:
        plans = plan_batches(windows, self.tokens_a_batch)

        def run(take: list[int]) -> Floats:
            logits: Floats = self._session.run(["logits"], stacked([windows[i] for i in take]))[0]
            return logits

        answers: Iterable[Floats] = self._pool.map(run, plans) if self._pool and len(plans) > 1 else map(run, plans)
        out = [np.empty(0, np.float32)] * len(windows)
        for take, logits in zip(plans, answers, strict=True):
            for row, i in enumerate(take):
                out[i] = logits[row]
        return out
