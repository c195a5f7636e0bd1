"""A denial stays a denial: what a body forbids, refuses, calls untrue or says did not happen is no news that it does."""

from __future__ import annotations

import time

import pytest

from models.article import Article
from models.denials import dropped_denials, moved_denials, read_denials
from models.faithfulness import checks, read_source, wrong_negations
from models.registry import load_summarizer
from tests.lengths import grows_with_its_square

ALLOWANCE = (
    "针对网上流传的“云港市将取消高温津贴”的消息，云港市总工会12月1日发布声明称，该消息不实，高温津贴照常发放到9月底。"
)
LAYOFFS = (
    "近日，网上出现“嘉禾集团将裁员3000人”的说法。"
    "集团工会12月1日回应，该说法严重失实，集团没有裁员计划，今年反而新招员工1200人。"
)
MILL = "临江纺织厂停产检修两个月，386名工人没有一人被辞退，工资照发。"
CARD = "省总工会日前发出通知，各级工会不得以任何名义向职工收取会员卡工本费，已经收取的要在月底前退还。"
TRIPS = "市总工会印发通知，严禁各基层工会用会费组织旅游、发放购物卡，违者追责。"
FEE = "榆林区总工会提醒，个人不得以工会名义收取入会费，职工可拨打热线举报。"
BIRTHDAYS = "网友称“南城市工会将停发职工生日福利”。南城市总工会12月1日辟谣：生日福利不会停发，标准为每人300元。"
CANTEEN = "针对网传“河滨区将取消职工食堂补贴”，区总工会回应：补贴继续发放，每餐8元不变。"
DUES = "省总工会否认将提高会费标准，会费仍按工资的千分之五收取。"
WAGES = "因企业账户被冻结，215名职工未能如期领取11月工资，工会已经介入。"
COURT = "法院驳回了天舟物流公司要求12名司机赔偿货损46万元的诉讼请求。"
PLAN = "职工代表大会表决，否决了食堂外包方案，食堂由厂里自办。公司方面表示，不再收取通勤班车费用。"
LEAVE = "柏溪机械厂声明，从未强制职工加班，也尚未批准任何停产申请。车间主任拒绝签署夜班协议。"
STRIKE = "港口集团叫停了外包裁员方案，并取消收取宿舍押金的做法。"
TWICE = "冬季来临，工厂不得不停产检修，工会不能不提高取暖补贴。车间无人机巡检启用，未来三年不断扩大招聘规模。"
TWIN = "网传“青禾县取消降温费”系谣言。青禾县总工会介绍，取消的是手写报表，基层每月少填三张表。"
REAL = "云岭市宣布，自明年1月起取消职工书屋押金，停发纸质优惠券，改发电子券。优惠券不得转让。"
OLD = "區總工會提醒，嚴禁以工會名義收取入會費。針對網傳「河濱區將取消食堂補貼」，區總工會稱該消息不實。"
WIDE = "省总工会通知，各级工会不得收取会员卡工本费１０元。"

REVERSED = [
    (ALLOWANCE, "云港市总工会12月1日取消高温津贴"),
    (ALLOWANCE, "云港市将取消高温津贴"),
    (ALLOWANCE, "高温津贴取消"),
    (LAYOFFS, "嘉禾集团裁员3000人 今年新招员工1200人"),
    (LAYOFFS, "嘉禾集团将裁员3000人"),
    (LAYOFFS, "嘉禾集团公布裁员计划"),
    (MILL, "临江纺织厂386名工人被辞退"),
    (MILL, "临江纺织厂停产检修 386名工人被辞退"),
    (CARD, "省总工会收取会员卡工本费"),
    (CARD, "各级工会向职工收取会员卡工本费"),
    (TRIPS, "各基层工会用会费组织旅游发放购物卡"),
    (TRIPS, "市总工会：各基层工会发放购物卡"),
    (TRIPS, "基层工会组织旅游"),
    (FEE, "榆林区总工会提醒收取入会费"),
    (FEE, "个人以工会名义收取入会费"),
    (BIRTHDAYS, "南城市工会将停发职工生日福利"),
    (BIRTHDAYS, "南城市总工会停发生日福利"),
    (CANTEEN, "河滨区将取消职工食堂补贴"),
    (CANTEEN, "区总工会取消职工食堂补贴"),
    (DUES, "省总工会：提高会费标准 按千分之五收取"),
    (DUES, "省总工会将提高会费标准"),
    (WAGES, "215名职工领取11月工资"),
    (WAGES, "215名职工如期领取11月工资"),
    (COURT, "12名司机赔偿货损46万元"),
    (PLAN, "公司收取通勤班车费用"),
    (LEAVE, "柏溪机械厂强制职工加班"),
    (LEAVE, "柏溪机械厂批准停产申请"),
    (LEAVE, "车间主任签署夜班协议"),
    (STRIKE, "港口集团外包裁员"),
    (STRIKE, "港口集团收取宿舍押金"),
    (TWIN, "青禾县取消降温费"),
    (REAL, "云岭市职工优惠券转让"),
    (OLD, "區總工會以工會名義收取入會費"),
    (OLD, "河濱區將取消食堂補貼"),
    (WIDE, "各级工会收取会员卡工本费１０元"),
]
TRUE = [
    (ALLOWANCE, "云港市总工会：取消高温津贴的消息不实"),
    (ALLOWANCE, "云港市辟谣取消高温津贴"),
    (ALLOWANCE, "云港市要取消高温津贴？假的"),
    (ALLOWANCE, "云港市高温津贴照常发放"),
    (LAYOFFS, "嘉禾集团没有裁员计划 今年新招员工1200人"),
    (LAYOFFS, "嘉禾集团回应裁员3000人"),
    (LAYOFFS, "嘉禾集团新招员工1200人"),
    (MILL, "临江纺织厂停产检修 无一人被辞退"),
    (MILL, "临江纺织厂386名工人没有一人被辞退"),
    (CARD, "不得收取会员卡工本费"),
    (CARD, "省总工会禁止收取会员卡工本费"),
    (CARD, "会员卡工本费月底前退还"),
    (TRIPS, "严禁用会费组织旅游发放购物卡"),
    (TRIPS, "市总工会划出会费使用红线：组织旅游、发放购物卡"),
    (FEE, "个人不得以工会名义收取入会费"),
    (FEE, "榆林区总工会提醒：谨防收取入会费"),
    (BIRTHDAYS, "南城市总工会辟谣停发生日福利"),
    (BIRTHDAYS, "南城市职工生日福利不会停发"),
    (CANTEEN, "河滨区食堂补贴继续发放"),
    (CANTEEN, "河滨区回应取消职工食堂补贴"),
    (DUES, "省总工会否认将提高会费标准"),
    (DUES, "会费仍按千分之五收取"),
    (WAGES, "215名职工未能领取11月工资"),
    (COURT, "法院驳回天舟物流公司要求12名司机赔偿46万元的诉讼请求"),
    (PLAN, "职代会否决食堂外包方案"),
    (PLAN, "公司不再收取通勤班车费用"),
    (LEAVE, "柏溪机械厂从未强制职工加班"),
    (STRIKE, "港口集团叫停外包裁员方案"),
    (STRIKE, "港口集团取消收取宿舍押金"),
    (TWICE, "工厂停产检修 提高取暖补贴"),
    (TWICE, "未来三年扩大招聘规模"),
    (TWICE, "车间无人机巡检启用"),
    (TWIN, "青禾县取消手写报表"),
    (REAL, "云岭市取消职工书屋押金"),
    (REAL, "云岭市停发纸质优惠券"),
    (REAL, "优惠券不得转让"),
    (OLD, "區總工會嚴禁收取入會費"),
    (OLD, "河濱區取消食堂補貼不實"),
    (WIDE, "各级工会不得收取会员卡工本费１０元"),
]


@pytest.mark.parametrize(("body", "headline"), REVERSED)
def test_the_reverse_is_refused(body: str, headline: str) -> None:
    found = checks(headline, body)
    assert found["negations_not_in_source"]
    assert not found["ok"]


@pytest.mark.parametrize(("body", "headline"), TRUE)
def test_what_keeps_the_denial_passes(body: str, headline: str) -> None:
    assert checks(headline, body)["negations_not_in_source"] == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("工会不影响发放补贴。", "发放补贴"),
        ("未签订合同的企业列入重点名单。", "企业列入重点名单"),
        ("若不改正将取消资格。", "取消资格"),
        ("不加班也发放全额工资。", "发放全额工资"),
        ("厂里不降薪而提高补贴。", "提高补贴"),
        ("严禁拒绝支付工资。", "支付工资"),
        ("据网友称，厂里取消押金，厂工会说情况属实。", "厂里取消押金"),
        ("避免裁员是工会的目标，集团仍在裁员。", "集团裁员"),
        ("公司不断提高工资，不少车间加班。", "提高工资 车间加班"),
        ("是否取消押金要看投票。", "取消押金"),
        ("工会不得收取费用……发放补贴300元。", "发放补贴300元"),
        ("厂里不降薪…发放补贴300元。", "发放补贴300元"),
        ("不允许任何企业拖欠工资，已追回工资320万元。", "追回拖欠工资320万元"),
        ("不允许任何企业克扣工资，已为32人补发工资。", "为32人补发被克扣工资"),
        ("公司违反不得强制加班的规定，被罚5万元。", "公司强制加班被罚5万元"),
        ("公司违反劳动法关于不得强制加班的规定，被罚5万元。", "公司强制加班被罚5万元"),
        ("网传云港市取消押金。经市总工会核实，押金确已取消。", "云港市取消押金"),
        ("网传云港市取消押金，市总工会证实了这一点。", "云港市取消押金"),
    ],
)
def test_a_negation_ends_where_its_clause_turns(body: str, said: str) -> None:
    assert dropped_denials(said, read_denials(body)) == []
    assert wrong_negations(said, read_source(body)) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("不允许任何企业拖欠工资，已追回工资320万元。", "企业拖欠工资"),
        ("违反规定者不得收取押金。", "收取押金"),
        ("网传云港市取消押金。经市总工会核实，该消息不实。", "云港市取消押金"),
        ("网传云港市取消押金，市总工会正在核实。", "云港市取消押金"),
        ("网传云港市取消押金，此事尚未证实。", "云港市取消押金"),
        ("不允许企业收取押金…", "企业收取押金"),
    ],
)
def test_what_is_forbidden_or_unconfirmed_is_not_said(body: str, said: str) -> None:
    assert dropped_denials(said, read_denials(body))


RISKS = "今年未发生一起因欠薪引发的群体性事件，市人社局共为2380名农民工追回工资3260万元。"
CLOSED = "即日起，区人社局不受理新增申请，已提交的1260份申请不受影响。"
LISTED = "市人社局表示，对拖欠386名农民工工资的三家企业不予列入信用修复名单。"
MOVED = [
    (RISKS, "今年未发生2380名农民工追回工资3260万元"),
    (RISKS, "2380名农民工未追回工资"),
    (CLOSED, "1260份申请不受理"),
    (CLOSED, "区人社局：1260份申请不受理"),
    (LISTED, "386名农民工不予列入信用修复"),
    (WAGES, "工会未介入215名职工工资"),
]
KEPT = [
    (RISKS, "今年未发生因欠薪引发的群体性事件"),
    (RISKS, "为2380名农民工追回工资3260万元 未发生群体性事件"),
    (CLOSED, "区人社局不受理新增申请"),
    (CLOSED, "1260份申请不受影响"),
    (LISTED, "三家企业不予列入信用修复名单"),
    (LISTED, "拖欠386名农民工工资 三家企业不予列入信用修复名单"),
    (WAGES, "215名职工未能领取工资"),
]


@pytest.mark.parametrize(("body", "headline"), MOVED)
def test_a_negation_stays_with_its_verb(body: str, headline: str) -> None:
    found = checks(headline, body)
    assert found["negations_not_in_source"]
    assert not found["ok"]


@pytest.mark.parametrize(("body", "headline"), KEPT)
def test_a_negation_that_stayed_passes(body: str, headline: str) -> None:
    assert checks(headline, body)["negations_not_in_source"] == []


def test_long_texts_take_their_length() -> None:
    pieces = (
        "不",
        "不得收取",
        "网传“取消”",
        "未能",
        "“不实”的消息",
        "没有一人被辞退，",
        "取消津贴系谣言。",
        "好不",
        "的说法",
        "1",
        "1,",
        "1,,",
    )
    for piece in pieces:
        started = time.process_time()
        told = read_source(piece * (200_000 // len(piece)))
        for summary in (
            "云港市将取消高温津贴",
            "收取" * 20_000,
            "不得收取取消" * 6_000,
            "不实的" * 13_000,
            "不取消" + piece * 20_000,
        ):
            dropped_denials(summary, told.stated)
            moved_denials(summary, told.stated)
        assert time.process_time() - started < 8, piece


@pytest.mark.parametrize("piece", ["1,", "1,,", "1", "1.", "1,1.", "1名", "不取消1,", "386名不"])
def test_a_summary_of_numbers_takes_its_length(piece: str) -> None:
    told = read_source("今年不取消一起，386名农民工不受理。").stated
    text = piece * (8_000 // len(piece))
    assert not grows_with_its_square(lambda summary: moved_denials(f"不取消{summary}", told), text)


@pytest.mark.parametrize(
    ("body", "never"),
    [
        (ALLOWANCE, ("总工会12月1日取消", "市取消高温津贴", "市将取消高温津贴")),
        (LAYOFFS, ("集团裁员3000人", "集团将裁员3000人")),
        (MILL, ("工人被辞退",)),
        (CARD, ("工会收取会员卡",)),
        (TRIPS, ("工会用会费组织旅游", "工会组织旅游")),
        (FEE, ("提醒收取入会费", "名义收取入会费")),
        (BIRTHDAYS, ("工会将停发", "工会停发")),
        (CANTEEN, ("区将取消", "区取消")),
        (DUES, ("省总工会：提高", "省总工会提高", "省总工会将提高")),
        (WAGES, ("职工领取", "如期领取")),
        (COURT, ("司机赔偿",)),
    ],
)
def test_the_shown_headline_does_not_say_the_reverse(body: str, never: tuple[str, ...]) -> None:
    shown = headline_of(body)
    denied = any(
        word in shown
        for word in ("不", "未", "没有", "无", "严禁", "禁止", "否认", "辟谣", "驳回", "回应", "的说法", "失实")
    )
    assert denied or not any(reverse in shown for reverse in never), shown


@pytest.mark.parametrize(
    ("body", "never"),
    [
        (COURT, ("驳回12名司机",)),
        (RISKS, ("未发生2380名", "农民工未追回", "未为2380名")),
        (CLOSED, ("1260份申请不受理", "不受理1260份")),
        (LISTED, ("农民工不予列入",)),
    ],
)
def test_the_shown_headline_denies_nothing_else(body: str, never: tuple[str, ...]) -> None:
    shown = headline_of(body)
    assert not any(reverse in shown for reverse in never), shown


def headline_of(body: str) -> str:
    return load_summarizer().summarize([Article(body=body)], "headline")[0].summary
