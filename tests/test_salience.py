"""Which numbers a headline would have: features, the shipped weights, the fit."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from models.errors import BadInput
from models.salience import FILE, features_of, mentions, read_weights
from training.__main__ import main

BODY = (
    "青禾县总工会今天（8月9日）宣布，全县已为3200名农民工追回工资1.2亿元，同比增长３４.５％。"
    "这家成立于1953年的工会现有职员26人，办公室在县城东街18号。"
)


def test_numbers_are_found_as_they_stand() -> None:
    found = [BODY[start:end] for start, end, _ in features_of(BODY)]
    assert found == ["8", "9", "3200", "1.2亿", "３４.５％", "1953", "26", "18"]
    named = {BODY[a:b]: set(features) for a, b, features in features_of(BODY)}
    assert "unit %" in named["３４.５％"]
    assert "unit 亿元" in named["1.2亿"]
    assert {"unit 名", "sentence 0", "before 已为", "after 名农", "left 县已", "right 民工", "first"} <= named["3200"]
    assert "sentence 1" in named["26"]
    assert not any(f in named["26"] for f in ("left 成立", "left 立于"))
    clause = "会场在县城，有26人。"
    [(_, _, features)] = features_of(clause)
    assert "left 县城" not in features  # of another clause


def test_what_happened_comes_before_what_always_was() -> None:
    chance = {BODY[m.start : m.end]: m.chance for m in mentions(BODY)}
    assert all(0 < p < 1 for p in chance.values())
    assert min(chance["3200"], chance["1.2亿"]) > 2 * max(chance["18"], chance["26"], chance["9"])


def test_without_weights_there_are_no_mentions() -> None:
    assert mentions(BODY, {}) == []
    assert mentions("没有数字。") == []


def test_a_long_row_of_figures_is_one_number() -> None:
    assert len(mentions("1" * 100_000)) == 1


def test_the_fit_learns_what_headlines_keep(tmp_path: Path) -> None:
    from training import salience

    data, out = tmp_path / "pairs.jsonl", tmp_path / "weights.json.gz"
    rows = [
        {"headline": f"全县培训{n}名焊工", "body": f"全县上半年培训{n}名焊工。会议室在{n + 1}号楼，开了{n + 2}天。"}
        for n in range(100, 400)
    ]
    data.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    salience.fit_salience(str(data), out=out, rows=200)
    weights = json.loads(gzip.decompress(out.read_bytes()))
    first, *others = mentions(rows[0]["body"], weights)
    assert first.chance > 0.9
    assert all(m.chance < 0.1 for m in others)

    data.write_text(json.dumps({"headline": "没有数字", "body": "培训12名焊工。"}, ensure_ascii=False) + "\n", "utf-8")
    with pytest.raises(BadInput, match="no headline has a number"):
        salience.fit_salience(str(data), out=out)
    assert json.loads(gzip.decompress(out.read_bytes())) == weights
    data.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows[:3]), "utf-8")
    with pytest.raises(BadInput, match="nothing stands beside 100 numbers"):
        salience.fit_salience(str(data), out=out)
    assert main(["salience", str(tmp_path / "none.jsonl")]) != 0


def test_the_shipped_weights_are_small_and_there() -> None:
    assert len(read_weights()) > 1000
    assert FILE.stat().st_size < 40 * 1024


def test_the_fit_looks_at_the_whole_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from training import salience

    data = tmp_path / "pairs.jsonl"
    seen: list[str] = []

    def watched(text: str) -> Any:
        seen.append(text)
        return features_of(text)

    rows = [{"headline": f"培训{n}名焊工", "body": f"全县培训{n}名焊工，开了{n + 1}天。"} for n in range(100, 399)]
    data.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    monkeypatch.setattr(salience, "features_of", watched)
    salience.fit_salience(str(data), out=tmp_path / "weights.json.gz", rows=150)
    assert len(seen) == 150
    assert "培训100名" in seen[0]
    assert "培训39" in seen[-1]


def test_a_number_is_kept_by_itself_and_not_by_what_begins_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from training import salience

    data = tmp_path / "pairs.jsonl"
    told: list[str] = []
    rows = [{"headline": f"{n}名焊工受训", "body": f"全县8、{n}名焊工受训。"} for n in range(11, 99)] * 3
    data.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    monkeypatch.setattr(salience, "say", told.append)
    salience.fit_salience(str(data), out=tmp_path / "weights.json.gz")
    assert "0.500 in the headline" in told[0]
