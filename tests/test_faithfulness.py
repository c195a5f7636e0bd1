"""What a summary may not do: invent a number or a quotation, run in circles, be empty."""

from __future__ import annotations

import random

import pytest

from models.faithfulness import checks, garbled, read_source, says_twice, spliced
from models.quantities import numbers_of
from tests.invented import read
from tests.lengths import seconds

SOURCE = (
    "7月12日，青禾县总工会为三百二十名工人追回工资286.4万元，同比增长12%，覆盖３家企业。"
    "会长说：“一分都不能少。”全县有1.2亿元在建工程。9时30分，工会与Green Valley公司签约，再过45分钟开跑，"
    "王海跑出2小时18分45秒，李栋梁跑出2小时19分02秒。"
)


@pytest.mark.parametrize(
    "summary",
    [
        "青禾县总工会为320名工人追回工资286.4万元",
        "追回工资2864000元",
        "同比增长12%，覆盖3家企业",
        "会长称“一分都不能少”",
        "全县有12000万元在建工程",
        "7月12日工会追薪",
        "与green公司于9时30分签约",
        "跑出2小时18分45秒",
    ],
)
def test_what_stands_in_the_source_passes(summary: str) -> None:
    assert checks(summary, SOURCE)["ok"], checks(summary, SOURCE)


@pytest.mark.parametrize(
    ("summary", "field"),
    [
        ("为330名工人追回工资", "numbers_not_in_source"),
        ("追回工资286.4亿元", "numbers_not_in_source"),
        ("增长12.5%", "numbers_not_in_source"),
        ("会长称“一分也不让”", "quotations_not_in_source"),
        ("7月13日工会追薪", "numbers_not_in_source"),
        ("Greey公司补发工资", "names_not_in_source"),
        ("跑出2小时18分02秒", "numbers_not_in_source"),
        ("9时45分开始", "numbers_not_in_source"),
    ],
)
def test_what_does_not_is_named(summary: str, field: str) -> None:
    found = checks(summary, SOURCE)
    assert not found["ok"]
    assert found[field]


@pytest.mark.parametrize(
    ("summary", "told"),
    [
        ("三百二十名工人走进工地", True),
        ("青禾县总工会走进工地", False),  # a piece
        ("三百二十名工人 总工会走进工地", False),
        ("总工会为三百二十名工人送汤", False),
        ("送绿豆汤活动走进工地", False),
        ("走进工地三百二十名工人", False),  # in the order of the source
        ("三百二十名工人。总工会走进工地", False),
        ("三百二十名工人——总工会走进工地", False),
        ("“三百二十名工人”总工会走进工地", False),
        ("三百二十名工人走进工地。", True),
    ],
)
def test_a_deed_is_not_given_to_somebody_else(summary: str, told: bool) -> None:
    source = read_source("青禾县总工会走进工地，为三百二十名工人送去绿豆汤。")
    assert spliced(summary, source) is told


@pytest.mark.parametrize(
    ("summary", "told"),
    [
        ("云岭市市长同澄江江县职工座谈", True),  # 澄江县
        ("云岭市市长同澄江县职工座谈", False),  # where one word ends and the next begins
        ("职工天天锻炼 练出好身体", False),
        ("林场林区巡护 护林员上岗", False),  # the second time is another word, behind a space
        ("山洪致4人死亡 2人死亡", True),
        ("山洪致4人死亡 2人失踪", False),
        ("纷纷报名", False),  # the source has it
        ("踊踊报名", True),
        ("农民工工资按时发放 三年年均增长", False),
        ("山洪致甲镇4人死亡 乙镇2人死亡", False),  # of two places
        ("参保率提高0.9%1%", True),
        ("参保率提高0.9% 1万人新参保", False),
    ],
)
def test_a_beam_that_has_lost_its_place_is_known(summary: str, told: bool) -> None:
    source = read_source("云岭市市长到澄江县同职工座谈。山洪已致4人死亡，其中2人当日死亡，2人失踪。职工纷纷踊跃报名。")
    assert garbled(summary, source) is told


@pytest.mark.parametrize(
    ("summary", "wrong"),
    [
        ("工会2025年2月停办培训", ["2025年2月"]),
        ("工会2026年2月停办培训", []),
        ("工会２０２６年０２月停办培训", []),
        ("工会2026年3月停办培训", []),  # 2026年2月和3月
        ("工会2月停办培训", []),
        ("工会2025年11月定下计划", []),
        ("工会2026年11月定下计划", ["2026年11月"]),
    ],
)
def test_a_month_keeps_its_year(summary: str, wrong: list[str]) -> None:
    source = "青禾县总工会维持2025年11月定下的计划，在2026年2月和3月继续停办培训。"
    assert checks(summary, source)["dates_not_in_source"] == wrong


def test_a_day_of_a_year_without_its_month_is_no_date() -> None:
    source = "《青禾县工会条例》将于2026年1月1日起施行。"
    assert checks("《青禾县工会条例》2026年1日施行", source)["dates_not_in_source"] == ["2026年1日"]
    assert checks("《青禾县工会条例》2026年1月1日施行", source)["ok"]


MONTHS = (
    "截至2025年6月末，全省工会驿站为3174个，5月起每月增加32.2%。１—9月服务职工126.5万人次；去年１２月召开会议。"
    "10月12日发布的通报说，前9个月投入2385万元，比8月的预计多1,250万元！最低工资2200元。"
    "7月召开2025届毕业生会议，商定2024—2025年度事项。"
)


@pytest.mark.parametrize(
    ("summary", "wrong"),
    [
        ("5月末全省工会驿站3174个", ["5月（3174）"]),
        ("六月末全省工会驿站3174个", []),
        ("6月末全省工会驿站3174个，5月起增加32.2%", []),
        ("1—9月服务职工126.5万人次", []),
        ("1至9月服务职工126.5万人次", []),
        ("10月服务职工126.5万人次", ["10月（126.5）"]),
        ("十二月服务职工126.5万人次", ["12月（126.5）"]),
        ("10月投入2385万元", []),
        ("8月最低工资2200元", []),  # the sentence has no month
        ("6月召开2025年会议", []),
        ("6月起2025届毕业生可申请补贴", []),
        ("6月召开2024—2025年度会议", []),
        ("6月召开2025 年会议", []),
    ],
)
def test_a_number_keeps_its_month(summary: str, wrong: list[str]) -> None:
    assert checks(summary, MONTHS)["dates_not_in_source"] == wrong


@pytest.mark.parametrize(
    ("summary", "source", "wrong"),
    [
        ("加油站爆炸致45人死亡", "加油站爆炸，受伤人数升至45人。", ["死亡"]),
        ("加油站爆炸致45人受伤", "加油站爆炸，受伤人数升至45人。", []),
        ("车祸致3人遇难", "车祸造成3人丧生。", []),
        ("沉船致3人失踪", "沉船后3人下落不明。", []),
        ("沉船致3人失踪", "沉船后3人获救。", ["失踪"]),
        ("警方逮捕3人", "警方问询3人。", ["逮捕"]),
        ("矿难3人死亡2人受伤", "矿难，死者3人。", ["受伤"]),
        ("化工厂爆炸致12人死亡", "化工厂发生爆炸，造成12人受伤，其中3人伤势较重，均无生命危险。", ["死亡"]),
        ("化工厂爆炸 12人死亡", "化工厂发生爆炸，12名工人送医，其中3人伤势较重，暂无人员死亡。", ["死亡"]),
        ("坍塌8名工人被困6人死亡", "坍塌，8名工人被困，连夜救出6人，伤者生命体征平稳。", ["死亡"]),
        ("火灾没有造成人员伤亡", "仓库起火，未造成人员伤亡。", []),
        ("车祸致三死五伤", "车祸，3人和5人所乘两车相撞。", ["死", "伤"]),
        ("車禍致3人死亡", "車禍造成3人喪生。", []),
        ("車禍致3人受傷", "車禍，3人獲救。", ["受傷"]),
        ("老劳模身故", "老劳模因病去世，享年90岁。", []),
        ("老矿工死亡", "老矿工经抢救不治。", []),
        ("警方逮捕3人", "警方狠抓安全生产，退还押金3人次。", ["逮捕"]),
        ("警方抓获3人", "3名嫌疑人已全部落网。", []),
        ("警方逮捕3人", "全省严格控制粮价，3人受表彰。", ["逮捕"]),
        ("警方抓获3人", "3人已被警方控制。", []),
        ("沉船致3人死亡", "打捞出3具尸体。", []),
        ("企业遭遇难关", "企业遇到难处。", []),
        ("矿难5人遇难", "矿难，现场找到5具遗体。", []),
        ("战士遇难", "战士在救火中牺牲。", []),
        ("车祸1人死亡", "车祸夺去一名职工的生命。", []),
        ("职工遇难题工会来帮忙", "职工有事，工会来帮忙。", []),
        ("工人死守大堤", "工人守住大堤。", []),
        ("老人伤心落泪", "老人落泪。", []),
    ],
)
def test_what_happened_to_people_stands_in_the_source(summary: str, source: str, wrong: list[str]) -> None:
    assert checks(summary, source)["negations_not_in_source"] == wrong


@pytest.mark.parametrize(
    "summary", ["", " 　", "老鼠老鼠老鼠", "追回工资追回工资追回工资", "会长：奶奶奶", "让冷库 冷库"]
)
def test_empty_and_circling_summaries_fail(summary: str) -> None:
    assert not checks(summary, SOURCE)["ok"]


@pytest.mark.parametrize(
    ("summary", "twice"),
    [
        ("今年以来全市工会围绕中心服务大局，" * 4, True),
        ("今年以来全市工会围绕中心服务大局，送清凉。今年以来全市工会围绕中心服务大局。", True),
        ("全市工会送清凉，县总工会送清凉，市总工会送清凉", False),  # parallel, not the same
        ("送清凉送温暖，送清凉送温暖", False),  # short, and the source says it so
    ],
)
def test_a_clause_is_said_once_even_where_the_source_repeats_it(summary: str, twice: bool) -> None:
    assert checks(summary, summary)["repeats"] is twice


def test_no_brief_of_an_editor_says_a_clause_twice() -> None:
    briefs = [row["brief"] for row in read("articles.jsonl") if row.get("brief")]
    assert len(briefs) >= 60
    assert not any(map(says_twice, briefs))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("三百二十名", {"320"}),
        ("1,200元", {"1200"}),
        ("1.2亿", {"120000000"}),
        ("１２％", {"12%"}),
        ("二〇二六年", {"2026"}),
        ("十二月", {"12"}),
        ("两千五百万", {"25000000"}),
        ("一些人十分高兴", set()),
        ("没有数字", set()),
        ("百分之十三点五", {"13.5%"}),
        ("百分之八", {"8%"}),
        ("四成", {"40%"}),
        ("一成不变", set()),
    ],
)
def test_numbers_are_read_as_values(text: str, wanted: set[str]) -> None:
    assert numbers_of(text) == wanted


def test_a_long_source_is_read_once_for_all_summaries() -> None:
    told = read_source(SOURCE)
    for summary in (
        "青禾县总工会为320名工人追回工资286.4万元",
        "为330名工人追回工资",
        "7月13日工会追薪",
        "会长称“一分也不让”",
    ):
        assert checks(summary, told) == checks(summary, SOURCE)


@pytest.mark.parametrize(
    ("summary", "right"),
    [("南滨市总工会出台学徒办法", False), ("市总工会出台学徒办法", True), ("南滨市人社局出台学徒办法", True)],
)
def test_a_city_and_the_unions_beside_it_are_no_name_of_the_source(summary: str, right: bool) -> None:
    source = "3月，南滨市人社局与市总工会联合出台企业新型学徒权益保障办法。"
    assert checks(summary, source)["ok"] is right


@pytest.mark.parametrize("source", ["青禾县人民法院受理此案，县法院院长任审判长。", "青禾县人民法院受理此案。"])
def test_a_name_without_its_middle_is_an_abbreviation(source: str) -> None:
    assert checks("青禾县法院受理此案", source)["ok"]


@pytest.mark.parametrize("piece", ["市法院", "法院", "不", "不同意", "詹木根", "张三局长", "海州市·法院"])
def test_a_long_summary_of_a_long_source_is_checked_in_time(piece: str) -> None:
    told = read_source(piece * (250_000 // len(piece)))
    assert seconds(lambda summary: checks(summary, told), piece * (5_000 // len(piece))) < 4, piece


def test_a_long_summary_of_many_names_is_checked_in_time() -> None:
    rng = random.Random(7)
    body = "".join(chr(rng.randrange(0x4E00, 0x9FA5)) for _ in range(250_000))
    names = (f"{body[i : i + 2]}法院不{body[i + 2 : i + 4]}" for i in range(700))
    told = read_source(body)
    assert seconds(lambda summary: checks(summary, told), "，".join(names)) < 4
