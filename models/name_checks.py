"""Do the names of a summary stand in its source? Places and organisations by their kind, persons by title or surname.

Knows two texts and what names end with. An abbreviation of a name that the source has in full is that name.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_KINDS = (
    "自治区 自治州 委员会 检察院 研究院 总工会 联合会 公司 集团 大学 学院 医院 法院 协会 学会 商会 银行 中学 小学 "
    "省 市 县 区 镇 乡 村 局 厅 委"
)
KINDS = _KINDS.split()
_COMMON = (
    "城市 都市 超市 股市 门市 上市 社区 地区 城区 园区 校区 厂区 矿区 景区 小区 片区 山区 灾区 "
    "辖区 城镇 乡镇 村镇 城乡 家乡 农村 乡村 山村 全省 全市 全县 全区 全镇 全村 本省 本市 本县 "
    "本区 我省 我市 我县 该省 该市 该县 该区 省市 市县 各省 各市 各县 各区 外省 跨省 两省 三省 "
    "邻省 结局 格局 布局 大局 全局 工厂 药厂 车站 网站 道路 公路 铁路 一路 思路 出路 海港 机场 "
    "车间 驿站 线路 省级 市级 县级 区级 乡级 镇级 村级 高校 党委 省委 市委 县委 区委 国企 工委 "
    "常委 纪委 政法委 市区 县区 郊区 街区 专区 新区 牧区 林区 老区 返乡 下乡 水乡 故乡 同乡 还乡 "
    "主产区 开发区 保税区 综保区 战区 震区 各级工会 基层工会 企业工会 行业工会 市场 村民 市民 县城 "
    "省会"
)
COMMON = frozenset(_COMMON.split())
"""Words that end like a name and are none."""
_TITLES = (
    "副主席 副书记 副总理 副部长 副省长 副市长 副县长 副主任 副局长 副院长 主席 书记 总理 部长 省长 "
    "市长 县长 区长 镇长 村长 主任 局长 处长 科长 院长 校长 厂长 董事长 总经理 经理 会长 队长 "
    "班长 组长 站长 行长 律师 教授 医生 法官 技师 师傅 女士 先生"
)
TITLES = _TITLES.split()
_KIND = re.compile("|".join(sorted(KINDS, key=len, reverse=True)))
_TITLE = re.compile("|".join(sorted(TITLES, key=len, reverse=True)))
_FOREIGN = re.compile(r"(?<=[\u4e00-\u9fff])·(?=[\u4e00-\u9fff])")
_SURNAMES = (
    "赵钱孙李周吴郑王冯陈沈韩杨朱秦许何吕张孔曹魏陶姜谢邹潘葛范彭鲁韦苗俞袁柳鲍唐薛雷贺倪汤滕殷罗郝傅齐康伍余顾孟黄穆萧尹姚"
    "邵汪祁毛狄伏戴宋庞熊纪屈项董梁杜阮蓝贾郭梅林钟徐邱骆夏蔡田樊胡凌霍虞柯卢莫丁邓洪崔龚程邢裴陆翁段侯甘武刘詹龙叶黎乔翟谭温"
    "庄阎耿欧聂曾阙瞿"
)
"""Without those that are as often a word (方, 管, 施, 安, 高)."""
_PERSON = re.compile(rf"(?=([{_SURNAMES}][\u4e00-\u9fff]{{2}}))")
LINKS = frozenset("任为的是由时和与及在向到给对从把被让该各本全外跨当选兼原")
"""Characters that stand before a name and are no part of it."""
GENERAL = frozenset(("所属", "有关", "国有", "民营", "中央", "地方", "基层", "当地"))
_HAN2 = re.compile(r"[\u4e00-\u9fff]{2}")
_HAN = re.compile(r"[\u4e00-\u9fff]")


def wrong_names(summary: str, plain: str) -> list[str]:
    """Places and organisations by their kind, persons by their title, foreign names: with what stands before, not in `plain`.

    The two characters before the kind or title must stand in the source together, so an abbreviation of a name that the
    source has in full passes, and a name that it has not does not.
    """
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", summary))
    joints = [
        (text[max(0, m.start() - 2) : m.end() + 2], text[m.start() - 1] + text[m.end()])
        for m in _FOREIGN.finditer(text)
    ]
    wrong = [name for name, joint in joints if joint not in plain]
    seen: set[tuple[str, str, str]] = set()

    @cache
    def known_before(ending: str) -> set[str]:
        return {plain[m.start() - 1 : m.start()] for m in re.finditer(re.escape(ending), plain)}

    for pattern, organisation in ((_KIND, True), (_TITLE, False)):
        for match in pattern.finditer(text):
            # Whatever is decided below hangs on these characters: what stands there twice is looked at once.
            here = text[max(0, match.start() - 4) : match.start()], match[0], text[match.end() : match.end() + 1]
            if here in seen:
                continue
            seen.add(here)
            before = _HAN2.fullmatch(text[max(0, match.start() - 2) : match.start()])
            whole = text[max(0, match.start() - 1) : match.end()]
            if not before or whole in COMMON or text[match.start() : match.end() + 1] in COMMON:
                continue
            if whole[1:] in COMMON or before[0] + match[0] in COMMON:
                continue
            if before[0][1] in LINKS or before[0] in GENERAL:
                continue
            if len(match[0]) > 1 and before[0] + match[0] in plain:
                if organisation and _other_name(text, match.start() - 2, known_before(before[0] + match[0])):
                    wrong.append(text[max(0, match.start() - 4) : match.end()])
                continue
            if organisation and len(match[0]) > 1 and _joined(before[0], match[0], plain):
                wrong.append(before[0] + match[0])
                continue
            near = before[0] in plain or (len(match[0]) > 1 and match[0] in plain and before[0][1] + match[0] in plain)
            if not near and whole not in plain:
                wrong.append(before[0] + match[0])
    return sorted(set(wrong))


def _joined(before: str, kind: str, plain: str) -> bool:
    """Whether a place and a body that the source names apart became one name: 南滨市…与市总工会 is no 南滨市总工会.

    An abbreviation is none: 青禾县法院 of 青禾县人民法院.
    """
    if before[1] not in "省市县区" or before[1] + kind not in plain:
        return False
    between = f"[^{re.escape(''.join(LINKS))}]{{1,4}}"
    return not re.search(re.escape(before) + between + re.escape(kind), plain)


def _other_name(text: str, start: int, known: set[str]) -> bool:
    """Whether the source knows an ending of a name (纺织集团) only behind other characters than the summary has before it."""
    before = text[max(0, start - 1) : start]
    return bool(_HAN.match(before)) and before not in LINKS and before not in known


def other_persons(summary: str, plain: str) -> list[str]:
    """Names of surname and two characters whose middle one is another than in every such name of the source: 詹水根 for 詹木根."""
    wrong = []
    for name in {match[1] for match in _PERSON.finditer(summary)}:
        if name not in plain and re.search(f"{name[0]}[\u4e00-\u9fff]{name[2]}", plain):
            wrong.append(name)
    return sorted(wrong)
