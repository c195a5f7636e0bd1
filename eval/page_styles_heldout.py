"""Three held-out house styles. They were written before the splitter and are for measuring it, never for making it.

Do not read this file, or print pages made with it, while working on models/pages.py.
"""

from __future__ import annotations

from eval.page_phrases_heldout import HELD_OUT
from eval.page_styles import RATES, Style

PROVINCIAL = Style(
    name="provincial-daily",
    phrases=HELD_OUT,
    orders=(
        ("kicker", "headline", "subhead", "byline"),
        ("kicker", "byline", "headline", "subhead"),
        ("byline", "kicker", "headline", "subhead"),
    ),
    bylines=(
        "■ 本报记者 {Name}",
        "■ 本报记者 {Name} {Name}",
        "本报全媒体记者 {Name}",
        "■ 本报通讯员 {Name} 本报记者 {Name}",
        "{paper}记者 {Name}",
        "■ {Name}",
    ),
    datelines=(
        "本报{place}讯 （记者 {name}）",
        "本报{place}{m}月{d}日讯（记者 {name} 通讯员 {name} {name}）",
        "本报{place}讯（全媒体记者 {name}）",
    ),
    wire=("新华社{city}{m}月{d}日电 （记者 {name}）", "据新华社{city}{m}月{d}日电　"),
    credits=("　本报记者 {name} 摄", " 通讯员 {name} 摄影报道", "（本报资料图）", "{name} 摄/光明图片"),
    credit_lines=("本报记者 {Name} 摄", "{Name} 摄影报道", "（视觉中国供图）"),
    box_forms=("label", "titled:{}｜{}", "label:▶▶{}"),
    box_at=("top", "sentence", "end", "sentence"),
    caption_at=("between", "top", "sentence"),
    tops=(
        ("{year}年{m}月{d}日", "星期{weekday}", "{section}", "{page}"),
        ("{section} {page} {date} 星期{weekday} 责编 {name} 美编 {name}",),
    ),
    bottoms=(
        ("值班编委：{name}", "本版主编：{name}　责编：{name}", "美编：{name}　检校：{name}"),
        ("投稿邮箱 {mail}　编辑部电话 {tel}",),
    ),
    jumps_to=("▶▶下转{other}版", "（下转第{other}版）"),
    jumps_from=("◀◀上接01版", "（上接第一版）"),
    rates={
        **RATES,
        "spread_name": 0.5,
        "kicker": 0.45,
        "column_break": 0.3,
        "box": 0.4,
        "furniture_top": 1.0,
        "headline_broken": 0.15,
        "feature": 0.12,
    },
    kicker_form=("{}", "【{}】", "▎{}"),
    tag_form="{}（{}）",
    head_form=("{}", "{}", "◎{}"),
    bullets=("▪", "◆", "●"),
    spread=" ",
    indent="　　",
)

EVENING = Style(
    name="evening-paper",
    phrases=HELD_OUT,
    orders=(
        ("headline", "subhead", "byline"),
        ("kicker", "headline", "byline", "subhead"),
        ("byline", "headline", "subhead"),
    ),
    bylines=(
        "文/本报记者 {Name}",
        "晚报记者 {Name}",
        "晚报记者 {Name} 通讯员 {Name} {Name}",
        "本报记者 {Name} 文/图",
        "晚报见习记者 {Name}",
        "{Name}",
    ),
    datelines=(
        "晚报讯（记者 {name}）",
        "本报讯 记者{name} 通讯员{name}",
        "本报讯（首席记者 {name} 实习生 {name}）",
        "晚报讯 ",
    ),
    wire=("据新华社{city}{m}月{d}日电 ", "新华社{city}电 "),
    credits=(" {name} 图", " 本报记者 {name} 图", "", "（网络图片）"),
    credit_lines=("本报记者 {Name} 图", "{Name} 摄影报道"),
    box_forms=("label", "inline:{}｜", "inline:[{}] ", "label:+{}"),
    box_at=("sentence", "end", "between"),
    caption_at=("top", "sentence", "between"),
    tops=(
        ("{section}", "A{page}", "{year}-{m}-{d} 星期{weekday}"),
        ("{masthead} {year}.{m}.{d} 周{weekday} A{page} {section}",),
    ),
    bottoms=(("编辑/{name} 版式/{name} 校对/{name}",), ("读者热线 {tel} 微信 {mail}",)),
    jumps_to=("（下转A{other}版）", ">>下转A{other}"),
    jumps_from=("（上接A1版）", ">>上接A1"),
    rates={
        **RATES,
        "dateline": 0.7,
        "byline": 0.45,
        "briefs": 0.12,
        "briefs_with_headlines": 0.12,
        "no_headline": 0.08,
        "advert": 0.5,
        "headline_quoted": 0.08,
        "photo_story": 0.15,
        "caption": 0.25,
        "crlf": 0.3,
        "column_break": 0.2,
    },
    kicker_form=("{}", "[{}]"),
    tag_form="{1}·{0}",
    head_form=("{}", "▶{}", "{}"),
    bullets=("■", "▲", ""),
    gap="\n",
    head_gap="\n",
    between="\n\n\n",
)

HONG_KONG = Style(
    name="hong-kong-labour",
    phrases=HELD_OUT,
    orders=(
        ("headline", "subhead", "byline"),
        ("kicker", "headline", "subhead", "byline"),
        ("headline", "byline", "subhead"),
    ),
    bylines=("记者：{Name}", "本报记者 {Name}", "采访：{Name}　摄影：{Name}", "撰文：{Name}", "本报港闻组"),
    datelines=("【本报专讯】", "【本报讯】记者{name}报道：", "（本报记者{name}专访）", "【本报{place}专讯】"),
    wire=("【新华社{city}{d}日电】", "【综合外电报道】"),
    credits=("（{name}摄）", "（受访者提供）", "　　{name}摄", "（机构提供）"),
    credit_lines=("（{Name}摄）", "（资料图片）"),
    box_forms=("label", "titled:{}　{}", "label:◤{}◢"),
    box_at=("end", "between", "sentence"),
    caption_at=("between", "sentence", "top"),
    tops=(("{cdate}　星期{weekday}", "{section}　A{page}"), ("A{page}　{section}　{year}年{m}月{d}日　星期{weekday}",)),
    bottoms=(("责任编辑：{name}　　美术设计：{name}",), ("爆料热线：{tel}", "电邮：{mail}")),
    jumps_to=("（下转A{other}版）", "▶下转A{other}"),
    jumps_from=("（上接A1版）", "◀上接A1"),
    rates={
        **RATES,
        "traditional": 1.0,
        "spread_name": 0.3,
        "dateline": 0.6,
        "byline": 0.45,
        "caption": 0.3,
        "column_break": 0.25,
        "full_width_digits": 0.1,
    },
    kicker_form=("{}", "◆{}"),
    tag_form="{1}：{0}",
    head_form=("{}", "■{}"),
    bullets=("●", "■"),
    spread="　",
    quotes="「」『』",
    indent="　　",
    gap="\n",
    head_gap="\n",
    between="\n\n",
)

HELD_OUT_STYLES = (PROVINCIAL, EVENING, HONG_KONG)
