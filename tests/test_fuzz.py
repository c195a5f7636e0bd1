"""Schemathesis over the whole OpenAPI document, against the service as a process: whatever is sent, right or wrong by the
document, no answer is a 5xx and every answer is one that the document describes.

Parameters that name something are every other time replaced by names of things that are there, so that more than 404 is met.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from service.app import create_app
from service.settings import Settings
from tests.server import Server
from tests.service_client import ARTICLES

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
FEW = 50
MANY = int(os.environ.get("FUZZ_CASES", "2000"))


@cache
def document() -> Any:
    described = json.loads(json.dumps(create_app(Settings()).openapi()))
    return schemathesis.openapi.from_dict(described)


def operations() -> list[str]:
    return [found.ok().label for found in document().get_all_operations()]


def operation(label: str) -> Any:
    return next(found.ok() for found in document().get_all_operations() if found.ok().label == label)


@dataclass
class Target:
    """A server with something in it."""

    server: Server
    session: requests.Session
    names: dict[str, list[str]]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder = tmp_path_factory.mktemp("fuzz")
    with Server(folder, f"sqlite:///{folder / 'fuzz.db'}", CAIBIAN_LOG_LEVEL="warning") as server:
        status, job = server.call("/v1/jobs", {"articles": ARTICLES})
        assert status == 202
        status, made = server.call("/v1/corrections", {"id": "a-1", "body": ARTICLES[0]["body"], "labels": []})
        assert status == 201
        names = {"job_id": [job["id"]], "article_id": ["a-1"], "correction_id": [made["id"]]}
        with requests.Session() as session:
            session.trust_env = False
            yield Target(server, session, names)


def fuzz(target: Target, label: str, cases: int) -> None:
    found = operation(label)

    @settings(
        max_examples=cases,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
    )
    @given(data=st.data())
    def one(data: st.DataObject) -> None:
        case = data.draw(found.as_strategy())
        for name, there in target.names.items():
            if name in (case.path_parameters or {}) and data.draw(st.booleans(), label="one that is there"):
                case.path_parameters[name] = data.draw(st.sampled_from(there))
        answer = case.call(base_url=target.server.address, session=target.session)
        case.validate_response(answer, checks=CHECKS)

    one()


def test_every_route_of_the_document_is_fuzzed() -> None:
    paths = create_app(Settings()).openapi()["paths"]
    assert set(operations()) == {f"{method.upper()} {path}" for path, item in paths.items() for method in item}
    assert len(operations()) >= 20


@pytest.mark.parametrize("label", operations())
def test_no_request_breaks_the_service_or_its_document(target: Target, label: str) -> None:
    fuzz(target, label, FEW)


@pytest.mark.long
@pytest.mark.parametrize("label", operations())
def test_thousands_of_requests_break_nothing(target: Target, label: str) -> None:
    fuzz(target, label, MANY)
