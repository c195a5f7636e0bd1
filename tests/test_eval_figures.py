"""`make figures` on a tiny folder: what cannot be had is named, undefined is no crash, and nothing old is shown as new."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eval import figures, robustness
from eval.report_tables import losses
from eval.robustness import Loss, Robustness
from eval.significance import Difference

DATA = Path(__file__).parent / "data/articles.jsonl"
NAN = float("nan")
PLAIN = (
    "她和丈夫说水渠今年修好，水就到田里。",
    "县总工会主席唐知远表示，已经为工人送去物资。",
    "他说路已经开通，产量增长。",
)


def write(path: Path, lines: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in lines), "utf-8")
    return path


def row_of(text: str, first: str) -> list[str]:
    """The cells of the one table row that begins with `first`."""
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {first} ")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def loss(edit: str, delta: float, beside: float = 0.0) -> Loss:
    def difference(name: str, d: float) -> Difference:
        return Difference(name, 0.5, 0.5 + d, d, None, 1.0, 1.0, 10)

    return Loss(edit, 3, (difference("macro_f1", delta), difference("subset_accuracy", beside)), 0.0)


def found_of(*found: Loss) -> Robustness:
    p = {one.edit: 1.0 for one in found if one.differences}
    return Robustness("topics", "b@1", 3, found, p, "s", {"data": "d.jsonl", "split": None}, ("a note",), ())


def test_a_tiny_folder_is_measured_and_what_is_absent_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    rows = [json.loads(line) for line in DATA.read_text("utf-8").splitlines()[:6]]
    write(data / "topics_dev.jsonl", [{k: row[k] for k in ("id", "headline", "body", "labels")} for row in rows])
    out = tmp_path / "figures.md"
    assert figures.main([str(data), "-o", str(out), "--kept", str(tmp_path / "kept")]) == 0
    text = out.read_text("utf-8")
    assert row_of(text, "tfidf")[:2] == ["tfidf", "not given (--floor-train)"]
    assert row_of(text, "encoder")[:2] == ["encoder", "not given (--floor-train)"]
    assert "majority is the most frequent label set" in text
    assert "macro_f1 over keywords: " in text
    assert "Not there, not measured: news_pairs.parquet" in text
    assert "nan" not in text
    again = tmp_path / "again.md"
    capsys.readouterr()
    assert figures.main([str(data), "-o", str(again), "--kept", str(tmp_path / "kept")]) == 0
    assert again.read_text("utf-8") == text
    assert figures.main([str(tmp_path), "-o", str(again)]) == 2
    assert "holds none of" in capsys.readouterr().err


def test_paths_leave_a_note_and_the_note_stays(tmp_path: Path) -> None:
    rows = [json.loads(line) for line in DATA.read_text("utf-8").splitlines()[:40]]
    keep = [{k: row[k] for k in ("id", "headline", "body", "labels")} for row in rows]
    data = write(tmp_path / "topics_dev.jsonl", keep[:4])
    write(tmp_path / figures.TRAIN, keep[4:])
    text = "\n".join(figures._topics(data))
    assert f"learned floors were fitted on 36 rows of {figures.TRAIN}" in text
    assert str(tmp_path) not in text
    assert len(row_of(text, "tfidf")) == len(row_of(text, "system")) == 10


def test_an_undefined_score_beside_is_a_dash(tmp_path: Path) -> None:
    rows = [{"id": str(i), "body": body, "summary": body[:6]} for i, body in enumerate(PLAIN)]
    found = robustness.run(write(tmp_path / "a.jsonl", rows), bundle="lead", task="summaries")
    told = robustness.as_dict(found)["edits"]["gender"]
    assert told["number_precision"]["loss"] is None
    text = "\n".join(figures._robust(found, Path("a.jsonl")))
    cells = dict(zip(row_of(text, "edit"), row_of(text, "gender"), strict=True))
    assert cells["number_precision loss"] == "–"
    assert cells["loss"].startswith("+")


def test_edits_stand_worst_first_everywhere() -> None:
    found = found_of(
        loss("gender", NAN), loss("ocr", 0.2), Loss("byline", 1), loss("width", 0.0, NAN), loss("typos", -0.3)
    )
    order = ["typos", "width", "ocr", "gender", "byline"]  # a loss of exactly nothing stands between loss and gain
    told = robustness.as_dict(found)
    assert list(told["edits"]) == order
    assert (told["worst"], told["worst_loss"]) == ("typos", 0.3)
    shown = "\n".join(figures._robust(found, Path("d.jsonl")))
    page = losses({"main": "macro_f1", "runs": {"one": told}})
    places: tuple[Callable[[str], int], ...] = (
        lambda edit: shown.index(f"| {edit} "),
        lambda edit: page.index(f'<span class="en" lang="en">{edit_name(edit)}</span>'),
    )
    for place in places:
        assert sorted(order, key=place) == order
    assert row_of(shown, "gender")[2:5] == ["0.500", "–", "–"]
    assert "* a note" in shown


def edit_name(edit: str) -> str:
    from eval.report_words import EDITS

    return EDITS[edit][1]


def test_nothing_defined_has_no_worst() -> None:
    told = robustness.as_dict(found_of(loss("ocr", NAN), Loss("byline", 0)))
    assert (told["worst"], told["worst_loss"]) == (None, None)


def test_a_kept_set_is_measured_again_when_anything_that_it_rests_on_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, kept, calls = write(tmp_path / "topics_dev.jsonl", [{"id": "a"}]), tmp_path / "kept", []

    def measure(path: Path) -> list[str]:
        calls.append(path)
        return [f"measurement {len(calls)}", "二"]

    def told() -> str:
        return figures._kept(kept, data, measure)[0]

    assert [told(), told()] == ["measurement 1", "measurement 1"]
    write(tmp_path / figures.TRAIN, [{"id": "b"}])
    assert [told(), told()] == ["measurement 2", "measurement 2"]
    write(tmp_path / figures.TRAIN, [{"id": "c"}])
    assert told() == "measurement 3"
    write(data, [{"id": "d"}])
    assert told() == "measurement 4"
    root = tmp_path / "bundles" / "code"  # where the checkout lies is no matter
    for name in ("models/a.py", "models/bundles/x/manifest.json", "eval/metrics/b.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("1")
    monkeypatch.setattr(figures, "_ROOT", root)
    assert told() == "measurement 5"
    for name in ("models/a.py", "eval/metrics/b.py"):
        (root / name).write_text("2")
        assert told() == f"measurement {len(calls)}" != "measurement 5"
    assert len(calls) == 7
    assert not list(kept.glob("*.part"))


def test_a_write_that_fails_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, kept = write(tmp_path / "topics_dev.jsonl", [{"id": "a"}]), tmp_path / "kept"
    whole = Path.write_text

    def full(path: Path, text: str, *rest: Any) -> int:
        whole(path, text[:3], *rest)
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="no space"):
        figures._kept(kept, data, lambda _: ["measured"])
    monkeypatch.undo()
    assert figures._kept(kept, data, lambda _: ["measured again"]) == ["measured again"]
