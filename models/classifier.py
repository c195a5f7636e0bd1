"""The topic classifier of a bundle: articles to calibrated topics, on ONNX Runtime, without torch.

Owns windows, pooling, calibration, thresholds, evidence. Everything that changes an answer comes from the manifest.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.article import Article, Evidence, TopicResult
from models.bundle import MANIFEST, TOKENIZER, WEIGHTS, Bundle, damaged, filled, number, open_bundle
from models.decision import Cascade, Decision, confidence
from models.device import CPU, Device, graph_of
from models.linear import LinearTopics
from models.pauses import pause
from models.runtime import open_sessions
from models.text import reads_as_chinese, split_sentences
from models.topics import OTHER, Taxonomy
from models.weights import Floats, read_weights
from models.windows import (
    SMALLEST,
    Marks,
    Part,
    Window,
    WindowSettings,
    cut_windows,
    find_marks,
    plan_batches,
    stacked,
)

GRAPH, GRAPH_INT8 = "encoder.onnx", "encoder.int8.onnx"
"""The encoder, and the same with matrix products in int8, a scale a token (training/int8.py); a bundle may lack the latter."""
LINEAR_WEIGHTS, LINEAR_IDF, LINEAR_BIAS = (
    "linear.weights",
    "linear.idf",
    "linear.bias",
)  # (T, buckets), (1, buckets), (T,)
EVIDENCE_SENTENCES = 2
ENCODER_ALONE = Decision(1.0, 0.0, 0.0, 0.5)


class BundleClassifier:
    """The trained classifier. Safe to call from several threads."""

    trained = True

    def __init__(
        self,
        opened: Bundle,
        tokenizer: Any,
        session: Any,
        linear: LinearTopics,
        threads: int = 0,
        device: Device = CPU,
    ) -> None:
        self.opened, self.threads, self.device = opened, threads, device
        _, self.precision = graph_of(opened, GRAPH, device)
        self.bundle, manifest = opened.name, opened.manifest
        self.taxonomy = Taxonomy.from_dict(manifest["taxonomy"])
        self.decisions = [filled(Decision, manifest["decisions"][t]) for t in self.taxonomy.names]
        self.min_confidence = number(manifest["min_confidence"], "min_confidence")
        self.settings = filled(WindowSettings, manifest["windows"])
        if self.settings.max_tokens < SMALLEST or min(self.settings.overlap, self.settings.fading) < 0:
            raise ValueError(f"windows of {self.settings.max_tokens} tokens that overlap by {self.settings.overlap} "
                             f"and fade by {self.settings.fading}")  # fmt: skip
        self.cascade = Cascade.from_manifest(manifest, self.taxonomy.names)
        self.linear = linear
        self._tokenizer, self.session = tokenizer, session
        self._marks: Marks = find_marks(tokenizer)

    @classmethod
    def load(cls, path: Path, threads: int = 0, device: Device = CPU) -> BundleClassifier:
        """Open a bundle; raises BundleError when it is missing, damaged or of another task, DeviceError when the device
        cannot be had.
        """
        from tokenizers import Tokenizer

        bundle = open_bundle(path, "topics")
        with damaged(bundle.path, WEIGHTS):
            weights = read_weights(bundle.file(WEIGHTS))
            linear = LinearTopics(weights[LINEAR_WEIGHTS].T.copy(), weights[LINEAR_IDF][0], weights[LINEAR_BIAS])
        with damaged(bundle.path, TOKENIZER):
            tokenizer = Tokenizer.from_file(str(bundle.file(TOKENIZER)))
            find_marks(tokenizer)
        (session,) = open_sessions(bundle, [graph_of(bundle, GRAPH, device)[0]], threads, weights, device)
        with damaged(bundle.path, MANIFEST):
            return cls(bundle, tokenizer, session, linear, threads, device)

    def classify(self, articles: Sequence[Article]) -> list[TopicResult]:
        """One result an article, same order; windows of all articles are batched together by length."""
        flat = [(i, w) for i, a in enumerate(articles) for w in self.windows(a)]
        answers = self._run([w for _, w in flat])
        of_article: list[list[tuple[Window, Floats, Floats]]] = [[] for _ in articles]
        for (i, window), (logits, shares) in zip(flat, answers, strict=True):
            of_article[i].append((window, logits, shares))
        scores = self.linear.score(articles)
        return [self._decide(a, parts, s) for a, parts, s in zip(articles, of_article, scores, strict=True)]

    def log_odds(self, articles: Sequence[Article]) -> Floats:
        """Calibrated log odds (n, T), not rounded: what eval and whoever explains an answer compare."""
        flat = [(i, w) for i, a in enumerate(articles) for w in self.windows(a)]
        of_article: list[list[Floats]] = [[] for _ in articles]
        for (i, _), (logits, _) in zip(flat, self._run([w for _, w in flat]), strict=True):
            of_article[i].append(logits)
        scale, weight, shift = np.array([[d.scale, d.linear, d.shift] for d in self.decisions], np.float32).T
        pooled = np.array([pool(parts, self.settings) for parts in of_article], np.float32)
        pooled = pooled.reshape(len(articles), len(scale))
        return np.asarray(pooled * scale + self.linear.score(articles) * weight + shift, np.float32)

    def windows(self, article: Article) -> list[Window]:
        """The pieces that the encoder reads, at least one."""
        pause()
        return cut_windows(article, self._tokenizer, self._marks, self.settings)

    def _run(self, windows: Sequence[Window]) -> list[tuple[Floats, Floats]]:
        out: list[tuple[Floats, Floats]] = [(np.empty(0, np.float32), np.empty(0, np.float32))] * len(windows)
        for take in plan_batches(windows, self.device.tokens_a_batch):
            pause(sum(len(windows[i].ids) for i in take))
            logits, shares = self.session.run(["logits", "shares"], stacked([windows[i] for i in take]))
            for row, i in enumerate(take):
                out[i] = (logits[row], shares[row, :, : len(windows[i].ids)])
        return out

    def _decide(self, article: Article, parts: list[tuple[Window, Floats, Floats]], linear: Floats) -> TopicResult:
        p = self.probabilities(pool([logits for _, logits, _ in parts], self.settings), linear, self.decisions)
        result = self.result(article, p, self.decisions, windows=len(parts))
        words = self.linear.spread(article) if result.labels else ()
        evidence = [
            e
            for t, n in enumerate(self.taxonomy.names)
            if n in result.labels
            for e in find_evidence(article, parts, t, n, self.settings, words, self.decisions[t])
        ]
        return replace(result, evidence=tuple(evidence))

    def probabilities(self, pooled: Floats, linear: Floats, decisions: Sequence[Decision]) -> list[float]:
        """The calibrated probability of each topic, 4 decimals."""
        rows = zip(decisions, pooled.tolist(), linear.tolist(), strict=True)
        return [round(d.probability(x, s), 4) for d, x, s in rows]

    def result(
        self, article: Article, p: Sequence[float], decisions: Sequence[Decision], *, windows: int
    ) -> TopicResult:
        """What these probabilities lead to, without evidence."""
        score = dict(zip(self.taxonomy.names, p, strict=True))
        labels = [n for (n, x), d in zip(score.items(), decisions, strict=True) if x >= d.threshold]
        reasons = reasons_to_review(article)
        if confidence(p, (d.threshold for d in decisions)) < self.min_confidence:
            reasons.append("unsure")
        if "empty" in reasons:
            labels = []
        return TopicResult(
            labels=tuple(sorted(labels, key=lambda n: -score[n])),
            primary=max(labels, key=lambda n: score[n]) if labels else OTHER,
            scores=score,
            needs_review=bool(reasons),
            evidence=(),
            windows=windows,
            bundle=self.bundle,
            reasons=tuple(reasons),
        )


def pool(logits: Sequence[Floats], settings: WindowSettings) -> Floats:
    """An article's windows, each (T,), to one logit a topic."""
    return np.asarray(settings.shares(len(logits)) @ np.stack(logits), np.float32)


def reasons_to_review(article: Article) -> list[str]:
    """Why an article is unlike what the models were trained on: "empty", "not_chinese"."""
    text = f"{article.headline}{article.body}"
    if not any(c.isalnum() for c in text):
        return ["empty"]
    return [] if reads_as_chinese(text) else ["not_chinese"]


def find_evidence(
    article: Article,
    parts: list[tuple[Window, Floats, Floats]],
    topic: int,
    name: str,
    settings: WindowSettings,
    words: Sequence[tuple[str, NDArray[np.int64], Floats]] = (),
    decision: Decision = ENCODER_ALONE,
) -> list[Evidence]:
    """The sentences that add most to the topic's log odds; weight is their part of all that speaks for it.

    A token adds its share of the encoder's logit, an n-gram (`words`, of LinearTopics.spread) its part of the linear score,
    both as `decision` weighs them.
    """
    headline: tuple[Part, int, int] = ("headline", 0, len(article.headline))
    sentences: list[tuple[Part, int, int]] = [("body", a, b) for a, b in split_sentences(article.body)]
    starts = [a for _, a, _ in sentences]
    sums: dict[tuple[Part, int, int], float] = {}

    def add(where: str, start: int, value: float) -> None:
        if where == "headline" or sentences:
            span = headline if where == "headline" else sentences[max(0, bisect_right(starts, start) - 1)]
            sums[span] = sums.get(span, 0.0) + value

    counts = (decision.scale * settings.shares(len(parts))).tolist()
    for count, (window, _, shares) in zip(counts, parts, strict=True):
        for (where, start, _), share in zip(window.places, shares[topic], strict=True):
            if where:
                add(where, start, float(share) * count)
    for part, places, values in words:
        for start, value in zip(places.tolist(), (values[:, topic] * decision.linear).tolist(), strict=True):
            add(part, start, value)
    found: list[Evidence] = []
    total = sum(v for v in sums.values() if v > 0)
    for (where, start, end), value in sorted(sums.items(), key=lambda kv: -kv[1])[:EVIDENCE_SENTENCES]:
        if value > 0:
            text = article.headline if where == "headline" else article.body
            start, end = _trim(text, start, end)
            if start < end and where:
                found.append(Evidence(name, where, start, end, text[start:end], round(value / total, 3)))
    return found


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
