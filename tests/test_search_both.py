"""SQLite and PostgreSQL find the same, and what the tokens of the texts say: invented articles, dozens of queries."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import inspect, text

from models.errors import BadInput
from service.store import articles, found, search
from service.store.articles import Draft
from service.store.database import Store, make_engine, open_store
from service.store.found import Order, Query
from service.store.search_terms import Phrase, grams, line, phrases, places, tokens
from tests.databases import Cluster
from tests.seed_desk import invent

pytestmark = pytest.mark.postgresql

ODD = [
    ("总工会", "工会。总工会，会后"),
    ("总工", "会上说，职工的会"),  # headline and body make no word together
    ("5G网络进车间", "7月12日，５Ｇ 網路接通。caibian_v2上线，iPhone15到货。"),
    ("12日", "2026年12月，第112日。"),
    ("", "工 会\n工\u3000地 工会会"),
    ("A", "x|y ab|cd || | a b"),
    ("重复", "会会会会，会会。会"),
    ("长", "工地上的机器响个不停，" * 900 + "最后的结尾语。" + "长" * 3000),
    ("Latin only", "The quick brown fox " + "x" * 45 + " end"),
    ("𠮷野家", "𠮷野，𠮷。"),
]
LISTED = [
    *(
        "会",
        "工",
        "舟",
        "𠮷",
        "工会",
        "总工",
        "总工会",
        "职工的会",
        "农民工",
        "劳动仲裁",
        "有关负责人",
        "有关负责人表示",
        "工会会",
        "会会",
        "会会会会",
    ),
    *(
        "5g",
        "５Ｇ網",
        "5g网络",
        "12",
        "12日",
        "7月12日",
        "月12日",
        "日",
        "第112日",
        "2026年12月",
        "caibian",
        "v2",
        "iphone15",
        "iphone",
    ),
    *(
        "x",
        "y",
        "x" * 40,
        "x" * 45,
        "xxxxx",
        "end",
        "工 会",
        "“工 会”",
        "“会，会”",
        "“工会。总工会”",
        "“会 后”",
        "“总工会 工会”",
        "“总工 会上说”",
    ),
    *(
        "“ab cd”",
        "“brown fox”",
        "“quick fox”",
        "工会 -总工会",
        "-工会",
        "-会 -5g",
        "记者 -工会",
        "工会 农民工 -竞赛",
        "“一位老职工说”",
    ),
    *(
        "机器响个不停",
        "最后的结尾语",
        "停工地",
        "结尾语长",
        "长长长",
        "起头 结尾语",
        "不停 最后的结尾语",
        "|",
        "a|b",
        "没有的词",
        "𠮷野",
        "野家",
    ),
]


def told() -> list[tuple[str, str, str]]:
    """Headline, body and day."""
    made = [(one.headline, one.body, one.date) for one in invent(60, seed=3, days=40)]
    return made + [(headline, body, f"2026-01-{n % 5 + 1:02}") for n, (headline, body) in enumerate(ODD)]


def queries() -> list[str]:
    """Those of the list, and pieces of the texts: alone, as phrases, two together, one of them unwanted."""
    rng = random.Random(11)
    texts = [part for headline, body, _ in told() for part in (headline, body[:400]) if len(part) > 1]
    found = []
    for _ in range(25):
        pieces = []
        for _ in range(2):
            chosen = rng.choice(texts)
            start = rng.randrange(len(chosen))
            pieces.append(
                chosen[start : start + rng.choice((1, 2, 3, 4, 5, 9))].translate({34: " ", 8220: " ", 8221: " "})
            )
        found += [pieces[0], f"“{pieces[0]}”", f"“{pieces[0]}” {pieces[1]}", f"{pieces[0]} -“{pieces[1]}”"]
    return LISTED + found


@pytest.fixture(scope="module")
def stores(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Store]]:
    opened = [
        open_store(url) for url in (f"sqlite:///{tmp_path_factory.mktemp('both') / 's.db'}", cluster.new_database())
    ]
    for store in opened:
        with store.write() as connection:
            for n, (headline, body, day) in enumerate(told()):
                articles.put(
                    connection, Draft(f"{n:03}", headline, body, "青禾日报" if n % 3 else None, day), None, None
                )
    yield opened
    for store in opened:
        store.close()


def found_by(store: Store, query: Query) -> list[str]:
    with store.read() as connection:
        total, hits = found.look(connection, query, 0, 500)
        assert total == found.count(connection, query) == len(hits)
        assert [hit.article_id for hit in found.page(connection, query, total, 0, 500)] == [h.article_id for h in hits]
    return [hit.article_id for hit in hits]


def expected(wanted: Sequence[Phrase]) -> list[str]:
    """The newest first, as the tokens say."""
    right = []
    for n, (headline, body, day) in enumerate(told()):
        there = [list(tokens(headline)), list(tokens(body))]
        if all(any(places(each, phrase) for each in there) != phrase.unwanted for phrase in wanted):
            right.append((day, n))
    return [f"{n:03}" for _, n in sorted(right, reverse=True)]


def test_both_databases_find_what_the_tokens_say(stores: list[Store]) -> None:
    asked = queries()
    known: dict[tuple[Phrase, ...], list[str]] = {}
    for query in asked:
        wanted = tuple(phrases(query))
        if wanted in known:
            continue
        known[wanted] = expected(wanted)
        for store in stores:
            assert found_by(store, Query(wanted)) == known[wanted], (store.kind, query)
    assert len(known) > 100 and sum(map(bool, known.values())) > 60 and [] in known.values()


@pytest.mark.parametrize("most", [found.RANKED, 1])
def test_relevance_finds_the_same_articles(stores: list[Store], most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(found, "RANKED", most)
    for query in LISTED[::3]:
        wanted = tuple(phrases(query))
        by_relevance = [found_by(store, Query(wanted, order="relevance")) for store in stores]
        assert sorted(by_relevance[0]) == sorted(by_relevance[1]) == sorted(expected(wanted)), query
        if most == 1 and len(by_relevance[0]) > 1:
            assert by_relevance[0] == by_relevance[1], query  # with the words in the headline first, the newest first
    for store in stores if most > 1 else ():  # more often, in a shorter text, in the headline: better
        assert found_by(store, Query(tuple(phrases("总工会")), order="relevance"))[0] == "060"


def test_filters_and_pages_are_the_same(stores: list[Store]) -> None:
    for filters in ({"source": "青禾日报"}, {"topic": "other"}, {"since": "2026-10-25", "until": "2026-11-05"}):
        for query in ("", "工会", "有关负责人表示", "-工会"):
            asked = Query(tuple(phrases(query)), **filters)  # type: ignore[arg-type]
            one, other = (found_by(store, asked) for store in stores)
            assert one == other
    order: Order
    for order in ("date", "relevance"):
        asked = Query(tuple(phrases("工会")), order=order)
        for store in stores:
            every = found_by(store, asked)
            with store.read() as connection:
                total, hits = found.look(connection, asked, 3, 4)
                assert (total, [hit.article_id for hit in hits]) == (len(every), every[3:7])
                assert found.look(connection, asked, 480, 20) == (len(every), [])


def test_postgresql_indexes_what_is_asked_for(stores: list[Store]) -> None:
    (store,) = (store for store in stores if store.kind == "postgresql")
    with store.write() as connection:
        for _, body, _ in told():
            made = line(body)
            kept = set(connection.execute(text("SELECT search_grams(:line)"), {"line": made}).scalar_one())
            assert kept == set(grams(made)) | {ord(char) for char in made}
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        wanted = found._ordered(connection, Query(tuple(phrases("总工会"))), 1)
        plan = connection.execute(
            text(f"EXPLAIN {wanted.compile(store.engine, compile_kwargs={'literal_binds': True})}")
        )
        assert "ix_search_index_grams" in "\n".join(plan.scalars())


def test_the_index_made_anew_finds_the_same(stores: list[Store]) -> None:
    asked = Query(tuple(phrases("有关负责人表示")))
    for store in stores:
        before = found_by(store, asked)
        with store.write() as connection:
            search.rebuild(connection)
        assert found_by(store, asked) == before != []


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1", "EUC_CN"])
def test_a_database_in_another_encoding_is_refused_before_anything_is_made(cluster: Cluster, encoding: str) -> None:
    url = cluster.new_database(encoding)
    with pytest.raises(BadInput, match=f"is in {encoding}, articles need UTF-8"):
        open_store(url)
    engine = make_engine(url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_what_the_surroundings_say_of_the_encoding_does_not_matter(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "GBK")
    store = open_store(cluster.new_database())
    with store.write() as connection:
        articles.put(connection, Draft("a", "𠮷野", "𠮷野家开业。"), None, None)
    assert found_by(store, Query(tuple(phrases("𠮷野家")))) == ["a"]
    store.close()
