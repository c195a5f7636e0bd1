"""The lines of a newspaper page: where they stand and what each looks like by itself.

Owns the patterns of furniture, bylines, captions, boxes and tails. It never looks at a neighbour: what a line is in its
place (headline or section head, paragraph or fragment) is decided in models/page_heads.py and models/pages.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from models.page_bylines import NAME, TIGHT, bare_names, byline_names, credits_writer
from models.page_openings import opening_offset
from models.text import to_simplified

Kind = Literal["furniture", "byline", "caption", "box_label", "box", "tail", "title", "body"]
LONGEST_TITLE = 54
ENDS = "。！？!?…；;”’」』"
"""What a finished paragraph ends with, brackets and colons aside."""

_NARROW = re.compile(r"[\t !-~À-ÖØ-öø-ɏ]")
_LINES = re.compile("[^\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
_HALF = {0xFF01 + i: 0x21 + i for i in range(94) if chr(0xFF01 + i) not in "，：；！？（）"} | {0x3000: 0x20}


@dataclass(slots=True)
class Line:
    """A line without its outer white space: `key` is what patterns see, Simplified and half-width, of the same length."""

    start: int
    end: int
    key: str
    indent: bool
    kind: Kind = "body"
    lead: int = 0
    """Characters of an inline byline or dateline that open it."""
    left: int = 0
    """Characters of white space before it on its line of print."""
    reach: float = 0.0
    """Where it ends on its line of print, in widths of a Han character: digits and Latin letters take half of one."""
    gap: int = 0
    """Line ends between it and the line before."""
    joins: bool = False
    """It goes on from the text line before it: a box or a column end broke the paragraph."""
    fragment: bool = False
    """It looks like a title and is the beginning of a broken paragraph."""
    confidence: float | None = None
    """Probability of the role that it was given, where one is known."""

    def __len__(self) -> int:
        return self.end - self.start

    @property
    def ends_article(self) -> bool:
        """Whether it says that the article goes on elsewhere (`（下转第四版）`)."""
        return self.kind == "furniture" and _JUMP_ON.search(self.key) is not None

    def starts_new(self, indented_page: bool) -> bool:
        """Whether its indent says that a paragraph begins here."""
        return indented_page and self.indent

    @property
    def finished(self) -> bool:
        """Whether it ends as a sentence or a line of a list does."""
        return self.key[-1] in ENDS + "）)：:》】" or (self.key[-1] == "." and self.key[-2:-1].isalpha())


def key_of(text: str) -> str:
    """The text as patterns see it: Simplified and half-width, of the same length."""
    return to_simplified(text).translate(_HALF)


def read_lines(text: str) -> list[Line]:
    """Every line of a page that is not blank, jumps (`（下转第四版）`) cut off as lines of their own, kinds set."""
    key = key_of(text)
    found: list[Line] = []
    for match in _LINES.finditer(text):
        line = match[0]
        indent = line[:1] in ("\u3000", "\t") or line.startswith("  ")
        for start, end in _without_jumps(key, *_stripped(text, match.start(), match.end())):
            first = not text[match.start() : start].strip()
            left = start - match.start() if first else 0
            set_from = match.start() if first else start
            reach = end - set_from - len(_NARROW.findall(text, set_from, end)) / 2
            found.append(Line(start, end, key[start:end], indent and first, left=left, reach=reach))
    end = 0
    for line_ in found:
        line_.gap = text.count("\n", end, line_.start) or text.count("\r", end, line_.start)
        end = line_.end
        line_.kind = kind_of(line_.key)
        line_.lead = opening_offset(line_.key) if line_.kind == "body" else 0
    return found


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


_JUMP = re.compile(
    r"[（(【\[]?\s*(?:紧接|上接|下转|下接|上转|文接|续自|转至|接|转|续)\s*[A-Za-z]?第?\s*[\dA-Za-z一二三四五六七八九十]{1,4}\s*版[^（()）\n]{0,12}[）)】\]]?"
)


_JUMP_ON = re.compile(r"下转|^[（(【\[]?\s*转")


def _without_jumps(key: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The line, and a jump in brackets at its beginning or end as a line of its own."""
    head = _JUMP.match(key, start, end)
    if head and key[start] in "（(【[" and head.end() < end and key[head.end() - 1] in "）)】]":
        yield start, head.end()
        start, _ = _stripped(key, head.end(), end)
    at = max(key.rfind(c, start, end) for c in "（(【[")
    if at > start and key[end - 1] in "）)】]" and _JUMP.fullmatch(key, at, end):
        yield _stripped(key, start, at)
        yield at, end
    elif start < end:
        yield start, end


_DATE = (
    r"(?:\d{4}|[一二三四五六七八九〇○零O0]{4})年\s*[\d一二三四五六七八九十]{1,3}月\s*[\d一二三四五六七八九十]{1,3}日"
)
_MASTHEAD = re.compile(
    rf"{_DATE}|Vol\.?\s*\d+|星期[一二三四五六日天]|农历\S{{2,10}}|第?\s*[A-Za-z]?[\d一二三四五六七八九十]{{1,4}}\s*版|总?第\s*\d+\s*期|\d{{1,5}}|[A-Z]\d{{1,2}}"
)
_LABEL = (
    r"(?:本版)?(?:责任编辑|值班编辑|执行编辑|图片编辑|编辑|责编|主编|美编|版式设计|版式|设计|制图|校对|审校|审核|策划|组版|统筹|编审|组稿)"
    r"|电子?邮箱|邮箱|E-?mail|投稿邮箱|来稿请寄|新闻热线|广告热线|热线电话|发行热线|热线|电话|传真|邮编|邮政编码|本报地址|社址|地址"
    r"|定价|零售|网址|微信公众号|国内统一\S{0,10}|联系我们|联系电话|订阅|印刷"
)
_COLOPHON = re.compile(rf"(?:^|[\s（(|｜])(?:本版|本期|投稿)?(?:{_LABEL})\s*[:：]\s*\S", re.IGNORECASE)
_ADVERT = re.compile(
    r"[【\[（(]?\s*(?:广告|遗失声明|公告栏|公益广告)\s*[】\])）]|https?://|www\."
    r"|(?:(?:招聘|招租|招生|寻人|拍卖|清算)?启事|(?:遗失|注销|清算|减资|拍卖)?声明|(?:拍卖|招标|注销)?公\s*告|讣\s*告|广\s*告)$",
    re.IGNORECASE,
)
_PHONE = re.compile(
    r"(?:热线|电话)\s*[\d-]{5,}|国内统一\S{0,12}号|准印证号|内部资料|邮发代号|今日天气|(?:热线|电话|手机|咨询|预订|报名|联系人?)\S{0,4}?\s*[:：]\s*[（(]?[\d+]"
)
_NOTICE = re.compile(r"(?:特此(?:公告|声明|通告|登报)|声明作废)[。！]?$")
_PAPER = re.compile(
    r"[\u4e00-\u9fff]{2,5}(?:日报|晚报|晨报|早报|时报|工人报|矿工报|职工报|青年报|老年报|都市报|商报|快报|导报|教育报|健康报"
    r"|法治报|法制报|农村报|农民报|建设报|交通报|铁道报|石油报|电力报|邮政报|周报|周刊|时讯|晨讯)"
)
_STAFF = re.compile(
    rf"(?>\S{{0,4}}(?:编辑|责编|校对|版式|美编|美术|设计|组版|审校|督印人|总编|制图|检校)\s*[:：]?\s*{TIGHT}[\s|｜、/]*)+"
)
"""The makers of a page, with or without colons."""
_SECTION = re.compile(
    r"(?:要闻|综合|国际|国内|体育|评论|副刊|文化|经济|社会|地方|时政|财经|教育|科技|健康|法治|民生|理论|专题|专版|广告|服务|图片|视觉|特刊|生活"
    r"|(?:综合|国际|国内|本地|体育|经济|社会|地方|时政|工会)新闻|[\u4e00-\u9fff]{2}周刊|新闻|视点|特别报道)+"
)


def _is_furniture(key: str) -> bool:
    if len(key) <= 80:
        if _JUMP.fullmatch(key):
            return True
        if _ADVERT.match(key) or (_COLOPHON.search(key) and key[-1] not in "。！？”"):
            return True
        if (
            _PAPER.fullmatch(key)
            or _NOTICE.search(key)
            or _STAFF.fullmatch(key)
            or (_PHONE.search(key) and key[-1] not in "。！？”")
        ):
            return True
        rest, marks = _MASTHEAD.subn(" ", key)
        names = [word for word in re.split(r"[\s·,，、:：|｜（）()\-—]+", rest) if word]
        if marks and len(key) <= 50 and all(_SECTION.fullmatch(n) or _PAPER.fullmatch(n) for n in names):
            return True
        dated = re.search(
            rf"{_DATE}|星期[一二三四五六日]|版(?:\s|$)|^[A-Z]\d{{1,2}}(?:\s|版)|\s[A-Z]\d{{1,2}}版?$", key
        )
        if dated and marks and sum(map(len, names)) <= 10 and all(len(n) <= 8 for n in names) and len(names) <= 3:
            return not re.search(r"[。？！”“]", key) and (len(key) - len(rest) > 0)
    return not any(c.isalnum() for c in key)


_CREDIT = re.compile(
    rf"(?:(?:本报|新华社|人民图片|中新社|通讯员|特约)?(?:记者|通讯员|发)?\s*{NAME}\s*(?:/?\s*(?:摄|图|供图|绘|制图)|摄影报道)|影像中国|视觉中国"
    r"|新华社发|人民视觉|资料图片?|(?:[\u4e00-\u9fff]{2,14})?供图)(?:\s*影像中国)?"
)
_TOOK = r"(?:摄影报道|摄|供图|摄影|绘|图)"
_CREDIT_END = re.compile(
    rf"[。！？”）)\s　](?:[^。！？\s]{{0,12}}\s?(?:记者|通讯员)?\s*)?(?:[\u4e00-\u9fff]\s?){{2,5}}[/／\s]?\s*{_TOOK}$"
    rf"|[。！？\s](?:供图|摄影|图源|图|摄)\s*[/／:：]\s*[\u4e00-\u9fff ]{{2,12}}$"
    r"|[（(](?:图片?由)?[^（）()]{2,20}(?:摄|供图|图片|发|提供|稿)[）)]"
    r"|[（(](?:影像中国|视觉中国|(?:本报)?资料图片?|人民视觉)[）)][。）)]?$"
)
_PICTURE = re.compile(r"[（(]?(?:图源|供图|图/|图为|图片为|上图|下图|左图|右图|题图|图[①②③④⑤一二三四\d]|制图[:：])")
_BOX_NAMES = (
    r"内容提要|内容提示|内容摘要|编者按|编者的话|编后|编后语|[\u4e00-\u9fff]{2}链接|链接|延伸阅读|小(?:贴士|知识|资料|档案|词典|辞典|百科|常识|课堂)|知多点|话你知"
    r"|[\u4e00-\u9fff]{2}提醒|(?:[\u4e00-\u9fff]{2})?提示|名词解释|新闻背景|背景资料|开栏的话|开栏语|导读|新闻多一点|相关(?:新闻|阅读|报道)|知识点|新闻附件|附录"
    r"|(?:记者|采访|编辑)?手记|(?:专家|记者|律师|评论员|编辑)(?:点评|观点|说法)|人物(?:档案|简介|名片)|数读|数说|数据|时间轴|大事记"
)
_BOX_LABEL = re.compile(rf"[【〔\[■●◆▲☆★▍▌\s]*(?:{_BOX_NAMES})[】〕\]]?(?:\s*[:：]|[\s·|｜]+[^。，]{{1,14}})?\s*")
_BOX_WHOLE = re.compile(
    rf"(?:[【〔](?:{_BOX_NAMES})[】〕]|[■◆▲☆★▍\s]*(?:{_BOX_NAMES})\s*[:：])\s*\S|(?:{_BOX_NAMES})\s+\S.{{14}}"
)
_TAIL = re.compile(
    r"[（(](?:(?:据|综合|均?据).{0,40}(?:电|报道|消息|讯)|.{1,60}(?:参与采写|采写|参与报道|整理|供稿|摄影报道|撰稿|执笔|报道|摘编|编译)"
    r"|据《[^》]{2,12}》.{0,8}|(?:来源|供稿|作者|作者单位|本文作者|原载|完|未完待续)[:：为系是]?.{0,80}|(?:采访|文字|撰文|执笔)[:：].{1,60}|影像中国|视觉中国|人民视觉"
    r"|(?:本报)?(?:记者|通讯员|本报记者)[^。]{2,60})[）)]"
)
_BULLET = re.compile(r"[●◆■▲▶►★☆◎○□△▪•·\-]|[(（]?[一二三四五六七八九十\d]{1,3}[)）]|\d{1,2}[.、．]")


def starts_item(key: str) -> bool:
    """Whether the line is an item of a list: a new one, never the rest of the paragraph before it."""
    return bool(_BULLET.match(key))


_BRIEFS = re.compile(r"(?:[\u4e00-\u9fff]{2})?(?:一句话新闻|简讯|短讯|短波|简报|快讯|速览|速递|微信息|新闻集装箱)")


def opens_briefs(key: str) -> bool:
    """Whether the line is the heading that news in brief stand under (`一句话新闻`, `工会简讯`)."""
    return _BRIEFS.fullmatch(key) is not None


def is_bullet_head(key: str) -> bool:
    """Whether a bullet makes a short line without full stop a section head (`■ 把话筒交给职工`)."""
    return len(key) <= 24 and key[0] in "●◆■▲▶►★☆◎◇□△▪" and not any(c in "。；，" for c in key)


def is_box_opening(key: str) -> bool:
    """Whether a box's label and its text stand in this one line (`【链接】…`, `编者按：…`)."""
    return _BOX_WHOLE.match(key) is not None


def is_credit(key: str) -> bool:
    """Whether the line only names who took a picture."""
    return bool(_CREDIT.fullmatch(key.strip("（）() 。")))


def _is_tail(key: str) -> bool:
    if len(key) > 90 or key[0] not in "（(" or key[-1] not in "）)":
        return False
    return _TAIL.fullmatch(key) is not None or bool(bare_names(key[1:-1].strip()))


def _is_caption(key: str) -> bool:
    if is_credit(key) or (len(key) <= 160 and _PICTURE.match(key)):
        return True
    return len(key) <= 200 and _CREDIT_END.search(key) is not None


def is_section_name(key: str) -> bool:
    """Whether the line only names a section of the paper (`综合新闻`, `维权周刊`)."""
    return _SECTION.fullmatch(key) is not None


_SPEECH = re.compile(r"(?:问|答|记者|主持人|[QA])\s*[:：]")


_SALUTE = re.compile(r".{0,10}(?:编辑|编辑部|编辑同志|记者同志|编辑您好|编辑老师)[:：！!]")
"""What a letter to the editor opens with."""
_SIGN_OFF = re.compile(r"[！？…!?”’][（(][^（）()]{0,10}(?:记者|通讯员|报道|摄|文)[^（）()]{0,24}[）)]$")
"""Who wrote it, behind the last sentence."""


def is_title(key: str) -> bool:
    """A line that could stand above a text: short, no full stop in it, not a list item, no dateline."""
    if len(key) > LONGEST_TITLE or any(c in "。；" for c in key) or _SPEECH.match(key):
        return False
    if _SALUTE.fullmatch(key) or _SIGN_OFF.search(key):
        return False
    if _BULLET.match(key) and not key[0].isdigit():
        return key[0] == key[-1] and 4 <= len(key) <= 16  # `· 政策问答 ·` stands above others
    if not any(c.isalpha() for c in key) or key[0] in "，、：；！？）》”’」』":
        return False
    return not opening_offset(key)


_KINDS: tuple[tuple[Kind, Callable[[str], bool]], ...] = (
    ("furniture", _is_furniture),
    ("box_label", lambda key: len(key) <= 24 and _BOX_LABEL.fullmatch(key) is not None),
    ("box", lambda key: _BOX_WHOLE.match(key) is not None),
    ("tail", _is_tail),
    ("byline", credits_writer),
    ("caption", _is_caption),
    ("byline", lambda key: byline_names(key) is not None),
    ("title", is_title),
)
"""The first that fits is what a line is."""


def kind_of(key: str) -> Kind:
    """What a line looks like by itself; `title` is any short line that is no sentence."""
    for kind, looks in _KINDS:
        if looks(key):
            return kind
    return "body"
