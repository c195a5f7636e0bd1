"""What /metrics counts: requests, their time, articles, errors by type, the line before the models, the bundles.

It owns the names of the series. One registry an app, never the process-wide one: two apps in a process do not mix.
"""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector, generate_latest

from models.analyzer import Analyzer

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


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

    def text(self, analyzer: Analyzer | None) -> bytes:
        """All series in Prometheus's text format."""
        self._ready.set(analyzer is not None)
        if analyzer is not None:
            for task, half in (("topics", analyzer.classifier), ("summaries", analyzer.summarizer)):
                name, _, version = half.bundle.partition("@")
                labels = {"name": name, "version": version, "trained": str(half.trained).lower()}
                self._bundles.labels(task).info(labels)
        return generate_latest(self._registry)
