"""What anybody gets without a model of ours: the systems that stand beside the model in every table.

Topics: majority, keywords; the learned ones are in linear.py. Summaries: first sentence, first 30 characters, first
sentence without byline and dateline, TextRank, and as the ceiling of extraction the sentence that suits the reference
best (oracle). Pages: blank lines. Each gives outputs like a model's; a floor that cannot be had is named with its reason,
never dropped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from eval.metrics.chinese import tokens
from eval.metrics.rouge import sequence_f1
from eval.overlap import near_copies, shared_ids
from eval.predictions import PageOutput, SummaryOutput, TopicOutput, from_topics
from eval.sets import Gold, PageItem, SummaryItem, TopicItem
from eval.textrank import best_sentence
from models.article import Article
from models.errors import BadInput
from models.registry import load_classifier
from models.text import lead_offset, split_sentences

TOO_MANY = 0.05
"""Share of the measured rows with a near-copy in the training file from which on that file is refused."""


def articles_of(items: Sequence[TopicItem]) -> list[Article]:
    """What a classifier reads."""
    return [Article(item.headline, item.body, item.id) for item in items]


def majority(items: Sequence[TopicItem], seen: Sequence[TopicItem], topics: Sequence[str]) -> list[TopicOutput]:
    """The most frequent label set of `seen` for everything, with each topic's share there as its score."""
    (labels, _), *_ = Counter(item.labels for item in seen).most_common(1)
    share = {t: round(sum(t in item.labels for item in seen) / len(seen), 4) for t in topics}
    return [TopicOutput(labels, share, None) for _ in items]


def keywords(items: Sequence[TopicItem], topics: Sequence[str]) -> list[TopicOutput] | None:
    """The keyword classifier; None when it knows other topics."""
    classifier = load_classifier("keywords")
    if set(classifier.taxonomy.names) != set(topics):
        return None
    return [from_topics(result) for result in classifier.classify(articles_of(items))]


def clean_rows(train: Gold[TopicItem], test: Gold[TopicItem]) -> tuple[list[TopicItem], list[str]]:
    """The training rows that may be learned from, and what was left out and why.

    An id in common means that the file is not a training file: refused. Wire copy that stands in both under two ids
    happens in honest data: left out and named, unless it is too much of the measured set.
    """
    ids = [] if train.numbered or test.numbered else shared_ids(train.items, test.items)
    if ids:
        raise BadInput(
            f"{len(ids)} ids of {train.path} stand in {test.path} too ({', '.join(ids[:3])}): "
            "a floor must not learn what it is measured on",
            field="floor_train",
        )
    copies = near_copies(train.items, test.items)
    hit = {there for _, there in copies}
    if len(hit) > TOO_MANY * len(test.items) and len(hit) > 1:
        raise BadInput(
            f"{len(hit)} of {len(test.items)} texts of {test.path} stand in {train.path} as near-copies "
            f"({', '.join(f'{a} = {b}' for a, b in copies[:3])})",
            field="floor_train",
        )
    out = {here for here, _ in copies}
    told = [f"{len(out)} training rows left out as near-copies of measured ones: {', '.join(sorted(out)[:3])}"]
    return [item for item in train.items if item.id not in out], told if out else []


def first_sentence(item: SummaryItem) -> SummaryOutput:
    """The first sentence as it stands, byline and all."""
    return SummaryOutput(_first(item.body), "extractive")


def first_characters(item: SummaryItem, n: int = 30) -> SummaryOutput:
    """The first `n` characters of the body."""
    return SummaryOutput(item.body.strip()[:n], "extractive")


def lead_sentence(item: SummaryItem) -> SummaryOutput:
    """The first sentence without byline and dateline."""
    return SummaryOutput(_first(item.body[lead_offset(item.body) :]) or _first(item.body), "extractive")


def textrank(item: SummaryItem) -> SummaryOutput:
    """The sentence that TextRank puts first, byline and dateline taken off before."""
    return SummaryOutput(best_sentence(_sentences(item.body[lead_offset(item.body) :])), "extractive")


def oracle_sentence(item: SummaryItem) -> SummaryOutput:
    """The sentence with the best ROUGE-L: it reads the reference, so no system that copies one sentence can do better."""
    wanted = tokens(item.summary)
    pieces = _sentences(item.body) + _sentences(item.body[lead_offset(item.body) :])[:1]
    scored = ((sequence_f1(tokens(piece), wanted), -place, piece) for place, piece in enumerate(pieces))
    return SummaryOutput(max(scored, default=(0.0, 0, ""))[2], "extractive")


def _sentences(text: str) -> list[str]:
    pieces = (text[start:end].strip() for start, end in split_sentences(text))
    return [piece for piece in pieces if piece]


def _first(text: str) -> str:
    return next(iter(_sentences(text)), "")


SUMMARY_FLOORS = {
    "first-sentence": first_sentence,
    "first-30": first_characters,
    "lead-sentence": lead_sentence,
    "textrank": textrank,
    "oracle-sentence": oracle_sentence,
}
CEILINGS = ("oracle-sentence",)
"""Systems that read the reference: a bound, not a floor."""

_ENDS = "。！？…；：.!?;:”」』）)】、，,"
_LONGEST_HEADLINE = 40


def blank_lines(item: PageItem) -> PageOutput:
    """A page cut where a short line without a full stop follows running text: the rule that everyone writes first."""
    articles: list[tuple[str, list[str]]] = []
    spans = []
    place = 0
    for line in item.text.splitlines(keepends=True):
        text = line.strip()
        if text:
            spans.append((place, place + len(line.rstrip("\r\n"))))
            short = len(text) <= _LONGEST_HEADLINE and text[-1] not in _ENDS
            if short and (not articles or articles[-1][1]):
                articles.append((text, []))
            elif articles:
                articles[-1][1].append(text)
        place += len(line)
    return PageOutput(tuple((headline, "\n".join(body)) for headline, body in articles), tuple(spans))
