"""The view of a kept page and what an editor does with it, over HTTP: edits tried, a split kept, taken back, refused, measured."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import insert

from eval.__main__ import main as evaluate
from models.article import Role
from service.cli import main
from service.desk.words import WORDS
from service.inference import Inference
from service.store.database import open_store
from service.store.pages import KeptPage, get
from service.store.tables import pages
from tests.service_client import ready_client
from tests.test_kept_pages import HEADLINES, SAMPLE, SENT
from tests.test_keys import kind, make_key

EVIL = "<script>alert(1)</script>\n\n　　<img src=x onerror=alert(1)>一段\u202e正文，工会送清凉到工地，职工都说好。\n"


@pytest.fixture
def client(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("CAIBIAN_DATABASE_URL", database_url)
    plain = Inference._answer

    async def given_up_when_left(self: Inference, call: Any, left: Any) -> Any:
        assert left is not None, "every door here notices that its client has left"
        return await plain(self, call, left)

    monkeypatch.setattr(Inference, "_answer", given_up_when_left)
    with ready_client(database_url=SecretStr(database_url)) as ready:
        yield ready


def keep_page(client: TestClient, page_id: str = "p", **changed: Any) -> Any:
    answer = client.put(f"/v1/pages/{page_id}", json=SENT | changed)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def tried(client: TestClient, *edits: dict[str, Any], marks: Any = None, text: str = SAMPLE) -> Any:
    answer = client.post("/desk/api/pages/split", json={"text": text, "marks": marks, "edits": list(edits)})
    assert answer.status_code == 200, answer.text
    return answer.json()


def line_of(told: Any, text: str) -> int:
    return next(n for n, mark in enumerate(told["marks"]) if SAMPLE[mark["start"] : mark["end"]].startswith(text))


def keep(client: TestClient, page: Any, told: Any, seq: int = 0, **headers: str) -> Any:
    sent = {"id": page["id"], "changed": page["changed"], "seq": seq, "marks": told["marks"]}
    return client.post("/desk/api/pages/keep", json=sent, headers={k.replace("_", "-"): v for k, v in headers.items()})


def test_a_split_that_an_editor_mends_becomes_an_example_that_eval_measures(client: TestClient, tmp_path: Path) -> None:
    page = keep_page(client)
    first = tried(client)
    assert [a["headline"] for a in first["articles"]] == HEADLINES
    merged = tried(client, {"op": "merge", "line": line_of(first, HEADLINES[1])}, marks=first["marks"])
    answer = keep(client, page, merged)
    assert answer.status_code == 201, answer.text
    now = client.get("/v1/pages/p").json()
    assert now["state"] == "done"
    # The article that was merged is gone, the others keep their ids.
    assert [a["id"] for a in now["articles"]] == ["p#1", "p#3", "p#4"]
    assert client.get("/v1/articles/p%232").status_code == 404
    assert HEADLINES[1] in client.get("/v1/articles/p%231").json()["body"]
    gold, said, table = tmp_path / "gold.jsonl", tmp_path / "said.jsonl", tmp_path / "table.json"
    assert main(["corrections", "export", "-o", str(gold), "--task", "pages"]) == 0
    (row,) = [json.loads(line) for line in gold.read_text("utf-8").splitlines()]
    assert row["id"] == "p" and row["text"] == SAMPLE
    blocks = [b for a in now["articles"] for b in a["blocks"]] + now["furniture"]
    line = {"id": "p", "articles": [{"headline": a["headline"], "body": a["body"]} for a in now["articles"]],
            "blocks": [{"start": b["start"], "end": b["end"]} for b in blocks]}  # fmt: skip
    said.write_text(json.dumps(line, ensure_ascii=False) + "\n", "utf-8")
    assert evaluate(["score", "pages", str(said), str(gold), "--json", str(table)]) == 0
    scores = json.loads(table.read_text("utf-8"))
    assert (scores["article_f1"], scores["headline_exact"], scores["lost_chars"]) == (1.0, 1.0, 0)
    # And the model, which split it otherwise, is measured against the editor.
    assert evaluate(["pages", str(gold), "--json", str(table)]) == 0
    assert json.loads(table.read_text("utf-8"))["article_f1"] < 1.0


def test_a_split_is_taken_back(client: TestClient) -> None:
    page = keep_page(client)
    first = tried(client)
    merged = tried(client, {"op": "merge", "line": line_of(first, HEADLINES[1])}, marks=first["marks"])
    made = keep(client, page, merged).json()
    assert "p#2" not in str(client.get("/v1/pages/p").json())
    sent = {"id": "p", "changed": made["changed"], "seq": made["seq"]}
    undone = client.post("/desk/api/pages/undo", json=sent)
    assert undone.status_code == 201, undone.text
    now = client.get("/v1/pages/p").json()
    assert [a["headline"] for a in now["articles"]] == HEADLINES and now["state"] == page["state"]
    assert len({a["id"] for a in now["articles"]}) == 4
    again = {"id": "p", "changed": undone.json()["changed"], "seq": undone.json()["seq"]}
    assert kind(client.post("/desk/api/pages/undo", json=again)) == (409, "conflict")


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("way", ["api", "list"])
def test_a_split_is_taken_back_the_same_way_outside_of_its_view(client: TestClient, way: str) -> None:
    page = keep_page(client)
    first = tried(client)
    merged = tried(client, {"op": "merge", "line": line_of(first, HEADLINES[1])}, marks=first["marks"])
    example = {"id": "p", "text": SAMPLE, "articles": [{"headline": "", "body": "一段。"}]}
    earlier = client.post("/v1/corrections", json=example).json()["id"]
    (row,) = client.get("/v1/corrections").json()["corrections"]
    last = keep(client, page, merged, row["seq"]).json()["correction"]

    def undo(which: str) -> Any:
        if way == "api":
            return client.post(f"/v1/corrections/{which}/undo", json={})
        return client.post("/desk/corrections/undo", content=f"id={which}", headers=FORM, follow_redirects=False)

    assert undo(earlier).status_code in (201, 303)  # it did not make this split
    assert len(client.get("/v1/pages/p").json()["articles"]) == 3
    assert undo(last).status_code in (201, 303)
    now = client.get("/v1/pages/p").json()
    assert [a["headline"] for a in now["articles"]] == HEADLINES and now["state"] == page["state"]
    assert all(client.get(f"/v1/articles/{a['id'].replace('#', '%23')}").status_code == 200 for a in now["articles"])
    assert kind(undo(last)) == (409, "conflict") if way == "api" else undo(last).status_code == 409
    # Its split cannot be put back but in its view, so no button offers it.
    back = client.get("/v1/corrections").json()["corrections"][-1]
    assert back["undoes"] == last and undo(back["id"]).status_code == 409
    assert kind(client.post(f"/v1/corrections/{back['id']}/undo", json={})) == (409, "conflict")
    assert 'action="/desk/corrections/undo"' not in client.get("/desk/corrections").text
    assert client.get("/v1/pages/p").json() == now


def test_no_role_of_a_line_is_called_as_the_topics_are() -> None:
    script = (Path(__file__).parents[1] / "service/static/words.js").read_text("utf-8")
    for role in get_args(Role):
        (told,) = re.findall(rf'\b{role}: "([^"]+)"', script[script.index("roles: {") :].split("}")[0])
        assert told == WORDS[f"role_{role}"][0] != WORDS["topics"][0]


def test_who_saves_what_somebody_else_has_changed_hears_who_and_loses_nothing(client: TestClient) -> None:
    page = keep_page(client)
    first = tried(client)
    assert keep(client, page, first).status_code == 201
    late = keep(client, page, first)
    assert kind(late) == (409, "conflict") and late.json()["seq"] > 0 and "by" in late.json()
    resent = keep_page(client, date="2026-07-15")
    old = keep(client, resent | {"changed": page["changed"]}, first, late.json()["seq"])
    assert kind(old) == (409, "conflict") and "重新发送" in old.json()["detail"]
    assert kind(keep(client, {"id": "never", "changed": ""}, first)) == (404, "not-found")


def test_sent_twice_under_one_key_it_counts_once(client: TestClient) -> None:
    page = keep_page(client)
    first = tried(client)
    one = keep(client, page, first, Idempotency_Key="k-1")
    other = keep(client, page, first, Idempotency_Key="k-1")
    assert one.json() == other.json() and other.headers["idempotency-replayed"] == "true"
    assert len(client.get("/v1/corrections").json()["corrections"]) == 1


def test_what_is_no_split_of_the_page_is_refused(client: TestClient) -> None:
    page = keep_page(client)
    first = tried(client)
    for marks in (first["marks"][1:], [], [first["marks"][0] | {"end": 3}, *first["marks"][1:]]):
        assert kind(keep(client, page, {"marks": marks})) == (422, "bad-input")
    lines = [n for n, m in enumerate(first["marks"]) if m["article"] == 1 and m["role"] == "body"]
    bare = tried(client, {"op": "role", "line": lines[0], "to": lines[-1], "role": "box"}, marks=first["marks"])
    refused = keep(client, page, bare)
    assert kind(refused) == (422, "bad-input") and "第 2 篇没有正文" in refused.json()["detail"]
    bad = client.post("/desk/api/pages/split", json={"text": SAMPLE, "edits": [{"op": "merge", "line": 0}]})
    assert kind(bad) == (422, "bad-input") and bad.json()["field"] == "edits[0]"
    assert client.get("/v1/corrections").json()["corrections"] == []


def test_the_views_show_pages_and_their_text_as_text(client: TestClient) -> None:
    keep_page(client)
    keep_page(client, "evil", text=EVIL, source="<b>源</b>", date="2026-07-15")
    lists = [client.get(f"/desk/pages?state={state}").text for state in ("open", "unread", "done")]
    assert sum("/desk/pages/evil" in told for told in lists) == 1
    assert "还没有核对过" in lists[2]
    shown = client.get("/desk/pages/evil").text
    assert "<script>alert" not in shown and "<img src=x" not in shown and "<b>源" not in shown
    assert "&lt;script&gt;alert(1)" in shown and "U+202E" in shown
    page = client.get("/desk/pages/p").text
    for word in (*HEADLINES, "肩题", "插框", "版面信息", "/desk/articles/p%231"):
        assert word in page
    assert "In no article" in client.get("/desk/pages/p?lang=en").text
    assert client.get("/desk/pages/never").status_code == 404
    for wrong in ("?state=wrong", "?after=x", "?after=" + "x" * 700):
        assert client.get("/desk/pages" + wrong).status_code in (413, 422)


def test_the_way_to_the_next_article_takes_no_id_that_cannot_be(client: TestClient) -> None:
    keep_page(client)  # SQLite would look a NUL up, PostgreSQL cannot
    for wrong, status in (("a%00b", 422), ("x" * 600, 413)):
        assert client.get(f"/desk/next?after={wrong}", follow_redirects=False).status_code == status
    assert client.get("/desk/next?after=", follow_redirects=False).status_code == 303


def test_the_list_goes_on_where_it_ended(client: TestClient, database_url: str) -> None:
    keep_page(client)
    store = open_store(database_url)
    with store.write() as connection:
        found = get(connection, "p")
        assert isinstance(found, KeptPage)
        row = {"day": "2026-07-01", "headline": "甲", "articles": 1, "unsure": 1, "state": "done", "created": found.created,
               "changed": found.changed, "last": 1, "text": "甲", "marks": [], "numbers": []}  # fmt: skip
        connection.execute(insert(pages), [{"id": f"n-{n:03}", **row} for n in range(120)])
    store.close()
    seen: list[str] = []
    where = "/desk/pages?state=done"
    while where:
        told = client.get(where).text
        seen += [part.split('"')[0] for part in told.split('class="item" href="/desk/pages/')[1:]]
        where = told.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&") if 'rel="next"' in told else ""
    assert seen == [f"n-{n:03}" for n in reversed(range(120))]


def test_a_reader_may_try_but_not_keep(client: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    page = keep_page(client)
    first = tried(client)
    headers = {"Authorization": f"Bearer {make_key(capsys, '--scope', 'tag', name='甲')}"}
    assert client.post("/desk/api/pages/split", json={"text": SAMPLE}, headers=headers).status_code == 200
    sent = {"id": "p", "changed": page["changed"], "seq": 0, "marks": first["marks"]}
    assert kind(client.post("/desk/api/pages/keep", json=sent, headers=headers)) == (403, "forbidden")
    shown = client.get("/desk/pages/p", headers=headers).text
    assert 'id="save"' not in shown and "不能保存" in shown
