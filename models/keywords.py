"""The keyword floor: topics by a written-out list, no weights. It carries most tests and stands in every table.

The list follows the topic guide; it was written by hand and not fitted. It knows nothing of files or bundles.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Literal

from models.article import Article, Evidence, TopicResult
from models.text import normalise, reads_as_chinese, split_sentences, to_simplified
from models.topics import OTHER, Taxonomy, read_taxonomy

STRONG: dict[str, str] = {
    "rights_protection": """
        欠薪 讨薪 拖欠工资 拖欠农民工工资 工资拖欠 劳动合同 劳动争议 劳动仲裁 劳动监察 劳动保障监察 劳动权益 职工权益
        工资支付 最低工资 工伤 职业病 职业伤害 加班费 工时 超时加班 休息休假 集体合同 集体协商 工资集体协商 职代会
        职工代表大会 民主管理 厂务公开 维权 法律援助 建会入会 入会集中行动 加入工会 新就业形态 劳动者权益 女职工权益
        女职工特别保护 产假 哺乳假 同工同酬 追薪 工资专用账户 劳动法 劳动合同法 工会法 经济补偿金 社保缴纳 劳资 产改""",
    "skills_contest": """
        技能竞赛 技能大赛 职业技能 劳动竞赛 劳动和技能竞赛 技术比武 技能比武 岗位练兵 技能比赛 大国工匠 工匠精神
        技能人才 高技能人才 技术能手 技能等级 新八级工 五小 创新工作室 劳模工匠 首席技师 技能大师 技能提升 技术工人
        产业工人 能工巧匠 绝活 师带徒 名师带徒 世界技能大赛 职工创新 创新大赛 练兵比武 大比武 选手 工匠""",
    "digital_services": """
        小程序 手机应用 一网通办 掌上办 网上办 指尖办 一键 智能客服 智慧工会 云平台 服务平台 线上平台 电子社保卡
        电子凭证 电子证照 数字化服务 互联网+ 一码通 扫码 二维码 网上服务 一体化平台 数据共享 智慧社区 App 大数据平台
        线上办理 不见面审批 智能体 人工智能助手 网办 云端 工会卡 数智""",
    "wellbeing": """
        送清凉 送温暖 慰问 驿站 暖心 关爱 心理健康 心理咨询 心理疏导 心理服务 健康体检 免费体检 义诊 疗养 疗休养
        防暑降温 高温津贴 困难职工 帮扶 助学 托管 托育 职工食堂 爱心 职工书屋 联谊 相亲 交友 文体活动 运动会 留守儿童
        独居老人 养老服务 关怀 母婴 爱心妈妈小屋 金秋助学 两癌筛查 户外劳动者 职工之家 福利 普惠""",
}
"""What speaks for a topic by itself."""

WEAK: dict[str, str] = {
    "rights_protection": "工会 工资 农民工 职工 仲裁 权益 调解 劳动者 骑手 快递员 签订 社保 用人单位 企业工会 赔偿 律师",
    "skills_contest": "比赛 竞赛 技能 决赛 技术 培训 班组 创新 焊工 钳工 徒弟 师傅 冠军 职工 参赛 劳模",
    "digital_services": "平台 线上 手机 智能 数字 数据 网络 系统 上线 办理 互联网 客户端 在线 云 开通 智慧",
    "wellbeing": "职工 健康 温暖 夏季 高温 春节 困难 服务 家庭 生活 体检 孩子 老人 医生 补助 身心",
}
"""What adds to it."""

THRESHOLD, MARGIN = 0.5, 0.08
HEADLINE = 3.0
"""A hit in the headline counts as three in the body."""
EVIDENCE_SENTENCES = 2


def _compile(words: str) -> re.Pattern[str]:
    # Longest first, so that 工资集体协商 is one hit and not two.
    return re.compile("|".join(map(re.escape, sorted(words.split(), key=len, reverse=True))), re.IGNORECASE)


_STRONG = {topic: _compile(words) for topic, words in STRONG.items()}
_WEAK = {topic: _compile(words) for topic, words in WEAK.items()}


class KeywordClassifier:
    """The classifier that ships without weights. Safe to call from several threads."""

    bundle = "keywords@1"
    trained = False

    def __init__(self, taxonomy: Taxonomy | None = None) -> None:
        self.taxonomy = taxonomy or read_taxonomy()

    def classify(self, articles: Sequence[Article]) -> list[TopicResult]:
        """One result an article, same order. A topic of the taxonomy that has no keywords here never scores."""
        return [self._one(article) for article in articles]

    def _one(self, article: Article) -> TopicResult:
        pieces = _pieces(article)
        weights = {name: [_weigh(piece, name) for piece in pieces] for name in self.taxonomy.names}
        scores = {name: _score(weights[name], pieces) for name in self.taxonomy.names}
        labels = [name for name in sorted(scores, key=lambda n: -scores[n]) if scores[name] >= THRESHOLD]
        reasons = _reasons(article, scores)
        evidence = [e for name in labels for e in _evidence(article, pieces, weights[name], name)]
        return TopicResult(
            labels=tuple(labels),
            primary=labels[0] if labels else OTHER,
            scores=scores,
            needs_review=bool(reasons),
            evidence=tuple(evidence),
            windows=1,
            bundle=self.bundle,
            reasons=tuple(reasons),
        )


Piece = tuple[Literal["headline", "body"], int, int, str]
"""Where a sentence stands in the article as handed in, and its text in the form that is matched."""


def _pieces(article: Article) -> list[Piece]:
    found: list[Piece] = []
    if article.headline.strip():
        found.append(("headline", 0, len(article.headline), to_simplified(normalise(article.headline).text)))
    form = normalise(article.body)
    text = to_simplified(form.text)
    for start, end in split_sentences(text):
        body_start, body_end = form.span(start, end)
        found.append(("body", body_start, body_end, text[start:end]))
    return found


def _weigh(piece: Piece, topic: str) -> float:
    """Keyword weight of a sentence: a strong word 1, a weak one 0.2, each word once."""
    if topic not in _STRONG:
        return 0.0
    strong = set(_STRONG[topic].findall(piece[3]))
    weak = set(_WEAK[topic].findall(piece[3]))
    weight = len(strong) + 0.2 * len(weak)
    return weight * HEADLINE if piece[0] == "headline" else weight


def _score(weights: list[float], pieces: list[Piece]) -> float:
    """Hits in relation to the length, through a logistic curve; the first two sentences count double. 0..1."""
    total = 0.0
    for i, (weight, piece) in enumerate(zip(weights, pieces, strict=True)):
        total += weight * (2 if piece[0] == "body" and i <= 2 else 1)
    if total == 0:
        return 0.0
    sentences = sum(piece[0] == "body" for piece in pieces)
    density = total / math.sqrt(3 + sentences)
    return round(1 / (1 + math.exp(-2.2 * (density - 1.4))), 4)


def _reasons(article: Article, scores: dict[str, float]) -> list[str]:
    text = article.headline + article.body
    if not any(map(str.isalnum, text)):
        return ["empty"]
    if not reads_as_chinese(text):
        return ["not_chinese"]
    return ["near_threshold"] if any(abs(s - THRESHOLD) < MARGIN for s in scores.values()) else []


def _evidence(article: Article, pieces: list[Piece], weights: list[float], topic: str) -> list[Evidence]:
    """The sentences with the most hits, in reading order; the weight is their part of all hits of the topic."""
    total = sum(weights)
    best = sorted(range(len(pieces)), key=lambda i: (-weights[i], i))[:EVIDENCE_SENTENCES]
    found = []
    for i in sorted(best):
        where, start, end, _ = pieces[i]
        if weights[i] <= 0:
            continue
        source = article.headline if where == "headline" else article.body
        text = source[start:end]
        start += len(text) - len(text.lstrip())
        text = text.strip()
        found.append(Evidence(topic, where, start, start + len(text), text, round(weights[i] / total, 4)))
    return found
