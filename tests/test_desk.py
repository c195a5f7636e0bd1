"""The desk over HTTP and in the store, on both databases: what stands in the queue and why, who was first, what is never lost."""

from __future__ import annotations

import re
import string
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import insert, select, text

from models.analyzer import Analyzer
from models.article import Article, SummaryResult
from models.lead import LeadSummarizer
from service.desk.summary_checks import checked
from service.desk.view import environment, visible
from service.desk.words import LANGUAGES, WORDS, half, word
from service.store import articles, corrections, desk, presence
from service.store import queue as kept_queue
from service.store.articles import Analysed, Draft
from service.store.backup import backup, restore
from service.store.corrections import Correction
from service.store.database import Store, make_engine, open_store
from service.store.migrate import upgrade
from service.store.queue import Wanted
from service.store.tables import analyses, article_versions, desk_articles, desk_topics, metadata
from service.store.tables import articles as articles_table
from service.store.tables import presence as presence_table
from tests.seed_desk import seed
from tests.service_client import floors, ready_client
from tests.test_keys import make_key

ROOT = Path(__file__).parents[1]
BODY = (
    "本报讯（记者林晓舟）7月12日，青禾县总工会走进河滨大桥工地，为三百二十名建筑工人送去绿豆汤。\n"
    "工会负责人表示，将督促企业调整作息时间。"
)
SURE = {"rights_protection": 0.01, "skills_contest": 0.01, "digital_services": 0.01, "wellbeing": 0.98}


def topics(**more: Any) -> dict[str, Any]:
    told = {
        "labels": ["wellbeing"],
        "scores": SURE,
        "needs_review": False,
        "reasons": [],
        "evidence": [],
        "bundle": "t@1",
    }
    return told | more


def summary(**more: Any) -> dict[str, Any]:
    told = {"summary": "青禾县总工会送清凉。", "method": "extractive", "checks": {"ok": True}, "bundle": "s@1"}
    return told | more


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = open_store(database_url)
    yield opened
    opened.close()


@pytest.fixture
def client(database_url: str) -> Iterator[TestClient]:
    with ready_client(database_url=SecretStr(database_url)) as ready:
        yield ready


def put(store: Store, name: str, body: str = BODY, analysis: Analysed | None = None, **more: Any) -> None:
    edges = more.pop("edges", None)
    with store.write() as connection:
        given = analysis or Analysed(topics(), summary())
        articles.put(connection, Draft(name, "送清凉", body, **more), given, "desk", edges=edges)


def row(store: Store, name: str) -> Any:
    with store.read() as connection:
        found = desk.get(connection, name)
    assert found is not None
    return found


def review(client: TestClient, name: str, labels: list[str], seq: int = 0, version: int = 1, **more: Any) -> Any:
    headers = more.pop("headers", {})
    call = {"id": name, "version": version, "seq": seq, "labels": labels} | more
    return client.post("/desk/api/review", json=call, headers=headers)


def test_an_article_stands_in_the_queue_for_a_reason(store: Store) -> None:
    doubted = {**SURE, "digital_services": 0.4}
    put(store, "sure")
    put(store, "unsure", analysis=Analysed(topics(scores=doubted, needs_review=True, reasons=["unsure"]), summary()))
    put(store, "fell", analysis=Analysed(topics(), summary(summary="青禾县总工会走进工地")))
    put(store, "floor", analysis=Analysed(topics(), summary(summary="青禾县总工会走进工地", bundle="lead@1")))
    put(store, "wrong", analysis=Analysed(topics(), summary(checks={"ok": False})))
    put(
        store,
        "quoted",
        analysis=Analysed(topics(), summary(summary="会长说“不能少”", checks={"ok": True, "fell_back": True})),
    )
    put(store, "empty", analysis=Analysed(topics(), summary(summary="", checks={"ok": False, "empty": True})))
    assert row(store, "quoted").reasons == [["summary", None]], "it ends like a sentence"
    assert row(store, "empty").reasons == []
    put(store, "edges", edges=True)
    with store.write() as connection:
        articles.put(connection, Draft("bare", "题", BODY), None, None)
    found = {name: (row(store, name).state, row(store, name).reasons) for name in ("sure", "unsure", "fell", "floor")}
    assert found == {
        "sure": ("unread", []),
        "unsure": ("open", [["unsure", "digital_services"]]),
        "fell": ("open", [["summary", None]]),
        "floor": ("unread", []),
    }
    assert [row(store, name).reasons[0][0] for name in ("wrong", "edges", "bare")] == [
        "summary",
        "edges",
        "no_analysis",
    ]
    put(store, "edges", BODY + "后来。")  # the edges stay unsure until somebody says that they are not
    assert row(store, "edges").reasons == [["edges", None]]
    put(store, "edges", BODY, edges=False)
    assert row(store, "edges").state == "unread"
    assert row(store, "unsure").sureness == pytest.approx(0.98 * 0.99 * 0.99 * 0.6, abs=1e-4)


def test_what_the_model_wrote_says_what_was_checked_and_what_was_not() -> None:
    class Writer(LeadSummarizer):
        method: Any = "abstractive"

        def summarize(self, given: Sequence[Article], length: Any = "brief") -> list[SummaryResult]:
            return [replace(r, method=self.method) for r in super().summarize(given, length)]

    writer = Writer()
    notes = {"zh": "谁对谁做了什么，须由人过目", "en": "who did what to whom needs a reader"}
    with ready_client(Analyzer(floors().classifier, writer)) as client:
        for language, note in notes.items():
            client.cookies.set("lang", language)
            csrf = re.search(r'name="csrf" value="([^"]*)"', client.get("/").text)
            assert csrf
            form = {"csrf": csrf[1], "mode": "article", "text": BODY}
            assert note in client.post("/desk/try", data=form).text
            writer.method = "extractive"
            assert note not in client.post("/desk/try", data=form).text
            writer.method = "abstractive"


def test_a_correction_is_done_until_it_is_undone_or_a_new_version_comes(store: Store) -> None:
    put(store, "a", date="2026-07-12", source="青禾日报")
    assert row(store, "a").day == "2026-07-12"

    def correct(labels: list[str]) -> str:
        with store.write() as connection:
            return corrections.add(connection, Correction("topics", "a", "许望舒", version=1, labels=labels), None)

    made = correct(["skills_contest"])
    now = row(store, "a")
    assert (now.state, now.labels, now.editor, now.seq > 0) == ("done", ["skills_contest"], "许望舒", True)
    with store.read() as connection:
        assert connection.execute(select(desk_topics.c.topic, desk_topics.c.state)).all() == [
            ("skills_contest", "done")
        ]
    with store.write() as connection:
        kept = corrections.find(connection, made)
        assert kept
        corrections.undo(connection, kept, "江一帆", None)
    again = row(store, "a")
    assert (again.state, again.labels, again.editor, again.seq > now.seq) == ("unread", ["wellbeing"], "江一帆", True)
    correct([])
    with store.read() as connection:
        assert connection.execute(select(desk_topics.c.topic)).scalars().all() == ["other"]
    put(store, "a", BODY + "补充。")
    assert (row(store, "a").state, row(store, "a").version) == ("unread", 2)


def test_lists_counts_and_next_go_by_topic_date_source_and_state(store: Store) -> None:
    seed(store, 400)
    with store.read() as connection:
        every = connection.execute(select(desk_articles)).all()
        assert {r.state for r in every} == {"open", "unread", "done"}
        for wanted in (
            Wanted(),
            Wanted("unread", topic="wellbeing"),
            Wanted("open", topic="other"),
            Wanted("unread", source="青禾日报"),
            Wanted("unread", "skills_contest", "青禾日报", "2025-12-01", "2026-11-01"),
            Wanted("open", first="2026-06-01"),
            Wanted(None, last="2026-03-31"),
        ):
            some = [
                r for r in every
                if (wanted.topic is None or wanted.topic in (r.labels or ["other"]))
                and (wanted.source is None or r.source == wanted.source)
                and (wanted.first or "") <= r.day <= (wanted.last or "9")
            ]  # fmt: skip
            expected = sorted(
                (r.sureness, r.article_id) for r in some if wanted.state is None or r.state == wanted.state
            )
            assert len(expected) > 2, wanted
            pages, after = [], None
            while found := kept_queue.listing(connection, wanted, after, 7):
                pages += [(r.sureness, r.article_id) for r in found]
                after = kept_queue.Place(found[-1].sureness, found[-1].article_id)
            assert pages == expected
            assert sum(kept_queue.counts(connection, wanted).values()) == len(some)
            first, second = expected[0][1], expected[1][1]
            place = kept_queue.place_of(connection, first)
            assert kept_queue.next_of(connection, wanted, None, set()) == first
            assert kept_queue.next_of(connection, wanted, place, set()) == second
            assert kept_queue.next_of(connection, wanted, place, {second}) == expected[2][1]
            last = kept_queue.place_of(connection, expected[-1][1])
            assert kept_queue.next_of(connection, wanted, last, set()) == first  # round again
        assert kept_queue.sources(connection) == sorted({r.source for r in every if r.source})
        nobody = Wanted("open", source="没有的报")
        assert kept_queue.next_of(connection, nobody, None, set()) is None


def test_older_articles_get_their_rows_with_the_migration(database_url: str) -> None:
    engine = make_engine(database_url)
    upgrade(engine, "0001")
    old = {name: metadata.tables[name] for name in ("articles", "article_versions", "analyses", "corrections")}
    with engine.begin() as connection:
        for n in range(3):
            times = "2026-07-12 08:00:00+00:00" if engine.dialect.name == "postgresql" else "2026-07-12 08:00:00.000000"
            connection.execute(
                text("INSERT INTO articles (id, version, created, changed) VALUES (:id, 1, :at, :at)"),
                {"id": f"a-{n}", "at": times},
            )
            connection.execute(
                text(
                    "INSERT INTO article_versions (article_id, version, headline, body, digest, created) "
                    "VALUES (:id, 1, '送清凉', :body, 'x', :at)"
                ),
                {"id": f"a-{n}", "body": BODY, "at": times},
            )
        told = topics(needs_review=True, reasons=["unsure"])
        values = {"article_id": "a-0", "version": 1, "topics": told, "summary": summary()}
        now = datetime.now(UTC)
        connection.execute(insert(old["analyses"]).values(created=now, **values))
        said = {"id": "c" * 32, "task": "topics", "article_id": "a-1", "version": 1, "labels": [], "editor": "许望舒"}
        connection.execute(insert(old["corrections"]).values(created=now, **said))
    upgrade(engine)
    engine.dispose()
    store = open_store(database_url)
    assert [row(store, f"a-{n}").state for n in range(3)] == ["open", "done", "open"]
    assert row(store, "a-0").labels == ["wellbeing"] and row(store, "a-2").reasons == [["no_analysis", None]]
    with store.read() as connection:
        found = connection.execute(select(desk_topics.c.article_id, desk_topics.c.topic)).all()
    assert sorted(map(tuple, found)) == [("a-0", "wellbeing"), ("a-1", "other"), ("a-2", "other")]
    store.close()


def test_a_withdrawal_and_a_restore_reach_the_desk(store: Store, tmp_path: Path) -> None:
    for name in ("gone", "stays"):
        put(store, name)
    with store.write() as connection:
        assert presence.note(connection, "gone", "0" * 32, "许望舒") and presence.note(
            connection, "stays", "1" * 32, "许望舒"
        )
    backup(store, tmp_path / "all.gz")
    with store.write() as connection:
        articles.withdraw(connection, "gone", None)
    restore(store, tmp_path / "all.gz")
    with store.read() as connection:
        for table in (desk_articles, desk_topics):
            assert connection.execute(select(table.c.article_id)).scalars().all() == ["stays"]
        assert connection.execute(select(presence_table)).all() == []  # whoever looks says so again
    with store.write() as connection:
        assert not presence.note(connection, "gone", "0" * 32, "许望舒")


def test_who_acts_on_what_somebody_else_has_changed_hears_who_and_when(client: TestClient, store: Store) -> None:
    put(store, "a")
    first = review(client, "a", ["wellbeing"])
    assert first.status_code == 201 and len(first.json()["corrections"]) == 1
    late = review(client, "a", [])
    assert late.status_code == 409
    told = late.json()
    assert told["field"] == "seq" and told["seq"] == first.json()["seq"] and told["by"] == "unknown" and told["at"]
    assert review(client, "a", [], seq=told["seq"]).status_code == 201
    put(store, "a", BODY + "补充。")
    stale = review(client, "a", [], seq=told["seq"] + 1).json()
    assert stale["field"] == "version" and stale["version"] == 2
    with store.read() as connection:
        rows = corrections.history(connection, "a")
    assert [(r["labels"], r["note"]) for r in rows] == [(["wellbeing"], "accepted"), ([], None)]


def test_of_many_at_the_same_moment_one_is_first(client: TestClient, store: Store) -> None:
    put(store, "a")
    answers: list[int] = []
    calls = [
        threading.Thread(target=lambda labels=labels: answers.append(review(client, "a", labels).status_code))
        for labels in ([], ["wellbeing"], ["skills_contest"], ["digital_services"])
    ]
    for one in calls:
        one.start()
    for one in calls:
        one.join(60)
    assert sorted(answers) == [201, 409, 409, 409]
    with store.read() as connection:
        assert len(corrections.history(connection, "a")) == 1


def test_sent_twice_under_one_key_it_counts_once(client: TestClient, store: Store) -> None:
    put(store, "a")
    given: dict[str, Any] = {"summary": "青禾县总工会为320名工人送绿豆汤。", "headers": {"Idempotency-Key": "k-1"}}
    one, two = (review(client, "a", [], **given) for _ in range(2))
    assert one.json() == two.json() and two.headers["idempotency-replayed"] == "true"
    assert len(one.json()["corrections"]) == 2
    with store.read() as connection:
        assert len(corrections.history(connection, "a")) == 2
    with store.write() as connection:
        articles.withdraw(connection, "a", None)
    assert review(client, "a", [], **given).status_code == 410  # the kept answer named it


def test_topics_and_summary_that_were_said_together_are_taken_back_together(client: TestClient, store: Store) -> None:
    put(store, "a")
    seq = review(client, "a", ["wellbeing"]).json()["seq"]
    assert review(client, "a", ["wellbeing"], seq=seq).json()["corrections"] == []  # nothing new was said
    seq = review(client, "a", [], seq=seq, summary="绿豆汤送到工地。").json()["seq"]

    def undo() -> Any:
        seq = row(store, "a").seq
        return client.post("/desk/api/undo", json={"id": "a", "version": 1, "seq": seq})

    def holds() -> dict[str, Any]:
        with store.read() as connection:
            held = corrections.holding(connection, "a", 1)
        return {task: r.labels if task == "topics" else r.summary for task, r in held.items()}

    assert holds() == {"topics": [], "summaries": "绿豆汤送到工地。"}
    assert len(undo().json()["corrections"]) == 2
    assert holds() == {"topics": ["wellbeing"]} and row(store, "a").state == "done"
    assert len(undo().json()["corrections"]) == 1
    assert holds() == {} and row(store, "a").state == "unread"
    nothing = undo()
    assert nothing.status_code == 409 and "没有可以撤销" in nothing.json()["detail"]
    with store.write() as connection:  # an undo that is undone can be undone again
        last = corrections.history(connection, "a")[-1]
        kept = corrections.find(connection, last["id"])
        assert kept
        corrections.undo(connection, kept, "许望舒", None)
    assert holds() == {"topics": ["wellbeing"]}
    assert undo().status_code == 201 and holds() == {}


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"labels": ["nothing"]}, 422, "labels[0]"),
    ({"labels": ["wellbeing", "wellbeing"]}, 422, "labels[1]"),
    ({"labels": [], "summary": "  "}, 422, "summary"),
    ({"labels": [], "summary": "字" * 5001}, 413, "summary"),
    ({"labels": [], "summary": "a\x00b"}, 422, "summary"),
    ({"labels": [], "id": "never"}, 404, "id"),
    ({"labels": [], "id": "a\n"}, 422, "id"),
    ({"labels": [], "version": 0}, 422, "version"),
    ({}, 422, "labels"),
]


def test_what_cannot_be_meant_is_refused_with_a_sentence(client: TestClient, store: Store) -> None:
    put(store, "a")
    for call, status, field in REFUSED:
        answer = client.post("/desk/api/review", json={"id": "a", "version": 1, "seq": 0} | call)
        assert (answer.status_code, answer.json()["field"]) == (status, field), answer.text
    with store.read() as connection:
        assert corrections.history(connection, "a") == []


def test_what_a_person_may_goes_by_the_key(
    client: TestClient,
    store: Store,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    put(store, "a")
    monkeypatch.setenv("CAIBIAN_DATABASE_URL", database_url)
    keys = {scope: make_key(capsys, "--scope", scope, name=f"甲{scope}") for scope in ("tag", "review", "admin")}
    answer = client.get("/desk/articles/a?state=unread", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (
        303, "/login?next=%2Fdesk%2Farticles%2Fa%3Fstate%3Dunread"
    )  # fmt: skip
    assert client.post("/desk/api/undo", json={}).status_code == 401

    def page(scope: str) -> str:
        return client.get("/desk/articles/a", headers={"Authorization": f"Bearer {keys[scope]}"}).text

    assert "data-editable" not in page("tag") and "只能看" in page("tag") and "只读" in page("tag")
    assert "data-editable" in page("review") and "编辑" in page("review") and "管理员" in page("admin")
    tag = {"Authorization": f"Bearer {keys['tag']}"}
    assert review(client, "a", [], headers=tag).status_code == 403
    seen = client.post("/desk/api/check", json={"id": "a", "version": 1, "summary": "320名"}, headers=tag)
    assert seen.status_code == 200

    article = {"body": "县总工会走进工地，送去绿豆汤。"}
    assert client.put("/v1/articles/system", json=article, headers=tag).status_code == 201  # a newsroom's system
    assert client.post("/login", json={"key": keys["tag"]}).status_code == 200
    reader = {"X-CSRF-Token": client.get("/session").json()["csrf"]}
    for address, body in (("/v1/articles/a", article), ("/v1/pages/p", {"text": "标题\n正文。"})):
        assert client.put(address, json=body, headers=reader).status_code == 403
    assert client.post("/login", json={"key": keys["review"]}).status_code == 200
    csrf = client.get("/session").json()["csrf"]
    assert client.put("/v1/articles/b", json=article, headers={"X-CSRF-Token": csrf}).status_code == 201
    assert review(client, "a", []).status_code == 403  # no token
    form = {"version": "1", "seq": "0", "labels": "skills_contest", "summary": "青禾县总工会送清凉。", "do": "accept"}
    refused = client.post("/desk/articles/a", data=form)
    assert refused.status_code == 403 and "text/html" in refused.headers["content-type"]
    sent = client.post("/desk/articles/a", data=form | {"csrf": csrf}, follow_redirects=False)
    assert (sent.status_code, sent.headers["location"]) == (303, "/desk/next?after=a")
    late = client.post("/desk/articles/a", data=form | {"csrf": csrf, "labels": "wellbeing", "summary": "改过的。"})
    assert late.status_code == 409 and "改过的。</textarea>" in late.text and "甲review 在" in late.text
    assert re.search(r'value="wellbeing" autocomplete="off" checked', late.text)  # what was entered stays
    with store.read() as connection:
        (only,) = corrections.history(connection, "a")
    assert (only["editor"], only["labels"]) == ("甲review", ["skills_contest"])
    undone = client.post("/desk/articles/a", data=form | {"csrf": csrf, "seq": str(only["seq"]), "do": "undo"})
    assert undone.status_code == 200 and row(store, "a").state == "unread"


def test_who_is_on_what_is_seen_and_passed_over_by_next(client: TestClient, store: Store) -> None:
    for name in ("a", "b", "c"):
        put(store, name)
    one, two = "0" * 32, "1" * 32
    assert client.post("/desk/api/presence", json={"id": "b", "holder": one}).json()["others"] == []
    told = client.post("/desk/api/presence", json={"id": "b", "holder": two}).json()
    assert told == {"others": ["本机"], "version": 1, "seq": 0, "editor": None}
    assert "正在看" in client.get("/desk?state=unread").text

    def after(name: str) -> str:
        return client.get(f"/desk/next?state=unread&after={name}", follow_redirects=False).headers["location"]

    assert after("a") == "/desk/articles/c?state=unread"
    for holder in (one, two):
        client.post("/desk/api/presence", json={"id": "b", "holder": holder, "leaves": True})
    assert after("a") == "/desk/articles/b?state=unread"
    assert after("c") == "/desk/articles/a?state=unread"
    assert client.post("/desk/api/presence", json={"id": "b", "holder": "x"}).status_code == 422
    assert client.get("/desk/next?state=done", follow_redirects=False).headers["location"] == "/desk?state=done"


def test_who_gave_no_name_is_called_so_in_the_readers_language(client: TestClient, store: Store) -> None:
    put(store, "a")
    assert review(client, "a", []).status_code in (200, 201)
    for language, name in (("zh", "未署名"), ("en", "Unnamed")):
        for address in ("/desk?state=done", "/desk/articles/a", "/desk/corrections"):
            page = client.get(f"{address}{'&' if '?' in address else '?'}lang={language}").text
            assert name in page and "unknown" not in page, address
        beat = client.post("/desk/api/presence", json={"id": "a", "holder": "2" * 32})
        assert beat.json()["editor"] == name


HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">&amp;{{71*83*97}}\u202eneddih\u2066\u200b'


def test_hostile_text_is_shown_as_text(client: TestClient) -> None:
    body = {"headline": HOSTILE, "body": HOSTILE * 3 + "工人" * 50, "source": HOSTILE, "date": "<b>"}
    assert client.put("/v1/articles/<i>x", json=body).status_code == 201
    for address in ("/desk?state=unread", "/desk?state=open", "/desk/articles/%3Ci%3Ex"):
        page = client.get(address).text
        assert "<script>alert" not in page and "<img" not in page and "<i>" not in page and "571621" not in page
        assert not set("\u202e\u2066\u200b") & set(re.sub('value="[^"]*"', "", page.split("<textarea")[0]))
    assert "&lt;script&gt;" in page and '<span class="hidden-char">U+202E</span>' in page
    long = client.put("/v1/articles/long", json={"headline": "题" * 20_000, "body": BODY})
    assert long.status_code == 201
    assert "题" * 20_000 in client.get("/desk/articles/long").text
    big = client.put("/v1/articles/big", json={"body": "字" * 1_700_000})  # 5 MB
    assert big.status_code == 413 and "上限" in big.json()["detail"]
    form = {"version": "1", "seq": "0", "summary": "字" * 30_000}
    assert client.post("/desk/articles/long", data=form).status_code == 413
    assert visible("甲\u2028乙\tx\n") == '甲<span class="hidden-char">U+2028</span>乙\tx\n'


@pytest.mark.parametrize(
    "address", ["?state=x", "?from=2026-1-1", "?to=2026-02-30", "?topic=x", "?after=x", "?after=1"]
)
def test_a_wrong_filter_is_said_on_a_page(client: TestClient, address: str) -> None:
    answer = client.get(f"/desk{address}")
    assert answer.status_code == 422 and '<p class="error">' in answer.text


def test_pages_without_a_store_and_of_nothing_are_pages(client: TestClient, tmp_path: Path) -> None:
    with ready_client(database_url=SecretStr(f"sqlite:///{tmp_path / 'none.db'}")) as fresh:
        assert "没有待复核" in fresh.get("/desk").text
        assert fresh.get("/desk/articles/a").status_code == 404
        assert fresh.get("/desk/next", follow_redirects=False).headers["location"] == "/desk"
        assert not (tmp_path / "none.db").exists()
    assert "Nothing needs a reader" in client.get("/desk?lang=en").text
    assert client.cookies["lang"] == "en" and "Nothing needs a reader" in client.get("/desk").text
    assert client.get("/desk/articles/none").status_code == 404


def test_every_thing_of_a_summary_is_found_with_its_place_or_not() -> None:
    body = BODY + "\n\n“大家辛苦了。”县总工会副主席许望舒说，今年投入1.2亿元，增长12%。"
    told = checked("7月12日，青禾县为320名工人送汤，许望舒说“大家辛苦了”，投入１.2亿元，增长百分之十二。", body)
    assert told.ok and told.faults == []
    found = {
        (i.kind, i.text): (body[i.start : i.end] if i.start is not None else None, i.paragraph) for i in told.items
    }
    assert found == {
        ("date", "7月12日"): ("7月12日", 1),
        ("number", "320名"): ("三百二十", 1),
        ("number", "１.2亿元"): ("1.2亿元", 3),
        ("number", "百分之十二"): ("12", 3),
        ("name", "青禾县"): ("青禾县", 1),
        ("quotation", "大家辛苦了"): ("大家辛苦了", 3),
    }
    wrong = checked("7月13日，云岭市为350名工人送汤，说“大家真苦”，增长13%。", body)
    assert not wrong.ok
    assert {(i.kind, i.text) for i in wrong.items if not i.found} == {
        ("date", "7月13日"), ("name", "云岭市"), ("number", "350名"), ("quotation", "大家真苦"), ("number", "13%")
    }  # fmt: skip
    assert checked("", body).faults == ["empty"]
    assert [body[s["start"] : s["end"]] for s in told.sentences] == [s["text"] for s in told.sentences]


def test_no_word_lacks_a_language_and_every_word_is_used() -> None:
    gaps = {
        key: [sorted(g for _, g, _, _ in string.Formatter().parse(w) if g) for w in row] for key, row in WORDS.items()
    }
    assert [key for key, (zh, en) in WORDS.items() if not zh.strip() or not en.strip()] == []
    assert [key for key, (zh, en) in gaps.items() if zh != en] == []
    han = re.compile("[\u4e00-\u9fff]")
    assert [k for k, (zh, en) in WORDS.items() if han.search(en) and k != "other_language"] == []
    sources = [p.read_text("utf-8") for p in (ROOT / "service" / "desk").rglob("*") if p.suffix in (".py", ".html")]
    told = "\n".join(sources).replace((ROOT / "service/desk/words.py").read_text("utf-8"), "")
    stems = ("role_", "state_", "queue_empty_", "reason_", "method_", "event_", "js_", "nav_")
    unused = [k for k in WORDS if f'"{k}"' not in told and f"'{k}'" not in told and not k.startswith(stems)]
    assert unused == []
    assert [word(language, "left", count=3) for language in LANGUAGES] == ["还剩 3 篇", "3 left"]
    assert half("一句。 One.", "en") == "One." and half("一句。 One.", "zh") == "一句。"


def test_templates_know_every_word_that_they_ask_for() -> None:
    templates = ROOT / "service" / "desk" / "templates"
    for path in templates.glob("*.html"):
        environment().get_template(path.name)
        asked = re.findall(r"\bt\('(\w+)'(?!\s*~)", path.read_text("utf-8"))
        assert [key for key in asked if key not in WORDS and not key.endswith("_")] == [], path.name


def test_articles_that_only_tables_of_the_desk_lack_are_filled_in(store: Store) -> None:
    seed(store, 30)
    with store.write() as connection:
        before = sorted(map(tuple, connection.execute(select(*_told(desk_articles)))))
        for table in (desk_topics, desk_articles):
            connection.execute(table.delete())
        assert desk.fill(connection) == 30
        assert sorted(map(tuple, connection.execute(select(*_told(desk_articles))))) == before
        versions = connection.execute(select(article_versions)).all()
        assert len(versions) == len(connection.execute(select(analyses.c.id)).all()) == 30
        assert len(connection.execute(select(articles_table.c.id)).all()) == 30


def _told(table: Any) -> list[Any]:
    return [c for c in table.columns if c.name not in ("changed", "labels", "reasons")]


def test_a_form_of_our_own_page_is_taken_and_another_sites_is_not(client: TestClient, store: Store) -> None:
    put(store, "a")
    form = {"version": "1", "seq": "0", "labels": "wellbeing", "summary": "青禾县总工会送清凉。", "do": "accept"}
    for site, status in (("cross-site", 403), ("same-site", 403), ("none", 403), ("same-origin", 303)):
        headers = {"Origin": "null", "Sec-Fetch-Site": site}  # as a browser tells it under our referrer policy
        answer = client.post("/desk/articles/a", data=form, headers=headers, follow_redirects=False)
        assert answer.status_code == status, site


PAGE = (
    "【工会之声】\n青禾县总工会送清凉\n——绿豆汤送到工地\n\n本报记者 林晓舟\n\n"
    "　　7月12日，青禾县总工会走进河滨大桥工地，为建筑工人送去绿豆汤和防暑药品。"
)


def test_an_article_of_a_kept_page_shows_what_stands_round_it(client: TestClient) -> None:
    assert client.put("/v1/pages/p-1", json={"text": PAGE}).status_code == 201
    page = client.get("/desk/articles/p-1%231").text
    assert re.search(r'class="byline">\s*本报记者 林晓舟', page)
    assert re.search(r'class="(kicker|subhead)">', page)
    assert 'href="/desk/pages/p-1"' in page
