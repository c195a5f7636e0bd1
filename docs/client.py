"""A small typed client of the service, to copy into a newsroom's own system. Needs httpx only.

with Caibian("http://127.0.0.1:8000", key="cb_…") as caibian:
    for result in caibian.tag([{"id": "a-1", "body": "…"}]):
        print(result["id"], result["labels"], result["summary"]["summary"])
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Literal, NotRequired, Self, TypedDict
from urllib.parse import quote

import httpx

Length = Literal["headline", "brief"]


class Article(TypedDict):
    """An article as it is sent."""

    body: str
    id: NotRequired[str]
    headline: NotRequired[str]


class Sentence(TypedDict):
    """A sentence of the body that a summary draws on; offsets in code points."""

    text: str
    start: int
    end: int


class Summary(TypedDict):
    """A summary, what was verified about it and what it draws on."""

    summary: str
    method: Literal["abstractive", "extractive"]
    checks: dict[str, Any]
    evidence: list[Sentence]
    bundle: str


class Tagged(TypedDict):
    """Topics and summary of one article."""

    id: str | None
    labels: list[str]
    primary: str
    scores: dict[str, float]
    needs_review: bool
    summary: Summary


class Refused(Exception):
    """The service said no: `kind` is stable, `detail` says what to do, `field` names the part."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(problem["detail"])
        self.kind: str = problem["type"].rpartition(":")[2]
        self.detail: str = problem["detail"]
        self.field: str | None = problem.get("field")


class Caibian:
    """The service at an address. Busy answers (429, 503) are tried again as `Retry-After` says, lost ones
    after a moment.
    """

    def __init__(self, address: str, key: str | None = None, tries: int = 5) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(base_url=address, headers=headers, timeout=60)
        self._tries = tries

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()

    def tag(self, articles: Sequence[Article], length: Length = "brief") -> list[Tagged]:
        """Topics and summaries, in the order of the articles."""
        answer = self._call("POST", "/v1/tag", {"articles": list(articles), "length": length})
        found: list[Tagged] = answer["results"]
        return found

    def keep(self, article_id: str, body: str, headline: str = "", embargo: str | None = None) -> dict[str, Any]:
        """Keep an article; the same id again is its next version."""
        told = {"headline": headline, "body": body, "embargo": embargo}
        return self._call("PUT", f"/v1/articles/{quote(article_id, safe='')}", told)

    def withdraw(self, article_id: str) -> None:
        """Delete an article everywhere."""
        self._call("DELETE", f"/v1/articles/{quote(article_id, safe='')}")

    def correct_topics(self, article_id: str, labels: Sequence[str], editor: str) -> str:
        """Say which topics of a kept article are right; the correction's id."""
        told = {"task": "topics", "id": article_id, "labels": list(labels), "editor": editor}
        return str(self._call("POST", "/v1/corrections", told)["id"])

    def run_job(self, articles: Sequence[Article], length: Length = "brief") -> Iterator[dict[str, Any]]:
        """Hand an archive in, wait until it is done, and give a record an article."""
        job = self._call("POST", "/v1/jobs", {"articles": list(articles), "length": length})
        while job["state"] in ("queued", "running"):
            time.sleep(0.5)
            job = self._call("GET", f"/v1/jobs/{job['id']}")
        with self._client.stream("GET", f"/v1/jobs/{job['id']}/results") as answer:
            if answer.is_error:
                answer.read()
                raise Refused(answer.json())
            for line in answer.iter_lines():
                yield json.loads(line)

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        # One key for all tries: what was done is not done twice, whatever answer was lost.
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        lost = False
        for left in reversed(range(self._tries)):
            try:
                answer = self._client.request(method, path, json=body, headers=headers)
            except httpx.TransportError:
                if not left:
                    raise
                time.sleep(2)
                lost = True
                continue
            if answer.status_code in (429, 503) and left:
                time.sleep(min(30, int(answer.headers.get("Retry-After", "2"))))
                continue
            break
        if lost and method == "DELETE" and answer.status_code == 404:
            return {}  # the try whose answer was lost has deleted it
        if answer.is_error:
            raise Refused(answer.json())
        told: dict[str, Any] = answer.json() if answer.content else {}
        return told
