"""`tag` over URLs: files of a store, of the web and of this machine read alike; an output appears whole; errors say what to do."""

from __future__ import annotations

import io
import json
import re
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs

import pytest

from service import archive_remote
from service.cli import main
from tests.service_client import ARTICLES, FLOORS
from tests.test_tag_workers import lines, table


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in FLOORS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(archive_remote, "HERE", tmp_path / "var")
    monkeypatch.setattr(archive_remote, "PAUSE", 0.01)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def store() -> Iterator[Any]:
    """fsspec's store in memory, empty."""
    import fsspec

    system = fsspec.filesystem("memory")
    yield system
    for name in system.find("/"):
        system.rm(name)
    system.pseudo_dirs[:] = [""]


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder; of a path with `gone=` only the first answer is no error."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if "gone=" in self.path and len(self.asked) > 1:
            self.send_error(503)
            return
        super().do_GET()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Nothing."""


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """A server of the folder `site`, on a free port of loopback."""
    (tmp_path / "site").mkdir()
    Quiet.asked = []
    server = HTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "site")))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def row(id_: str) -> str:
    return json.dumps({"id": id_, "body": ARTICLES[0]["body"]}, ensure_ascii=False) + "\n"


def test_files_folders_and_patterns_of_a_store(store: Any) -> None:
    for name in ("b", "a", "c/d", ".hidden/x", "c/.y"):
        store.pipe(f"/paper/{name}.jsonl", row(name).encode())
    store.pipe("/paper/e.txt", ("送清凉\n" + ARTICLES[0]["body"]).encode())
    assert main(["tag", "memory://paper", "memory://paper/[ab].jsonl", "-o", "out.jsonl"]) == 0
    ids = [r["id"] for r in lines(Path("out.jsonl"))]
    assert ids == ["a", "b", "c/d", "memory:///paper/e.txt:1", "a", "b"]
    assert main(["tag", "memory://paper/*.none", "-o", "o2.jsonl"]) == 2
    assert main(["tag", "memory://nowhere/a.jsonl", "-o", "o2.jsonl"]) == 2


def test_archives_and_tables_of_a_store_read_as_they_do_here(store: Any) -> None:
    rows = table(Path("a.jsonl"), 200)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.write(rows, "in/a.jsonl")
    Path("p.zip").write_bytes(packed.getvalue())
    store.pipe("/p.zip", packed.getvalue())
    assert main(["tag", "p.zip", "-o", "here.jsonl"]) == 1
    assert main(["tag", "memory://p.zip", "-o", "there.jsonl"]) == 1
    assert lines(Path("there.jsonl")) == lines(Path("here.jsonl"))


def test_a_changed_file_of_a_store_is_another_input(store: Any, capsys: pytest.CaptureFixture[str]) -> None:
    store.pipe("/a.jsonl", row("a").encode())
    assert main(["tag", "memory://a.jsonl", "-o", "out.jsonl"]) == 0
    assert main(["tag", "memory://a.jsonl", "-o", "out.jsonl"]) == 0
    store.pipe("/a.jsonl", (row("a") + row("b")).encode())
    assert main(["tag", "memory://a.jsonl", "-o", "out.jsonl"]) == 2
    assert "the input files have changed" in capsys.readouterr().err


def test_a_file_url_is_a_path() -> None:
    rows = table(Path("一 a.jsonl"), 40)
    assert (
        main(["tag", f"file://{rows.resolve().as_posix().replace(' ', '%20')}", "-o", f"file://{Path.cwd()}/o.jsonl"])
        == 1
    )
    assert len(lines(Path("o.jsonl"))) == 39


def test_the_web_without_what_is_secret_in_the_url(web: str, tmp_path: Path) -> None:
    (tmp_path / "site" / "a.txt").write_text("送清凉\n" + ARTICLES[0]["body"], "utf-8")
    assert main(["tag", f"{web}/a.txt?signature=precious", "-o", "out.jsonl"]) == 0
    (record,) = lines(Path("out.jsonl"))
    assert record["id"] == f"{web}/a.txt:1"
    assert not any(b"precious" in p.read_bytes() for p in tmp_path.glob("out*"))


def test_a_web_that_fails_is_said_and_the_run_goes_on_later(
    web: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "site" / "a.jsonl").write_text(row("a"), "utf-8")
    assert main(["tag", f"{web}/none.jsonl", "-o", "out.jsonl"]) == 2
    assert "HTTP 404" in capsys.readouterr().err
    Quiet.asked.clear()
    assert main(["tag", f"{web}/a.jsonl?gone=1", "-o", "out.jsonl"]) == 1
    said = capsys.readouterr().err
    assert "HTTP 503" in said and "run the same command again" in said and "gone=1" not in said
    assert len(Quiet.asked) == 1 + archive_remote.TRIES
    assert not Path("out.jsonl").exists()
    Quiet.asked.clear()
    Quiet.asked = []
    assert main(["tag", f"{web}/a.jsonl", "-o", "out.jsonl", "--restart"]) == 0


def test_a_store_on_a_host_is_read_from_that_host(store: Any) -> None:
    import fsspec
    from fsspec.implementations.memory import MemoryFileSystem

    class Hosted(MemoryFileSystem):  # as ftp and sftp do: the host opens the store, the path is its own
        protocol = "hosted"

        def __init__(self, host: str, **more: Any) -> None:
            super().__init__(**more)

        @classmethod
        def _strip_protocol(cls, path: str) -> str:
            return ("/" + path.split("/", 3)[3] if "://" in path else path).rstrip("/")

        @staticmethod
        def _get_kwargs_from_urls(path: str) -> dict[str, str]:
            return {"host": path.split("/")[2].rpartition("@")[2]}

    fsspec.register_implementation("hosted", Hosted, clobber=True)
    store.pipe("/paper/a.txt", ("送清凉\n" + ARTICLES[0]["body"]).encode())
    for url in ("hosted://me:precious@127.0.0.1/paper", "hosted://me:precious@127.0.0.1/paper/[a]*"):
        assert main(["tag", url, "-o", "out.jsonl", "--restart"]) == 0
        assert [r["id"] for r in lines(Path("out.jsonl"))] == ["hosted://127.0.0.1/paper/a.txt:1"]


def test_what_only_looks_like_a_url_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    rows = str(table(Path("a.jsonl"), 30))
    for command in (["http://[x", "-o", "o.jsonl"], [rows, "-o", "s3://a[1]/o.jsonl"]):
        assert main(["tag", *command]) == 2
        assert "cannot be read" in capsys.readouterr().err


S3 = "http://s3.amazonaws.com/doc/2006-03-01/"


class Bucket(BaseHTTPRequestHandler):
    """As much of S3 as reading takes: HEAD, GET of a stretch, a list."""

    protocol_version = "HTTP/1.1"
    objects: ClassVar[dict[str, bytes]] = {}

    def do_HEAD(self) -> None:
        self.answer(send=False)

    def do_GET(self) -> None:
        self.answer(send=True)

    def answer(self, *, send: bool) -> None:
        path, _, query = self.path.partition("?")
        key = path.removeprefix("/archive").strip("/")
        if not key:
            prefix = parse_qs(query).get("prefix", [""])[0]
            rows = "".join(
                f"<Contents><Key>{k}</Key><Size>{len(v)}</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
                for k, v in sorted(self.objects.items())
                if k.startswith(prefix)
            )
            count = f"<KeyCount>{rows.count('<Key>')}</KeyCount><IsTruncated>false</IsTruncated>"
            data, code = f'<ListBucketResult xmlns="{S3}">{count}{rows}</ListBucketResult>'.encode(), 200
        else:
            data, code = (self.objects[key], 200) if key in self.objects else (b"", 404)
        if code == 200 and (stretch := re.match(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))):
            data, code = data[int(stretch[1]) : int(stretch[2]) + 1], 206
        self.send_response(code)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("x-amz-bucket-region", "us-east-1")
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        self.send_header("ETag", '"1"')
        self.end_headers()
        if send:
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Nothing."""


def test_a_bucket_of_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "invented")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    Bucket.objects = {f"2026/{n}.jsonl": row(n).encode() for n in "ba"}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        more = f"?endpoint_override=127.0.0.1:{server.server_port}&scheme=http&region=us-east-1"
        for url, ids in (
            ("s3://archive/2026/b.jsonl", ["b"]),
            ("s3://archive/2026", ["a", "b"]),
            ("s3://archive/2026/[b]*", ["b"]),
        ):
            assert main(["tag", url + more, "-o", "out.jsonl", "--restart"]) == 0
            assert [r["id"] for r in lines(Path("out.jsonl"))] == ids
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("scheme", ["gs", "nonsense"])
def test_a_protocol_whose_package_is_missing_says_so(
    scheme: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "gcsfs", None)
    assert main(["tag", f"{scheme}://bucket/a.jsonl", "-o", "out.jsonl"]) == 2
    said = capsys.readouterr().err
    assert scheme in said and ("gcsfs" in said or "not known" in said)
    assert "Traceback" not in said
