"""What the service's tests share: the floors as analyzer, a client that is ready, a few invented articles."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from models.analyzer import Analyzer
from models.registry import load_classifier, load_summarizer
from service.app import create_app
from service.settings import Settings

ROOT = Path(__file__).parents[1]
FLOORS = {"CAIBIAN_TOPICS_BUNDLE": "keywords", "CAIBIAN_SUMMARIES_BUNDLE": "lead"}
"""The environment of a process on the floors."""
HERE = "http://127.0.0.1:8000"
"""Without a key a service answers to names of loopback only."""

ARTICLES: list[dict[str, Any]] = [
    {
        "id": "a-1",
        "headline": "青禾县总工会为户外劳动者送清凉",
        "body": "本报讯（记者林晓舟）7月12日，青禾县总工会走进河滨大桥工地，为建筑工人送去绿豆汤和防暑药品。\n"
        "工会负责人表示，高温时段将督促企业调整作息时间，并请医生为职工免费体检。",
    },
    {
        "id": "a-2",
        "headline": "农民工讨回两年工资",
        "body": "7月10日，在云岭市务工的十八名农民工收到被拖欠的工资四十三万元。"
        "云岭市总工会指派律师提供法律援助，先后两次组织调解。",
    },
    {
        "headline": "六百名焊工同台比武",
        "body": "7月11日，东屏省职工焊接技能竞赛决赛在石桥机械厂开赛，来自九个市的六百名选手同台比武。"
        "前三名可晋升技师职业资格。",
    },
]


def floors() -> Analyzer:
    """The two zero-weight implementations."""
    return Analyzer(load_classifier("keywords"), load_summarizer("lead"))


@contextlib.contextmanager
def ready_client(analyzer: Analyzer | None = None, **settings: Any) -> Iterator[TestClient]:
    """A client of an app whose models have answered the canary text."""
    chosen = Settings(topics_bundle="keywords", summaries_bundle="lead", **settings)
    with TestClient(create_app(chosen, analyzer), base_url=HERE) as client:
        wait_ready(client)
        yield client


@contextlib.contextmanager
def python(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A Python process on the floors that does not outlive the `with`, whatever fails in it."""
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | FLOORS | environment,
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as run:
        try:
            yield run
        finally:
            run.kill()


def wait_ready(client: TestClient, seconds: float = 20.0) -> None:
    """Until /health/ready says 200."""
    until = time.monotonic() + seconds
    while (answer := client.get("/health/ready")).status_code != 200:
        assert time.monotonic() < until, answer.text
        time.sleep(0.02)
