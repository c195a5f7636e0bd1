"""What /metrics counts: requests, their time, articles, errors by type, the line before the models, the bundles.

It owns the names of the series. One registry an app, never the process-wide one: two apps in a process do not mix.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector, generate_latest

from models.analyzer import Analyzer, device_of

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """The series of one app."""

    def __init__(self, waiting: Callable[[], float]) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.requests = Counter(
            "caibian_requests", "Requests answered.", ["route", "method", "status"], registry=registry
        )
        self.seconds = Histogram(
            "caibian_request_seconds", "Seconds to the answer.", ["route"], buckets=SECONDS, registry=registry
        )
        self.articles = Counter("caibian_articles", "Articles answered.", ["route"], registry=registry)
        self.errors = Counter("caibian_errors", "Problem answers.", ["type"], registry=registry)
        self._bundles = Info("caibian_bundle", "The bundle that serves a task.", ["task"], registry=registry)
        self._ready = Gauge("caibian_ready", "1 once both models answered the canary text.", registry=registry)
        inside = Gauge("caibian_inference_calls", "Calls before the models, running ones included.", registry=registry)
        inside.set_function(waiting)
        self.tokens = Counter("caibian_tokens", "Tokens that the encoders read.", registry=registry)
        self.switches = Counter(
            "caibian_bundle_switches",
            "Bundles that took another's place while the service ran, and those that were refused.",
            ["task", "outcome"],
            registry=registry,
        )
        self.deaths = Counter(
            "caibian_deaths", "Processes that served before this one and died of a signal.", registry=registry
        )
        self._waits = Histogram(
            "caibian_inference_wait_seconds",
            "Seconds in line before the models, of requests and of jobs.",
            ["of"],
            buckets=SECONDS,
            registry=registry,
        )
        self._batches = Histogram(
            "caibian_batch_calls",
            "Calls that were computed together, and why they went: a worker was free, or there was no room for more.",
            ["released"],
            buckets=BATCHES,
            registry=registry,
        )
        self._batch_articles = Histogram(
            "caibian_batch_articles", "Articles that were computed together.", buckets=BATCHES, registry=registry
        )

    def batch(self, calls: Sequence[tuple[bool, float]], articles: int, *, full: bool) -> None:
        """Calls begin to be computed together: of each whether it is a job's, and the seconds that it waited."""
        for behind, seconds in calls:
            self._waits.labels("job" if behind else "request").observe(seconds)
        self._batches.labels("full" if full else "free").observe(len(calls))
        if articles:
            self._batch_articles.observe(articles)

    def text(self, analyzer: Analyzer | None) -> bytes:
        """All series in Prometheus's text format."""
        self._ready.set(analyzer is not None)
        if analyzer is not None:
            for task, half in (("topics", analyzer.classifier), ("summaries", analyzer.summarizer)):
                name, _, version = half.bundle.partition("@")
                labels = {"name": name, "version": version, "trained": str(half.trained).lower()}
                labels |= dict(zip(("device", "precision"), device_of(half), strict=True))
                self._bundles.labels(task).info(labels)
        return generate_latest(self._registry)
