"""Bad input over HTTP: each case has a clear answer that names the field and the limit, and the next request works."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from tests.service_client import ARTICLES, ready_client

ONE = {"articles": ARTICLES[:1]}


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with ready_client() as ready:
        yield ready


def articles(**fields: object) -> bytes:
    return json.dumps({"articles": [fields]}).encode()


CASES: dict[str, tuple[bytes, int, str, str]] = {
    "nothing": (b"", 400, "bad-json", "$"),
    "half": (b'{"articles":[', 400, "bad-json", "$"),
    "number too long": (b'{"articles":1' + b"0" * 5000 + b"}", 400, "bad-json", "$"),
    "NaN": (b'{"articles":NaN}', 400, "bad-json", "$"),
    "Infinity": (b'{"articles":-Infinity}', 400, "bad-json", "$"),
    "deep": (b"[" * 2_000_000, 400, "bad-json", "$"),
    "deep objects": (b'{"a":' * 500_000, 400, "bad-json", "$"),
    "repeated name": (b'{"articles":[{"body":"a","body":"b"}]}', 400, "bad-json", "body"),
    "raw control character": (b'{"articles":[{"body":"a\nb"}]}', 400, "bad-json", "$"),
    "GBK bytes": ('{"articles":[{"body":"工会"}]}'.encode("gbk"), 400, "bad-encoding", "$"),
    "UTF-16": ('{"articles":[]}'.encode("utf-16"), 400, "bad-encoding", "$"),
    "surrogate bytes": (b'{"articles":[{"body":"\xed\xa0\x80"}]}', 400, "bad-encoding", "$"),
    "list": (b"[1]", 422, "bad-input", "$"),
    "null": (b"null", 422, "bad-input", "$"),
    "missing": (b"{}", 422, "bad-input", "articles"),
    "no list": (b'{"articles":{"0":1}}', 422, "bad-input", "articles"),
    "no object": (b'{"articles":["x"]}', 422, "bad-input", "articles[0]"),
    "no articles": (b'{"articles":[]}', 422, "bad-input", "articles"),
    "no body": (articles(headline="标题"), 422, "bad-input", "articles[0].body"),
    "body a number": (articles(body=3), 422, "bad-input", "articles[0].body"),
    "body null": (articles(body=None), 422, "bad-input", "articles[0].body"),
    "id a number": (articles(body="好", id=3), 422, "bad-input", "articles[0].id"),
    "id too long": (articles(body="好", id="x" * 600), 413, "too-large", "articles[0].id"),
    "unknown field": (articles(body="好", text="x"), 422, "bad-input", "articles[0].text"),
    "unknown option": (b'{"articles":[{"body":"x"}],"lenght":"brief"}', 422, "bad-input", "lenght"),
    "wrong length": (b'{"articles":[{"body":"x"}],"length":"long"}', 422, "bad-input", "length"),
    "empty": (articles(body=""), 422, "bad-input", "articles[0].body"),
    "blank": (articles(body="\u3000\n\t ", headline=" "), 422, "bad-input", "articles[0].body"),
    "punctuation": (articles(body="。。！？……（）"), 422, "bad-input", "articles[0].body"),
    "headline alone": (articles(body="", headline="工会送清凉"), 422, "bad-input", "articles[0].body"),
    "surrogate": (articles(body="工会\ud800"), 422, "bad-input", "articles[0].body"),
    "surrogate in headline": (articles(body="工会", headline="\udfff"), 422, "bad-input", "articles[0].headline"),
    "surrogate in id": (articles(body="工会", id="\udfff"), 422, "bad-input", "articles[0].id"),
    "surrogate in a name": (b'{"articles":[{"body":"x","\\ud800":1}]}', 422, "bad-input", ""),
    "NUL": (articles(body="工\0会"), 422, "bad-input", "articles[0].body"),
    "5 MB article": (articles(body="工" * 800_000), 413, "too-large", "articles[0].body"),
    "5 MB in UTF-8": (
        json.dumps({"articles": [{"body": "工" * 1_700_000}]}, ensure_ascii=False).encode(),
        413,
        "too-large",
        "articles[0].body",
    ),
    "12 MB body": (b'{"articles":"' + b"x" * 12_000_000 + b'"}', 413, "too-large", "$"),
    "10,000 articles": (json.dumps({"articles": [{"body": "好"}] * 10_000}).encode(), 413, "too-large", "articles"),
}


@pytest.mark.parametrize("name", CASES)
def test_each_bad_body_has_a_clear_answer_and_the_next_request_works(client: TestClient, name: str) -> None:
    body, status, kind, field = CASES[name]
    answer = client.post("/v1/tag", content=body, headers={"Content-Type": "application/json"})
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (status, f"urn:caibian:problem:{kind}"), problem
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"title", "status", "detail", "field", "instance"} <= problem.keys()
    if field:
        assert problem["field"] == field
    if kind == "too-large":
        assert any(limit in problem["detail"] for limit in ("512", "200,000", "256", "8,388,608"))
    assert client.post("/v1/classify", json=ONE).status_code == 200


@pytest.mark.parametrize("text", ["", " \n", "——！", "工\0会", "\ud800", "工" * 1_000_001])
def test_a_page_that_cannot_be_read_is_refused_by_its_field(client: TestClient, text: str) -> None:
    body = json.dumps({"text": text}).encode()
    answer = client.post("/v1/pages", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == (413 if len(text) > 1_000_000 else 422)
    assert answer.json()["field"] == "text"


def test_every_wrong_place_is_named_at_once(client: TestClient) -> None:
    problem = client.post("/v1/tag", json={"articles": [{"body": 1}, {}], "x": 1}).json()
    assert [e["field"] for e in problem["errors"]] == ["articles[0].body", "articles[1].body", "x"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=gbk"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        {},
    ],
)
def test_other_content_types_are_refused(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.post("/v1/tag", content=json.dumps(ONE).encode(), headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (415, "urn:caibian:problem:wrong-content-type")


def test_a_utf8_bom_and_a_declared_charset_are_taken(client: TestClient) -> None:
    body = b"\xef\xbb\xbf" + json.dumps(ONE).encode()
    answer = client.post("/v1/tag", content=body, headers={"Content-Type": 'Application/JSON; charset="UTF-8"'})
    assert answer.status_code == 200


def test_wrong_methods_and_paths_are_problems_too(client: TestClient) -> None:
    answer = client.get("/v1/tag")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    for path in ("/nowhere", "/static/../settings.py", "/static/%2e%2e/app.py", "/v1/"):
        assert client.get(path).json()["type"] == "urn:caibian:problem:not-found"


@pytest.mark.parametrize(
    "body",
    [
        "The county union visited the bridge site and brought cold drinks to three hundred workers.",
        "県の労働組合は橋の工事現場を訪れ、作業員に冷たい飲み物を配った。",
        "Профсоюз посетил стройку моста и привёз рабочим холодные напитки.",
        "12345 67890",
        "😀好😀" * 50,
        "\u202e工会\u200b送清凉\ufeff",
        "𠮷野家工会" * 20,
    ],
)
def test_other_languages_and_odd_characters_get_a_result(client: TestClient, body: str) -> None:
    answer = client.post("/v1/tag", json={"articles": [{"body": body}]})
    assert answer.status_code == 200, answer.text
    (result,) = answer.json()["results"]
    for evidence in result["evidence"]:
        assert body[evidence["start"] : evidence["end"]] == evidence["text"]


def test_a_text_that_is_not_chinese_asks_for_a_person(client: TestClient) -> None:
    body = "The county union visited the bridge site and brought cold drinks to three hundred workers. " * 3
    (result,) = client.post("/v1/tag", json={"articles": [{"body": body}]}).json()["results"]
    assert result["needs_review"]


def test_limits_are_settings_and_exact() -> None:
    with ready_client(max_articles=2, max_article_chars=10, max_body_bytes=1024) as small:
        assert small.post("/v1/classify", json={"articles": [{"body": "工" * 10}] * 2}).status_code == 200
        assert small.post("/v1/classify", json={"articles": [{"body": "工" * 11}]}).status_code == 413
        assert small.post("/v1/classify", json={"articles": [{"body": "工"}] * 3}).status_code == 413
        assert small.post("/v1/classify", json={"articles": [{"body": "工" * 1100}]}).json()["field"] == "$"


def test_random_json_never_breaks_the_service(client: TestClient) -> None:
    draw = random.Random(7)
    leaves: list[object] = [None, True, 0, -1.5, "", "工会送清凉。", "\ud800", "\0", [], {}]

    def made(depth: int) -> object:
        kind = draw.random()
        if depth == 0 or kind < 0.3:
            return draw.choice(leaves)
        if kind < 0.5:
            return [made(depth - 1) for _ in range(draw.randrange(4))]
        names = ["articles", "body", "headline", "id", "length", "text", "other"]
        return {draw.choice(names): made(depth - 1) for _ in range(draw.randrange(5))}

    for _ in range(200):
        route = draw.choice(["classify", "summarize", "tag", "pages"])
        body = json.dumps({"articles": [made(2)], "text": made(1)} if draw.random() < 0.2 else made(4)).encode()
        answer = client.post(f"/v1/{route}", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in (200, 400, 413, 422), (body, answer.text)
