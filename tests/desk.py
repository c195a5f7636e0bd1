"""What the tests of the desk share: a server over seeded articles, Chromium, a page that hears of every trouble, axe-core."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from service.store.database import open_store
from tests.seed_desk import seed
from tests.server import Server

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SIZES: dict[str, ViewportSize] = {
    "desktop": {"width": 1280, "height": 860},
    "phone": {"width": 360, "height": 740},
    "zoomed": {"width": 640, "height": 430},  # a desktop at 200%
}
Scheme = Literal["light", "dark"]
LOOKS: list[tuple[str, Scheme, str]] = [
    ("desktop", "light", "zh"),
    ("desktop", "dark", "en"),
    ("phone", "light", "en"),
    ("phone", "dark", "zh"),
    ("zoomed", "light", "zh"),
]
"""Each view in both languages, light and dark, on a desktop, a phone and magnified."""
SEEDED = 300
SLOWEST = 60_000
"""Milliseconds: machines of CI are busy."""
in_chromium = [
    pytest.mark.chromium,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's Chromium (apt-get install chromium)"),
]
"""The `pytestmark` of a module that needs Chromium."""


@dataclass(frozen=True, slots=True)
class Desk:
    """A running service without keys over seeded articles."""

    server: Server
    url: str

    @property
    def address(self) -> str:
        return self.server.address


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One for the whole run: what a test changes is its own articles' (put them under ids of its own)."""
    folder = tmp_path_factory.mktemp("desk")
    url = f"sqlite:///{folder / 'desk.db'}"
    store = open_store(url)
    seed(store, SEEDED)
    store.close()
    with Server(folder, url) as server:
        yield Desk(server, url)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as started:
        found = started.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield found
        found.close()


@contextlib.contextmanager
def visit(
    browser: Browser, address: str, size: str = "desktop", scheme: Scheme = "light", language: str = "zh", **more: Any
) -> Iterator[Page]:
    """A page that fails the test on a script error, on what the content security policy refused, on a request to anyone else."""
    context = browser.new_context(viewport=SIZES[size], color_scheme=scheme, **more)
    context.add_cookies([{"name": "lang", "value": language, "url": address}])
    page = context.new_page()
    page.set_default_timeout(SLOWEST)
    expect.set_options(timeout=SLOWEST)
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda said: trouble.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("request", lambda r: trouble.append(r.url) if not r.url.startswith((address, "blob:")) else None)
    try:
        yield page
        assert trouble == []
    finally:
        context.close()


def shot(page: Page, name: str) -> None:
    """A picture for a person to look at, where TEST_SHOTS names a folder."""
    if folder := os.environ.get("TEST_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def violations(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.2, levels A and AA."""
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    found = page.evaluate("(tags) => axe.run(document, { runOnly: { type: 'tag', values: tags } })", tags)
    return [
        f"{v['id']}: {n['html'][:160]} {n['failureSummary'][:200]}" for v in found["violations"] for n in v["nodes"]
    ]


def sticks_out(page: Page) -> bool:
    """Whether anything makes the page wider than the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))
