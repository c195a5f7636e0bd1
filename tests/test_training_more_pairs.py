"""Further pairs beside the training rows: rows with headlines and gold pages, never what is measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset

from eval.page_gold import whole_page
from models.errors import BadInput
from tests.invented import read
from tests.test_training_runs import summaries_config, write
from training.__main__ import main
from training.more_pairs import more_pairs

__all__ = ["summaries_config"]  # a fixture

BODY = (
    "青禾县总工会7月12日走进三处工地，为320名建筑工人送去凉茶和药品，又请来两名医生为大家量血压、讲防暑。"
    "县总工会主席说，活动持续到8月底。"
)
OTHER = (
    "九个市的六百名焊工同台比武，前三名可以晋升技师。大赛由东屏省总工会主办，为期三天，"
    "今年第一次设了机器人焊接项目，又请退休老焊工当评委。"
)
PAGE = f"青禾报 第3版\n\n县总工会给320名建筑工人送凉茶\n\n本报记者 林晓舟\n\n{BODY}\n\n六百名焊工东屏比武\n\n{OTHER}\n"
ROLES = ["furniture", "headline 0", "byline 0", "body 0", "headline 1", "body 1"]


def pairs(path: Path, *protected: Dataset, longest: int = 30) -> list[tuple[str, str]]:
    rows = more_pairs([str(path)], longest, protected)
    assert rows is not None
    return list(zip(rows["target"], rows["body"], strict=True))


def test_rows_and_the_articles_of_gold_pages_are_pairs(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"body": BODY, "headline": "工会给工人送凉茶"}]
    assert pairs(write(tmp_path / "rows.jsonl", rows)) == [("工会给工人送凉茶", BODY)]
    rows = [{"body": BODY, "headline": "x", "summary": "工会给工人送凉茶"}]
    assert pairs(write(tmp_path / "both.jsonl", rows)) == [("工会给工人送凉茶", BODY)]
    page: list[dict[str, Any]] = [{"id": "p", "text": PAGE, "roles": ROLES}]
    assert pairs(write(tmp_path / "pages.jsonl", page)) == [
        ("县总工会给320名建筑工人送凉茶", BODY),
        ("六百名焊工东屏比武", OTHER),
    ]
    assert pairs(write(tmp_path / "whole.jsonl", [whole_page(page[0])])) == pairs(tmp_path / "pages.jsonl")


def test_what_no_headline_can_be_learned_from_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows: list[dict[str, Any]] = [
        {"body": BODY, "headline": "工会给工人送凉茶"},
        {"body": BODY[:30], "headline": "工会给工人送凉茶"},
        {"body": BODY, "headline": "凉茶"},
        {"body": BODY, "headline": "夏日里的一缕清风拂面"},
        {"body": BODY, "headline": "工会给工人送凉茶" * 5},
        {"body": BODY, "headline": None},
        {"body": None, "headline": "工会给工人送凉茶"},
        {"body": BODY, "headline": "……！！！——"},
        {"body": BODY, "headline": "工会给工人送凉茶", "split": "test"},
        {"body": BODY, "headline": "工会给工人送凉茶", "unseen": True},
    ]
    path = write(tmp_path / "rows.jsonl", rows)
    assert len(pairs(path)) == 1
    assert "1 of 8 pairs are learned from" in capsys.readouterr().err
    with pytest.raises(BadInput, match="no row has a body and a headline"):
        more_pairs([str(write(tmp_path / "none.jsonl", rows[1:]))], 30, [])
    with pytest.raises(BadInput, match="no column 'body'"):
        more_pairs([str(write(tmp_path / "odd.jsonl", [{"text": BODY, "headline": "工会"}]))], 30, [])


def test_what_is_measured_is_never_learned_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows: list[dict[str, Any]] = [{"body": b, "headline": "县总工会为工人送凉茶焊工比武"} for b in (BODY, OTHER)]
    path = write(tmp_path / "rows.jsonl", rows)
    measured = Dataset.from_dict({"body": [OTHER.replace("六百名", "七百名")]})
    assert [body for _, body in pairs(path, measured)] == [BODY]
    assert "1 of these pairs are left out: near-duplicates" in capsys.readouterr().err
    assert more_pairs([], 30, [measured]) is None


def test_our_own_pairs_repeat_no_measured_article() -> None:
    measured = Dataset.from_dict({"body": [row["body"] for row in read("articles.jsonl")]})
    labels = Path(__file__).parents[1] / "training" / "labels"
    files = [str(labels / f"{n}.jsonl.gz") for n in ("topics_invented", "topics_news", "topics_press", "pages")]
    rows, alone = more_pairs(files, 30, [measured]), more_pairs(files, 30, [])
    assert rows is not None
    assert alone is not None
    assert len(rows) == len(alone) > 1300, "none had to be left out"


def test_a_run_with_further_pairs(summaries_config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = summaries_config.read_text("utf-8")
    rows: list[dict[str, Any]] = [
        {"body": BODY, "headline": "工会给工人送凉茶"},
        {"body": OTHER, "headline": "焊工比武"},
    ]
    path = write(tmp_path / "more.jsonl", [*rows, {"body": OTHER, "headline": "六百名焊工比武"}])
    counted, found = [], []
    for name, told in (("plain", ""), ("more", f'more = ["{path}"]\nmore_repeats = 3\n')):
        summaries_config.write_text(text.replace("batch = 8", f"batch = 8\n{told}"), "utf-8")
        assert main(["summaries", "--config", str(summaries_config), "--out", str(tmp_path / name)]) == 0
        counted.append(int(capsys.readouterr().err.split(" pairs as read")[0].split()[-1]))
        found.append(json.loads((tmp_path / name / "record.json").read_text("utf-8")))
    assert counted[1] == counted[0] + 2 * 3
    assert [record["more"] for record in found] == [0, 2]
    assert found[0]["data_fingerprint"] != found[1]["data_fingerprint"], "another run when these rows change"
