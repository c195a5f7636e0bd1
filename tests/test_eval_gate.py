"""The gate: what a file of floors may say, what is never passed over, and the floors of record of the shipped bundles."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from eval import gate
from eval.__main__ import main
from models.errors import BadInput

ROOT = Path(__file__).parents[1]
DATA = ROOT / "tests/data"
RECORD = ROOT / "eval/floors.toml"
GUIDE = (ROOT / "docs/eval.md").read_text("utf-8").split("\n## Gate\n")[1].split("\n## ")[0]
FIGURES = {
    "n": 10,
    "macro_f1": 0.6,
    "ece": 0.1,
    "brier_skill": None,
    "lost_chars": 0,
    "macro_f1_ci": [0.5, 0.7],
    "signature": "caibian-eval",
    "per_topic": {"wellbeing": {"f1": 0.5, "precision": None}},
}


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """`datasets` keeps what it read; not in the home of whoever runs the tests. From the root, as the guide's commands are."""
    import datasets.config

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.chdir(ROOT)


def file(folder: Path, text: str, name: str = "floors.toml") -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder / name


def said(folder: Path, text: str, figures: dict[str, Any] = FIGURES, name: str = "floors.toml") -> list[str]:
    path = file(folder, text, name)
    return gate.check(gate.read_bounds(path, "topics"), figures, path)


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("macro_f1 = 0.6", []),
        ("macro_f1 = 0.600001", ["macro_f1 is 0.6, under its floor of 0.600001"]),
        ("ece_max = 0.1\nlost_chars_max = 0", []),
        ("ece_max = 0.09", ["ece is 0.1, over its ceiling of 0.09"]),
        ("ece = 0.05\nece_max = 0.2", []),
        ("n = 1234567", ["n is 10, under its floor of 1234567"]),
        ("n = 11\nmacro_f1 = 1", ["n is 10, under its floor of 11", "macro_f1 is 0.6, under its floor of 1"]),
        ("per_topic.wellbeing.f1 = 0.4", []),
        ("[per_topic.wellbeing]\nf1 = 0.51", ["per_topic.wellbeing.f1 is 0.5, under its floor of 0.51"]),
        ("per_topic.wellbeing.f1_max = 0.49", ["per_topic.wellbeing.f1 is 0.5, over its ceiling of 0.49"]),
        ("[topics]\nmacro_f1 = 0.7\n[pages]\narticle_f1 = 0.9", ["macro_f1 is 0.6, under its floor of 0.7"]),
    ],
)
def test_a_line_a_figure_on_the_wrong_side(text: str, broken: list[str], tmp_path: Path) -> None:
    assert said(tmp_path, text) == broken


def test_json_says_the_same_as_toml(tmp_path: Path) -> None:
    text = '{"topics": {"macro_f1": 0.7, "ece_max": 0.05, "per_topic": {"wellbeing": {"f1": 0.4}}}}'
    assert said(tmp_path, text, name="floors.json") == [
        "macro_f1 is 0.6, under its floor of 0.7",
        "ece is 0.1, over its ceiling of 0.05",
    ]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("makro_f1 = 0.1", "makro_f1 is no figure of this measurement"),
        ("per_topic.welbeing.f1 = 0.1", "per_topic.welbeing.f1 is no figure"),
        ("macro_f1.f1 = 0.1", "macro_f1.f1 is no figure"),
        ("per_topic = 0.1", "per_topic is not one number"),
        ("macro_f1_ci = 0.1", "macro_f1_ci is not one number"),
        ("signature = 0", "signature is not one number"),
        ("brier_skill = -1", "brier_skill is not defined for this data"),
        ("brier_skill_max = 1", "brier_skill is not defined for this data"),
        ("per_topic.wellbeing.precision = 0", "per_topic.wellbeing.precision is not defined"),
        # A floor that is broken does not hide one that cannot be checked.
        (
            "macro_f1 = 0.9\nmakro_f1 = 0.1\nsignature = 0",
            "2 floors cannot be checked: makro_f1 is no .*; signature is",
        ),
    ],
)
def test_a_floor_that_cannot_be_checked_never_passes(text: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=what):
        said(tmp_path, text)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True])
def test_a_figure_that_is_no_number_never_passes(value: float, tmp_path: Path) -> None:
    for text in ("macro_f1 = 0.1", "macro_f1_max = 0.1"):
        with pytest.raises(BadInput, match="macro_f1 is"):
            said(tmp_path, text, {"macro_f1": value})


@pytest.mark.parametrize(
    ("text", "name", "what"),
    [
        ("macro_f1 = nan", "floors.toml", "macro_f1 = nan is no number"),
        ("ece_max = inf", "floors.toml", "ece_max = inf is no number"),
        ("macro_f1 = true", "floors.toml", "macro_f1 = True is no number"),
        ('macro_f1 = "0.6"', "floors.toml", "macro_f1 = '0.6' is no number"),
        ("macro_f1 = [0.6]", "floors.toml", "is no number"),
        ("macro_f1 = ", "floors.toml", "does not read as toml"),
        ("macro_f1 = 0.6\nmacro_f1 = 0.1", "floors.toml", "does not read as toml"),
        ('{"macro_f1": NaN}', "floors.json", "macro_f1 = nan is no number"),
        ('{"macro_f1": null}', "floors.json", "macro_f1 = None is no number"),
        ('{"macro_f1": 0.6, "macro_f1": 0.1}', "floors.json", "macro_f1 stands more than once"),
        ('{"n": 1' + "0" * 400 + "}", "floors.json", "is no number"),
        ("[0.6]", "floors.json", "one JSON object"),
        ("{", "floors.json", "does not read as json"),
        ("", "floors.toml", "holds no floor for topics"),
        ("[topics]", "floors.toml", "holds no floor for topics"),
        ("[topics.per_topic]", "floors.toml", "holds no floor for topics"),
        ("[pages]\narticle_f1 = 0.9", "floors.toml", "has no table topics, it has pages"),
        (
            "macro_f1 = 0.6\n[pages]\narticle_f1 = 0.9",
            "floors.toml",
            "beside the tables of measurements stand macro_f1",
        ),
        ("macro_f1: 0.6", "floors.yaml", "a .toml or .json file"),
    ],
)
def test_a_file_that_says_nothing_sure_is_refused(text: str, name: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=re.escape(what)):
        said(tmp_path, text, name=name)


def test_a_file_that_is_missing_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no file"):
        gate.read_bounds(tmp_path / "none.toml", "topics")
    (tmp_path / "odd.toml").write_bytes(b"macro_f1 = 0.6 # \xff")
    with pytest.raises(BadInput, match="does not read as toml"):
        gate.read_bounds(tmp_path / "odd.toml", "topics")


@pytest.fixture
def some(tmp_path: Path) -> Path:
    lines = (DATA / "articles.jsonl").read_text("utf-8").splitlines()
    return file(tmp_path, "\n".join(lines[::13]) + "\n", "some.jsonl")


@pytest.mark.parametrize(
    ("text", "code", "lines"),
    [
        ("n = 10\nmacro_f1 = 0.01", 0, []),
        ("n = 11\nmacro_f1 = 1.01", 1, ["n is 10, under its floor of 11", "macro_f1 is .*, under its floor of 1.01"]),
        ("n = 10\nmicro_f2 = 0.1", 2, ["micro_f2 is no figure"]),
        ("n = nan", 2, ["n = nan is no number"]),
    ],
)
def test_the_command_line_keeps_the_exit_codes(
    text: str, code: int, lines: list[str], some: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flat = tmp_path / "flat.json"
    arguments = ["topics", str(some), "--bundle", "keywords", "--json", str(flat), "--gate", str(file(tmp_path, text))]
    assert main(arguments) == code
    told = capsys.readouterr()
    # Files are written before the verdict; a file of floors that does not read is refused before any work.
    assert flat.exists() == ("nan" not in text)
    assert ("2 figures hold" in told.out) == (code == 0)
    shown = told.err.splitlines()
    assert len(shown) == len(lines)
    for line, wanted in zip(shown, lines, strict=True):
        assert re.search(wanted, line), line


def test_briefs_have_floors_of_their_own(some: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    floors = file(tmp_path, "[summaries]\nn = 11\n[briefs]\nn = 10\n")
    assert main(["summaries", str(some), "--bundle", "lead", "--length", "brief", "--gate", str(floors)]) == 0
    assert main(["summaries", str(some), "--bundle", "lead", "--gate", str(floors)]) == 1
    assert capsys.readouterr().err == "gate: n is 10, under its floor of 11\n"


def guide_commands() -> list[list[str]]:
    """The commands of the guide's section that hold what ships against the floors of record."""
    block = re.findall(r"^```sh\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)[0]
    return [shlex.split(line)[3:] for line in block.splitlines()]


def test_the_guide_holds_every_task_against_the_floors_of_record() -> None:
    assert [words[0] for words in guide_commands()] == ["topics", "summaries", "pages"]
    assert all(words[2:] == ["--gate", "eval/floors.toml"] for words in guide_commands())


@pytest.mark.parametrize("words", guide_commands(), ids=lambda words: words[0])
def test_what_ships_reaches_the_floors_of_record(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flat = tmp_path / "flat.json"
    code = main([*words, "--json", str(flat)])
    assert (code, capsys.readouterr().err) == (0, "")
    figures = json.loads(flat.read_text("utf-8"))
    # The floors say something: no system without weights would pass them, and all the data stands behind them.
    main_score = {"topics": "macro_f1", "summaries": "rougeL", "pages": "article_f1"}[words[0]]
    floors = {bound.name: bound.limit for bound in gate.read_bounds(RECORD, words[0])}
    naive = {
        k: v for k, v in figures.items() if re.fullmatch(rf"floor_(?!oracle|rules).*_{main_score}", k) and v is not None
    }
    assert naive
    assert floors[main_score] > max(naive.values())
    size = "n_pages" if words[0] == "pages" else "n"
    assert floors[size] == figures[size] >= (24 if words[0] == "pages" else 120)


def test_briefs_that_ship_reach_the_floors_of_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = map(json.loads, (DATA / "articles.jsonl").read_text("utf-8").splitlines())
    lines = [json.dumps({"id": r["id"], "body": r["body"], "summary": r["brief"]}, ensure_ascii=False) for r in rows]
    briefs = file(tmp_path, "\n".join(lines) + "\n", "briefs.jsonl")
    code = main(["summaries", str(briefs), "--length", "brief", "--gate", str(RECORD)])
    assert (code, capsys.readouterr().err) == (0, "")


def test_the_guide_s_own_example_names_figures_that_exist(some: Path, tmp_path: Path) -> None:
    example = file(tmp_path, re.findall(r"^```toml\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)[0], "my_floors.toml")
    flat = tmp_path / "flat.json"
    assert main(["topics", str(some), "--bundle", "keywords", "--json", str(flat), "--gate", str(example)]) == 1
    bounds = gate.read_bounds(example, "topics")
    assert len(bounds) == 5
    assert any("n is 10" in told for told in gate.check(bounds, json.loads(flat.read_text("utf-8")), example))
