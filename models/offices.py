"""Does a summary give somebody the office or honour that its source gives to another: 王静姝当选工会主席, where 王槐生 was elected?

Owns the words for offices and honours, and where a source says which is whose: 甲当选, 选举甲为, 授予甲, 工会主席甲. Of a name of
which the source says nothing of the kind it has no opinion. Knows characters and surnames, no grammar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from models.page_bylines import COMPOUND, SURNAMES

_OFFICES = (
    "主席(?![团台])|书记(?!处)|主任(?!医师)|委员(?!会)|委员长|[部省市县区镇乡村州局处科厅院校厂站行会社班组队团司]长|董事长|理事长|秘书长|检察长|总经理|(?<!总)经理"
    "|总裁|董事(?![长会])|监事(?!会)|总理|总统|首相|大臣|代表(?!大会|[团队处作])|总工程师|教练|裁判|组员|总监|顾问|院士|会员(?!代)"
)
_HONOURS = (
    "劳动?模范?(?!协)|标兵|先进(?:工作者|个人)|奖章|状元|能手|工匠|[特一二三四头]等奖|头奖|[金银铜]奖|[金银铜]牌|[冠亚季]军|第[一二三]名|之星|楷模|带头人|技术?能手"
    "|最[美佳][\u4e00-\u9fff]{2}|优秀[\u4e00-\u9fff]{2}|创新奖|贡献奖|提名奖|优胜奖|称号"
)
_HEAD = re.compile(f"(?:常务)?副?(?:代)?(?:{_OFFICES})|(?:{_HONOURS})")
_ALIKE = {"劳动模范": "劳模", "头奖": "一等奖", "冠军": "第一名", "亚军": "第二名", "季军": "第三名"}
_LEVEL = re.compile("(?:全国|国家级?|[省市县区镇乡村州]级?)$")
_WHEN = (
    r"(?:\([^()]{0,30}\)|,?(?:女|男),|同志|先生|女士|等[0-9一二三四五六七八九十两]{0,3}[名位]?人?|[今去前]年|此前|曾经?|后来?|又|再[次度]|再|则|也|均|都|分别|[全高]票|正式|日前"
    r"|近日|[今当昨]日|[今昨]天|已经?|将|拟|还|并|同时|随后|首次|成功|光?荣|喜|一[并举]|继续|现|历|新|[于在]?\d{2,4}年|\d{1,2}[月日]|上?个?月|以[^,。;以票]{1,8}票)"
)
_TAKES = (
    "(?:当选|出任|担任|就任|获任|接任|升任|连任|兼任|转任|改任|获选|入选|获评|荣[获膺]|获得|摘得|夺得|捧得|斩获|拿下|获(?![赠救批刑悉益利取胜准知奖])"
    "|[被获](?:任命|推选|选举|选|评|聘任?|授予?|推举)为?|(?<![主责上离继信到赴留卸委胜重连兼出担就接升转改])(?<!(?<!此)前)任(?![务教期聘命免职何由凭]))"
)
_CHOOSES = "(?:选举|推[选举]|补选|增补|任命|聘[任请]?|选出?|评选?|表决通过)"
_HAN = "[\u4e00-\u9fff]"
_NO_NAME = "和从能全高单班连成向时应经都广相空东关国文利解部支双万步宣终农通暨居公查后越易车山谷家明安水景习海古常"
_SURNAME = f"(?:{'|'.join(sorted(COMPOUND))}|[{''.join(sorted(SURNAMES - set(_NO_NAME)))}])"
_LIST = r"(?:\([^()]{0,20}\))?(?:[、和与及](?:(?![和与及])[\u4e00-\u9fff·]){2,4}(?:\([^()]{0,20}\))?){0,12}"
_HOLDER = re.compile(
    f"({_SURNAME}{_HAN}{{1,2}}?){_WHEN}{{0,5}}(?:{_TAKES}|为(?=[^,。;]{{0,15}}(?:{_OFFICES}|{_HONOURS})))"
)
_LED = re.compile(f"{_LIST}{_WHEN}{{0,6}}(?P<takes>{_TAKES})(?P<what>[^,。;!?\n]{{0,40}})")
_AS = re.compile(f"{_LIST}{_WHEN}{{0,3}}(?:为|任|担任)(?P<what>[^,。;!?\n]{{0,40}})")
_CHOSEN = re.compile(f"{_CHOOSES}[^,。;!?\n]{{0,50}}$")
_AWARDED = re.compile("授予[^,。;!?\n]{0,20}$")
_SAID = re.compile(f"{_TAKES}|(?<={_HAN})为")
_BEFORE = re.compile(f"{_WHEN}++$")
_ENTITLED = re.compile(f"({_HEAD.pattern})(?:(?:(?![和与及])[\u4e00-\u9fff·]){{2,4}}[、和与及]){{0,8}}的?$")
_SUCCEEDS = re.compile("(?:接替|取代|代替|顶替|继)$")
_SUCCEEDED = re.compile(f"{_SUCCEEDS.pattern[:-1]}{_HAN}{{2,4}}$")
_SAME_PERSON = re.compile(f"{_WHEN}{{0,4}}(?:他|她|其|任|{_TAKES})")
_STOP = re.compile("[。;!?\n]")
_GROUPS = frozenset("队省市县区镇厂会团部局院校组班员者人")
"""Ends of what has a surname's character before it and is no name: 国队, 单位人."""
_MOST, _OFTEN = 50, 200
"""Names with offices of a summary that are looked up, and places of a name in the source: a headline has one of them."""
_REACH = 100
"""Characters behind a name in which its sentence is still about it."""


def swapped_offices(summary: str, text: str) -> list[str]:
    """Names with an office or honour that is not theirs where the source says which is. Both texts: `recipients.plain_of`."""
    wrong: list[str] = []
    seen: set[tuple[str, str]] = set()
    for clause in re.split("[,;:。!?\n]", summary):
        for m in _SAID.finditer(clause):
            if len(seen) >= _MOST:
                return wrong
            run, what = clause[max(0, m.start() - _REACH) : m.start()], clause[m.end() : m.end() + _REACH]
            if m[0] == "为" and not re.search(_CHOOSES, run):
                continue
            if other := _HOLDER.search(what):
                what = what[: other.start()]
            if not (head := _HEAD.search(what)):
                continue
            said = what[: head.end()]
            for name in _names_before(run, text):
                if (name, said) in seen:
                    continue
                seen.add((name, said))
                if _gives_another(name, said, head, text):
                    wrong.append(name + m[0] + said)
                    break
    return wrong


def _names_before(run: str, text: str) -> Iterator[str]:
    """What may be names at the end of a clause and has a surname: those of a list too."""
    items = re.split("[、和与及]", _SUCCEEDED.sub("", _BEFORE.sub("", run)))
    for place, item in enumerate(reversed(items)):
        for size in (4, 3, 2):
            name = item[-size:]
            known = name[:2] in COMPOUND if size == 4 else name[:1] in SURNAMES or name[:2] in COMPOUND
            if len(name) == size and known and name[-1] not in _GROUPS and name in text:
                yield name
        if place and len(item) > 4:
            break


def _gives_another(name: str, said: str, head: re.Match[str], text: str) -> bool:
    """Whether the source has this name in clauses of offices, and in none with this one. Of one that it has very often it is not
    asked.
    """
    evidence = False
    places = {(text[max(0, m.start() - 60) : m.start()], text[m.end() : m.end() + 2 * _REACH])
              for m in re.finditer(re.escape(name), text)}  # fmt: skip
    if len(places) > _OFTEN:
        return False
    for before, behind in places:
        front = re.split("[,。;!?:\n]", before)[-1]
        if _SUCCEEDS.search(front):
            continue
        title = _ENTITLED.search(front)
        former = title and re.search("[原前]", front[max(0, title.start() - 12) : title.start()])
        if title and not former and _same(said, head, front[: title.end(1)], title[1], text):
            return False
        led = _LED.match(behind) or (_AS.match(behind) if _CHOSEN.search(front) else None)
        what = led["what"] if led else behind[:30] if _AWARDED.search(front) else ""
        region = _about(name, behind, led.start("what") if led else 0)
        if any(_same(said, head, region[: h.end()], h[0], text) for h in _HEAD.finditer(region)):
            return False
        if led and not _HEAD.search(what) and "连任" in led[0]:
            return False
        evidence = evidence or bool(former) or bool(_HEAD.search(what))
    return evidence


def _about(name: str, behind: str, start: int) -> str:
    """What follows, to the end of the sentence or to another who takes an office; sentences without a subject go on."""
    region = behind[start : start + _REACH]
    other = next((m for m in _HOLDER.finditer(region) if m[1] not in name and name not in m[1]), None)
    if other:
        region = region[: other.start()]
    end = 0
    while stop := _STOP.search(region, end):
        end = stop.end()
        if not _SAME_PERSON.match(region, end):
            return region[: stop.start()]
    return region


def _same(said: str, head: re.Match[str], there: str, its_head: str, text: str) -> bool:
    """Whether two offices may be one: the same head, and what stands before it nowhere said of another."""
    one, other = (_ALIKE.get(h.removeprefix("常务"), h.removeprefix("常务")) for h in (head[0], its_head))
    if one != other:
        return False
    mine, its = said[: head.start()], there[: len(there) - len(its_head)]
    level, its_level = _LEVEL.search(mine), _LEVEL.search(its)
    if level and its_level and level[0][0] != its_level[0][0] and level[0] + head[0] in text:
        return False
    for size in (4, 2):
        near = mine[-size:]
        its_own = re.split(f"{_TAKES}|为|[、和与及]", its)[-1]
        if len(near) == size and len(its_own) >= size and near + head[0] in text and not _within(near, its_own):
            return False
    return True


def _within(near: str, text: str) -> bool:
    """Whether these characters stand there in this order: 经审会 in 经费审查委员会."""
    rest = iter(text)
    return all(char in rest for char in near)
