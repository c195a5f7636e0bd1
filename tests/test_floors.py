"""The two implementations without weights: what they promise of every article, and that they are worth being a floor."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.article import Article
from models.keywords import KeywordClassifier
from models.lead import LeadSummarizer, brief_of, headline_of

ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in (Path(__file__).parent / "data/articles.jsonl").read_text("utf-8").splitlines()
]
PARTS = ["本报讯（记者林晓舟）", "工会，", "“工资286.4万元", "”", "。", "（", "）", "《", "Abc-12.5%", "\n", "职工、"]
BODIES = st.one_of(st.text(max_size=200), st.lists(st.sampled_from(PARTS), max_size=40).map("".join))


def test_keywords_find_the_topic_of_most_articles() -> None:
    results = KeywordClassifier().classify([Article(r["headline"], r["body"]) for r in ROWS])
    right = sum(set(result.labels) == set(row["labels"]) for result, row in zip(results, ROWS, strict=True))
    assert right / len(ROWS) >= 0.5


def test_evidence_stands_where_it_says() -> None:
    article = Article("农民工讨薪成功", "７月１０日，十八名农民工收到拖欠工资，由法律援助律师代理。\n其他事情。")
    (result,) = KeywordClassifier().classify([article])
    assert result.primary == "rights_protection"
    assert result.evidence
    for e in result.evidence:
        assert (article.headline if e.where == "headline" else article.body)[e.start : e.end] == e.text


def test_traditional_script_is_read_alike() -> None:
    one, other = KeywordClassifier().classify([Article("农民工讨薪维权", ""), Article("農民工討薪維權", "")])
    assert one.labels == other.labels == ("rights_protection",)


@given(BODIES)
def test_lead_summaries_are_pieces_of_the_body_and_keep_their_length(body: str) -> None:
    headline, brief = headline_of(body), brief_of(body)
    assert len(headline) <= 30
    assert len(brief) <= 80
    assert headline in body
    (result,) = LeadSummarizer().summarize([Article("", body)], "headline")
    assert result.method == "extractive"
    assert result.summary == headline


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("本报讯（记者林晓舟）青禾县总工会走进工地送清凉。明天继续。", "青禾县总工会走进工地送清凉"),
        ("“钱到账了！”杨师傅说。大家鼓掌。", "“钱到账了！”杨师傅说"),
        (
            "据云岭气象台监测，昨夜到今晨青禾县普降大雨，最大降水量出现在柳树镇，没有人员伤亡。",
            "昨夜到今晨青禾县普降大雨，最大降水量出现在柳树镇",
        ),
        (
            "云岭省统计局今天（8月9日）发布的数据显示，7月份，全省居民消费价格同比上涨0.3%，环比上涨0.4%。",
            "7月份，全省居民消费价格同比上涨0.3%，环比上涨0.4%",
        ),
        (
            "目前没有单位发布的数据显示，该药物对普通感冒患者有效，专家建议患者多喝水多休息，不要自行用药。",
            "目前没有单位发布的数据显示，该药物对普通感冒患者有效",
        ),
        (
            "云岭省统计局发布的5月份物价数据显示，与4月相比，全省居民消费价格下降百分之零点二。",
            "云岭省统计局发布的5月份物价数据显示，与4月相比",
        ),
        (
            "无锡市统计局今天发布的数据显示，全市前三季度新增就业岗位十二万个，其中制造业岗位占了将近一半。",
            "全市前三季度新增就业岗位十二万个，其中制造业岗位占了将近一半",
        ),
        (  # what is left must say something
            "云岭省统计局今天发布的数据显示，3月份，全省规模以上工业企业实现利润总额同比增长百分之十二点三创同期新高。",
            "云岭省统计局今天发布的数据显示，3月份",
        ),
        (  # a rumour is no news
            "网传云岭省统计局发布的数据显示，全省居民消费价格同比上涨百分之三十，引发不少网民议论。",
            "网传云岭省统计局发布的数据显示",
        ),
        (
            "据网上流传的虚假监测，昨夜青禾县发生里氏六点五级地震，县应急管理局今天上午辟谣说没有此事。",
            "据网上流传的虚假监测，昨夜青禾县发生里氏六点五级地震",
        ),
        ("", ""),
        ("。。。", ""),
    ],
)
def test_headlines_of_the_lead(body: str, wanted: str) -> None:
    assert headline_of(body) == wanted


def test_numbers_and_latin_words_are_never_cut() -> None:
    body = "全省规模以上工业增加值同比增长六点三其中装备制造业增长百分比为123456789012345万元人民币整"
    headline = headline_of(body)
    assert not headline[-1].isdigit() or "123456789012345" in headline
