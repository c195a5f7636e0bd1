"""What a newsroom's own system does: the curl lines and the client of the docs, run; and Superdesk's contract."""

from __future__ import annotations

import asyncio
import functools
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from docs.client import Article, Caibian, Refused
from models.topics import read_taxonomy
from service import superdesk
from service.cli import main
from service.superdesk import SuperdeskOut, text_of
from service.webhooks import signature
from tests.server import Server
from tests.service_client import ARTICLES, ready_client
from tests.test_jobs import finished
from tests.test_keys import kind, make_key

TEXT = (Path(__file__).parents[1] / "docs" / "newsroom.md").read_text("utf-8")
ITEM = {
    "guid": "urn:newsml:desk:1",
    "language": "zh-CN",
    "headline": ARTICLES[0]["headline"],
    "body_html": "".join(f"<p>{p}</p>" for p in ARTICLES[0]["body"].split("\n")),
    "slugline": "unknown to us",
}


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("CAIBIAN_DATABASE_URL", f"sqlite:///{tmp_path / 'a.db'}")
    with ready_client(database_url=SecretStr(f"sqlite:///{tmp_path / 'a.db'}")) as ready:
        yield ready


def run_curl(client: TestClient, words: list[str]) -> Any:
    """What a curl line of the docs asks, asked of the app."""
    assert words[:2] == ["curl", "-sS"]
    method, body, headers, address = None, None, dict[str, str](), ""
    rest = iter(words[2:])
    for word in rest:
        if word == "-X":
            method = next(rest)
        elif word == "-H":
            name, _, value = next(rest).partition(": ")
            headers[name] = value
        elif word in ("-d", "--data-binary"):
            body = next(rest).encode()
        else:
            assert word.startswith("http://127.0.0.1:8000/"), word
            address = word.removeprefix("http://127.0.0.1:8000")
    assert urlsplit(address).path
    return client.request(method or ("POST" if body else "GET"), address, content=body, headers=headers)


def test_every_curl_line_of_the_docs_works(client: TestClient) -> None:
    ran = 0
    for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL):
        lines, left = [], ""
        for line in block.splitlines():
            left += line + "\n"
            if left.count("'") % 2 == 0:
                lines.append(shlex.split(left))
                left = ""
        for words in lines:
            answer = run_curl(client, words)
            assert answer.status_code in (200, 201, 202, 204), (words, answer.text)
            ran += 1
    assert ran >= 16
    for job in client.get("/v1/jobs").json()["jobs"]:
        end = finished(client, job["id"])
        assert (end["state"], end["failed"]) == ("done", 0)
    assert len(client.get("/v1/corrections").json()["corrections"]) == 4
    assert client.get("/v1/articles/a-1").status_code == 410


def test_the_docs_name_every_route_of_what_is_kept(client: TestClient) -> None:
    for path in client.get("/openapi.json").json()["paths"]:
        if path.startswith(("/v1/articles", "/v1/corrections", "/v1/jobs", "/v1/superdesk")):
            plain = re.sub(r"{\w+}", "{id}", path)
            assert plain in TEXT or plain.replace("{id}", "a-1") in TEXT, path


def test_the_signature_of_the_docs_is_ours() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - our own docs
    header = signature("s3cret", 1_700_000_000, b"{}")
    assert names["is_ours"]("s3cret", header, b"{}")
    assert not names["is_ours"]("other", header, b"{}")
    assert not names["is_ours"]("s3cret", header, b"{ }")


def test_the_client_of_the_docs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    monkeypatch.setenv("CAIBIAN_DATABASE_URL", url)
    key = make_key(capsys, "--scope", "review")
    given: list[Article] = [
        {"id": "a-1", "headline": "送清凉", "body": ARTICLES[0]["body"]},
        {"body": ARTICLES[1]["body"]},
    ]
    with Server(tmp_path, url) as server, Caibian(server.address, key) as caibian:
        tagged = caibian.tag(given, length="headline")
        assert [r["id"] for r in tagged] == ["a-1", None]
        assert tagged[0]["labels"] == ["wellbeing"]
        assert tagged[0]["summary"]["summary"]
        kept = caibian.keep("desk/a-1", ARTICLES[0]["body"], embargo="2099-01-01T00:00:00+08:00")
        assert (kept["version"], kept["embargoed"]) == (1, True)
        assert caibian.correct_topics("desk/a-1", ["wellbeing"], "许望舒")
        assert [r["n"] for r in caibian.run_job(given)] == [0, 1]
        caibian.withdraw("desk/a-1")
        with pytest.raises(Refused) as refused:
            caibian.correct_topics("desk/a-1", [], "许望舒")
        assert refused.value.kind == "gone"
        with Caibian(server.address) as nobody, pytest.raises(Refused, match="Bearer"):
            nobody.tag(given)


def test_the_client_tries_again_and_says_what_was_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if request.url.path.endswith("/results"):
            problem = {"type": "urn:caibian:problem:not-found", "detail": "没有这个任务。"}
            return httpx.Response(404, stream=httpx.ByteStream(json.dumps(problem).encode()))
        if len(asked) <= 2:
            raise (httpx.ReadError, httpx.ConnectTimeout)[len(asked) - 1]("lost", request=request)
        return httpx.Response(202, json={"id": "j", "state": "done"})

    make = functools.partial(httpx.Client, transport=httpx.MockTransport(answer))
    monkeypatch.setattr(httpx, "Client", make)
    monkeypatch.setattr("time.sleep", lambda _: None)
    with Caibian("http://127.0.0.1:1", tries=3) as caibian:
        with pytest.raises(Refused, match="没有这个任务") as refused:
            list(caibian.run_job([{"body": "文。"}]))
        assert refused.value.kind == "not-found"
        assert [r.url.path for r in asked] == ["/v1/jobs"] * 3 + ["/v1/jobs/j/results"]
        assert len({r.headers["idempotency-key"] for r in asked[:3]}) == 1
    asked.clear()
    with Caibian("http://127.0.0.1:1", tries=2) as caibian, pytest.raises(httpx.TransportError):
        caibian.withdraw("a-1")
    assert len(asked) == 2


def test_html_is_read_beside_the_event_loop(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    on_the_loop: list[bool] = []

    def watched(html: str) -> str:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            on_the_loop.append(False)
        else:
            on_the_loop.append(True)
        return text_of(html)

    monkeypatch.setattr(superdesk, "text_of", watched)
    feedback = {"operation": "feedback", "data": {"item": ITEM, "tags": {"subject": []}}}
    for body in ({"item": ITEM}, feedback):
        assert client.post("/v1/superdesk/ai", json=body).status_code == 200
    assert on_the_loop == [False, False]


def test_superdesk_analyses_an_item(client: TestClient) -> None:
    answer = client.post("/v1/superdesk/ai", json={"service": "caibian", "item": ITEM, "tags": {"subject": []}})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    described = SuperdeskOut.model_validate(told)
    assert (described.analysis, described.caibian) == (told["analysis"], told["caibian"])
    plain = client.post("/v1/classify", json={"articles": ARTICLES[:1]}).json()["results"][0]
    assert [t["qcode"] for t in told["analysis"]["subject"]] == plain["labels"] == ["wellbeing"]
    (tag,) = told["analysis"]["subject"]
    assert tag["name"] == next(t.zh for t in read_taxonomy().topics if t.name == "wellbeing")
    assert {"name", "qcode", "source", "altids", "parent", "scheme", "aliases", "original_source"} == set(tag)
    assert told["caibian"]["scores"] == plain["scores"]
    english = client.post("/v1/superdesk/ai", json={"service": "caibian", "item": ITEM | {"language": "en"}}).json()
    assert english["analysis"]["subject"][0]["name"] != tag["name"]


def test_superdesk_feedback_is_a_correction_and_search_finds_topics(
    client: TestClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tags = {
        "subject": [{"qcode": "medtop:20000002", "name": "x"}, {"qcode": "skills_contest"}, {"qcode": "wellbeing"}],
        "person": [],
    }
    feedback = {"service": "caibian", "operation": "feedback", "data": {"item": ITEM, "tags": tags}}
    once = {"Idempotency-Key": "f-1"}
    made = [client.post("/v1/superdesk/ai", json=feedback, headers=once) for _ in range(2)]
    assert made[0].json() == made[1].json()
    assert made[0].json()["result"]["correction"]
    out = tmp_path / "out.jsonl"
    assert main(["corrections", "export", "-o", str(out), "--task", "topics"]) == 0
    assert [json.loads(line) for line in out.read_text("utf-8").splitlines()] == [
        {
            "id": ITEM["guid"],
            "headline": ITEM["headline"],
            "body": ARTICLES[0]["body"],
            "labels": ["skills_contest", "wellbeing"],
            "editor": "superdesk",
        }
    ]
    found = client.post(
        "/v1/superdesk/ai", json={"service": "caibian", "operation": "search", "data": {"term": "维权"}}
    ).json()
    assert [t["qcode"] for t in found["result"]["tags"]["subject"]] == ["rights_protection"]
    key = {"Authorization": f"Bearer {make_key(capsys)}"}
    assert kind(client.post("/v1/superdesk/ai", json=feedback, headers=key)) == (403, "forbidden")
    assert client.post("/v1/superdesk/ai", json={"service": "x", "item": ITEM}, headers=key).status_code == 200


@pytest.mark.parametrize(
    "body",
    [{}, {"service": "caibian"}, {"item": {"guid": "1"}}, {"item": {"guid": 1, "body_html": "文"}},
     {"item": {"guid": "1", "body_html": ""}},
     {"operation": "create", "data": {"title": "x"}}, {"operation": "feedback", "data": {"item": ITEM}}, {"operation": "feedback"},
     {"item": {"guid": "1", "body_html": "<!-- only -->"}}],
)  # fmt: skip
def test_superdesk_hears_what_is_wrong(client: TestClient, body: dict[str, Any]) -> None:
    assert kind(client.post("/v1/superdesk/ai", json=body)) == (422, "bad-input")
    assert client.get("/v1/corrections").json()["corrections"] == []


def test_html_becomes_paragraphs_and_nothing_in_it_runs() -> None:
    html = (
        "<p>第一段，<b>加粗</b>。</p><script>alert(1)</script><p>第二段<br>换行&amp;</p><img src=x onerror=alert(1)>尾"
    )
    assert text_of(html) == "第一段，加粗。\n第二段\n换行&\n尾"
    assert text_of("只有文字 < 没有标签") == "只有文字 < 没有标签"
    assert text_of("<p>" * 500 + "深" + "</p>" * 500) == "深"
    xxe = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><p>&x;</p>'
    assert "root:" not in text_of(xxe)
