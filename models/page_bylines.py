"""Who wrote it: byline lines and names standing alone, as Chinese papers set them. Knows one line of text at a time."""

from __future__ import annotations

import re

from models.page_seams import read_seams

NAME = r"[\u4e00-\u9fff\U00020000-\U0003ffff](?:\s?[\u4e00-\u9fff·\U00020000-\U0003ffff]){1,3}"
_OFFICE = re.compile(
    r"(?:本[报刊台网]|[\u4e00-\u9fff—]{2,10}?(?:日报|晚报|商报|早报|时报|健康报|报|社|网|周刊))?(?:[\u4e00-\u9fff]{2,4}(?=传真|专电))?(?:驻[\u4e00-\u9fff]{1,5})?(?:全媒体|融媒体|特约|见习|实习|首席|高级|驻站)?"
    r"(?:记者|通讯员|评论员|实习生|特派员|撰稿人|摄影记者|摄影|报道组|调查组|传真|专稿|专电|特稿|读者|作者|文/图|图/文|文|采写|整理)[:：]?"
)
_AFTER = frozenset(
    ("来信", "调查", "手记", "观察", "节", "证", "站", "获悉", "走访", "说", "问", "们", "了解", "日前", "近日")
)
_DOING = frozenset(
    (
        "综合报道",
        "报道",
        "摄影报道",
        "文/图",
        "图/文",
        "文",
        "图",
        "摄",
        "采写",
        "整理",
        "撰文",
        "编译",
        "并摄",
        "通讯员",
        "供稿",
    )
)
SURNAMES = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳鲍史唐"
    "费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计成戴谈宋茅庞熊纪舒屈项祝董梁"
    "杜阮蓝闵席季麻强贾路娄江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯管卢莫经房裘缪干解应宗丁宣邓郁单杭洪包诸左石崔吉钮龚程"
    "嵇邢滑裴陆荣翁荀羊惠甄曲家封芮储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘钭厉戎祖武符刘景詹束龙叶"
    "幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍却璩桑桂濮牛寿通边扈燕冀郏浦尚农"
    "温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶"
    "空曾毋沙乜养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公栗岳付闫肖代区迟覃佟初苑邸原亓洛次扎格索拉"
)


COMPOUND = frozenset(
    ("欧阳", "司马", "上官", "诸葛", "夏侯", "东方", "尉迟", "公孙", "慕容", "司徒", "令狐", "端木", "南宫", "皇甫")
)


def _names(words: list[str]) -> list[str]:
    """Names out of words: characters standing alone are a name that was spread out."""
    found: list[str] = []
    spread = ""
    for word in [*words, ""]:
        if len(word) == 1:
            spread += word
            continue
        if len(spread) == 1 and found and found[-1] in COMPOUND:
            found[-1] += spread
        elif spread:
            found.append(spread)
        spread = ""
        if word:
            found.append(word)
    return found


LONGEST = 60
"""Characters of a line beyond which it is no byline. Patterns below use atomic groups: a line of `文` sixty times over must
not be tried in every way that it could be cut into names."""
_MARK = re.compile(r"[□■◎○●◇◆▢◼]\s*")
"""What may stand before a name or an office: `□ 某某`."""
_HAN = r"[\u4e00-\u9fff\U00020000-\U0003ffff]"
TIGHT = rf"(?:{_HAN}(?:·?{_HAN}){{1,3}}|{_HAN}[ \u3000]{_HAN}(?!{_HAN}))"
"""A name within a list of names: only one of two characters may be spread out."""
_NAMED = TIGHT
_SHARES = re.compile(rf"(?>(?:文|图|文字|撰文|采写|采访|摄影|口述|整理|编译|记者)\s*[:：/／]\s*{_NAMED}[\s、]*)+")
"""Who wrote and who took the pictures: `文：某某 图：某某`."""
_DONE_BY = re.compile(
    rf"(?>{_NAMED}\s*[/／]?\s*(?:文[/／][图摄]|图[/／]文|文|采写|撰文)[\s、]*)+(?:{_NAMED}\s*[/／]?\s*[图摄])?"
)
"""The same the other way round: `某某/文 某某/摄`."""
_POST = re.compile(rf"({_NAMED})[（(][^（）()。，]{{2,20}}[）)]")
"""A name with its post: `某某（本报记者）`."""
_OFFICES = ("记者", "通讯员", "评论员", "特派员", "实习生")


def byline_names(key: str) -> list[str] | None:
    """The names of a byline that says so (`本报记者 某某`, `□ 某某`, `文/某某`); None for any other line."""
    if len(key) > LONGEST:
        return None
    mark = _MARK.match(key)
    if mark:
        rest = key[mark.end() :]
        return bare_names(rest) or (byline_names(rest) if rest and not _MARK.match(rest) else None)
    post = _POST.fullmatch(key)
    if post and bare_names(post[1]):
        return bare_names(post[1])
    if credits_writer(key):
        return [w for w in re.split(r"[\s、/／:：]+", key) if bare_names(w)]
    return _office_names(key)


_TAKEN = re.compile(rf"({TIGHT}(?:[ \u3000、]+{TIGHT})*)\s*[/／]?\s*摄(?:影(?:报道)?)?")
"""Who took the picture: `某某 摄`."""


def signs_alone(line: str) -> bool:
    """Whether a line is a byline and nothing else, sure enough to leave a text without words: its names begin like names.

    `记者 林晓舟 摄影报道`, `文/图 林晓舟` and `林晓舟 摄`; not 林晓舟获奖.
    """
    taken = _TAKEN.fullmatch(line)
    if taken and bare_names(taken[1]):
        return True
    names = [name for name in byline_names(line) or [] if name not in _DOING]
    return bool(names) and all(map(_like_a_name, names))


def _like_a_name(name: str) -> bool:
    compound = name[:2] in COMPOUND or "·" in name
    return compound or (len(name) <= 3 and name[0] in SURNAMES and not _is_word(name))


def credits_writer(key: str) -> bool:
    """Whether a line credits text and perhaps pictures (`文：某某 图：某某`, `某某/文 某某/摄`), not pictures alone."""
    if len(key) > LONGEST:
        return False
    if _SHARES.fullmatch(key):
        return not key.startswith(("图", "摄影"))
    return _DONE_BY.fullmatch(key) is not None or (
        key.endswith(("文/图", "文/摄", "图/文")) and bool(_office_names(key))
    )


def _office_names(key: str) -> list[str] | None:
    if any(c in "。！？；“”《》" for c in key):
        return None
    named, words = False, []
    for word in re.split(r"[\s、，,/|｜]+", key.strip("（）()【】 ")):
        office = _OFFICE.match(word)
        if not office and 4 < len(word) <= 12 and word.endswith(_OFFICES):
            named = True  # an office that we do not know: `融媒体中心记者`
            continue
        if office and (len(office[0]) > 1 or len(word) == 1):
            rest = word[office.end() :]
            if len(rest) > 4 or rest in _AFTER or rest[:2] in _AFTER:
                return None
            named = named or office[0].strip(":：") not in ("文", "读者") or bool(rest) or " " in key
            words += [rest] if rest else []
        elif word in _DOING:
            named = named or len(word) > 1
        elif word and len(word) <= 12 and re.fullmatch(r"[\u4e00-\u9fff·\U00020000-\U0003ffff]+", word):
            words.append(word)
        elif word:
            return None
    names = _names(words)
    return names if named and all(2 <= len(n) <= 4 or "·" in n for n in names) else None


def bare_names(key: str) -> list[str]:
    """Names that stand alone on a line (`唐 某`, `张三 李四`); empty where they could be something else."""
    if len(key) > 20 or not re.fullmatch(r"[\u4e00-\u9fff·\U00020000-\U0003ffff\s、]+", key):
        return []
    names = _names(re.split(r"[\s、]+", key.strip()))
    good = all((2 <= len(n) <= 3 or "·" in n) and n[0] in SURNAMES and not _is_word(n) for n in names)
    return names if good and len(names) <= 4 else []


def _is_word(name: str) -> bool:
    """Whether two characters that could be a name are a common word (`权益`, `文化`)."""
    return len(name) == 2 and read_seams().following.get(name[0], {}).get(name[1], -9.0) > COMMON


COMMON = -3.2
"""Natural log of the share of a character's uses that go on with the second one, above which the two are a word."""
