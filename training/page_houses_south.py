"""House styles that training pages alone are drawn in: six papers, most of them southern.

A metropolitan morning paper, a provincial party daily of the 2000s, a family health weekly, an education daily, a labour
paper in Traditional script, an industry daily whose dump has boxes before the text and names behind it. All invented.
"""

from __future__ import annotations

from eval.page_styles import RATES, Style
from training.page_house_phrases_south import HEALTH, LAB, LABOUR, METRO, PARTY, SCHOOL, cut, sets


def _asks(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((ask, answer) for ask, answer in sets(text))


_METRO = Style(
    name="metro-morning",
    phrases=METRO,
    orders=(("kicker", "headline", "byline", "subhead"), ("headline", "subhead", "byline"), ("subhead", "headline")),
    bylines=cut("□晨报记者 {name}|■首席记者 {name} 见习记者 {name}|晨报记者 {name} 文/图|记者 {name} 摄影 {name}|█{name}"),
    datelines=cut("□晨报记者 {name} 报道 |[晨报讯]（记者 {name}）|本报讯（首席记者 {name}）"),
    wire=cut("[新华社{city}{m}月{d}日电] |据新华社{city}电 "),
    credits=cut(" 晨报记者 {name} 摄|（视频截图）||　读者供图"),
    credit_lines=cut("■晨报记者 {name} 摄|（警方供图）"),
    box_forms=cut("label:[{}]|titled:[{}] {}|label:／{}／|inline:[{}]|label:{} ★"),
    box_at=("between", "end", "sentence", "end"),
    caption_at=("top", "sentence", "between"),
    tops=sets("""{section}/{date} 星期{weekday} 责编 {name} 版式 {name} 校对 {name}
        {section}新闻　{year}-{m}-{d}|{masthead}/{date} 周{weekday} 今日48版 零售价1元/今日多云转晴"""),
    bottoms=sets("""24小时新闻热线 {tel}　报料有奖/微信扫码看更多|责编 {name}　美编 {name}　广告经营许可证{big}号
        欢迎下载{masthead}客户端"""),
    jumps_to=cut("（下转A{other}版）|>>>A{other}"),
    jumps_from=cut("（上接A1版）|<<<A{other}"),
    rates={
        **RATES, "kicker": 0.4, "kicker_long": 0.25, "subhead": 0.4, "second_subhead": 0.4, "byline": 0.5,
        "dateline": 0.6, "box": 0.4, "box_list": 0.15, "caption": 0.3, "photo_story": 0.15, "photo_label": 0.3,
        "photo_byline": 0.5, "headline_broken": 0.2, "headline_quoted": 0.1, "sign_off": 0.2, "interview": 0.15,
        "contents": 0.15, "advert": 0.5, "running_head": 0.2, "tail": 0.2,
    },
    kicker_form=cut("{}|[{}]|■{}|★ {}"),
    subhead_kinds=("plain", "quoted"),
    subhead_form=cut("{}|▲{}|◇{}"),
    tag_form="{1}丨{0}",
    head_form=cut("■{}|{}|【{}】|▶▶{}"),
    bullets=cut("■|＞＞"),
    sign_offs=cut("（记者{name}）| [{name}]"),
    asks=_asks("晨报：/{name}：|记者：/对方："),
    running_heads=sets("报料热线　{tel}"),
    own_words=0.3,
)  # fmt: skip

_PARTY = Style(
    name="provincial-2000s",
    phrases=PARTY,
    orders=(("kicker", "headline", "subhead", "byline"), ("byline", "kicker", "headline", "subhead"), ("headline",)),
    bylines=cut("""本报记者　{Name}|本报通讯员　{Name}　本报记者　{Name}|○{Name}|本报评论员|本报驻{place}记者　{Name}"""),
    datelines=cut("""本报{place}讯　|本报{city}{m}月{d}日讯（记者{Name}）|本报讯（记者{Name}　通讯员{Name}）"""),
    wire=cut("新华社{city}{m}月{d}日电　|据新华社{city}{m}月{d}日电（记者{Name}）"),
    credits=cut("　本报记者　{Name}　摄|"),
    credit_lines=cut("本报记者　{Name}　摄|{Name}摄|新华社发"),
    box_forms=cut("label:●{}●|label:{}|inline:{}：|label:◆{}"),
    box_at=("end", "top", "between"),
    caption_at=("between", "end"),
    tops=sets("""{masthead}　{cdate}　星期{weekday}　第{cpage}版　{section}
        {section}/{date}　{masthead}/责任编辑：{name}　E-mail：{mail}
        {masthead}/{cdate}　农历{lunar}　第{big}号/今日八版　国内统一刊号CN{n}-00{n}　邮发代号{n}-{n}/网址：www.example.com"""),
    bottoms=sets("""本版责任编辑　{name}　版面设计　{name}　校对　{name}
        社址：{place}路{n}号　电话：{tel}　每份零售0.60元/本报印刷厂印刷"""),
    jumps_to=cut("（下转第{cother}版）|（紧转第{cother}版）"),
    jumps_from=cut("（上接第一版）|（紧接第{cother}版）"),
    rates={
        **RATES, "kicker": 0.55, "kicker_long": 0.35, "subhead": 0.4, "byline": 0.5, "dateline": 0.7, "spread_name": 0.8,
        "full_width_digits": 0.5, "box": 0.15, "box_rule": 0.3, "byline_end": 0.1, "sign_off": 0.3, "jump_to": 0.1,
        "jump_from": 0.08, "photo_label": 0.5, "headline_two_halves": 0.6, "headline_broken": 0.25, "briefs": 0.08,
        "advert": 0.1, "tail": 0.08, "contents": 0.12,
    },
    kicker_kinds=("comma", "dash", "series", "column"),
    kicker_form=cut("{}|·{}·|◇{}◇"),
    spread="　",
    subhead_kinds=("dash", "plain", "quoted"),
    tag_form="{}　（{}）",
    head_form=cut("{}|{cn}、{}|（{cn}）　{}"),
    numbering=True,
    bullets=cut("▲|△|◆本报讯　"),
    signs=cut("（{Name}）|（本报记者　{Name}）"),
    sign_indent=("　　　　　　　　　　　　", "　　"),
    sign_offs=cut("（{Name}　{Name}）|（{Name}）"),
    box_rules=cut("————————————|＊＊＊＊＊＊"),
    indent="　　", gap="\n", head_gap="\n", between="\n\n", break_gap="\n",
)  # fmt: skip

_HEALTH = Style(
    name="family-health",
    phrases=HEALTH,
    orders=(("headline", "byline"), ("kicker", "headline", "byline", "subhead"), ("byline", "headline")),
    bylines=cut("""{place}医院主任医师　{name}|受访专家：{place}医院副主任医师　{name}|受访专家／{name}\n本报记者／{name}|文／{name}
        {name}（营养师）|指导专家：{name}教授　采写：{name}|{city}　{name}"""),
    datelines=cut("本报讯　{place}医院{name}报道，|{masthead}讯　（{name}）"),
    wire=cut("据《{paper}》报道，"),
    credits=cut("|（图片来自网络）|绘图／{name}"),
    credit_lines=cut("漫画／{name}|（资料图）"),
    box_forms=cut("label:☆{}☆|label:※{}|inline:※{}：|titled:{}☞{}|label:〖{}〗"),
    box_at=("end", "between", "between", "sentence"),
    caption_at=("top", "end"),
    tops=sets("""{page}　{section}/{masthead}　{year}年{m}月　第{n}期|{section}版／主编　{name}　电话　{tel}
        {masthead}/健康一家人　逢周{weekday}出版/{date}　农历{lunar}"""),
    bottoms=sets("""本版内容仅供参考，用药请遵医嘱|编辑／{name}　版式／{name}　投稿：{mail}
        读者热线：{tel}　QQ群：{big}{big}/邮发代号：{n}-{n}"""),
    jumps_to=cut("（转{other}版）|☞转第{other}版"),
    jumps_from=cut("（接1版）|☜接第{other}版"),
    rates={
        **RATES, "kicker": 0.3, "kicker_long": 0.15, "subhead": 0.12, "byline": 0.75, "dateline": 0.15, "byline_end": 0.35,
        "sign_off": 0.3, "box": 0.5, "box_list": 0.3, "box_rule": 0.15, "interview": 0.3, "letter": 0.12, "tail": 0.35,
        "short_item": 0.25, "headline_short": 0.2, "advert": 0.4, "rule": 0.35, "photo_story": 0.06,
        "feature": 0.08, "section_heads": 0.8,
    },
    kicker_kinds=("column", "column", "column", "comma", "dash", "series"),
    kicker_form=cut("★{}★|☆{}|〖{}〗|{}"),
    subhead_kinds=("plain", "quoted", "dash"),
    tag_form="〖{1}〗{0}",
    head_form=cut("误区{cn}：{}|第{cn}招　{}|{n}.{}|{}"),
    numbering=True,
    bullets=cut("☆|※|◎"),
    signs=cut("{place}　{name}|（{name}）|（{city}　{name}）|读者　{name}"),
    sign_indent=("　　　　　　　　", ""),
    sign_offs=cut("（{name}）"),
    asks=_asks("读者问：/{name}答：|问：/医生：|患者：/{name}："),
    box_rules=cut("～～～～～～～～|☆☆☆☆☆☆"),
    rules=cut("☆☆☆☆☆|※※※"),
    gap="\n", head_gap="\n", between="\n\n\n", break_gap="\n",
)  # fmt: skip

_SCHOOL = Style(
    name="education-daily",
    phrases=SCHOOL,
    orders=(("kicker", "headline", "subhead", "byline"), ("kicker", "byline", "headline", "subhead")),
    bylines=cut("""■本报记者　{Name}|■本报记者　{Name}　通讯员　{Name}|{place}中学校长　{Name}|■{Name}
        本报实习生　{Name}　本报记者　{Name}|■主讲人：{name}　整理：{name}|■{place}　{Name}"""),
    datelines=cut("本报讯（记者　{Name}）|本报{city}{m}月{d}日讯（记者　{Name}）|本报讯（特约通讯员　{Name}）"),
    wire=cut("新华社{city}{m}月{d}日电（记者　{Name}）|据新华社电　"),
    credits=cut("　本报记者　{Name}　摄|　学校供图|"),
    credit_lines=cut("本报记者　{Name}　摄|（学校供图）"),
    box_forms=cut("label:■{}|titled:■{}　{}|inline:【{}】|label:·{}·|label"),
    box_at=("sentence", "sentence", "top", "between"),
    caption_at=("sentence", "end"),
    tops=sets("""{date}　星期{weekday}/主编：{name}　编辑：{name}　设计：{name}　校对：{name}/电话：{tel}　邮箱：{mail}
        {page}　{section}|{masthead}/{date}　星期{weekday}　第{big}号/今日四版　ISSN 1009-{big}"""),
    bottoms=sets("""投稿邮箱：{mail}|本版策划：{name}　制图：{name}
        官方微信：{masthead}　扫描二维码关注"""),
    jumps_to=cut("（下转第{cother}版）"),
    jumps_from=cut("（上接第一版）"),
    rates={
        **RATES, "kicker": 0.5, "kicker_long": 0.2, "subhead": 0.35, "byline": 0.8, "dateline": 0.4, "spread_name": 0.7,
        "box": 0.35, "box_list": 0.15, "column_break": 0.3, "interview": 0.12,
        "tail": 0.4, "byline_in_deck": 0.12, "feature": 0.12, "headline_tag": 0.15, "photo_label": 0.3,
        "advert": 0.08, "crlf": 0.4,
    },
    kicker_kinds=("column", "series", "dash", "comma"),
    kicker_form=cut("{}|■{}|{}　◆"),
    spread="　",
    tag_form="{}【{}】",
    head_form=cut("{}|关键词{cn}：{}|{cn}、{}|之{cn}　{}"),
    numbering=True,
    bullets=cut("■|·"),
    signs=cut("（作者：{name}）|■{name}"),
    deck_joins=("　　", "　"),
    asks=_asks("{masthead}：/{name}：|记　者：/校　长：|主持人：/{name}："),
    indent="　　",
    own_words=0.5,
)  # fmt: skip

_LABOUR = Style(
    name="labour-traditional",
    phrases=LABOUR,
    orders=(("byline", "headline"), ("headline", "subhead", "byline")),
    bylines=cut("◎工运记者{name}|文、图：{name}|访问、整理：{name}|{name}（会务干事）|采访：{name}\n摄影：{name}|■{name}　{place}"),
    datelines=cut("【特讯】|【{place}讯】|【本报专讯】工运记者{name}报道："),
    wire=cut("【中新社{city}{d}日电】|【法新社{city}{d}日电】"),
    credits=cut("（{name}摄）|（工会提供）|"),
    credit_lines=cut("（{name}摄）|图：{name}"),
    box_forms=cut("label:◎{}|titled:◎{}◎{}|label:『{}』|inline:●{}：|label:＝{}＝"),
    box_at=("top", "end", "between", "sentence"),
    caption_at=("top", "between"),
    tops=sets("""{masthead}　第{big}期　{date}　（{section}）|{section}／{cpage}/{cdate}
        第{cpage}页　{section}/{masthead}/零售每份港币六元　{cdate}　农历{lunar}　星期{weekday}"""),
    bottoms=sets("""督印：{name}　总编辑：{name}　承印：{place}印务|会址：{place}道{big}号{n}楼　电话：{tel}　传真：{tel}
        本版编辑：{name}　来稿请寄{mail}"""),
    jumps_to=cut("（文转第{cother}页）"),
    jumps_from=cut("（文接第{cother}页）"),
    rates={
        **RATES, "traditional": 1.0, "kicker": 0.4, "kicker_long": 0.25, "subhead": 0.45, "second_subhead": 0.5, "byline": 0.4,
        "dateline": 0.65, "byline_end": 0.3, "box": 0.4, "box_list": 0.2, "box_rule": 0.25, "interview": 0.15,
        "letter": 0.06, "running_head": 0.2, "rule": 0.15, "tail": 0.2, "headline_two_halves": 0.8,
        "headline_quoted": 0.1, "headline_broken": 0.2, "contents": 0.1, "advert": 0.3,
    },
    kicker_kinds=("column", "dash", "series"),
    kicker_form=cut("◎{}|『{}』|{}"),
    subhead_kinds=("plain", "quoted"),
    subhead_form=cut("{}|●{}"),
    tag_form="{1}◎{0}",
    head_form=cut("◎{}|{}|（{cn}）{}"),
    numbering=True,
    bullets=cut("◎|△"),
    quotes="「」『』",
    signs=cut("（{name}）|文：{name}|工会会员　{name}"),
    sign_indent=("　　　　　　", ""),
    asks=_asks("问：/答：|记：/{name}："),
    box_rules=cut("＝＝＝＝＝＝＝＝|◎◎◎◎◎"),
    rules=("◎◎◎",),
    running_heads=sets("{section}　{masthead}|第{cpage}页"),
    script="s2hk",
    han_dates=True,
    indent="　", gap="\n", head_gap="\n", between="\n\n", break_gap="\n", wrap=22, box_wrap=15,
)  # fmt: skip

_LAB = Style(
    name="industry-daily",
    phrases=LAB,
    orders=(("headline", "subhead", "byline"), ("headline", "byline", "subhead"), ("kicker", "headline", "subhead")),
    bylines=cut("本报记者　{name}|◆记者 {name} 通讯员 {name}|{name}　{name}|▌{name}|◆本报记者 {name} {name} {place}报道"),
    datelines=cut("{masthead}讯 （{name}）|◆本报讯 记者{name}报道 |本报{city}{m}月{d}日电 （记者{name}）"),
    wire=cut("新华社{city}{m}月{d}日电 |据外媒{m}月{d}日报道，"),
    credits=cut("　{name}摄|（受访单位供图）||（图片由{name}提供）"),
    credit_lines=cut("◆记者 {name} 摄|制图：{name}"),
    box_forms=cut("label:{}|label:▌{}|titled:{}｜{}|label:＋{}＋|inline:{} ▶|bare"),
    box_at=("top", "top", "top", "end", "sentence"),
    caption_at=("top", "top", "end"),
    tops=sets("""{date} 星期{weekday} 第{page}版：{section}|第{page}版 {section}/{masthead} {year}-{m}-{d}/编辑 {name} 美编 {name}
        {section}/Science & Industry/{year}.{m}.{d}"""),
    bottoms=sets("""版权声明：未经授权不得转载|◆责编 {name} ◆电话 {tel} ◆邮箱 {mail}"""),
    jumps_to=cut("（下转第{other}版）|→{other}版"),
    jumps_from=cut("（上接第{other}版）|←接1版"),
    rates={
        **RATES, "kicker": 0.12, "kicker_long": 0.3, "subhead": 0.45, "second_subhead": 0.4, "byline": 0.85, "byline_end": 0.9,
        "dateline": 0.5, "box": 0.7, "box_list": 0.2, "box_rule": 0.1, "caption": 0.35, "tail": 0.15,
        "headline_tag": 0.1, "headline_short": 0.08, "photo_byline": 0.2,
        "contents": 0.1, "advert": 0.1, "crlf": 0.9, "briefs": 0.08, "sign_off": 0.4,
    },
    kicker_form=cut("{}|▌{}|{}＋"),
    subhead_form=cut("{}|{}|▶ {}"),
    tag_form="{1}▌{0}",
    head_form=cut("▌{}|{n:02} {}|{}|【{}】"),
    numbering=True,
    bullets=cut("◆|＋|▌"),
    signs=cut("（本报记者　{name}）|（{name}）|◆记者 {name} 通讯员 {name}|■文／{name}"),
    sign_indent=("", "", "　　　　　　　　　　"),
    sign_offs=cut("（{name}）"),
    box_rules=cut("----------------|＋＋＋＋＋＋"),
    own_words=0.4,
)  # fmt: skip

HOUSES_SOUTH = (_METRO, _PARTY, _HEALTH, _SCHOOL, _LABOUR, _LAB)
