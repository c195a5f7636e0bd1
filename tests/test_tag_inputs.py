"""`tag` never destroys what it was given: inputs, foreign files beside the output, the files of another run."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from service.cli import main
from service.ledger import Ledger

ROW = json.dumps({"id": "a", "body": "工会送清凉到工地，职工都说好。"}, ensure_ascii=False) + "\n"


@pytest.fixture(autouse=True)
def _floors_serve(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CAIBIAN_TOPICS_BUNDLE", "keywords")
    monkeypatch.setenv("CAIBIAN_SUMMARIES_BUNDLE", "lead")
    monkeypatch.chdir(tmp_path)


def written(name: str, text: str = ROW) -> Path:
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def here() -> dict[str, bytes]:
    return {p.as_posix(): p.read_bytes() for p in Path().rglob("*") if p.is_file()}


@pytest.mark.parametrize("more", [[], ["--restart"]])
@pytest.mark.parametrize(
    ("name", "out"),
    [
        ("q.quarantine.jsonl", "q.jsonl"),
        ("a.jsonl", "a.jsonl"),
        ("a.jsonl", "../here/a.jsonl"),
        ("b.jsonl.ledger", "b.jsonl"),
        ("b.jsonl.partial", "b.jsonl"),
        ("b.quarantine", "b"),
    ],
)
def test_an_input_that_is_a_file_of_the_run_is_refused(
    name: str, out: str, more: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path.parent / "here").unlink(missing_ok=True)
    (tmp_path.parent / "here").symlink_to(tmp_path)
    written(name)
    before = here()
    assert main(["tag", name, "-o", out, *more]) == 2
    assert here() == before
    assert "choose another output" in capsys.readouterr().err


def test_links_to_a_file_of_the_run_are_refused_too() -> None:
    written("a.jsonl")
    Path("soft.jsonl").symlink_to("a.jsonl")
    os.link("a.jsonl", "hard.jsonl")
    Path("folder").mkdir()
    Path("folder/soft.jsonl").symlink_to("../a.jsonl")
    before = here()
    for paths, out in (
        (["soft.jsonl"], "a.jsonl"),
        (["a.jsonl"], "soft.jsonl"),
        (["hard.jsonl"], "a.jsonl"),
        (["folder"], "a.jsonl"),
    ):
        for more in ([], ["--restart"]):
            assert main(["tag", *paths, "-o", out, *more]) == 2, paths
            assert here() == before


def test_a_folder_that_is_reached_by_a_link_does_not_hand_in_the_output() -> None:
    written("in/a.jsonl")
    Path("same").symlink_to("in")
    for _ in range(2):  # the second time the output lies in the folder
        assert main(["tag", "same", "-o", "in/out.jsonl"]) == 0
        assert len(Path("in/out.jsonl").read_text("utf-8").splitlines()) == 1


@pytest.mark.parametrize(
    "name",
    ["o.quarantine.jsonl", "o.jsonl.partial", "o.jsonl", "o.jsonl.ledger", "o.jsonl.ledger-journal", "o.jsonl.lock"],
)
@pytest.mark.parametrize("text", [ROW, ROW * 2 + '{"half', "precious", "[1]\n"])
def test_a_foreign_file_beside_the_output_is_left_alone(name: str, text: str) -> None:
    written("a.jsonl")
    written(name, text)
    before = here()
    assert main(["tag", "a.jsonl", "-o", "o.jsonl"]) == 2
    assert here() == before


@pytest.mark.parametrize("name", ["o.jsonl.ledger", "o.jsonl.ledger-journal", "o.jsonl.lock"])
def test_a_foreign_ledger_stays_even_on_restart(name: str) -> None:
    written("a.jsonl")
    written(name, "precious")
    before = here()
    assert main(["tag", "a.jsonl", "-o", "o.jsonl", "--restart"]) == 2
    assert here() == before


def test_two_outputs_never_share_a_file() -> None:
    outs = [Path(n) for n in ("zz", "zz.jsonl", "zz.json", "zz.csv", "zz.jsonl.jsonl", "zz.txt.jsonl")]
    files = [file for out in outs for file in Ledger(out).files]
    assert len(set(files)) == len(files)
    written("a.jsonl")
    assert main(["tag", "a.jsonl", "-o", "zz"]) == 0
    assert main(["tag", "a.jsonl", "-o", "zz.jsonl", "--length", "headline"]) == 0
    assert {"zz", "zz.jsonl", "zz.ledger", "zz.jsonl.ledger"} <= here().keys()


def test_reasons_of_the_quarantine_speak_of_files_and_not_of_programs() -> None:
    rows = [
        '{"body": "工会送清凉。", "body": "别的。"}',
        '{"id": "x", "meta": {"a": 1, "a": 2}, "body": "工会送清凉。"}',
        '{"body": ["工会"]}',
        '{"body": true}',
        "[1]",
        "null",
        '{"body": "工会"',
        '{"body": "工会", "n": ' + "9" * 5000 + "}",
        '{"headline": "只有标题"}',
        '{"id": 1.5, "body": "工会送清凉。"}',
    ]
    written("a.jsonl", "\n".join(rows))
    for name in ("b.docx", "c.xml", "d.html", "e.pdf", "f.zip", "g.tar", "h.parquet", "i.xyz"):
        written(name, "\0\1\2" * 9)
    names = sorted(p.name for p in Path().iterdir())
    assert main(["tag", *names, "-o", "out.jsonl"]) == 1
    failed = [json.loads(line) for line in Path("out.quarantine.jsonl").read_text("utf-8").splitlines()]
    assert [f["line"] for f in failed if f["file"] == "a.jsonl"] == list(range(1, len(rows) + 1))
    assert {f["file"] for f in failed} == set(names)
    assert "body stands twice" in failed[0]["reason"]
    assert "a stands twice" in failed[1]["reason"]
    for f in failed:
        inside = re.search(r"/v1/|Error|Exception|Forbidden|NoneType|\bdict\b|\bbool\b|\bfloat\b|sys\.|0x", f["reason"])
        assert not inside, f["reason"]
