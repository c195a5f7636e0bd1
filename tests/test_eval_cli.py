"""The command line of eval end to end, on the zero-weight models and tiny invented sets."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from eval.__main__ import main

TOPIC_KEYS = {
    "n", "macro_f1", "micro_f1", "macro_f1_ci", "ece", "brier_skill", "per_topic", "coverage", "auto_precision",
    "signature",
}  # fmt: skip
SUMMARY_KEYS = {
    "n", "rouge1", "rouge2", "rougeL", "rougeL_ci", "chrf", "number_precision", "number_recall", "name_precision",
    "abstractive_share", "mean_chars", "lead_rougeL", "signature",
}  # fmt: skip
PAGE_KEYS = {"n_pages", "n_articles", "article_f1", "headline_exact", "body_char_f1", "lost_chars", "signature"}
NAMES = ("rights_protection", "skills_contest", "digital_services", "wellbeing")
SUBJECTS = {
    "rights_protection": ("县总工会为农民工讨薪", "青禾县为{n}名农民工追回拖欠工资，提供法律援助，督促企业签合同。"),
    "skills_contest": ("电焊工技能竞赛开赛", "河滨新区举办职业技能竞赛，{n}名电焊工同台比武，优胜者获评技术能手。"),
    "digital_services": ("办事小程序上线", "澄江市工会上线服务小程序，{n}万职工可在线办理会员卡，实现一网通办。"),
    "wellbeing": ("高温天里送清凉", "云岭县总工会为{n}名环卫工人送清凉，发放绿豆汤和防暑药品，还安排心理咨询。"),
    "": ("河滨大桥合龙", "全长{n}米的河滨大桥昨天合龙，计划明年通车。"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`datasets` keeps what it read; not in the home of whoever runs the tests."""
    import datasets.config

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))


def articles(prefix: str, n: int) -> list[dict[str, Any]]:
    rows = []
    for i in range(n):
        label = list(SUBJECTS)[i % 5]
        headline, body = SUBJECTS[label]
        text = f"本报青禾{i % 28 + 1}日电  （记者唐知远）{body.format(n=i + 3)}{prefix}的第{i}件事，乡亲们都说好。"
        rows.append({"id": f"{prefix}{i}", "headline": headline, "body": text, "labels": [label] if label else []})
    return rows


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def load(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


@pytest.fixture
def topics(tmp_path: Path) -> Path:
    return write(tmp_path / "topics.jsonl", articles("甲", 20))


def test_topics_end_to_end(topics: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, flat, lines = tmp_path / "run", tmp_path / "f.json", tmp_path / "p.jsonl"
    train = write(
        tmp_path / "train.jsonl", articles("乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙", 60)
    )
    arguments = ["topics", str(topics), "--bundle", "keywords", "--floor-train", str(train)]
    assert main([*arguments, "--json", str(flat), "--predictions", str(lines), "--out", str(out)]) == 0
    found = load(flat)
    assert found.keys() >= TOPIC_KEYS
    assert found["n"] == 20
    assert set(found["per_topic"]) == set(NAMES)
    assert found["per_topic"]["wellbeing"].keys() == {"precision", "recall", "f1", "support"}
    assert found["macro_f1_ci"][0] <= found["macro_f1"] <= found["macro_f1_ci"][1]
    assert "n:20" in found["signature"]
    shown = capsys.readouterr().out
    for word in ("majority", "tfidf", "encoder", "not given", "signature: ", "paired"):
        assert word in shown
    assert sorted(p.name for p in out.iterdir()) == ["predictions.jsonl", "result.json", "table.md"]
    assert load(out / "result.json")["flat"] == found
    assert lines.read_text("utf-8") == (out / "predictions.jsonl").read_text("utf-8")
    line = json.loads(lines.read_text("utf-8").splitlines()[0])
    assert line.keys() == {"id", "labels", "scores", "needs_review"}

    again = tmp_path / "again.json"
    assert main(["score", "topics", str(lines), str(topics), "--json", str(again)]) == 0
    same = ("macro_f1", "macro_f1_ci", "ece", "per_topic", "coverage", "signature")
    assert {key: load(again)[key] for key in same} == {key: found[key] for key in same}


def test_without_training_rows_the_learned_floors_are_named(topics: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["topics", str(topics), "--bundle", "keywords"]) == 0
    assert "tfidf" in (shown := capsys.readouterr().out)
    assert "not given (--floor-train)" in shown


def test_training_on_the_measured_rows_is_refused(topics: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["topics", str(topics), "--bundle", "keywords", "--floor-train", str(topics)]) == 2
    assert "20 ids of" in capsys.readouterr().err


@pytest.mark.parametrize("length", ["headline", "brief"])
def test_summaries_end_to_end(length: str, topics: Path, tmp_path: Path) -> None:
    out, flat = tmp_path / "run", tmp_path / "f.json"
    arguments = ["summaries", str(topics), "--bundle", "lead", "--length", length]
    assert main([*arguments, "--json", str(flat), "--out", str(out)]) == 0
    found = load(flat)
    assert found.keys() >= SUMMARY_KEYS
    assert found["n"] == 20
    assert found["name_precision"] in (None, 1)
    assert f"length:{length}" in found["signature"]
    line = json.loads((out / "predictions.jsonl").read_text("utf-8").splitlines()[0])
    assert line.keys() == {"id", "summary", "method"}


def test_perfect_summaries_score_one(topics: Path, tmp_path: Path) -> None:
    lines = write(tmp_path / "p.jsonl", [{"id": r["id"], "summary": r["headline"]} for r in articles("甲", 20)][::-1])
    assert main(["score", "summaries", str(lines), str(topics), "--json", str(tmp_path / "f.json")]) == 0
    found = load(tmp_path / "f.json")
    assert {found[key] for key in ("rouge1", "rouge2", "rougeL", "chrf")} == {1}
    assert found["rougeL_ci"] == [1, 1]


def test_pages_end_to_end(topics: Path, tmp_path: Path) -> None:
    pages, flat, out = tmp_path / "pages.jsonl", tmp_path / "f.json", tmp_path / "run"
    made = ["make-pages", str(topics), "-n", "3", "--seed", "1", "--styles", "dev", "-o", str(pages)]
    assert main(made) == 0
    gold = [json.loads(line)["articles"] for line in pages.read_text("utf-8").splitlines()]
    assert main(["pages", str(pages), "--json", str(flat), "--out", str(out)]) == 0
    found = load(flat)
    assert found.keys() >= PAGE_KEYS
    assert (found["n_pages"], found["n_articles"], found["lost_chars"]) == (3, sum(map(len, gold)), 0)
    line = json.loads((out / "predictions.jsonl").read_text("utf-8").splitlines()[0])
    assert line.keys() == {"id", "articles", "blocks"}
    assert main(["score", "pages", str(out / "predictions.jsonl"), str(pages), "--json", str(tmp_path / "g.json")]) == 0
    assert load(tmp_path / "g.json")["article_f1"] == found["article_f1"]


def test_perfect_pages_score_one(tmp_path: Path) -> None:
    gold = {"id": "p", "text": "题一\n\n文一。", "articles": [{"headline": "题一", "body": "文一。"}]}
    said = {"id": "p", "articles": gold["articles"], "blocks": [{"start": 0, "end": 7}]}
    arguments = [str(write(tmp_path / "p.jsonl", [said])), str(write(tmp_path / "g.jsonl", [gold]))]
    assert main(["score", "pages", *arguments, "--json", str(tmp_path / "f.json")]) == 0
    found = load(tmp_path / "f.json")
    assert {found[key] for key in ("article_f1", "headline_exact", "body_char_f1")} == {1}
    assert (found["lost_chars"], found["article_f1_ci"]) == (0, None)


def lines_of(labels: list[str], scores: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"id": r["id"], "labels": labels, "scores": scores, "needs_review": False} for r in articles("甲", 20)]


ZERO = dict.fromkeys(NAMES, 0.1)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (lines_of([], ZERO)[:-2], "2 gold ids have no prediction"),
        ([*lines_of([], ZERO), {"id": "x", "labels": [], "scores": ZERO}], "1 predictions have no gold (x)"),
        (lines_of([], ZERO) + lines_of([], ZERO)[:3], "3 ids stand more than once"),
        (lines_of([], {**ZERO, "wellbeing": float("nan")}), "20 lines cannot be scored: line 1: the score of"),
        (lines_of(["sport"], ZERO), "sport"),
        (lines_of([], {"wellbeing": 0.1}), "labels that the taxonomy does not have"),
        ([*lines_of([], ZERO)[:-1], {**lines_of([], ZERO)[-1], "scores": None}], "1 of 20 lines have no scores"),
    ],
)  # fmt: skip
def test_predictions_that_do_not_fit(
    lines: list[dict[str, Any]], told: str, topics: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["score", "topics", str(write(tmp_path / "p.jsonl", lines)), str(topics)]) == 2
    assert told in capsys.readouterr().err


def test_compare_tells_better_from_same(topics: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = [{"id": r["id"], "labels": r["labels"], "scores": ZERO, "needs_review": False} for r in articles("甲", 20)]
    a, b = write(tmp_path / "a.jsonl", lines_of(["wellbeing"], ZERO)), write(tmp_path / "b.jsonl", good)
    bare = ["--task", "topics", "--gold", str(topics)]
    assert main(["compare", str(a), str(b), *bare, "--json", str(tmp_path / "f.json")]) == 0
    assert "B is better in macro_f1" in capsys.readouterr().out
    first = load(tmp_path / "f.json")["differences"][0]
    assert first["b"] == 1
    assert first["p"] <= first["p_holm"] < 0.05
    assert main(["compare", str(a), str(a), *bare]) == 0
    assert "no difference" in capsys.readouterr().out
    assert main(["compare", str(a), str(b)]) == 2
    assert "--gold" in capsys.readouterr().err


def test_compare_reads_run_folders_and_refuses_other_data(
    topics: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write(tmp_path / "other.jsonl", articles("丙", 20))
    for name, data in (("a", topics), ("b", topics), ("c", other)):
        assert main(["summaries", str(data), "--bundle", "lead", "--out", str(tmp_path / name)]) == 0
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "b")]) == 0
    assert "no difference in rougeL" in capsys.readouterr().out
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "c")]) == 2
    assert "do not belong together" in capsys.readouterr().err
    write(topics, articles("丁", 20))
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "b")]) == 2
    assert "is not what these runs were measured on" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_told_before_measuring(topics: Path, tmp_path: Path) -> None:
    assert main(["topics", str(topics), "--bundle", "keywords", "--json", str(tmp_path / "no" / "f.json")]) == 2


def test_help_is_quick_and_loads_nothing_heavy() -> None:
    heavy = {"numpy", "torch", "datasets", "sklearn", "opencc", "rapidfuzz"}
    code = f"import sys, eval.__main__ as m; m.make_parser(); print(sorted({heavy} & set(sys.modules)))"
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert time.perf_counter() - began < 5  # 0.06 s on a quiet machine; the bound only catches a heavy import
