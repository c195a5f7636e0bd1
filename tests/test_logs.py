"""What is logged: JSON lines with the request's id, settings without secrets, and never a word of an article or of a secret."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from models.keywords import KeywordClassifier
from service import logs
from service.settings import Settings, effective, without_secrets
from tests.server import Server
from tests.service_client import ready_client

MARK = "独家密闻"
"""Stands in every text, name and id that the tests send."""


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything that is logged, in the service's own format, debug lines included."""
    stream, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonLines(error_text=False))
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    # What the test's own client and the loop say is not the service's.
    quiet = [logging.getLogger(name) for name in ("httpx2", "httpcore2", "httpx", "asyncio")]
    levels = [logger.level for logger in quiet]
    for logger in quiet:
        logger.setLevel(logging.CRITICAL)
    yield stream
    for logger, level in zip(quiet, levels, strict=True):
        logger.setLevel(level)
    root.removeHandler(handler)
    root.setLevel(before)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def operations(client: TestClient) -> list[tuple[str, str, dict[str, Any]]]:
    paths = client.get("/openapi.json").json()["paths"]
    return [(m.upper(), path, told) for path, item in paths.items() for m, told in item.items()]


def test_no_text_of_an_article_is_logged_by_any_route(written: io.StringIO, tmp_path: Path) -> None:
    body = f"7月12日，{MARK}，青禾县总工会走进工地，为三百二十名建筑工人送去绿豆汤。"
    good: dict[str, Any] = {
        "/v1/classify": {"articles": [{"id": MARK, "headline": MARK, "body": body}]},
        "/v1/pages": {"text": f"{MARK}\n\n本报记者 林晓舟\n\n　　{body}"},
        "/v1/articles/{article_id}": {"headline": MARK, "body": body, "source": MARK},
        "/v1/corrections": {"id": MARK, "body": body, "summary": body, "editor": MARK, "note": MARK},
        "/v1/jobs": {"articles": [{"id": MARK, "headline": MARK, "body": body}]},
        "/v1/superdesk/ai": {"item": {"guid": MARK, "headline": MARK, "body_html": f"<p>{body}</p>"}},
    }
    good["/v1/summarize"] = good["/v1/tag"] = good["/v1/classify"]
    bad = [{"articles": [{MARK: MARK, "body": 5}]}, {"text": [MARK]}, {"body": body + "\0"}, {MARK: MARK}, [MARK], MARK]
    with ready_client(database_url=SecretStr(f"sqlite:///{tmp_path / 'a.db'}")) as client:
        found = operations(client)
        for method, path, _ in found:
            filled = path
            for name in ("{article_id}", "{job_id}", "{correction_id}"):
                filled = filled.replace(name, MARK)
            filled = filled.replace("{", MARK).replace("}", "") + f"?article={MARK}&limit={MARK}&format={MARK}"
            for given in [good.get(path), *bad]:
                client.request(method, filled.partition("?")[0] if given == good.get(path) else filled, json=given)
            broken = json.dumps({"body": body}, ensure_ascii=False).encode()[:-9]
            client.request(method, filled, content=broken, headers={"Content-Type": "application/json"})
            client.request(method, filled, content=broken, headers={"Content-Type": "text/csv"})
        answer = client.put(f"/v1/articles/{MARK}", json=good["/v1/articles/{article_id}"])
        assert answer.status_code in (200, 201)
        client.delete(f"/v1/articles/{MARK}")
    logged = lines(written)
    assert len(logged) > len(found) * 5
    assert MARK not in written.getvalue()
    assert MARK.encode("unicode_escape").decode() not in written.getvalue()


@pytest.mark.parametrize("route", ["/v1/classify", "/v1/tag"])
def test_an_error_that_quotes_the_article_is_logged_by_kind_and_place(
    written: io.StringIO, monkeypatch: pytest.MonkeyPatch, route: str
) -> None:
    def broken(self: KeywordClassifier, articles: Any) -> Any:
        try:
            raise KeyError(articles[0].body)
        except KeyError as error:
            raise ValueError(f"cannot read {articles[0].body}") from error

    with ready_client() as client:
        monkeypatch.setattr(KeywordClassifier, "classify", broken)
        answer = client.post(route, json={"articles": [{"body": MARK + "。"}]}, headers={"X-Request-ID": "r-7"})
        assert (answer.status_code, answer.json()["instance"]) == (500, "urn:caibian:request:r-7")
    assert MARK not in answer.text + written.getvalue()
    (told,) = [line for line in lines(written) if line.get("error") == "ValueError"]
    assert told["request"] == "r-7"
    assert "builtins.KeyError" in told["stack"]
    assert any("test_logs.py" in frame for frame in told["stack"])


def test_the_words_of_an_error_are_logged_when_asked_for() -> None:
    def logged(kind: type[logging.Formatter], **options: Any) -> str:
        record = logging.LogRecord("caibian", logging.ERROR, "", 0, "broke", (), None)
        try:
            raise ValueError(MARK)
        except ValueError as error:
            record.exc_info = (ValueError, error, error.__traceback__)
        return kind(**options).format(record)

    for kind in (logs.JsonLines, logs.Lines):
        assert MARK in logged(kind, error_text=True)
        assert MARK not in logged(kind, error_text=False)
        assert "ValueError" in logged(kind, error_text=False)


def test_a_log_line_cannot_be_forged() -> None:
    record = logging.LogRecord("caibian", logging.INFO, "", 0, "a %s", ("b\n2026 INFO caibian forged\x1b[2J",), None)
    for kind in (logs.JsonLines, logs.Lines):
        line = kind(error_text=False).format(record)
        assert len(line.splitlines()) == 1 and "\x1b" not in line, line


def test_every_line_of_a_request_has_its_id_and_fields(written: io.StringIO) -> None:
    with ready_client() as client:
        assert client.post("/v1/classify", content=b"{", headers={"Content-Type": "application/json",
                                                                  "X-Request-ID": "r-1"}).status_code == 400  # fmt: skip
    (line,) = [line for line in lines(written) if line.get("route") == "/v1/classify"]
    assert (line["request"], line["method"], line["status"], line["level"]) == ("r-1", "POST", 400, "info")
    assert line["ms"] > 0 and line["time"].endswith("Z") and line["logger"] == "caibian"
    outside = [line for line in lines(written) if "ready:" in line["message"]]
    assert outside and "request" not in outside[0]


SECRETS = ["geheim-1", "geheim-2", "geheim-3"]


def test_the_settings_in_force_are_printed_without_secrets(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    settings = {
        "CAIBIAN_WEBHOOK_SECRET": SECRETS[0],
        "CAIBIAN_WEBHOOK_HOSTS": "desk.example.cn",
        "CAIBIAN_MAX_ARTICLES": "77",
    }
    with Server(tmp_path, url, 0.0, **settings) as server:
        server.call("/health/ready")
        log = server.log()
    (line,) = [json.loads(x)["message"] for x in log.splitlines() if '"settings: ' in x]
    assert "CAIBIAN_MAX_ARTICLES=77" in line and "CAIBIAN_WEBHOOK_HOSTS=desk.example.cn" in line
    assert "CAIBIAN_WEBHOOK_SECRET='***'" in line and f"CAIBIAN_DATABASE_URL={url}" in line
    assert not any(secret in log for secret in SECRETS)
    assert all(json.loads(x)["time"] for x in log.splitlines())  # no line that is no JSON


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("postgresql://caibian:geheim-1@db:5432/news", "postgresql://caibian:***@db:5432/news"),
        ("postgresql://caibian:p%40ss@[::1]:5432/news", "postgresql://caibian:***@[::1]:5432/news"),
        ("postgresql://db/news?user=a&password=geheim-2&sslpassword=geheim-3",
         "postgresql://db/news?user=***&password=***&sslpassword=***"),
        ("postgresql://caibian@/news?host=/run/pg", "postgresql://caibian@/news?host=***"),
        ("sqlite:////var/lib/a.db", "sqlite:////var/lib/a.db"),
        ("http://me:geheim-1@[", "***"),
        ("keywords", "keywords"),
    ],
)  # fmt: skip
def test_an_address_is_shown_without_its_secrets(given: str, shown: str) -> None:
    assert without_secrets(given) == shown


def test_every_secret_setting_is_masked() -> None:
    secret = {n: SecretStr("geheim-1") for n, f in Settings.model_fields.items() if "SecretStr" in str(f.annotation)}
    assert len(secret) >= 2
    told = effective(Settings(**(secret | {"database_url": SecretStr("postgresql://a:geheim-1@h/n")})))  # type: ignore[arg-type]
    assert "geheim" not in str(told)
    assert set(told) == {f"CAIBIAN_{name.upper()}" for name in Settings.model_fields}
