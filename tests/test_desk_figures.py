"""The dashboard and the corrections' home: what they count stays true, what their plots show, who may let a bundle go back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import select

from models.bundle import open_bundle
from models.registry import Places, activate
from service.app import create_app
from service.desk import figures as view
from service.desk import plots
from service.settings import Settings
from service.store import articles, corrections, figures, waiting, weeks
from service.store.articles import Analysed, Draft
from service.store.corrections import Correction
from service.store.database import Store, open_store
from service.store.tables import agreement_days, figure_days, judgements, standing
from service.store.upkeep import note_activation
from tests.test_keys import make_key

BODY = "青禾县总工会走进河滨大桥工地，为三百二十名建筑工人送去绿豆汤和防暑药品。"
SCORES = {"rights_protection": 0.1, "skills_contest": 0.1, "digital_services": 0.1, "wellbeing": 0.9}


def analysed(*labels: str, unsure: bool = False, bundle: str = "topics@1") -> Analysed:
    topics = {"labels": list(labels), "primary": (labels or ("other",))[0], "scores": SCORES, "needs_review": unsure}
    return Analysed(topics | {"bundle": bundle}, {"summary": "送清凉。", "bundle": "summaries@1"})


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = open_store(database_url)
    yield opened
    opened.close()


def put(store: Store, name: str, analysis: Analysed, body: str = BODY) -> None:
    with store.write() as connection:
        articles.put(connection, Draft(name, "送清凉", body), analysis, "desk")


def correct(store: Store, name: str, *labels: str) -> str:
    with store.write() as connection:
        return corrections.add(connection, Correction("topics", name, "许望舒", version=1, labels=list(labels)), None)


def undo(store: Store, which: str) -> str:
    with store.write() as connection:
        row = corrections.find(connection, which)
        assert row
        return corrections.undo(connection, row, "许望舒", None)


def agreement(store: Store) -> dict[str, tuple[int, int]]:
    with store.read() as connection:
        return {r.topic: (r.agreed, r.judged) for r in connection.execute(select(agreement_days))}


def rows(store: Store, table: Any) -> list[Any]:
    with store.read() as connection:
        return [tuple(r) for r in connection.execute(select(table).order_by(*table.primary_key.columns))]


def test_every_analysis_is_counted_once_and_a_withdrawal_leaves_the_numbers(store: Store) -> None:
    put(store, "a", analysed("wellbeing", unsure=True))
    put(store, "b", analysed())
    put(store, "b", analysed())  # the same again is no analysis
    with store.write() as connection:
        assert articles.withdraw(connection, "a", None)
    today = datetime.now(UTC).date().isoformat()
    assert rows(store, figure_days) == [(today, "", 2, 1), (today, "other", 1, 0), (today, "wellbeing", 1, 1)]


def test_agreement_follows_the_last_word_that_counts(store: Store) -> None:
    put(store, "a", analysed("wellbeing"))
    first = correct(store, "a", "wellbeing")
    assert agreement(store) == dict.fromkeys(SCORES, (1, 1))
    second = correct(store, "a", "rights_protection")  # one added, one taken away
    told = {"rights_protection": (0, 1), "wellbeing": (0, 1), "skills_contest": (1, 1), "digital_services": (1, 1)}
    assert agreement(store) == told
    taken = undo(store, second)
    assert agreement(store) == dict.fromkeys(SCORES, (1, 1))
    undo(store, taken)
    assert agreement(store) == told
    undo(store, first)  # it does not speak any more
    assert agreement(store) == told
    assert [row[2] for row in rows(store, standing)] == [second]
    with store.write() as connection:
        articles.withdraw(connection, "a", None)
    assert rows(store, standing) == rows(store, judgements) == []
    assert agreement(store) == told


def test_what_is_counted_with_each_row_is_what_a_new_count_finds(store: Store) -> None:
    for n in range(6):
        put(store, f"a-{n}", analysed(*(("wellbeing",) if n % 2 else ()), unsure=n == 3))
        made = correct(store, f"a-{n}", *(("wellbeing",) if n % 3 else ()))
        if n == 4:
            undo(store, made)
    tables = (figure_days, agreement_days, standing, judgements)
    kept = [rows(store, table) for table in tables]
    with store.write() as connection:
        for table in tables:
            connection.execute(table.delete())
        figures.fill(connection)
    again = [rows(store, table) for table in tables]
    assert again[1:] == kept[1:] and [r for r in again[0] if r[2]] == kept[0]


def test_a_correction_is_judged_by_the_analysis_that_its_editor_saw(store: Store) -> None:
    put(store, "a", analysed("wellbeing", bundle="topics@1"))
    correct(store, "a", "wellbeing")
    put(store, "a", analysed(bundle="topics@2"))  # analysed anew by the next bundle
    with store.read() as connection:
        assert {row.bundle for row in connection.execute(select(judgements))} == {"topics@1"}
    correct(store, "a", "wellbeing", "skills_contest")
    with store.read() as connection:
        found = {row.topic: row for row in connection.execute(select(judgements))}
    assert found["wellbeing"].bundle == "topics@2" and not found["wellbeing"].model and found["wellbeing"].editor


def test_what_waits_is_what_came_since_the_bundle_serves(store: Store) -> None:
    for n in range(3):
        put(store, f"a-{n}", analysed("wellbeing"))
    correct(store, "a-0", "wellbeing")
    with store.write() as connection:
        note_activation(connection, "topics", "topics@1")
    correct(store, "a-1")
    correct(store, "a-2", "wellbeing", "skills_contest")
    with store.read() as connection:
        told = waiting.waiting(connection, "topics")
        changes = {c.topic: c for c in waiting.changes(connection, told.bundle, told.since)}
        assert waiting.judged(connection, told.bundle, told.since) == 2
        assert waiting.judged(connection, "topics@0", told.since) == 0
    assert (told.bundle, told.new, told.total) == ("topics@1", 2, 3)
    assert (changes["wellbeing"].added, changes["wellbeing"].taken, changes["wellbeing"].left) == (0, 1, 1)
    assert (changes["skills_contest"].added, changes["skills_contest"].taken) == (1, 0)


def test_weeks_begin_on_monday_and_none_is_left_out(store: Store) -> None:
    monday = date(2026, 11, 16)
    with store.write() as connection:
        for day, count in (("2026-11-15", 5), ("2026-11-16", 2), ("2026-11-22", 3)):
            connection.execute(figure_days.insert().values(day=day, topic="", articles=count, unsure=1))
    with store.read() as connection:
        assert weeks.latest(connection) == date(2026, 11, 22)
        found = weeks.weeks(connection, date(2026, 11, 22), 3)
    assert [(w.monday, w.articles) for w in found] == [
        (monday - timedelta(weeks=2), 0),
        (monday - timedelta(weeks=1), 5),
        (monday, 5),
    ]


@pytest.mark.parametrize(
    ("agreed", "judged", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)],
)
def test_wilson_intervals_are_those_of_the_books(agreed: int, judged: int, low: float, high: float) -> None:
    assert plots.wilson(agreed, judged) == pytest.approx((low, high), abs=1e-4)


def test_a_fall_is_said_when_chance_does_not_explain_it() -> None:
    assert plots.fell((95, 100), (60, 80)) and not plots.fell((95, 100), (18, 20))
    assert not plots.fell((60, 80), (95, 100)) and not plots.fell((0, 0), (5, 10))


def test_a_plot_keeps_inside_its_frame_and_breaks_where_there_is_nothing() -> None:
    dates = [f"1-{n}" for n in range(1, 7)]
    drawn = plots.bars(dates, [0, 7, 120, 3, 0, 99], [0, 1, 20, 3, 0, 0])
    for bar in drawn.bars:
        assert drawn.left <= bar.x and bar.x + bar.width <= drawn.right
        assert 0 <= bar.y <= drawn.base and bar.y + bar.height == pytest.approx(drawn.base)
        assert bar.marked_height <= bar.height
    values = [0.5, None, 0.25, 1.0, None, 0.0]
    between = [plots.wilson(5, 10), None, plots.wilson(1, 4), plots.wilson(4, 4), None, plots.wilson(0, 9)]
    line = plots.shares(dates, values, between)
    assert line.line.count("M") == 3 and line.line.count("L") == 1 and len(line.dots) == 4
    numbers = [float(n) for n in re.findall(r"-?[\d.]+", line.band + line.line)]
    assert min(numbers) >= 0 and max(numbers) <= line.width and line.band.count("Z") == 3
    assert plots.bars([], [], []).bars == () and [plots.nice(v) for v in (0, 3, 5, 21, 99)] == [2, 4, 10, 40, 100]


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    monkeypatch.setenv("CAIBIAN_DATABASE_URL", url)
    settings = Settings(database_url=SecretStr(url), topics_bundle="keywords", summaries_bundle="lead")
    with TestClient(create_app(settings), "http://127.0.0.1", client=("127.0.0.1", 50000)) as made:
        while made.get("/health/ready").status_code != 200:
            pass
        yield made


def test_the_dashboard_shows_what_came_and_what_editors_said(client: TestClient) -> None:
    empty = client.get("/desk/figures")
    assert empty.status_code == 200 and "还没有分析过稿件" in empty.text
    for n in range(4):
        client.put(f"/v1/articles/f-{n}", json={"headline": "<b>送清凉</b>", "body": BODY})
    given = client.get("/v1/articles/f-0").json()["analysis"]["topics"]["labels"]
    client.post("/v1/corrections", json={"id": "f-0", "labels": given})
    client.post("/v1/corrections", json={"id": "f-1", "labels": ["skills_contest"], "note": "<i>"})
    page = client.get("/desk/figures?lang=en").text
    assert "4 analysed" in page and page.count("<svg") == page.count("</svg>") >= 6
    assert page.count("<title id=") == page.count("<desc id=") == page.count("<svg")
    assert "1 of 2 as the model said" in page and "keywords@1" in page and "style=" not in page
    assert client.get("/desk/figures?weeks=7").status_code == 422
    home = client.get("/desk/corrections?lang=zh").text
    assert "技能竞赛" in home and "<i>" not in home
    assert home.index("/desk/articles/f-1") < home.index("/desk/articles/f-0")  # the newest first


def test_a_correction_is_taken_back_and_restored_by_forms(client: TestClient) -> None:
    client.put("/v1/articles/u-1", json={"body": BODY})
    made = client.post("/v1/corrections", json={"id": "u-1", "labels": ["skills_contest"]}).json()["id"]
    exported = client.get("/desk/corrections/export?task=topics")
    assert [json.loads(line)["labels"] for line in exported.text.splitlines()] == [["skills_contest"]]
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = client.post("/desk/corrections/undo", content=f"id={made}", headers=kind, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/corrections")
    assert client.get("/desk/corrections/export?task=topics").text == ""
    assert client.post("/desk/corrections/undo", content=f"id={made}", headers=kind).status_code == 409
    (row,) = (r for r in client.get("/v1/corrections").json()["corrections"] if r["undoes"])
    client.post("/desk/corrections/undo", content=f"id={row['id']}", headers=kind)
    assert client.get("/desk/corrections/export?task=topics").text
    assert client.post("/desk/corrections/undo", content="id=none", headers=kind).status_code == 404


def test_scopes_say_who_may_export_take_back_and_roll_back(
    client: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    reader, editor = make_key(capsys, "--scope", "tag"), make_key(capsys, "--scope", "review")
    for key, status in ((reader, 403), (editor, 200)):
        headers = {"Authorization": f"Bearer {key}"}
        assert client.get("/desk/figures", headers=headers).status_code == 200
        assert client.get("/desk/corrections", headers=headers).status_code == 200
        assert client.get("/desk/corrections/export", headers=headers).status_code == status
        form = headers | {"Content-Type": "application/x-www-form-urlencoded"}
        assert client.post("/desk/figures/rollback", content="task=topics", headers=form).status_code == 403
    form = {"Authorization": f"Bearer {reader}", "Content-Type": "application/x-www-form-urlencoded"}
    assert client.post("/desk/corrections/undo", content="id=x", headers=form).status_code == 403


def bundle(folder: Path, version: str) -> Path:
    """A bundle of topics that says what it is; nobody loads it."""
    folder.mkdir(parents=True)
    manifest = {"format": 1, "task": "topics", "name": "tiny", "version": version, "files": {}, "base": "invented"}
    (folder / "manifest.json").write_text(json.dumps(manifest | {"training": {"rows": 12, "figures": {"dev": 0.5}}}))
    (folder / "card.md").write_text("# 模型卡：试验\n<b>", "utf-8")
    return folder


def test_an_admin_lets_the_former_bundle_serve_again_behind_a_confirmation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = Places(tmp_path / "serving", tmp_path / "kept")
    for version in ("1", "2"):
        activate(bundle(tmp_path / version, version), "topics", places)
    monkeypatch.setattr(view, "PLACES", places)
    app = create_app(Settings(database_url=SecretStr(f"sqlite:///{tmp_path / 'a.db'}"), summaries_bundle="lead"))
    client = TestClient(app, "http://127.0.0.1", client=("127.0.0.1", 50000))  # no lifespan: nothing is loaded
    page = client.get("/desk/figures?lang=en").text
    assert "tiny@2" in page and "tiny@1 will serve again" in page and "invented" in page and "0.5" in page
    assert "模型卡：试验\n&lt;b&gt;" in page
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    def press(content: str) -> int:
        answer = client.post("/desk/figures/rollback", content=content, headers=form, follow_redirects=False)
        return answer.status_code

    assert press("task=topics&from=tiny%402") == 422  # not confirmed
    assert press("task=topics&from=tiny%401&confirm=yes") == 422  # another serves by now
    assert press("task=summaries&from=tiny%402&confirm=yes") == 422  # a setting names that one
    assert open_bundle(places.serving / "topics", "topics").name == "tiny@2"
    assert press("task=topics&from=tiny%402&confirm=yes") == 303
    assert open_bundle(places.serving / "topics", "topics").name == "tiny@1"
    assert "will serve again" not in client.get("/desk/figures?lang=en").text  # nothing is left to go back to
