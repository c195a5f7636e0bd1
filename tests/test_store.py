"""The store on both databases: schema, versions, withdrawal, corrections and their export, retention, backup, keys."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from pydantic import SecretStr
from sqlalchemy import func, select, text, update

from models.errors import BadInput, Busy, StoreDown
from service.cli import main
from service.settings import Settings
from service.storage import Storage
from service.store import articles, corrections, idempotency, jobs, keys
from service.store.articles import Analysed, Draft
from service.store.backup import backup, restore
from service.store.corrections import Correction
from service.store.database import HEAD, Clash, Store, make_engine, open_store, schema_version
from service.store.migrate import configuration
from service.store.tables import articles as articles_table
from service.store.tables import desk_articles, metadata
from service.store.upkeep import activation_history, note_activation, purge

ROOT = Path(__file__).parents[1]
BODY = "青禾县总工会走进河滨大桥工地，为三百二十名建筑工人送去绿豆汤。\n工会负责人表示，将督促企业调整作息时间。"
TOPICS = {"labels": ["wellbeing"], "bundle": "topics@1"}
SUMMARY = {"summary": "青禾县总工会送清凉。", "bundle": "summaries@1"}


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = open_store(database_url)
    yield opened
    opened.close()


def put(store: Store, draft: Draft, analysis: Analysed | None = None) -> articles.Version:
    with store.write() as connection:
        return articles.put(connection, draft, analysis, "desk")


def correct(store: Store, **given: Any) -> str:
    with store.write() as connection:
        return corrections.add(connection, Correction(editor="许望舒", **given), None)


def undo(store: Store, which: str) -> str:
    with store.write() as connection:
        row = corrections.find(connection, which)
        assert row
        return corrections.undo(connection, row, "许望舒", None)


def exported(store: Store, *tasks: corrections.CorrectionTask) -> list[dict[str, Any] | None]:
    with store.read() as connection:
        return list(corrections.export(connection, tasks or corrections.TASKS))


def rows_of(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    with store.read() as connection:
        return {
            t.name: [tuple(r) for r in connection.execute(select(t).order_by(*t.primary_key.columns))]
            for t in metadata.sorted_tables
        }


def test_the_migrations_make_the_tables_that_the_code_knows(store: Store) -> None:
    assert schema_version(store.engine) == HEAD == ScriptDirectory.from_config(configuration()).get_current_head()
    with store.read() as connection:
        without_index = {"include_name": lambda name, kind, _: kind != "table" or not name.startswith("search_index")}
        context = MigrationContext.configure(connection, opts=without_index)
        assert compare_metadata(context, metadata) == []


def test_processes_that_start_together_make_the_schema_once(database_url: str) -> None:
    failures: list[BaseException] = []

    def start() -> None:
        try:
            open_store(database_url).close()
        except BaseException as error:
            failures.append(error)

    starts = [threading.Thread(target=start) for _ in range(4)]
    for one in starts:
        one.start()
    for one in starts:
        one.join(60)
    assert failures == []


def test_a_newer_schema_is_refused_and_an_older_one_of_postgresql_waits_for_migrate(database_url: str) -> None:
    open_store(database_url).close()
    engine = make_engine(database_url)
    for version, sentence in (("9999", "newer version"), ("0000", "migrate")):
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})
        if version == "0000" and engine.dialect.name == "sqlite":
            break  # an older file of SQLite is brought up to date by itself
        with pytest.raises(BadInput, match=sentence):
            open_store(database_url)
    engine.dispose()


@pytest.mark.parametrize(
    "url", ["mysql://a@b/c", "nonsense", "sqlite://", "sqlite:///:memory:", "postgresql+asyncpg://a@b/c"]
)
def test_an_address_that_cannot_be_meant_is_named_without_its_password(url: str) -> None:
    with pytest.raises(BadInput, match="CAIBIAN_DATABASE_URL") as refused:
        open_store(url.replace("a@b", "a:geheim@b"))
    assert "geheim" not in refused.value.message


def test_a_place_that_cannot_be_written_and_a_server_that_is_not_there_are_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for url in (f"sqlite:///{tmp_path}/file/store.db", f"postgresql://caibian@/x?host={tmp_path}"):
        with pytest.raises(StoreDown):
            open_store(url)


def test_a_file_that_sqlite_cannot_read_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    foreign, damaged = tmp_path / "foreign.db", tmp_path / "damaged.db"
    foreign.write_bytes(b"precious, and no database" * 400)
    store = open_store(f"sqlite:///{damaged}")
    put(store, Draft("a-1", body=BODY * 500))
    store.shrink()
    store.close()
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    for file in (foreign, damaged):
        monkeypatch.setenv("CAIBIAN_DATABASE_URL", f"sqlite:///{file}")
        assert main(["backup", str(tmp_path / "all.gz")]) == 1
        said = capsys.readouterr().err
        assert "restore BACKUP" in said and "Traceback" not in said
    assert foreign.read_bytes() == b"precious, and no database" * 400
    storage = Storage(Settings(database_url=SecretStr(f"sqlite:///{foreign}")))
    with pytest.raises(StoreDown):  # 503, not the caller's fault
        storage.open()
    storage.close()


def test_the_same_id_again_is_a_new_version_and_says_what_changed(store: Store) -> None:
    first = put(store, Draft("a-1", "送清凉", BODY, source="县报"), Analysed(TOPICS, SUMMARY))
    same = put(store, Draft("a-1", "送清凉", BODY, source="县报"), Analysed(TOPICS, SUMMARY))
    assert (first.version, same.version, first.etag) == (1, 1, same.etag)
    again = put(store, Draft("a-1", "送清凉", BODY, source="县报"), Analysed({**TOPICS, "bundle": "topics@2"}, SUMMARY))
    assert again.version == 1
    assert again.analysis and again.analysis.bundles == {"topics": "topics@2", "summaries": "summaries@1"}
    assert again.etag != first.etag
    embargo = datetime(2030, 1, 1, 8, tzinfo=UTC)
    new = put(store, Draft("a-1", "送清凉", BODY.replace("三百二十", "三百三十"), "县报", "2026-07-12", embargo))
    assert (new.version, new.analysis) == (2, None)
    with store.read() as connection:
        kept = articles.versions(connection, "a-1")
        old = articles.get(connection, "a-1", 1)
    assert [v.version for v in kept] == [1, 2]
    assert kept[1].draft.embargo == embargo
    assert articles.as_dict(kept[1])["embargoed"] is True
    assert old and articles.as_dict(old)["current"] is False
    changed = articles.changes(kept[0].draft, kept[1].draft)
    assert changed["fields"] == ["body", "date", "embargo"]
    assert changed["removed"] == [BODY.splitlines()[0]]
    assert changed["added"] == [BODY.splitlines()[0].replace("三百二十", "三百三十")]


def test_writers_at_the_same_time_lose_nothing(store: Store, database_url: str) -> None:
    storage = Storage(Settings(database_url=SecretStr(database_url)))

    def write(n: int) -> None:
        for k in range(5):
            storage.write_now(articles.put, Draft("same", body=f"{n} {k}"), None, None)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    storage.close()
    with store.read() as connection:
        kept = articles.versions(connection, "same")
    assert [v.version for v in kept] == list(range(1, 21))
    assert len({v.draft.body for v in kept}) == 20


def test_a_withdrawal_leaves_nothing_anywhere(store: Store, database_url: str, tmp_path: Path) -> None:
    put(store, Draft("gone", "送清凉", BODY), Analysed(TOPICS, SUMMARY))
    put(store, Draft("stays", "送温暖", "云岭市总工会慰问一线职工。"))
    correct(store, task="topics", article_id="gone", version=1, labels=["wellbeing"])
    correct(store, task="topics", article_id="stays", version=1, labels=[])
    page = "送清凉\n" + BODY.replace("，", "，\n")  # broken lines, as on a page
    correct(store, task="pages", article_id="p-1", text=page, articles=[{"headline": "送清凉", "body": BODY}])
    undo(store, correct(store, task="summaries", article_id="gone", version=1, summary="送清凉。"))
    sent = correct(store, task="topics", article_id="gone", version=1, labels=[])
    answers = {
        "a": {"id": sent, "task": "topics", "article": "gone", "version": 1, "undoes": None},
        "b": {"result": {"correction": sent}},  # of Superdesk's feedback
        "c": {"id": "c" * 32, "task": "topics", "article": "stays", "version": 1, "undoes": None},
        "d": {"id": "d" * 32, "state": "queued"},  # of a job
    }
    with store.write() as connection:
        for key, answer in answers.items():
            idempotency.keep(connection, idempotency.NOBODY, key, "0" * 64, 201, answer)
    items = [jobs.Item(0, "gone", "送清凉", BODY), jobs.Item(1, "stays", "", "云岭市总工会慰问一线职工。")]
    with store.write() as connection:
        job = jobs.create(connection, items, summaries=True, length="brief", webhook=None, key_id=None, caller=None)
        assert jobs.claim(connection, "r", 10)
        assert jobs.commit(connection, job, "r", [jobs.Outcome(0, {"summary": BODY}), jobs.Outcome(1, {"x": 1})], 10)
    with store.write() as connection:
        assert articles.withdraw(connection, "gone", "desk")
        assert not articles.withdraw(connection, "never", "desk")
    store.shrink()
    with store.read() as connection:
        assert articles.withdrawn(connection, "gone") and not articles.withdrawn(connection, "never")
        assert [r.state for r in jobs.results(connection, job)] == ["withdrawn", "done"]
    told = str(rows_of(store))
    assert [word for word in ("三百二十", "送清凉", "'gone'") if word in told] == []
    assert [row["id"] for row in exported(store) if row] == ["stays"]
    with store.read() as connection:
        told_again = [idempotency.recall(connection, idempotency.NOBODY, key, "0" * 64) for key in answers]
    assert told_again == [None, None, (201, answers["c"]), (201, answers["d"])]
    if store.kind == "sqlite":  # not even in free pages of the files
        for file in tmp_path.glob("store.db*"):
            assert "三百二十名".encode() not in file.read_bytes(), file.name
    again = put(store, Draft("gone", "更正", "更正后的稿件。"))
    assert again.version == 1
    with store.read() as connection:
        assert not articles.withdrawn(connection, "gone")


def test_a_withdrawal_reaches_the_page_of_an_article_that_only_a_job_had(store: Store) -> None:
    page = "送清凉\n" + BODY.replace("，", "，\n")
    correct(store, task="pages", article_id="p-1", text=page, articles=[{"headline": "送清凉", "body": BODY}])
    correct(store, task="pages", article_id="p-2", text="题\n文。", articles=[{"headline": "题", "body": "文。"}])
    items = [jobs.Item(0, "gone", "送清凉", BODY), jobs.Item(1, "gone", error="x")]
    with store.write() as connection:
        jobs.create(connection, items, summaries=True, length="brief", webhook=None, key_id=None, caller=None)
    with store.write() as connection:
        assert articles.withdraw(connection, "gone", "desk")
    assert "三百二十" not in str(rows_of(store))
    assert [row["id"] for row in exported(store) if row] == ["p-2"]


def test_the_history_of_one_article_reads_only_its_rows(store: Store) -> None:
    for name in ("a-1", "a-2"):
        put(store, Draft(name, body=BODY))
        undo(store, correct(store, task="topics", article_id=name, version=1, labels=[]))
    with store.read() as connection:
        assert len(corrections.counted(connection, "a-1")) == 1
        assert [r["counts"] for r in corrections.history(connection, "a-1", limit=1)] == [False]


def test_corrections_are_only_added_and_the_last_that_counts_is_exported(store: Store) -> None:
    put(store, Draft("a-1", "送清凉", BODY))
    first = correct(store, task="topics", article_id="a-1", version=1, labels=["wellbeing"])
    put(store, Draft("a-1", "送清凉", BODY + "\n补充。"))
    second = correct(store, task="topics", article_id="a-1", version=2, labels=[])
    correct(store, task="summaries", article_id="a-1", version=2, summary="送清凉。")
    page = {"headline": "甲", "body": "乙。"}
    correct(store, task="pages", article_id="p-1", text="甲\n乙。", articles=[page])
    assert exported(store, "topics") == [
        {"id": "a-1", "headline": "送清凉", "body": BODY + "\n补充。", "labels": [], "editor": "许望舒"}
    ]
    assert exported(store, "summaries") == [{"id": "a-1", "body": BODY + "\n补充。", "summary": "送清凉。"}]
    assert exported(store, "pages") == [{"id": "p-1", "text": "甲\n乙。", "articles": [page]}]
    assert len(exported(store)) == 3
    taken_back = undo(store, second)
    assert exported(store, "topics") == [
        {"id": "a-1", "headline": "送清凉", "body": BODY, "labels": ["wellbeing"], "editor": "许望舒"}
    ]
    undo(store, first)
    assert exported(store, "topics") == []
    undo(store, taken_back)  # an undo can be undone
    assert [row["labels"] for row in exported(store, "topics") if row] == [[]]
    with store.read() as connection:
        rows = corrections.history(connection, "a-1")
    assert [row["undoes"] for row in rows] == [None, None, None, second, first, taken_back]
    assert [row["counts"] for row in rows] == [False, True, True, False, True, True]
    with pytest.raises(Clash):
        undo(store, first)
    with pytest.raises((Clash, RuntimeError)), store.write() as connection:  # as SQLite and PostgreSQL call it
        connection.execute(text("UPDATE corrections SET editor = 'x'"))
    with store.read() as connection:
        assert {row["editor"] for row in corrections.history(connection)} == {"许望舒"}


def test_what_is_under_embargo_is_held_back_from_the_export(store: Store) -> None:
    for days, name in ((1, "later"), (-1, "past")):
        put(store, Draft(name, "送清凉", BODY, embargo=datetime.now(UTC) + timedelta(days=days)))
        correct(store, task="topics", article_id=name, version=1, labels=[])
    assert [row and row["id"] for row in exported(store)] == [None, "past"]


def test_purge_keeps_what_a_correction_speaks_of_until_its_own_time(store: Store) -> None:
    for name in ("old", "spoken", "new"):
        put(store, Draft(name, body=BODY))
    correct(store, task="topics", article_id="spoken", version=1, labels=[])
    with store.write() as connection:
        long_ago = datetime.now(UTC) - timedelta(days=40)
        connection.execute(update(articles_table).where(articles_table.c.id != "new").values(changed=long_ago))
    assert purge(store, 0, 0).articles == 0
    assert purge(store, 30, 0).articles == 1
    with store.read() as connection:
        left = connection.execute(select(articles_table.c.id).order_by(articles_table.c.id)).scalars().all()
        assert left == ["new", "spoken"]
    assert exported(store) != []


def test_no_editors_name_outlives_what_was_said(store: Store) -> None:
    """The article that was corrected once has no name any more, the other one the name of who spoke of it since."""
    long_ago = datetime.now(UTC) - timedelta(days=40)
    for name in ("once", "twice"):
        put(store, Draft(name, body=BODY), Analysed(TOPICS, SUMMARY))
        with store.write() as connection:
            old = Correction("topics", name, "许望舒", version=1, labels=["wellbeing"])
            made = corrections.add(connection, old, None, when=long_ago)
    with store.write() as connection:
        corrections.add(connection, Correction("summaries", "twice", "林晓舟", version=1, summary="送清凉。"), None)
        row = corrections.find(connection, made)
        assert row
        corrections.undo(connection, row, "许望舒", None)  # goes with what it takes back
    assert purge(store, 0, 30).corrections == 2
    with store.read() as connection:
        told = {row.article_id: (row.editor, row.state) for row in connection.execute(select(desk_articles))}
    assert told["once"] == (None, "done") and told["twice"][0] == "林晓舟"
    assert "许望舒" not in json.dumps(rows_of(store), default=str, ensure_ascii=False)


def test_a_backup_restores_on_either_database_and_brings_no_withdrawn_article_back(
    store: Store, tmp_path: Path
) -> None:
    put(store, Draft("a-1", "送清凉", BODY, embargo=datetime(2030, 1, 1, tzinfo=UTC)), Analysed(TOPICS, SUMMARY))
    put(store, Draft("a-2", "送清凉", BODY + "后来"))
    correct(store, task="topics", article_id="a-1", version=1, labels=["wellbeing"])
    with store.write() as connection:
        note_activation(connection, "topics", "topics@1")
    file = tmp_path / "all.gz"
    assert backup(store, file) == sum(len(rows) for rows in rows_of(store).values())
    assert file.stat().st_mode & 0o077 == 0
    before = rows_of(store)
    other = open_store(f"sqlite:///{tmp_path / 'other.db'}")
    restore(other, file)
    assert rows_of(other) == before
    other.close()

    with store.write() as connection:
        articles.withdraw(connection, "a-2", "desk")
    put(store, Draft("a-3", body=BODY))
    restore(store, file)
    after = rows_of(store)
    assert [row[0] for row in after["articles"]] == ["a-1"]
    assert len(after["withdrawals"]) == 1
    correct(store, task="topics", article_id="a-1", version=1, labels=[])  # numbering goes on
    with store.read() as connection:
        assert len(corrections.history(connection, "a-1")) == 2


def test_a_restore_makes_no_revoked_key_valid_and_ends_every_session(store: Store, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    with store.write() as connection:
        for name in ("leaked", "good"):
            keys.create(connection, keys.Key(name, name, "0" * 64, "tag", None, None, now, None, None, None))
            keys.start_session(connection, name, name, "csrf", now + timedelta(days=1))
    file = tmp_path / "all.gz"
    backup(store, file)
    with store.write() as connection:
        assert [key.id for key in keys.revoke(connection, "leaked")] == ["leaked"]
        revoked = keys.find(connection, "leaked")
    restore(store, file)
    with store.read() as connection:
        assert keys.find(connection, "leaked") == revoked
        good = keys.find(connection, "good")
        assert good and good.valid(now)
        assert keys.find_session(connection, "leaked") is None and keys.find_session(connection, "good") is None


@pytest.mark.parametrize("damage", ["twice", "cut", "text", "count", "schema", "bits"])
def test_a_damaged_backup_changes_nothing(store: Store, tmp_path: Path, damage: str) -> None:
    put(store, Draft("a-1", body=BODY))
    file = tmp_path / "all.gz"
    backup(store, file)
    lines = gzip.decompress(file.read_bytes()).decode().splitlines()
    if damage == "cut":
        lines = lines[:-1]
    elif damage == "twice":
        n = next(n for n, line in enumerate(lines) if '"articles"' in line)
        lines[n:-1] = [lines[n], *lines[n:-1]]
        lines[-1] = json.dumps({"end": json.loads(lines[-1])["end"] + 1})
    elif damage == "count":
        lines[-1] = json.dumps({"end": 99})
    elif damage == "schema":
        lines[0] = json.dumps({"caibian_backup": 1, "schema": "0042"})
    data = gzip.compress("\n".join(lines).encode())
    file.write_bytes(b"no gzip" if damage == "text" else data[:-20] if damage == "bits" else data)
    before = rows_of(store)
    with pytest.raises(BadInput, match=r"whole backup|schema"):
        restore(store, file)
    assert rows_of(store) == before


def test_activation_history_says_which_bundle_served_when(store: Store) -> None:
    with store.write() as connection:
        told = [note_activation(connection, "topics", b) for b in ("t@1", "t@1", "t@2", "t@1")]
        note_activation(connection, "summaries", "s@1")
        kept = activation_history(connection, "topics")
    assert told == [True, False, True, True]
    assert [bundle for bundle, _ in kept] == ["t@1", "t@2", "t@1"]
    assert kept[0][1] <= kept[2][1]


def test_an_error_of_the_database_tells_no_text(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Clash) as refused, store.write() as connection:
        values = {"id": "x", "version": None, "created": None, "changed": None}
        connection.execute(articles_table.insert().values(**values))
    assert refused.value.__cause__ is None and refused.value.__suppress_context__
    assert "x" not in str(refused.value)
    with pytest.raises(RuntimeError, match="refused a statement"), store.write() as connection:
        connection.execute(text("SELECT '三百二十'::int" if store.kind == "postgresql" else "SELEKT '三百二十'"))
    assert "三百二十" not in caplog.text


def test_a_service_that_stores_nothing_imports_no_database() -> None:
    code = (
        "import sys, service.app, service.routes, service.server, service.cli\n"
        "from pydantic import SecretStr\nfrom service.storage import Storage\nfrom service.settings import Settings\n"
        "assert not Storage(Settings(database_url=SecretStr('sqlite:////nowhere/none.db'))).used\n"
        "assert not {'sqlalchemy', 'alembic', 'psycopg', 'mako', 'httpx'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_the_count_of_rows_is_right_after_many(store: Store, tmp_path: Path) -> None:
    with store.write() as connection:
        items = (jobs.Item(n, f"a-{n}", "题", "文" * 10) for n in range(1203))
        job = jobs.create(connection, items, summaries=False, length="brief", webhook=None, key_id=None, caller=None)
        assert connection.execute(select(func.count()).select_from(metadata.tables["job_items"])).scalar_one() == 1203
    file = tmp_path / "b.gz"
    assert backup(store, file) == 1204
    restore(store, file)
    with store.read() as connection:
        row = jobs.get(connection, job)
    assert row and (row.total, row.state) == (1203, "queued")


def test_a_request_waits_for_the_same_one_that_is_under_way(store: Store) -> None:
    """Its second sending must hear the first one's answer, and not that somebody else changed the article meanwhile."""
    begun, go, told = threading.Event(), threading.Event(), list[tuple[int, Any] | None]()

    def first() -> None:
        with store.write() as connection:
            assert idempotency.recall(connection, "desk", "k", "f") is None
            begun.set()
            go.wait(20)
            idempotency.keep(connection, "desk", "k", "f", 201, {"id": "c-1"})

    def second() -> None:
        with store.write() as connection:
            told.append(idempotency.recall(connection, "desk", "k", "f"))

    one, two = threading.Thread(target=first), threading.Thread(target=second)
    one.start()
    assert begun.wait(20)
    two.start()
    two.join(0.5)
    assert two.is_alive() and not told
    if store.kind == "postgresql":  # another key does not wait
        with store.write() as connection:
            assert idempotency.recall(connection, "desk", "k-2", "f") is None
        # and who has waited for long hears so; that is no store that is away
        with pytest.raises(Busy, match="under way"), store.write() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '100ms'"))
            idempotency.recall(connection, "desk", "k", "f")
    go.set()
    one.join(20)
    two.join(20)
    assert told == [(201, {"id": "c-1"})]
