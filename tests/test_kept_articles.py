"""/v1/articles and /v1/corrections over HTTP, on both databases: versions, embargo, withdrawal, undo, idempotency, ETags."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from models.article import Article
from service.cli import main
from service.kept_schemas import CorrectionMadeOut, CorrectionsOut, StoredArticleOut, VersionsOut
from tests.service_client import ARTICLES, floors, ready_client
from tests.test_keys import kind, make_key

BODY = str(ARTICLES[0]["body"])
PUT = {"headline": ARTICLES[0]["headline"], "body": BODY}


@pytest.fixture
def client(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("CAIBIAN_DATABASE_URL", database_url)
    with ready_client(database_url=SecretStr(database_url)) as ready:
        yield ready


def export(tmp_path: Path, *options: str) -> list[dict[str, Any]]:
    out = tmp_path / "export.jsonl"
    assert main(["corrections", "export", "-o", str(out), *options]) == 0
    return [json.loads(line) for line in out.read_text("utf-8").splitlines()]


def correct(client: TestClient, status: int = 201, headers: dict[str, str] | None = None, **given: Any) -> Any:
    answer = client.post("/v1/corrections", json=given, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_an_article_lives_on(client: TestClient) -> None:
    assert kind(client.get("/v1/articles/a-1")) == (404, "not-found")
    first = client.put("/v1/articles/a-1", json=PUT | {"source": "青禾日报", "date": "2026-07-13"})
    assert first.status_code == 201, first.text
    told = first.json()
    assert StoredArticleOut.model_validate(told).model_dump() == told
    (analysis,) = floors().analyze([Article(PUT["headline"], BODY, "a-1")])
    assert analysis.topics and analysis.summary
    assert told["analysis"]["topics"] == analysis.topics.as_dict()
    assert told["analysis"]["summary"] == analysis.summary.as_dict()
    same = client.put("/v1/articles/a-1", json=PUT | {"source": "青禾日报", "date": "2026-07-13"})
    assert (same.status_code, same.json()["version"], same.headers["etag"]) == (200, 1, first.headers["etag"])

    got = client.get("/v1/articles/a-1")
    assert got.json() == same.json()
    assert got.headers["cache-control"] == "private, no-cache"
    for tags in (got.headers["etag"], f'"x", W/{got.headers["etag"]}', "*"):
        again = client.get("/v1/articles/a-1", headers={"If-None-Match": tags})
        assert (again.status_code, again.content) == (304, b"")
    changed = PUT | {"body": BODY.replace("绿豆汤", "酸梅汤"), "embargo": "2099-01-01T08:00:00+08:00"}
    stale = client.put("/v1/articles/a-1", json=changed, headers={"If-Match": '"7-7"'})
    assert kind(stale) == (412, "changed")
    second = client.put("/v1/articles/a-1", json=changed, headers={"If-Match": got.headers["etag"]})
    assert (second.status_code, second.json()["version"]) == (200, 2)
    assert second.json()["embargo"] == "2099-01-01T00:00:00+00:00"
    assert second.json()["embargoed"] is True
    assert "酸梅汤" in second.json()["changed"]["added"][0]
    assert client.get("/v1/articles/a-1", headers={"If-None-Match": got.headers["etag"]}).status_code == 200

    listed = client.get("/v1/articles/a-1/versions").json()
    assert VersionsOut.model_validate(listed).model_dump() == listed
    assert [v["version"] for v in listed["versions"]] == [1, 2]
    assert listed["versions"][1]["changed"]["fields"] == ["body", "source", "date", "embargo"]
    old = client.get("/v1/articles/a-1?version=1").json()
    assert (old["current"], old["body"]) == (False, BODY)
    assert kind(client.get("/v1/articles/a-1?version=3")) == (404, "not-found")
    assert kind(client.get("/v1/articles/a-1?version=x")) == (422, "bad-input")


@pytest.mark.parametrize(
    "name", ["urn:newsml:desk:2026-07-13:1", "版面/一/3#2", "a b?c", "../../etc/passwd", "'; DROP TABLE articles; --"]
)
def test_any_id_is_an_id(client: TestClient, name: str) -> None:
    path = "/v1/articles/" + quote(name, safe="")
    assert client.put(path, json=PUT).status_code == 201
    assert client.get(path).json()["id"] == name
    assert client.get(path + "/versions").json()["id"] == name
    assert client.delete(path).status_code == 204
    assert kind(client.get(path)) == (410, "gone")


@pytest.mark.parametrize(
    ("given", "field"),
    [({"body": " 。"}, "article.body"), ({"body": "工\0会"}, "article.body"), ({"body": "文", "embargo": "2026-07-13"}, "embargo"),
     ({"body": "文", "embargo": "soon"}, "embargo"), ({"body": "文", "x": 1}, "x"), ({"body": "文", "date": "d\0"}, "date"),
     ({"body": "文", "embargo": "9999-12-31T23:59:59-12:00"}, "embargo")],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused_with_its_field(client: TestClient, given: dict[str, Any], field: str) -> None:
    answer = client.put("/v1/articles/a", json=given)
    assert kind(answer) == (422, "bad-input")
    assert answer.json()["field"] == field
    assert kind(client.get("/v1/articles/a")) == (404, "not-found")
    assert kind(client.put("/v1/articles/" + "a" * 513, json=PUT))[0] == 413
    assert kind(client.put("/v1/articles/a/versions", json=PUT)) == (422, "bad-input")


def test_a_withdrawn_article_is_gone_from_everywhere(
    client: TestClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    client.put("/v1/articles/a-1", json=PUT)
    for bad in ("x\n2026-11-24 INFO forged", "x\r\nforged", "x\x1b[31mforged"):
        assert client.put("/v1/articles/" + quote(bad), json=PUT).status_code in (404, 422)
        assert correct(client, 422, id=bad, body="文。", labels=[])["field"] == "id"
    assert "forged" not in "".join(r.getMessage() for r in caplog.records if r.name == "caibian")
    correct(client, task="topics", id="a-1", labels=["wellbeing"], editor="许望舒")
    assert len(export(tmp_path)) == 1
    assert client.delete("/v1/articles/a-1").status_code == 204
    assert kind(client.get("/v1/articles/a-1")) == (410, "gone")
    assert kind(client.get("/v1/articles/a-1/versions")) == (410, "gone")
    assert client.delete("/v1/articles/a-1").status_code == 404
    assert export(tmp_path) == []
    assert client.get("/v1/corrections?article=a-1").json()["corrections"] == []
    assert kind(client.post("/v1/corrections", json={"id": "a-1", "labels": []})) == (410, "gone")
    assert "河滨大桥" not in caplog.text
    for file in tmp_path.glob("store.db*"):
        assert "河滨大桥".encode() not in file.read_bytes()
        assert json.dumps("河滨大桥")[1:-1].encode() not in file.read_bytes()
    assert client.put("/v1/articles/a-1", json=PUT).json()["version"] == 1


def test_corrections_come_in_are_listed_taken_back_and_exported(client: TestClient, tmp_path: Path) -> None:
    client.put("/v1/articles/a-1", json=PUT)
    made = correct(client, task="topics", id="a-1", labels=["wellbeing"], editor="许望舒", note="送清凉")
    assert CorrectionMadeOut.model_validate(made).model_dump() == made
    assert made["version"] == 1
    correct(client, id="n-1", headline="题", body="云岭市总工会慰问职工。", labels=[])
    correct(client, id="n-1", body="云岭市总工会慰问职工。", summary="总工会慰问职工。")
    page = {"headline": "题", "alt_headlines": ["又题"], "body": "文。"}
    correct(client, task="pages", id="p-1", text="题\n文。", articles=[page, {"headline": "二", "body": "文二。"}])
    rows = export(tmp_path)
    assert rows == [
        {"id": "a-1", "headline": PUT["headline"], "body": BODY, "labels": ["wellbeing"], "editor": "许望舒"},
        {"id": "n-1", "headline": "题", "body": "云岭市总工会慰问职工。", "labels": [], "editor": "unknown"},
        {"id": "n-1", "body": "云岭市总工会慰问职工。", "summary": "总工会慰问职工。"},
        {"id": "p-1", "text": "题\n文。", "articles": [page, {"headline": "二", "body": "文二。"}]},
    ]
    assert export(tmp_path, "--task", "topics") == rows[:2]
    taken = client.post(f"/v1/corrections/{made['id']}/undo", json={"editor": "林晓舟"})
    assert (taken.status_code, taken.json()["undoes"]) == (201, made["id"])
    assert kind(client.post(f"/v1/corrections/{made['id']}/undo", json={})) == (409, "conflict")
    assert kind(client.post("/v1/corrections/nope/undo", json={})) == (404, "not-found")
    assert [r["id"] for r in export(tmp_path, "--task", "topics")] == ["n-1"]
    client.post(f"/v1/corrections/{taken.json()['id']}/undo", json={})
    assert len(export(tmp_path, "--task", "topics")) == 2

    listed = client.get("/v1/corrections?limit=4").json()
    assert CorrectionsOut.model_validate(listed).model_dump() == listed
    assert [r["editor"] for r in listed["corrections"]] == ["许望舒", "unknown", "unknown", "unknown"]
    rest = client.get(f"/v1/corrections?limit=4&after={listed['next']}").json()
    assert [r["undoes"] for r in rest["corrections"]] == [made["id"], taken.json()["id"]]
    assert rest["next"] is None
    assert [r["counts"] for r in listed["corrections"] + rest["corrections"]] == [True] * 4 + [False, True]
    tag = client.get("/v1/corrections").headers["etag"]
    assert client.get("/v1/corrections", headers={"If-None-Match": tag}).status_code == 304
    correct(client, id="a-1", labels=[])
    assert client.get("/v1/corrections", headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"id": "a-1"}, 422),
        ({"id": "a-1", "labels": [], "summary": "文"}, 422),
        ({"id": "a-1", "task": "topics", "summary": "文"}, 422),
        ({"id": "a-1", "task": "other", "labels": []}, 422),
        ({"id": "a-1", "labels": ["sport"]}, 422),
        ({"id": "a-1", "labels": ["wellbeing", "wellbeing"]}, 422),
        ({"id": "a-1", "summary": " "}, 422),
        ({"id": "a-1", "labels": [], "headline": "题"}, 422),
        ({"id": "a-1", "labels": [], "body": "文。", "version": 1}, 422),
        ({"id": "a-1", "labels": [], "editor": "a\nb"}, 422),
        ({"id": "a-1", "labels": [], "version": 9}, 404),
        ({"id": "nowhere", "labels": []}, 404),
        ({"id": "p", "articles": [{"headline": "题", "body": "文"}]}, 422),
        ({"id": "p", "text": "题", "articles": []}, 422),
        ({"id": "p", "text": "题", "articles": [{"headline": "", "body": ""}]}, 422),
        ({"id": "p", "text": "题", "body": "文", "articles": [{"headline": "题", "body": "文"}]}, 422),
    ],
)
def test_a_correction_that_makes_no_sense_is_refused(client: TestClient, given: dict[str, Any], status: int) -> None:
    client.put("/v1/articles/a-1", json=PUT)
    refused = correct(client, status, **given)
    assert refused["field"] if status == 422 else refused["detail"]
    assert client.get("/v1/corrections").json()["corrections"] == []


def test_the_same_request_under_one_idempotency_key_counts_once(client: TestClient) -> None:
    client.put("/v1/articles/a-1", json=PUT)
    once = {"Idempotency-Key": "k-1"}
    first = client.post("/v1/corrections", json={"id": "a-1", "labels": []}, headers=once)
    answers: list[Any] = []

    def send() -> None:
        answers.append(client.post("/v1/corrections", json={"labels": [], "id": "a-1"}, headers=once))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert {(a.status_code, a.json()["id"]) for a in answers} == {(201, first.json()["id"])}
    assert "idempotency-replayed" not in first.headers
    assert all(a.headers["idempotency-replayed"] == "true" for a in answers)
    other = client.post("/v1/corrections", json={"id": "a-1", "labels": ["wellbeing"]}, headers=once)
    assert kind(other) == (422, "bad-input")
    assert other.json()["field"] == "Idempotency-Key"
    assert (
        kind(client.post("/v1/corrections", json={"id": "a-1", "labels": []}, headers={"Idempotency-Key": "a b"}))[0]
        == 422
    )
    assert len(client.get("/v1/corrections").json()["corrections"]) == 1


def test_concurrent_first_requests_under_one_key_count_once(client: TestClient) -> None:
    client.put("/v1/articles/a-1", json=PUT)
    made: list[str] = []

    def send() -> None:
        headers = {"Idempotency-Key": "k-2"}
        made.append(client.post("/v1/corrections", json={"id": "a-1", "labels": []}, headers=headers).json()["id"])

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(made) == 6
    assert len(set(made)) == 1
    assert len(client.get("/v1/corrections").json()["corrections"]) == 1


def test_scopes_say_what_a_key_may(client: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    bear = {s: {"Authorization": f"Bearer {make_key(capsys, '--scope', s, name=s)}"} for s in ("tag", "review")}
    assert client.put("/v1/articles/a-1", json=PUT, headers=bear["tag"]).status_code == 201
    assert client.get("/v1/articles/a-1", headers=bear["tag"]).status_code == 200
    for method, path in (("POST", "/v1/corrections"), ("GET", "/v1/corrections"), ("DELETE", "/v1/articles/a-1"),
                         ("POST", "/v1/corrections/x/undo")):  # fmt: skip
        refused = client.request(method, path, headers=bear["tag"])
        assert kind(refused) == (403, "forbidden"), path
    made = client.post("/v1/corrections", json={"id": "a-1", "labels": []}, headers=bear["review"])
    assert made.status_code == 201
    (row,) = client.get("/v1/corrections", headers=bear["review"]).json()["corrections"]
    assert row["editor"] == "review"
    assert client.delete("/v1/articles/a-1", headers=bear["review"]).status_code == 204
    assert client.get("/v1/articles/a-1", headers=bear["tag"]).status_code == 410


def test_the_stateless_routes_keep_nothing(tmp_path: Path) -> None:
    file = tmp_path / "var" / "store.db"
    with ready_client(database_url=SecretStr(f"sqlite:///{file}")) as client:
        for route in ("classify", "summarize", "tag"):
            assert client.post(f"/v1/{route}", json={"articles": ARTICLES}).status_code == 200
        assert client.post("/v1/pages", json={"text": BODY}).status_code == 200
        assert client.get("/v1/articles/a-1").status_code == 404
        assert client.get("/v1/corrections").json() == {"corrections": [], "next": None}
        assert client.delete("/v1/articles/a-1").status_code == 404
    assert not file.parent.exists()
