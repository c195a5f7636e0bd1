"""Who did it, who holds it: those to whom something is done are no doers, an office is of whom the source says."""

from __future__ import annotations

import time

import pytest

from models.faithfulness import checks, garbled, read_source, wrong_roles
from models.organisations import acting_places
from models.recipients import plain_of

DEEDS = (
    "7月12日，临湖区总工会走进工地，为三百二十名建筑工人送去绿豆汤和防暑药品。区总工会还向困难职工集中发放慰问金，"
    "为外卖骑手免费提供法律援助。当天下午，区领导看望环卫工人，为他们送上清凉礼包。青禾供电公司工会把米面油送到留守老人手中，"
    "公司已为一线女工讨回欠薪。律师柯望山向车间学徒讲解劳动合同法。区工会主席致信全区劳动模范。"
    "大会授予陶砚秋“金牌工匠”称号，并向获奖选手颁发证书。炼钢工人自发为敬老院捐款，敬老院老人向炼钢工人赠送锦旗。"
)
SWAPPED = [
    ("三百二十名建筑工人送绿豆汤走进工地", "建筑工人送"),
    ("320名建筑工人赠送绿豆汤", "建筑工人赠送"),
    ("临湖区困难职工发放慰问金", "困难职工发放"),
    ("外卖骑手免费提供法律援助", "外卖骑手提供"),
    ("环卫工人送清凉", "环卫工人送"),
    ("环卫工人看望区领导", "环卫工人看望"),
    ("留守老人发放米面油", "留守老人发放"),
    ("车间学徒讲解劳动合同法", "车间学徒讲解"),
    ("全区劳动模范致信区工会主席", "全区劳动模范致信"),
    ("陶砚秋授予“金牌工匠”称号", "陶砚秋授予"),
    ("获奖选手颁发证书", "获奖选手颁发"),
    ("临湖区总工会３２０名建筑工人送绿豆汤", "建筑工人送"),
]
KEPT = [
    "为三百二十名建筑工人送绿豆汤",
    "临湖区总工会为320名建筑工人送绿豆汤",
    "三百二十名建筑工人获赠绿豆汤",
    "三百二十名建筑工人收到送来的绿豆汤",
    "临湖区总工会送绿豆汤进工地",
    "区总工会慰问困难职工发放慰问金",
    "困难职工慰问金发放",
    "一线女工讨回欠薪",  # true in sense: the verb has no one direction
    "炼钢工人捐款",
    "敬老院老人赠送锦旗",
    "炼钢工人为敬老院捐款",
    "柯望山讲解劳动合同法",
    "区工会主席致信全区劳动模范",
    "陶砚秋被授予“金牌工匠”称号",
    "区领导看望环卫工人 送上清凉礼包",
]


@pytest.mark.parametrize(("summary", "wrong"), SWAPPED)
def test_who_is_given_something_gives_nothing(summary: str, wrong: str) -> None:
    found = checks(summary, DEEDS)
    assert found["negations_not_in_source"] == [wrong]
    assert not found["ok"]


@pytest.mark.parametrize("summary", KEPT)
def test_who_gives_and_who_receives_pass(summary: str) -> None:
    assert checks(summary, DEEDS)["negations_not_in_source"] == []


def test_one_clause_may_go_on_behind_a_space() -> None:
    source = "市工会主席7日向云岭市工会主席、澄江市工会主席致慰问电。"
    assert checks("主席向云岭市工会主席 澄江市工会主席致慰问电", source)["ok"]


def test_traditional_script_is_read_alike() -> None:
    source = "7月12日，縣總工會為三百二十名建築工人送去綠豆湯。王槐生當選工會主席，王靜姝當選經費審查委員會主任。"
    assert checks("三百二十名建築工人送綠豆湯", source)["negations_not_in_source"] == ["建筑工人送"]
    assert checks("縣總工會為三百二十名建築工人送綠豆湯", source)["ok"]
    assert checks("王靜姝當選工會主席", source)["negations_not_in_source"] == ["王静姝当选工会主席"]
    assert checks("王槐生當選工會主席", source)["ok"]


OFFICES = (
    "柏溪县电缆厂工会换届，王槐生当选工会主席，王静姝当选经费审查委员会主任。王槐生今年46岁，曾任技术科副科长；王静姝今年39岁，"
    "此前任财务部副主任。大会选举李望舒、陈砚秋为副主席。会议任命周鹤松为女职工委员会主任。"
    "焊工赵青禾荣获省五一劳动奖章，电工林晓舟获评市劳动模范，县总工会授予吴简素“技术标兵”称号。"
    "原主席郑开泰已到龄退休。技能大赛上，何小满获一等奖，孙若谷（女）获二等奖。"
    "副厂长钱立群代表厂方祝贺，质检员冯秋生旁听了会议。"
)


@pytest.mark.parametrize(
    ("summary", "wrong"),
    [
        ("王静姝当选工会主席", "王静姝当选工会主席"),
        ("王静姝当选柏溪县电缆厂工会主席", "王静姝当选柏溪县电缆厂工会主席"),
        ("电缆厂工会换届 王槐生任经费审查委员会主任", "王槐生任经费审查委员会主任"),
        ("王槐生此前任财务部副主任", "王槐生任财务部副主任"),
        ("李望舒当选主席", "李望舒当选主席"),
        ("陈砚秋出任工会主席", "陈砚秋出任工会主席"),
        ("赵青禾获评市劳动模范", "赵青禾获评市劳动模范"),
        ("电工林晓舟荣获省五一劳动奖章", "林晓舟荣获省五一劳动奖章"),
        ("吴简素获评市劳动模范", "吴简素获评市劳动模范"),
        ("孙若谷获一等奖", "孙若谷获一等奖"),
        ("电缆厂选举郑开泰为主席", "郑开泰为主席"),
        ("周鹤松担任经费审查委员会主任", "周鹤松担任经费审查委员会主任"),
        ("王静姝、李望舒当选副主席", "王静姝当选副主席"),
    ],
)
def test_an_office_stays_with_its_holder(summary: str, wrong: str) -> None:
    found = checks(summary, OFFICES)
    assert found["negations_not_in_source"] == [wrong]
    assert not found["ok"]


@pytest.mark.parametrize(
    "summary",
    [
        "王槐生当选柏溪县电缆厂工会主席",
        "王静姝任经审会主任",
        "王静姝此前任财务部副主任",
        "李望舒、陈砚秋当选工会副主席",
        "周鹤松任女职工委员会主任",
        "赵青禾获省五一劳动奖章",
        "林晓舟获评市劳模",
        "吴简素获评技术标兵",
        "何小满获一等奖",
        "王槐生接替郑开泰任工会主席",
        "冯秋生当选工会委员",  # of whom the source says no office at all
        "钱立群任副厂长",
    ],
)
def test_who_holds_it_passes(summary: str) -> None:
    assert checks(summary, OFFICES)["negations_not_in_source"] == []


def test_two_unions_have_two_chairs() -> None:
    source = "李望舒当选云岭市总工会主席，陈砚秋当选澄江县总工会主席。"
    assert checks("陈砚秋当选云岭市总工会主席", source)["negations_not_in_source"] == ["陈砚秋当选云岭市总工会主席"]
    assert checks("陈砚秋当选澄江县总工会主席", source)["ok"]


@pytest.mark.parametrize(
    "piece",
    [DEEDS + OFFICES, "为工人送", "慰问", "王静姝", "王静姝当选", "王静姝、", "王静姝和", "又向", "(王静姝", "主席王"],
)
def test_long_sources_take_their_length(piece: str) -> None:
    started = time.process_time()
    told = read_source(piece * (200_000 // len(piece)))
    for summary in ("王静姝当选工会主席", "三百二十名建筑工人送绿豆汤走进工地", "又" * 20_000 + "送王静姝为" * 4_000):
        wrong_roles(summary, told)
    assert time.process_time() - started < 8


def test_what_differs_at_every_place_takes_its_length_too() -> None:
    started = time.process_time()
    people = "".join(f"王静姝当选第{i}届委员。" for i in range(15_000))
    places = "青禾县总工会，" * 25_000
    hard = [
        (people, "王静姝当选主席，" * 600),
        (places, "青禾县开展，" * 3_000),
        ("甲" + " " * 200_000 + "乙", "甲"),
        ("王静姝当选委员", "王静姝" + "以又票" * 33 + "当选主席"),
    ]
    for source, summary in hard:
        told = read_source(source)
        wrong_roles(summary, told)
        garbled(summary, told)
    assert time.process_time() - started < 10


BODIES = (
    "7月12日，青禾县总工会走进工地，为三百二十名建筑工人送去绿豆汤。青禾县人民法院派员讲课。"
    "云岫市今年新建驿站40个，云岫市总工会负责管理，并走进社区医院举办讲座、在全市法院开展培训。"
)


@pytest.mark.parametrize(
    "summary",
    [
        "青禾县走进工地",
        "青禾县为三百二十名建筑工人送绿豆汤",
        "青禾县三百二十名建筑工人走进工地",
        "7月12日，青禾县派员讲课",
        "青禾縣走進工地",
    ],
)
def test_a_place_does_not_act_for_a_body_of_it(summary: str) -> None:
    assert acting_places(plain_of(summary, ","), plain_of(BODIES)) == ["青禾县"]
    assert garbled(summary, read_source(BODIES)), "a beam that is passed over; an editor may write so"


@pytest.mark.parametrize(
    "summary",
    [
        "青禾县总工会走进工地", "青禾县法院派员讲课", "青禾县工会为工人送绿豆汤", "云岫市建驿站40个", "青禾县建筑工人喝上绿豆汤",
        "青禾县三百二十名建筑工人获救",
        "走进青禾县", "总工会走进社区举办讲座", "总工会在全市开展培训", "县总工会走进工地", "白沙市走进工地",
    ],
)  # fmt: skip
def test_a_body_acts_and_so_does_a_place_that_the_source_has_alone(summary: str) -> None:
    assert acting_places(plain_of(summary, ","), plain_of(BODIES)) == []
