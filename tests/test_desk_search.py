"""The full text search: what is a word, what is found on both databases, in which order, what is shown of it, and its exports."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import text

from models.errors import BadInput
from service.app import create_app
from service.desk.snippets import marked, snippet
from service.job_results import of_summary
from service.settings import Settings
from service.store import articles, corrections, found, search
from service.store.articles import Analysed, Draft
from service.store.backup import backup, restore
from service.store.corrections import Correction
from service.store.database import Store, open_store
from service.store.found import Query
from service.store.search_terms import first_place, phrases, places, tokens, words
from service.store.upkeep import purge

KEPT = {
    "a": (
        "青禾县总工会送清凉",
        "7月12日，青禾县总工会走进河滨大桥工地。\n工会负责人林晓舟表示，还会再来。",
        "2026-07-12",
    ),
    "b": ("云嶺市職工技能競賽開賽", "雲嶺市總工會舉辦焊工比武，三十名職工參加。", "2026-08-01"),
    "c": ("5G网络进车间", "机械厂接通5G网络，Caibian系统上线。会议随后举行。", "2026-09-01"),
    "d": ("老街修好了", "茶馆又坐满了人，街坊说，工地上的会开完了。", "2026-09-02"),
}


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = open_store(database_url)
    yield opened
    opened.close()


@pytest.fixture
def filled(store: Store) -> Store:
    with store.write() as connection:
        for name, (headline, body, day) in KEPT.items():
            labels = ["wellbeing"] if name == "a" else []
            topics = {"labels": labels, "primary": (labels or ["other"])[0], "scores": {"wellbeing": 0.9}}
            analysis = Analysed(topics | {"needs_review": False, "bundle": "topics@1"}, None)
            source = "青禾日报" if name in "ab" else None
            articles.put(connection, Draft(name, headline, body, source, day), analysis, "desk")
    return store


def find(store: Store, query: str = "", **filters: Any) -> list[str]:
    asked = Query(tuple(phrases(query)), **filters)
    with store.read() as connection:
        total = found.count(connection, asked)
        hits = found.page(connection, asked, total, 0, 20)
    assert len(hits) == total
    return [hit.article_id for hit in hits]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("工会", "ba"),
        ("總工會", "ba"),
        ("青禾县总工会", "a"),
        ("总工会负责人", ""),
        ("会", "dcba"),
        ("舟", "a"),
        ("职工技能", "b"),
        ("5g", "c"),
        ("５Ｇ网", "c"),
        ("caibian", "c"),
        ("caibia", ""),
        ("7月12日", "a"),
        ("工地 林晓舟", "a"),
        ("工地 -林晓舟", "d"),
        ("“大桥 工地”", "a"),
        ("-工会", "dc"),
        ("县 总", "a"),
        ("没有的词", ""),
        ("，。", "dcba"),
        ("' OR 1=1 --", ""),
        ('" * ^ NEAR(', ""),
    ],
)
def test_both_databases_find_the_same(filled: Store, query: str, ids: str) -> None:
    assert find(filled, query) == list(ids)


def test_filters_and_orders(filled: Store) -> None:
    assert find(filled, since="2026-08-01", until="2026-09-01") == ["c", "b"]
    assert find(filled, source="青禾日报") == ["b", "a"]
    assert find(filled, topic="wellbeing") == ["a"] and find(filled, topic="other") == ["d", "c", "b"]
    assert find(filled, topic="%") == []
    with filled.write() as connection:
        corrections.add(connection, Correction("topics", "a", "许望舒", version=1, labels=["skills_contest"]), None)
    assert find(filled, topic="wellbeing") == [] and find(filled, topic="skills_contest") == ["a"]
    assert find(filled, "总工会", order="relevance") == ["a", "b"]  # it stands in the headline
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(found, "RANKED", 1)
        assert find(filled, "总工会", order="relevance") == ["a", "b"]
    with filled.read() as connection:
        assert found.sources(connection, 9) == ["青禾日报"]


def index_size(store: Store) -> int:
    statement = {
        "sqlite": "SELECT count(*) FROM search_index_docsize",
        "postgresql": "SELECT count(*) FROM search_index",
    }
    with store.read() as connection:
        return int(connection.execute(text(statement[store.kind])).scalar_one())


def test_the_index_follows_versions_withdrawals_and_purges(filled: Store, tmp_path: Path) -> None:
    with filled.write() as connection:
        articles.put(connection, Draft("a", "新标题", "换了内容的稿件。"), None, "desk")
    assert find(filled, "绿豆汤 总工会") == [] and find(filled, "换了内容") == ["a"] and find(filled, "大桥") == []
    assert index_size(filled) == 4
    file = tmp_path / "all.gz"
    backup(filled, file)
    with filled.write() as connection:
        assert articles.withdraw(connection, "b", None)
    filled.shrink()
    assert find(filled, "焊工比武") == [] and index_size(filled) == 3
    restore(filled, file)
    assert find(filled, "焊工比武") == [] and find(filled, "换了内容") == ["a"] and index_size(filled) == 3
    with filled.write() as connection:
        connection.execute(text("UPDATE articles SET changed = :then"), {"then": "2020-01-01 00:00:00+00:00"})
    purge(filled, 1, 0)
    assert find(filled) == [] and index_size(filled) == 0


def test_withdrawn_words_leave_the_file(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    secret = "鳳麟渡"  # kept as it came, indexed in Simplified
    with store.write() as connection:
        articles.put(connection, Draft("x", "无题", f"{secret}的码头重新开放。"), None, None)
    pair = words(secret)[0].encode()
    store.shrink()
    assert pair in (tmp_path / "store.db").read_bytes()
    with store.write() as connection:
        articles.withdraw(connection, "x", None)
    store.shrink()
    store.close()
    assert pair not in (tmp_path / "store.db").read_bytes()


def test_a_long_article_is_found_by_words_of_any_part(store: Store) -> None:
    filler = "工地上的机器响个不停，" * 1500
    body = f"起头的话。{filler}中间的句子。{filler}最后的结尾语。"
    with store.write() as connection:
        articles.put(connection, Draft("long", "长" * 20_000, body), None, None)
    for query in ("起头的话", "中间的句子", "最后的结尾语", "起头的话 最后的结尾语", "机器响个不停", "长长长"):
        assert find(store, query) == ["long"]
    assert find(store, "起头的句子") == []
    (at,) = (first_place(body, p) for p in phrases("结尾语"))
    assert at is not None and body[at:].startswith("结尾语")


def test_filling_again_gives_the_same_index(filled: Store) -> None:
    with filled.write() as connection:
        search.rebuild(connection)
    assert find(filled, "工会") == ["b", "a"] and index_size(filled) == 4
    with filled.write() as connection:
        assert search.fill(connection) == 0


@given(st.text(alphabet="青禾縣总工會a5Ｇ，。 \n\u3000é", max_size=60))
def test_words_are_tokens_and_every_piece_of_a_text_finds_it(told: str) -> None:
    there = list(tokens(told))
    assert words(told) == [token.word for token in there]
    for phrase in phrases(f"“{told[:30]}”"):
        assert places(there, phrase)


@given(st.text(max_size=80))
def test_marks_alter_no_text(told: str) -> None:
    pieces = marked(told, phrases("工会 a"))
    assert "".join(piece.text for piece in pieces) == told


def test_a_snippet_shows_the_phrase_with_its_surroundings() -> None:
    body = "前言。" * 100 + "青禾縣總工會送清凉。" + "后记。" * 100
    told = snippet(body, phrases("总工会"))
    assert [piece.text for piece in told if piece.marked] == ["總工會"]
    assert told[0].text == told[-1].text == "…" and len("".join(p.text for p in told)) < 150


def test_what_is_too_long_is_refused() -> None:
    with pytest.raises(BadInput, match="200"):
        phrases("字" * 201)
    with pytest.raises(BadInput, match="10"):
        phrases(" ".join("甲乙丙丁戊己庚辛壬癸子"))


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    settings = Settings(
        database_url=SecretStr(f"sqlite:///{tmp_path / 'a.db'}"), topics_bundle="keywords", summaries_bundle="lead"
    )
    with TestClient(create_app(settings), "http://127.0.0.1", client=("127.0.0.1", 50000)) as made:
        while made.get("/health/ready").status_code != 200:
            pass
        yield made


def test_the_page_finds_marks_and_exports(client: TestClient) -> None:
    assert client.get("/desk/search").status_code == 200  # an empty store
    assert client.get("/desk/search/export").text == ""
    for name, (headline, body, day) in KEPT.items():
        client.put(f"/v1/articles/{name}", json={"headline": headline, "body": body, "date": day, "source": "=1+1"})
    client.put("/v1/articles/x", json={"headline": "<script>alert(1)</script>工会\u202e", "body": "<img src=x>工会。"})
    page = client.get("/desk/search", params={"q": "工会"}).text
    assert '<b class="number">3</b>' in page and "<mark>總工會</mark>" not in page and "<mark>工會</mark>" in page
    assert "<script>" not in page and "<img" not in page and "U+202E" in page
    rows = [json.loads(x) for x in client.get("/desk/search/export", params={"q": "总工会"}).text.splitlines()]
    assert [row["id"] for row in rows] == ["b", "a"] and rows[1]["body"] == KEPT["a"][1]
    answer = client.get("/desk/search/export", params={"q": "总工会", "format": "csv"})
    told = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["id"] for row in told] == ["b", "a"] and told[0]["source"] == "'=1+1"
    raw = client.get("/desk/search/export", params={"q": "总工会", "format": "parquet"}).content
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(raw))
    assert table.column("summary_ok").to_pylist() == [row["summary_ok"] for row in rows] == [True, True]
    assert table.column("headline").to_pylist() == [KEPT["b"][0], KEPT["a"][0]]
    assert table.column("date").to_pylist() == ["2026-08-01", "2026-07-12"]


def test_a_summary_that_an_earlier_version_kept_unchecked_is_not_ok_in_an_export() -> None:
    kept = {"summary": "", "method": "extractive", "checks": {}, "evidence": []}
    told = {"summary": "", "summary_method": "extractive", "summary_ok": False, "summary_score": None}
    assert of_summary(kept) == of_summary({k: v for k, v in kept.items() if k != "checks"}) == told
    assert of_summary(kept | {"checks": {"ok": True}})["summary_ok"] is True
    assert of_summary(None)["summary_ok"] is None, "no summary was asked for"


@pytest.mark.parametrize(
    "query",
    [
        {"q": "字" * 300},
        {"from": "gestern"},
        {"topic": "nonsense"},
        {"order": "best"},
        {"page": "0"},
        {"q": "\ud800".encode("utf-8", "surrogatepass").decode("latin-1") + "\x00"},
    ],
)
def test_what_cannot_be_looked_for_is_said_and_the_form_stays(client: TestClient, query: dict[str, str]) -> None:
    client.put("/v1/articles/a", json={"headline": "送清凉", "body": KEPT["a"][1]})
    answer = client.get("/desk/search", params=query)
    assert answer.status_code == 422 and 'role="alert"' in answer.text and 'name="q"' in answer.text
    if "page" not in query:
        assert client.get("/desk/search/export", params=query).status_code == 422
