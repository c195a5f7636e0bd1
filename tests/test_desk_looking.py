"""Search, figures and corrections in Debian's Chromium: their looks, by keyboard, without JavaScript, back and forth."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.desk import LOOKS, Desk, browser, desk, in_chromium, shot, sticks_out, violations, visit  # noqa: F401 - fixtures

pytestmark = in_chromium
VIEWS = {
    "search": "/desk/search?q=%E6%80%BB%E5%B7%A5%E4%BC%9A",
    "figures": "/desk/figures?weeks=52",
    "corrections": "/desk/corrections",
}


@pytest.mark.parametrize("name", VIEWS)
def test_every_look_is_readable_by_all(browser: Browser, desk: Desk, name: str) -> None:  # noqa: F811
    for size, scheme, language in LOOKS:
        with visit(browser, desk.address, size, scheme, language) as page:
            page.goto(desk.address + VIEWS[name])
            assert violations(page) == [] and not sticks_out(page)
            shot(page, f"{name}-{size}-{scheme}-{language}")
            if name == "figures" and (size, language) == ("phone", "zh"):
                expect(page.get_by_role("img", name="每周稿件")).to_be_visible()
                page.get_by_text("数据表").first.click()
                expect(page.get_by_role("columnheader", name="需要复核").first).to_be_visible()
                assert violations(page) == [] and not sticks_out(page)


def test_a_search_by_keyboard_there_and_back(browser: Browser, desk: Desk) -> None:  # noqa: F811
    with visit(browser, desk.address) as page:
        page.goto(desk.address + "/desk/search")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
        page.get_by_role("searchbox").fill("總工會")
        page.keyboard.press("Enter")
        expect(page.locator("mark").first).to_have_text("总工会")
        address = page.url
        page.locator(".hits .item").first.press("Enter")
        page.wait_for_url("**/desk/articles/**")
        page.go_back()
        assert page.url == address
        expect(page.get_by_role("searchbox")).to_have_value("總工會")
        page.get_by_label("排序").select_option("relevance")
        page.get_by_role("button", name="筛选").click()
        expect(page.locator(".hits .item mark").first).to_have_text("总工会")  # those in headlines first
        with page.expect_download() as started:
            page.get_by_role("link", name="CSV").click()
        assert started.value.suggested_filename == "found.csv"


def test_all_of_it_works_without_javascript(browser: Browser, desk: Desk) -> None:  # noqa: F811
    desk.server.call("/v1/corrections", {"id": "looking-1", "body": "青禾县修好了桥。", "labels": ["wellbeing"]})
    with visit(browser, desk.address, language="en", java_script_enabled=False) as page:
        page.goto(desk.address + "/desk/search")
        page.get_by_role("searchbox").fill("青禾县修好了桥")
        page.get_by_role("button", name="Search").click()
        assert page.locator(".hits li").count() == 1
        page.goto(desk.address + "/desk/corrections")
        first = page.locator(".said li").first
        first.get_by_role("button", name="Take back").click()
        expect(first).to_contain_text("took back")
        first.get_by_role("button", name="Restore").click()
        expect(page.locator(".said li").first.get_by_role("button", name="Restore")).to_be_visible()
        page.goto(desk.address + "/desk/figures")
        expect(page.get_by_role("img", name="Articles a week")).to_be_visible()
