"""`eval speed`: how fast the product is, against the same weights in transformers and against the machine's own roof.

Owns the plan: what is compared with what, how the time is shared out, and that both sides have the same number of threads.
Texts, ways, turns, roof, servers and load stand in speed_*.py, the tables in speed_report.py. All ways of one comparison run in
turns and medians of ratios count, since a machine is seldom quiet; the load average is said with the figures.
"""

from __future__ import annotations

import contextlib
import os
import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.speed_http import Bodies, Served, articles_bodies, headline_bodies, measure
from eval.speed_roof import blas_threads
from eval.speed_servers import Server, ServerFailed, naive_server, our_server, stopped_on_sigterm
from eval.speed_texts import read_texts
from eval.speed_turns import Turns, take_turns
from models.article import Article
from models.errors import BadInput
from models.pages import split_page
from models.registry import default_bundle

PAGES, A_PAGE = 12, 6
"""Made pages, and the articles of each."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured. `classify`, `summarize`, `pages` and `http` say when each part ends, as shares of `seconds`."""

    seconds: float
    part: int
    """Articles of a turn of classification; of these `few` are read by the BERT of usual size."""
    few: int
    sums: int
    """Articles of a turn of summaries."""
    burst: int
    """Requests of a turn that measures capacity; on `/v1/tag` a sixth of them."""
    least: int
    """Rounds at least."""
    classify: float = 0.36
    summarize: float = 0.58
    pages: float = 0.61
    http: float = 0.82
    """When `/v1/classify` ends; `/v1/tag` has the rest."""


QUICK = Plan(seconds=36, part=16, few=1, sums=6, burst=96, least=2)
FULL = Plan(seconds=300, part=64, few=4, sums=16, burst=192, least=5)


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that one run measured."""

    threads: int
    data: str
    articles: int
    mean_chars: float
    bundles: Mapping[str, str]
    classify: Turns
    summarize: Turns
    pages: Turns
    page_chars: float
    tokens: Mapping[str, float]
    """Read of an article on average, by way."""
    by_encoder: float
    """Share of the articles that the cascade gave to the encoder."""
    gap: float
    """The largest difference between our logits and the pipeline's."""
    flops: float
    """Of an article, on average."""
    peak_share: float
    served: Sequence[Served]
    """On `/v1/classify`; ours first, then the ten lines of FastAPI."""
    tagged: Sequence[Served]
    """These two on `/v1/tag`."""
    absent: Sequence[str]
    load: Sequence[float]
    """Load averages of the last minute: at the start, after each part."""
    took: float


def run(
    data: Path | None = None,
    split: str | None = None,
    *,
    quick: bool = False,
    threads: int = 1,
    topics: Path | None = None,
    summaries: Path | None = None,
    peers: Path | None = None,
    plan: Plan | None = None,
    bert: Mapping[str, int] | None = None,
) -> Found:
    """Measure everything; `plan` and `bert` (the shape of the BERT of usual size) are for tests.

    Raises BadInput, BundleError, and ServerFailed when one of the two servers does not start.
    """
    from eval.speed_ways import Classifying, Summarizing

    if threads < 1:
        raise BadInput("the number of threads is 1 or more", field="threads")
    began = time.perf_counter()
    plan = plan or (QUICK if quick else FULL)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    topics, summaries = topics or default_bundle("topics"), summaries or default_bundle("summaries")
    articles = read_texts(data, split)
    load = [os.getloadavg()[0]]

    def until(share: float) -> float:
        load.append(os.getloadavg()[0])
        return began + share * plan.seconds

    with blas_threads(threads):
        classifying = Classifying(articles, topics, threads, plan.part, plan.few, bert or {})
        classify = take_turns(classifying.ways, until(plan.classify), plan.least)
        summarizing = Summarizing(articles, summaries, threads, plan.sums)
        summarize = take_turns(summarizing.ways, until(plan.summarize), plan.least)
    texts = _made_pages(articles)
    pages = take_turns({"pages": lambda number: _split(texts[number % len(texts)])}, until(plan.pages), plan.least)
    times = (until(plan.http), began + plan.seconds)
    served, tagged, absent = _serve(classifying.cut, topics, summaries, threads, plan, times, peers)
    load.append(os.getloadavg()[0])
    return Found(
        threads=threads,
        data=f"{data}{f' ({split})' if split else ''}" if data else "invented articles",
        articles=len(articles),
        mean_chars=sum(len(a.headline) + len(a.body) for a in articles) / len(articles),
        bundles={"topics": classifying.ours.bundle, "summaries": summarizing.ours.bundle},
        classify=classify,
        summarize=summarize,
        pages=pages,
        page_chars=sum(map(len, texts)) / len(texts),
        tokens=classifying.tokens() | {"summaries": summarizing.tokens},
        by_encoder=classifying.by_encoder(),
        gap=classifying.gap,
        flops=classifying.flops(),
        peak_share=classifying.peak_share(classify),
        served=served,
        tagged=tagged,
        absent=absent,
        load=load,
        took=time.perf_counter() - began,
    )


def _made_pages(articles: Sequence[Article]) -> list[str]:
    """Pages that are made of the articles, in the house styles of development."""
    from eval.make_pages import make_page

    rng = random.Random(0)  # noqa: S311 - no secret
    pool = [(a.headline or a.body[:16], a.body) for a in articles]
    return [str(make_page(rng.choices(pool, k=A_PAGE), str(i), rng)["text"]) for i in range(PAGES)]


def _split(text: str) -> float:
    split_page(text)
    return 1.0


def _serve(
    articles: Sequence[Article],
    topics: Path,
    summaries: Path,
    threads: int,
    plan: Plan,
    until: tuple[float, float],
    peers: Path | None,
) -> tuple[list[Served], list[Served], list[str]]:
    """Ours, ten lines of FastAPI, and the peers that can be started, all up at once and loaded in turns; then the first two
    with headlines to write.
    """
    absent: list[str] = []
    with (
        stopped_on_sigterm(),
        tempfile.TemporaryDirectory(prefix="caibian-speed-") as name,
        contextlib.ExitStack() as stack,
    ):
        folder, topics, summaries = Path(name), topics.resolve(), summaries.resolve()
        both = (our_server(folder, threads, topics, summaries), naive_server(folder, threads, topics, summaries))
        up: list[tuple[Server, str, Bodies]] = []
        for server in both:
            up.append((stack.enter_context(server), "/v1/classify", articles_bodies))
        if peers:
            from eval.speed_peers import find_peers

            others, absent = find_peers(peers.resolve(), folder, threads, topics)
            for server, path, shape in others:
                try:
                    up.append((stack.enter_context(server), path, shape))
                except ServerFailed as error:
                    absent.append(error.message)
        served = measure(up, articles, plan.burst, max(0.0, until[0] - time.perf_counter()))
        asked: list[tuple[Server, str, Bodies]] = [(server, "/v1/tag", headline_bodies) for server in both]
        return (
            served,
            measure(asked, articles, max(1, plan.burst // 6), max(0.0, until[1] - time.perf_counter())),
            absent,
        )
