"""Kept pages over HTTP and in the store, on both databases: their articles among all others, edits, withdrawal, purge, backup."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import update

from models.pages import split_page
from service.kept_schemas import StoredPageOut
from service.store.backup import backup, restore
from service.store.database import Store, open_store
from service.store.tables import pages as pages_table
from service.store.upkeep import purge
from tests.service_client import floors, ready_client
from tests.test_keys import kind
from tests.test_store import rows_of

SAMPLE = (Path(__file__).parents[1] / "service" / "static" / "sample.txt").read_text("utf-8")
HEADLINES = ["青禾县总工会为户外劳动者送清凉", "农民工讨回两年工资", "六百名焊工同台比武", "“指尖工会”上线"]
SENT = {"text": SAMPLE, "source": "青禾日报", "date": "2026-07-14"}


@pytest.fixture
def client(database_url: str) -> Iterator[TestClient]:
    with ready_client(database_url=SecretStr(database_url)) as ready:
        yield ready


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = open_store(database_url)
    yield opened
    opened.close()


def keep(client: TestClient, page_id: str = "p/7-14", **changed: Any) -> Any:
    answer = client.put(f"/v1/pages/{page_id}", json=SENT | changed)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def test_a_page_is_kept_with_its_articles(client: TestClient) -> None:
    assert kind(client.get("/v1/pages/p/7-14")) == (404, "not-found")
    told = keep(client)
    assert StoredPageOut.model_validate(told).model_dump() == told
    assert told["text"] == SAMPLE and told["state"] in ("open", "unread")
    page, analyses = floors().analyze_page(SAMPLE)
    for n, (article, analysis) in enumerate(zip(page.articles, analyses, strict=True), 1):
        shown = told["articles"][n - 1]
        assert analysis.topics and analysis.summary
        told_apart = article.as_dict() | {"confidence": None}  # marks do not keep it
        told_apart["blocks"] = [block | {"confidence": None} for block in told_apart["blocks"]]
        assert shown == told_apart | {
            "id": f"p/7-14#{n}", "topics": analysis.topics.as_dict(), "summary": analysis.summary.as_dict(),
            "needs_review": article.needs_review or analysis.topics.needs_review,
        }  # fmt: skip
        kept = client.get(f"/v1/articles/p/7-14%23{n}").json()
        assert (kept["headline"], kept["body"], kept["source"]) == (article.headline, article.body, "青禾日报")
    assert client.get("/v1/pages/p/7-14").json() == told
    again = client.put("/v1/pages/p/7-14", json=SENT)
    assert again.status_code == 200
    assert again.json() == told | {"changed": again.json()["changed"]}
    etag = client.get("/v1/pages/p/7-14").headers["etag"]
    assert client.get("/v1/pages/p/7-14", headers={"If-None-Match": etag}).status_code == 304


def test_a_new_text_of_the_page_replaces_its_articles(client: TestClient) -> None:
    keep(client)
    short = SAMPLE[: SAMPLE.index("六百名焊工")]
    assert [a["id"] for a in keep(client, text=short)["articles"]] == ["p/7-14#1", "p/7-14#2"]
    assert client.get("/v1/articles/p/7-14%232").status_code == 200
    assert client.get("/v1/articles/p/7-14%233").status_code == 404


def test_what_cannot_be_kept_is_refused_with_a_sentence(client: TestClient) -> None:
    for page_id, changed in (
        ("x" * 501, {}), ("p", {"text": "！！"}), ("p", {"text": "一\0二"}), ("p", {"source": "x" * 1001}), ("p", {"text": 1}),
        ("p", {"date": "x" * 33}), ("p", {"colour": "red"}), ("p%0aq", {}), ("p", {"text": "工" * 1_000_001}),
    ):  # fmt: skip
        answer = client.put(f"/v1/pages/{page_id}", json=SENT | changed)
        assert answer.status_code in (404, 413, 422), (page_id, changed)
        assert "。 " in answer.json()["detail"] or "errors" in answer.json()
    assert client.get("/v1/pages/p").status_code == 404


def test_a_withdrawn_page_leaves_nothing(client: TestClient, store: Store) -> None:
    keep(client)
    keep(client, "stays", text="送温暖到班组\n\n　　云岭市总工会慰问一线职工，送去棉衣和热饮。\n")
    row = [{"headline": "送清凉", "body": "一段。"}]
    sent = {"id": "p/7-14", "text": SAMPLE, "articles": row, "editor": "许望舒"}
    assert client.post("/v1/corrections", json=sent, headers={"Idempotency-Key": "k"}).status_code == 201
    assert client.delete("/v1/pages/p/7-14").status_code == 204
    assert kind(client.get("/v1/pages/p/7-14")) == (410, "gone")
    assert client.get("/v1/articles/p/7-14%231").status_code == 410
    told = str(rows_of(store))
    assert "绿豆汤" not in told and "p/7-14" not in told and "送温暖" in told
    assert kind(client.delete("/v1/pages/p/7-14")) == (404, "not-found")
    assert kind(client.delete("/v1/pages/never")) == (404, "not-found")
    assert client.put("/v1/pages/p/7-14", json=SENT).status_code == 201
    assert client.get("/v1/pages/p/7-14").status_code == 200


@pytest.mark.parametrize("name", ["p/7-14#2", "elsewhere"])
def test_withdrawing_an_article_takes_the_pages_that_it_stands_on(client: TestClient, store: Store, name: str) -> None:
    keep(client)
    keep(client, "stays", text="送温暖到班组\n\n　　云岭市总工会慰问一线职工，送去棉衣和热饮。\n")
    article = split_page(SAMPLE).articles[1]
    sent = {"headline": article.headline, "body": article.body}
    assert client.put("/v1/articles/elsewhere", json=sent).status_code == 201
    assert client.delete(f"/v1/articles/{name.replace('#', '%23')}").status_code == 204
    assert client.get("/v1/pages/p/7-14").status_code == 404
    assert client.get("/v1/pages/stays").status_code == 200
    assert client.get("/v1/articles/p/7-14%231").status_code == 200
    assert SAMPLE not in str(rows_of(store)["pages"])


def test_an_article_that_only_looks_like_a_pages_leaves_the_page(client: TestClient) -> None:
    keep(client)
    for name in ("p/7-14%2399", "p/7-14%23x"):
        assert (
            client.put(f"/v1/articles/{name}", json={"body": "云岭市总工会慰问一线职工，送去棉衣。"}).status_code == 201
        )
        assert client.delete(f"/v1/articles/{name}").status_code == 204
    assert client.get("/v1/pages/p/7-14").status_code == 200


def test_purge_deletes_old_pages(client: TestClient, store: Store) -> None:
    keep(client)
    keep(client, "new")
    old = datetime.now(UTC) - timedelta(days=40)
    with store.write() as connection:
        connection.execute(update(pages_table).where(pages_table.c.id == "p/7-14").values(changed=old))
    purge(store, 30, 0)
    assert client.get("/v1/pages/p/7-14").status_code == 404
    assert client.get("/v1/pages/new").status_code == 200


def test_a_backup_brings_pages_back_but_no_withdrawn_one(client: TestClient, store: Store, tmp_path: Path) -> None:
    told = keep(client)
    keep(client, "gone", text="送温暖到班组\n\n　　云岭市总工会慰问一线职工，送去棉衣和热饮。\n")
    backup(store, tmp_path / "b.gz")
    assert client.delete("/v1/pages/gone").status_code == 204
    keep(client, text="另一版\n\n　　云岭市总工会慰问一线职工，送去棉衣。\n")
    restore(store, tmp_path / "b.gz")
    assert client.get("/v1/pages/p/7-14").json() == told
    assert client.get("/v1/pages/gone").status_code == 410
    assert "棉衣" not in json.dumps(rows_of(store), default=str, ensure_ascii=False)


def test_a_correction_and_its_undo_settle_the_page(client: TestClient) -> None:
    before = keep(client)["state"]
    sent = {"id": "p/7-14", "text": SAMPLE, "articles": [{"headline": "送清凉", "body": "一段。"}], "editor": "许望舒"}
    made = client.post("/v1/corrections", json=sent).json()["id"]
    assert client.get("/v1/pages/p/7-14").json()["state"] == "done"
    undone = client.post(f"/v1/corrections/{made}/undo", json={}).json()["id"]
    assert client.get("/v1/pages/p/7-14").json()["state"] == before
    again = client.post(f"/v1/corrections/{undone}/undo", json={})  # an example has no marks to split the page by
    assert kind(again) == (409, "conflict") and "/desk/pages/" in again.json()["detail"]
    assert client.get("/v1/pages/p/7-14").json()["state"] == before
    assert client.delete("/v1/pages/p/7-14").status_code == 204


def test_an_example_whose_page_is_not_kept_is_taken_back_and_restored(client: TestClient) -> None:
    sent = {"id": "p", "text": SAMPLE, "articles": [{"headline": "送清凉", "body": "一段。"}]}
    which = client.post("/v1/corrections", json=sent).json()["id"]
    for counts in ([False, True], [True, False, True]):
        which = client.post(f"/v1/corrections/{which}/undo", json={}).json()["id"]
        assert [row["counts"] for row in client.get("/v1/corrections").json()["corrections"]] == counts
