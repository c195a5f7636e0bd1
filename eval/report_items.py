"""The worst items of a run with their texts and the evidence: what a reader of a report should look at himself.

Topics: the gold labels that the scores thought least likely. Summaries: the lowest ROUGE-L, with what does not stand in the
source. Pages: the articles that did not come out. Knows sets, outputs and metrics.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from eval.floors import oracle_sentence
from eval.metrics.chinese import drop_spaces
from eval.metrics.facts import checked_facts
from eval.metrics.rouge import rouge_l
from eval.predictions import PageOutput, SummaryOutput, TopicOutput
from eval.sets import PageItem, SummaryItem, TopicItem

LEAST = 1e-4  # scores have four decimals


def worst_topics(
    items: Sequence[TopicItem],
    runs: Mapping[str, Sequence[TopicOutput]],
    evidence: Mapping[str, Sequence[Mapping[str, Any]]],
    most: int,
) -> list[dict[str, Any]]:
    """Items whose label set the first run got wrong, the surest mistakes first; `evidence` is the first run's, by id."""
    first = next(iter(runs.values()))
    wrong = [i for i, (item, out) in enumerate(zip(items, first, strict=True)) if item.labels != out.labels]
    wrong.sort(key=lambda i: _likelihood(items[i], first[i]))
    return [
        {
            "id": items[i].id,
            "headline": items[i].headline,
            "text": items[i].body,
            "gold": sorted(items[i].labels),
            "answers": {name: sorted(outputs[i].labels) for name, outputs in runs.items()},
            "scores": first[i].scores,
            "evidence": list(evidence.get(items[i].id, ())),
        }
        for i in wrong[:most]
    ]


def _likelihood(item: TopicItem, out: TopicOutput) -> float:
    """The log probability that the scores give to the gold; without scores minus the number of wrong labels."""
    if out.scores is None:
        return -float(len(item.labels ^ out.labels))
    return sum(math.log(max(p if t in item.labels else 1 - p, LEAST)) for t, p in out.scores.items())


def worst_summaries(
    items: Sequence[SummaryItem], runs: Mapping[str, Sequence[SummaryOutput]], most: int
) -> list[dict[str, Any]]:
    """Items with the lowest ROUGE-L of the first run."""
    first = next(iter(runs.values()))
    scores = [rouge_l(out.summary, item.summary) for item, out in zip(items, first, strict=True)]
    return [
        {
            "id": items[i].id,
            "text": items[i].body,
            "gold": items[i].summary,
            "answers": {name: outputs[i].summary for name, outputs in runs.items()},
            "score": round(scores[i], 4),
            "unsupported": unsupported(first[i].summary, items[i].body),
            "best_sentence": oracle_sentence(items[i]).summary,
        }
        for i in sorted(range(len(items)), key=lambda i: scores[i])[:most]
    ]


def unsupported(said: str, source: str) -> list[str]:
    """Numbers, dates, names and quotations of a summary that its source does not have, as one can print them."""
    facts = checked_facts(said, source)
    odd = [f"{float(n.value):g}{n.unit}" for n, there in facts.numbers if not there]
    odd += [
        "-".join("?" if part is None else str(part) for part in (date.year, date.month, date.day))
        for date, there in facts.dates
        if not there
    ]
    return odd + [text for text, there in [*facts.names, *facts.quotations] if not there]


def worst_pages(
    items: Sequence[PageItem], runs: Mapping[str, Sequence[PageOutput]], shares: Sequence[float], most: int
) -> list[dict[str, Any]]:
    """Pages with the lowest article F1 of the first run (`shares`), and the headlines that only one side has."""
    found = []
    for i in sorted(range(len(items)), key=lambda i: shares[i])[:most]:
        if shares[i] == 1:
            break
        gold = {drop_spaces(h) for a in items[i].articles for h in (a.headline, *a.alt_headlines)}
        said = {name: [a[0] for a in outputs[i].articles] for name, outputs in runs.items()}
        first = next(iter(said.values()))
        flat = {drop_spaces(h) for h in first}
        found.append(
            {
                "id": items[i].id,
                "text": items[i].text,
                "score": round(shares[i], 4),
                "gold": [a.headline for a in items[i].articles],
                "answers": said,
                "missing": [
                    a.headline
                    for a in items[i].articles
                    if not flat & set(map(drop_spaces, (a.headline, *a.alt_headlines)))
                ],
                "extra": [h for h in first if drop_spaces(h) not in gold],
            }
        )
    return found
