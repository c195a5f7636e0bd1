"""The loop from correction to a better bundle, as docs/desk.md says it: editors correct at the desk, the corrections' home exports,
training learns, publish compares, the running service takes the new bundle up, and an admin goes back.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from models.registry import Places
from service.app import create_app
from service.correction_routes import UNKNOWN
from service.desk import figures
from service.settings import Settings
from tests.test_topics_runs import corrected
from tests.test_training_runs import topics_config  # noqa: F401 - a fixture
from training import corrections
from training.__main__ import main
from training.publish import publish

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def wait_for(what: Callable[[], bool]) -> None:
    until = time.monotonic() + 120  # machines of CI are busy
    while not what():
        assert time.monotonic() < until
        time.sleep(0.1)


def test_corrections_make_a_bundle_that_serves(
    topics_config: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    places = Places(tmp_path / "bundles", tmp_path / "kept")
    monkeypatch.setattr(corrections, "default_bundle", lambda task: places.serving / task)
    monkeypatch.setattr(figures, "PLACES", places)
    first, second = tmp_path / "first", tmp_path / "second"
    assert main(["topics", "--config", str(topics_config), "--out", str(first)]) == 0
    old = publish(first, places).name
    settings = Settings(
        database_url=SecretStr(f"sqlite:///{tmp_path / 'a.db'}"),
        topics_bundle=str(places.serving / "topics"),
        summaries_bundle="lead",
    )
    with TestClient(create_app(settings), "http://127.0.0.1", client=("127.0.0.1", 50000)) as client:
        wait_for(lambda: client.get("/health/ready").status_code == 200)

        def page(view: str) -> str:
            return client.get(f"/desk/{view}?lang=en").text

        def serves(name: str) -> bool:
            return f'<p class="big"><code>{name}</code></p>' in page("figures")

        for row in corrected():
            kept = client.put(f"/v1/articles/{row['id']}", json={k: row[k] for k in ("headline", "body")})
            assert kept.status_code == 201
        wait_for(lambda: f"{old} serves since" in page("corrections"))
        for row in corrected():
            said = {"id": row["id"], "version": 1, "seq": 0, "labels": row["labels"]}
            assert client.post("/desk/api/review", json=said).status_code == 201
        home = page("corrections")
        assert (
            '<b class="number">80</b> new corrections' in home
            and f"Over 80 articles that were corrected since {old}" in home
        )
        file = tmp_path / "corrections.jsonl"
        file.write_bytes(client.get("/desk/corrections/export?task=topics").content)
        rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        wanted = [
            {k: row[k] for k in ("id", "headline", "body", "labels")} | {"editor": UNKNOWN} for row in corrected()
        ]
        assert rows == wanted  # accepted ones are among them
        command = ["topics", "--config", str(topics_config), "--corrections", str(file), "--out", str(second)]
        assert main(command) == 0
        new = publish(second, places, force="a tiny model proves nothing").name
        assert new != old
        wait_for(lambda: serves(new))
        wait_for(lambda: '<b class="number">0</b> new corrections' in page("corrections"))
        assert f"{new} will stop serving, {old} will serve again." in page("figures")
        gone = client.post("/desk/figures/rollback", content=f"task=topics&from={new}&confirm=yes", headers=FORM)
        assert gone.status_code == 200
        wait_for(lambda: serves(old))
        answer = client.post("/v1/classify", json={"articles": [{"body": "青禾县修好了桥。"}]}).json()
        assert answer["results"][0]["bundle"] == old
