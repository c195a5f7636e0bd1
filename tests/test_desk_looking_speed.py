"""How fast search, figures and corrections answer over many articles, on both databases."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from service.app import create_app
from service.settings import Settings
from service.store.database import open_store
from tests.figures import Figure
from tests.seed_desk import seed

FEW, MANY = 600, 100_000
CALLS = 9
QUERIES = (
    *(
        "工会",
        "会",
        "总工会",
        "记者",
        "有关负责人表示",
        "“一位老职工说”",
        "工会 农民工 -竞赛",
        "工会 记者 有关负责人表示",
        "-总工会",
    ),
    *("7月12日", "绿豆汤", "没有的词"),
)
"""Among them words of every article (记者), of half of them (工会, 会, 有关负责人表示), and of none."""
SEARCHES = [
    *(f"/desk/search?q={q}{more}" for q in QUERIES for more in ("", "&order=relevance")),
    "/desk/search?q=记者&page=500",
    "/desk/search?q=记者&topic=other&source=青禾日报&order=relevance",
    "/desk/search?q=工会&topic=wellbeing&source=青禾日报&from=2026-03-01",
    "/desk/search?page=400",
]
VIEWS = ("/desk/figures", "/desk/figures?weeks=52", "/desk/corrections", "/desk/search")


@dataclass(frozen=True, slots=True)
class Took:
    """Milliseconds of an address: the best of its calls, and their median, which is judged."""

    best: int
    median: int


def filled(url: str, count: int) -> str:
    """The database with so many articles in it."""
    store = open_store(url)
    seed(store, count, corrected=0.05)
    store.close()
    return url


def times(url: str) -> dict[str, Took]:
    """How long every address takes."""
    settings = Settings(database_url=SecretStr(url), topics_bundle="keywords", summaries_bundle="lead")
    told = {}
    with TestClient(create_app(settings), "http://127.0.0.1", client=("127.0.0.1", 50000)) as client:
        for address in (*VIEWS, *SEARCHES):
            taken = []
            for _ in range(CALLS):
                begun = time.perf_counter()
                assert client.get(address).status_code == 200
                taken.append((time.perf_counter() - begun) * 1000)
            told[address] = Took(round(min(taken)), round(statistics.median(taken)))
    return told


def bound(address: str) -> int:
    """Milliseconds that an answer may take."""
    return 500 if "?q=" in address else 200


def check(told: dict[str, Took], slack: int = 1) -> None:
    assert {address: took for address, took in told.items() if took.median >= slack * bound(address)} == {}


def test_a_few_articles_are_quick(database_url: str) -> None:
    check(
        times(filled(database_url, FEW)), slack=10
    )  # on whatever CI has: this one finds what grows with the rows at all


@pytest.mark.long
def test_a_hundred_thousand_articles_are_quick(database_url: str, figure: Figure) -> None:
    told = times(filled(database_url, MANY))
    kind = database_url.partition(":")[0]
    views, search = (max(told[address].median for address in some) for some in (VIEWS, SEARCHES))
    figure(f"desk_looking_ms_{kind}", {"views": views, "search": search})
    print("\n".join(f"{kind} {took.median:5} {took.best:5} {address}" for address, took in told.items()))
    check(told)
