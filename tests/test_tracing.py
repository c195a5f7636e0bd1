"""Traces: off they load nothing; on, a request's spans tell times and counts and no text; a collector that is away harms nobody."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from fastapi.testclient import TestClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import SecretStr

from models.errors import BadInput
from service.app import create_app
from service.settings import Settings
from service.tracing import Tracing
from tests.service_client import ARTICLES, HERE, ROOT, floors, ready_client, wait_ready

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    begin = Tracing.__init__
    monkeypatch.setattr(Tracing, "__init__", lambda self, settings, version: begin(self, settings, version, exporter))
    return exporter


@pytest.fixture
def client(spans: InMemorySpanExporter, tmp_path: Any) -> Iterator[TestClient]:
    with ready_client(database_url=SecretStr(f"sqlite:///{tmp_path / 'a.db'}")) as ready:
        yield ready


def named(spans: InMemorySpanExporter) -> dict[str, Any]:
    return {span.name: span for span in spans.get_finished_spans()}


def test_a_request_is_a_span_with_its_wait_its_models_and_its_store(
    client: TestClient, spans: InMemorySpanExporter
) -> None:
    answer = client.put("/v1/articles/a-1", json={"body": ARTICLES[0]["body"]}, headers={"traceparent": PARENT})
    assert answer.status_code in (200, 201)
    found = named(spans)
    request = found["PUT /v1/articles/{article_id:path}"]
    assert f"{request.context.trace_id:032x}" == PARENT.split("-")[1]
    assert f"{request.parent.span_id:016x}" == PARENT.split("-")[2]
    assert request.attributes["http.response.status_code"] == answer.status_code
    assert request.attributes["caibian.request"] == answer.headers["x-request-id"]
    for name in ("queue", "models", "store.read", "store.write"):
        assert found[name].context.trace_id == request.context.trace_id, name
        assert found[name].parent.span_id == request.context.span_id, name
        assert request.start_time <= found[name].start_time + 2_000_000, name  # clocks of two kinds
        assert found[name].end_time <= request.end_time + 2_000_000, name
    assert found["queue"].end_time <= found["models"].end_time


@pytest.mark.parametrize("given", ["", "nonsense", "00-" + "0" * 32 + "-b7ad6b7169203331-01"])
def test_without_a_parent_that_can_be_read_a_trace_begins(
    client: TestClient, spans: InMemorySpanExporter, given: str
) -> None:
    assert client.post("/v1/classify", json={"articles": ARTICLES}, headers={"traceparent": given}).status_code == 200
    assert named(spans)["POST /v1/classify"].parent is None


def test_spans_hold_no_text_no_path_and_no_words_of_an_error(
    client: TestClient, spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.keywords import KeywordClassifier

    def broken(self: Any, articles: Any) -> Any:
        raise ValueError(articles[0].body)

    client.get("/v1/articles/密件名?version=密件号")
    monkeypatch.setattr(KeywordClassifier, "classify", broken)
    assert client.post("/v1/classify", json={"articles": [{"body": "密件正文在此。"}]}).status_code == 500
    told = "".join(span.to_json() for span in spans.get_finished_spans())
    assert "密件" not in told and "\\u5bc6" not in told and "%E5%AF%86" not in told
    failed = named(spans)["POST /v1/classify"]
    assert failed.attributes["error.type"] == "500"
    assert not failed.events


def test_watching_is_not_traced(client: TestClient, spans: InMemorySpanExporter) -> None:
    for path in ("/health/live", "/health/ready", "/metrics"):
        assert client.get(path).status_code == 200
    assert not spans.get_finished_spans()


def test_without_a_collector_the_sdk_is_not_imported() -> None:
    code = (
        "import sys\nfrom fastapi.testclient import TestClient\nfrom service.app import create_app\n"
        "from service.settings import Settings\n"
        "with TestClient(create_app(Settings(topics_bundle='keywords', summaries_bundle='lead'))) as c: c.get('/')\n"
        "found = [m for m in sys.modules if m.startswith(('opentelemetry.sdk', 'opentelemetry.exporter'))]\n"
        "assert not found, found"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, timeout=300)


def test_a_missing_sdk_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(BadInput, match=r"requirements/otel\.lock"):
        create_app(Settings(traces_endpoint="http://127.0.0.1:9/v1/traces"))


class Collector(BaseHTTPRequestHandler):
    """Takes OTLP over HTTP."""

    got: list[ExportTraceServiceRequest]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            import gzip

            body = gzip.decompress(body)
        self.got.append(ExportTraceServiceRequest.FromString(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Silent."""


def test_a_collector_gets_the_spans_at_the_latest_when_the_service_ends() -> None:
    Collector.got = []
    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/v1/traces"
        with ready_client(traces_endpoint=address) as client:
            assert client.post("/v1/classify", json={"articles": ARTICLES}).status_code == 200
        server.shutdown()
    spans = [s for got in Collector.got for r in got.resource_spans for scope in r.scope_spans for s in scope.spans]
    assert {"POST /v1/classify", "queue", "models"} <= {span.name for span in spans}
    resource = {a.key: a.value.string_value for a in Collector.got[0].resource_spans[0].resource.attributes}
    assert resource["service.name"] == "caibian"


def test_a_collector_that_is_away_harms_no_request_and_holds_up_no_end() -> None:
    from time import monotonic

    settings = Settings(
        topics_bundle="keywords", summaries_bundle="lead", traces_endpoint="http://127.0.0.1:9/v1/traces"
    )
    with TestClient(create_app(settings, floors()), base_url=HERE) as client:
        wait_ready(client)
        assert client.post("/v1/classify", json={"articles": ARTICLES}).status_code == 200
        began = monotonic()
    assert monotonic() - began < 30  # five seconds for the collector, the rest for a busy machine
