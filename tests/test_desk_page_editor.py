"""Editing the split of a page in Chromium: by key and mouse, over a reload, against another editor, without a connection; and
paste and try at /. Each view in both languages, light and dark, on a desktop, a phone and magnified; zero violations of axe-core.
"""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.desk import LOOKS, Desk, Scheme, in_chromium, shot, sticks_out, violations, visit
from tests.test_kept_pages import HEADLINES, SAMPLE

pytestmark = in_chromium


def keep(desk: Desk, page_id: str, text: str = SAMPLE) -> None:
    call(desk, f"/v1/pages/{quote(page_id)}", {"text": text, "source": "青禾日报", "date": "2026-07-14"}, "PUT")


def call(desk: Desk, path: str, body: Any = None, method: str = "GET") -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(desk.address + path, data, {"Content-Type": "application/json"}, method=method)  # noqa: S310
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - our own address
        return json.loads(answer.read())


def opened(page: Page, desk: Desk, page_id: str) -> None:
    page.goto(f"{desk.address}/desk/pages/{page_id}")
    page.wait_for_selector("[data-ready]")


def line(page: Page, text: str) -> Any:
    return page.locator(".lines .line", has_text=text).first


@pytest.mark.parametrize(("size", "scheme", "language"), LOOKS)
def test_the_views_of_pages_look_right_and_are_accessible(
    browser: Browser, desk: Desk, size: str, scheme: Scheme, language: str
) -> None:
    keep(desk, "look")
    with visit(browser, desk.address, size, scheme, language) as page:
        page.goto(desk.address + "/desk/pages?state=" + call(desk, "/v1/pages/look")["state"])
        assert violations(page) == [] and not sticks_out(page)
        shot(page, f"pages-{size}-{scheme}-{language}")
        opened(page, desk, "look")
        assert violations(page) == [] and not sticks_out(page)
        shot(page, f"page-{size}-{scheme}-{language}")
        page.goto(desk.address)
        expect(page.locator("#notice")).to_contain_text("keywords")
        page.click("#sample")
        expect(page.locator("#text")).to_have_value(re.compile("指尖工会"))
        page.click("#run")
        page.wait_for_selector("#split:not([hidden])")
        page.click("#split > summary")
        assert violations(page) == [] and not sticks_out(page)
        shot(page, f"try-{size}-{scheme}-{language}")


def test_a_split_is_mended_by_keys_alone_and_kept(browser: Browser, desk: Desk) -> None:
    keep(desk, "keys")
    with visit(browser, desk.address) as page:
        opened(page, desk, "keys")
        expect(page.locator("#save")).to_have_text("拆分无误")
        line(page, HEADLINES[1]).click()
        page.keyboard.press("m")  # merge
        expect(page.locator("#made-count")).to_have_text("3 篇")
        expect(line(page, HEADLINES[1])).to_contain_text("小标题")
        page.keyboard.press("u")
        expect(page.locator("#made-count")).to_have_text("4 篇")
        page.keyboard.press("r")
        expect(page.locator("#made-count")).to_have_text("3 篇")
        page.keyboard.press("o")  # and an article begins here again, though as a section head no more
        expect(line(page, HEADLINES[1])).to_contain_text("主标题")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("1")
        expect(page.locator(".lines .line.at")).to_contain_text("肩题")
        page.keyboard.press("x")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        expect(page.locator(".said")).to_contain_text("肩题")
        page.keyboard.press("a")
        expect(page.locator(".strip")).to_contain_text("已核对")
        kept = call(desk, "/v1/pages/keys")
        assert kept["state"] == "done" and len(kept["articles"]) == 4
        assert len(kept["articles"][1]["kicker"]) == 2
        page.wait_for_selector("[data-ready]")
        page.click("#take-back")
        expect(page.locator(".strip")).not_to_contain_text("已核对")
        assert [a["headline"] for a in call(desk, "/v1/pages/keys")["articles"]] == HEADLINES


def test_edits_outlast_a_reload_and_a_lost_connection_and_count_once(browser: Browser, desk: Desk) -> None:
    keep(desk, "lost")
    with visit(browser, desk.address) as page:
        opened(page, desk, "lost")
        line(page, HEADLINES[2]).click(modifiers=["Shift"])
        line(page, HEADLINES[2]).click()
        page.click("[data-op=merge]")
        expect(page.locator("#made-count")).to_have_text("3 篇")
        page.reload()
        expect(page.locator("#notice")).to_contain_text("已恢复")
        expect(page.locator("#made-count")).to_have_text("3 篇")
        page.context.set_offline(True)
        page.click("#save")
        expect(page.locator("#notice")).to_contain_text("连接断开")
        page.context.set_offline(False)
        expect(page.locator(".strip")).to_contain_text("已核对")
        said = call(desk, "/v1/corrections?article=lost")["corrections"]
        assert len(said) == 1 and len(call(desk, "/v1/pages/lost")["articles"]) == 3


def test_of_two_editors_the_second_hears_who_was_first_and_keeps_the_edits(browser: Browser, desk: Desk) -> None:
    keep(desk, "two")
    with visit(browser, desk.address) as one, visit(browser, desk.address) as other:
        opened(one, desk, "two")
        opened(other, desk, "two")
        line(other, HEADLINES[1]).click()
        other.click("[data-op=merge]")
        expect(other.locator("#made-count")).to_have_text("3 篇")
        one.click("#save")
        expect(one.locator(".strip")).to_contain_text("已核对")
        other.click("#save")
        expect(other.locator("#notice")).to_contain_text("已改过这个版面")
        expect(other.locator("#made-count")).to_have_text("3 篇")
        other.click("#notice button")
        expect(other.locator("#notice")).to_contain_text("已恢复")
        expect(other.locator("#made-count")).to_have_text("3 篇")
        other.click("#save")
        expect(other.locator("#made-count")).to_have_text("3 篇")
        expect(other.locator("#notice")).to_be_hidden()
        assert len(call(desk, "/v1/pages/two")["articles"]) == 3


def test_what_is_tried_is_mended_analysed_anew_and_kept_when_asked(
    browser: Browser, desk: Desk, tmp_path: Path
) -> None:
    with visit(browser, desk.address) as page:
        page.goto(desk.address)
        page.click("#sample")
        expect(page.locator("#text")).to_have_value(re.compile("指尖工会"))
        page.click("#run")
        page.wait_for_selector("#split:not([hidden])")
        page.click("#split > summary")
        line(page, HEADLINES[1]).click()
        page.keyboard.press("m")
        expect(page.locator("article.card")).to_have_count(3)
        page.fill("#store-id", "tried/1")
        page.click("#store-go")
        expect(page.locator("#stored a")).to_have_text("tried/1 ")
        assert len(call(desk, "/v1/pages/tried/1")["articles"]) == 3
        page.click("#store-go")
        expect(page.locator("#stored")).to_contain_text("已经用过")
        rows = "headline,body\n送清凉,县总工会走进工地送去绿豆汤。\n同台比武,六百名焊工在石桥机械厂同台竞技。\n"
        (tmp_path / "a.csv").write_text(rows, "utf-8")
        page.set_input_files("#file", str(tmp_path / "a.csv"))
        expect(page.locator("article.card h3")).to_have_text(["送清凉", "同台比武"])
        (tmp_path / "b.pdf").write_bytes(b"no pdf")
        page.set_input_files("#file", str(tmp_path / "b.pdf"))
        expect(page.locator("#results")).to_contain_text("b.pdf 无法读取")


def test_without_a_script_pages_are_read_and_texts_are_tried(browser: Browser, desk: Desk) -> None:
    keep(desk, "plain")
    with visit(browser, desk.address, java_script_enabled=False) as page:
        page.goto(f"{desk.address}/desk/pages/plain")
        for headline in HEADLINES:
            expect(page.locator(".made h3", has_text=headline)).to_be_visible()
        expect(page.locator(".dump .line").first).to_be_visible()
        expect(page.locator(".tools")).to_be_hidden()
        page.goto(desk.address)
        page.fill("#text", SAMPLE)
        page.click("#run")
        expect(page.locator("article.card h3")).to_have_text(HEADLINES)
        expect(page.locator(".dump .line").first).to_be_visible()
        expect(page.locator("#text")).to_have_value(re.compile("指尖工会"))
        page.fill("#text", "！！")
        page.click("#run")
        expect(page.locator("#error")).to_contain_text("没有可读的文字")
