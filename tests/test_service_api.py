"""The HTTP surface on good input: routes, order, parity with the Analyzer, health, metrics, docs, headers."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import BaseModel

from models.analyzer import Analyzer
from models.article import Article, TopicResult
from models.errors import BundleError
from models.registry import load_summarizer
from service.app import create_app
from service.routes import page_answer
from service.schemas import ClassifyOut, PagesOut, ReadyOut, SummarizeOut, TagOut
from service.settings import Settings
from tests.service_client import ARTICLES, HERE, floors, ready_client, wait_ready

SAMPLE_PAGE = (Path(__file__).parents[1] / "service" / "static" / "sample.txt").read_text("utf-8")
INPUT = [Article(a["headline"], a["body"], a.get("id")) for a in ARTICLES]


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with ready_client() as ready:
        yield ready


class HeldClassifier:
    """The floor, but it answers only when told to."""

    def __init__(self, fail: bool = False) -> None:
        self._floor = floors().classifier
        self.bundle, self.taxonomy, self.trained = self._floor.bundle, self._floor.taxonomy, False
        self.go, self.entered, self.fail = threading.Event(), threading.Semaphore(0), fail

    def classify(self, articles: Sequence[Article]) -> list[TopicResult]:
        self.entered.release()
        assert self.go.wait(20)
        if self.fail and len(articles[0].body) < 20:
            raise ZeroDivisionError("secret of the inside")
        return self._floor.classify(articles)


def post(client: TestClient, route: str, **body: Any) -> Any:
    answer = client.post(f"/v1/{route}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(("route", "model"), [("classify", ClassifyOut), ("summarize", SummarizeOut), ("tag", TagOut)])
def test_answers_keep_order_and_ids_and_have_the_documented_shape(
    client: TestClient, route: str, model: type[BaseModel]
) -> None:
    answer = post(client, route, articles=ARTICLES)
    assert [r["id"] for r in answer["results"]] == ["a-1", "a-2", None]
    described = model.model_validate(answer)
    assert described.model_dump() == answer  # no field is missing from the documentation


def test_every_door_gives_what_the_analyzer_gives(client: TestClient) -> None:
    analyzer = floors()
    assert post(client, "tag", articles=ARTICLES)["results"] == [a.as_dict() for a in analyzer.analyze(INPUT)]
    short = analyzer.analyze(INPUT, topics=False, length="headline")
    got = post(client, "summarize", articles=ARTICLES, length="headline")["results"]
    assert got == [{"id": a.id} | a.summary.as_dict() for a in short if a.summary]
    page, analyses = analyzer.analyze_page(SAMPLE_PAGE)
    assert post(client, "pages", text=SAMPLE_PAGE) == page_answer(page, analyses)


def test_a_page_comes_back_as_tagged_and_summarised_articles(client: TestClient) -> None:
    answer = post(client, "pages", text=SAMPLE_PAGE, length="headline")
    assert PagesOut.model_validate(answer).model_dump() == answer
    assert [a["headline"] for a in answer["articles"]] == [
        "青禾县总工会为户外劳动者送清凉",
        "农民工讨回两年工资",
        "六百名焊工同台比武",
        "“指尖工会”上线",
    ]
    for article in answer["articles"]:
        assert article["summary"]["summary"]
        assert article["needs_review"] or not article["topics"]["needs_review"]
        for block in article["blocks"]:
            assert SAMPLE_PAGE[block["start"] : block["end"]] == block["text"]


def test_ready_names_the_bundles_and_says_loudly_that_floors_serve(client: TestClient) -> None:
    state = client.get("/health/ready").json()
    assert ReadyOut.model_validate(state).model_dump() == state
    assert state["trained"] == {"topics": False, "summaries": False}
    assert len(state["warnings"]) == 2
    assert "floor" in state["warnings"][0]


def test_live_answers_and_others_wait_while_models_load_and_while_they_work() -> None:
    held = HeldClassifier()
    analyzer = Analyzer(held, floors().summarizer)
    with TestClient(create_app(Settings(max_waiting=1), analyzer), base_url=HERE) as client:
        assert held.entered.acquire(timeout=20)  # the canary is being read
        assert client.get("/health/live").json() == {"status": "live"}
        for answer in (client.get("/health/ready"), client.post("/v1/tag", json={"articles": ARTICLES})):
            assert (answer.status_code, answer.json()["type"]) == (503, "urn:caibian:problem:not-ready")
            assert answer.headers["retry-after"]
        held.go.set()
        wait_ready(client)
        held.go.clear()

        statuses: list[int] = []
        calls = [
            threading.Thread(
                target=lambda: statuses.append(client.post("/v1/classify", json={"articles": ARTICLES}).status_code)
            )
            for _ in range(3)
        ]
        held.entered.acquire(blocking=False)
        for call in calls:
            call.start()
        calls_held = held.entered.acquire(timeout=20)
        assert calls_held
        assert client.get("/health/live").status_code == 200  # a worker is busy, the loop is not
        while not statuses:  # one runs, one waits, the third is refused
            client.get("/health/live")
        held.go.set()
        for call in calls:
            call.join(20)
        assert sorted(statuses) == [200, 200, 429]
        assert client.post("/v1/classify", json={"articles": ARTICLES}).status_code == 200


def test_an_unforeseen_error_says_nothing_of_the_inside_and_the_next_request_works(
    caplog: pytest.LogCaptureFixture,
) -> None:
    held = HeldClassifier(fail=True)
    held.go.set()
    with ready_client(Analyzer(held, floors().summarizer)) as client:
        broken = client.post("/v1/classify", json={"articles": [{"body": "短文。"}]})
        assert broken.status_code == 500
        problem = broken.json()
        assert problem["type"] == "urn:caibian:problem:internal"
        assert "secret" not in broken.text
        assert problem["instance"].endswith(broken.headers["x-request-id"])
        assert broken.headers["x-request-id"] in caplog.text
        assert "短文" not in caplog.text
        assert client.post("/v1/classify", json={"articles": ARTICLES}).status_code == 200
        assert 'caibian_errors_total{type="internal"} 1.0' in client.get("/metrics").text


def test_a_damaged_bundle_never_becomes_ready_and_is_told_to_the_one_who_starts_it(tmp_path: Path) -> None:
    heard: list[str] = []
    settings = Settings(topics_bundle=str(tmp_path / "none"), summaries_bundle="lead")
    with TestClient(create_app(settings, on_failure=heard.append), base_url=HERE) as client:
        while not heard:
            assert client.get("/health/live").status_code == 200
        answer = client.get("/health/ready")
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:caibian:problem:bundle")
        assert str(tmp_path) not in answer.text  # the path is for the log
    with pytest.raises(BundleError):
        raise BundleError(heard[0])


def test_metrics_count_requests_articles_errors_and_name_the_bundles(client: TestClient) -> None:
    post(client, "tag", articles=ARTICLES)
    client.post("/v1/tag", json={})
    client.get("/v1/no-such-path-4711")
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    lines = dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#"))
    assert float(lines['caibian_requests_total{method="POST",route="/v1/tag",status="200"}']) >= 1
    assert float(lines['caibian_articles_total{route="/v1/tag"}']) >= 3
    assert float(lines['caibian_errors_total{type="bad-input"}']) >= 1
    assert float(lines['caibian_request_seconds_count{route="/v1/tag"}']) >= 2
    assert any(name.startswith("caibian_bundle_info{") and 'name="keywords"' in name for name in lines)
    assert "4711" not in answer.text  # no series from a caller's words


def test_answers_carry_an_id_and_secure_headers(client: TestClient) -> None:
    for path in ("/", "/docs", "/health/live", "/static/desk.js", "/nowhere"):
        headers = client.get(path, headers={"X-Request-ID": "desk-7"}).headers
        assert headers["x-request-id"] == "desk-7"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-content-type-options"] == "nosniff"
    forged = client.get("/health/live", headers={"X-Request-ID": "x" * 65})
    assert forged.headers["x-request-id"] != "x" * 65


def test_the_openapi_document_resolves_and_describes_every_route(client: TestClient) -> None:
    spec = client.get("/openapi.json").json()
    models = {"/v1/classify", "/v1/summarize", "/v1/tag", "/v1/pages", "/v1/read"}
    stateless = models | {"/health/live", "/health/ready", "/metrics"}
    stored = ("/v1/articles/", "/v1/pages/", "/v1/corrections", "/v1/jobs", "/v1/superdesk/")
    kept = {p for p in spec["paths"] if p.startswith(stored)}
    assert stateless == set(spec["paths"]) - kept
    assert {"/v1/articles/{article_id}", "/v1/pages/{page_id}", "/v1/corrections/{correction_id}/undo"} <= kept
    for reference in _references(spec):
        assert reference.rsplit("/", 1)[1] in spec["components"]["schemas"]
    body = spec["paths"]["/v1/tag"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    example = spec["components"]["schemas"][body["$ref"].rsplit("/", 1)[1]]["example"]
    assert client.post("/v1/tag", json=example).status_code == 200


def test_what_the_schemas_import_is_named_and_pinned() -> None:
    """Pydantic brings typing_extensions along today; what is imported here must not hang on that."""
    files = Path(__file__).parents[1] / "requirements"
    assert "typing_extensions" in (files / "serve.in").read_text("utf-8").split()
    locks = [file.read_text("utf-8").split() for file in files.glob("*.lock")]
    pins = {line for lines in locks for line in lines if line.startswith("typing_extensions==")}
    assert len(locks) == 5 and len(pins) == 1
    assert all(pins <= set(lines) for lines in locks)


def test_checks_are_described_key_by_key_and_more_may_come(client: TestClient) -> None:
    described = client.get("/openapi.json").json()["components"]["schemas"]["ChecksOut"]
    assert (described["required"], described["additionalProperties"]) == (["ok"], True)
    rest = (Path(__file__).parents[1] / "docs" / "rest.md").read_text("utf-8")
    told = rest.split("### What is checked of a summary")[1].split("\n## ")[0]
    given = [Article(body=body) for body in (ARTICLES[0]["body"], "本报记者 林晓舟", "<p>职工书屋今日开放。</p>")]
    trained = load_summarizer()
    answers = trained.summarize(given, "headline") + trained.summarize(given) + floors().summarizer.summarize(given)
    keys = {key for answer in answers for key in answer.checks}
    assert {"score", "empty", "markup", "numbers_not_in_source", "source"} <= keys <= set(described["properties"])
    assert [
        key for key in described["properties"] if not re.search(rf"^\| [^|]*`{key}`[^|]* \|", told, re.MULTILINE)
    ] == []
    assert all(isinstance(answer.checks["ok"], bool) for answer in answers)


def test_a_wrong_word_is_answered_in_each_language(client: TestClient) -> None:
    told = client.post("/v1/summarize", json={"articles": ARTICLES[:1], "length": "tweet"}).json()["detail"]
    assert told == "length 只能是 'headline' 或 'brief'。 length must be 'headline' or 'brief'."


def test_no_page_of_ours_asks_a_third_party_for_anything(client: TestClient) -> None:
    static = Path(__file__).parents[1] / "service" / "static"
    for file in [*static.glob("*.html"), *static.glob("*.js"), *static.glob("*.css")]:
        assert "://" not in file.read_text("utf-8").replace("http://www.w3.org/", ""), file.name
        assert "innerHTML" not in file.read_text("utf-8"), file.name


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)
