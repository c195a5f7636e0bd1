"""House styles of made newspaper pages, as data: the shape of a style and the ones that a splitter may be built on.

A style says where byline, kicker, deck and boxes stand, what they look like, which gaps and indents the dump has, and
how often each hazard of PAGES.md happens. The held-out styles (eval/page_styles_heldout.py) have the same shape; nothing
here knows them. How a style is carried out is eval/page_copy.py and eval/page_layout.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from eval.page_phrases import DEVELOPMENT, Lines, Phrases

Part = Literal["byline", "kicker", "headline", "subhead"]
Spot = Literal["sentence", "between", "top", "end"]

# How often a hazard happens where it can; a style overrides what its house does otherwise.
RATES: Mapping[str, float] = {
    "kicker": 0.35,
    "headline_two_halves": 0.2,
    "headline_quoted": 0.04,
    "headline_tag": 0.08,
    "headline_broken": 0.08,
    "headline_repeats": 0.05,
    "subhead": 0.25,
    "byline": 0.6,
    "dateline": 0.35,
    "section_heads": 0.7,
    "caption": 0.15,
    "box": 0.3,
    "column_break": 0.15,
    "photo_story": 0.1,
    "feature": 0.06,
    "briefs": 0.05,
    "briefs_with_headlines": 0.04,
    "no_headline": 0.05,
    "jump_to": 0.04,
    "jump_from": 0.04,
    "tail": 0.15,
    "furniture_top": 0.9,
    "furniture_bottom": 0.85,
    "advert": 0.2,
    "spread_name": 0.0,
    "full_width_digits": 0.0,
    "traditional": 0.0,
    "crlf": 0.1,
}


@dataclass(frozen=True, slots=True)
class Style:
    """How a house sets its pages. Templates hold `{slots}` that eval/page_press.py fills."""

    name: str
    phrases: Phrases
    orders: tuple[tuple[Part, ...], ...]
    """Above the body, top to bottom; one is drawn for each article."""
    bylines: Lines
    datelines: Lines
    """What an opening paragraph begins with."""
    wire: Lines
    credits: Lines
    """After a caption or the text of a photo story."""
    credit_lines: Lines
    """The same on a line of its own."""
    box_forms: Lines
    """`label` is a line by itself, `titled` has a title on it, `inline` opens the first paragraph; decorations round it."""
    box_at: tuple[Spot, ...]
    caption_at: tuple[Spot, ...]
    tops: tuple[Lines, ...]
    bottoms: tuple[Lines, ...]
    jumps_to: Lines
    jumps_from: Lines
    rates: Mapping[str, float]
    kicker_form: Lines = ("{}",)
    tag_form: str = "{}（{}）"
    """Headline, tag."""
    head_form: Lines = ("{}",)
    """A section head."""
    bullets: Lines = ("●",)
    spread: str = " "
    """Inside a two-character name that is spread."""
    quotes: str = "“”‘’"
    indent: str = ""
    gap: str = "\n\n"
    """Between paragraphs."""
    head_gap: str = "\n\n"
    """Between the parts above the body."""
    between: str = "\n\n"
    """Between articles."""
    break_gap: str = "\n\n"
    """Where a column end or a box breaks a sentence."""


UNION_DAILY = Style(
    name="union-daily",
    phrases=DEVELOPMENT,
    orders=(
        ("kicker", "headline", "subhead", "byline"),
        ("kicker", "headline", "subhead", "byline"),
        ("kicker", "headline", "byline", "subhead"),
    ),
    bylines=(
        "本报记者  {Name}",
        "本报记者  {Name}",
        "本报记者  {Name}  {Name}",
        "本报通讯员  {Name}",
        "{Name}",
        "本报记者  {Name}  本报通讯员  {Name}",
    ),
    datelines=(
        "本报{place}{m}月{d}日电  （记者{name}）",
        "本报讯  （记者{name}、通讯员{name}）",
        "本报{place}{m}月{d}日电  （记者{name}、{name}）",
    ),
    wire=("新华社{city}{m}月{d}日电  （记者{name}）", "新华社{city}{m}月{d}日电  "),
    credits=("{name}摄", "  {name}摄（影像中国）", "（影像中国）", "本报记者  {name}摄"),
    credit_lines=("{name}摄", "（影像中国）", "{name}摄（影像中国）"),
    box_forms=("label",),
    box_at=("sentence", "sentence", "between", "top"),
    caption_at=("between", "sentence", "end"),
    tops=(("{date}  星期{weekday}", "{section}", "{page}"), ("{page}  {section}  {date}  星期{weekday}",)),
    bottoms=(
        ("本版责编：{name}  {name}", "版式设计：{name}"),
        ("责任编辑：{name}  版式设计：{name}", "电子信箱：{mail}"),
    ),
    jumps_to=("（下转第{cother}版）",),
    jumps_from=("（上接第一版）",),
    rates={**RATES, "furniture_top": 0.6, "furniture_bottom": 0.6, "spread_name": 0.5},
    spread="  ",
)

MORNING = Style(
    name="county-morning",
    phrases=DEVELOPMENT,
    orders=(("kicker", "headline", "subhead", "byline"), ("kicker", "headline", "byline", "subhead")),
    bylines=("记者 {Name}", "本报记者 {Name}", "记者 {Name} 通讯员 {Name}", "通讯员 {Name} {Name}", "实习记者 {Name}"),
    datelines=(
        "本报讯（记者 {name} 通讯员 {name}）",
        "本报讯（记者{name}）",
        "本报讯（通讯员 {name}）",
        "本报讯 ",
        "（记者 {name}）",
    ),
    wire=("据新华社{city}{m}月{d}日电 ", "新华社{city}{m}月{d}日电（记者 {name} {name}）"),
    credits=(" {name} 摄", "（{name} 摄）", " 本报记者 {name} 摄", "（资料图片）", " 通讯员 {name} 供图"),
    credit_lines=("{Name} 摄", "本报记者 {Name} 摄影报道"),
    box_forms=("inline:【{}】", "label", "inline:【{}】"),
    box_at=("between", "end", "sentence"),
    caption_at=("between", "top", "sentence"),
    tops=(("{year}年{m}月{d}日　星期{weekday}　　{section}　　第{page}版",), ("第{page}版　{section}",)),
    bottoms=(
        ("责任编辑：{name}　　版式设计：{name}　　校对：{name}", "新闻热线：{tel}　　邮箱：{mail}"),
        ("责编：{name}　电话：{tel}",),
    ),
    jumps_to=("（下转{other}版）", "（下转第{other}版）"),
    jumps_from=("（上接1版）", "（上接第1版）"),
    rates={**RATES, "byline": 0.3, "dateline": 0.75, "box": 0.22, "briefs": 0.1, "no_headline": 0.1, "advert": 0.4},
    head_form=("{}", "■ {}"),
    bullets=("●", "■", "▲"),
    indent="　　",
    gap="\n",
    head_gap="\n",
    between="\n\n",
)

FEATURES = Style(
    name="weekend-features",
    phrases=DEVELOPMENT,
    orders=(("byline", "kicker", "headline", "subhead"), ("kicker", "byline", "headline", "subhead")),
    bylines=(
        "本报记者 {Name}",
        "{Name} 本报记者",
        "本报记者 {Name} {Name}",
        "本报驻{place}记者 {Name}",
        "{paper}记者 {Name}",
        "本报通讯员 {Name} 本报记者 {Name}",
        "□ {Name}",
    ),
    datelines=("本报讯 （记者{name}）", "本报{place}{m}月{d}日讯 （记者{name} 通讯员{name}）"),
    wire=("新华社{city}{m}月{d}日电（记者{name}）",),
    credits=("{name}/摄", " 本报记者 {name}/摄", "（受访者供图）", "供图/{name}"),
    credit_lines=("{Name}/摄", "本报记者 {Name}/摄"),
    box_forms=("label", "titled:{}　{}", "label"),
    box_at=("sentence", "top", "between", "sentence"),
    caption_at=("sentence", "between", "top"),
    tops=(("{section}周刊", "{year}年{m}月{d}日 第{cpage}版"), ("{date} 星期{weekday}  {section}  {page}",)),
    bottoms=(("（本版编辑：{name}  {name}）",), ("责任编辑：{name} E-mail：{mail}", "电话：{tel}")),
    jumps_to=("（下转第{cother}版）",),
    jumps_from=("（上接第{cother}版）",),
    rates={
        **RATES,
        "kicker": 0.6,
        "subhead": 0.4,
        "byline": 0.9,
        "dateline": 0.1,
        "box": 0.55,
        "caption": 0.35,
        "section_heads": 0.9,
        "feature": 0.2,
        "column_break": 0.3,
        "photo_story": 0.15,
        "spread_name": 0.4,
        "headline_broken": 0.2,
    },
    kicker_form=("{}", "· {} ·"),
    spread="　",
    tag_form="（{1}）{0}",
)

INDUSTRY = Style(
    name="industry-weekly",
    phrases=DEVELOPMENT,
    orders=(("kicker", "headline", "byline", "subhead"), ("headline", "subhead", "byline")),
    bylines=(
        "本报记者　{Name}",
        "文/{Name}",
        "本报记者　{Name}　通讯员　{Name}",
        "特约撰稿人　{Name}",
        "{paper}记者　{Name}",
    ),
    datelines=(
        "【本报{place}讯】记者{name}报道：",
        "本报讯（记者{name}　实习生{name}）",
        "本报{place}{m}月{d}日电（记者{name}）",
    ),
    wire=("新华社{city}{m}月{d}日电　",),
    credits=("　　{name}　摄", "（图片由{place}总工会提供）", "　{name}　图", "（新华社发　{name}摄）"),
    credit_lines=("{Name}　摄", "（新华社发）", "本报记者　{Name}　摄"),
    box_forms=("label:■{}", "label:◆{}", "inline:{}："),
    box_at=("sentence", "between"),
    caption_at=("sentence", "end", "between"),
    tops=(("{page}　{section}", "{year}年{m}月{d}日　星期{weekday}"), ("{date}　第{page}版　{section}",)),
    bottoms=(
        ("编辑　{name}　　美编　{name}　　校对　{name}",),
        ("本报地址：{place}市建设路{n}号　电话：{tel}　印刷：{place}印务公司",),
    ),
    jumps_to=("（下转第{other}版）",),
    jumps_from=("（上接第１版）",),
    rates={
        **RATES,
        "full_width_digits": 0.8,
        "crlf": 0.4,
        "column_break": 0.35,
        "box": 0.4,
        "spread_name": 0.6,
        "headline_tag": 0.15,
        "jump_to": 0.08,
        "jump_from": 0.08,
    },
    head_form=("{}", "{}", "●{}"),
    bullets=("◆", "●", ""),
    spread="　",
    indent="　　",
)

OVERSEAS = Style(
    name="overseas-edition",
    phrases=DEVELOPMENT,
    orders=(("kicker", "headline", "subhead", "byline"), ("kicker", "headline", "byline", "subhead")),
    bylines=("本报记者 {Name}", "本报记者 {Name} {Name}", "本报特约记者 {Name}", "{place}传真 {Name}"),
    datelines=("【本报讯】", "【本报讯】（记者 {name}）", "【本报{place}{d}日电】"),
    wire=("【新华社{city}{d}日电】", "【中新社{city}{m}月{d}日电】"),
    credits=("（{name} 摄）", "（资料图片）", "（{name} 供图）"),
    credit_lines=("（{Name} 摄）", "（中新社图片）"),
    box_forms=("label", "label:【{}】", "titled:{}：{}"),
    box_at=("between", "sentence", "end"),
    caption_at=("between", "sentence"),
    tops=(("{cdate}　星期{weekday}　{section}版　第{cpage}版",), ("A{page}　{section}　{cdate}",)),
    bottoms=(("（本版由{section}部编辑）电话：{tel}",), ("责任编辑：{name}　　版面设计：{name}",)),
    jumps_to=("（下转A{other}版）", "（下转第{cother}版）"),
    jumps_from=("（上接A1版）", "（上接第一版）"),
    rates={**RATES, "traditional": 0.9, "dateline": 0.6, "byline": 0.5, "crlf": 0.2, "feature": 0.1},
    quotes="「」『』",
    gap="\n\n",
)

COMPACT = Style(
    name="compact-dump",
    phrases=DEVELOPMENT,
    orders=(
        ("kicker", "headline", "subhead", "byline"),
        ("byline", "headline", "subhead"),
        ("kicker", "byline", "headline"),
    ),
    bylines=(
        "本报记者{Name}",
        "本报记者 {Name} 通讯员 {Name}",
        "{Name}",
        "{Name} {Name}",
        "本报通讯员 {Name}",
        "本报评论员",
    ),
    datelines=("本报讯 记者{name}报道：", "本报{place}{m}月{d}日电 记者{name}报道：", "本报讯（{name} {name}）"),
    wire=("新华社{city}{m}月{d}日电 ", "据新华社电 "),
    credits=("({name} 摄)", " {name}摄", ""),
    credit_lines=("{Name}摄",),
    box_forms=("label", "inline:{}：", "label:〔{}〕"),
    box_at=("sentence", "between", "end"),
    caption_at=("sentence", "between"),
    tops=(("{masthead}", "{date}", "{section}"), ("{page}版 {section} {date} 星期{weekday}",)),
    bottoms=(("责任编辑/{name} 版式/{name}",), ("热线：{tel}", "投稿：{mail}", "零售每份1.50元")),
    jumps_to=("(下转{other}版)", "下转第{other}版"),
    jumps_from=("(上接1版)", "上接第一版"),
    rates={
        **RATES,
        "column_break": 0.3,
        "box": 0.35,
        "no_headline": 0.07,
        "briefs": 0.08,
        "advert": 0.3,
        "subhead": 0.2,
    },
    head_form=("{}", "#{}"),
    bullets=("·", "★", ""),
    gap="\n",
    head_gap="\n",
    between="\n",
    break_gap="\n\n",
)

DEVELOPMENT_STYLES = (UNION_DAILY, MORNING, FEATURES, INDUSTRY, OVERSEAS, COMPACT)
