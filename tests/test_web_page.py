"""The page at / in Debian's Chromium: main job, both languages, light and dark, phone width, errors as sentences.

Pictures are written to TEST_SHOTS when that is set, for a person to look at.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from models.faithfulness import checks
from service.app import create_app
from service.settings import Settings
from tests.service_client import floors

Scheme = Literal["light", "dark"]
CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's Chromium (apt-get install chromium)"),
]
SIZES: dict[str, ViewportSize] = {"desktop": {"width": 1360, "height": 900}, "phone": {"width": 375, "height": 760}}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    app = create_app(Settings(max_page_chars=2000), floors())
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as started:
        found = started.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield found
        found.close()


@contextlib.contextmanager
def opened(browser: Browser, address: str, size: str = "desktop", scheme: Scheme = "light") -> Iterator[Page]:
    """A page that fails the test on a script error, a refused resource or a request to anyone else."""
    context = browser.new_context(viewport=SIZES[size], color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(15_000)
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda said: trouble.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("request", lambda r: trouble.append(r.url) if not r.url.startswith((address, "blob:")) else None)
    page.goto(address)
    expect(page.locator("#notice")).to_contain_text("keywords")
    yield page
    assert trouble == []
    context.close()


def shot(page: Page, name: str) -> None:
    if folder := os.environ.get("TEST_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize(
    ("size", "scheme", "language"),
    [("desktop", "light", "zh"), ("desktop", "dark", "en"), ("phone", "light", "en"), ("phone", "dark", "zh")],
)
def test_the_sample_page_is_read_with_two_clicks(
    browser: Browser, address: str, size: str, scheme: Scheme, language: str
) -> None:
    with opened(browser, address, size, scheme) as page:
        if language == "en":
            page.click("#language")
            expect(page.locator("#run")).to_have_text("Read it")
        # The button does nothing until the script has run, which writes the placeholder.
        expect(page.locator("#text")).to_have_attribute("placeholder", re.compile("."))
        shot(page, f"{size}-{scheme}-{language}-empty")
        page.click("#sample")
        expect(page.locator("#text")).to_have_value(re.compile("指尖工会"))
        page.click("#run")
        page.wait_for_selector("article.card")
        assert page.locator("article.card h3").all_inner_texts() == [
            "青禾县总工会为户外劳动者送清凉",
            "农民工讨回两年工资",
            "六百名焊工同台比武",
            "“指尖工会”上线",
        ]
        card = page.locator("article.card").first
        assert card.locator(".bars li").count() == 4
        assert ("身心关爱" if language == "zh" else "Wellbeing") in card.locator(".bars").inner_text()
        assert card.locator(".summary").inner_text()
        assert "lead" in card.inner_text()
        card.locator("details", has=page.locator(".blocks")).locator("> summary").click()
        assert card.locator(".blocks li").count() > 2
        # Nothing may stick out sideways on a phone.
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        shot(page, f"{size}-{scheme}-{language}-page")


def test_the_language_is_switched_in_place_and_remembered(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        assert page.inner_text("#run") == "开始处理"
        page.fill("#text", "县总工会送清凉到工地，职工都说好。送来的是绿豆汤和防暑药品，还请来医生现场量血压。")
        page.click("text=单篇稿件")
        page.fill("#headline", "送清凉到工地")
        page.click("#run")
        page.wait_for_selector("article.card")
        assert page.inner_text("article.card h3") == "送清凉到工地"
        page.click("#language")
        expect(page.locator("#run")).to_have_text("Read it")
        expect(page.locator("article.card")).to_contain_text("Summary")
        page.reload()
        assert page.inner_text("#run") == "Read it"
        expect(page.locator("article.card")).to_contain_text("Summary")  # what came out stays, too
        assert page.get_attribute("html", "lang") == "en"


def test_evidence_is_marked_in_the_text_by_code_points(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        answer = (
            '{"results":[{"id":null,"labels":["wellbeing"],"primary":"wellbeing","scores":{"wellbeing":0.9},'
            '"needs_review":true,"reasons":[],"evidence":[{"topic":"wellbeing","where":"body","start":4,"end":8,'
            '"text":"送清凉。","weight":1.0}],"windows":1,"bundle":"x@1","summary":{"summary":"s",'
            '"method":"extractive","checks":{},"windows":1,"bundle":"y@1"}}]}'
        )
        page.route("**/v1/tag", lambda route: route.fulfill(body=answer, content_type="application/json"))
        page.click("text=单篇稿件")
        page.fill("#text", "𠮷野工会送清凉。好。")
        page.click("#run")
        assert page.inner_text(".body mark") == "送清凉。"
        assert page.inner_text(".badge") == "需人工复核"


def show(page: Page, summary: dict[str, Any]) -> None:
    """An article with this summary on the page."""
    answer = {"results": [{"labels": [], "primary": "other", "scores": {"wellbeing": 0.1}, "needs_review": False, "reasons": [],
                           "evidence": [], "windows": 1, "bundle": "x@1", "summary": summary}]}  # fmt: skip
    page.route("**/v1/tag", lambda route: route.fulfill(json=answer))
    page.check("input[value=article]")
    page.fill("#text", "7月12日，工会为320名工人送清凉。")
    page.click("#run")
    page.wait_for_selector("article.card")


@pytest.mark.parametrize(
    ("summary", "bad"), [("工会为320名工人送清凉", 0), ("本报讯（记者张三）工会为330名工人送清凉", 3)]
)
def test_checks_are_shown_as_they_came_out(browser: Browser, address: str, summary: str, bad: int) -> None:
    """A check whose name the page does not know would show its bare name, one that it reads the wrong way round a cross."""
    found = checks(summary, "7月12日，工会为320名工人送清凉。")
    said = {"summary": summary, "method": "extractive", "checks": found, "windows": 1, "bundle": "y@1"}
    with opened(browser, address, "desktop", "light") as page:
        show(page, said)
        assert page.locator(".chip.bad").count() == bad
        assert page.locator(".chip.good").count() == len(found) - bad
        assert "_" not in "".join(page.locator(".chip").all_inner_texts())


@pytest.mark.parametrize(
    ("method", "found", "bad"),
    [
        ("extractive", {"ok": False, "empty": True}, 2),
        ("extractive", {"ok": True, "fell_back": True, "markup": True, "negations_not_in_source": []}, 2),
        ("abstractive", {"ok": False, "negations_not_in_source": ["未达成"]}, 2),
    ],
)
def test_what_a_model_wrote_says_so_and_faults_are_crossed(
    browser: Browser, address: str, method: str, found: dict[str, Any], bad: int
) -> None:
    summary = {"summary": "工会送清凉", "method": method, "checks": found, "windows": 1, "bundle": "y@1"}
    with opened(browser, address, "desktop", "light") as page:
        show(page, summary)
        assert page.locator(".chip.bad").count() == bad
        assert "_" not in "".join(page.locator(".chip").all_inner_texts())
        assert ("须由人过目" in page.inner_text("article.card")) is (method == "abstractive")


def test_text_of_others_stays_text(browser: Browser, address: str) -> None:
    evil = "<img src=x onerror=\"document.title='broken'\">工会<script>document.title='broken'</script>送清凉到工地。"
    with opened(browser, address) as page:
        page.click("text=单篇稿件")
        page.fill("#headline", evil)
        page.fill("#text", evil * 3)
        page.click("#run")
        page.wait_for_selector("article.card")
        assert page.inner_text("article.card h3") == evil
        assert page.locator("#results img, #results script").count() == 0
        assert page.title() == "试用 · 采编"


def test_errors_are_sentences_and_the_next_try_works(browser: Browser, address: str, tmp_path: Path) -> None:
    with opened(browser, address) as page:
        page.click("#run")
        assert "请先粘贴" in page.inner_text("#error")
        page.fill("#text", "！！！")
        page.click("#run")
        expect(page.locator("#error")).to_contain_text("标点")
        page.fill("#text", "工" * 2001)
        page.click("#run")
        expect(page.locator("#error")).to_contain_text("2,000")
        shot(page, "error")
        page.route("**/v1/pages", lambda route: route.abort())
        page.click("#run")
        expect(page.locator("#error")).to_contain_text("连接不上")
        page.unroute("**/v1/pages")
        (tmp_path / "picture.txt").write_bytes(bytes(range(256)))
        page.set_input_files("#file", str(tmp_path / "picture.txt"))
        expect(page.locator("#error")).to_contain_text("UTF-8")
        (tmp_path / "page.txt").write_bytes("县总工会送清凉到工地，职工都说好。".encode("gb18030"))
        page.set_input_files("#file", str(tmp_path / "page.txt"))
        expect(page.locator("#error")).to_contain_text("GB18030")
        expect(page.locator("#text")).to_have_value("县总工会送清凉到工地，职工都说好。")
        page.click("#run")
        expect(page.locator("#error")).to_be_hidden()


def test_the_docs_render_every_route_from_the_openapi_document(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        page.click("a[href='/docs']")
        page.wait_for_selector("#schema-ArticlesIn")
        text = page.inner_text("main")
        for path in ("/v1/classify", "/v1/summarize", "/v1/tag", "/v1/pages", "/health/ready"):
            assert path in text
        assert "curl -sS" in text
        shot(page, "docs")
