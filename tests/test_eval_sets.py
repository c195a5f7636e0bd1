"""Reading sets and prediction files: what is accepted, and that everything else is refused with a number and a name."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eval.floors import clean_rows
from eval.page_gold import whole_page
from eval.predictions import join, parse_page, parse_summary, parse_topic, read_lines
from eval.sets import read_pages, read_summaries, read_topics
from models.errors import BadInput

TOPICS = ("rights", "skills")
ROWS: list[dict[str, Any]] = [
    {"id": "007", "headline": "县总工会帮职工讨薪", "body": "青禾县总工会为三十名工人讨回工资。", "labels": ["rights"]},
    {"id": "008", "headline": "采茶比武", "body": "云岭茶园办起采茶技能比武。", "labels": ["skills", "rights"]},
    {"id": "009", "headline": "大桥通车", "body": "河滨大桥今日通车。", "labels": []},
]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`datasets` keeps what it read; not in the home of whoever runs the tests."""
    import datasets.config

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, "utf-8")
    return path


def as_csv(path: Path, rows: list[dict[str, Any]]) -> Path:
    import pandas as pd

    pd.DataFrame([{**row, "labels": "|".join(row["labels"])} for row in rows]).to_csv(path, index=False)
    return path


def as_parquet(path: Path, rows: list[dict[str, Any]]) -> Path:
    import pandas as pd

    pd.DataFrame(rows).to_parquet(path)
    return path


@pytest.mark.parametrize(
    ("name", "save"), [("a.jsonl", write), ("a.jsonl.gz", write), ("a.csv", as_csv), ("a.parquet", as_parquet)]
)
def test_the_same_rows_in_every_format_have_the_same_fingerprint(
    name: str, save: Callable[[Path, list[dict[str, Any]]], Path], tmp_path: Path
) -> None:
    gold = read_topics(save(tmp_path / name, ROWS), TOPICS)
    assert [item.id for item in gold.items] == ["007", "008", "009"]
    assert gold.items[1].labels == {"skills", "rights"}
    assert gold.items[2].labels == frozenset()
    assert gold.sha256 == read_topics(write(tmp_path / "b.jsonl", ROWS), TOPICS).sha256


def test_the_fingerprint_changes_with_a_label(tmp_path: Path) -> None:
    other = [*ROWS[:2], {**ROWS[2], "labels": ["skills"]}]
    one, two = (read_topics(write(tmp_path / f"{n}.jsonl", rows)).sha256 for n, rows in enumerate((ROWS, other)))
    assert one != two


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([ROWS[0], ROWS[0]], "1 rows have an id that another row has too: 007"),
        ([{"id": "1", "body": "文"}], "lacks labels"),
        ([{**ROWS[0], "labels": ["sport"]}], r"sport \(1 rows\)"),
        ([{**ROWS[0], "headline": "", "body": " "}], "1 rows have neither a headline nor a body: 007"),
        ([{**ROWS[0], "id": ""}], "1 rows have no id"),
        ([{**ROWS[0], "labels": None}, ROWS[1]], "1 rows have no labels"),
        ([{**ROWS[0], "body": {"text": "文"}}], "1 rows have a body that is no text: 007"),
    ],
)
def test_topic_sets_that_cannot_be_measured(rows: list[dict[str, Any]], told: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=told):
        read_topics(write(tmp_path / "a.jsonl", rows), TOPICS)


def test_files_that_are_no_data(tmp_path: Path) -> None:
    for name, text, told in [
        ("a.jsonl", "{broken\n", "does not read as json"),
        ("b.jsonl", "", "does not read as json"),
        ("c.csv", "", "does not read as csv"),
        ("d.parquet", "junk", "does not read as parquet"),
        ("a.txt", "x", r"not \.txt"),
    ]:
        (tmp_path / name).write_text(text)
        with pytest.raises(BadInput, match=told):
            read_topics(tmp_path / name, TOPICS)
    with pytest.raises(BadInput, match="no file"):
        read_topics(tmp_path / "absent.jsonl", TOPICS)


def test_splits_are_named_or_refused(tmp_path: Path) -> None:
    rows = [{**row, "split": "dev" if n else "test"} for n, row in enumerate(ROWS)]
    path = write(tmp_path / "a.jsonl", rows)
    assert len(read_topics(path, TOPICS, "dev").items) == 2
    with pytest.raises(BadInput, match=r"several splits.*dev \(2\), test \(1\)"):
        read_topics(path, TOPICS)
    with pytest.raises(BadInput, match="no split train"):
        read_topics(path, TOPICS, "train")
    with pytest.raises(BadInput, match="no column split"):
        read_topics(write(tmp_path / "b.jsonl", ROWS), TOPICS, "dev")


def test_without_a_summary_the_headline_is_the_target(tmp_path: Path) -> None:
    assert read_summaries(write(tmp_path / "a.jsonl", ROWS)).items[0].summary == ROWS[0]["headline"]
    both = [{"id": "1", "body": "正文。", "headline": "题", "summary": "摘要"}]
    assert read_summaries(write(tmp_path / "b.jsonl", both)).items[0].summary == "摘要"
    empty = [{"id": "1", "body": "正文。", "summary": "……"}, {"id": "2", "body": "正文。", "summary": "摘要"}]
    with pytest.raises(BadInput, match="1 rows have an empty summary: 1"):
        read_summaries(write(tmp_path / "c.jsonl", empty))


def test_what_is_missing_is_named_with_what_would_do(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [{"id": "1", "body": "正文。", "lead": "导语"}])
    with pytest.raises(BadInput, match=r"lacks summary or headline; it has id, body, lead \(docs/eval.md#data\)"):
        read_summaries(path)


def test_rows_without_ids_are_numbered(tmp_path: Path) -> None:
    bare = [{k: v for k, v in row.items() if k != "id"} for row in ROWS]
    path = write(tmp_path / "a.jsonl", bare)
    topics, summaries = read_topics(path, TOPICS), read_summaries(path)
    assert [i.id for i in topics.items] == [i.id for i in summaries.items] == ["1", "2", "3"]
    assert topics.numbered and summaries.numbered
    assert topics.sha256 == read_topics(as_csv(tmp_path / "b.csv", bare), TOPICS).sha256
    with_ids = write(tmp_path / "c.jsonl", [{**row, "id": n} for n, row in enumerate(bare, 1)])
    assert read_topics(with_ids, TOPICS).sha256 == topics.sha256
    assert not read_topics(with_ids, TOPICS).numbered
    splits = write(tmp_path / "d.jsonl", [{**row, "split": "dev" if n else "test"} for n, row in enumerate(bare)])
    assert [i.id for i in read_topics(splits, TOPICS, "dev").items] == ["1", "2"]
    page = {"text": "题\n\n文。", "articles": [{"headline": "题", "body": "文。"}]}
    assert [i.id for i in read_pages(write(tmp_path / "e.jsonl", [page, page])).items] == ["1", "2"]


def test_numbers_of_two_files_are_no_ids_in_common(tmp_path: Path) -> None:
    test, other = (
        [{"body": f"第{n}件事：" + place * (n + 3), "labels": []} for n in range(9)] for place in ("茶园", "大桥")
    )
    gold = read_topics(write(tmp_path / "test.jsonl", test), TOPICS)
    rows, _ = clean_rows(read_topics(write(tmp_path / "train.jsonl", other), TOPICS), gold)
    assert len(rows) == 9
    with pytest.raises(BadInput, match="as near-copies"):
        clean_rows(gold, gold)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "big5hkscs", "utf-16", "utf-16-le"])
def test_a_csv_in_chinese_is_the_same_set(encoding: str, tmp_path: Path) -> None:
    bodies = ["本報訊，青禾縣總工會為三十名工人討回工資，大家都說好。", "雲嶺茶園辦起採茶技能比武，來了一百人。"]
    wanted = [{"id": f"00{n}", "headline": "題", "body": body, "summary": f"摘要{n}"} for n, body in enumerate(bodies)]
    text = "编号,标题,正文,摘要\n" if encoding != "big5hkscs" else "id,標題,content,summary\n"
    text += "".join(f"{r['id']},{r['headline']},{r['body']},{r['summary']}\n" for r in wanted)
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode(encoding))
    assert read_summaries(path).sha256 == read_summaries(write(tmp_path / "b.jsonl", wanted)).sha256
    packed = tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress(text.encode(encoding)))
    assert read_summaries(packed).sha256 == read_summaries(path).sha256


def test_columns_that_tagging_knows_are_known_in_every_format(tmp_path: Path) -> None:
    rows = [{"稿件编号": "7", "Title ": "题", "内容": "正文。", "labels": []}]
    (item,) = read_topics(write(tmp_path / "a.jsonl", rows), TOPICS).items
    assert (item.id, item.headline, item.body) == ("7", "题", "正文。")
    both = [{"id": "1", "编号": "2", "body": "正文。", "content": "不读", "headline": "题"}]
    assert read_summaries(as_parquet(tmp_path / "b.parquet", both)).items[0].body == "正文。"


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    text = "id,body,summary\n1,青禾县总工会为三十名工人讨回工资，大家都说好。,讨回工资\n"
    (tmp_path / "a.csv").write_bytes(text.encode() + b"2,\xff\xff,x\n")
    with pytest.raises(BadInput, match=r"a\.csv: byte \d+ \(0xff\) cannot be UTF-8"):
        read_summaries(tmp_path / "a.csv")
    (tmp_path / "b.jsonl").write_bytes('{"body": "青禾县总工会为三十名工人讨回工资，大家都说好。"}\n'.encode("gb18030"))
    with pytest.raises(BadInput, match="is GB18030, JSON is UTF-8"):
        read_summaries(tmp_path / "b.jsonl")
    (tmp_path / "c.csv.gz").write_bytes(b"junk")
    with pytest.raises(BadInput, match="cannot be unpacked"):
        read_summaries(tmp_path / "c.csv.gz")


@pytest.mark.shared
def test_the_first_sentence_on_the_shared_test_split_is_where_it_was_measured() -> None:
    path = Path(__file__).resolve().parents[2] / "shared" / "data" / "news_pairs.parquet"
    if not path.is_file():
        pytest.skip("../shared/data is absent")
    from eval.floors import first_sentence
    from eval.metrics.rouge import rouge_l

    items = read_summaries(path, "test").items
    scores = [rouge_l(first_sentence(item).summary, item.summary) for item in items]
    assert sum(scores) / len(scores) == pytest.approx(0.40, abs=0.01)  # ../shared/data/README.md


def test_pages_with_and_without_alternatives(tmp_path: Path) -> None:
    page = {"id": "p", "text": "题\n\n文。", "articles": [{"headline": "题", "body": "文。"}]}
    other = {**page, "id": "q", "articles": [{"headline": "题", "body": "文。", "alt_headlines": ["又题"]}]}
    gold = read_pages(write(tmp_path / "a.jsonl", [page, other]))
    assert [a.alt_headlines for item in gold.items for a in item.articles] == [(), ("又题",)]
    with pytest.raises(BadInput, match="1 rows have no articles: p"):
        read_pages(write(tmp_path / "b.jsonl", [{**page, "articles": []}, other]))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"id": "a", "labels": [], "scores": {"rights": NaN}}', "the score of rights is NaN"),
        ('{"id": "a", "labels": [], "scores": {"rights": 1.2}}', "not a number from 0 to 1"),
        ('{"id": "a", "labels": "rights"}', "labels is not a list"),
        ('{"id": "a", "labels": [], "needs_review": "no"}', "needs_review"),
        ('{"labels": []}', "no object with an id"),
        ("[]", "no object with an id"),
        ('{"id": "a", "labels": []}\n{"id": "a", "labels": []}', "1 ids stand more than once: a"),
    ],
)
def test_prediction_lines_that_cannot_be_scored(line: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text(line + "\n", "utf-8")
    with pytest.raises(BadInput, match=told):
        read_lines(path, parse_topic)


def test_all_bad_lines_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text('{"id": "a"}\n{"id": "b", "summary": "好"}\n{"id": "c", "summary": null}\n', "utf-8")
    with pytest.raises(BadInput, match="2 lines cannot be scored: line 1: summary is not a text; line 3"):
        read_lines(path, parse_summary)


def test_a_line_separator_inside_a_text_ends_no_line(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text('{"id": "a", "summary": "上\u2028下"}\n', "utf-8")
    assert read_lines(path, parse_summary)["a"].summary == "上\u2028下"


def test_page_lines_carry_blocks_with_offsets_or_none() -> None:
    articles = [{"headline": "题", "body": "文"}]
    assert parse_page({"articles": articles}).blocks is None
    assert parse_page({"articles": articles, "blocks": [{"role": "body", "start": 0, "end": 2}]}).blocks == ((0, 2),)
    with pytest.raises(BadInput, match="start or end"):
        parse_page({"articles": articles, "blocks": [{"text": "文"}]})


def test_joining_is_total() -> None:
    lines = {"a": parse_summary({"summary": "甲"}), "x": parse_summary({"summary": "乙"})}
    with pytest.raises(BadInput, match=r"1 gold ids have no prediction \(b\); 1 predictions have no gold \(x\)"):
        join(["a", "b"], lines, Path("p.jsonl"))


def test_a_floor_does_not_learn_what_it_is_measured_on(tmp_path: Path) -> None:
    long = "青禾县把老旧水渠改造列为头一件实事，渠修到哪里，工作队就住到哪里，乡亲们看在眼里。" * 3
    measured = [
        {"id": f"m{n}", "body": f"第{n}件事：" + "茶园水渠大桥码头"[n % 8 :] * (n + 2), "labels": []} for n in range(40)
    ]
    measured.append({"id": "copy", "body": long, "labels": []})
    train = [{"id": "wire", "body": long + "完", "labels": ["rights"]}, {**ROWS[0], "id": "t"}]
    test = read_topics(write(tmp_path / "test.jsonl", measured), TOPICS)
    rows, notes = clean_rows(read_topics(write(tmp_path / "train.jsonl", train), TOPICS), test)
    assert [item.id for item in rows] == ["t"]
    assert notes == ["1 training rows left out as near-copies of measured ones: wire"]
    with pytest.raises(BadInput, match="41 ids of"):
        clean_rows(test, test)
    renamed = [{**row, "id": f"r-{row['id']}"} for row in measured]
    with pytest.raises(BadInput, match="as near-copies"):
        clean_rows(read_topics(write(tmp_path / "renamed.jsonl", renamed), TOPICS), test)


def test_pages_in_the_short_form_are_the_same_pages(tmp_path: Path) -> None:
    text = "县报\n\n两行标题\n的下半\n\n　　第一段没有\n\n链接：一条。\n\n完的话。\n\n责编：甲乙\n"
    roles = ["furniture", "headline 0", "headline 0", "body 0", "box 0", "body+ 0", "furniture"]
    path = tmp_path / "short.jsonl"
    path.write_text(json.dumps({"id": "p", "text": text, "roles": roles}, ensure_ascii=False) + "\n", "utf-8")
    (page,) = read_pages(path).items
    (article,) = page.articles
    assert (article.headline, article.alt_headlines, article.body) == (
        "两行标题 的下半",
        ("两行标题的下半",),
        "第一段没有完的话。",
    )
    whole = whole_page({"id": "p", "text": text, "roles": roles})
    assert all(text[b["start"] : b["end"]] == b["text"] for b in whole["blocks"])
    assert [b["role"] for b in whole["blocks"]] == [said.rstrip(" 0").rstrip("+") for said in roles]


@pytest.mark.parametrize(
    "roles",
    [
        ["furniture"],
        ["headline 0", "bodies 0"],
        ["headline 0", "body"],
        ["headline 0", "furniture 0"],
        ["headline 0", "body 1"],
        ["headline 1", "body 1"],
        ["headline 0", "body 999999999"],
        ["headline 0", None],
        None,
    ],
)
def test_roles_that_do_not_fit_are_refused(roles: Any) -> None:
    with pytest.raises(BadInput, match="page p"):
        whole_page({"id": "p", "text": "标题\n\n正文。\n", "roles": roles})


def test_pages_of_both_forms_may_stand_in_one_file(tmp_path: Path) -> None:
    article = {"headline": "标题", "body": "正文。"}
    rows: list[dict[str, Any]] = [
        {"id": "long", "text": "标题\n\n正文。\n", "articles": [article]},
        {"id": "short", "text": "标题\n\n正文。\n", "roles": ["headline 0", "body 0"]},
    ]
    one, other = read_pages(write(tmp_path / "both.jsonl", rows)).items
    assert one.articles == other.articles
