"""What `eval speed` times: classification and summaries, ours and the obvious way, on the same slices of the same articles.

Owns the ways (eval/speed_turns.py) and what has to be known of them to read the figures: tokens read, floating point
operations, how much the cascade left to the encoder, and that both sides compute the same logits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from eval.speed_roof import encoder_flops, multiplier
from eval.speed_turns import Turns, Way
from models.article import Article
from models.bundle import TOKENIZER
from models.cascade import QuickClassifier
from models.classifier import GRAPH, BundleClassifier
from models.errors import BadInput
from models.runtime import open_sessions
from models.summarizer import BundleSummarizer
from models.windows import stacked

CLOSE = 1e-3
"""By how much logits of the same weights may differ before the comparison is refused."""
SAME, WHOLE, EXACT, CASCADE = "same", "whole", "exact", "cascade"
PIPELINE, BERT, ROOF = "pipeline", "bert-base", "matmul"
OURS, GENERATE = "ours", "generate"
CHUNK = 64
"""Records that batch tagging takes at a time."""
CHECKED = 4
"""Articles whose logits are compared."""


class Classifying:
    """All ways of classifying. A turn reads `part` articles, those of the BERT of usual size only `few` of them."""

    def __init__(
        self, articles: Sequence[Article], folder: Path, threads: int, part: int, few: int, bert: Mapping[str, int]
    ) -> None:
        from eval.speed_torch import load_bert_base, load_pipeline

        self.articles, self.part, self.few = articles, part, few
        self.ours = BundleClassifier.load(folder, threads)
        self._quick = {reading: QuickClassifier(self.ours, reading, threads) for reading in ("exact", "cascade")}
        self._pipeline = load_pipeline(folder, threads)
        self._bert = load_bert_base(folder, threads, **bert)
        self.windows = [[len(w.ids) for w in self.ours.windows(a)] for a in articles]
        self.cut = [self._first_window(a) for a in articles]
        """The articles as far as one window reads them: what the pipeline reads, so equal work."""
        self.read_by_bert: list[int] = []
        self.answered: list[bool] = []
        """Of each article that the cascade classified, whether the encoder read it."""
        self.gap = self._compare(threads)
        self.ways: dict[str, Way] = {
            SAME: self._same, WHOLE: self._whole, EXACT: self._exact, CASCADE: self._cascade, PIPELINE: self._obvious,
            BERT: self._usual, ROOF: multiplier(),
        }  # fmt: skip
        self.ours.classify(articles[:2])  # nothing is timed cold; the pipeline has answered just now
        for quick in self._quick.values():
            quick.classify(articles[:2])
        self._usual(0)

    def flops(self) -> float:
        """Of an article, on average, when every window is read."""
        return float(np.mean([self._flops(i) for i in range(len(self.articles))]))

    def tokens(self) -> dict[str, float]:
        """Read of an article on average, by way. Of the cascade and of `exact` nobody counts."""
        whole, first = (float(np.mean([f(w) for w in self.windows])) for f in (sum, lambda w: w[0]))
        return {SAME: first, WHOLE: whole, PIPELINE: first, BERT: float(np.mean(self.read_by_bert))}

    def by_encoder(self) -> float:
        """The share of articles that the cascade gave to the encoder."""
        return float(np.mean(self.answered))

    def peak_share(self, turns: Turns) -> float:
        """Operations a second of `whole` by those of the plain product, each in its best round: a roof is what can be reached."""
        rates = [
            float(np.mean([self._flops(i) for i in self._indices(number)])) / seconds
            for number, seconds in enumerate(turns.cost[WHOLE])
        ]
        return max(rates) / turns.best(ROOF)

    def _flops(self, i: int) -> float:
        return encoder_flops(self.ours.opened.manifest["config"], len(self.ours.taxonomy.names), self.windows[i])

    def _indices(self, number: int) -> list[int]:
        return [(number * self.part + i) % len(self.articles) for i in range(self.part)]

    def _part(self, number: int) -> list[Article]:
        return [self.articles[i] for i in self._indices(number)]

    def _first_window(self, article: Article) -> Article:
        (window, *_), body = self.ours.windows(article), article.body
        end = max((end for part, _, end in window.places if part == "body"), default=0)
        while len(self.ours.windows(cut := Article(article.headline, body[:end], article.id))) > 1 and end:
            end -= 1  # the last pieces may be other ones when the text ends there
        return cut

    def _same(self, number: int) -> float:
        return len(self.ours.classify([self.cut[i] for i in self._indices(number)]))

    def _whole(self, number: int) -> float:
        return len(self.ours.classify(self._part(number)))

    def _exact(self, number: int) -> float:
        return len(self._quick["exact"].classify(self._part(number)))

    def _cascade(self, number: int) -> float:
        """As many as `tag` takes at a time, whatever the others read: a few articles more for the encoder would be chance."""
        first, count = number * self.part, max(self.part, CHUNK)
        chunk = [self.articles[(first + i) % len(self.articles)] for i in range(min(count, len(self.articles)))]
        results = self._quick["cascade"].classify(chunk)
        self.answered += [r.windows > 0 for r in results]
        return len(results)

    def _obvious(self, number: int) -> float:
        return len(self._pipeline([as_texts(a) for a in self._part(number)]))

    def _usual(self, number: int) -> float:
        """The articles of middling length: a few stand for all."""
        part = sorted(self._part(number), key=lambda a: len(a.body))
        first = (len(part) - self.few) // 2
        self.read_by_bert += self._bert([as_texts(a) for a in part[first : first + self.few]])
        return self.few

    def _compare(self, threads: int) -> float:
        """The largest difference of logits on texts of one window; raises BadInput when the two sides are not the same."""
        alone = [i for i, w in enumerate(self.windows) if len(w) == 1][:CHECKED]
        texts = [self.articles[i] for i in alone] or [
            Article(a.headline[:20], a.body[:20]) for a in self.articles[:CHECKED]
        ]
        (session,) = open_sessions(self.ours.opened, [GRAPH], threads)
        gap = 0.0
        for article, answer in zip(texts, self._pipeline([as_texts(a) for a in texts]), strict=True):
            (logits,) = session.run(["logits"], stacked(self.ours.windows(article)[:1]))
            scores = {one["label"]: one["score"] for one in answer}
            gap = max(
                gap, *(abs(float(x) - scores[n]) for n, x in zip(self.ours.taxonomy.names, logits[0], strict=True))
            )
        if not gap < CLOSE:
            raise BadInput(
                f"{self.ours.opened.path}: its graph and the torch class give logits that differ by {gap:.2g}, so their speeds "
                "do not compare: export the run again"
            )
        return gap


class Summarizing:
    """Headlines, ours and one by one through `generate`."""

    def __init__(self, articles: Sequence[Article], folder: Path, threads: int, part: int) -> None:
        from tokenizers import Tokenizer

        from eval.speed_torch import load_generate

        self.articles, self.part = articles, part
        self.ours = BundleSummarizer.load(folder, threads)
        self._generate = load_generate(folder, threads)
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        most = self.ours.max_source
        self.tokens = float(np.mean([min(most, len(tokenizer.encode(a.body).ids)) for a in articles]))
        self.ways: dict[str, Way] = {OURS: self._ours, GENERATE: self._obvious}
        self.ours.summarize(articles[:1], "headline")
        self._generate([articles[0].body])

    def _part(self, number: int) -> list[Article]:
        return [self.articles[(number * self.part + i) % len(self.articles)] for i in range(self.part)]

    def _ours(self, number: int) -> float:
        return len(self.ours.summarize(self._part(number), "headline"))

    def _obvious(self, number: int) -> float:
        return len(self._generate([a.body for a in self._part(number)]))


def as_texts(article: Article) -> dict[str, str]:
    """An article as a pipeline takes it."""
    return {"text": article.headline, "text_pair": article.body}
