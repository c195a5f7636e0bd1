"""Does a summary make an actor of those to whom something is done: 建筑工人送绿豆汤, where the union hands it out to them?

Owns the verbs whose doer is never the one they are done to, and where a source has whom: behind 为, 向 or 给, or as the object.
Knows characters, no grammar: a verb that may be said of either side (追回, 办理, 讨薪) is not among them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from models.text import to_simplified

_VERBS = {
    "give": (
        "(?:[赠捐派配寄奉运]送|送(?![餐货件检审考别葬气修医]|外卖|快递|报[纸刊])|捐赠|(?<!捐)赠(?![品刊送])|(?<![签印证])发放|[派分配颁补]发(?![生展])|发出|提供"
        "|发(?=红包|福利|补[贴助]|津贴|奖|工资|钱)|敬献|献[上花]|支付|授予|[授颁](?=[奖牌旗书])|捐(?=[助款资建物献]))"
    ),
    "say": (
        "(?:致[信函电歉谢敬以]|致(?=慰问|贺电|唁电|欢迎)|道歉|宣[布读讲]|通报|通告|讲[授解述课]|授课|传授|介绍|提出|发布|推送|喊话|承诺|提起公诉"
        "|表示(?=[诚挚亲切衷心热烈节日的崇高]{0,6}(?:慰问|感谢|祝贺|敬意|哀悼|歉意|问候)))"
    ),
    "visit": "(?:慰问(?![金品信团组电演物])|看望|探望)",
}
"""Of each kind one direction: who gives, says or visits, and who is given, told or visited. Within a kind any will do."""
_NO_NOUN = "(?!仪式|活动|大会|会(?!员)|现场|者|工作|[点站台]|中心)"
_VERB = "|".join(f"(?P<{kind}>{verbs}{_NO_NOUN})" for kind, verbs in _VERBS.items())
_BEHIND = (
    "(?<![认成作名因变称分视评定转身以极尤较更颇改设升列选聘判译行])为(?![了期何止首主由此])|(?<![方走趋一动导倾取志])向(?![前来上下往导])"
    "|(?<![供补自配])给(?![予出])|(?<![应反相绝派核结校])对(?![口接外内应此])|(?<![代接顶])替(?![代换补])|(?<!丝)帮(?![扶助教困])"
)
_VISITED = "慰问(?![金品信团组电演物])|看望|探望|走访|关[爱怀心]"
_TOKEN = re.compile(rf"(?P<end>[。;!?\n])|(?P<comma>[,:])|(?P<behind>{_BEHIND})|{_VERB}|(?P<visited>走访|关[爱怀心])")
_TO = re.compile("[给予与向]|[到至](?=[^,:。]*手[中里上])")
_TAKES_OBJECT = re.compile("致[信函电]|授予|慰问|[看探]望")
_HANDS = re.compile("的?手[中里上].*$")
_LED = re.compile(f"(?:{_BEHIND}|{_VISITED}|授予|致[信函电]|[送赠发]给)[^,:]*")
_MANNER = re.compile(
    r"(?:[免]费|集中|统一|现场|[今昨当近]日|[今昨]天|日前|再次?|又|也|已经?|将|正在?|均|都|纷纷|首次|及时|足额|按时|如期|提前|主动|上门|火速|紧急|亲手|亲自|专门|专题"
    r"|连续|持续|陆续|累计|共计?|一共|一次性|全部|直接|分别|逐一|依次|每[人户]|人均|公开|郑重|正式|联合|们|\d{1,2}[月日]|并|进行|予以|开展|代表|家属)+$"
)
_COUNT = re.compile(
    "^(?:[0-9,.〇零一二两三四五六七八九十百千万余多近约数几逾超]+(?:余|多)?[名位个户家人批组对]?|广大|全体|全[国省市县区镇校厂])+"
)
_OTHER_DEED = re.compile(
    f"{_VERB}|{_BEHIND}|{_VISITED}|[由被把将让叫使请与和同跟给获受收得领]|走[进近上]|[赴到]|组织|号召|邀请|安排|派|服务|助力|发动|动员|支持|帮助|帮扶"
)
_KIND = re.compile("(?:总工会|联合会|公司|集团|大学|学院|医院|法院|协会|工会|[省市县区镇乡村厂局校]|的)$")
_THEY = frozenset(("他们", "她们", "他", "她", "其", "大家", "对方", "之"))
_MOST = 50
"""Clauses of a summary that are looked at: a brief has half a dozen."""
_LONGEST = 40
"""Characters of those something is done to, and of what is looked at before them."""


@dataclass(frozen=True, slots=True)
class Deeds:
    """Of a source, by kind of verb: to whom, in its words, and what stands before that in the sentence, where the doers are."""

    text: str
    to: dict[str, set[str]]
    before: dict[str, set[str]]


def plain_of(text: str, space: str = "") -> str:
    """NFKC in Simplified script without quotation marks; `space` for white space that stands beside no digit, a line end stays."""
    text = to_simplified(unicodedata.normalize("NFKC", text))
    text = re.sub("[\"“”'‘’「」『』《》]", "", text).strip()
    text = re.sub(r"[^\S\n]+", " ", text)  # first: a pattern that looks at both ends of a run takes quadratic time
    return re.sub(r"(?<=\d) | (?=\d)", "", text).replace(" ", space)


def read_deeds(source: str) -> Deeds:
    """What is given, said and paid to whom, and by whom, in one pass."""
    text = plain_of(source)
    to: dict[str, set[str]] = {kind: set() for kind in _VERBS}
    before: dict[str, set[str]] = {kind: set() for kind in _VERBS}
    sentence, behind, led, visited = 0, None, 0, ""
    for m in _TOKEN.finditer(text):
        kind = m.lastgroup or ""
        if kind == "end":
            sentence, behind, visited = m.end(), None, ""
        elif kind == "comma":
            behind = None
        elif kind in ("behind", "visited"):
            if behind is None:
                led = m.start()
            behind = m.end()
        else:
            whom = _core(text[max(behind, m.start() - _LONGEST) : m.start()]) if behind is not None else ""
            if whom in _THEY:
                whom = visited
            if whom:
                to[kind].add(whom)
            start = led if behind is not None else m.start()
            before[kind].add(text[max(sentence, start - 2 * _LONGEST) : start])
            after = _region(text, m.end())
            if kind == "visit" or _TO.match(after):
                visited = _core(_HANDS.sub("", after.lstrip("给予与向到至")))
                if visited:
                    to[kind].add(visited)
            elif whom:
                visited = whom
    return Deeds(text, to, before)


def _region(text: str, start: int) -> str:
    return re.split("[,:。;!?\n]", text[start : start + _LONGEST], maxsplit=1)[0]


def _core(text: str) -> str:
    """Without a count before it and the manner behind it."""
    return _COUNT.sub("", _MANNER.sub("", text))


def made_actors(summary: str, deeds: Deeds) -> list[str]:
    """Those who do in the summary what the source only has done to them, with the verb."""
    wrong, going_on = [], False
    for clause in re.split("[,:。;!?\n]", plain_of(summary, ","))[:_MOST]:
        verbs = list(re.finditer(_VERB, clause))
        if verbs and not going_on:
            m = verbs[0]
            run = _MANNER.sub("", clause[max(0, m.start() - 2 * _LONGEST) : m.start()])
            whom = _one_of(run, deeds.to[m.lastgroup or ""]) or _object(run, m, deeds)
            rest = run[: len(run) - len(whom)]
            if (
                whom
                and whom[0] not in "把被由将让使"
                and _stands_alone(rest, whom, deeds)
                and not _acts(whom, deeds.before[m.lastgroup or ""])
            ):
                wrong.append(whom + m[0])
        last = max((b.start() for b in re.finditer(_BEHIND, clause)), default=-1)
        going_on = last >= 0 and not (verbs and verbs[-1].start() > last)  # 向甲国总统 乙国总统致电
    return wrong


def _object(run: str, verb: re.Match[str], deeds: Deeds) -> str:
    """Whom the source has right behind such a verb: 致信全县劳模, 授予王海…称号."""
    if not _TAKES_OBJECT.match(verb[0]):
        return ""
    return next((own for own in (run, _core(run)) if len(own) > 1 and verb[0] + own in deeds.text), "")


def _one_of(run: str, to: set[str]) -> str:
    """The end of `run` that the source has among those something is done to, as long as may be."""
    own = _core(run)
    best = 0
    for phrase in to:
        for name in (phrase, *re.split("[、和与及]", phrase)):
            name = _core(name)
            same = _common(own, name)
            if len(own) >= 4 and name.startswith(own) and (len(name) - len(own) <= 4 or name[len(own)] in "的等"):
                same = len(own)  # the source goes on with a name (意大利总统…) or with 的
            if same >= 2 and (same in (len(own), len(name)) or same >= 4):
                best = max(best, same)
    return own[len(own) - best :] if best else ""


def _common(one: str, other: str) -> int:
    same = 0
    while same < min(len(one), len(other)) and one[-1 - same] == other[-1 - same]:
        same += 1
    return same


def _stands_alone(rest: str, whom: str, deeds: Deeds) -> bool:
    """Whether what stands before them in their clause is a count, a place, a house or an attribute of them and no other deed."""
    if _OTHER_DEED.search(rest):
        return False
    rest = rest.rstrip("0123456789,.〇零一二两三四五六七八九十百千万余多近约数几名位个户家人")
    return not rest or bool(_KIND.search(rest)) or rest + whom in deeds.text or not _COUNT.sub("", rest)


def _acts(whom: str, before: set[str]) -> bool:
    return any(whom in text and whom in _LED.sub("", text) for text in before)
