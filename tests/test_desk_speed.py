"""How long queue and article take over many stored articles, on both databases: 2,000 here, 100,000 with make test-long."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from service.store.database import open_store
from tests.figures import Figure
from tests.seed_desk import seed
from tests.service_client import ready_client

MILLISECONDS = 200
"""Of a view: the quickest of its calls. The others wait for what else the machine does."""
SMALL, FULL = 2_000, 100_000
VIEWS = (
    "/desk",
    "/desk?state=unread",
    "/desk?state=done",
    "/desk?state=unread&topic=wellbeing",
    "/desk?topic=other",
    "/desk?state=unread&source=青禾日报",
    "/desk?state=unread&topic=skills_contest&source=云岭晚报&from=2026-03-01&to=2026-06-30",
    "/desk?state=unread&from=2026-10-01",
    "/desk?state=done&from=2025-12-01&to=2025-12-02",
    "/desk?state=open&source=没有的报",
)


def measured(client: TestClient, address: str, tries: int = 7) -> tuple[float, Any]:
    """The quickest of a few calls in milliseconds, and the last answer; the first call, which opens things, does not count."""
    times = []
    for _ in range(tries + 1):
        started = time.perf_counter()
        answer = client.get(address, follow_redirects=False)
        times.append((time.perf_counter() - started) * 1000)
        assert answer.status_code in (200, 303), (address, answer.text)
    return min(times[1:]), answer


def times_of(client: TestClient) -> dict[str, float]:
    """Every view of queue and article, its second page and the way to the next article included."""
    told = {}
    for address in VIEWS:
        told[address], answer = measured(client, address)
        more = re.search(r'rel="next" href="([^"]+)"', answer.text)
        if more:
            told[f"{address} page 2"], _ = measured(client, more[1].replace("&amp;", "&"))
    for name in ("s-000000", "s-000777", "s-001999"):
        told[f"article {name}"], _ = measured(client, f"/desk/articles/{name}?state=unread&topic=wellbeing")
        told[f"next {name}"], _ = measured(client, f"/desk/next?state=unread&source=青禾日报&after={name}")
    return told


@pytest.mark.parametrize("count", [SMALL, pytest.param(FULL, marks=pytest.mark.long)])
def test_queue_and_article_answer_at_once(database_url: str, count: int, figure: Figure) -> None:
    store = open_store(database_url)
    seed(store, count)
    kind = store.kind
    if kind == "postgresql":
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    store.close()
    with ready_client(database_url=SecretStr(database_url)) as client:
        told = times_of(client)
    print("\n".join(f"{kind} {count} {value:7.1f} ms  {address}" for address, value in told.items()))
    if count == FULL:
        figure(f"desk_{kind}_slowest_ms", round(max(told.values()), 1))
    slack = (
        1 if count == FULL else 5
    )  # the short form runs on whatever CI has: it finds what grows with the rows at all
    slow = {address: value for address, value in told.items() if value > slack * MILLISECONDS}
    assert slow == {}
