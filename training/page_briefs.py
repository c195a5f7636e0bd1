"""News of two or three lines with a short headline, as papers set it in a row: invented from parts.

Used by training/page_added.py alone; all units and events are invented. Headline and text say the same thing. Knows
nothing of where an item stands.
"""

from __future__ import annotations

from eval.page_press import Press
from training.page_places import fill

Lines = tuple[str, ...]

_WHO: dict[str, Lines] = {
    "w": ("{place}厂", "{place}矿", "{place}公司", "{place}港", "{place}机务段", "{place}纺织厂", "{place}供电所", "{place}粮库"),
    "g": ("{place}县", "{place}镇", "{place}市", "{place}乡", "{place}街道", "{place}新区"),
    "b": ("{place}总工会", "市残联", "团市委", "县妇联", "市红十字会", "县文化馆", "市图书馆"),
    "s": ("{place}税务所", "{place}法院", "{place}派出所", "{place}供电所", "{place}医院", "{place}车务段"),
    "r": ("{place}农场", "{place}镇", "{place}乡", "{place}县"),
    "l": ("市图书馆", "县文化馆", "{place}图书馆"),
    "f": ("{place}林场", "{place}派出所", "{place}水文站"),
    "m": ("{place}医院", "市红十字会", "{place}社区卫生站"),
}  # fmt: skip
"""Works, governments, bodies, services, the country, libraries, who is outdoors, who heals."""
_DID: tuple[tuple[str, str, str], ...] = (
    ("bw", "开办夜校", "面向青年职工的夜校开班，开设电工、会计和外语三门课，首批{n}人报名"),
    ("wgbs", "义务植树{big}株", "组织职工利用星期天上山植树，共栽下松柏{big}株，由各科室分片管护"),
    ("bl", "赠书下乡", "把{big}册图书送到{n}个村的图书室，其中多半是农业科技方面的新书"),
    ("m", "免费查视力", "请来眼科医生，为{big}名学生检查视力，建立了档案，对近视的学生逐一提醒"),
    ("g", "拆除违章棚屋", "对沿河的违章棚屋进行清理，共拆除{n}处，腾出的空地将种上草木"),
    ("gs", "公布投诉号码", "向社会公布新的投诉号码，承诺接到反映后三天内答复，节假日不休息"),
    ("g", "修通断头路", "投资{big}万元修通的道路已经通车，附近居民上班可少绕{few}里"),
    ("gs", "推行一次告知", "把办事要带的材料印成卡片，窗口一次说清，避免群众来回跑"),
    ("bw", "慰问高温岗位", "派人带着绿豆汤和毛巾到炉前、工地慰问，共看望职工{big}人次"),
    ("g", "查获假种子", "会同有关部门突击检查，查获没有标签的种子{big}公斤，已全部封存"),
    ("wgb", "举办象棋赛", "举办象棋比赛，来自{n}个单位的棋手下了{few}轮，{name}夺得第一名"),
    ("b", "发放助学金", "为{n}名今年上大学的清寒子弟发放助学金，每人{big}元"),
    ("wb", "试行弹性上班", "在部分科室试行弹性上班，家中有幼儿的女工可晚到一小时"),
    ("w", "改造锅炉", "对{few}台旧锅炉进行改造，预计每年可省煤{big}吨，烟尘也将大为减少"),
    ("rg", "招聘农技员", "公开招聘农技员{n}名，不限户籍，报名到月底为止"),
    ("g", "抢修水毁路段", "调集机械抢修被洪水冲坏的路段，目前已恢复单边通车，大车仍需绕行"),
    ("m", "清退多收费用", "对收费情况进行自查，把多收的{big}元退还给了{n}户居民"),
    ("w", "建成母子室", "在车间旁边建成母子休息室，配有冰箱和沙发，哺乳期的女工很满意"),
    ("w", "评出金牌师徒", "评出{y}对金牌师徒，其中{few}对是父子，每对奖励{big}元"),
    ("g", "处置噪声扰民", "约谈了夜间施工的{few}家单位，要求晚上十点以后一律停工"),
    ("l", "延长借阅时间", "宣布，下月起阅览时间改到夜里九点半为止，双休日照常开放"),
    ("w", "晒出伙食账", "开始每月张贴食堂的进货单和菜价，由职工代表轮流查账"),
    ("gs", "开展反诈宣传", "到广场和车站开展防骗宣传，用真实案例提醒老人不要轻信来电"),
    ("r", "完成秋收", "{big}亩晚稻已经收割完毕，平均亩产比去年多{n}斤"),
    ("bw", "为老人理发", "组织志愿者到敬老院，给老人理发、剪指甲、拆洗被褥"),
    ("gs", "启用新大厅", "启用新的办事大厅，{n}个窗口全部敞开，取消午休停办"),
    ("w", "组队参加省赛", "选出{y}名选手，下月代表全市参加省里的技能比武，目前正在集训"),
    ("g", "减免小店租金", "为{n}家受修路影响的小店减免两个月租金，共计{big}元"),
    ("f", "救助受伤白鹭", "接到村民报告后赶去，救起一只翅膀受伤的白鹭，养好以后放回河边"),
    ("g", "查处超载货车", "夜间设卡检查，{n}辆超载货车被责令卸货，司机受到处罚"),
)  # fmt: skip
"""Who does so, what the headline says, and what the text goes on with after the name."""
_WHEN: Lines = (
    "日前，",
    "最近，",
    "近日，",
    "{m}月{d}日，",
    "本月{d}日，",
    "昨天，",
    "上周，",
    "",
    "",
    "前天，",
    "本周，",
)
_MORE: Lines = (
    "", "", "", "这是今年的第{few}次。", "据悉，这在当地还是头一回。", "此举受到欢迎。", "群众反映良好。",
    "这项做法将在全系统推开。",
    "有关部门将定期回访。", "记者昨天从有关方面得到了证实。", "有关人士认为，这个办法值得一试。",
)  # fmt: skip
_SIGNED: Lines = ("（{name}）", "（{Name}）", "（{name}报）")


def write_items(press: Press, n: int) -> list[tuple[str, str]]:
    """Headlines and texts of `n` items; all or none of them end with a name."""
    signed, dated = press.chance(0.3), press.chance(0.7)
    items, units = [], set[str]()
    for kinds, short, told in press.rng.sample(_DID, n):
        pool = [unit for unit in _WHO[press.draw(kinds)] if unit not in units]
        units.add(name := press.draw(pool or _WHO["g"]))
        unit = fill(name, press)
        numbers = {slot: press.fill(f"{{{slot}}}") for slot in ("n", "y", "big")} | {"few": press.draw("二三四五六")}
        for slot, value in numbers.items():  # a number that both say is one
            short, told = short.replace(f"{{{slot}}}", value, 1), told.replace(f"{{{slot}}}", value, 1)
        when = press.say(_WHEN) if dated else ""
        more = press.draw(_MORE).replace("{few}", press.draw("二三四五六"))
        text = press.fill(when + unit + told + "。" + more) + (press.say(_SIGNED) if signed else "")
        items.append((press.fill(unit + short if press.chance(0.7) else short), text))
    return items
