"""Measuring summaries: what is read, which scores count, which floors stand beside, and DESIGN's flat keys.

The summarizer is handed bodies only: a headline is often the reference itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eval import floors, significance
from eval.metrics import Metric, Stack, copying, facts
from eval.metrics.copying import Copying
from eval.metrics.facts import Facts, Shape
from eval.metrics.rouge import ChrF, Rouge
from eval.metrics.rouge import signature as rouge_signature
from eval.predictions import SummaryOutput, from_summary, join, parse_summary, read_lines
from eval.result import Result, System, floor_keys, measure, number, repeated, sign, sliced, span, versus, where
from eval.sets import Gold, SummaryItem, read_summaries
from models.article import Article, Length
from models.registry import load_summarizer

MAIN = "rougeL"
KEYS = ("rouge1", "rouge2", "rougeL")
MORE = (
    "date_precision",
    "quote_precision",
    "copy_rate",
    "novel_bigrams",
    "novel_trigrams",
    "prefix_share",
    "length_ratio",
)
SLICED = ("rougeL",)
LATER = ("chrf", "number_precision", "number_recall", "name_precision", "abstractive_share", "mean_chars")
FAITHFUL = ("number_precision", "name_precision", "date_precision", "quote_precision", "abstractive_share")
COLUMNS = ("rougeL", "rouge1", "rouge2", *LATER, "date_precision", "quote_precision", "copy_rate", "novel_bigrams",
           "prefix_share")  # fmt: skip


def metric() -> Metric[SummaryItem, SummaryOutput]:
    """All metrics of summaries."""
    return Stack([Rouge(), ChrF(), Facts(), Shape(), Copying()])


def run(data: Path, split: str | None = None, bundle: str | None = None, length: Length = "headline") -> Result:
    """A bundle (None: the default) and the floors on a set."""
    summarizer = load_summarizer(bundle)
    gold = read_summaries(data, split)
    results = summarizer.summarize([Article(body=item.body, id=item.id) for item in gold.items], length)
    return _result(summarizer.bundle, gold, [from_summary(r) for r in results], length)


def score(predictions: Path, data: Path, split: str | None = None) -> Result:
    """A prediction file against gold, no model involved; the floors need none either."""
    lines = read_lines(predictions, parse_summary)
    gold = read_summaries(data, split)
    return _result(str(predictions), gold, join([item.id for item in gold.items], lines, predictions), "as-given")


def system(predictions: Path, data: Path, split: str | None = None) -> System:
    """A prediction file as a system, for a paired test."""
    lines = read_lines(predictions, parse_summary)
    gold = read_summaries(data, split)
    return measure(str(predictions), gold.items, join([i.id for i in gold.items], lines, predictions), metric())


def _result(name: str, gold: Gold[SummaryItem], outputs: Sequence[SummaryOutput], length: str) -> Result:
    one = metric()
    model = measure(name, gold.items, outputs, one)
    beside = [measure(n, gold.items, [make(i) for i in gold.items], one) for n, make in floors.SUMMARY_FLOORS.items()]
    signature = sign(
        "summaries",
        f"length:{length}|{rouge_signature()}|{facts.SIGNATURE}|{copying.SIGNATURE}",
        n=len(gold.items),
        sha256=gold.sha256,
    )
    parts, worst = sliced(gold, model, SLICED)
    lead = next(s for s in beside if s.name == "lead-sentence")
    flat = {
        "n": len(gold.items),
        **{key: number(model.scores[key]) for key in KEYS},
        "rougeL_ci": span(model.intervals[MAIN]),
        **{key: number(model.scores[key]) for key in LATER},
        "lead_rougeL": number(lead.scores[MAIN]),
        "signature": signature,
        **{key: number(model.scores[key]) for key in MORE},
        "rougeL_ci_bca": span(model.bca[MAIN]),
        "worst_slice": worst or None,
        "empty_share": number(model.scores["empty_share"]),
        "bundle": name,
        "data_sha256": gold.sha256,
        **floor_keys([model, *beside], MAIN),
    }
    empty = sum(not out.summary.strip() for out in outputs)
    told = ["oracle-sentence reads the reference: the ceiling of copying one sentence, not a floor", *repeated(gold)]
    told += [f"{empty} outputs are empty"] if empty else []
    # Editors round (超5000亿元) and know what the cut body does not say: the yardstick for the two precisions.
    known: Stack[SummaryItem, SummaryOutput] = Stack([Facts(), Shape()])
    told_by = known.rows(gold.items, [SummaryOutput(item.summary) for item in gold.items])
    human = significance.total(told_by, known.scores)
    told += [f"the references themselves have {key} {human[key]:.3f}" for key in FAITHFUL if human[key] >= 0]
    return Result(
        task="summaries",
        main=MAIN,
        columns=COLUMNS,
        systems=(model, *beside),
        flat=flat,
        signature=signature,
        ids=tuple(item.id for item in gold.items),
        outputs=outputs,
        origin={"system": name, "length": length, **where(gold)},
        slices=parts,
        notes=(*told, *([worst] if worst else ())),
        against=versus(beside, model, MAIN),
    )
