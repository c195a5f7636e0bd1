"""`tag` with an output at a URL: it appears whole, and never in the place of what is not the run's own."""

# ruff: noqa: F811 - fixtures of another file are asked for by their names
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from service import archive_remote
from service.cli import main
from tests.test_tag_remote import _here, row, store  # noqa: F401 - fixtures
from tests.test_tag_workers import table


def test_an_output_in_a_store_appears_whole(store: Any, capsys: pytest.CaptureFixture[str]) -> None:
    rows = table(Path("a.jsonl"), 150)
    for name in ("o.jsonl", "o.csv", "o.parquet.d"):
        assert main(["tag", str(rows), "-o", f"memory://done/{name}"]) == 1
        assert main(["tag", str(rows), "-o", name]) == 1
    assert store.cat("/done/o.jsonl") == Path("o.jsonl").read_bytes()
    assert store.cat("/done/o.csv") == Path("o.csv").read_bytes()
    assert store.cat("/done/o.quarantine.jsonl") == Path("o.quarantine.jsonl").read_bytes()
    assert store.exists("/done/o.parquet.d/part-00000.parquet")
    assert not [name for name in store.find("/done") if ".part/" in name or name.endswith(".part")]
    assert main(["tag", str(rows), "-o", "memory://done/o.jsonl"]) == 1
    assert "already done" in capsys.readouterr().err
    assert main(["tag", str(rows), "-o", "https://example.invalid/o.jsonl"]) == 2


def test_a_store_that_takes_nothing_keeps_the_records(
    store: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = table(Path("a.jsonl"), 60)
    with monkeypatch.context() as patched:
        patched.setattr(type(store), "put", lambda *_, **__: (_ for _ in ()).throw(OSError("full")))
        assert main(["tag", str(rows), "-o", "memory://done/o.jsonl"]) == 1
        assert "the records are kept" in capsys.readouterr().err
        assert not store.exists("/done/o.jsonl")
    assert main(["tag", str(rows), "-o", "memory://done/o.jsonl"]) == 1
    assert "already done" in capsys.readouterr().err
    assert store.exists("/done/o.jsonl")


def test_what_is_not_the_runs_own_is_never_written_over(store: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("archive/2026/a", "archive/2026/b", "done/o"):
        store.pipe(f"/{name}.jsonl", row("a").encode())
    for target, more, said in (
        ("memory://archive/2026", (), "is a folder"),
        ("memory://archive/2026/", ("--restart",), "is a folder"),
        ("memory://done/o.jsonl", (), "no ledger here tells how it was made"),
        ("memory://archive/2026/a.jsonl", ("--restart",), "is an input"),
    ):
        assert main(["tag", "memory://archive/2026", "-o", target, *more]) == 2
        assert said in capsys.readouterr().err
    assert [store.cat(f"/archive/2026/{n}.jsonl").decode() for n in "ab"] == [row("a")] * 2
    assert store.cat("/done/o.jsonl").decode() == row("a")
    assert main(["tag", "memory://archive/2026", "-o", "memory://done/o.jsonl", "--restart"]) == 0
    assert len(store.cat("/done/o.jsonl").splitlines()) == 2


def test_a_folder_that_was_put_in_part_is_put_anew(store: Any) -> None:
    store.pipe("/done/o.parquet.d.part/part-00000.parquet", b"half")
    rows = table(Path("a.jsonl"), 60)
    assert main(["tag", str(rows), "-o", "memory://done/o.parquet.d"]) == 1
    assert [n for n in store.find("/done") if "quarantine" not in n] == ["/done/o.parquet.d/part-00000.parquet"]


def test_what_follows_the_question_mark_is_no_part_of_a_name(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    query, asked = "?endpoint_override=127.0.0.1:1&scheme=http", []

    def stored(url: str) -> tuple[Any, str]:
        asked.append(url.partition("?")[2])
        return store, "/" + url.partition("?")[0].removeprefix("s3://")

    monkeypatch.setattr(archive_remote, "_system", stored)
    assert main(["tag", str(table(Path("a.jsonl"), 60)), "-o", f"s3://done/o.parquet{query}"]) == 1
    assert store.find("/done") == ["/done/o.parquet", "/done/o.parquet.quarantine"]
    assert store.cat("/done/o.parquet")[:4] == b"PAR1"
    assert set(asked) == {query[1:]}


def test_the_quarantine_beside_it_is_the_runs_own_too(store: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """A foreign one is not written over, an input neither, and one that is true no more goes."""
    rows, name = table(Path("a.jsonl"), 60), "/done/o.quarantine.jsonl"
    store.pipe(name, row("a").encode())
    assert main(["tag", str(rows), "-o", "memory://done/o.jsonl"]) == 2
    assert "o.quarantine.jsonl exists and no ledger here tells" in capsys.readouterr().err
    assert main(["tag", f"memory:/{name}", "-o", "memory://done/o.jsonl", "--restart"]) == 2
    assert "o.quarantine.jsonl is an input" in capsys.readouterr().err
    assert store.cat(name).decode() == row("a")
    assert main(["tag", str(rows), "-o", "memory://done/o.jsonl", "--restart"]) == 1
    assert b'"reason"' in store.cat(name)
    Path("good.jsonl").write_text(row("b"), "utf-8")
    assert main(["tag", "good.jsonl", "-o", "memory://done/o.jsonl", "--restart"]) == 0
    assert store.exists("/done/o.jsonl") and not store.exists(name)


def test_nobody_starts_over_while_an_output_is_put(
    store: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = table(Path("a.jsonl"), 60)
    command, codes, plain = ["tag", str(rows), "-o", "memory://done/o.jsonl"], [], archive_remote.put

    def put(path: Path, url: str) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(archive_remote, "put", plain)
            codes.append(main([*command, "--restart"]))
        plain(path, url)

    monkeypatch.setattr(archive_remote, "put", put)
    assert main(command) == 1
    assert set(codes) == {2} and "another run is writing" in capsys.readouterr().err
    assert store.exists("/done/o.jsonl")
