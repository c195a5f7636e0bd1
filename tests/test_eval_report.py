"""The report: runs side by side, whole and escaped, in both languages; what does not belong together is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from eval.__main__ import main
from eval.compare import compare
from eval.report import gather
from eval.report_figures import figures
from eval.report_items import unsupported
from eval.report_plots import lines, ranges
from eval.report_words import both
from models.errors import BadInput

NAMES = ("rights_protection", "skills_contest", "digital_services", "wellbeing")
ROWS = [json.loads(line) for line in (Path(__file__).parent / "data/articles.jsonl").read_text("utf-8").splitlines()]
CHROMIUM = Path("/usr/bin/chromium")


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run folders of every task on a few invented articles; one has markup in its headline."""
    here = tmp_path_factory.mktemp("runs")
    some = [dict(row) for row in ROWS[:24]]
    some[0]["headline"] = "<script>alert(1)</script>&标题"
    data = write(here / "topics.jsonl", some)
    other = write(here / "others.jsonl", ROWS[24:40])
    one = "7月12日，青禾县总工会走进三处工地，为建筑工人送去凉茶和药品，又请来两名医生为大家量血压。"
    two = "九个市的六百名焊工同台比武，前三名可以晋升技师。大赛由东屏省总工会主办，为期三天。"
    gold = [{"headline": "县总工会走进工地送清凉", "body": one}, {"headline": "没有", "body": two}]
    text = f"县总工会走进工地送清凉\n\n本报记者 林晓舟\n\n{one}\n\n全省焊工技能大赛开幕\n\n{two}\n"
    pages = write(here / "pages.jsonl", [{"id": "p", "text": text, "articles": gold}])
    for arguments in (
        ["topics", data, "--bundle", "keywords", "--out", here / "keywords"],
        ["topics", data, "--bundle", "keywords", "--out", here / "b"],
        ["topics", other, "--bundle", "keywords", "--out", here / "other"],
        ["summaries", data, "--bundle", "lead", "--out", here / "lead"],
        ["summaries", data, "--bundle", "lead", "--out", here / "x"],
        ["pages", pages, "--out", here / "pages"],
        ["robustness", other, "--bundle", "keywords", "--out", here / "robust"],
    ):
        assert main([str(word) for word in arguments]) == 0
    # b misses all topics of one half and is unsure of everything
    lines_b = [json.loads(line) for line in (here / "b/predictions.jsonl").read_text("utf-8").splitlines()]
    for line in lines_b[::2]:
        line["labels"], line["scores"] = [], dict.fromkeys(NAMES, 0.25)
    write(here / "b/predictions.jsonl", lines_b)
    return here


@pytest.fixture(scope="module")
def page(runs: Path) -> tuple[str, dict[str, Any]]:
    where = runs / "report.html"
    names = ("keywords", "b", "lead", "x", "pages", "robust")
    assert main(["report", *(str(runs / name) for name in names), "-o", str(where)]) == 0
    return where.read_text("utf-8"), json.loads(where.with_suffix(".json").read_text("utf-8"))


def test_runs_of_one_task_on_one_set_stand_side_by_side(page: tuple[str, dict[str, Any]]) -> None:
    _, found = page
    assert [(s["task"], list(s["runs"])) for s in found["sections"]] == [
        ("topics", ["keywords", "b"]), ("summaries", ["lead", "x"]), ("pages", ["pages"]), ("robustness", ["robust"]),
    ]  # fmt: skip
    first = found["sections"][0]
    pair = next(p for p in first["comparisons"] if p["score"] == "subset_accuracy")
    assert pair["delta"] < 0
    assert pair["p"] <= pair["p_holm"] <= 1
    assert found["comparisons"] == sum(len(s["comparisons"]) for s in found["sections"]) > len(first["comparisons"])


def test_confusion_and_curves_count_what_is_there(page: tuple[str, dict[str, Any]]) -> None:
    section = page[1]["sections"][0]
    gold = [set(row["labels"]) for row in ROWS[:24]]
    for name in ("keywords", "b"):
        table = section["confusion"][name]
        said = [set(item["labels"]) for item in predictions(section["runs"][name]["folder"])]
        for i, topic in enumerate(section["topics"]):
            assert table[i][i] == sum(topic in g and topic in s for g, s in zip(gold, said, strict=True))
        assert table[4][4] == sum(not g and not s for g, s in zip(gold, said, strict=True))
    assert sum(b["n"] for b in section["reliability"]["b"]) == 24 * 4
    assert section["risk_coverage"]["b"][-1] == [
        1,
        pytest.approx(1 - accuracy(gold, section["runs"]["b"]["folder"]), abs=1e-4),
    ]


def predictions(folder: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (Path(folder) / "predictions.jsonl").read_text("utf-8").splitlines()]


def accuracy(gold: list[set[str]], folder: str) -> float:
    return sum(g == set(line["labels"]) for g, line in zip(gold, predictions(folder), strict=True)) / len(gold)


def test_the_worst_items_have_text_gold_and_all_answers(page: tuple[str, dict[str, Any]]) -> None:
    topics, summaries, pages, _ = page[1]["sections"]
    by_id = {row["id"]: row for row in ROWS}
    assert 0 < len(topics["worst"]) <= 20
    for item in topics["worst"]:
        assert item["text"] == by_id[item["id"]]["body"]
        assert item["gold"] == sorted(by_id[item["id"]]["labels"]) != item["answers"]["keywords"]
        assert set(item["answers"]) == {"keywords", "b"}
    scores = [item["score"] for item in summaries["worst"]]
    assert scores == sorted(scores)
    assert len(scores) == 20
    assert summaries["worst"][0]["best_sentence"] in summaries["worst"][0]["text"]
    assert pages["worst"][0]["missing"] == ["没有"]


def test_the_page_is_whole_escaped_and_loads_nothing(page: tuple[str, dict[str, Any]]) -> None:
    text, _ = page
    assert "<script" not in text
    assert not re.findall(r'(?:src|href)="(?!#)(?!http://www\.w3\.org)[^"]*"', text)
    assert "@import" not in text
    assert "url(http" not in text
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    for wanted in re.findall(r'(?:href="#|url\(#)([^")]+)', text):
        assert wanted in ids
    assert not re.findall(r"#0[1-3]0[1-3]0\d", text)  # all colours became variables
    assert text.count("<svg") == 4 + 2 + 1 + 1
    assert not re.findall(r"@\w+@", text)  # all labels became words
    assert text.count('class="zh"') == text.count('class="en"') > 100


def test_a_run_is_called_by_its_name_though_a_plot_has_such_a_word(page: tuple[str, dict[str, Any]]) -> None:
    section = page[1]["sections"][1]
    drawn = figures("s", section)
    for label in ("lead", "x"):
        assert drawn.count(f">{label}<") == 2  # on the axis of one plot, in the legend of the other
    assert drawn.count(">正文字数<") == 1


def test_it_says_where_everything_comes_from(page: tuple[str, dict[str, Any]]) -> None:
    text, found = page
    for section in found["sections"]:
        for run in section["runs"].values():
            for told in (run["data_sha256"], run["signature"], run["code"], run["machine"]["processor"]):
                assert str(told).replace("<", "&lt;").replace(">", "&gt;") in text
            assert run["command"].startswith("python -m eval ")


def test_data_that_moved_or_changed_is_refused(runs: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is not what"):
        gather([runs / "keywords"], gold=runs / "others.jsonl")
    copied = write(
        tmp_path / "moved.jsonl", [json.loads(x) for x in (runs / "topics.jsonl").read_text("utf-8").splitlines()]
    )
    assert gather([runs / "keywords"], gold=copied)["sections"][0]["n"] == 24
    with pytest.raises(BadInput, match="not at"):
        gather([runs / "keywords"], gold=tmp_path / "absent.jsonl")
    with pytest.raises(BadInput, match="no folder written with --out"):
        gather([tmp_path])
    (tmp_path / "result.json").write_text('{"task": "topics"}')
    with pytest.raises(BadInput, match="lacks data"):
        gather([tmp_path])


def test_runs_of_the_same_name_are_told_apart_and_sets_are_not_mixed(runs: Path) -> None:
    found = gather([runs / "keywords", runs / "keywords", runs / "other"])
    assert [list(section["runs"]) for section in found["sections"]] == [["keywords (1)", "keywords (2)"], ["other"]]
    assert all(pair["delta"] == 0 and pair["p_holm"] == 1 for pair in found["sections"][0]["comparisons"])


def test_compare_corrects_over_every_topic_and_names_what_is_undefined(runs: Path) -> None:
    found = compare(runs / "keywords", runs / "b")
    told = [d["score"] for d in found["differences"]]
    assert told[:4] == ["macro_f1", "micro_f1", "subset_accuracy", "macro_ap"]
    assert {f"f1:{name}" for name in NAMES} <= {*told, *found["undefined"]}
    assert all(d["p"] <= d["p_holm"] and 0 < d["p_bootstrap"] <= 1 for d in found["differences"])


def test_compare_refuses_runs_of_other_topics(tmp_path: Path) -> None:
    gold = write(tmp_path / "g.jsonl", [{"id": str(i), "body": "文", "labels": []} for i in range(3)])
    files = []
    for name in ("a", "b"):
        said = [{"id": str(i), "labels": [], "scores": {name: 0.1, "y": 0.2}} for i in range(3)]
        files.append(write(tmp_path / f"{name}.jsonl", said))
    with pytest.raises(BadInput, match="speak of different topics: a, b"):
        compare(files[0], files[1], task="topics", gold=gold)


def test_what_does_not_stand_in_the_source_is_listed() -> None:
    source = "3月12日，县总工会主席唐知远说：“水渠今年修好。”惠及320户。"
    assert unsupported("3月12日 惠及320户 “水渠今年修好”", source) == []
    odd = unsupported("3月13日湖南惠及330户“明年修好”", source)
    assert {"330", "?-3-13", "湖南", "明年修好"} <= set(odd)


def test_plots_say_what_they_show_and_escape_what_they_are_told() -> None:
    words = {
        "title": ("题<b>", "t"),
        "x": ("横", "x"),
        "y": ("纵", "y"),
        "run0": ("a@b<c", "a@b<c"),
        "ideal": ("理想", "ideal"),
    }
    drawn = ranges("one", [("run0", (0.5, (0.4, 0.6))), ("gone", (None, None))], words, 1)
    assert "<b>" not in drawn
    assert "a@b&lt;c" in drawn
    assert "横" in drawn
    line = lines("two", {"run0": [(0.1, 0.2, 30), (0.9, 0.8, 3)]}, words, diagonal=True)
    assert "理想" in line
    assert both("甲", "a") == '<span class="zh" lang="zh">甲</span><span class="en" lang="en">a</span>'
    assert both("F1", "F1") == "F1"


@pytest.mark.chromium
@pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's Chromium (apt-get install chromium)")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_it_without_scrolling_sideways_in_both_languages(
    page: tuple[str, dict[str, Any]], runs: Path, scheme: Any
) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_page(viewport={"width": 360, "height": 740}, color_scheme=scheme)
        asked: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto((runs / "report.html").as_uri())
        assert tab.evaluate("document.documentElement.scrollWidth") <= 360
        assert tab.get_by_role("heading", level=1).inner_text() == "采编评测报告"
        tab.click("label[for=en]")
        assert tab.get_by_role("heading", level=1).inner_text() == "Caibian evaluation report"
        assert tab.evaluate("document.documentElement.scrollWidth") <= 360
        dark = tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(23, 24, 26)"
        assert dark == (scheme == "dark")
        ink = tab.evaluate("getComputedStyle(document.querySelector('svg text')).fill")
        assert ink == ("rgb(236, 233, 227)" if dark else "rgb(28, 27, 26)")
        assert len(asked) == 1
        browser.close()
