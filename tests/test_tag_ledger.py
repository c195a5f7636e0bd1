"""The ledger of `tag`: exactly one result a record, never more than the output holds, readable while a run goes on."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import threading
import time
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import pytest

from models.errors import BadInput, CaibianError
from service import ledger as ledger_module
from service import ledger_file
from service.cli import main
from service.ledger import Ledger
from service.ledger_file import SCHEMA, Lock, reading
from tests.service_client import FLOORS
from tests.test_tag_workers import lines, table

DOCS = Path(__file__).parents[1] / "docs" / "archive.md"


@pytest.fixture(autouse=True)
def _floors_serve(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in FLOORS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)


def ask(path: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()


def chunk(ledger: Ledger, first: int, *, bad: int = 0, done: bool = False) -> None:
    """Four reads from number `first` on, the last `bad` of them without a record."""
    places = list(range(first, first + 4 - bad))
    ledger.commit([f'{{"n": {n}, "s": "报"}}' for n in places], ['{"reason": "?"}'] * bad, read=4, unsure=1, done=done,
                  places=places, texts=[n.to_bytes(8) for n in places], counts={"2024": {"*": 4 - bad}})  # fmt: skip


def test_every_record_has_one_result_and_its_line_is_where_the_ledger_says() -> None:
    rows = table(Path("a.jsonl"), 300)
    assert main(["tag", str(rows), "-o", "o.jsonl"]) == 1
    path, whole = Path("o.jsonl.ledger"), Path("o.jsonl").read_bytes()
    kept = ask(path, "SELECT read, start FROM records ORDER BY read")
    assert [read for read, _ in kept] == list(range(300))
    starts = [start for _, start in kept if start is not None]
    assert [json.loads(whole[start:].split(b"\n", 1)[0])["id"] for start in starts] == [
        r["id"] for r in lines(Path("o.jsonl"))
    ]
    failed = len(lines(Path("o.quarantine.jsonl")))
    assert ask(path, "SELECT read, written, failed, output_bytes, done FROM progress") == [
        (300, 300 - failed, failed, len(whole), 1)
    ]
    assert sum(start is None for _, start in kept) == failed == 4
    assert ask(path, "PRAGMA integrity_check") == [("ok",)]
    assert sorted(p.name for p in Path().iterdir()) == ["a.jsonl", "o.jsonl", "o.jsonl.ledger", "o.quarantine.jsonl"]


def test_a_second_result_of_a_record_is_refused() -> None:
    with Ledger(Path("o.jsonl")) as ledger:
        ledger.open({"paths": ["a"]}, restart=False)
        chunk(ledger, 0)
        with pytest.raises(sqlite3.IntegrityError):
            ledger.commit(["{}"], [], read=0, unsure=0, done=False, places=[3], texts=[bytes(8)])


def test_the_ledger_never_says_more_than_the_disk_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """At each commit both outputs are on the disk first; a failure between the two leaves the ledger behind."""
    synced: list[int] = []
    out = Path("o.jsonl")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched, Ledger(out) as ledger:
        ledger.open({"paths": ["a"]}, restart=False)
        patched.setattr(ledger_module, "EVERY", 0.0)
        patched.setattr(os, "fsync", lambda _: synced.append(ledger.partial.stat().st_size))
        chunk(ledger, 0, bad=1)
        assert synced == [ledger.mark.output_bytes] * 2
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            chunk(ledger, 4)
        written = ledger.partial.stat().st_size
    assert ask(Path("o.jsonl.ledger"), "SELECT read, output_bytes FROM progress") == [(4, synced[0])]
    assert written > synced[0]
    with Ledger(out) as ledger:
        assert ledger.open({"paths": ["a"]}, restart=False)
        assert ledger.partial.stat().st_size == synced[0]
        assert (ledger.mark.read, ledger.mark.failed, ledger.lost()) == (4, 1, {3})
        chunk(ledger, 4, done=True)
        ledger.finish()
    assert [json.loads(line)["n"] for line in out.read_bytes().splitlines()] == [0, 1, 2, 4, 5, 6, 7]


def test_quick_chunks_share_a_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_module, "EVERY", 3600.0)
    with Ledger(Path("o.jsonl")) as ledger:
        ledger.open({"paths": ["a"]}, restart=False)
        for first in (0, 4, 8):
            chunk(ledger, first)
        # Nobody else sees what is not committed, and it is gone with the run.
        assert ask(ledger.path, "SELECT read FROM progress") == [(4,)]
    assert ask(ledger.path, "SELECT count(*), sum(articles) FROM records, counts WHERE read = 0") == [(1, 4)]
    with Ledger(Path("o.jsonl")) as ledger:
        ledger.open({"paths": ["a"]}, restart=False)
        assert ledger.mark.read == 4
        chunk(ledger, 4)
        chunk(ledger, 8, done=True)
        assert ask(ledger.path, "SELECT read, done FROM progress") == [(12, 1)]
        assert ledger.counts.years == {"2024": {"*": 12}}
    assert ask(ledger.path, "SELECT articles FROM counts") == [(12,)]


def test_a_reader_holds_a_run_up_and_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_module, "EVERY", 0.0)
    with Ledger(Path("o.jsonl")) as ledger:
        ledger.open({"paths": ["a"]}, restart=False)
        chunk(ledger, 0)
        with closing(sqlite3.connect(ledger.path, isolation_level=None, check_same_thread=False)) as reader:
            reader.execute("BEGIN")
            assert reader.execute("SELECT read FROM progress").fetchone() == (4,)
            timer = threading.Timer(0.3, lambda: reader.execute("ROLLBACK"))
            timer.start()
            chunk(ledger, 4)
            timer.join()
            reader.execute("BEGIN")
            assert reader.execute("SELECT read FROM progress").fetchone() == (8,)
            ledger._open().execute("PRAGMA busy_timeout = 100")
            with pytest.raises(CaibianError, match="run the same command again"):
                chunk(ledger, 8)
    with Ledger(Path("o.jsonl")) as ledger:
        ledger.open({"paths": ["a"]}, restart=False)
        assert ledger.mark.read == 8


def test_a_ledger_of_lines_is_refused_and_dropped_on_restart(capsys: pytest.CaptureFixture[str]) -> None:
    rows = table(Path("a.jsonl"), 60)
    for out, old in (("o.jsonl", "o.ledger.jsonl"), ("o.csv", "o.csv.ledger")):
        Path(old).write_text('{"ledger": 1, "paths": ["a.jsonl"]}\n', "utf-8")
        Path(out + ".partial").write_text('{"id": "half', "utf-8")
        assert main(["tag", str(rows), "-o", out]) == 2
        assert "of an earlier version" in capsys.readouterr().err
        assert Path(old).read_bytes().startswith(b'{"ledger"') and Path(out + ".partial").exists()
        assert main(["tag", str(rows), "-o", out, "--restart"]) == 1
        assert Path(out).exists() and not (old.endswith(".jsonl") and Path(old).exists())


@pytest.mark.parametrize("foreign", [b"SQLite format 3\0" + bytes(84), b"precious", b"\0" * 200])
def test_what_is_no_ledger_is_never_touched(foreign: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    rows = table(Path("a.jsonl"), 60)
    Path("o.jsonl.ledger").write_bytes(foreign)
    for more in ([], ["--restart"]):
        assert main(["tag", str(rows), "-o", "o.jsonl", *more]) == 2
        assert "is not the ledger of a run" in capsys.readouterr().err
    assert Path("o.jsonl.ledger").read_bytes() == foreign


def test_a_damaged_ledger_is_refused_and_restarted(capsys: pytest.CaptureFixture[str]) -> None:
    rows = table(Path("a.jsonl"), 60)
    assert main(["tag", str(rows), "-o", "o.jsonl"]) == 1
    path = Path("o.jsonl.ledger")
    path.write_bytes(path.read_bytes()[:100] + b"\xff" * 20_000)
    assert main(["tag", str(rows), "-o", "o.jsonl"]) == 2
    assert "is damaged" in capsys.readouterr().err
    with pytest.raises(BadInput, match="damaged"), reading(path) as database:
        database.execute("SELECT * FROM progress")
    assert main(["tag", str(rows), "-o", "o.jsonl", "--restart"]) == 1


def test_one_run_an_output_however_often_the_lock_changes_hands() -> None:
    """Each holder takes the file away when it is done, while others are opening it: never two at a time."""
    inside, most, taken = [0], [0], [0]
    guard = threading.Lock()

    def work() -> None:
        for _ in range(150):
            lock = Lock(Path("o.jsonl.lock"))
            if not lock.take():
                continue
            with guard:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                taken[0] += 1
            time.sleep(0.0002)
            with guard:
                inside[0] -= 1
            lock.give_back()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] and taken[0] > 6
    assert not Path("o.jsonl.lock").exists()


def test_a_kill_while_the_ledger_is_made_leaves_none(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = table(Path("a.jsonl"), 60)
    Path("o.jsonl.ledger").touch()  # what SQLite leaves of a transaction that was never committed
    assert main(["tag", str(rows), "-o", "o.jsonl"]) == 1


def test_the_queries_of_the_docs_answer() -> None:
    """What an operator is told to ask is asked of a real ledger, and every column is told of."""
    rows = table(Path("my_archive.jsonl"), 300)
    assert main(["tag", str(rows), "-o", "tagged.jsonl"]) == 1
    text = DOCS.read_text("utf-8")
    queries = re.findall(r'^sqlite3 (\S+) "([^"]+)"$', text, re.M)
    assert len(queries) >= 3
    for name, query in queries:
        assert ask(Path(name), query), query
    section = text[text.index("### The ledger") :]
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(SCHEMA)
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for name in tables:
            row = re.search(rf"^\| `{name}` \|.*$", section, re.M)
            assert row, name
            for _, column, *_ in database.execute(f"PRAGMA table_info({name})"):
                assert column == "one" or f"`{column}`" in row[0], (name, column)


def test_a_ledger_that_cannot_be_used_just_now_is_not_called_damaged(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody holds it, or the disk is full: who followed an advice to start over would lose the run."""
    rows = table(Path("a.jsonl"), 60)
    assert main(["tag", str(rows), "-o", "o.jsonl"]) == 1
    monkeypatch.setattr(ledger_file, "WAIT", 0.1)
    with closing(sqlite3.connect("o.jsonl.ledger", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert main(["tag", str(rows), "-o", "o.jsonl"]) == 1
        assert main(["tag", str(rows), "-o", "new.jsonl", "--retag", "o.jsonl"]) == 1
    said = capsys.readouterr().err
    assert said.count("o.jsonl.ledger cannot be used (database is locked)") == 2
    assert "damaged" not in said and "--restart" not in said
    durable = ledger_file._durable

    def full(database: sqlite3.Connection) -> sqlite3.Connection:
        durable(database).execute("PRAGMA max_page_count = 2")
        return database

    monkeypatch.setattr(ledger_file, "_durable", full)
    assert main(["tag", str(rows), "-o", "p.jsonl"]) == 1
    assert "p.jsonl.ledger cannot be used (database or disk is full)" in capsys.readouterr().err
    assert not list(Path().glob("p.*"))


def test_files_that_cannot_be_closed_leave_neither_lock_nor_transaction() -> None:
    """On a full disk closing a file raises, too."""

    class Full:
        def close(self) -> None:
            raise OSError(28, "No space left on device")

    ledger = Ledger(Path("o.jsonl"))
    with pytest.raises(OSError, match="No space"), ledger:
        ledger.open({"paths": ["a"]}, restart=False)
        for file in ledger._outputs or ():
            file.close()
        ledger._outputs = Full(), Full()  # type: ignore[assignment]
    assert not Path("o.jsonl.lock").exists()
    with Ledger(Path("o.jsonl")) as again:
        assert again.open({"paths": ["a"]}, restart=False)


def test_a_kill_before_the_output_has_its_name_leaves_no_empty_quarantine(monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    for patched in (True, False):
        with monkeypatch.context() as patch, Ledger(Path("o.jsonl")) as ledger:
            if not ledger.open({"paths": ["a"]}, restart=False):
                chunk(ledger, 0, done=True)
            if patched:
                patch.setattr(Path, "replace", killed)
            with pytest.raises(KeyboardInterrupt) if patched else nullcontext():
                ledger.finish()
            assert not ledger.quarantine.exists()
    assert sorted(p.name for p in Path().iterdir()) == ["o.jsonl", "o.jsonl.ledger"]


def test_a_pipe_is_no_output(capsys: pytest.CaptureFixture[str]) -> None:
    """A file would take its place, as it would that of /dev/null."""
    rows = table(Path("a.jsonl"), 60)
    os.mkfifo("o.jsonl")
    assert main(["tag", str(rows), "-o", "o.jsonl", "--restart"]) == 2
    assert "no plain file" in capsys.readouterr().err
    assert Path("o.jsonl").is_fifo()
