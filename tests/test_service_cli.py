"""The command line: --help at once, serve's refusals, and batch tagging that survives kills and loses nothing."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from models.article import Analysis, Article
from models.lead import LeadSummarizer
from service.cli import main
from tests.service_client import ARTICLES, FLOORS, ROOT, floors, python

SAMPLE_PAGE = ROOT / "service" / "static" / "sample.txt"


@pytest.fixture(autouse=True)
def _floors_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in FLOORS.items():
        monkeypatch.setenv(name, value)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def archive(folder: Path, count: int = 300) -> Path:
    """A folder with a table of `count` rows, a few of them bad, and a text file."""
    folder.mkdir()
    rows = [json.dumps({"body": f"第{n}篇。" + ARTICLES[n % 3]["body"]}, ensure_ascii=False) for n in range(count)]
    for n in range(5, count, 50):
        rows[n] = '{"body": '
    (folder / "table.jsonl").write_text("\n".join(rows), "utf-8")
    (folder / "text.txt").write_bytes("标题\n工会送清凉到工地，职工都说好，送来的是绿豆汤和药品。".encode("gb18030"))
    return folder


# --- help and serve


def test_help_is_quick_and_loads_nothing_heavy() -> None:
    code = (
        "import sys, time; start = time.perf_counter()\n"
        "from service.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "names = ['torch', 'transformers', 'onnxruntime', 'numpy', 'fastapi', 'pydantic', 'uvicorn']\n"
        "heavy = set(names) & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    for arguments in (["--help"], ["tag", "--help"], ["serve", "--help"]):
        subprocess.run([sys.executable, "-c", code, *arguments], cwd=ROOT, check=True, capture_output=True)
    took = []
    for _ in range(3):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "service", "--help"], cwd=ROOT, check=True, capture_output=True)
        took.append(time.perf_counter() - start)
    assert min(took) < 0.5, took


@pytest.mark.parametrize("arguments", [[], ["nope"], ["serve", "--port", "x"], ["tag", "a.txt"], ["tag", "-o", "x"]])
def test_usage_errors_exit_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2


def test_serve_refuses_to_listen_beyond_loopback_without_a_key(capsys: pytest.CaptureFixture[str]) -> None:
    for host in ("0.0.0.0", "192.0.2.1", "::", "example.org", ""):  # noqa: S104 - that is the point
        assert main(["serve", "--host", host, "--port", "0"]) == 2
        said = capsys.readouterr().err
        assert "keys create" in said
        assert "CAIBIAN_ALLOW_OPEN=1" in said


def test_serve_says_which_setting_is_wrong(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("CAIBIAN_THREADS", "many")
    assert main(["serve"]) == 2
    assert "CAIBIAN_THREADS" in capsys.readouterr().err


def test_serve_says_that_a_port_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == 1
    assert f"127.0.0.1:{port}" in capsys.readouterr().err


@pytest.mark.parametrize("task", ["TOPICS", "SUMMARIES"])
def test_serve_does_not_start_on_a_missing_bundle(tmp_path: Path, task: str) -> None:
    missing = tmp_path / "gone"
    with python("-m", "service", "serve", "--port", "0", **{f"CAIBIAN_{task}_BUNDLE": str(missing)}) as server:
        _, said = server.communicate(timeout=30)
    assert server.returncode == 1
    assert "did not start" in said
    assert "gone" in said
    assert "Traceback" not in said


def test_serve_answers_on_its_port_and_stops_when_told() -> None:
    arguments = ("-m", "service", "serve", "--port", "0")
    with python(*arguments, CAIBIAN_TREADS="2", CAIBIAN_ALLOW_OPEN="1") as server:
        assert server.stderr
        before: list[str] = []
        while "http://" not in (line := server.stderr.readline()):
            assert line, before
            before.append(line)
        assert any("Did you mean CAIBIAN_THREADS?" in warning for warning in before)
        address = line.split("http://")[1].split("/")[0]
        until = time.monotonic() + 20
        while ready(address) is None:
            assert time.monotonic() < until
            time.sleep(0.05)
        assert ready(address) == {"topics": False, "summaries": False}
        server.send_signal(signal.SIGTERM)
        _, said = server.communicate(timeout=20)
    assert "floor" in "".join(before)
    assert "Traceback" not in said
    assert server.returncode in (0, -signal.SIGTERM)


def ready(address: str) -> Any:
    """What is trained of a service that is ready, else None."""
    connection = http.client.HTTPConnection(address, timeout=5)
    with contextlib.closing(connection):
        connection.request("GET", "/health/ready")
        answer = connection.getresponse()
        return json.load(answer)["trained"] if answer.status == 200 else None


# --- tag


def test_tag_writes_records_in_input_order_and_names_what_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = archive(tmp_path / "in"), tmp_path / "out.jsonl"
    assert main(["tag", str(folder), "-o", str(out)]) == 1
    records, failed = lines(out), lines(tmp_path / "out.quarantine.jsonl")
    assert [list(r) for r in records] == [
        [
            "id", "labels", "primary", "scores", "needs_review", "summary", "summary_method", "summary_ok", "summary_score",
            "bundles",
        ]
    ] * len(records)  # fmt: skip
    table = folder / "table.jsonl"
    assert [r["id"] for r in records] == [
        *(f"{table}:{n + 1}" for n in range(300) if n % 50 != 5),
        f"{folder / 'text.txt'}:1",
    ]
    assert [(r["file"], r["line"]) for r in failed] == [(str(table), n + 1) for n in range(5, 300, 50)]
    assert all(r["reason"] for r in failed)
    analysis: Analysis = floors().analyze([Article(body="第0篇。" + ARTICLES[0]["body"])])[0]
    assert analysis.topics and analysis.summary
    assert records[0]["scores"] == analysis.topics.scores
    assert records[0]["summary"] == analysis.summary.summary
    assert [records[0][f"summary_{name}"] for name in ("method", "ok", "score")] == ["extractive", True, None]
    assert records[0]["bundles"] == {"topics": analysis.topics.bundle, "summaries": analysis.summary.bundle}
    said = capsys.readouterr()
    assert said.out == ""
    assert "6 failed" in said.err
    assert "floor" in said.err
    assert not (tmp_path / "out.jsonl.partial").exists()


def test_tag_pages_numbers_the_articles_of_each_page(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    assert main(["tag", str(SAMPLE_PAGE), "-o", str(out), "--pages", "--length", "headline"]) == 0
    assert [r["id"] for r in lines(out)] == [f"{SAMPLE_PAGE}#{n}" for n in range(1, 5)]
    assert not (tmp_path / "out.quarantine.jsonl").exists()


def test_tag_keeps_and_flags_repeated_ids_and_quarantines_what_models_cannot_read(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"id": "a", "body": "工会送清凉。"},
        {"id": "a", "body": "工会送温暖。"},
        {"id": "b", "body": " 。"},
        {"id": "c", "headline": "只有标题"},
        {"id": "d", "body": "工\0会"},
        {"id": "e", "body": "工\ud800会"},
        {"id": "f", "body": "工" * 200_001},
        {"id": "\udfff", "body": "工会"},
    ]
    table, out = tmp_path / "a.jsonl", tmp_path / "out.jsonl"
    table.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    assert main(["tag", str(table), "-o", str(out)]) == 1
    assert [(r["id"], r.get("repeated")) for r in lines(out)] == [("a", None), ("a", True)]
    failed = lines(tmp_path / "out.quarantine.jsonl")
    assert [r["line"] for r in failed] == [3, 4, 5, 6, 7, 8]
    assert "200,000" in failed[4]["reason"]
    # Without summaries a headline alone is enough.
    assert main(["tag", str(table), "-o", str(out), "--no-summaries", "--restart"]) == 1
    assert [(r["id"], r["summary"], r["bundles"]["summaries"]) for r in lines(out)] == [
        ("a", None, None),
        ("a", None, None),
        ("c", None, None),
    ]


def test_tag_again_is_done_and_with_other_arguments_refused_until_restart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out = archive(tmp_path / "in", 20), tmp_path / "in" / "out.jsonl"  # the output inside the input folder
    command = ["tag", str(folder), "-o", str(out)]
    assert main(command) == 1
    first = out.read_bytes()
    stamp = out.stat().st_mtime_ns
    assert main(command) == 1
    assert out.stat().st_mtime_ns == stamp
    assert "already done" in capsys.readouterr().err
    for other in (["--length", "headline"], ["--limit", "3"], ["--no-summaries"], ["--pages"]):
        assert main([*command, *other]) == 2
        assert "--restart" in capsys.readouterr().err
        assert out.read_bytes() == first
    with monkeypatch.context() as patch:
        patch.setattr("service.archive.RECORD", 1)  # as if an earlier version had written it
        assert main(command) == 2
    assert "other fields" in capsys.readouterr().err
    monkeypatch.setattr("models.keywords.KeywordClassifier.bundle", "keywords@999")
    assert main(command) == 2
    assert "keywords@999" in capsys.readouterr().err
    assert main([*command, "--restart"]) == 1
    assert lines(out)[0]["bundles"]["topics"] == "keywords@999"
    (folder / "text.txt").write_text("标题\n别的文字。", "utf-8")
    assert main(command) == 2
    assert "input files have changed" in capsys.readouterr().err
    assert main([*command, "--restart", "--limit", "4"]) == 0
    assert len(lines(out)) == 4


def test_tag_leaves_alone_a_file_that_no_run_of_ours_wrote(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("precious", "utf-8")
    assert main(["tag", str(SAMPLE_PAGE), "-o", str(out)]) == 2
    assert out.read_text("utf-8") == "precious"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.jsonl"]
    assert main(["tag", str(tmp_path / "gone.txt"), "-o", str(tmp_path / "x.jsonl")]) == 2
    assert main(["tag", str(SAMPLE_PAGE), "-o", str(tmp_path / "no" / "x.jsonl")]) == 2
    assert main(["tag", str(SAMPLE_PAGE), "-o", str(tmp_path)]) == 2


SLOW = """
import sys, time
from models.keywords import KeywordClassifier
classify = KeywordClassifier.classify
def slowly(self, articles):
    time.sleep(0.05)
    return classify(self, articles)
KeywordClassifier.classify = slowly
from service.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_a_killed_run_goes_on_and_ends_as_if_it_had_never_stopped(tmp_path: Path) -> None:
    folder = archive(tmp_path / "in", 1500)
    straight, out = tmp_path / "straight.jsonl", tmp_path / "out.jsonl"
    assert main(["tag", str(folder), "-o", str(straight)]) == 1
    partial, command = tmp_path / "out.jsonl.partial", ["tag", str(folder), "-o", str(out)]
    for kill in range(3):
        before = partial.stat().st_size if partial.exists() else 0
        until = time.monotonic() + 20
        with python("-c", SLOW, *command) as run:
            while not partial.exists() or partial.stat().st_size <= before:
                assert time.monotonic() < until and run.poll() is None
                time.sleep(0.01)
            run.kill()
        assert not out.exists()
        if kill == 1:  # killed in the middle of writing
            with partial.open("ab") as file, (tmp_path / "out.quarantine.jsonl").open("ab") as quarantine:
                file.write(b'{"id": "half')
                quarantine.write(b'{"file')
        assert all(json.loads(line) for line in partial.read_bytes().splitlines()[:-1])
    assert main([*command, "--length", "headline"]) == 2
    assert main(command) == 1
    assert out.read_bytes() == straight.read_bytes()
    assert (tmp_path / "out.quarantine.jsonl").read_bytes() == (tmp_path / "straight.quarantine.jsonl").read_bytes()


def test_two_runs_do_not_write_one_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = archive(tmp_path / "in", 1500)
    command = ["tag", str(folder), "-o", str(tmp_path / "out.jsonl")]
    with python("-c", SLOW, *command):
        while not (tmp_path / "out.jsonl.partial").exists():
            time.sleep(0.01)
        assert main(command) == 2
    assert "another run" in capsys.readouterr().err


def test_a_record_that_breaks_the_models_is_set_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = LeadSummarizer.summarize

    def fragile(self: LeadSummarizer, articles: Sequence[Article], *rest: Any) -> Any:
        if any("第7篇" in a.body for a in articles):
            raise ZeroDivisionError
        return honest(self, articles, *rest)

    monkeypatch.setattr(LeadSummarizer, "summarize", fragile)
    folder, out = archive(tmp_path / "in", 20), tmp_path / "out.jsonl"
    assert main(["tag", str(folder), "-o", str(out)]) == 1
    failed = lines(tmp_path / "out.quarantine.jsonl")
    assert [r["line"] for r in failed] == [6, 8]
    assert failed[1]["reason"] == "the models broke over it, see the log"
    assert len(lines(out)) == 19
