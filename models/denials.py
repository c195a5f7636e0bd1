"""Does a summary state what its source denies, forbids or refuses, or deny what the source states? 取消高温津贴 of a 不实 tale.

Owns the deeds that are looked for and how a summary's place for one is told from another in the source: by what stands beside
it. Knows which characters a text denies (`models.negations`), no grammar. A deed in other words than the source's is not seen.
"""

from __future__ import annotations

import re
from itertools import islice

from models.negations import DENIED, SAID, TALE, UNTRUE, Stated, flat, pairs_of, read_states

_DEEDS = (
    "取消 停发 停办 停止 停工 停产 停运 停课 停业 停职 停用 停收 停招 暂停 裁员 裁减 裁撤 减员 辞退 "
    "解雇 解聘 开除 除名 劝退 降薪 减薪 欠薪 拖欠 克扣 扣发 扣除 "
    "扣减 收取 收费 征收 加收 缴纳 缴费 交纳 发放 补发 发给 派发 支付 赔偿 补偿 赔付 退还 返还 退款 "
    "报销 提高 上调 涨价 上涨 提价 下调 降低 降价 减少 增加 扩大 缩小 "
    "延长 缩短 推迟 延期 延迟 提前 恢复 开放 关闭 关停 拆除 拆迁 搬迁 迁出 出售 转让 合并 兼并 破产 "
    "倒闭 撤销 撤离 撤回 受理 立案 起诉 上诉 批准 同意 通过 采纳 列入 纳入 "
    "列为 录用 录取 招聘 招收 招募 领取 领到 申领 申请 享受 参加 参与 加入 退出 加班 组织 旅游 购买 "
    "购置 采购 代办 办理 代收 摊派 捐款 募捐 集资 贷款 借款 抵扣 抵押 推销 "
    "销售 使用 启用 实施 实行 施行 执行 推行 启动 开展 开始 开工 复工 复产 强制 罢免 免职 撤职 处罚 "
    "罚款 吊销 追究 逮捕 拘留 认定 承认 道歉 回应 封闭 封锁 封城 限行 限购 "
    "禁止 禁用 禁售 禁行 打折 赠送 转移 派遣 外包 招标 公布 公开 泄露 出台 废止 废除 下架 召回 发生 "
    "感染 确诊 检出 中毒 爆炸 坍塌 泄漏 追回 讨回 结清 清偿 兑现 达成 签订 "
    "签署 续签 解除 终止 转正 调动 涨薪 加薪 增资 复查 复审 改判 维持 驳回 拒绝 接受 承担 负担 承诺 "
    "通车 开通 通航 完工 竣工 建成 投产 开业 营业 上市 退市 裁定 出席 会见 访问 袭击 "
    "进攻 空袭 轰炸 发射 部署 撤军 停火 制裁 干涉 侵犯 入侵 攻击 击落 试射 参选 辞职 连任 当选 下台"
)
DEEDS = tuple(_DEEDS.split())
_LISTED = frozenset(DEEDS)
_DEED = re.compile(f"(?=({'|'.join(DEEDS)}))")
_NOT_SO = (DENIED, TALE)
_WORD = re.compile("(?![在对与和把被给从各这那一以向于是有为因到让就])[\u4e00-\u9fff]{2}")
_PLAIN_DEEDS = "发生 开展 开始 实施 实行 执行 组织 参加 参与 完成 出现 召开 举行 进行 使用"
_PLAIN = frozenset(_PLAIN_DEEDS.split())
"""Deeds that go with everything: more of what stands beside has to be the same."""
_NOUNS = frozenset(["停火", "制裁", "开放"])
"""As often what a denied verb is about: 未遵守停火协议."""
_KEEPS = re.compile(
    f"{UNTRUE.pattern}|[?]|回应|传闻|”的?(?:说法|消息|传言|帖子)|严禁|禁止|不得|不准|不许|切勿"
    f"|勿|谢绝|杜绝|叫停|红线|负面清单|禁令|禁区|违规|违法|非法|查处|整治|是真的|真相|吗|假的"
    f"|媒体?[:称]|据称|据传|疑似|指责|驳斥|荒谬"
)
"""What tells the reader of a headline that something is forbidden, untrue or asked, wherever it stands."""
_NEGATIVE = re.compile(
    "[不未没無无非拒否勿莫禁止免防假别停违整治查处避杜谢零反抗阻驳撤缓延迟败难]|取消|取缔|搁浅|落空"
    "|缺乏|排除|敦促|呼吁|谴责|促(?![进销成])|吁|盼|希望|期待|建议|若|如果|何时|长期|曾|此前"
)
_AGAINST = re.compile("[不未没無无禁止违罚处阻败难缓延迟]|叫停|被停|[被遭予以]取消|取消$|暂停|整治|搁浅|落空|假|谣")
"""What behind a deed says that it is not so or not right."""
_KEPT_BACK = frozenset(["拖欠", "欠薪", "克扣"])
_PAID_AFTER_ALL = re.compile("(?:(?:追回|讨回|追讨|结清|清偿|补发)[^,。;:!?不未没]{0,12}|[清补](?:被|的|了)?)$")
"""Before those deeds: 追回拖欠工资 says that somebody was owed, as every source does that knows it was got back."""
_DENYING_END = re.compile("(?:不会|不再|不|未|没有)[\u4e00-\u9fff]{0,2}$")
_CLAUSE_END = re.compile(r"[,。;:!?\n]|—|\.{3,}")
_CORE = re.compile(
    "没有|[尚并从仍还均]未|未能|未|没(?!收)|不予|不得|无人|无一|不再|不会|不(?=[^\u4e00-\u9fff]?[\u4e00-\u9fff])"
)
_FIGURES = r"(?<![\d.])(?<!\d,)\d++(?:,\d++)*+(?:\.\d++)?+"
"""Begun at its first figure only: 1,1,1, is read once."""
_NUMBER = re.compile(rf"{_FIGURES}[万亿]?+(?![年月日号时点届])")
_SUBJECT = re.compile(
    rf"(?P<number>{_FIGURES})[万余多]{{0,2}}(?P<noun>[名份位家人件个户起][^,。;:!?\d“”]{{0,10}}?)"
    r"(?P<not>不予|不再|未能|未|不(?!作为|足|到|满)|没有|没)(?P<verb>[\u4e00-\u9fff]{2})"
)
_COUNT_OF = re.compile("(?:共计?|达|涉及|合计|有|为|是|系|等)$")
_NEAR = 14
"""Characters of a clause that are the object of a deed, or who does it where none follows."""
CLEARLY = 4
"""Pairs of characters more that a denied place shares with the summary's clause than a place that says the deed."""
STRETCH = 6
"""Characters that no two texts have in common by chance."""
_STRETCH = re.compile("(?!.*[在与和及])[\u4e00-\u9fff]{6}")
LONGEST_READ = 400
"""Characters of a summary in which such stretches are looked for."""
_MOST, _OFTEN = 60, 200
"""Deeds of a summary and places of a deed in the source that are looked at; a headline has three deeds."""


def read_denials(source: str) -> Stated:
    """The source as the functions below need it."""
    return read_states(flat(source))


def denies(told: Stated, word: str) -> bool:
    """Whether the source denies, forbids or refuses this somewhere."""
    word = flat(word)
    return any(told.state[m.start()] != SAID for m in islice(re.finditer(re.escape(word), told.text), _OFTEN))


def dropped_denials(summary: str, told: Stated) -> list[str]:
    """Deeds that the summary states and the source has only denied, forbidden, refused or rumoured of the same object."""
    said = read_states(flat(summary, ","))
    if not any(state in told.state for state in _NOT_SO) or _KEEPS.search(said.text):
        return []
    wrong: list[str] = []
    for place, deed in _deeds(said, told)[:_MOST]:
        if deed in wrong or said.state[place] != SAID or _spoken_against(said.text, place, deed):
            continue
        if deed in _KEPT_BACK and _PAID_AFTER_ALL.search(said.text, max(0, place - _NEAR), place):
            continue
        if _only_denied(said.text, place, deed, told):
            wrong.append(deed)
    if not wrong and (piece := _whole_stretch(said, told)):
        wrong.append(piece)
    return wrong


def _deeds(said: Stated, told: Stated) -> list[tuple[int, str]]:
    found = {(m.start(), m[1]) for m in _DEED.finditer(said.text)}
    pairs = ((i, said.text[i : i + 2]) for i in range(len(said.text) - 1))
    return sorted(found | {(i, pair) for i, pair in pairs if pair in told.denied and _WORD.match(pair)})


def _spoken_against(text: str, place: int, deed: str) -> bool:
    """Whether its clause has a word against it: 防范, 整治, 停. A 不会停发 behind 停发 is none: one of the two is false."""
    start, end = _clause(text, place)
    behind = text[place + len(deed) : end].split(deed)
    if len(behind) > 1:
        behind = [_DENYING_END.sub("", behind[0]), *behind[1:]]
    return bool(_NEGATIVE.search(text[start:place]) or any(_AGAINST.search(part) for part in behind))


def _clause(text: str, place: int, reach: int = 40) -> tuple[int, int]:
    low = max(0, place - reach)
    start = max((m.end() for m in _CLAUSE_END.finditer(text, low, place)), default=low)
    end = _CLAUSE_END.search(text, place, place + reach)
    return start, end.start() if end else min(len(text), place + reach)


def _beside(text: str, place: int, deed: str) -> set[str]:
    """Pairs of characters of the object, or of what stands before where nothing follows."""
    start, end = _clause(text, place)
    behind = text[place + len(deed) : min(end, place + len(deed) + _NEAR)]
    return pairs_of(behind) or pairs_of(text[max(start, place - _NEAR) : place])


def _only_denied(text: str, place: int, deed: str, told: Stated) -> bool:
    """Whether the places of the source that are likest to this one deny it: of its object none says it, or one far less like."""
    beside = _beside(text, place, deed)
    start, end = _clause(text, place)
    around = pairs_of(text[start:end])
    denied = affirmed = denied_wide = denied_like = affirmed_like = -1
    for m in islice(re.finditer(re.escape(deed), told.text), _OFTEN):
        start, end = _clause(told.text, m.start())
        pairs = pairs_of(told.text[start:end])
        if told.state[m.start()] in _NOT_SO:
            denied_wide = max(denied_wide, len(beside & pairs_of(told.text[max(0, m.start() - 40) : m.end() + 40])))
            denied, denied_like = max(denied, len(beside & pairs)), max(denied_like, len(around & pairs))
        else:
            affirmed, affirmed_like = (
                max(affirmed, len(beside & _said_near(told, m.start()))),
                max(affirmed_like, len(around & pairs)),
            )
    if affirmed < 0 and deed in _LISTED and deed not in _PLAIN:
        return denied >= 1 or denied_wide >= 1
    if deed not in _LISTED and affirmed >= 0:
        return False
    least = 1 if deed in _LISTED and deed not in _PLAIN else 2
    return denied >= least and (affirmed < min(denied, 2) or denied_like >= affirmed_like + CLEARLY)


def _said_near(told: Stated, place: int, reach: int = 40) -> set[str]:
    """Pairs of characters near a place without those that are denied."""
    low = max(0, place - reach)
    near = told.text[low : place + reach]
    return pairs_of("".join(c if told.state[low + i] not in _NOT_SO else "," for i, c in enumerate(near)))


def _whole_stretch(said: Stated, told: Stated) -> str:
    """The first stretch of the summary that the source has only under a negation."""
    for place in range(min(len(said.text), LONGEST_READ) - STRETCH + 1):
        piece = said.text[place : place + STRETCH]
        if not _STRETCH.fullmatch(piece) or any(said.state[place : place + STRETCH]):
            continue
        if not _DEED.search(piece) or _spoken_against(said.text, place, piece):
            continue
        places = [m.start() for m in islice(re.finditer(piece, told.text), _OFTEN)]
        if places and all(set(told.state[p : p + STRETCH]) <= set(_NOT_SO) for p in places):
            return piece
    return ""


def moved_denials(summary: str, told: Stated) -> list[str]:
    """Deeds and numbers that the summary denies and the source states, and counts that it makes the subject of another's denial."""
    said = read_states(flat(summary, ","))
    wrong: list[str] = []
    if not any(said.state):
        return wrong
    for m in islice(_DEED.finditer(said.text), _MOST):
        start, _ = _clause(said.text, m.start())
        if said.state[m.start()] != DENIED or not _CORE.search(said.text, start, m.start()):
            continue
        if m[1] not in _NOUNS and _states_all(m[1], told):
            wrong.append(m[1])
    for m in islice(_NUMBER.finditer(said.text), _MOST):
        start, _ = _clause(said.text, m.start())
        if said.state[m.start()] != DENIED or not _CORE.search(said.text, start, m.start()):
            continue
        if _states_all(m[0], told):
            wrong.append(m[0])
    wrong += [m[0] for m in islice(_SUBJECT.finditer(said.text), _MOST) if _of_others(m, told)]
    return wrong


def _states_all(word: str, told: Stated) -> bool:
    """Whether the source has it, and nowhere in a clause with a word against it."""
    places = [m.start() for m in islice(re.finditer(re.escape(word), told.text), _OFTEN)]
    for place in places:
        start, end = _clause(told.text, place)
        if told.state[place] != SAID or _NEGATIVE.search(told.text[start:end].replace(word, "")):
            return False
    return bool(places)


def _of_others(m: re.Match[str], told: Stated) -> bool:
    """Whether the source denies this verb, and not of what the number counts: 1260份申请不受理 of 不受理新增申请."""
    denial = re.compile(f"(?:不予|不再|未能|未|不|没有|没)[^,。;!?]{{0,6}}{re.escape(m['verb'])}")
    if not denial.search(told.text):
        return False
    places = [
        n.end() for n in islice(re.finditer(rf"(?<![\d.])(?<!\d,){re.escape(m['number'])}(?![\d.])", told.text), _OFTEN)
    ]
    for place in places:
        sentence = re.split("[。!?]", told.text[place : place + 80], maxsplit=1)[0]
        if found := denial.search(sentence):
            between = sentence[: found.start()]
            head = between.rpartition("的")[2]
            if "," in between or "的" not in between or pairs_of(head) & pairs_of(m["noun"]) or len(head) < 2:
                return False
        before = re.split("[,。;!?]", told.text[max(0, place - 40) : place])[-1]
        if denial.search(before) or _COUNT_OF.search(before[: -len(m["number"])]):
            return False
    return bool(places)
