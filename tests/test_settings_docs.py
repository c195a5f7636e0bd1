"""docs/settings.md says what service/settings.py says, and the settings are what they claim."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from models.errors import BadInput
from service.problems import KINDS
from service.routes import router
from service.settings import PREFIX, Settings, read_settings, settings_table, unknown_settings
from tests.service_client import ready_client

DOCS = Path(__file__).parents[1] / "docs"


def test_the_table_of_the_docs_is_the_class() -> None:
    assert settings_table() in (DOCS / "settings.md").read_text("utf-8"), f"put this in:\n{settings_table()}"


def test_every_setting_is_described_and_read_from_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(field.description for field in Settings.model_fields.values())
    monkeypatch.setenv("CAIBIAN_MAX_ARTICLES", "7")
    monkeypatch.setenv("CAIBIAN_ALLOW_OPEN", "1")
    monkeypatch.setenv("CAIBIAN_TOPICS_BUNDLE", "")
    settings = read_settings()
    assert (settings.max_articles, settings.allow_open, settings.topics_bundle) == (7, True, None)


@pytest.mark.parametrize(("name", "value"), [("THREADS", "-1"), ("LOG_LEVEL", "loud"), ("MAX_ARTICLES", "0")])
def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(BadInput, match=PREFIX + name):
        read_settings()


def test_a_misspelt_variable_is_pointed_out() -> None:
    assert unknown_settings({"CAIBIAN_THREADS": "1", "PATH": "x"}) == []
    (sentence,) = unknown_settings({"CAIBIAN_MAX_ARTICLE": "1"})
    assert "CAIBIAN_MAX_ARTICLES" in sentence


def test_every_curl_line_of_the_rest_docs_works() -> None:
    blocks = re.findall(r"```sh\n(.*?)```", (DOCS / "rest.md").read_text("utf-8"), re.DOTALL)
    assert len(blocks) >= 7
    with ready_client() as client:
        for block in blocks:
            command, *options = shlex.split(block)
            address = next(o for o in options if o.startswith("http://127.0.0.1:8000/"))
            path = address.removeprefix("http://127.0.0.1:8000")
            sent = next((options[n + 1] for n, o in enumerate(options) if o in ("-d", "--data-binary")), None)
            if sent is not None:
                headers = dict(options[n + 1].split(": ") for n, o in enumerate(options) if o == "-H")
                answer = client.post(path, content=sent.encode(), headers=headers)
            else:
                answer = client.get(path)
            assert (command, answer.status_code) == ("curl", 200), block


def test_the_rest_docs_name_every_route_and_every_problem() -> None:
    text = (DOCS / "rest.md").read_text("utf-8")
    for kind in KINDS:
        assert f"urn:caibian:problem:{kind}`" in text
    for path in [route.path for route in router.routes] + ["/health/live", "/health/ready", "/metrics", "/docs"]:  # type: ignore[attr-defined]
        assert path in text
