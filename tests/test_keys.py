"""Keys over HTTP and on the command line: who gets in, how often, until when; and what a browser must not be made to do."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from models.errors import BadInput
from service.app import create_app
from service.cli import main
from service.limiter import LONGEST_WAIT, Limiter, Throttle
from service.settings import Settings
from service.storage import Storage
from service.store import keys as kept
from service.store.database import open_store
from service.tokens import digest_of, new_token, read_expiry, read_rate
from tests.service_client import ARTICLES, HERE, floors, ready_client, wait_ready

CALL = {"articles": ARTICLES[:1]}


@pytest.fixture
def url(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("CAIBIAN_DATABASE_URL", database_url)
    return database_url


@pytest.fixture
def client(url: str) -> Iterator[TestClient]:
    with ready_client(database_url=SecretStr(url)) as ready:
        yield ready


def make_key(capsys: pytest.CaptureFixture[str], *options: str, name: str = "编辑部") -> str:
    assert main(["keys", "create", "--name", name, *options]) == 0
    return capsys.readouterr().out.strip()


def classify(client: TestClient, key: str | None = None, **headers: str) -> Any:
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    return client.post("/v1/classify", json=CALL, headers=headers)


def kind(answer: Any) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


def test_with_a_key_every_call_needs_one(client: TestClient, capsys: pytest.CaptureFixture[str], url: str) -> None:
    assert classify(client).status_code == 200  # no key yet: loopback is open
    key = make_key(capsys)
    assert re.fullmatch(r"cb_[0-9a-f]{10}_[\w-]{43}", key)
    assert kind(classify(client)) == (401, "unauthorized")
    assert classify(client).headers["www-authenticate"] == "Bearer"
    assert classify(client, key).status_code == 200
    changed = key[:-1] + ("A" if key[-1] != "A" else "B")
    for wrong in (changed, key[:-1], "", "x", "cb_" + "0" * 10 + key[13:], key + "é" * 3, "a" * 8000):
        answer = client.post("/v1/classify", json=CALL, headers={b"Authorization": f"Bearer {wrong}".encode()})
        assert kind(answer) == (401, "unauthorized"), wrong
    assert kind(classify(client, Authorization=f"Basic {key}")) == (401, "unauthorized")
    for method, path in every_route(client):
        assert client.request(method, path).status_code == 401, path
    assert client.get("/v1/nowhere").status_code == 401
    for path in ("/health/live", "/health/ready", "/metrics", "/", "/docs", "/login", "/openapi.json"):
        assert client.get(path).status_code == 200, path
    store = open_store(url)
    with store.read() as connection:
        (row,) = kept.every(connection)
    store.close()
    assert row.digest == digest_of(key)


def every_route(client: TestClient) -> list[tuple[str, str]]:
    paths = client.get("/openapi.json").json()["paths"]
    found = [(m.upper(), re.sub(r"{.*?}", "x", p)) for p, item in paths.items() for m in item if p.startswith("/v1")]
    assert len(found) >= 4
    return found


def test_a_revoked_or_expired_key_is_refused_at_once_and_the_service_stays_closed(
    client: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    key, brief = make_key(capsys), make_key(capsys, "--expires", "2s", name="短")
    assert classify(client, brief).status_code == 200
    time.sleep(2.05)
    assert kind(classify(client, brief)) == (401, "unauthorized")
    assert classify(client, key).status_code == 200
    assert main(["keys", "revoke", "编辑部"]) == 0
    assert kind(classify(client, key)) == (401, "unauthorized")
    assert kind(classify(client)) == (401, "unauthorized")
    assert main(["keys", "revoke", "编辑部"]) == 2
    assert "keys list" in capsys.readouterr().err


def test_a_rate_and_a_quota_are_kept_and_say_when_to_come_back(
    client: TestClient, capsys: pytest.CaptureFixture[str], url: str
) -> None:
    slow, little = make_key(capsys, "--rate", "2/hour"), make_key(capsys, "--quota", "3", name="little")
    assert [classify(client, slow).status_code for _ in range(3)] == [200, 200, 429]
    refused = classify(client, slow)
    assert kind(refused) == (429, "rate-limited")
    assert 1700 < int(refused.headers["retry-after"]) <= 1800
    assert [classify(client, little).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = classify(client, little)
    assert kind(refused) == (429, "quota-used-up")
    assert 0 < int(refused.headers["retry-after"]) <= 86400
    with ready_client(database_url=SecretStr(url)) as other:  # a process that starts later knows of it
        until = time.monotonic() + 10
        while used(capsys)["little"]["today"] < 3:
            assert time.monotonic() < until
            time.sleep(0.05)
        assert kind(classify(other, little)) == (429, "quota-used-up")
    assert used(capsys)["little"]["last_used"]


def test_what_an_open_page_says_by_itself_is_no_call_of_the_day(
    client: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    key = make_key(capsys, "--quota", "2", name="little")
    headers = {"Authorization": f"Bearer {key}"}
    for _ in range(5):
        beat = client.post("/desk/api/presence", json={"id": "none", "holder": "0" * 32}, headers=headers)
        assert beat.status_code == 404  # no such article: it was let through
    assert [classify(client, key).status_code for _ in range(3)] == [200, 200, 429]


def used(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["keys", "list", "--json"]) == 0
    return {row["name"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}


def test_listing_shows_no_secret(client: TestClient, capsys: pytest.CaptureFixture[str], url: str) -> None:
    key = make_key(capsys, "--rate", "60/minute", "--quota", "9", "--expires", "30d", "--scope", "review")
    for option in ([], ["--json"]):
        assert main(["keys", "list", *option]) == 0
        said = capsys.readouterr()
        assert "编辑部" in said.out and "review" in said.out
        assert key[14:] not in said.out + said.err
        assert digest_of(key) not in said.out + said.err


@pytest.mark.parametrize(
    "options",
    [["--name", ""], ["--name", "a\nb"], ["--name", "x", "--rate", "0/s"], ["--name", "x", "--rate", "fast"],
     ["--name", "x", "--expires", "soon"], ["--name", "x" * 129]],
)  # fmt: skip
def test_a_wrong_word_makes_no_key(options: list[str], url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "create", *options]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: ")


def test_rates_and_times_in_words() -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    assert [read_rate(r) for r in ("5", "60/minute", "5/s", "100 per hour", "7/days")] == [
        (5, 60), (60, 60), (5, 1), (100, 3600), (7, 86400),
    ]  # fmt: skip
    assert read_expiry("90d", now) == read_expiry("90", now) == now + timedelta(days=90)
    assert read_expiry("2027-01-31", now) == datetime(2027, 1, 31, tzinfo=UTC)
    assert read_expiry("2027-01-31T08:00+08:00", now) == datetime(2027, 1, 31, tzinfo=UTC)
    with pytest.raises(BadInput):
        read_expiry("1d2", now)


def test_a_bucket_fills_again_and_an_address_waits_longer_each_time() -> None:
    now = [0.0]
    limiter, throttle = Limiter(lambda: now[0]), Throttle(lambda: now[0])
    _, key_id, digest = new_token()
    key = kept.Key(key_id, "x", digest, "tag", (2, 10), None, datetime.now(UTC), None, None, None)
    assert [limiter.over_rate(key) for _ in range(3)] == [None, None, 5]
    now[0] += 5
    assert [limiter.over_rate(key), limiter.over_rate(key)] == [None, 5]
    waits = []
    for _ in range(20):
        throttle.failed("a")
        waits.append(throttle.wait("a"))
    assert waits[:6] == [None, None, None, None, 2, 4]
    assert waits[-1] == LONGEST_WAIT
    assert throttle.wait("b") is None
    for n in range(10_001):
        throttle.failed(f"n{n}")
    assert throttle.wait("a") is None  # forgotten, so that memory stays bounded
    throttle.failed("c")
    throttle.succeeded("c")
    assert throttle.wait("c") is None


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "10.0.0.1", "", "[::2]", "["]
)
def test_without_a_key_another_name_of_this_machine_is_refused(host: str) -> None:
    """DNS rebinding: a page of evil.example whose name then leads to 127.0.0.1."""
    with ready_client() as client:
        assert kind(classify(client, Host=host)) == (403, "forbidden")
        assert client.get("/session", headers={"Host": host}).status_code == 403
        for good in ("localhost:8000", "127.0.0.1", "[::1]:8000", "LOCALHOST"):
            assert classify(client, Host=good).status_code == 200, good
        for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):  # a proxy on this machine lets others in
            assert kind(classify(client, **{name: "203.0.113.7"})) == (403, "forbidden")
    with TestClient(create_app(Settings(), floors()), base_url="http://192.168.1.5:8000") as client:
        wait_ready(client)
        assert kind(classify(client, Host="localhost")) == (403, "forbidden")  # reached from outside
    with ready_client(allow_open=True) as client:
        assert classify(client, Host="caibian.internal").status_code == 200


CROSS = [
    {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:9000"},
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://["},
]  # fmt: skip


@pytest.mark.parametrize("headers", CROSS)
def test_another_sites_page_cannot_use_a_service_without_keys(headers: dict[str, str]) -> None:
    for open_ in (False, True):
        with ready_client(allow_open=open_) as client:
            assert kind(classify(client, **headers)) == (403, "forbidden")
            ours = {"Origin": HERE, "Sec-Fetch-Site": "same-origin"}
            assert classify(client, **ours).status_code == 200
            # What a form or a script without preflight can send is no JSON.
            plain = client.post("/v1/classify", content=json.dumps(CALL), headers={"Content-Type": "text/plain"})
            assert plain.status_code == 415


def sign_in(client: TestClient, key: str, **headers: str) -> Any:
    return client.post("/login", json={"key": key}, headers=headers)


def test_a_browser_signs_in_and_out(client: TestClient, capsys: pytest.CaptureFixture[str], url: str) -> None:
    assert client.get("/session").json()["open"] is True
    key = make_key(capsys, "--scope", "review")
    assert client.get("/session").status_code == 401
    client.cookies.set("caibian_session", "chosen-by-an-attacker")
    answer = sign_in(client, key)
    assert answer.status_code == 200
    cookie = answer.headers["set-cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Path=/", "Max-Age=43200"))
    session = re.match(r"caibian_session=([\w-]{43});", cookie)
    assert session and "chosen" not in cookie and key not in cookie
    client.cookies.clear()
    client.cookies.set("caibian_session", session[1])
    csrf = client.get("/session").json()["csrf"]
    assert client.get("/session").json() | {"expires": 0} == {
        "open": False, "name": "编辑部", "scope": "review", "csrf": csrf, "expires": 0,
    }  # fmt: skip
    assert kind(classify(client)) == (403, "forbidden")  # no token
    assert kind(classify(client, **{"X-CSRF-Token": csrf[:-1] + "!"})) == (403, "forbidden")
    assert kind(classify(client, **{"X-CSRF-Token": csrf, "Origin": "http://evil.example"})) == (403, "forbidden")
    assert classify(client, **{"X-CSRF-Token": csrf}).status_code == 200

    again = sign_in(client, key)  # another id, and the old one is gone
    second = re.match(r"caibian_session=([\w-]{43});", again.headers["set-cookie"])
    assert second and second[1] != session[1]
    for old, there in ((session[1], False), (second[1], True)):
        client.cookies.clear()
        client.cookies.set("caibian_session", old)
        assert (client.get("/session").status_code == 200) is there
    csrf = client.get("/session").json()["csrf"]
    assert client.post("/logout").status_code == 403
    assert client.post("/logout", headers={"X-CSRF-Token": csrf}).status_code == 204
    client.cookies.set("caibian_session", second[1])
    assert kind(classify(client, **{"X-CSRF-Token": csrf})) == (401, "unauthorized")


def test_a_session_ends_with_its_key_and_with_its_time(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    with ready_client(database_url=SecretStr(url)) as client:
        key = make_key(capsys)
        assert sign_in(client, key).status_code == 200
        assert client.get("/session").status_code == 200
        assert main(["keys", "revoke", "编辑部"]) == 0
        assert client.get("/session").status_code == 401
        brief = make_key(capsys, "--expires", "2s", name="brief")
        assert sign_in(client, brief).status_code == 200
        time.sleep(2.05)
        assert client.get("/session").status_code == 401
        assert sign_in(client, brief).status_code == 401


def test_guessing_keys_is_slowed_down_and_other_sites_cannot_sign_in(
    client: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    key = make_key(capsys)
    assert kind(sign_in(client, key, Origin="http://evil.example")) == (403, "forbidden")
    assert [sign_in(client, "cb_no").status_code for _ in range(6)] == [401] * 5 + [429]
    refused = sign_in(client, key)  # even the right one waits now
    assert kind(refused) == (429, "rate-limited")
    assert int(refused.headers["retry-after"]) >= 1
    assert kind(client.post("/login", json={"key": 5}))[0] in (422, 429)


def test_serving_beyond_loopback_needs_a_key(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--host", "0.0.0.0", "--port", "0"]) == 2  # noqa: S104
    assert "keys create" in capsys.readouterr().err


def test_nothing_of_a_key_stands_in_the_log(
    client: TestClient, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    key = make_key(capsys)
    classify(client, key)
    classify(client, key[:-2])
    sign_in(client, key)
    client.get("/v1/classify?key=" + key, headers={"X-Request-ID": "a\nforged line"})
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("httpx2")]
    assert any("/v1/classify" in line for line in ours)
    assert not [line for line in ours if key[14:-2] in line or "forged" in line]


def test_a_store_that_is_down_lets_known_keys_go_on_or_refuses_as_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from models.errors import StoreDown

    url = f"sqlite:///{tmp_path / 'a.db'}"
    monkeypatch.setenv("CAIBIAN_DATABASE_URL", url)
    key, other = make_key(capsys), make_key(capsys, name="never seen")

    async def down(self: Storage, *given: Any, **named: Any) -> Any:
        raise StoreDown("down")

    for policy, expected in (("serve", 200), ("refuse", 503)):
        with ready_client(database_url=SecretStr(url), store_down=policy) as client, monkeypatch.context() as patch:
            assert classify(client, key).status_code == 200
            patch.setattr(Storage, "read", down)
            assert classify(client, key).status_code == expected
            assert kind(classify(client, other)) == (503, "store-down")
            assert kind(classify(client)) == (503, "store-down")
            assert kind(client.get("/health/ready")) == (503, "store-down")
            assert client.get("/health/live").status_code == 200
            patch.undo()
            assert classify(client, other).status_code == 200
            assert client.get("/health/ready").status_code == 200
