"""How many times the obvious way: the shipped topics bundle in batch tagging against a transformers pipeline.

The pipeline is what a newsroom writes first: `pipeline("text-classification", top_k=None, truncation=True)` on the same
weights, one text after another, cut at what the model takes. Pairs are interleaved in one process with equal threads, so
that other work on the machine slows both; the medians of the ratios count. Beside the quick ways stands what they must
not change: the labels.

    SPEED_ARTICLES=20000 python -m pytest tests/test_tag_speed.py -s -m long
"""

from __future__ import annotations

import os
import statistics
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.article import Article, TopicResult
from models.cascade import READINGS, QuickClassifier
from models.classifier import BundleClassifier
from models.linear import LinearTopics
from models.registry import default_bundle
from models.weights import Floats

PAIRS = Path(__file__).parents[2] / "shared" / "data" / "news_pairs.parquet"
PART = 200
"""Articles of one turn."""


@pytest.fixture(scope="module")
def base() -> BundleClassifier:
    return BundleClassifier.load(default_bundle("topics"), threads())


def threads() -> int:
    return int(os.environ.get("SPEED_THREADS", "1"))


def bodies(count: int) -> list[str]:
    """Bodies of all years, evenly."""
    import pyarrow.parquet as pq

    column = pq.read_table(PAIRS, columns=["body"])["body"]
    return [str(b) for b in column.take(np.linspace(0, len(column) - 1, count).astype(np.int64)).to_pylist()]


def obvious(base: BundleClassifier) -> Callable[[Sequence[str]], list[Floats]]:
    """The pipeline: texts to logits of their first window."""
    import torch
    from tokenizers import Tokenizer
    from tokenizers.processors import TemplateProcessing
    from transformers import BertConfig, BertModel, PreTrainedModel, PreTrainedTokenizerFast, pipeline
    from transformers.modeling_outputs import SequenceClassifierOutput

    from models.topic_encoder import TopicEncoder
    from models.weights import read_weights

    torch.set_num_threads(threads())
    names = base.taxonomy.names

    class Tagger(PreTrainedModel):
        config_class = BertConfig

        def __init__(self, config: BertConfig) -> None:
            super().__init__(config)
            self.inner = TopicEncoder(BertModel(config, add_pooling_layer=False), len(names))
            self.post_init()

        def forward(self, input_ids: Any = None, attention_mask: Any = None, **_: Any) -> SequenceClassifierOutput:
            return SequenceClassifierOutput(logits=self.inner(input_ids, attention_mask)[0])

    config = BertConfig.from_dict(base.opened.manifest["config"])
    config.num_labels, config.problem_type = len(names), "multi_label_classification"
    config.label2id, config.id2label = {n: i for i, n in enumerate(names)}, dict(enumerate(names))
    model = Tagger(config)
    weights = read_weights(base.opened.file("weights.safetensors"))
    state = {k: torch.tensor(v) for k, v in weights.items() if not k.startswith("linear.")}
    model.inner.load_state_dict(state, strict=True)
    model.eval()
    tokenizer = Tokenizer.from_file(str(base.opened.file("tokenizer.json")))
    marks = [(m, tokenizer.token_to_id(m)) for m in ("<s>", "</s>")]
    tokenizer.post_processor = TemplateProcessing(single="<s> </s> $A </s>", special_tokens=marks)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=base.settings.max_tokens,
                                   pad_token="<pad>", bos_token="<s>", eos_token="</s>")  # fmt: skip
    made = pipeline("text-classification", model=model, tokenizer=fast, top_k=None, truncation=True,
                    function_to_apply="none", device="cpu")  # fmt: skip

    def run(texts: Sequence[str]) -> list[Floats]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answers = made(list(texts))
        return [np.array([{d["label"]: d["score"] for d in a}[n] for n in names], np.float32) for a in answers]

    return run


def decided(base: BundleClassifier, articles: Sequence[Article], logits: Sequence[Floats]) -> list[frozenset[str]]:
    """The label sets that the pipeline's logits lead to, with the bundle's own linear part and thresholds."""
    linear: LinearTopics = base.linear
    out = []
    for x, s in zip(logits, linear.score(articles), strict=True):
        p = base.probabilities(x, s, base.decisions)
        out.append(
            frozenset(n for n, a, d in zip(base.taxonomy.names, p, base.decisions, strict=True) if a >= d.threshold)
        )
    return out


@pytest.mark.long
@pytest.mark.shared
@pytest.mark.skipif(not PAIRS.exists(), reason="../shared/data is not there")
def test_batch_tagging_against_the_pipeline(base: BundleClassifier, capsys: pytest.CaptureFixture[str]) -> None:
    if base.cascade is None:
        pytest.skip("the shipped bundle has no cascade")
    texts = bodies(int(os.environ.get("SPEED_ARTICLES", "2000")))
    articles = [Article(body=t) for t in texts]
    pipeline = obvious(base)
    ways = {reading: QuickClassifier(base, reading, threads()) for reading in READINGS}
    pipeline(texts[:8])
    for way in ways.values():
        way.classify(articles[:64])
    results: dict[str, list[TopicResult]] = {reading: [] for reading in READINGS}
    logits: list[Floats] = []
    took: dict[str, list[float]] = {name: [] for name in ("pipeline", *READINGS)}
    for start in range(0, len(texts), PART):
        for name, turns in took.items():
            before = time.perf_counter()
            if name == "pipeline":
                logits += pipeline(texts[start : start + PART])
            else:
                part = articles[start : start + PART]
                for at in range(0, len(part), 64):  # chunks, as tag has them
                    results[name] += ways[name].classify(part[at : at + 64])  # type: ignore[index]
            turns.append(time.perf_counter() - before)
    cut = decided(base, articles, logits)
    whole = [frozenset(r.labels) for r in results["whole"]]
    with capsys.disabled():
        load = os.getloadavg()[0]
        print(f"\n{len(texts)} articles, {threads()} thread(s) each, load {load:.1f}, turns of {PART}")
        print(f"{'pipeline':10} {len(texts) / sum(took['pipeline']):8.1f} a second")
        for reading in READINGS:
            ratio = statistics.median(p / t for p, t in zip(took["pipeline"], took[reading], strict=True))
            sets = [frozenset(r.labels) for r in results[reading]]
            print(f"{reading:10} {len(texts) / sum(took[reading]):8.1f} a second, {ratio:5.2f} times the pipeline; "
                  f"labels as whole {share(sets, whole):.4f}, as the pipeline {share(sets, cut):.4f}; "
                  f"read by the encoder {sum(r.windows > 0 for r in results[reading]) / len(texts):.3f}; "
                  f"review {sum(r.needs_review for r in results[reading]) / len(texts):.3f}")  # fmt: skip
    ratios = {r: statistics.median(p / t for p, t in zip(took["pipeline"], took[r], strict=True)) for r in READINGS}
    assert ratios["cascade"] >= 10
    assert ratios["exact"] >= 1.3 * ratios["whole"]
    for reading in ("exact", "cascade"):
        assert share([frozenset(r.labels) for r in results[reading]], whole) >= 0.995


def share(some: Sequence[frozenset[str]], others: Sequence[frozenset[str]]) -> float:
    return sum(a == b for a, b in zip(some, others, strict=True)) / len(some)
