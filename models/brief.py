"""A brief out of an article's own sentences: one or two, with trailing clauses left out, the choice fitted to editors' briefs.

Each clause has a worth, the share of it that briefs of such articles used (`brief_weights.json`, fitted by
`python -m training brief-weights`). Taken are the one or two beginnings of sentences, in the article's order and within the
promised length, that are worth most. So a brief says nothing that the article does not say. Knows no headline and no model.
"""

from __future__ import annotations

import itertools
import json
import re
from functools import cache
from pathlib import Path

from models.lead import brief_of, opening_of, sentence_spans, trimmed

WEIGHTS = Path(__file__).with_name("brief_weights.json")
SENTENCES = 8
"""Looked at from the beginning: news tells its matter first, and the choice grows with their square."""
LEAST_SHARE = 0.2
"""A clause of which briefs use less than this costs more room than it is worth: of 0.1, 0.2 and 0.3 the second was
best on 130 briefs kept apart (0.417; the first sentences 0.389)."""
SHORTEST = 12
"""Characters of a beginning that may stand for its sentence: 如今 and 4月起 say nothing alone."""
NEAR = 1500
"""Characters of the body in which a clause's echo is looked for: what an article is about, it says more than once."""
CLAUSE = re.compile(r"[^，；：。！？!?;,]*[，；：。！？!?;,]+[”’」』）)]*|[^，；：。！？!?;,]+$")
_GOES_ON = re.compile(
    "[称说道后时下前]$|表示$|指出$|强调$|认为$|介绍$|获悉$|提出$|以来$|期间$|之际$|因为$|由于|为了$|如果|虽然|尽管|不仅$|不但$"
)
"""Ends of a clause that is about to say what somebody says, or what then happened; and openings of half a thought."""
_QUOTED = tuple("”’」』")
_PAIRS = ("“”", "（）", "《》", "()", "‘’", "【】")
Span = tuple[int, int]


def clauses_of(body: str) -> list[list[Span]]:
    """The clauses of each of the first sentences behind the byline, as spans of the body."""
    found = []
    for start, end in sentence_spans(body)[:SENTENCES]:
        spans = [(start + m.start(), start + m.end()) for m in CLAUSE.finditer(body[start:end]) if m[0].strip()]
        found.append(spans or [(start, end)])
    return found


def features(body: str, clauses: list[list[Span]], sentence: int) -> list[dict[str, float]]:
    """What is known of each clause of a sentence, by name."""
    spans = clauses[sentence]
    first, last = spans[0][0], spans[-1][1]
    elsewhere = _pairs(body[: min(first, NEAR)]) | _pairs(body[last:NEAR])
    echo = _share(body[first:last], elsewhere)
    out = []
    for place, (start, end) in enumerate(spans):
        text = body[start:end].strip()
        out.append({
            "first sentence": sentence == 0,
            "second sentence": sentence == 1,
            "third sentence": sentence == 2,
            "later sentence": sentence >= 3,
            "place": sentence / len(clauses),
            "first clause": place == 0,
            "second clause": place == 1,
            "third clause": place == 2,
            "later clause": place >= 3,
            "last clause": place == len(spans) - 1,
            "length": min(len(text), 40) / 40,
            "short": len(text) < 6,
            "number": bool(re.search(r"\d", text)),
            "attribution": opening_of(text) > 0,
            "source": bool(re.search("记者|获悉|据|介绍|了解", text)),
            "quotation": "“" in text,
            "vague day": bool(re.search("今天|昨天|近日|日前", text)),
            "link": bool(re.match("同时|此外|但|而|并|也|还|其中|目前|这", text)),
            "speech": bool(re.search("说|表示|指出|强调|认为", text)),
            "opening": sentence == 0 and place == 0,
            "lead's end": sentence == 0 and place >= 2,
            "long sentence": len(spans) > 5,
            "echo": _share(text, elsewhere),
            "echo of the sentence": echo,
            "pronoun": bool(re.search("我|他|她|它|这", text)),
        })  # fmt: skip
    return out


def _share(text: str, known: set[str]) -> float:
    own = [text[i : i + 2] for i in range(len(text) - 1)]
    return sum(pair in known for pair in own) / max(1, len(own))


def _pairs(text: str) -> set[str]:
    return {text[i : i + 2] for i in range(len(text) - 1)}


@cache
def weights() -> dict[str, float]:
    """The fitted weight of each feature, and of `""`, the constant."""
    found: dict[str, float] = json.loads(WEIGHTS.read_text("utf-8"))
    return found


def choose_brief(body: str, low: int = 40, high: int = 80) -> str:
    """One or two sentences, `low` to `high` characters; the first sentences (models/lead.py) where none fit."""
    clauses = clauses_of(body)
    pieces = [p for s in range(len(clauses)) for p in _pieces(body, clauses[s], _worth(body, clauses, s), s, high)]
    single = [(p,) for p in pieces]
    pairs = [two for two in itertools.combinations(pieces, 2) if two[0][0] < two[1][0]]
    fitting = [taken for taken in (*single, *pairs) if low <= sum(len(text) for _, text, _ in taken) <= high]
    if not fitting:
        return brief_of(body, low, high)
    return "".join(text for _, text, _ in max(fitting, key=lambda taken: sum(value for *_, value in taken)))


def _worth(body: str, clauses: list[list[Span]], sentence: int) -> list[float]:
    fitted = weights()
    shares = [fitted[""] + sum(fitted[k] * v for k, v in f.items()) for f in features(body, clauses, sentence)]
    return [
        (share - LEAST_SHARE) * (end - start) for share, (start, end) in zip(shares, clauses[sentence], strict=True)
    ]


def _pieces(body: str, spans: list[Span], worth: list[float], sentence: int, high: int) -> list[tuple[int, str, float]]:
    """The beginnings of a sentence that may stand alone and fit, with or without an attribution that opens it."""
    first = body[spans[0][0] : spans[0][1]].strip()
    out = []
    for begin in (0, 1) if len(spans) > 1 and opening_of(first) == len(first) else (0,):
        for end in range(begin + 1, len(spans) + 1):
            text = body[spans[begin][0] : spans[end - 1][1]].strip()
            if len(text) > high + 1:  # the mark at its end may go
                break
            if end < len(spans):
                text = trimmed(text)
                if len(text) < SHORTEST or _GOES_ON.search(text) or text[-1:] in _QUOTED:  # who says it would be lost
                    continue
                text += "。"
            if all(text.count(pair[0]) == text.count(pair[1]) for pair in _PAIRS) and "\n" not in text:
                out.append((sentence, text, sum(worth[begin:end])))
    return out
