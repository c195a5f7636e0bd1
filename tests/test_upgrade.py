"""An installation of the first release is brought up to date: every row that it kept is there afterwards, and the service goes
on with it. The rows are written by plain SQL, as the tables of the first release were; where the schema ends is read from HEAD.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import Engine, exc, text

from service.cli import main
from service.store import articles, found
from service.store.database import HEAD, make_engine, open_store, schema_version
from service.store.migrate import upgrade
from service.store.search_terms import phrases
from service.store.tables import metadata, search_entries
from service.tokens import digest_of, id_of, new_token
from tests.service_client import ready_client

TOKEN = new_token()[0]
KEY = id_of(TOKEN) or ""
WHEN = "2026-11-24 08:00:00.000000"
BODY = "7月12日，青禾县总工会走进工地，为三百二十名建筑工人送去绿豆汤。"
TOPICS = {
    "labels": ["wellbeing"], "primary": "wellbeing", "needs_review": False, "reasons": [], "evidence": [], "windows": 1,
    "scores": {"rights_protection": 0.01, "skills_contest": 0.01, "digital_services": 0.01, "wellbeing": 0.9},
    "bundle": "caibian-topics@1",
}  # fmt: skip
SUMMARY = {
    "summary": "县总工会送清凉",
    "method": "extractive",
    "checks": {},
    "windows": 1,
    "bundle": "caibian-summaries@1",
}
RECORD = {
    "id": "j-1",
    "labels": [],
    "primary": "other",
    "scores": {},
    "needs_review": False,
    "summary": "x",
    "bundles": {},
}
PAGE = [{"headline": "县总工会送清凉", "body": BODY}]

ROWS: dict[str, list[dict[str, Any]]] = {
    "keys": [
        {"id": KEY, "name": "编辑部", "digest": digest_of(TOKEN), "scope": "admin", "rate_calls": 600, "rate_seconds": 60,
         "quota": 9000, "created": WHEN, "expires": None, "revoked": None, "last_used": WHEN},
        {"id": "0123456789", "name": "旧", "digest": "0" * 64, "scope": "tag", "rate_calls": None, "rate_seconds": None,
         "quota": None, "created": WHEN, "expires": WHEN, "revoked": WHEN, "last_used": None},
    ],
    "usage": [{"key_id": KEY, "day": "2026-11-23", "calls": 41}],
    "sessions": [{"digest": "1" * 64, "key_id": KEY, "csrf": "c", "created": WHEN, "expires": "2099-01-01 00:00:00.000000"}],
    "articles": [
        {"id": "a-1", "version": 2, "created": WHEN, "changed": WHEN},
        {"id": "a-2", "version": 1, "created": WHEN, "changed": WHEN},
    ],
    "article_versions": [
        {"article_id": "a-1", "version": 1, "headline": "旧题", "body": BODY, "source": None, "date": None, "embargo": None,
         "digest": "2" * 64, "caller": None, "created": WHEN},
        {"article_id": "a-1", "version": 2, "headline": "县总工会送清凉", "body": BODY + "工人很高兴。", "source": "青禾日报",
         "date": "2026-07-13", "embargo": "2026-07-13 06:00:00.000000", "digest": "3" * 64, "caller": "编辑部", "created": WHEN},
        {"article_id": "a-2", "version": 1, "headline": "", "body": "没有分析过的稿件。", "source": None, "date": None,
         "embargo": None, "digest": "4" * 64, "caller": None, "created": WHEN},
    ],
    "analyses": [
        {"id": 1, "article_id": "a-1", "version": 1, "topics": json.dumps(TOPICS), "summary": json.dumps(SUMMARY),
         "topics_bundle": "caibian-topics@1", "summaries_bundle": "caibian-summaries@1", "created": WHEN},
        {"id": 2, "article_id": "a-1", "version": 2, "topics": json.dumps(TOPICS), "summary": None,
         "topics_bundle": "caibian-topics@1", "summaries_bundle": None, "created": WHEN},
    ],
    "withdrawals": [{"digest": "5" * 64, "caller": "编辑部", "created": WHEN}],
    "corrections": [
        {"seq": 1, "id": "c-1", "task": "topics", "article_id": "a-1", "version": 2, "labels": '["wellbeing"]', "summary": None,
         "undoes": None, "editor": "许望舒", "key_id": KEY, "note": "对", "created": WHEN},
        {"seq": 2, "id": "c-2", "task": "summaries", "article_id": "a-1", "version": 2, "labels": None, "summary": "送清凉",
         "undoes": None, "editor": "许望舒", "key_id": None, "note": None, "created": WHEN},
        {"seq": 3, "id": "c-3", "task": "summaries", "article_id": "a-1", "version": 2, "labels": None, "summary": None,
         "undoes": "c-2", "editor": "唐知远", "key_id": KEY, "note": None, "created": WHEN},
        {"seq": 4, "id": "c-4", "task": "pages", "article_id": "p-1", "version": None, "labels": None, "summary": None,
         "undoes": None, "editor": "唐知远", "key_id": None, "note": None, "created": WHEN},
    ],
    "page_examples": [
        {"correction_id": "c-4", "page_id": "p-1", "text": f"县总工会送清凉\n\n{BODY}", "articles": json.dumps(PAGE)}
    ],
    "jobs": [
        {"id": "j1", "key_id": KEY, "caller": "编辑部", "state": "done", "summaries": True, "length": "brief", "total": 1,
         "done": 1, "failed": 0, "created": WHEN, "started": WHEN, "finished": WHEN, "runner": None, "lease": None, "webhook": None,
         "webhook_state": None, "webhook_tries": 0, "webhook_next": None},
        {"id": "j2", "key_id": KEY, "caller": "编辑部", "state": "cancelled", "summaries": False, "length": "headline", "total": 1,
         "done": 0, "failed": 0, "created": WHEN, "started": None, "finished": WHEN, "runner": None, "lease": 1.5,
         "webhook": "https://desk.example.cn/", "webhook_state": "failed", "webhook_tries": 5, "webhook_next": None},
    ],
    "job_items": [
        {"job_id": "j1", "n": 0, "article_id": "j-1", "headline": None, "body": None, "unsure": False, "state": "done",
         "result": json.dumps(RECORD), "error": None},
        {"job_id": "j2", "n": 0, "article_id": None, "headline": "题", "body": BODY, "unsure": True, "state": "waiting",
         "result": None, "error": None},
    ],
    "idempotency": [{"caller": KEY, "key": "k-1", "fingerprint": "6" * 64, "status": 201, "answer": '{"id": "c-1"}',
                     "created": WHEN}],
    "activations": [{"id": 1, "task": "topics", "bundle": "caibian-topics@1", "created": WHEN}],
}  # fmt: skip
"""A row at least in every table of the first release, parents first, with every column that it had."""
JSON_COLUMNS = {"topics", "summary", "labels", "articles", "result", "answer"}


@pytest.fixture
def first_release(database_url: str) -> str:
    """A database with the schema and rows of the first release."""
    engine = make_engine(database_url)
    upgrade(engine, "0001")
    with engine.begin() as connection:
        for table, rows in ROWS.items():
            for row in rows:
                names = ", ".join(row)
                values = ", ".join(f":{name}" for name in row)
                connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)  # noqa: S608 - our own names
        if engine.dialect.name == "postgresql":  # rows with ids of their own leave the counters behind
            for table, column in (("corrections", "seq"), ("analyses", "id"), ("activations", "id")):
                connection.execute(
                    text(f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), {len(ROWS[table])})")
                )
    engine.dispose()
    return database_url


def kept(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """What stands in the columns of the first release."""
    found = {}
    with engine.connect() as connection:
        for table, rows in ROWS.items():
            names = ", ".join(rows[0])
            got = connection.execute(text(f"SELECT {names} FROM {table}")).mappings()  # noqa: S608
            found[table] = sorted(({k: plain(k, v) for k, v in row.items()} for row in got), key=str)
    return found


def plain(name: str, value: Any) -> Any:
    """A value as both databases give it: a time as its text in UTC, JSON parsed, a truth as such."""
    if hasattr(value, "astimezone"):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    if name in JSON_COLUMNS and isinstance(value, str) and value[:1] in '[{"':
        return json.loads(value)
    return bool(value) if name in ("summaries", "unsure") else value


def written() -> dict[str, list[dict[str, Any]]]:
    return {t: sorted(({k: plain(k, v) for k, v in row.items()} for row in rows), key=str) for t, rows in ROWS.items()}


def test_the_first_release_has_a_row_in_every_table(first_release: str) -> None:
    engine = make_engine(first_release)
    assert schema_version(engine) == "0001"
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        else:
            query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        assert set(connection.execute(text(query)).scalars()) - {"alembic_version"} == set(ROWS)
    assert kept(engine) == written()
    engine.dispose()


def test_nothing_of_the_first_release_is_lost_and_the_service_goes_on(
    first_release: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAIBIAN_DATABASE_URL", first_release)
    assert main(["migrate"]) == 0
    engine = make_engine(first_release)
    assert schema_version(engine) == HEAD
    assert kept(engine) == written()
    with engine.connect() as connection:
        without_index = {"include_name": lambda name, kind, _: kind != "table" or not name.startswith("search_index")}
        assert compare_metadata(MigrationContext.configure(connection, opts=without_index), metadata) == []
    with pytest.raises(exc.DBAPIError), engine.begin() as connection:
        connection.execute(text("UPDATE corrections SET note = 'x'"))  # still append-only
    engine.dispose()
    assert main(["migrate"]) == 0  # a second time there is nothing to do

    with ready_client(database_url=SecretStr(first_release)) as client:
        assert client.get("/v1/articles/a-1").status_code == 401
        client.headers["Authorization"] = f"Bearer {TOKEN}"
        told = client.get("/v1/articles/a-1").json()
        assert (told["version"], told["headline"], told["source"]) == (2, "县总工会送清凉", "青禾日报")
        assert told["analysis"]["topics"]["labels"] == ["wellbeing"]
        old = client.get("/v1/articles/a-1?version=1").json()["analysis"]["summary"]
        assert old == SUMMARY | {"checks": {"ok": False}}, "it was kept unchecked"
        assert told["embargo"].startswith("2026-07-13T06:00:00")
        assert len(client.get("/v1/articles/a-1/versions").json()["versions"]) == 2
        rows = client.get("/v1/corrections").json()["corrections"]
        assert [(row["id"], row["counts"]) for row in rows] == [
            ("c-1", True), ("c-2", False), ("c-3", True), ("c-4", True),
        ]  # fmt: skip
        assert json.loads(client.get("/v1/jobs/j1/results").text)["id"] == "j-1"
        assert client.get("/v1/jobs/j2").json()["state"] == "cancelled"
        made = client.post("/v1/corrections", json={"id": "a-2", "labels": [], "editor": "许望舒"})
        assert made.status_code == 201
        assert client.get("/v1/corrections").json()["corrections"][-1]["seq"] == 5
        assert client.put("/v1/articles/a-2", json={"body": BODY}).json()["version"] == 2
        assert client.delete("/v1/articles/a-1").status_code == 204
        assert client.get("/v1/articles/a-1").status_code == 410


def test_an_older_file_of_sqlite_is_brought_up_to_date_when_it_is_opened(first_release: str) -> None:
    if not first_release.startswith("sqlite"):
        return  # PostgreSQL waits for `migrate` (tests/test_store.py)
    store = open_store(first_release)
    assert schema_version(store.engine) == HEAD
    assert kept(store.engine) == written()
    store.close()


def test_the_search_of_an_earlier_schema_is_made_anew(first_release: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = make_engine(first_release)
    upgrade(engine, "0004")
    if engine.dialect.name == "postgresql":  # as that version indexed: words with their places
        with engine.begin() as connection:
            article = {
                "article_id": "a-1",
                "version": 2,
                "day": "2026-07-13",
                "source": "青禾日报",
                "labels": "|wellbeing|",
            }
            n = connection.execute(search_entries.insert().values(**article).returning(search_entries.c.n)).scalar_one()
            row = text("INSERT INTO search_index (entry, part, words) VALUES (:n, 0, CAST(:words AS tsvector))")
            connection.execute(row, {"n": n, "words": "'总工':2A '工会':3A '清凉':5A"})
    engine.dispose()
    monkeypatch.setenv("CAIBIAN_DATABASE_URL", first_release)
    assert main(["migrate"]) == 0
    store = open_store(first_release)
    with store.write() as connection:
        for words, ids in {
            "总工会 绿豆汤": ["a-1"],
            "没有分析过": ["a-2"],
            "旧题": [],
            "稿件 -县总工会": ["a-2"],
        }.items():
            total, hits = found.look(connection, found.Query(tuple(phrases(words))), 0, 20)
            assert (total, [hit.article_id for hit in hits]) == (len(ids), ids), words
        articles.put(connection, articles.Draft("a-3", "县总工会", "又送绿豆汤。"), None, None)
        assert found.count(connection, found.Query(tuple(phrases("总工会 绿豆汤")))) == 2
    store.close()
