"""The line before the models: who comes first, what is computed together, and what a caller hears when it does not go well."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from models.analyzer import Analyzer
from models.article import Article
from models.errors import Busy
from models.keywords import KeywordClassifier
from models.pauses import pause
from models.registry import load_summarizer
from service import turns
from service.calls import Asked
from service.inference import Inference
from service.metrics import Metrics

TEN = [Article(body=f"第{n}篇。县总工会走进工地送清凉。") for n in range(10)]


class Watched(KeywordClassifier):
    """The keyword floor, which waits at the door until `go` and pauses after each article, as a model does after a batch."""

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__()
        self.go, self.begun, self.seconds = threading.Event(), threading.Event(), seconds
        self.seen: list[list[str]] = []
        self.done: list[str] = []

    def classify(self, articles: Sequence[Article]) -> list[Any]:
        self.seen.append([a.body for a in articles])
        self.begun.set()
        assert self.go.wait(20)
        for article in articles:
            if "坏" in article.body:
                raise ValueError("an article that breaks the model")
            pause(1)
            time.sleep(self.seconds)
            self.done.append(article.body)
        return super().classify(articles)


def watched(seconds: float = 0.0) -> tuple[Watched, Asked]:
    classifier = Watched(seconds)
    return classifier, Asked(Analyzer(classifier, load_summarizer("lead")), summaries=False)


def bodies(found: Sequence[Any]) -> list[str]:
    return [f.topics.bundle for f in found]


def play(scene: Callable[[Inference], Coroutine[Any, Any, None]], *arguments: Any, **named: Any) -> None:
    async def run() -> None:
        inference = Inference(*arguments, **named)
        try:
            await asyncio.wait_for(scene(inference), 30)
        finally:
            inference.close()

    asyncio.run(run())


async def until(said: Callable[[], bool]) -> None:
    while not said():
        await asyncio.sleep(0.002)


def test_a_request_goes_between_two_batches_of_a_job_and_short_ones_before_long_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "LEVELS", (0.05, 2.0))
    classifier, asked = watched(0.03)

    async def scene(inference: Inference) -> None:
        job = asyncio.create_task(inference.analyze(asked, TEN * 2, bodies, behind=True))
        await until(classifier.begun.is_set)
        classifier.go.set()
        await until(lambda: len(classifier.done) >= 2)
        long = asyncio.create_task(inference.analyze(asked, [Article(body="长")] * 16, bodies))
        await until(lambda: classifier.done.count("长") >= 3)
        short = asyncio.create_task(inference.analyze(asked, [Article(body="短")], bodies))
        await asyncio.sleep(0)  # it is in line now
        at = len(classifier.done)
        await asyncio.gather(short, long)
        assert classifier.done.index("短") <= at + 1, "a short request waits for no more than the batch that runs"
        assert classifier.done.count("长") == 16
        assert len(await job) == 20

    play(scene, 1, 9)
    done = "".join(x[0] for x in classifier.done)
    assert done.index("短") < done.rindex("长") < done.rindex("第"), "each waits for those before it"
    assert sorted(x for x in classifier.done if x.startswith("第")) == sorted(a.body for a in TEN * 2), "each once"


def test_a_job_has_one_batch_now_and_then_though_requests_never_end(monkeypatch: pytest.MonkeyPatch) -> None:
    classifier, asked = watched()
    # Time passes by requests: how many fit into a tenth of a second is no matter of this machine's load.
    monkeypatch.setattr(turns, "PATIENCE", 0.1)
    monkeypatch.setattr(turns, "time", SimpleNamespace(monotonic=lambda: 0.01 * classifier.done.count("请求")))

    async def scene(inference: Inference) -> None:
        job = asyncio.create_task(inference.analyze(asked, TEN[:4], bodies, behind=True))

        def request() -> None:
            classifier.done.append("请求")
            while not job.done() and all(turn.behind for turn in inference._turns._waiting):
                time.sleep(0.001)  # until the next request waits: they never end

        async def one() -> None:
            while not job.done():
                await inference.run(request)

        await until(classifier.begun.is_set)
        requests = asyncio.gather(*(one() for _ in range(4)))
        await until(lambda: inference.inside == 4)
        classifier.go.set()
        await requests
        assert len(await job) == 4

    play(scene, 1, 9)
    assert classifier.done.count("请求") > 8


def test_small_calls_that_wait_together_are_computed_together_and_each_has_its_own_answer() -> None:
    classifier, asked = watched()
    metrics = Metrics(lambda: 0)

    async def scene(inference: Inference) -> None:
        first = asyncio.create_task(inference.analyze(asked, [Article(body="先来")], bodies))
        await until(classifier.begun.is_set)
        rest = [
            asyncio.create_task(inference.analyze(asked, [TEN[n]], lambda f, n=n: (n, f[0].topics.scores)))  # type: ignore[misc]
            for n in range(6)
        ]
        huge = asyncio.create_task(inference.analyze(asked, [Article(body="大" * 5000)], bodies))
        other = asyncio.create_task(inference.analyze(Asked(asked.models), [Article(body="另一种")], bodies))
        await asyncio.sleep(0.05)
        classifier.go.set()
        found = await asyncio.gather(*rest)
        assert [n for n, _ in found] == list(range(6))
        assert [s for _, s in found] == [KeywordClassifier().classify([a])[0].scores for a in TEN[:6]]
        await asyncio.gather(first, huge, other)

    play(scene, 1, 20, metrics=metrics)
    assert classifier.seen[0] == ["先来"]
    assert sorted(len(s) for s in classifier.seen) == [1, 1, 1, 6], "too large, or asked something else: by itself"
    text = metrics.text(None).decode()
    assert 'caibian_batch_calls_sum{released="free"} 3.0' in text
    assert 'caibian_batch_calls_sum{released="full"} 6.0' in text, "the huge one had no room beside the six"
    assert 'caibian_inference_wait_seconds_count{of="request"} 9.0' in text
    assert "caibian_tokens_total 9.0" in text


def test_a_call_that_breaks_the_models_does_not_break_those_beside_it() -> None:
    classifier, asked = watched()

    async def scene(inference: Inference) -> None:
        first = asyncio.create_task(inference.analyze(asked, [Article(body="先来")], bodies))
        await until(classifier.begun.is_set)
        good = [asyncio.create_task(inference.analyze(asked, [a], bodies)) for a in TEN[:2]]
        bad = asyncio.create_task(inference.analyze(asked, [Article(body="坏的")], bodies))
        await asyncio.sleep(0.05)
        classifier.go.set()
        assert [len(x) for x in await asyncio.gather(first, *good)] == [1, 1, 1]
        with pytest.raises(ValueError, match="breaks"):
            await bad

    play(scene, 1, 20)
    assert [len(s) for s in classifier.seen] == [1, 3, 1, 1, 1]


def test_a_full_line_says_when_there_will_be_room() -> None:
    classifier, _ = watched()
    heard: list[int] = []

    async def scene(inference: Inference) -> None:
        for _ in range(20):  # what calls cost is learned from those before
            await inference.run(lambda: time.sleep(0.001))
        inference._mean = 7.0
        calls = [asyncio.create_task(inference.run(lambda: classifier.go.wait(20))) for _ in range(3)]
        await asyncio.sleep(0.01)
        assert inference.full is not None
        with pytest.raises(Busy) as busy:
            await inference.run(lambda: None)
        heard.append(busy.value.seconds)
        classifier.go.set()
        await asyncio.gather(*calls)
        await until(lambda: inference.inside == 0)
        assert inference.full is None

    play(scene, 1, 2)
    assert heard == [21]


def test_what_calls_cost_is_learned() -> None:
    async def scene(inference: Inference) -> None:
        for _ in range(60):
            await inference.run(lambda: time.sleep(0.001))
        assert inference._mean < 0.05

    play(scene, 1, 2)


def test_several_workers_compute_at_once_and_never_more() -> None:
    now, most = [0], [0]
    lock = threading.Lock()

    def work() -> None:
        for _ in range(5):
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            time.sleep(0.002)
            with lock:
                now[0] -= 1
            pause()

    async def scene(inference: Inference) -> None:
        await asyncio.gather(*(inference.run(work, behind=n % 3 == 0) for n in range(40)))

    play(scene, 3, 60)
    assert most == [3]
