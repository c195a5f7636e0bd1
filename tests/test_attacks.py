"""Attacks as OWASP lists them, over HTTP against the running app. docs/operations.md says which test stands for which attack."""

from __future__ import annotations

import asyncio
import re
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from service import webhooks
from service.cli import main
from service.settings import Settings
from tests.service_client import ARTICLES, ROOT, ready_client

Keys = dict[str, dict[str, str]]


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    monkeypatch.setenv("CAIBIAN_DATABASE_URL", url)
    with ready_client(database_url=SecretStr(url)) as ready:
        yield ready


@pytest.fixture
def keys(client: TestClient, capsys: pytest.CaptureFixture[str]) -> Keys:
    """Headers with a key, by its name."""
    found = {}
    for name, scope in (("tagger", "tag"), ("other", "tag"), ("reviewer", "review"), ("admin", "admin")):
        assert main(["keys", "create", "--name", name, "--scope", scope]) == 0
        found[name] = {"Authorization": f"Bearer {capsys.readouterr().out.strip()}"}
    return found


FORGED = [
    {}, {"X-Scope": "admin"}, {"X-Forwarded-For": "127.0.0.1"}, {"X-Original-URL": "/v1/classify"},
    {"X-HTTP-Method-Override": "GET"}, {"Cookie": "scope=admin"},
]  # fmt: skip


@pytest.mark.parametrize("forged", FORGED, ids=lambda forged: next(iter(forged), "plain"))
def test_a_key_cannot_reach_beyond_its_scope(client: TestClient, keys: Keys, forged: dict[str, str]) -> None:
    correction = {"id": "a-1", "body": ARTICLES[0]["body"], "labels": []}
    tries: list[tuple[str, str, Any]] = [
        ("POST", "/v1/corrections", correction),
        ("POST", "/v1/corrections?scope=admin", correction | {"scope": "admin"}),
        ("GET", "/v1/corrections", None),
        ("POST", "/v1/corrections/x/undo", {}),
        ("DELETE", "/v1/articles/a-1", None),
        ("POST", "/v1/superdesk/ai", {
            "operation": "feedback",
            "data": {"item": {"guid": "a", "body_html": "<p>文。</p>"}, "tags": {"subject": []}},
        }),
    ]  # fmt: skip
    for method, path, body in tries:
        answer = client.request(method, path, json=body, headers=keys["tagger"] | forged)
        assert answer.status_code == 403, (path, answer.text)
        assert answer.json()["type"] == "urn:caibian:problem:forbidden"
    assert client.get("/v1/corrections", headers=keys["reviewer"]).json()["corrections"] == []


def test_a_job_of_another_key_is_not_there(client: TestClient, keys: Keys) -> None:
    made = client.post("/v1/jobs", json={"articles": ARTICLES}, headers=keys["tagger"])
    job = made.json()["id"]
    for who, status in (("other", 404), ("reviewer", 404), ("tagger", 200), ("admin", 200)):
        for method, path in (("GET", ""), ("GET", "/results"), ("GET", "/results?format=csv")):
            answer = client.request(method, f"/v1/jobs/{job}{path}", headers=keys[who])
            assert answer.status_code == status, (who, path)
    cancelled = client.post(f"/v1/jobs/{job}/cancel", headers=keys["other"])
    missing = client.get("/v1/jobs/" + "0" * 32, headers=keys["other"])
    assert cancelled.status_code == missing.status_code == 404
    assert cancelled.json()["detail"] == missing.json()["detail"]  # nothing tells that it is there
    assert client.get("/v1/jobs", headers=keys["other"]).json() == {"jobs": []}
    assert client.get(f"/v1/jobs/{job}", headers=keys["admin"]).json()["state"] != "cancelled"


SQL = [
    "' OR '1'='1",
    "a-1'; DROP TABLE articles; --",
    "x' UNION SELECT digest FROM keys --",
    'a"b',
    "%",
    "a\\' OR 1=1#",
    "1) OR (1=1",
]


@pytest.mark.parametrize("given", SQL)
def test_sql_in_a_name_is_a_name(client: TestClient, given: str) -> None:
    from urllib.parse import quote

    assert client.put("/v1/articles/a-1", json={"body": ARTICLES[0]["body"]}).status_code == 201
    assert client.get(f"/v1/articles/{quote(given, safe='')}").status_code == 404
    assert client.get("/v1/corrections", params={"article": given}).json()["corrections"] == []
    assert client.get(f"/v1/jobs/{quote(given, safe='')}").status_code == 404
    for name, where in (("after", "/v1/corrections"), ("limit", "/v1/corrections"), ("limit", "/v1/jobs")):
        assert client.get(where, params={name: given}).status_code == 422
    assert client.put(f"/v1/articles/{quote(given, safe='')}", json={"body": given + "文。"}).status_code == 201
    assert client.get(f"/v1/articles/{quote(given, safe='')}").json()["id"] == given
    assert client.delete(f"/v1/articles/{quote(given, safe='')}").status_code == 204
    assert client.get("/v1/articles/a-1").status_code == 200


@pytest.mark.parametrize("given", ["x\r\nSet-Cookie: a=b", "x\nX-Forged: 1", "x\r\n\r\n<script>", "x" * 500])
def test_no_answer_has_a_header_that_a_caller_wrote(client: TestClient, given: str) -> None:
    from urllib.parse import quote

    for path in (f"/v1/jobs/{quote(given)}/results?format=csv", f"/v1/articles/{quote(given)}", f"/{quote(given)}"):
        answer = client.get(path, headers={b"X-Request-ID": given.encode()})
        assert not {"set-cookie", "x-forged"} & set(answer.headers), path
        assert re.fullmatch(r"[\w.-]{1,64}", answer.headers["x-request-id"])
        assert given[:60] not in str(answer.headers)


TEMPLATES = [
    "{{7*7}}",
    "${7*7}",
    "<%= 7*7 %>",
    "{% raw %}",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "'\"><svg/onload=1>",
]


def test_templates_and_scripts_in_a_text_are_text(client: TestClient) -> None:
    for n, given in enumerate(TEMPLATES):
        body = {
            "headline": f"{given}送清凉",
            "body": f"7月12日，{given}，县总工会走进工地送去绿豆汤。",
            "source": given,
        }
        assert client.put(f"/v1/articles/t-{n}", json=body).status_code == 201
        assert client.get(f"/v1/articles/t-{n}").json()["headline"] == body["headline"]
    for path in ["/desk", *[f"/desk/articles/t-{n}" for n in range(len(TEMPLATES))]]:
        page = client.get(path)
        assert page.status_code == 200, (path, page.text[:300])
        assert "送清凉" in page.text
        assert not [t for t in TEMPLATES if t.startswith("<") and t in page.text], path
        assert "onerror=alert" not in page.text.replace("&lt;img src=x onerror=alert(1)&gt;", "")
        assert "49送清凉" not in page.text
        policy = page.headers["content-security-policy"]
        assert (
            "script-src 'self'" in policy and "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]
        )


class Redirecting(BaseHTTPRequestHandler):
    """Sends everybody on to /secret."""

    paths: list[str]

    def do_POST(self) -> None:
        self.paths.append(self.path)
        self.send_response(307)
        self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/secret")  # type: ignore[attr-defined]
        self.end_headers()

    do_GET = do_POST  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Silent."""


def test_a_webhook_does_not_follow_a_redirect() -> None:
    Redirecting.paths = []
    with HTTPServer(("127.0.0.1", 0), Redirecting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        place = f"127.0.0.1:{server.server_port}"
        settings = Settings(webhook_hosts=f"{place},127.0.0.1/32", webhook_secret=SecretStr("s"))
        assert asyncio.run(webhooks.send(f"http://{place}/hook", {"job": "j"}, settings)) is False
        server.shutdown()
    assert Redirecting.paths == ["/hook"]


def test_a_webhooks_name_that_changes_its_address_leads_nowhere() -> None:
    """DNS rebinding: allowed when the job comes, a private address when the call goes out; it is looked up once a call."""
    Redirecting.paths = []
    asked: list[str] = []
    with HTTPServer(("127.0.0.1", 0), Redirecting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings = Settings(webhook_hosts=f"desk.example.cn:{server.server_port}", webhook_secret=SecretStr("s"))
        url = f"http://desk.example.cn:{server.server_port}/hook"
        webhooks.check_url(url, settings)
        for address in ("127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254", "10.0.0.7", "fd00::1", "0.0.0.0"):  # noqa: S104

            def look_up(host: str, port: int, address: str = address) -> list[str]:
                asked.append(host)
                return [address]

            assert asyncio.run(webhooks.send(url, {"job": "j"}, settings, look_up)) is False, address
        server.shutdown()
    assert asked == ["desk.example.cn"] * 7
    assert Redirecting.paths == []


PATHS = [
    "/static/../settings.py", "/static/%2e%2e/settings.py", "/static/..%2fsettings.py", "/static/%2e%2e%2f%2e%2e%2fpyproject.toml",
    "/static/....//settings.py", "/static//etc/passwd", "/static/%00", "/static/..%5csettings.py", "/../etc/passwd",
    "/static/%252e%252e/settings.py",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_no_path_leads_out_of_the_static_files(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (400, 404, 422)
    assert "BaseSettings" not in answer.text and "root:" not in answer.text and "[project]" not in answer.text


@pytest.mark.parametrize("name", ["../../x.txt", "/etc/cron.d/x.txt", "..\\x.txt", "a/../../x.txt", "x.txt\0.zip"])
def test_no_name_of_a_file_leads_out_of_the_upload(client: TestClient, name: str, tmp_path: Path) -> None:
    refused = client.post("/v1/jobs", params={"name": name}, content="文。".encode())
    assert refused.status_code == 422
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name.replace("\0", ""), "7月12日，县总工会走进工地，为建筑工人送去绿豆汤。")
    before = {path for path in ROOT.parent.glob("*")} | set(Path("/etc/cron.d").glob("*"))  # noqa: C416
    made = client.post("/v1/jobs", params={"name": "a.zip"}, content=packed.getvalue())
    assert made.status_code in (202, 422)
    assert ({path for path in ROOT.parent.glob("*")} | set(Path("/etc/cron.d").glob("*"))) == before  # noqa: C416


XML_BOMB = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "哈哈哈哈哈哈哈哈哈哈">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + ']><nitf><body><body.content><p>&i;</p></body.content></body></nitf>'
)  # fmt: skip
XML_FILE = (
    '<?xml version="1.0"?><!DOCTYPE n [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    "<nitf><body><body.content><p>&x;县总工会送清凉。</p></body.content></body></nitf>"
)


@pytest.mark.parametrize("given", [XML_BOMB, XML_FILE], ids=["bomb", "file"])
def test_entities_of_xml_are_neither_expanded_nor_read(client: TestClient, given: str) -> None:
    import time

    began = time.process_time()
    made = client.post("/v1/jobs", params={"name": "a.xml"}, content=given.encode())
    assert made.status_code in (202, 422), made.text
    assert time.process_time() - began < 5
    if made.status_code == 202:
        until = time.monotonic() + 60
        while client.get(f"/v1/jobs/{made.json()['id']}").json()["state"] != "done":
            assert time.monotonic() < until
            time.sleep(0.05)
        told = client.get(f"/v1/jobs/{made.json()['id']}/results").text
        assert "root:" not in told and "哈哈哈" not in told


def test_a_session_that_was_set_before_signing_in_is_worth_nothing(client: TestClient, keys: Keys) -> None:
    """Session fixation: an attacker plants an id, the victim signs in, the attacker uses it."""
    key = keys["reviewer"]["Authorization"].removeprefix("Bearer ")
    planted = "A" * 43
    client.cookies.set("caibian_session", planted)
    answer = client.post("/login", json={"key": key})
    assert answer.status_code == 200
    given = re.match(r"caibian_session=([\w-]{43});", answer.headers["set-cookie"])
    assert given and given[1] != planted
    assert "HttpOnly" in answer.headers["set-cookie"] and "SameSite=strict" in answer.headers["set-cookie"]
    client.cookies.clear()
    client.cookies.set("caibian_session", planted)
    assert client.get("/session").status_code == 401
