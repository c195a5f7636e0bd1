"""Edits do what they say and nothing else, and a loss is the loss. All texts are invented."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from eval import perturb, robustness
from eval.__main__ import main
from eval.metrics.chinese import tokens
from eval.metrics.names import PLACES
from eval.metrics.numbers import find_numbers
from eval.perturb import SUMMARY_EDITS, TOPIC_EDITS, Text
from models.errors import BadInput

DATA = Path(__file__).parent / "data/articles.jsonl"
TEXT = Text(
    "湖南县总工会送清凉",
    "本报长沙7月3日电（记者林晓舟）县总工会主席唐知远表示，他已经为320名工人送去1.5万元物资，产量增长12%。AI助手上线。",
    "唐知远为320名工人送清凉",
)
OTHER = Text("别的题", "别的正文。", "别的")


def edited(name: str, text: Text = TEXT, seed: int = 0) -> Text:
    return {**TOPIC_EDITS, **SUMMARY_EDITS}[name](text, random.Random(seed), OTHER)


def test_byline_and_headline_are_taken_off() -> None:
    assert edited("byline").body.startswith("县总工会主席")
    assert edited("byline").headline == TEXT.headline
    assert edited("headline") == Text("", TEXT.body, TEXT.reference)
    assert edited("headline", Text("题", " ")).headline == "题"


def test_script_and_width_change_no_token() -> None:
    for name in ("traditional", "width"):
        other = edited(name)
        assert other.body != TEXT.body
        assert tokens(other.body) == tokens(TEXT.body)
        assert other.reference == TEXT.reference
    assert "３２０" in edited("width").body
    assert edited("width", Text("", "１２，a")).body == "12,ａ"
    assert "總工會" in edited("traditional").body


def test_noise_is_little_and_by_the_seed() -> None:
    long = Text("题", TEXT.body * 20)
    for name in ("ocr", "typos"):
        one, again, other = edited(name, long), edited(name, long), edited(name, long, 1)
        assert one == again != other
        changed = sum(a != b for a, b in zip(tokens(one.body), tokens(long.body), strict=False))
        assert one.body != long.body
        assert abs(len(one.body) - len(long.body)) < 0.05 * len(long.body)
        assert changed > 0


@pytest.mark.parametrize("name", ["ocr", "typos"])
def test_noise_hits_a_few_characters_in_a_hundred(name: str) -> None:
    some = [json.loads(line) for line in DATA.read_text("utf-8").splitlines()]
    texts = [Text(row["headline"], row["body"]) for row in some]
    noisy = perturb.apply(name, TOPIC_EDITS[name], texts, [row["id"] for row in some])
    hit = sum(Levenshtein.distance(a.body, b.body) for a, b in zip(texts, noisy, strict=True))
    assert 0.02 < hit / sum(len(text.body) for text in texts) < 0.05


def test_another_article_stands_behind() -> None:
    assert edited("appended").body == f"{TEXT.body}\n别的正文。"


def test_places_become_other_places_everywhere() -> None:
    other = edited("places")
    assert not {"湖南", "长沙"} & set(PLACES.findall(other.headline + other.body))
    assert len(PLACES.findall(other.headline + other.body)) == 2
    assert other.gone == ("湖南", "长沙")
    assert edited("places", Text("题", "没有地名。")) == Text("题", "没有地名。")


def test_persons_get_another_surname_in_the_reference_too() -> None:
    other = edited("persons")
    assert "唐知远" not in other.body + other.reference
    assert "知远" in other.body
    assert "知远" in other.reference
    assert other.gone == ("唐知远", "林晓舟")


def test_gender_turns_and_turns_back() -> None:
    assert edited("gender", Text("", "他和女儿，其他人")).body == "她和儿子，其他人"
    assert edited("gender", edited("gender")).body == TEXT.body


def test_numbers_change_in_text_and_reference_alike_dates_do_not() -> None:
    other = edited("numbers")
    assert "7月3日" in other.body
    assert "320" not in other.body
    said, source = find_numbers(other.reference), find_numbers(other.body)
    assert all(any(n.agrees(s) for s in source) for n in said)
    assert not any(n.agrees(s) for n in find_numbers(TEXT.reference) for s in source)


@pytest.mark.parametrize(
    "body", ["历时3.5年", "12.25日", "2026-03-12", "2026/3/12", "2026.3.12", "８：３０", "３．５年", "3-5月", "8:30"]
)
def test_no_figure_of_a_date_a_time_or_a_range_changes(body: str) -> None:
    for seed in range(5):
        assert edited("numbers", Text("", body, body), seed) == Text("", body, body)


def test_numbers_with_decimals_change_as_one() -> None:
    assert edited("numbers", Text("", "3.5万元，历时3.5年")).body[1:] == ".5万元，历时3.5年"
    assert edited("numbers", Text("", "3.5万元")).body != "3.5万元"


def test_statements_turn_round() -> None:
    other = edited("negation", Text("", "产量增长，已经开通，成本下降", "产量增长"))
    assert (other.body, other.reference) == ("产量下降，尚未停运，成本增长", "产量下降")
    assert other.gone == ("已经", "开通")  # 增长 and 下降 stand there still


@given(
    st.text(st.sampled_from("县总工会他她湖南主席唐知远表示增长已经12%。，“”AＡ１ \n"), max_size=40), st.integers(0, 9)
)
@settings(max_examples=60)
def test_an_edit_is_a_function_of_its_dice_and_never_fails(body: str, seed: int) -> None:
    for name in {**TOPIC_EDITS, **SUMMARY_EDITS}:
        one = edited(name, Text(body[:5], body, body[-5:]), seed)
        assert one == edited(name, Text(body[:5], body, body[-5:]), seed)
        assert all(word not in one.body for word in one.gone)
        if name not in ("places", "persons", "gender", "negation", "numbers"):
            assert one.reference == body[-5:]


def test_every_item_has_dice_of_its_own_and_the_next_one_as_neighbour() -> None:
    texts = [Text("", f"第{i}篇" * 30) for i in range(3)]
    found = perturb.apply("appended", perturb.appended, texts, ["a", "b", "c"])
    assert [t.body.split("\n")[1] for t in found] == [texts[i].body for i in (1, 2, 0)]
    typed = perturb.apply("typos", perturb.mistyped, [texts[0]] * 2, ["a", "b"])
    assert typed[0] != typed[1]


def rows(n: int) -> list[dict[str, Any]]:
    keep = ("id", "headline", "body", "labels", "summary")
    return [
        {k: v for k, v in json.loads(line).items() if k in keep} for line in DATA.read_text("utf-8").splitlines()[:n]
    ]


def write(path: Path, lines: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in lines), "utf-8")
    return path


def test_topics_end_to_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write(tmp_path / "a.jsonl", rows(30))
    out, flat = tmp_path / "run", tmp_path / "f.json"
    assert main(["robustness", str(data), "--bundle", "keywords", "--json", str(flat), "--out", str(out)]) == 0
    found = json.loads(flat.read_text("utf-8"))
    assert (found["task"], found["n"], found["score"]) == ("topics", 30, "macro_f1")
    assert set(found["edits"]) == set(TOPIC_EDITS)
    one = found["edits"]["headline"]
    assert one["touched"] == 30
    assert one["macro_f1"]["loss"] == pytest.approx(one["macro_f1"]["before"] - one["macro_f1"]["after"], abs=2e-6)
    assert one["macro_f1"]["loss_ci"][0] <= one["macro_f1"]["loss"] <= one["macro_f1"]["loss_ci"][1]
    assert one["macro_f1"]["p"] <= one["p_holm"]
    assert found["edits"]["traditional"]["changed"] == 0  # keywords read both scripts
    losses = {k: v["macro_f1"]["loss"] for k, v in found["edits"].items() if "macro_f1" in v}
    assert found["worst_loss"] == max(losses.values()) == losses[found["worst"]]
    assert "signature: caibian-eval" in capsys.readouterr().out
    record = json.loads((out / "result.json").read_text("utf-8"))
    assert (record["task"], record["of"]) == ("robustness", "topics")
    assert "robustness" in record["command"]
    lines = [json.loads(line) for line in (out / "predictions.jsonl").read_text("utf-8").splitlines()]
    assert len(lines) == sum(e["touched"] for e in found["edits"].values() if e["touched"] > 1)


def test_summaries_end_to_end_and_what_is_gone_is_not_said(tmp_path: Path) -> None:
    data = write(tmp_path / "a.jsonl", [{k: v for k, v in row.items() if k != "labels"} for row in rows(12)])
    found = robustness.as_dict(robustness.run(data, bundle="lead"))
    assert (found["task"], found["score"], found["score_beside"]) == ("summaries", "rougeL", "number_precision")
    assert set(found["edits"]) == set(SUMMARY_EDITS)
    assert found["edits"]["negation"]["stale"] == 0  # an extract says what stands there
    assert found["edits"]["numbers"]["number_precision"]["after"] == 1
    limited = robustness.run(data, bundle="lead", limit=4)
    assert limited.n == 4
    assert any("first 4 of 12 rows" in note for note in limited.notes)


def test_what_nothing_can_be_edited_in_is_named(tmp_path: Path) -> None:
    plain = [{"id": str(i), "body": f"水渠修到哪里工作队就住到哪里第{i}处。", "summary": "水渠"} for i in range(3)]
    found = robustness.run(write(tmp_path / "a.jsonl", plain), bundle="lead")
    (note,) = [note for note in found.notes if "not measured" in note]
    assert "persons" in note
    assert "byline" in note
    with pytest.raises(BadInput, match="two items"):
        robustness.run(tmp_path / "a.jsonl", bundle="lead", limit=1)
