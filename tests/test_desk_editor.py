"""The desk in Debian's Chromium, as an editor uses it: keys, two at once, a connection that breaks, reload, back, hostile text."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from service.store import corrections
from service.store import desk as desk_rows
from service.store.articles import Analysed, Draft, put
from service.store.database import open_store
from tests.desk import LOOKS, Desk, Scheme, in_chromium, shot, sticks_out, violations, visit
from tests.server import Server
from tests.test_desk import BODY, HOSTILE, summary, topics
from tests.test_keys import make_key

pytestmark = in_chromium
EVIDENCE = [{"topic": "wellbeing", "where": "body", "start": 10, "end": 47, "text": BODY[10:47], "weight": 0.9}]


def keep(url: str, *names: str, **more: Any) -> None:
    """Sure, unread articles of a source of their own, so that tests on one server keep out of each other's queue."""
    store = open_store(url)
    with store.write() as connection:
        for name in names:
            draft = Draft(
                name, more.get("headline", f"{name}号工地送清凉"), more.get("body", BODY), source=more.get("source")
            )
            put(connection, draft, Analysed(topics(evidence=EVIDENCE), summary()), "desk")
    store.close()


def said(url: str, name: str) -> list[dict[str, Any]]:
    store = open_store(url)
    with store.read() as connection:
        rows = corrections.history(connection, name)
    store.close()
    return rows


def open_article(page: Page, desk: Desk | Server, name: str, query: str = "") -> None:
    page.goto(f"{desk.address}/desk/articles/{name}{query}")
    page.wait_for_selector("[data-ready]")


def presses(page: Page, *keys: str) -> int:
    for key in keys:
        page.keyboard.press(key)
    return len(keys)


@pytest.mark.parametrize(("size", "scheme", "language"), LOOKS)
def test_queue_and_article_look_well_and_break_no_rule(
    browser: Browser, desk: Desk, size: str, scheme: Scheme, language: str
) -> None:
    with visit(browser, desk.address, size, scheme, language) as page:
        page.goto(f"{desk.address}/desk?topic=wellbeing")
        assert violations(page) == [] and not sticks_out(page)
        shot(page, f"queue-{size}-{scheme}-{language}")
        page.locator(".item").first.click()
        page.wait_for_selector("[data-ready]")
        page.locator(".history summary").click()
        assert violations(page) == [] and not sticks_out(page)
        shot(page, f"article-{size}-{scheme}-{language}")
        page.click("#keys-open")
        expect(page.locator("#keys")).to_be_visible()
        assert violations(page) == [] and not sticks_out(page)


def test_an_experienced_hand_clears_twenty_sure_articles_in_sixty_key_presses(browser: Browser, desk: Desk) -> None:
    names = [f"hand-{n}" for n in range(20)]
    keep(desk.url, *names, source="手熟报")
    with visit(browser, desk.address) as page:
        page.goto(f"{desk.address}/desk?state=unread&source=手熟报")
        expect(page.locator(".states [aria-current] b")).to_have_text("20")
        count = presses(page, "j", "Enter")
        for left in range(20, 0, -1):
            expect(page.locator("[data-ready] .strip .number")).to_have_text(f"还剩 {left} 篇")
            count += presses(page, "a")
        expect(page.locator(".states [aria-current] b")).to_have_text("0")
        assert count <= 60
    assert [len(said(desk.url, name)) for name in names] == [1] * 20
    assert {said(desk.url, name)[0]["note"] for name in names} == {desk_rows.ACCEPTED}


def test_everything_of_an_article_is_done_by_keys(browser: Browser, desk: Desk) -> None:
    keep(desk.url, "keys-1", source="键盘报")
    with visit(browser, desk.address) as page:
        open_article(page, desk, "keys-1", "?state=unread&source=键盘报")
        mark = page.locator(".column .t4").first
        plain = mark.evaluate("e => getComputedStyle(e).backgroundColor")
        presses(page, "Shift+Digit4")
        assert mark.evaluate("e => getComputedStyle(e).backgroundColor") != plain
        presses(page, "Shift+Digit4")
        page.locator("#topic-4 input").focus()
        assert mark.evaluate("e => getComputedStyle(e).backgroundColor") != plain
        presses(page, "4", "1")
        expect(page.locator("#accept")).to_have_text("保存更正")
        presses(page, "e")
        page.keyboard.press("Control+A")
        page.keyboard.type("青禾县总工会为320名工人送去999碗绿豆汤。")
        expect(page.locator("#length")).to_have_text("23 字")
        expect(page.locator("#verdict")).to_have_text("有内容与原文不符")
        expect(page.locator("#checks .bad")).to_contain_text("999碗")
        place = page.locator("#checks a", has_text="320名")
        expect(place).to_contain_text("第 1 段")
        place.focus()
        assert page.evaluate("[...CSS.highlights.get('place')].map(String)") == ["三百二十"]
        page.locator("#summary").focus()
        presses(page, "a")  # in the field a letter is a letter
        expect(page.locator("#summary")).to_have_value(re.compile("a$"))
        page.keyboard.press("Backspace")
        presses(page, "Escape")
        with page.expect_navigation():
            presses(page, "a")
        rows = said(desk.url, "keys-1")
        assert [r["task"] for r in rows] == ["topics", "summaries"]
        assert rows[0]["labels"] == ["rights_protection"] and "999" in rows[1]["summary"]
        page.go_back()  # the state of now, not of then
        page.wait_for_selector("[data-ready]")
        expect(page.locator("#summary")).to_have_value(re.compile("999碗"))
        with page.expect_navigation():
            presses(page, "u")
        page.wait_for_selector("[data-ready]")
        expect(page.locator("#summary")).to_have_value("青禾县总工会送清凉。")
        expect(page.locator("#undo")).to_be_disabled()
        presses(page, "?")
        page.locator("#keys-on").uncheck()
        page.get_by_role("button", name="关闭").click()
        presses(page, "1")
        expect(page.locator("#topic-1 input")).not_to_be_checked()
        presses(page, "?")
        expect(page.locator("#keys")).to_be_hidden()
        page.click("#keys-open")
        page.locator("#keys-on").check()
        presses(page, "Escape", "1")
        expect(page.locator("#topic-1 input")).to_be_checked()
        with page.expect_navigation(url=re.compile(r"/desk\?state=unread")):
            presses(page, "q")
    assert len(said(desk.url, "keys-1")) == 4


@contextlib.contextmanager
def keyed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[tuple[Server, str, list[str]]]:
    url = f"sqlite:///{tmp_path / 'keyed.db'}"
    monkeypatch.setenv("CAIBIAN_DATABASE_URL", url)
    keep(url, "both", "then")
    keys = [make_key(capsys, "--scope", "review", name=name) for name in ("许望舒", "江一帆")]
    with Server(tmp_path, url) as server:
        yield server, url, keys


def sign_in(page: Page, server: Server, key: str, where: str) -> None:
    page.goto(f"{server.address}{where}")
    page.get_by_label("密钥").fill(key)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(f"**{where}")
    page.wait_for_selector("[data-ready]")


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="退出").click()
    page.wait_for_url("**/login")


def test_two_editors_at_once_lose_nothing(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with (
        keyed(tmp_path, monkeypatch, capsys) as (server, url, keys),
        visit(browser, server.address) as one,
        visit(browser, server.address) as two,
    ):
        where = "/desk/articles/both?state=unread"
        sign_in(one, server, keys[0], where)
        sign_in(two, server, keys[1], where)
        expect(two.locator("#presence")).to_have_text("许望舒 也在看这篇")
        presses(two, "1")
        two.locator("#summary").fill("江一帆写的摘要。")
        with one.expect_navigation(url="**/articles/then?state=unread"):
            presses(one, "a")
        two.locator("#summary").blur()
        presses(two, "a")
        expect(two.locator("#notice")).to_contain_text(re.compile(r"许望舒 在 .* 已改过这篇稿件"))
        expect(two.locator("#summary")).to_have_value("江一帆写的摘要。")
        two.get_by_role("button", name="查看最新").click()
        expect(two.locator("#notice")).to_contain_text("已恢复")
        expect(two.locator("#summary")).to_have_value("江一帆写的摘要。")
        expect(two.locator("#topic-1 input")).to_be_checked()
        expect(two.locator(".history li").first).to_contain_text("许望舒")
        with two.expect_navigation():
            presses(two, "a")
        # The next article is the one that the other has open: back to the list, which says so.
        expect(two.locator(".queue .looking")).to_have_text("许望舒 正在看")
        rows = said(url, "both")
        assert [(r["editor"], r["task"]) for r in rows] == [
            ("许望舒", "topics"), ("江一帆", "topics"), ("江一帆", "summaries")
        ]  # fmt: skip
        sign_out(two)
        two.goto(f"{server.address}/desk")
        two.wait_for_url("**/login?next=%2Fdesk")


def test_a_draft_is_its_writers_also_in_the_same_tab(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    where = "/desk/articles/both?state=unread"
    with keyed(tmp_path, monkeypatch, capsys) as (server, _, keys), visit(browser, server.address) as page:
        summary = page.locator("#summary")
        sign_in(page, server, keys[0], where)
        summary.fill("许望舒还没写完的摘要。")
        sign_out(page)
        sign_in(page, server, keys[1], where)
        expect(page.locator("#notice")).to_be_hidden()
        expect(summary).not_to_have_value("许望舒还没写完的摘要。")
        sign_out(page)
        sign_in(page, server, keys[0], where)
        expect(page.locator("#notice")).to_contain_text("已恢复")
        expect(summary).to_have_value("许望舒还没写完的摘要。")


def test_what_waits_is_its_writers_and_not_written_over(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    where, written = "/desk/articles/both", "许望舒断线时写的摘要。"
    with keyed(tmp_path, monkeypatch, capsys) as (server, _, keys), visit(browser, server.address) as page:
        sign_in(page, server, keys[0], where)
        page.route("**/desk/api/review", lambda route: route.abort())
        page.locator("#summary").fill(written)
        presses(page, "Escape", "a")
        expect(page.locator("#notice")).to_contain_text("连接断开")
        sign_out(page)
        page.unroute("**/desk/api/review")
        sign_in(page, server, keys[1], where)
        expect(page.locator("#summary")).not_to_have_value(written)
        presses(page, "1")
        with page.expect_navigation():
            presses(page, "a")
        sign_out(page)
        page.evaluate("sessionStorage.clear()")  # as in another tab
        sign_in(page, server, keys[0], where)
        expect(page.locator("#notice")).to_contain_text("江一帆 在")  # sent, and refused: the other was first
        expect(page.locator("#summary")).to_have_value(written)


def test_a_connection_that_breaks_in_the_middle_of_a_correction_loses_nothing(browser: Browser, desk: Desk) -> None:
    keep(desk.url, "lost-1", "lost-2", source="断线报")
    with visit(browser, desk.address) as page:
        query = "?state=unread&source=断线报"
        open_article(page, desk, "lost-1", query)
        presses(page, "1")
        page.context.set_offline(True)
        presses(page, "a")
        expect(page.locator("#notice")).to_contain_text("连接断开")
        assert said(desk.url, "lost-1") == []
        expect(page.locator("#topic-1 input")).to_be_checked()
        with page.expect_navigation(url=re.compile("lost-2")):
            page.context.set_offline(False)
        assert len(said(desk.url, "lost-1")) == 1
        # The request arrives, its answer does not; then the page is loaded anew.
        lost: list[str] = []

        def lose_the_answer(route: Route) -> None:
            lost.append(route.fetch().text())
            route.abort()

        page.wait_for_selector("[data-ready]")
        page.route("**/desk/api/review", lose_the_answer, times=1)
        presses(page, "2", "a")
        expect(page.locator("#notice")).to_contain_text("连接断开")
        with page.expect_navigation(url=re.compile(r"/desk\?state=unread")):
            page.reload()
        assert len(lost) == 1
    (row,) = said(desk.url, "lost-2")
    assert set(row["labels"]) == {"wellbeing", "skills_contest"} and row["id"] in json.loads(lost[0])["corrections"]


def test_what_is_refused_after_a_reload_is_still_there(browser: Browser, desk: Desk) -> None:
    keep(desk.url, "refused")
    with visit(browser, desk.address) as page:
        open_article(page, desk, "refused")
        page.locator("#summary").fill("断线时写的。")
        page.route("**/desk/api/review", lambda route: route.abort())
        presses(page, "Escape", "1", "a")
        expect(page.locator("#notice")).to_contain_text("连接断开")
        store = open_store(desk.url)
        with store.write() as connection:
            corrections.add(connection, corrections.Correction("topics", "refused", "林晓舟", 1, labels=[]), None)
        store.close()
        page.evaluate("sessionStorage.clear()")  # as in another tab
        page.unroute("**/desk/api/review")
        page.evaluate("location.hash = 'main'")
        page.reload()
        expect(page.locator("#notice")).to_contain_text("林晓舟 在")
        expect(page.locator("#summary")).to_have_value("断线时写的。")
        page.get_by_role("button", name="查看最新").click()  # whatever the address ends in
        expect(page.locator("#notice")).to_contain_text("已恢复")
        expect(page.locator("#summary")).to_have_value("断线时写的。")
    assert len(said(desk.url, "refused")) == 1


def test_a_reload_keeps_what_was_not_sent(browser: Browser, desk: Desk) -> None:
    keep(desk.url, "draft")
    with visit(browser, desk.address, language="en") as page:
        open_article(page, desk, "draft")
        page.locator("#summary").fill("还没写完")
        presses(page, "Escape", "2")
        page.reload()
        page.wait_for_selector("[data-ready]")
        expect(page.locator("#notice")).to_contain_text("was restored")
        expect(page.locator("#summary")).to_have_value("还没写完")
        expect(page.locator("#topic-2 input")).to_be_checked()
        page.get_by_role("button", name="Discard").click()
        expect(page.locator("#summary")).to_have_value("青禾县总工会送清凉。")
        page.reload()
        page.wait_for_selector("[data-ready]")
        expect(page.locator("#notice")).to_be_hidden()
    assert said(desk.url, "draft") == []


def test_without_javascript_the_desk_is_read_and_articles_accepted(browser: Browser, desk: Desk) -> None:
    keep(desk.url, "plain-1", "plain-2", source="无脚本报")
    with visit(browser, desk.address, java_script_enabled=False) as page:
        page.goto(f"{desk.address}/desk?state=unread&source=无脚本报")
        page.get_by_text("plain-1号").click()
        expect(page.locator("#body")).to_contain_text("三百二十名")
        expect(page.locator("#keys-open")).to_be_hidden()
        page.locator("#topic-1 input").check()
        page.locator("#accept").click()
        page.wait_for_url("**/articles/plain-2?**")
        page.go_back()
        page.reload()
        expect(page.locator("#topic-1 input")).to_be_checked()
        page.locator("#undo").click()
        expect(page.locator("#topic-1 input")).not_to_be_checked()
    assert [r["undoes"] is None for r in said(desk.url, "plain-1")] == [True, False]


def test_hostile_text_does_nothing(browser: Browser, desk: Desk) -> None:
    keep(desk.url, "<b>hostile", headline=HOSTILE, body=HOSTILE + BODY, source=HOSTILE[:100])
    keep(desk.url, "long", headline="题" * 20_000, body=BODY)
    with visit(browser, desk.address, "phone") as page:
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        page.goto(f"{desk.address}/desk?state=unread&source={quote(HOSTILE[:100])}")
        expect(page.locator(".queue li")).to_have_count(1)
        page.locator(".item").click()
        page.wait_for_selector("[data-ready]")
        expect(page.locator("h1")).to_contain_text("<script>alert(1)</script>")
        assert page.locator("h1 .hidden-char").all_inner_texts() == ["U+202E", "U+2066", "U+200B"]
        page.locator("#summary").fill("320名<script>alert(3)</script>\u202e")
        expect(page.locator("#checks a")).to_contain_text("320名")
        page.locator("#checks a").hover()
        assert page.evaluate("[...CSS.highlights.get('place')].map(String)") == ["三百二十"]
        assert violations(page) == [] and not sticks_out(page)
        open_article(page, desk, "long")
        assert not sticks_out(page)


def test_an_article_prints_as_an_article(browser: Browser, desk: Desk) -> None:
    keep(desk.url, "print")
    with visit(browser, desk.address) as page:
        open_article(page, desk, "print")
        page.emulate_media(media="print")
        for hidden in (".top", ".strip", "#accept", ".history", "#keys-open"):
            expect(page.locator(hidden).first).to_be_hidden()
        for seen in ("h1", "#body", "#summary"):
            expect(page.locator(seen).first).to_be_visible()
        shot(page, "article-print")
