"""Which sentences of an article a summary draws on: those whose wording and numbers it is made of, with their offsets.

Found by alignment, not by a model's attention, so that a written summary, a brief of chosen sentences and the lead are
explained by the same rule, and any base model's output too. Knows two texts.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from models.article import Sentence
from models.quantities import numbers_of
from models.text import lead_offset, split_sentences

SENTENCES = 3
"""At most so many: a summary of 80 characters has one or two sentences, and a reader checks no more."""
RUN = 2  # characters in a row that count as taken; one alone stands everywhere
GAIN = 3
"""What a further sentence must add: characters of the summary that no sentence before it has, a number counts as all three."""
WINDOW = 6000  # characters behind the byline that are looked at; no summarizer reads further


def drawn_on(summary: str, body: str) -> tuple[Sentence, ...]:
    """The sentences of the body that the summary is made of, in the body's order; at least one where both have words.

    Greedy: the sentence that has most of the summary's characters in runs of at least `RUN`, earlier before later, then
    the one that adds most to it, until less than `GAIN` is added.
    """
    wanted = _folded(summary)
    sentences = list(_sentences(body))
    if not wanted or not sentences:
        return ()
    numbers = numbers_of(summary)
    pairs = {wanted[i : i + RUN] for i in range(len(wanted) - RUN + 1)}
    folded = [(s, _folded(s.text)) for s in sentences]
    shared = [(s, told) for s, told in folded if any(p in told for p in pairs)]
    offers = [(s, _covered(wanted, told), numbers & numbers_of(s.text)) for s, told in shared]
    chosen: list[Sentence] = []
    open_places, open_numbers = set(range(len(wanted))), set(numbers)
    while offers and len(chosen) < SENTENCES:
        gains = [len(places & open_places) + GAIN * len(values & open_numbers) for _, places, values in offers]
        best = gains.index(max(gains))
        if chosen and gains[best] < GAIN:
            break
        sentence, places, values = offers.pop(best)
        chosen.append(sentence)
        open_places -= places
        open_numbers -= values
    if not chosen:  # nothing of the wording is the article's: the sentence with most of its characters
        chosen = [max(folded, key=lambda pair: len(set(wanted) & set(pair[1])))[0]]
    return tuple(sorted(chosen, key=lambda s: s.start))


def _sentences(body: str) -> Iterator[Sentence]:
    """Sentences with words, from the one in which the byline ends; without outer white space."""
    lead = lead_offset(body)
    window = body[: lead + WINDOW]
    for start, end in split_sentences(window):
        text = window[start:end]
        if end > lead and any(c.isalnum() for c in text):
            start += len(text) - len(text.lstrip())
            yield Sentence(text.strip(), start, start + len(text.strip()))


def _folded(text: str) -> str:
    """Letters and digits in one width and case."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def _covered(wanted: str, told: str) -> set[int]:
    """Places of `wanted` that lie in runs of at least `RUN` characters which `told` has too."""
    return {
        place
        for start in range(len(wanted) - RUN + 1)
        if wanted[start : start + RUN] in told
        for place in range(start, start + RUN)
    }
