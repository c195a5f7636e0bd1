"""Many invented articles for the desk: put together from invented parts, with analyses and some corrections, inserted in bulk.

The index of the search and the dashboard's numbers are filled in after the rows. The same count and seed give the same
articles. `seed(store, 100_000)` takes about a minute on SQLite.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from models.faithfulness import checks
from service.store import figures, search
from service.store.database import Store
from service.store.desk import ACCEPTED, desk_row, topic_rows
from service.store.tables import (
    analyses,
    article_versions,
    articles,
    corrections,
    desk_articles,
    desk_topics,
)

PLACES = ("青禾县", "云岭市", "东屏省", "石桥镇", "柳湾区", "白鹭市", "松原坪县", "双塔区", "临溪市", "丰泽岭县")
BODIES = ("总工会", "教育工会", "交通运输工会", "机械工会", "职工服务中心", "人社局", "开发区工会")
SOURCES = ("青禾日报", "云岭晚报", "东屏工人报", "石桥周刊", "柳湾新闻", "白鹭观察", None)
EDITORS = ("许望舒", "林晓舟", "江一帆")
TOPICS = ("rights_protection", "skills_contest", "digital_services", "wellbeing")
PARTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "rights_protection": (
        ("{n}名农民工讨回被欠工资", "{place}{body}为职工追回欠薪{n}万元", "一纸调解书解开{n}个月的心结"),
        (
            "{place}{body}指派律师提供法律援助，先后{k}次组织调解，为{n}名农民工追回被拖欠的工资。",
            "经劳动仲裁，企业与{n}名职工补签了劳动合同，补缴了社会保险。",
            "工会劳动法律监督员上门核对工资表，当场指出{k}处问题。",
        ),
    ),
    "skills_contest": (
        ("{n}名焊工同台比武", "{place}职工技能竞赛开赛", "一场比出{k}项绝活的决赛"),
        (
            "{place}职工技能竞赛决赛在石桥机械厂举行，来自{k}个县区的{n}名选手同台比武。",
            "前{k}名选手可按规定晋升技师职业资格。",
            "裁判长说，今年的赛题取自车间里真实的{k}道工序。",
        ),
    ),
    "digital_services": (
        ("“指尖工会”上线{k}项服务", "{place}{body}推出线上办事大厅", "扫一扫就能入会"),
        (
            "{place}{body}的手机平台上线，入会、法律咨询、报名培训等{k}项服务可在线办理。",
            "平台运行以来，已有{n}名职工在网上提交申请，平均{k}分钟得到答复。",
            "工作人员把常见问题做成短视频，点开就能看。",
        ),
    ),
    "wellbeing": (
        ("{place}{body}为户外劳动者送清凉", "{n}名职工免费体检", "心理咨询师走进{k}个班组"),
        (
            "{place}{body}走进河滨大桥工地，为{n}名建筑工人送去绿豆汤和防暑药品。",
            "医生为职工量血压、测血糖，发放{n}份健康手册。",
            "{k}名心理咨询师进车间，教职工放松和倾诉的办法。",
        ),
    ),
}
PLAIN = (
    ("{place}新桥通车", "{place}粮食收购过半", "老街修好了，茶馆又坐满"),
    (
        "{place}沿河新路建成通车，全长{k}公里，往返时间缩短一半。",
        "今年夏粮收购进度比去年同期快{k}天，已入库{n}万斤。",
        "老人们说，街面平了，夜里的灯也亮了。",
    ),
)
FILLER = (
    "记者在现场看到，大家三五成群地交谈，脸上带着笑意。",
    "有关负责人表示，下一步将把做法推广到更多乡镇。",
    "据介绍，这项工作从年初开始筹备，先后听取了{k}轮意见。",
    "“这样的事，多办几件才好。”一位老职工说。",
    "活动持续到傍晚，散场时还有人围着问个不停。",
)


@dataclass(frozen=True, slots=True)
class Seeded:
    """One invented article with what the models and the editors say of it; times are UTC."""

    id: str
    headline: str
    body: str
    source: str | None
    date: str
    created: datetime
    topics: dict[str, Any]
    summary: dict[str, Any]
    corrected: list[str] | None
    editor: str
    note: str | None


def invent(count: int, seed: int = 1, *, corrected: float = 0.03, days: int = 365) -> Iterator[Seeded]:
    """`count` articles, the oldest first, over the last `days` days."""
    rng = random.Random(seed)
    now = datetime(2026, 11, 20, 8, tzinfo=UTC)
    for n in range(count):
        yield _one(rng, n, now - timedelta(days=days * (1 - (n + 1) / count), minutes=rng.randint(0, 300)), corrected)


def _one(rng: random.Random, n: int, created: datetime, corrected: float) -> Seeded:
    labels = rng.sample(TOPICS, k=rng.choices((0, 1, 2), (3, 6, 1))[0])
    gaps = {"place": rng.choice(PLACES), "body": rng.choice(BODIES), "n": rng.randint(3, 980), "k": rng.randint(2, 19)}
    heads, tells = zip(*(PARTS[t] for t in labels), strict=True) if labels else ((PLAIN[0],), (PLAIN[1],))
    headline = rng.choice(heads[0]).format(**gaps)
    day = (created + timedelta(hours=8)).strftime("%-m月%-d日")
    sentences = [f"本报讯（记者{rng.choice(EDITORS)}）{day}，" + rng.choice(tells[0]).format(**gaps)]
    speak = {labels[0]: [0]} if labels else {}
    for t, told in zip(labels or [""], tells, strict=True):
        for sentence in rng.sample(told, k=2):
            speak.setdefault(t, []).append(len(sentences))
            sentences.append(sentence.format(**gaps))
    sentences += [f.format(**gaps) for f in rng.sample(FILLER, k=rng.randint(1, 4))]
    breaks = ["\n" if rng.random() < 0.4 else "" for _ in sentences[1:]] + [""]
    starts, body = [], ""
    for sentence, gap in zip(sentences, breaks, strict=True):
        starts.append(len(body))
        body += sentence + gap
    evidence = [
        {"topic": t, "where": "body", "start": starts[s], "end": starts[s] + len(sentences[s]), "text": sentences[s],
         "weight": round(0.7 / (1 + at), 3)}
        for t in labels for at, s in enumerate(speak[t][:2])
    ]  # fmt: skip
    unsure = rng.random() < 0.14
    scores = {t: round(rng.uniform(0.9, 0.999) if t in labels else rng.uniform(0.001, 0.03), 4) for t in TOPICS}
    if unsure:
        doubted = rng.choice(TOPICS)
        scores[doubted] = round(rng.uniform(0.4, 0.75) if doubted in labels else rng.uniform(0.2, 0.4), 4)
    topics = {
        "labels": labels, "primary": labels[0] if labels else "other", "scores": scores, "needs_review": unsure,
        "reasons": ["unsure"] if unsure else [], "evidence": evidence, "windows": 1, "bundle": "topics@seed",
    }  # fmt: skip
    told_summary = sentences[1]
    summary = {
        "summary": told_summary, "method": "extractive", "checks": _checked(told_summary, body, n), "windows": 1,
        "bundle": "summaries@seed",
    }  # fmt: skip
    right, note = None, None
    if rng.random() < corrected:
        agrees = rng.random() < 0.8
        wrong = rng.choice(TOPICS)
        right = list(labels) if agrees else [t for t in TOPICS if (t in labels) != (t == wrong)]
        note = ACCEPTED if right == labels else None
    source = rng.choice(SOURCES)
    date = (created + timedelta(hours=8)).date().isoformat()
    editor = rng.choice(EDITORS)
    return Seeded(f"s-{n:06}", headline, body, source, date, created, topics, summary, right, editor, note)


def _checked(summary: str, body: str, n: int) -> dict[str, Any]:
    # A sentence of the body passes them all; asked of a few, so that a hundred thousand take no minute more.
    told = checks(summary, body) if n < 100 else {"ok": True}
    return {**told, "ok": True}


def seed(store: Store, count: int, *, seed: int = 1, corrected: float = 0.03, chunk: int = 2000) -> None:
    """Insert `count` articles into an empty store, with their analyses, corrections and rows of the desk."""
    batch: list[Seeded] = []
    number = 0
    for one in invent(count, seed, corrected=corrected):
        batch.append(one)
        if len(batch) == chunk:
            number += _insert(store, batch, number)
            batch = []
    if batch:
        _insert(store, batch, number)
    with store.write() as connection:
        search.rebuild(connection)
        figures.fill(connection)


def _insert(store: Store, batch: list[Seeded], seq: int) -> int:
    """Insert a batch, its corrections numbered after `seq`; how many corrections."""
    heads: list[dict[str, Any]] = []
    kept: list[dict[str, Any]] = []
    analysed: list[dict[str, Any]] = []
    said: list[dict[str, Any]] = []
    desk: list[dict[str, Any]] = []
    topics: list[dict[str, Any]] = []
    for one in batch:
        heads.append({"id": one.id, "version": 1, "created": one.created, "changed": one.created})
        version = {
            "article_id": one.id, "version": 1, "headline": one.headline, "body": one.body, "source": one.source,
            "date": one.date, "digest": "0" * 64, "caller": "seed", "created": one.created,
        }  # fmt: skip
        kept.append(version)
        analysis = {
            "article_id": one.id, "version": 1, "topics": one.topics, "summary": one.summary,
            "topics_bundle": one.topics["bundle"], "summaries_bundle": one.summary["bundle"], "created": one.created,
        }  # fmt: skip
        analysed.append(analysis)
        rows = []
        if one.corrected is not None:
            correction = {
                "id": uuid.UUID(int=seq + len(said) + 1).hex, "task": "topics", "article_id": one.id, "version": 1,
                "labels": one.corrected, "editor": one.editor, "note": one.note, "undoes": None,
                "created": one.created + timedelta(hours=2),
            }  # fmt: skip
            said.append(correction)
            rows.append((SimpleNamespace(**correction, seq=seq + len(said)), True))
        row = desk_row(SimpleNamespace(**version), SimpleNamespace(**analysis), rows, edges=False)
        desk.append(row | {"changed": one.created})
        topics += topic_rows(row)
    with store.write() as connection:
        for table, found in (
            (articles, heads), (article_versions, kept), (analyses, analysed), (corrections, said),
            (desk_articles, desk), (desk_topics, topics),
        ):  # fmt: skip
            if found:
                connection.execute(table.insert(), found)
    return len(said)
