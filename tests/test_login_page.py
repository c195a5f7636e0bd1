"""Signing in in Debian's Chromium: the desk sends whoever has no session to /login, and works with one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.server import Server
from tests.test_keys import make_key
from tests.test_web_page import ARGUMENTS, CHROMIUM, shot

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's Chromium (apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as started:
        found = started.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield found
        found.close()


def try_desk(page: Page) -> None:
    expect(page.locator("#notice")).to_contain_text("keywords")
    page.get_by_label("单篇稿件").check()
    page.get_by_label("正文").fill("7月12日，青禾县总工会走进工地，为建筑工人送去绿豆汤。")
    page.locator("#run").click()


def test_a_person_signs_in_and_uses_the_desk(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    monkeypatch.setenv("CAIBIAN_DATABASE_URL", url)
    key = make_key(capsys)
    with Server(tmp_path, url) as server:
        context = browser.new_context(viewport={"width": 1000, "height": 700})
        page = context.new_page()
        page.set_default_timeout(15_000)
        trouble: list[str] = []
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("console", lambda said: trouble.append(said.text) if "Content Security Policy" in said.text else None)
        page.goto(server.address)
        try_desk(page)
        page.wait_for_url("**/login")
        shot(page, "login")
        page.get_by_label("密钥").fill("cb_wrong")
        page.get_by_role("button", name="登录").click()
        expect(page.get_by_role("alert")).to_contain_text("无效")
        page.get_by_role("button", name="English").click()
        expect(page.get_by_role("alert")).to_contain_text("not valid")
        page.get_by_role("button", name="中文").click()
        shot(page, "login-wrong")
        page.get_by_label("密钥").fill(key)
        page.get_by_role("button", name="登录").click()
        page.wait_for_url(server.address + "/")
        try_desk(page)
        expect(page.locator("#results h4").first).to_have_text("主题")
        assert "caibian" not in page.evaluate("document.cookie")  # HttpOnly
        assert (
            page.evaluate("Object.values(localStorage).concat(Object.values(sessionStorage)).join().includes('cb_')")
            is False
        )
        assert trouble == []
        context.close()
