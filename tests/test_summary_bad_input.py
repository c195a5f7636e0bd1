"""What the shipped summarizer answers to texts that are no news: lists, tables, poems, other languages, bylines, far too long."""

from __future__ import annotations

import html
import re
import time

import pytest

from models.article import Article, Length, SummaryResult
from models.lead import LeadSummarizer
from models.line_texts import brief_of_lines, of_lines
from models.markup import evidence_of, without_markup
from models.registry import load_summarizer
from models.rendering import in_the_sources_script
from models.text import to_simplified

SHIPPED = load_summarizer()
RESULTS = (
    "男子组成绩\n1. 李栋梁（青禾县）2小时18分45秒\n2. 王海（临湖区）2小时19分02秒\n3. 赵一鸣（泉溪市）2小时20分11秒\n"
    "女子组成绩\n1. 周雨晴（长陵市）2小时41分30秒\n2. 林小舟（青禾县）2小时43分08秒"
)
NAMES = "获奖名单\n一等奖：陶砚秋、白鹤松、简素心\n二等奖：卫青禾、阚小满、公西越\n三等奖：凌霄汉、阮青梧"
POEM = (
    "工地的清晨\n\n雾还没有散\n塔吊已经醒来\n它伸长手臂\n把第一缕光\n递给架子上的人\n\n"
    "我们把名字\n砌进墙里\n城市长高的时候\n没有人知道"
)
TABLE = "项目\t2024年\t2025年\n新增会员（万人）\t1.2\t1.5\n帮扶资金（万元）\t320\t410\n培训人次\t5600\t7100"
DRAWN = "| 县区 | 企业 | 金额 |\n|---|---|---|\n| 青禾县 | 12 | 286.4万元 |\n| 临湖区 | 8 | 97.4万元 |"
ENGLISH = (
    "The county federation of trade unions handed out herbal tea and medicine to 320 construction workers on July 12. "
    "The campaign will run until the end of August."
)
NEWS = "7月12日，青禾县总工会走进工地，为三百二十名建筑工人送去绿豆汤和防暑药品，活动将持续到8月底。"


def said(body: str, length: Length) -> SummaryResult:
    (result,) = SHIPPED.summarize([Article(body=body)], length)
    return result


@pytest.mark.parametrize(
    ("body", "headline", "brief"),
    [
        (
            RESULTS,
            "男子组成绩",
            "男子组成绩；1. 李栋梁（青禾县）2小时18分45秒；2. 王海（临湖区）2小时19分02秒；3. 赵一鸣（泉溪市）2小时20分11秒…",
        ),
        (
            NAMES,
            "获奖名单",
            "获奖名单；一等奖：陶砚秋、白鹤松、简素心；二等奖：卫青禾、阚小满、公西越；三等奖：凌霄汉、阮青梧。",
        ),
        (
            POEM,
            "工地的清晨",
            "工地的清晨，雾还没有散，塔吊已经醒来，它伸长手臂，把第一缕光，递给架子上的人…",
        ),
        (
            TABLE,
            "项目 2024年 2025年",
            "项目 2024年 2025年；新增会员（万人） 1.2 1.5；帮扶资金（万元） 320 410；培训人次 5600 7100。",
        ),
        (DRAWN, "县区 企业 金额", "县区 企业 金额；青禾县 12 286.4万元；临湖区 8 97.4万元。"),
        (
            ENGLISH,
            "The county federation of…",
            "The county federation of trade unions handed out herbal tea and medicine to…",
        ),
    ],
    ids=["results", "names", "poem", "table", "drawn", "english"],
)
def test_no_prose_of_news_is_quoted_and_nothing_is_made_up(body: str, headline: str, brief: str) -> None:
    for length, wanted in (("headline", headline), ("brief", brief)):
        result = said(body, length)  # type: ignore[arg-type]
        assert (result.summary, result.method, result.checks["ok"]) == (wanted, "extractive", True)
        assert result.evidence


def test_every_line_that_is_quoted_is_named_and_what_is_left_out_is_marked() -> None:
    wanted = {RESULTS: 4, NAMES: 4, POEM: 6, TABLE: 4, DRAWN: 3}
    for body, count in wanted.items():
        result = said("本报讯（记者林晓舟）\n" + body, "brief")
        lines = [line.strip() for line in body.splitlines() if re.search(r"\w", line)]
        assert [s.text for s in result.evidence] == lines[:count]
        assert all(("本报讯（记者林晓舟）\n" + body)[s.start : s.end] == s.text for s in result.evidence)
        assert (result.summary[-1] == "…") is (count < len(lines))
        assert [s.text for s in said(body, "headline").evidence] == lines[:1]


@pytest.mark.parametrize("stop", ["", "。", "，", "…", "……"])
@pytest.mark.parametrize("width", range(60, 90))
def test_a_brief_of_lines_never_has_more_than_eighty_characters(width: int, stop: str) -> None:
    for one in (f"一等奖：{'陶' * (width - 4)}", "陶" * width, "1" * width):
        for last in ("二等奖：凌霄汉", "凌霄汉"):
            quoted = brief_of_lines(f"{one}{stop}\n{last}\n{last}{stop}\n{one}", 80)
            assert len(quoted.text) <= 80
            assert quoted.text.endswith("…")
            assert "………" not in quoted.text


def test_a_body_shorter_than_its_summary_is_its_own() -> None:
    for body in ("职工书屋今日开放。", "好消息", "工会"):
        assert said(body, "brief").summary == body
        assert said(body, "headline").summary.rstrip("。") == body.rstrip("。")


@pytest.mark.parametrize(
    "body",
    [
        "本报讯（记者 林晓舟 通讯员 许望舒）",
        "新华社北京7月12日电",
        "🎉🎉🎉",
        "————\n。。。",
        "本报记者 林晓舟",
        "本报记者 林晓舟　通讯员 许望舒",
        "　　本报记者 林晓舟\n\n　　通讯员 许望舒\n",
        "本报讯（记者 林晓舟）\n许望舒 摄",
        "文/图 林晓舟",
        "记者 林晓舟 摄影报道",
        "林晓舟 摄",
        "本報記者 林曉舟",
    ],
)
def test_a_byline_alone_and_marks_alone_have_no_summary(body: str) -> None:
    for length in ("headline", "brief"):
        result = said(body, length)
        assert LeadSummarizer().summarize([Article(body=body)], length)[0].checks["ok"] is False
        assert (result.summary, result.method, result.evidence) == ("", "extractive", ())
        assert result.checks == {"ok": False, "empty": True}


@pytest.mark.parametrize(
    "body", ["林晓舟获奖", "林晓舟", "林晓舟摄影展", "通讯员获奖", "记者节", "本报记者 林晓舟\n职工书屋今日开放。"]
)
def test_what_says_more_than_a_byline_has_a_summary(body: str) -> None:
    for length in ("headline", "brief"):
        for summarizer in (SHIPPED, LeadSummarizer()):
            (result,) = summarizer.summarize([Article(body=body)], length)
            assert result.summary
            assert result.checks["ok"]


def test_what_was_taken_because_the_model_failed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "fell_back" not in said(NEWS, "headline").checks
    assert "fell_back" not in said(RESULTS, "headline").checks, "the model was not asked"
    monkeypatch.setattr(SHIPPED, "min_score", 1.0)
    result = said(NEWS, "headline")
    assert (result.method, result.checks["fell_back"]) == ("extractive", True)


@pytest.mark.parametrize(
    "lead", ["本报记者 林晓舟 通讯员 许望舒\n", "本报讯（记者林晓舟）\n\n　　", "本报讯（记者林晓舟）"]
)
def test_a_byline_before_the_news_is_left_out(lead: str) -> None:
    for length in ("headline", "brief"):
        result = said(lead + NEWS, length)
        assert "林晓舟" not in result.summary
        assert "记者" not in result.summary
        assert "青禾县总工会" in result.summary


def test_a_report_of_a_hundred_thousand_characters_says_how_much_was_read() -> None:
    body = (
        "本报讯（记者林晓舟）7月12日，青禾县总工会发布年度工作报告。"
        + "过去一年全县新增会员1.2万人，帮扶困难职工3400户。" * 4000
    )
    assert len(body) > 100_000
    started = time.process_time()
    headline, brief = said(body, "headline"), said(body, "brief")
    assert time.process_time() - started < 10
    assert headline.summary.startswith("青禾县")
    assert headline.checks["read_chars"] < headline.checks["of_chars"]
    assert 40 <= len(brief.summary) <= 80
    assert brief.evidence[0].start == 0
    for odd in ("工会" * 50_000, "1" * 100_000, "，" * 99_999 + "好", "工\n" * 50_000):
        started = time.process_time()
        assert len(said(odd, "headline").summary) <= 40
        assert len(said(odd, "brief").summary) <= 80
        assert time.process_time() - started < 10


def test_traditional_script_is_read_and_answered_in_it() -> None:
    body = "青禾縣總工會日前走進工地，為三百二十名建築工人送去綠豆湯和防暑藥品，活動將持續到八月底。"
    result = said(body, "headline")
    assert result.method == "abstractive"
    assert result.summary == "青禾縣總工會走進工地"
    read = to_simplified(body)
    assert in_the_sources_script("工会送绿豆汤", read, body) == "工會送綠豆湯"
    assert in_the_sources_script("甲", read, body) == "甲"


def test_prose_stays_prose_however_its_lines_are_broken() -> None:
    story = "7月12日，青禾县总工会走进工地。工会为三百二十名建筑工人送去绿豆汤。活动将持续到8月底。预计覆盖46个工地。"
    assert not of_lines(story)
    for width in (7, 13, 20):
        assert not of_lines("\n".join(re.findall(f".{{1,{width}}}", story)))
    assert not of_lines(
        "停电通知\n因线路检修，7月15日8时至18时，河滨大道沿线停电，请各单位做好准备。\n特此通知。\n青禾县供电公司"
    )
    assert not of_lines("问：加班费怎么算？\n答：按照劳动法，工作日加班按150%支付。\n问：周末呢？\n答：按200%支付。")
    assert of_lines("\n".join(["雾还没有散，", "塔吊已经醒来，", "它伸长手臂，", "把光递给架子上的人。"]))


MARKED = (
    '<div class="text"><p>　　本报讯（记者林晓舟）7月12日，<strong>青禾县总工会</strong>走进工地，为三百二十名建筑工人'
    "送去绿豆汤&nbsp;和防暑药品。</p>\r\n<p style='x'>会长说：&ldquo;一分都不能少。&rdquo;<br/>活动将持续到8月底。</p></div>"
    "<!-- 广告 --><script>var p = 1;</script>"
)


TOLD = "<p>7月12日，青禾县总工会走进工地，为三百二十名建筑工人送去绿豆汤和防暑药品。</p><p>活动将持续到8月底。</p>"
LONG_VALUE = "font-size:16px;" * 60
BODIES = {
    "all sorts": MARKED,
    "escaped": html.escape(TOLD),
    "escaped twice": html.escape(html.escape(TOLD)),
    "escaped with attributes": html.escape(TOLD.replace("<p>", "<p class=\"x\" data-y='z'>")),
    "long attributes": TOLD.replace("<p>", f'<p style="{LONG_VALUE}">').replace(
        "青禾县", '<span class="a">青禾县</span>'
    ),
    "attributes without a value": "<table><tr><td nowrap>"
    + TOLD
    + "</td></tr></table><script async src='a.js'></script>"
    "<video controls src='a.mp4'></video><input disabled/>".replace("<input", "<span data-x>广</span><input"),
    "attribute with >": TOLD.replace("<p>", '<p title="1>0" class=x>'),
    "script with <": "<script>if(a<b){x()} for(i=0;i<9;i++){y('<p>')}</script><STYLE>p>a{x:1}</STYLE >" + TOLD,
    "comment with tags": "<!--[if gte mso 9]><xml><w:View>Normal</w:View></xml><![endif]--><o:p></o:p>" + TOLD,
    "a whole page": "<!DOCTYPE html>\n<html lang=zh><head><meta charset=utf-8></head><body><header></header><main><pre>"
    + TOLD
    + "</pre><dl><dt>时间</dt><dd>八月</dd></dl><button type=submit>好</button></main><footer>完</footer></body></html>",
    "xml": "<?xml version='1.0'?><NewsML><content><![CDATA[" + TOLD + "]]></content></NewsML>",
    "own elements": TOLD.replace("<p>", "<x-para><rich_text id=1>").replace("</p>", "</rich_text></x-para>"),
    "entities": TOLD.replace("。", "&ndash;青禾&bull;工会&copy;&#20013;&#x56fd;&rarr;&NBSP;&nbsp&times;。"),
}


@pytest.mark.parametrize("length", ["headline", "brief"])
@pytest.mark.parametrize("kind", BODIES)
def test_no_markup_gets_into_a_summary(kind: str, length: Length) -> None:
    body = BODIES[kind]
    plain = without_markup(body)
    assert not re.search("[<>&;=]|script|广告|[A-Za-z]", plain)
    assert without_markup(plain) == plain
    for summarizer in (SHIPPED, LeadSummarizer()):
        marked, clean = summarizer.summarize([Article(body=body), Article(body=plain)], length)
        assert (marked.summary, marked.checks) == (clean.summary, {**clean.checks, "markup": True})
        assert marked.summary
        assert not re.search("[<>&;=A-Za-z]", marked.summary)
        assert marked.evidence
        assert all(body[s.start : s.end] == s.text for s in marked.evidence)
    assert SHIPPED.summarize([Article(body="<p>本报记者 林晓舟</p><p>&nbsp;</p>")], length)[0].checks["empty"]


@pytest.mark.parametrize(
    "before", ["<style>" + "p.a{color:red} " * 700 + "</style>", f'<p style="{LONG_VALUE * 10}">', "&amp;nbsp;"]
)
def test_evidence_is_of_the_text_and_not_of_its_markup(before: str) -> None:
    body = before + "<p>7月12日，<b>青禾县</b>总工会走进工地&hellip;&rdquo;</p>另有三人参加。"
    (sentence,) = evidence_of("青禾县总工会走进工地", body)
    assert sentence.text == body[sentence.start : sentence.end] == "7月12日，<b>青禾县</b>总工会走进工地&hellip;&rdquo;"


def test_cells_of_a_table_are_no_one_number() -> None:
    assert re.search(r"12\s+8", without_markup("<table><tr><td>青禾县12</td><td>8</td></tr></table>"))


@pytest.mark.parametrize(
    "piece",
    ["<", "<p", "<p ", "<p x", '<p x="', "<p x='", "<script>", "<!--", "<style ", "&lt;", "&amp;", "&amp;lt;p ", "<![CDATA[",
     '<a b="> ', "<a b='\"", "</", "<b c ", "<?x", "<p\t\n"],
)  # fmt: skip
def test_looking_for_markup_takes_linear_time(piece: str) -> None:
    def seconds(count: int) -> float:
        body = piece * count
        began = time.process_time()
        without_markup(body)
        return time.process_time() - began

    assert seconds(160_000 // len(piece)) < 1.5


@pytest.mark.parametrize(
    "tail",
    [" " * 200_000, " x" * 100_000, "=" * 200_000, '"' * 200_000, "/" * 200_000, "x=" * 100_000, " \"'" * 60_000],
)
def test_one_tag_without_an_end_takes_linear_time(tail: str) -> None:
    began = time.process_time()
    without_markup("<p" + tail)
    without_markup("<p" + tail + "且>")
    assert time.process_time() - began < 1.5


@pytest.mark.parametrize(
    "body",
    [
        "若a<b 且c>d，则a<d。",
        "A&B公司与R&D部门签约；<青禾>专栏&c。",
        NEWS,
        "依照<安全生产法>，3<5，a<b，而x<y 且 y>z；若a<b and c>d，则a<d；p<0.05，q>1。",
        "据<Nature>杂志和<The Lancet>，来信寄林晓舟<lin@example.com>，见<https://example.com/a>。",
        "地址 ?a=1&copy=2&lt=3，AT&T;，&青禾;，<!注意>，<？>，a<b,c>d，箭头->与<-，<<安全生产法>>。",
    ],
)
def test_marks_that_are_no_html_stay(body: str) -> None:
    assert without_markup(body) == body


def test_the_same_summary_whatever_the_batch() -> None:
    bodies = [
        RESULTS,
        NEWS,
        ENGLISH,
        "好消息",
        POEM,
        NEWS * 3,
        "本报讯（记者林晓舟）" + NEWS,
        NEWS[:20],
        "",
        TABLE,
        NEWS[9:] * 2,
    ]
    lengths: tuple[Length, ...] = ("headline", "brief")
    for length in lengths:
        together = SHIPPED.summarize([Article(body=b) for b in bodies], length)
        backwards = SHIPPED.summarize([Article(body=b) for b in bodies[::-1]], length)[::-1]
        assert together == backwards == [said(b, length) for b in bodies]
