"""How far, where, when, how many, and who owes whom: a summary says no more of it than its source."""

from __future__ import annotations

import time

import pytest

from models.claims import turned_claims
from models.extents import strange_days, wider_scopes
from models.faithfulness import checks, garbled, read_source
from models.negations import flat, read_states
from models.places import _COUNTRIES, _PROVINCES, PLACES, strange_places
from models.quantities import about_and_exact

SOURCE = (
    "12月1日，第五届全省职工龙舟赛在海州市开赛，80名环卫工人和约120名教师观赛，奖金共三百二十元。"
    "海州市人社局为386名农民工追薪。中法职工代表团到成都访问，俄方派人观摩。"
)


@pytest.mark.parametrize(
    ("summary", "field", "wrong"),
    [
        ("第五届全国职工龙舟赛开赛", "negations_not_in_source", ["全国"]),
        ("全市职工龙舟赛开赛", "negations_not_in_source", ["全市"]),
        ("全縣職工龍舟賽開賽", "negations_not_in_source", ["全县"]),
        ("80余名环卫工人观赛", "numbers_not_in_source", ["80余"]),
        ("80多名环卫工人观赛", "numbers_not_in_source", ["80多"]),
        ("近80名环卫工人观赛", "numbers_not_in_source", ["近80"]),
        ("超８０名环卫工人观赛", "numbers_not_in_source", ["超80"]),
        ("奖金约320元", "numbers_not_in_source", ["约320"]),
        ("山东386名农民工追薪", "names_not_in_source", ["山东"]),
        ("河南为农民工追薪", "names_not_in_source", ["河南"]),
        ("內蒙古為農民工追薪", "names_not_in_source", ["内蒙古"]),
        ("德国职工代表团访问", "names_not_in_source", ["德国"]),
    ],
)
def test_what_reaches_farther_is_refused(summary: str, field: str, wrong: list[str]) -> None:
    found = checks(summary, SOURCE)
    assert found[field] == wrong
    assert not found["ok"]


@pytest.mark.parametrize(
    "summary",
    [
        "第五届全省职工龙舟赛开赛",
        "80名环卫工人观赛",
        "120余名教师观赛",
        "约120名教师观赛",
        "法国职工代表团到四川访问",  # 中法, 成都
        "俄罗斯观摩龙舟赛",
        "为386名农民工追薪",
        "相约80名环卫工人观赛",
    ],
)
def test_what_reaches_as_far_passes(summary: str) -> None:
    found = checks(summary, SOURCE)
    assert found["numbers_not_in_source"] == found["negations_not_in_source"] == []
    assert found["names_not_in_source"] == []


@pytest.mark.parametrize(
    ("summary", "text"),
    [
        ("纽约20人受伤", "纽约发生车祸，20人受伤。"),
        ("北约32国开会", "北约的32国开会。"),
        ("公司违约12家", "12家公司违约。"),
        ("中超16支球队开赛", "16支球队开赛。"),
        ("英超20支球队开赛", "20支球队开赛。"),
        ("走近10位劳模", "10位劳模讲述。"),
        ("G20多国领导人到访", "出席G20的领导人到访。"),
        ("近24小时降雨80毫米", "24小时内降雨80毫米。"),
    ],
)
def test_part_of_a_word_opens_no_number(summary: str, text: str) -> None:
    assert checks(summary, text)["numbers_not_in_source"] == []


@pytest.mark.parametrize(
    "summary", ["超20人受伤", "近20人受伤", "约20人受伤", "受伤20多人", "20多国领导人", "将近20人受伤"]
)
def test_a_word_of_its_own_opens_a_number(summary: str) -> None:
    assert checks(summary, "海州发生车祸，20人受伤。代表着20国的领导人到场慰问伤者。")["numbers_not_in_source"]


@pytest.mark.parametrize(
    ("summary", "text"),
    [
        ("各地隆重庆祝", "甲"),
        ("印度尼西亚派团", "印尼派团"),
        ("市场完全市场化", "全省放开价格"),
        ("全国职工龙舟赛", "我国职工龙舟赛，全省设赛点"),
        ("上海合作组织", "秘书长"),
        ("黄河南岸", "大堤"),
        ("日本首相来访", "中日举行会谈"),
        ("澳大利亚、蒙古国、孟加拉国派团", "澳洲、蒙古、孟加拉派团"),
        ("以色列和巴勒斯坦停火", "巴以停火"),
        ("伊朗核谈判", "伊核谈判"),
        ("俄罗斯总统到访", "俄总统到访"),
        ("美国墨西哥加拿大签约", "美墨加签约"),
        ("德国、美国设点", "慕尼黑、旧金山设点"),
        ("福建宁夏协作", "闽宁协作"),
        ("甘肃、青海、宁夏大雪", "甘青宁大雪"),
        ("江苏陕西协作", "苏陕协作"),
        ("上海、江苏、浙江、安徽签约", "沪苏浙皖签约"),
        ("吉林、黑龙江大雪", "吉黑大雪"),
        ("内蒙古、云南、贵州签约", "晋蒙、云贵签约"),
        ("江苏设点", "昆山设点"),
        ("江苏设点", "常熟设点"),
        ("江苏设点", "张家港设点"),
        ("香港设点", "深港设点"),
        ("香港设点", "沪港通开通"),
        ("台湾选举", "民进党选举"),
        ("全市职工赛", "我市各区县开赛，全省关注"),
        ("全市职工赛", "各区县开赛，市总工会主办，全省关注"),
        ("全省职工赛", "各州市开赛，省总工会主办，全国关注"),
        ("全县职工赛", "县内职工开赛，全国关注"),
        ("全省人大常委会", "全省人大"),
        ("全国两会开幕", "两会开幕，全省关注"),
        ("全国总工会发文", "全总发文，全省学习"),
    ],
)
def test_a_name_within_a_word_is_none_and_short_forms_are_known(summary: str, text: str) -> None:
    assert strange_places(summary, text) == wider_scopes(summary, text) == []


@pytest.mark.parametrize(
    ("summary", "text"),
    [
        ("全市职工赛", "全省各县区开赛，海州市总工会参加"),
        ("全市职工赛", "日本市场开放，全省关注"),
        ("全市职工赛", "海州市人社局主办，全省关注"),
        ("全省职工赛", "各市开赛，全市关注"),
        ("全国职工赛", "两会开幕，全省关注"),
        ("全市大小企业", "全省企业"),
    ],
)
def test_a_part_is_not_the_whole(summary: str, text: str) -> None:
    assert wider_scopes(summary, text)


@pytest.mark.parametrize(
    ("summary", "text"),
    [
        ("蒙古国派团", "内蒙古派团"),
        ("俄罗斯派团", "俄亥俄州、俄勒冈州派团"),
        ("宁夏协作", "宁静"),
        ("宁夏协作", "辽宁协作"),
        ("江苏协作", "苏醒"),
    ],
)
def test_a_part_of_another_name_speaks_for_no_place(summary: str, text: str) -> None:
    assert strange_places(summary, text)


def test_no_place_has_a_short_form_twice() -> None:
    for lines in (_PROVINCES, _COUNTRIES):
        assert [line for line in lines.split("\n") if len(line.split()) != len(set(line.split()))] == []


def test_every_place_speaks_for_itself() -> None:
    assert len(PLACES) >= 90
    assert {name for name in PLACES if strange_places(name, name)} == set()
    assert {name for name in PLACES if strange_places(name, "甲") != [name]} == set()


@pytest.mark.parametrize(
    ("summary", "text", "strange"),
    [
        ("龙舟赛今天开赛", "12月1日，龙舟赛开赛。", True),
        ("龍舟賽今日開賽", "12月1日，龍舟賽開賽。", True),
        ("龙舟赛明天开赛", "龙舟赛将于12月1日开赛。", True),
        ("龙舟赛昨日开赛", "12月1日，龙舟赛开赛。", True),
        ("龙舟赛今天开赛", "今晚，龙舟赛开赛。", False),
        ("龙舟赛今日开赛", "龙舟赛本日开赛。", False),
        ("龙舟赛明天开赛", "龙舟赛明日开赛。", False),
        ("当今天下龙舟", "12月1日，龙舟赛开赛。", False),
        ("明确责任", "12月1日，责任定了。", False),
    ],
)
def test_a_beam_does_not_know_the_day(summary: str, text: str, strange: bool) -> None:
    assert bool(strange_days(flat(summary), flat(text))) is strange
    assert garbled(summary, read_source(text)) is strange
    assert checks(summary, text)["dates_not_in_source"] == [], "an editor knows it"


def test_an_empty_quotation_is_of_a_beam_that_has_lost_its_place() -> None:
    assert garbled("网传“”不实", read_source("网传“甲”不实。"))


WAGES = "12月1日，16名采茶女工领到拖欠的工资23万元。"
SUIT = "法院驳回了天舟物流公司要求12名司机赔偿货损46万元的诉讼请求。"


@pytest.mark.parametrize(
    ("body", "summary"),
    [
        (WAGES, "16名采茶女工拖欠工资23万元"),
        (WAGES, "采茶女工拖欠23万元工资"),
        (WAGES, "16人拖欠工资23万元"),
        (SUIT, "法院驳回12名司机46万元诉讼请求"),
        (SUIT, "驳回12名司机赔偿诉讼请求"),
    ],
)
def test_who_is_owed_does_not_owe_and_who_is_sued_does_not_sue(body: str, summary: str) -> None:
    found = checks(summary, body)
    assert found["negations_not_in_source"]
    assert not found["ok"]


@pytest.mark.parametrize(
    ("body", "summary"),
    [
        (WAGES, "16名采茶女工领到拖欠工资23万元"),
        (WAGES, "为16名采茶女工追回拖欠工资"),
        (WAGES, "采茶女工拖欠工资问题解决"),
        (WAGES, "采茶女工拖欠的工资发了"),
        (SUIT, "法院驳回物流公司46万元诉讼请求"),
        (SUIT, "法院驳回要求12名司机赔偿的诉讼请求"),
        (SUIT, "物流公司诉12名司机被驳回"),
    ],
)
def test_who_owes_and_who_sues_may_be_told(body: str, summary: str) -> None:
    assert turned_claims(flat(summary, ","), flat(body)) == []


def test_long_texts_take_their_length() -> None:
    for piece in (
        "今天",
        "全国",
        "驳回甲方",
        "女工拖欠",
        "驳回",
        "80余",
        "1",
        "三",
        "近8,",
        "中法",
        "以",
        "云",
        "苏",
        "各区",
        "市内",
        "俄亥俄",
    ):
        text = piece * (200_000 // len(piece))
        long = piece * (40_000 // len(piece))
        started = time.process_time()
        for summary in ("全市全区女工拖欠工资今天80余", long):
            wider_scopes(summary, text)
            strange_days(summary, text)
            strange_places(summary, text)
            turned_claims(summary, text)
            about_and_exact(summary)
        about_and_exact(text)
        read_states(text)
        assert time.process_time() - started < 8, piece
