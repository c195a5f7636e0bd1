"""/v1/jobs on both databases: progress, results, uploads, cancelling, resuming, webhooks and what they must not reach."""

from __future__ import annotations

import csv
import hashlib
import hmac
import http.server
import io
import json
import threading
import time
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from models.article import Article
from models.errors import BadInput
from models.keywords import KeywordClassifier
from models.pages import split_page
from service import storage, webhooks
from service.cli import main
from service.kept_schemas import JobOut, JobsOut
from service.settings import Settings
from service.store import jobs
from service.store.database import Store, open_store
from service.store.jobs import all_results
from tests.service_client import ARTICLES, ready_client
from tests.test_keys import kind, make_key


@pytest.fixture
def client(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("CAIBIAN_DATABASE_URL", database_url)
    with ready_client(database_url=SecretStr(database_url), job_lease_seconds=1) as ready:
        yield ready


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = open_store(database_url)
    yield opened
    opened.close()


def hand_in(client: TestClient, articles: Sequence[dict[str, Any]], **more: Any) -> str:
    answer = client.post("/v1/jobs", json={"articles": list(articles), **more})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def upload(client: TestClient, data: bytes, headers: dict[str, str] | None = None, **query: str) -> Any:
    return client.post("/v1/jobs", content=data, params=query, headers=headers or {})


def finished(client: TestClient, job: str, seconds: float = 30) -> dict[str, Any]:
    until = time.monotonic() + seconds
    while (told := client.get(f"/v1/jobs/{job}").json())["state"] in ("queued", "running"):
        assert time.monotonic() < until, told
        time.sleep(0.02)
    return dict(told)


def records(client: TestClient, job: str) -> list[dict[str, Any]]:
    answer = client.get(f"/v1/jobs/{job}/results")
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.text.splitlines()]


MANY = [
    {"id": f"a-{n}", "headline": ARTICLES[n % 3]["headline"], "body": f"第{n}篇。" + ARTICLES[n % 3]["body"]}
    for n in range(40)
]


def test_a_job_gives_what_tag_gives(client: TestClient, tmp_path: Path) -> None:
    odd = [
        {"id": None, "body": ARTICLES[1]["body"]},
        {"id": "blank", "body": " "},
        {"id": "a-0", "body": "重复的编号。"},
    ]
    given = [*MANY, *odd]
    made = client.post("/v1/jobs", json={"articles": given, "length": "headline"})
    told = made.json()
    assert JobOut.model_validate(told).model_dump() == told
    assert (told["total"], told["done"], told["failed"]) == (43, 1, 1)
    end = finished(client, told["id"])
    assert (end["state"], end["total"], end["done"], end["failed"]) == ("done", 43, 43, 1)
    found = records(client, told["id"])
    assert [r["n"] for r in found] == list(range(43))
    assert [r["id"] for r in found] == [g["id"] for g in given]
    assert "blank" in found[41]["id"] and "body" in found[41]["error"]
    archive, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    archive.write_text("\n".join(json.dumps(g) for g in MANY), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAIBIAN_TOPICS_BUNDLE", "keywords")
        patch.setenv("CAIBIAN_SUMMARIES_BUNDLE", "lead")
        assert main(["tag", str(archive), "-o", str(out), "--length", "headline"]) == 0
    tagged = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [{k: v for k, v in r.items() if k != "n"} for r in found[:40]] == tagged


def test_half_a_surrogate_pair_fails_its_article_alone(client: TestClient) -> None:
    odd = [
        {"id": "x", "body": "半\ud800个字。"},
        {"id": "\udfff" * 600, "body": "县总工会送清凉。"},
        {"id": "y", "headline": "\ud800", "body": "文。"},
    ]
    for n, article in enumerate(odd):
        body = json.dumps({"articles": [MANY[0], article]})  # escaped, as a browser would send it
        sent = [
            client.post(
                "/v1/jobs", content=body, headers={"Content-Type": "application/json", "Idempotency-Key": str(n)}
            )
            for _ in range(2)
        ]
        assert [(s.status_code, s.json()["failed"]) for s in sent] == [(202, 1), (202, 1)], sent[0].text
        assert sent[0].json()["id"] == sent[1].json()["id"]
        finished(client, sent[0].json()["id"])
        assert ["error" in r for r in records(client, sent[0].json()["id"])] == [False, True]


def test_results_come_as_csv_and_parquet_and_a_cell_is_no_formula(client: TestClient) -> None:
    formula = {"id": "=HYPERLINK(1)", "body": "+1+1。县总工会送清凉，慰问职工。"}
    job = hand_in(client, [*MANY[:3], formula, {"id": "x", "body": ""}])
    finished(client, job)
    answer = client.get(f"/v1/jobs/{job}/results?format=csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["content-disposition"] == f'attachment; filename="{job}.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    kept = records(client, job)
    assert [r["labels"] for r in rows] == [";".join(r.get("labels", [])) for r in kept]
    assert rows[3]["id"] == "'=HYPERLINK(1)"
    assert rows[3]["summary"].startswith("'+1")
    assert rows[4]["error"]
    assert [r["summary_ok"] for r in rows] == ["True"] * 4 + [""]
    table = pq.read_table(io.BytesIO(client.get(f"/v1/jobs/{job}/results?format=parquet").content)).to_pylist()
    assert [r["id"] for r in table] == [r["id"] for r in kept]
    assert [r["labels"] for r in table[:4]] == [r["labels"] for r in kept[:4]]
    assert [dict(r["scores"]) for r in table[:4]] == [r["scores"] for r in kept[:4]]
    assert table[4]["error"] == kept[4]["error"]
    assert [(r["summary_method"], r["summary_ok"], r["summary_score"]) for r in table] == [
        ("extractive", True, None)
    ] * 4 + [(None, None, None)]
    assert kind(client.get(f"/v1/jobs/{job}/results?format=xlsx")) == (422, "bad-input")


@pytest.mark.parametrize("asked", ["", "bytes=0-3", "bytes=5-2", "bytes=99999999-", "items=x"])
def test_a_parquet_file_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str) -> None:
    with ready_client(database_url=SecretStr(f"sqlite:///{tmp_path / 'a.db'}")) as client:
        job = hand_in(client, MANY[:3])
        finished(client, job)
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(scratch))
        answer = client.get(f"/v1/jobs/{job}/results?format=parquet", headers={"Range": asked} if asked else {})
        assert answer.status_code == 200
        assert int(answer.headers["content-length"]) == len(answer.content)
        assert len(pq.read_table(io.BytesIO(answer.content)).to_pylist()) == 3
        assert list(scratch.iterdir()) == []


def test_files_that_are_being_written_hold_up_nobody(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call asks the store for its key: results may not take all of its threads."""
    job = hand_in(client, MANY[:1])
    finished(client, job)
    go, honest = threading.Event(), all_results

    def slowly(read: Any, job_id: str) -> Iterator[Any]:
        assert go.wait(60)
        return honest(read, job_id)

    monkeypatch.setattr(jobs, "all_results", slowly)
    at_once = storage.THREADS
    writers = [
        threading.Thread(target=client.get, args=(f"/v1/jobs/{job}/results?format=parquet",)) for _ in range(at_once)
    ]
    heard: list[int] = []
    asker = threading.Thread(target=lambda: heard.append(client.get("/v1/jobs").status_code))
    for writer in writers:
        writer.start()
    time.sleep(0.5)
    asker.start()
    asker.join(20)
    before = list(heard)
    go.set()
    for thread in [*writers, asker]:
        thread.join(60)
    assert before == [200]


def zipped(**members: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "."), text)
    return out.getvalue()


def test_files_are_handed_in_as_they_are(client: TestClient) -> None:
    lines = "\n".join(json.dumps(a, ensure_ascii=False) for a in MANY[:5]) + "\nno json\n"
    made = upload(client, lines.encode(), {"Content-Type": "application/x-ndjson"}, summaries="false")
    assert made.status_code == 202, made.text
    finished(client, made.json()["id"])
    found = records(client, made.json()["id"])
    assert [r["id"] for r in found[:5]] == [a["id"] for a in MANY[:5]]
    assert found[0]["summary"] is None
    assert found[5]["id"] == "upload.jsonl:6" and found[5]["error"]
    archive = zipped(a__txt="题目\n青禾县总工会走进工地送清凉。", b__csv="id,body\nc-1,云岭市总工会慰问职工。")
    made = upload(client, archive, name="存档.zip")
    finished(client, made.json()["id"])
    found = records(client, made.json()["id"])
    assert [r["id"] for r in found] == ["存档.zip!/a.txt:1", "c-1"]
    assert "error" not in found[0] and "error" not in found[1]
    page = Path(__file__).parents[1] / "service" / "static" / "sample.txt"
    made = upload(client, page.read_bytes(), name="page.txt", pages="true")
    finished(client, made.json()["id"])
    found = records(client, made.json()["id"])
    assert [r["id"] for r in found] == [f"page.txt#{n}" for n in range(1, 5)]
    unsure = [a.needs_review for a in split_page(page.read_text("utf-8")).articles]
    assert all(r["needs_review"] for r, edge in zip(found, unsure, strict=True) if edge)


@pytest.mark.parametrize(
    ("data", "query", "headers", "status"),
    [
        (b"x", {"name": "../../etc/passwd.txt"}, {}, 422),
        (b"x", {"name": "a\\b.txt"}, {}, 422),
        (b"x", {"name": "noformat"}, {}, 422),
        (b"x", {"name": "a.exe"}, {}, 422),
        (b"x", {}, {"Content-Type": "multipart/form-data; boundary=x"}, 415),
        (b"x", {"name": "a.txt", "length": "long"}, {}, 422),
        (b"x", {"name": "a.txt", "summaries": "yes"}, {}, 422),
        (b"", {"name": "a.jsonl"}, {}, 422),
        (b"x" * 70_000, {"name": "a.txt"}, {}, 413),
        (b"id,body\n" + b"1,t\n" * 60, {"name": "a.csv"}, {}, 413),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused(
    tmp_path: Path, data: bytes, query: dict[str, str], headers: dict[str, str], status: int
) -> None:
    url = SecretStr(f"sqlite:///{tmp_path / 'a.db'}")
    with ready_client(database_url=url, max_upload_bytes=65_536, max_job_articles=50) as client:
        assert upload(client, data, headers, **query).status_code == status
        assert client.get("/v1/jobs").json() == {"jobs": []}
        assert client.post("/v1/jobs", json={"articles": []}).status_code == 422
        assert client.post("/v1/jobs", json={"articles": [{"body": "文"}] * 51}).status_code == 413


def test_a_zip_bomb_is_a_line_that_says_so(client: TestClient) -> None:
    bomb = zipped(**{"a__txt": "零" * 30_000_000})
    assert len(bomb) < 200_000
    made = upload(client, bomb, name="a.zip")
    assert made.status_code == 202
    finished(client, made.json()["id"])
    (row,) = records(client, made.json()["id"])
    assert "limit" in row["error"]


class Slowly:
    """Classifiers that take their time."""

    def __init__(self, patch: pytest.MonkeyPatch, seconds: float) -> None:
        classify = KeywordClassifier.classify

        def slowly(self: KeywordClassifier, articles: Sequence[Article]) -> Any:
            time.sleep(seconds)
            return classify(self, articles)

        patch.setattr(KeywordClassifier, "classify", slowly)


def test_a_cancelled_job_stops_and_keeps_what_it_has(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    Slowly(monkeypatch, 0.05)
    job = hand_in(client, MANY * 20)
    until = time.monotonic() + 20
    while not client.get(f"/v1/jobs/{job}").json()["done"] > 0:
        assert time.monotonic() < until
        time.sleep(0.02)
    told = client.post(f"/v1/jobs/{job}/cancel").json()
    assert told["state"] == "cancelled"
    time.sleep(0.5)
    after = client.get(f"/v1/jobs/{job}").json()
    assert 0 < after["done"] < 800
    assert after["done"] == told["done"] == len(records(client, job))
    tag = client.get(f"/v1/jobs/{job}").headers["etag"]
    again = client.post(f"/v1/jobs/{job}/cancel", headers={"If-None-Match": tag})  # no 304: nothing was asked for
    assert (again.status_code, again.json()) == (200, after)
    monkeypatch.undo()
    assert finished(client, hand_in(client, MANY[:3]))["state"] == "done"  # the next one runs


def test_a_withdrawal_reaches_a_job(client: TestClient) -> None:
    client.put("/v1/articles/a-1", json={"body": MANY[1]["body"]})
    job = hand_in(client, MANY[:3])
    finished(client, job)
    assert client.delete("/v1/articles/a-1").status_code == 204
    assert records(client, job)[1] == {"n": 1, "id": None, "withdrawn": True}
    rows = list(csv.DictReader(io.StringIO(client.get(f"/v1/jobs/{job}/results?format=csv").text)))
    assert rows[1]["error"] == "withdrawn"


def test_an_article_that_breaks_the_models_fails_alone(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    classify = KeywordClassifier.classify

    def fragile(self: KeywordClassifier, articles: Sequence[Article]) -> Any:
        if any("第7篇" in a.body for a in articles):
            raise ZeroDivisionError(articles[0].body)
        return classify(self, articles)

    monkeypatch.setattr(KeywordClassifier, "classify", fragile)
    job = hand_in(client, MANY)
    assert finished(client, job)["failed"] == 1
    assert [r["n"] for r in records(client, job) if "error" in r] == [7]


def test_a_job_is_seen_by_its_key_and_by_admins(client: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    bear = {
        name: {"Authorization": f"Bearer {make_key(capsys, '--scope', scope, name=name)}"}
        for name, scope in (("mine", "tag"), ("other", "review"), ("boss", "admin"))
    }
    job = client.post("/v1/jobs", json={"articles": MANY[:2]}, headers=bear["mine"]).json()["id"]
    for path in ("", "/results", "/cancel"):
        method = "POST" if path == "/cancel" else "GET"
        assert kind(client.request(method, f"/v1/jobs/{job}{path}", headers=bear["other"])) == (404, "not-found")
    assert client.get("/v1/jobs", headers=bear["other"]).json() == {"jobs": []}
    for name in ("mine", "boss"):
        assert client.get(f"/v1/jobs/{job}", headers=bear[name]).status_code == 200
        listed = client.get("/v1/jobs", headers=bear[name]).json()
        assert JobsOut.model_validate(listed).model_dump() == listed
        assert [j["id"] for j in listed["jobs"]] == [job]
    for wrong in ("x", "0" * 32, "' OR 1=1 --", "%00"):
        assert client.get(f"/v1/jobs/{wrong}", headers=bear["boss"]).status_code == 404


def test_the_same_job_under_one_idempotency_key_is_one_job(client: TestClient) -> None:
    once = {"Idempotency-Key": "night-1"}
    made = [client.post("/v1/jobs", json={"articles": MANY[:2]}, headers=once).json()["id"] for _ in range(2)]
    files = [
        upload(client, b"id,body\n1,\xe6\x96\x87\n", once | {"Idempotency-Key": "f"}, name="a.csv") for _ in range(2)
    ]
    assert made[0] == made[1]
    assert files[0].json()["id"] == files[1].json()["id"]
    assert upload(client, b"id,body\n2,\xe6\x96\x87\n", {"Idempotency-Key": "f"}, name="a.csv").status_code == 422
    assert len(client.get("/v1/jobs").json()["jobs"]) == 2


def test_a_chunk_is_kept_once_by_whoever_holds_the_lease(store: Store) -> None:
    with store.write() as connection:
        items = [jobs.Item(n, f"a-{n}", None, "文") for n in range(4)]
        job = jobs.create(connection, items, summaries=False, length="brief", webhook=None, key_id=None, caller=None)
        assert jobs.claim(connection, "first", 0.2)
    with store.write() as connection:
        assert jobs.claim(connection, "second", 10) is None  # held
    time.sleep(0.25)
    outcome = [jobs.Outcome(n, {"x": n}) for n in range(2)]
    with store.write() as connection:
        assert jobs.claim(connection, "second", 10)
        assert not jobs.commit(connection, job, "first", outcome, 10)  # too late
        assert jobs.commit(connection, job, "second", outcome, 10)
    with store.write() as connection:
        assert jobs.commit(connection, job, "second", outcome, 10)  # the same again changes nothing
        row = jobs.get(connection, job)
        assert row and row.done == 2
        assert [i.n for i in jobs.waiting(connection, job, 10)] == [2, 3]
        assert jobs.cancel(connection, job)
        assert not jobs.commit(connection, job, "second", [jobs.Outcome(2, {})], 10)
        assert not jobs.finish(connection, job, "second")


def test_a_stopped_service_gives_its_job_back_and_the_next_goes_on(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Slowly(monkeypatch, 0.02)
    settings: dict[str, Any] = {"database_url": SecretStr(database_url), "job_lease_seconds": 600}
    with ready_client(**settings) as client:
        job = hand_in(client, MANY * 5)
        until = time.monotonic() + 20
        while not client.get(f"/v1/jobs/{job}").json()["done"]:
            assert time.monotonic() < until
            time.sleep(0.02)
    with ready_client(**settings) as client:
        assert finished(client, job)["done"] == 200
        assert [r["n"] for r in records(client, job)] == list(range(200))


class Receiver:
    """A host that webhooks call; what it heard, and what it answers."""

    def __init__(self, *statuses: int) -> None:
        heard: list[tuple[dict[str, str], bytes]] = []
        answers = list(statuses)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                heard.append((dict(self.headers), body))
                status = answers.pop(0) if answers else 204
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.heard = heard
        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self) -> Receiver:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.mark.parametrize("statuses", [(), (500, 302)], ids=["at once", "third time"])
def test_a_webhook_is_signed_and_tried_again(
    database_url: str, statuses: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "RETRIES", (0.05, 0.05))
    with Receiver(*statuses) as receiver:
        settings: dict[str, Any] = {
            "database_url": SecretStr(database_url), "webhook_hosts": receiver.address, "webhook_secret": SecretStr("s3cret")
        }  # fmt: skip
        with ready_client(**settings) as client:
            job = hand_in(client, MANY[:2], webhook=f"http://{receiver.address}/done?x=1")
            until = time.monotonic() + 20
            while client.get(f"/v1/jobs/{job}").json()["webhook"] != "sent":
                assert time.monotonic() < until
                time.sleep(0.05)
    assert len(receiver.heard) == 1 + len(statuses)
    headers, body = receiver.heard[-1]
    when, _, digest = headers["Caibian-Signature"].removeprefix("t=").partition(",v1=")
    assert abs(int(when) - time.time()) < 60
    assert digest == hmac.new(b"s3cret", f"{when}.".encode() + body, hashlib.sha256).hexdigest()
    told = json.loads(body)
    assert told | {"finished": ""} == {
        "event": "job.finished", "job": job, "state": "done", "total": 2, "done": 2, "failed": 0, "finished": "",
    }  # fmt: skip
    assert headers["Caibian-Delivery"] == job
    assert headers["Host"] == receiver.address


def test_a_webhook_that_never_works_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "RETRIES", (0.05,))
    with (
        Receiver(500, 500, 500) as receiver,
        ready_client(
            database_url=SecretStr(f"sqlite:///{tmp_path / 'a.db'}"),
            webhook_hosts=receiver.address,
            webhook_secret=SecretStr("s"),
        ) as client,
    ):
        job = hand_in(client, MANY[:1], webhook=f"http://{receiver.address}/")
        until = time.monotonic() + 20
        while client.get(f"/v1/jobs/{job}").json()["webhook"] != "failed":
            assert time.monotonic() < until
            time.sleep(0.05)
        assert len(receiver.heard) == 2


HOSTS = Settings(
    webhook_hosts="desk.example.cn, hooks.example.cn:8443,10.2.0.0/16,[fd00::7]:90", webhook_secret=SecretStr("s")
)


@pytest.mark.parametrize(
    "url",
    ["http://169.254.169.254/latest/meta-data/", "http://127.0.0.1/", "http://localhost/", "http://10.3.0.1/",
     "http://desk.example.cn.evil.example/", "http://evil.example/desk.example.cn", "http://desk.example.cn@evil.example/",
     "http://evil.example#@desk.example.cn/", "http://evil.example\\@desk.example.cn/", "https://desk.example.cn:22/",
     "https://hooks.example.cn/", "file:///etc/passwd", "gopher://desk.example.cn/", "//desk.example.cn/", "http://0x7f000001/",
     "http://2130706433/", "http://[::ffff:127.0.0.1]/", "http://desk.example.cn:x/", "http://desk.example.cn/ x", "",
     "http://desk.example.cn/" + "x" * 2000],
)  # fmt: skip
def test_a_webhook_to_a_host_that_is_not_listed_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        webhooks.check_url(url, HOSTS)


def test_listed_hosts_are_taken_and_without_a_list_or_a_secret_none_is(tmp_path: Path) -> None:
    for url in ("https://desk.example.cn/a?b=c", "http://DESK.example.cn/", "https://hooks.example.cn:8443/", "http://10.2.9.9:81/",
                "http://[fd00::7]:90/"):  # fmt: skip
        webhooks.check_url(url, HOSTS)
    for settings in (Settings(webhook_hosts="desk.example.cn"), Settings(webhook_secret=SecretStr("s"))):
        with pytest.raises(BadInput, match="CAIBIAN_WEBHOOK"):
            webhooks.check_url("https://desk.example.cn/", settings)
    with ready_client(database_url=SecretStr(f"sqlite:///{tmp_path / 'a.db'}")) as client:
        refused = client.post("/v1/jobs", json={"articles": MANY[:1], "webhook": "http://127.0.0.1/"})
        assert (kind(refused), refused.json()["field"]) == ((422, "bad-input"), "webhook")
        assert client.get("/v1/jobs").json() == {"jobs": []}


@pytest.mark.parametrize(
    ("address", "allowed"),
    [("93.184.216.34", True), ("2606:2800:220:1::1", True), ("10.2.3.4", True), ("10.3.0.1", False), ("127.0.0.1", False),
     ("::1", False), ("::ffff:10.3.0.1", False), ("169.254.169.254", False), ("fe80::1%eth0", False), ("64:ff9b::7f00:1", False),
     ("2002:7f00:1::", False), ("0.0.0.0", False), ("224.0.0.1", False), ("100.64.0.1", False), ("nonsense", False)],  # noqa: S104
)  # fmt: skip
def test_a_listed_name_that_leads_to_a_private_address_is_not_called(address: str, allowed: bool) -> None:
    """The name is checked when the job comes, the address when the call goes out, and the connection goes to that address."""
    assert webhooks.read_allowed(HOSTS).address(address, "desk.example.cn") is allowed


@pytest.mark.parametrize(
    ("addresses", "sent"), [(["127.0.0.1"], True), (["10.3.0.1", "127.0.0.1"], False), ([], False)]
)
def test_the_call_goes_to_the_address_that_was_checked(addresses: list[str], sent: bool) -> None:
    import asyncio

    with Receiver() as receiver:
        port = receiver.server.server_port
        settings = Settings(webhook_hosts=f"desk.example.cn:{port},127.0.0.0/8", webhook_secret=SecretStr("s"))
        url = f"http://desk.example.cn:{port}/x"
        assert asyncio.run(webhooks.send(url, {"job": "j"}, settings, lambda host, port: addresses)) is sent
        assert len(receiver.heard) == int(sent)
        if sent:
            assert receiver.heard[0][0]["Host"] == f"desk.example.cn:{port}"
