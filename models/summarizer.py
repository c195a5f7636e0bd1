"""The summarizer of a bundle: bodies to summaries on ONNX Runtime, without torch.

Owns what is read (the body without its byline, as much of it as the model has places for, and says how much), the beams
and the order of fallbacks: beam after beam until one passes the checks, then the lead sentence. It never reads a headline.
Which architecture the graphs are of it need not know: a step is fed what it asks for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from models.adapter import adapted
from models.article import Article, Length, Sentence, SummaryResult
from models.brief import choose_brief
from models.bundle import MANIFEST, TOKENIZER, WEIGHTS, Bundle, damaged, filled, number, open_bundle
from models.choosing import Candidate, Preferences, candidate, chances_of, choose
from models.classifier import reasons_to_review
from models.decoding import BeamSettings, Hypothesis, Lifted, Room, beam_search, lift_of
from models.device import CPU, Device, graph_of
from models.errors import BundleError
from models.faithfulness import checks, garbled, read_source, spliced
from models.lead import EMPTY, beginning_of, headline_of, is_byline_alone
from models.line_texts import brief_of_lines, headline_of_lines, of_lines
from models.markup import of_plain_texts
from models.pauses import pause
from models.rendering import in_the_sources_case, in_the_sources_script, joined, least_width, set_in_chinese
from models.runtime import open_sessions
from models.salience import FITTED_CHARS, Mention, mentions
from models.seq2seq_marks import banned_tokens, read_marks
from models.steps import Steps, encode
from models.summary_evidence import drawn_on
from models.text import is_traditional, lead_offset, reads_as_chinese, split_sentences, to_simplified
from models.weights import read_weights

GRAPHS = ["encoder.onnx", "step.onnx"]
CANDIDATES = 12  # next tokens looked at for each beam
RUNTIME = "onnxruntime"
"""What a bundle's manifest may name as `runtime`; one without the key is of a time when there was no other."""
FIGURE, BYTE = re.compile(r"\d"), re.compile(r"<0x[0-9A-F]{2}>")
SENTENCE_ENDS = "。！？!?…”’」』）)"


@dataclass(frozen=True)
class Source:
    """What the model reads of an article: token ids, their spans in `text`, and how many characters of it.

    `text` is the body behind its byline in Simplified script, which is what models are trained on; `written` as it stands.
    """

    text: str
    written: str
    ids: list[int]
    spans: list[tuple[int, int]]
    read: int

    @cached_property
    def mentions(self) -> list[Mention]:
        """Its numbers, and how probable its headline has each."""
        return mentions(self.text[:FITTED_CHARS])


class BundleSummarizer:
    """The trained summarizer. Safe to call from several threads."""

    trained = True

    def __init__(self, opened: Bundle, tokenizer: Any, sessions: Sequence[Any], device: Device = CPU) -> None:
        self.bundle, manifest, self.device = opened.name, opened.manifest, device
        _, self.precision = graph_of(opened, GRAPHS[0], device)
        lengths, decoder = manifest["lengths"], manifest["decoder"]
        self.beam = filled(BeamSettings, manifest["beam"])
        self.max_source = int(number(lengths["max_source_tokens"], "max_source_tokens", whole=True))
        self.headline_chars = int(number(lengths["headline_chars"], "headline_chars", whole=True))
        self.min_score = float(manifest.get("min_score", "-inf"))
        self.preferences = Preferences(
            **{f.name: float(number(manifest.get(f.name, 0), f.name)) for f in fields(Preferences)}
        )
        self.brief_beam: BeamSettings | None = None
        if "brief" in manifest:
            brief = manifest["brief"]
            self.brief_start = int(number(brief["start"], "start", whole=True))
            self.brief_beam = filled(BeamSettings, brief["beam"])
        least, most = (int(number(n, "brief_chars", whole=True)) for n in lengths["brief_chars"])
        self.brief_chars = [least, most]
        self._layers, self._heads, self._size = (
            int(number(decoder[k], k, whole=True)) for k in ("layers", "heads", "size")
        )
        self._tokenizer, (self._encoder, self._step, self._brief_step) = tokenizer, sessions
        self._marks = read_marks(manifest.get("marks"), tokenizer)
        self._banned = banned_tokens(self._marks, tokenizer, own="marks" in manifest)
        size = max(tokenizer.get_vocab_size(), int(number(manifest["config"]["vocab_size"], "vocab_size", whole=True)))
        pieces = [unicodedata.normalize("NFKC", tokenizer.id_to_token(i) or "") for i in range(size)]
        self._figures = np.array([bool(FIGURE.search(piece)) and not BYTE.fullmatch(piece) for piece in pieces])
        self._points = np.array([piece in (",", ".") for piece in pieces])
        raw = (tokenizer.id_to_token(i) or "" for i in range(size))  # as it is rendered
        self._widths = np.array([least_width(piece, words=self._marks.words) for piece in raw])
        self._widths[self._marks.unknown] = 0  # what stands in the source, if anything does

    @classmethod
    def load(cls, path: Path, threads: int = 0, device: Device = CPU) -> BundleSummarizer:
        """Open a bundle; raises BundleError when it is missing, damaged or of another task, DeviceError when the device
        cannot be had.
        """
        from tokenizers import Tokenizer

        bundle = open_bundle(path, "summaries")
        if (runtime := bundle.manifest.get("runtime", RUNTIME)) != RUNTIME:
            raise BundleError(
                f"bundle {bundle.path} runs on {runtime!r:.40}, this release has {RUNTIME} only: publish its run again "
                "with this release, or serve the release that wrote it"
            )
        with damaged(bundle.path, TOKENIZER):
            tokenizer = Tokenizer.from_file(str(bundle.file(TOKENIZER)))
            read_marks(bundle.manifest.get("marks"), tokenizer)
        with damaged(bundle.path, WEIGHTS):
            weights = read_weights(bundle.file(WEIGHTS))
            changed = adapted(weights)
        graphs = [graph_of(bundle, graph, device)[0] for graph in GRAPHS]
        sessions = open_sessions(bundle, graphs, threads, weights, device)
        sessions += open_sessions(bundle, graphs[1:], threads, changed, device) if changed else sessions[1:]
        with damaged(bundle.path, MANIFEST):
            return cls(bundle, tokenizer, sessions, device)

    def summarize(self, articles: Sequence[Article], length: Length = "brief") -> list[SummaryResult]:
        """One result an article, same order. `brief` is extractive where the bundle has no model for it."""
        return of_plain_texts(articles, lambda read: self._summarize(read, length))

    def _summarize(self, articles: Sequence[Article], length: Length) -> list[SummaryResult]:
        out: list[SummaryResult | None] = [None] * len(articles)
        todo: list[tuple[int, Source]] = []
        for i, article in enumerate(articles):
            pause()
            if "empty" in reasons_to_review(Article(body=article.body)) or is_byline_alone(article.body):
                out[i] = self._result("", article.body, "extractive", EMPTY)
            elif of_lines(article.body) or not reads_as_chinese(article.body):
                out[i] = self._extract(article.body, length)  # a model of Chinese prose would make something up
            elif length == "brief" and (self.brief_beam is None or len(article.body) <= self.brief_chars[0]):
                out[i] = self._extract(article.body, length)  # a text that is shorter than a brief is its own
            else:
                todo.append((i, self._source(article.body)))
        todo.sort(key=lambda pair: len(pair[1].ids))
        for start in range(0, len(todo), self.device.articles_a_batch):
            part = todo[start : start + self.device.articles_a_batch]
            pause(sum(len(source.ids) for _, source in part))
            for (i, source), found in zip(part, self._search([s for _, s in part], length), strict=True):
                out[i] = self._choose(articles[i].body, source, found, length)
        return [r for r in out if r is not None]

    def _source(self, body: str) -> Source:
        """Byline off, then as many whole sentences as fit; a first sentence that is too long is read as far as it fits."""
        text = body[lead_offset(body) :]
        written = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        text = to_simplified(written) if is_traditional(written) else written
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        begin = [] if self._marks.begin is None else [self._marks.begin]
        room = self.max_source - len(begin) - 1
        ids, spans, read = encoding.ids, encoding.offsets, len(text)
        if len(ids) > room:
            limit = spans[room - 1][1]
            ends = [b for _, b in split_sentences(text) if b <= limit]
            read = ends[-1] if ends else limit
            kept = sum(1 for _, b in spans if b <= read)
            ids, spans = ids[:kept], spans[:kept]
        return Source(text, written, [*begin, *ids, self._marks.end], [*[(0, 0)] * len(begin), *spans, (0, 0)], read)

    def _search(self, sources: Sequence[Source], length: Length) -> list[list[Hypothesis]]:
        brief = length == "brief" and self.brief_beam is not None
        beam, begin = (self.brief_beam, self.brief_start) if brief else (self.beam, self._marks.start)
        assert beam is not None  # noqa: S101 - says to the type checker what `brief` says
        session = self._brief_step if brief else self._step
        longest, count = max(len(s.ids) for s in sources), len(sources)
        ids = np.full((count, longest), self._marks.pad, np.int64)
        for row, s in enumerate(sources):
            ids[row, : len(s.ids)] = s.ids
        mask = np.asarray(np.arange(longest) < np.array([[len(s.ids)] for s in sources]), np.int64)
        encoded = encode(self._encoder, {"source": ids, "mask": mask}, self.device)
        following = np.concatenate([mask[:, 1:], np.zeros_like(mask[:, :1])], axis=1)
        copyable = mask * (ids != self._marks.begin)
        fixed = {**encoded, "source": ids, "mask": mask, "copyable": copyable, "continuable": mask * following}
        caches = [f"{kind}_{i}" for i in range(self._layers) for kind in ("key", "value")]
        empty = (count * beam.beams, self._heads, 0, self._size)
        steps = Steps(session, fixed, caches, empty, self.device)

        unknown = np.where(ids == self._marks.unknown, 1.0, 0.0)[:, None, :]

        def narrow(articles: Any) -> None:
            nonlocal ids, unknown
            ids, unknown = ids[articles], unknown[articles]
            steps.narrow(articles, beam.beams)

        def step(tokens: Any, parents: Any, position: int) -> tuple[Any, Any, Any]:
            pause()
            rows = np.arange(len(tokens) * beam.beams).reshape(tokens.shape)
            if parents is not None:
                rows = rows[:, :1] + parents
            small = {"tokens": tokens.reshape(-1, 1), "position": np.array([position]), "k": np.array([CANDIDATES])}
            got = steps.take(small, rows.ravel())
            if (places := got.get("places")) is None:  # nothing is copied: an unknown character cannot be written
                return got["values"], got["ids"], np.zeros(tokens.shape, np.int64)
            copied = places.argmax(-1)
            if unknown.any():
                copied = np.where(unknown.any(-1), (places * unknown).argmax(-1), copied)
            return got["values"], got["ids"], copied

        lifted = [self._lifted(s, beam) for s in sources] if beam.number_lift else None
        room = Room(self._widths, self.brief_chars[1] if brief else self.headline_chars)
        stays = None if self.device.half else narrow  # what is on a card stays there
        return beam_search(step, count, begin, self._marks.end, self._banned, beam, lifted, room, stays)

    def _lifted(self, source: Source, beam: BeamSettings) -> Lifted:
        ids = source.ids
        lifted = Lifted(np.zeros(len(self._figures), np.float32), self._figures, self._points)
        salient = [m for m in source.mentions if m.chance >= beam.least_salience]
        plain = not beam.least_salience and not beam.number_odds  # every number of the source alike
        for place, token in enumerate(ids):
            start, end = source.spans[place]
            if self._figures[token] and not lifted.inside(ids[:place]):
                chance = (
                    1.0 if plain else max((m.chance for m in salient if m.start < end and start < m.end), default=0)
                )
                lifted.begins[token] = max(lifted.begins[token], lift_of(chance, beam))
        return lifted

    def _choose(self, body: str, source: Source, found: Sequence[Hypothesis], length: Length) -> SummaryResult:
        """The best beam that keeps its promises (`choosing.py`), else the lead. Beams out of the first one's reach are not read."""
        told = read_source(source.written)
        kept: list[Candidate] = []
        for rank, hypothesis in enumerate(found):  # best first
            if kept and hypothesis.score < kept[0].score - self.preferences.reach:
                break
            if hypothesis.sure < self.min_score:
                continue
            text = in_script(self._render(hypothesis, source), source)
            if length == "brief" and text and text[-1] not in SENTENCE_ENDS:
                text = text.rstrip("，、；：") + "。"
            if not self._fits(text, length) or len(text) >= len(source.text):
                continue
            if spliced(text, told) or garbled(text, told):
                continue
            if not (result := checks(text, told))["ok"]:
                continue
            shown = {**result, "read_chars": source.read, "of_chars": len(source.text), "beam": rank,
                     "score": round(hypothesis.sure, 2)}  # fmt: skip
            kept.append(candidate(text, hypothesis.score, hypothesis.sure, told.plain, shown))
        if not kept:
            return self._extract(body, length, fell_back=True)
        read = source.text[:FITTED_CHARS]
        best = choose(kept, self.preferences, chances_of(read, source.mentions))
        return self._result(best.text, body, "abstractive", best.shown)

    def _fits(self, text: str, length: Length) -> bool:
        low, high = (0, self.headline_chars) if length == "headline" else self.brief_chars
        return low <= len(text) <= high

    def _render(self, hypothesis: Hypothesis, source: Source) -> str:
        pieces = []
        for token, place in zip(hypothesis.ids, hypothesis.places, strict=True):
            if token == self._marks.unknown:
                start, end = source.spans[place] if place < len(source.spans) else (0, 0)
                pieces.append(source.text[start:end])
            else:
                pieces.append(self._tokenizer.id_to_token(token) or "")
        text = set_in_chinese(joined(pieces, words=self._marks.words))
        return in_the_sources_case(text, source.text) if self._marks.words else text

    def _extract(self, body: str, length: Length, *, fell_back: bool = False) -> SummaryResult:
        """The article's own words: of prose its lead or chosen sentences, of lines the first, of a foreign text its beginning.

        `fell_back`: the model was asked, and nothing that it wrote could be shown.
        """
        low, high = self.brief_chars
        most = self.headline_chars if length == "headline" else high
        lines: tuple[Sentence, ...] = ()
        if of_lines(body):
            text, lines = (headline_of_lines if length == "headline" else brief_of_lines)(body, most)
        elif not reads_as_chinese(body):
            text = beginning_of(body, most)
        else:
            text = headline_of(body, most) if length == "headline" else choose_brief(body, low, most)
        found = {**checks(text, body), **({"fell_back": True} if fell_back else {})} if text else EMPTY
        return self._result(text, body, "extractive", found, lines)

    def _result(
        self, text: str, body: str, method: Any, found: dict[str, Any], lines: tuple[Sentence, ...] = ()
    ) -> SummaryResult:
        return SummaryResult(text, method, dict(found), self.bundle, windows=1, evidence=lines or drawn_on(text, body))


def in_script(text: str, source: Source) -> str:
    """What was written out of a Simplified reading, in the article's own script."""
    return text if source.text == source.written else in_the_sources_script(text, source.text, source.written)
