"""Where a Chinese text says that something is not so: forbidden, refused, denied, only rumoured, not done.

Owns the words of negation and how far each of them reaches: to the end of its clause, over lists with 、, until a word that turns
(将, 而, 仍) or the 的 of an attribute. Knows characters, no grammar, and one text at a time.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from models.text import to_simplified

SAID, DENIED, OPEN, TALE = 0, 1, 2, 3
"""States of a character: said; under a negation; under two of them or behind its 的, where nobody can tell; of a denied tale."""

_NOT_ONE = (
    r"(?P<none>(?P<twice>[\u4e00-\u9fff])[不没]有?(?P=twice)|不[得能会可]不|不要?紧|无不|莫不|无非"
    r"|不无|不由得?|不禁|不止|不失|不妨|不如|不愧|不断|不少于?|不仅仅?|不但|不光|不单|不只|不懈"
    r"|不平[凡衡]|不料|不顾|不惜|不忘|不负|不畏|不惧|不屈|不朽|不凡|不变|不设|不[会能]?影响|不[会能]?妨碍|不[会能]?耽误|不会阻止"
    r"|不误|不便|不限|不受[^,。;:]{0,6}(?:影响|限制|约束)|不低于|不超过?|不高于|不多于|不满|不到|不足|不乏"
    r"|不约而同|不折不扣|不日|不时|不慎|不幸|不明|不法|不当|不规范|不合[理格规]|不动[产摇]|不倒|不老|不言|不息|不停"
    r"|不住|不了|不过|不同|不久|不管|不论|不易|不锈|不等|不含|不可或缺|不可避免|不可[多磨]|不得[已了]"
    r"|不良|不力|不开|不起|不尽|不定|不一|不求|不计|不遗余力|不落|不下|不亚于|不出|不在乎|不远|不怕"
    r"|不舍|不离|不散|不甘|不知不觉|势不|毫不|差不多|永不|再不|[要是]不是"
    r"|未来|未成年|未必|未知|未免|未婚|未央|未雨|未解|未及|未满|没收|没落|[沉出淹埋吞]没|没完|没事"
    r"|没过|没多|非[常遗洲公法物凡虚营现婚]|无人(?![被因受领参报愿应负管])|[乙己辛丁癸]未年?|[尚并从仍还均]?[没未]有?(?:提及"
    r"|说明|透露|披露|理由|证据|提到|解释|公布|回应|迹象)|拒绝(?:透露|公布|说明|回应|承认)|不会说"
    r"|取消[和与及后的等、,。]|否则|[是能可与]否|别[的人处样墅]|特别|分别|区别|个别|级别"
    r"|取消[令制]|禁止令|拒绝(?:执行判决|服刑)|拒不(?:执行|支付)[^,。;:]{0,6}罪|避免?税|防止[器法]|非法)"
)
_FORBIDS = r"不得(?!分)|严禁|禁止|不准|不许|不允许|不容|不要|切勿|请勿|勿|谢绝|杜绝|叫停|制止"
_NOT = (
    r"没有|没能|没人|没|[尚并从仍还均暂也都]未|未[能曾获予经]|未|[尚并毫暂均再]无|无[一法力须需权意任]"
    r"|无人|难以|不会|不再|不予|不能|不应|不宜|不必|不用|不是|并非|[并绝决从暂]不|非因|不"
)
_REFUSES = r"否认|拒绝|拒不|婉拒|驳回|否决|停止|暂停|终止|中止|取消|撤销|撤回|放弃|暂缓|暂不|免于|免除|阻止"
_AVERTS = "严防|防止|避免|防范|警惕|谨防|反对|抵制|抗议"
"""What is feared or opposed may be so or not."""
_TURNS = (
    r"问题|也(?![不没未])|将|则|就(?![业医诊餐读近地职学此])|而(?![且])|但|却|仍|便(?![利民捷于])"
    r"|反而|依然|照(?=[常发付旧]|样发)|继续|必须|须(?=[^要])|改为|转为"
)
_TOKEN = re.compile(
    rf"{_NOT_ONE}|(?P<end>[。;!?\n])|(?P<comma>[,:])|(?P<quote>[“”])|(?P<dash>——?|\.{{3,}})|(?P<list>、)"
    rf"|(?P<forbids>{_FORBIDS})|(?P<not>{_NOT})|(?P<refuses>{_REFUSES})|(?P<averts>{_AVERTS})|(?P<turns>{_TURNS})"
    rf"|(?P<of>的(?!名义|方式|形式|理由|借口|名目|话)|宣称|声称|显示|表明)"
)
_ADVERB = (
    "再|又|也|就此|完全|直接|擅自|随意|任意|轻易|主动|继续|正式|公开|及时|如期|按期|按时|按规定|按照规定"
    "|违规|非法|私自|变相|自行|单独|立即|立刻|马上|足额|实际|真正|普遍|曾经?|经|被|能够?|可以?|会"
    "|要|得以?|想|肯|敢|愿意?"
    "|将|对其|向其|把|给|一次|任何人|任何|一人|一起|一例|一家|了"
)
_ADVERBS = re.compile(f"(?:{_ADVERB})+")
UNTRUE = re.compile(
    "不实(?!名)|失实|辟谣|谣言|谣传|属谣|系谣|[系属是为]误[读传解]|(?:虚假|假)(?:信息|消息|新闻|通知)"
    "|子虚乌有|无中生有|不属实|(?:并非|非|不是|不符合?)事实|与事实不符|没有的事|是假的|系假|为假"
    "|[无没](?:有)?此事|纯属|从未有过|否认|澄清"
)
"""What says of something told before that it is not so."""
_RUMOUR = re.compile(
    "网传|网友[^,。;“”]{0,6}[称说传发]|网络?[上流]?[^,。;“”]{0,4}流传|传言|谣传|传闻|[有据]消息称"
    "|有传|盛传|疯传|误传|谎称|谣称|朋友圈[^,。;“”]{0,6}[称说传]|微信群[^,。;“”]{0,6}[称说传]"
)
_TALE = re.compile("的?(?:消息|说法|传闻|传言|谣言|帖子|截图|网帖|言论|文章|视频|报道)")
_CONFIRMS = re.compile("(?<![不非未])(?<!不尽)(?<!并不)属实|确有其?事|(?<![未不])(?:得到|获|已)证实|情况基本一致")
_CHECKED = re.compile(
    "(?:(?<![未不待步在法以行])(?:核实|证实)|确已)(?!的?(?:消息|说法|传闻|传言))(?![^。!?]{0,30}(?:[不未没无误假谣]|有出入))"
)
"""Confirms too, where nothing is called untrue: 经核实, 津贴确已取消."""
BROKEN = "(?<!不)[违違]反了?(?:[^,，。;；:：!！?？的者]{0,8}(?:[关關]于|有[关關]|[法例中]))?“?"
"""Before a rule that somebody broke: 违反不得强制加班的规定. Not 违反规定者不得参加."""
_BROKEN = re.compile(f"{BROKEN}$")
_STOPPED = re.compile(
    "(?:[被遭](?:叫停|否决|驳回|禁止|拒绝?)|不被允许|未获(?:通过|批准|支持)|未被采纳)(?![\u4e00-\u9fff]{0,2}[资权])"
)
_QUOTATION = re.compile("“([^“”]{4,60})”")
_QUOTED_TALE = re.compile("[^“”,。]{0,12}“([^“”]{2,60})”")
_CLAUSE = re.compile("[^,。;:!?\n]*")
_SENTENCE = re.compile("[^。!?\n]+[。!?\n]*")
SHORT = 6
"""Characters that a bare 不 reaches: 不设前提条件延长条约 is an extension."""
LONGEST = 60
"""Characters before a 不实 and behind a 网传 that are taken for what it is about, where no mark ends them sooner."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A text in one script and width without white space, the state of each of its characters, and what is denied right away."""

    text: str
    state: bytes
    denied: frozenset[str]
    """The two characters behind each negation and its adverbs: mostly a verb."""


def flat(text: str, space: str = "") -> str:
    """NFKC in Simplified script, one kind of quotation mark, `space` for white space; lines stay."""
    text = to_simplified(unicodedata.normalize("NFKC", text)).strip()
    text = re.sub("[「『]", "“", re.sub("[」』]", "”", text))
    return re.sub(r"[^\S\n]+", space, text).replace("\n", "。")


def pairs_of(text: str) -> set[str]:
    """Two characters that stand side by side, without marks."""
    return {text[i : i + 2] for i in range(len(text) - 1) if text[i : i + 2].isalnum()}


def read_states(text: str) -> Stated:
    """What is said and what is denied. `text`: `flat`."""
    state = bytearray(len(text))
    denied: set[str] = set()
    now, since, listed, weak = SAID, 0, False, False
    for m in _TOKEN.finditer(text):
        kind = m.lastgroup
        if since < m.start():
            reach = min(m.start(), since + SHORT) if weak else m.start()
            state[since:reach] = bytes((now,)) * (reach - since)
            now, weak = (SAID, False) if reach < m.start() else (now, weak)
        begun, since = since, m.start()
        if kind in ("end", "comma", "quote", "dash"):
            now = now if kind == "quote" else SAID
        elif kind == "forbids" and _BROKEN.search(text, max(0, m.start() - 16), m.start()):
            now = OPEN
        elif kind in ("forbids", "not", "refuses"):
            if kind != "not":  # 取消 is a deed too, and may be denied itself
                state[m.start() : m.end()] = bytes((now,)) * (m.end() - m.start())
            now = DENIED if now == SAID or listed else OPEN
            start = _past_adverbs(text, m.end())
            if len(verb := text[start : start + 2]) == 2 and verb.isalnum():
                denied.add(verb)
            since, weak = m.end(), m[0] == "不"
            if kind == "not":
                state[m.start() : since] = bytes((DENIED,)) * (since - m.start())
        elif kind == "averts":
            now = OPEN
        elif kind == "turns":
            now = SAID if now != SAID and not _only_adverbs(text, begun, m.start()) else now
        elif kind == "of" and now == DENIED:
            now = OPEN
        listed = kind == "list"
    last = min(len(text), since + SHORT) if weak else len(text)
    state[since:last] = bytes((now,)) * (last - since)
    _deny_tales(text, state)
    return Stated(text, bytes(state), frozenset(denied))


def _past_adverbs(text: str, start: int) -> int:
    m = _ADVERBS.match(text, start, start + 20)
    return m.end() if m else start


def _only_adverbs(text: str, start: int, end: int) -> bool:
    return _past_adverbs(text, start) >= end


def _deny_tales(text: str, state: bytearray) -> None:
    """What is only rumoured, what a sentence calls untrue (quotations, 网传, …的消息), what stands before 被叫停."""
    tales: list[tuple[int, int]] = []
    sentences = list(_SENTENCE.finditer(text))
    untrue = [UNTRUE.search(m[0]) for m in sentences]
    confirmed = _CONFIRMS.search(text) or (not any(untrue) and _CHECKED.search(text))
    for i, m in enumerate(sentences):
        begin, end = m.span()
        denial = untrue[i]
        if not confirmed:
            tales += [_told_behind(text, begin + tale.end()) for tale in _RUMOUR.finditer(m[0])]
        later = any(untrue[i + 1 : i + 3]) and (_RUMOUR.search(m[0]) or _TALE.search(m[0]))
        if denial or later:
            last = begin + denial.start() if denial else end
            tales += [q.span(1) for q in _QUOTATION.finditer(text, begin, last)]
            tales += [(_clause_start(text, t.start(), begin), t.start()) for t in _TALE.finditer(text, begin, last)]
        if denial and denial[0] not in ("否认", "澄清", "辟谣"):
            tales.append((_clause_start(text, begin + denial.start(), begin), begin + denial.start()))
        for stop in _STOPPED.finditer(text, begin, end):
            tales.append((_clause_start(text, stop.start(), begin), stop.start()))
    done = 0
    for start, end in sorted(tales):
        for place in range(max(start, done), end):  # what a tale denies somebody else says: nobody can tell
            state[place] = TALE if state[place] == SAID else OPEN
        done = max(done, end)


def _told_behind(text: str, start: int) -> tuple[int, int]:
    """Behind 网传 the quotation, or what follows to the next mark."""
    start += text[start : start + 1] in (",", ":")
    tale = _QUOTED_TALE.match(text, start)
    if tale:
        return tale.span(1)
    clause = _CLAUSE.match(text, start, start + LONGEST)
    return clause.span() if clause else (start, start)


def _clause_start(text: str, place: int, least: int) -> int:
    low = max(least, place - LONGEST)
    return max(low, 1 + max(text.rfind(mark, low, place) for mark in ",。;:!?"))
