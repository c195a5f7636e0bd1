"""Short reports that a table belongs to: of a match, a prize-giving, a new timetable; and which reports a table fits.

Used by training/page_added.py and page_additions.py alone; all of it is invented. Kinds are those of training/page_tables.py.
Knows nothing of the rows.
"""

from __future__ import annotations

import re

from eval.page_press import Press

Lines = tuple[str, ...]

_REPORTS: dict[str, tuple[tuple[str, str], ...]] = {
    "scores": (
        ("主场三连胜，{place}队领跑",
         "昨晚的一场硬仗，{place}队靠最后一分钟的两次抢断反败为胜，"
         "三千多名观众久久不愿离场。赢下这一场，主队已经取得三连胜。"),
        ("厂际篮球赛战罢第{cother}轮",
         "厂际篮球赛昨天在灯光球场继续进行，四片场地同时开打。"
         "去年的冠军开局慢热，靠替补队员{name}连中远投才稳住阵脚。"),
        ("小球队掀翻老冠军",
         "谁也没想到，成立不到一年的{place}队昨天把老牌冠军拉下了马。"
         "教练{name}赛后说，队员白天上班，晚上练球，靠的是一股劲。"),
        ("联赛烽火再起 新军首战告捷",
         "停了两个月的职工联赛昨天重新开赛。"
         "升入甲级的{place}队派出全部主力，上半场就把比分拉开，最后轻松取胜。"),
    ),
    "medals": (
        ("东道主后来居上",
         "今天是比赛的第{cother}天，共决出十多枚金牌。"
         "东道主选手在水上项目中连连得手，奖牌数跃居首位，昨天领先的代表团退到第三。"),
        ("一日七金，{place}健儿显身手",
         "昨天的赛场属于{place}选手。从早上的竞走到傍晚的举重，"
         "他们一天拿下七金，老将{name}还改写了自己保持的纪录。"),
        ("夺牌战进入尾声", "还有一天就要闭幕，各代表团的名次大体已定。田径赛场今天只剩三项决赛，悬念留给了压轴的接力赛。"),
    ),
    "points": (
        ("运动会落幕 机关队捧杯",
         "为期三天的运动会昨天落幕，{big}名运动员参加了{n}个项目的角逐。"
         "开赛前不被看好的机关队靠集体项目得分，最后捧走了奖杯。"),
        ("半程总结：差距只有几分",
         "劳动竞赛过半，各参赛单位你追我赶，头几名的差距只有几分。"
         "竞赛办公室负责人{name}说，下半程要加上安全和节约两项内容。"),
        ("考评结果出炉", "上季度的综合考评昨天公布。考评组看台账、查现场、访群众，共走访{n}个点位，评分全部张榜公开。"),
    ),
    "winners": (
        ("技能比武分出高下",
         "全市职工技能比武昨天结束，{big}名选手先笔试、后上机，"
         "有{n}人进入最后一轮。评委{name}说，今年的选手平均年龄比上届小了四岁。"),
        ("征文揭晓 一线作者占七成",
         "历时半年的征文活动揭晓。组委会共收到来稿{big}篇，"
         "作者中有矿工、司机、护士，也有退休老人。获奖作品将结集出版。"),
        ("新一届“巧手”诞生",
         "台上飞针走线，台下掌声不断。昨天，{place}的巧手大赛在工人文化宫举行，"
         "最年长的选手{age}岁，最小的只有十六岁。"),
    ),
    "ranks": (
        ("三项纪录一天改写",
         "今天的田径场上风和日丽，选手们跑出了好成绩，"
         "三项保持多年的纪录先后改写。送货员{name}第一次参赛就站上了领奖台。"),
        ("全员运动日：人人有项目",
         "昨天的操场上没有看客，从班长到学徒，人人报了项目。"
         "几场决赛一直比到天黑，汽车灯照着跑道，大家为最后一名鼓掌。"),
        ("农民运动会：挑担也能得金牌",
         "挑担、插秧、抱西瓜，都是正式项目。昨天的农民运动会引来上万名观众，孩子们爬到树上为自己的父亲加油。"),
    ),
    "roll": (
        ("一批先进个人受表彰",
         "在昨天的大会上，一批在平凡岗位上做出成绩的职工受到表扬。"
         "{name}代表他们发言，说得最多的一句是“这是我该做的”。"),
        ("爱心捐款陆续到账",
         "连日来，各单位职工为患病工友{name}捐款，"
         "有的一次拿出半月工资，有的不肯留名。工会已把首批款项送到医院。"),
        ("首批学员结业", "三个月的脱产培训结束，首批{n}名学员昨天拿到结业证，其中多数人回到原单位当了教员。"),
    ),
    "schedule": (
        ("文化周今天开幕",
         "一年一度的文化周今天开幕，为期十天，全部活动免费开放。主办方提醒市民错开高峰，带孩子的要看管好孩子。"),
        ("送戏下乡，今年先到山里",
         "{place}剧团今年的下乡演出从本周开始，头几场安排在路最远的几个村。"
         "团长{name}说，有多少观众都照样唱足两个钟头。"),
        ("比赛日程排定", "本届比赛的日程昨天排定，共有{n}支队伍报名，分两个阶段进行。凭工作证可到各单位工会领取入场券。"),
    ),
    "prices": (
        ("菜价稳中有落",
         "本周天气晴好，各地蔬菜大量上市，批发市场的价格普遍回落，"
         "只有几样细菜因为产地下雨略有上涨。摊主{name}说，买的人比上周多了。"),
        ("节前市场货足价平",
         "节日将近，记者昨天走访了三家市场，货架摆得满满当当，鱼肉禽蛋都不缺。商务部门说，储备足够供应到节后。"),
        ("粮油行情平稳", "新粮上市一月有余，收购点前排起了长队。粮站提醒农户，晒干扬净再卖，不要急着出手。"),
    ),
    "buses": (
        ("公交夜班车加密",
         "从下周起，市内几条线路的夜班车将加密班次，方便下中班的工人回家。"
         "公交公司调度员{name}说，人多的站点会加派专人。"),
        ("{place}客运站班次有变",
         "因为修路，{place}客运站的部分班车从明天起改道，发车时间也有变动。已经买了票的旅客可以免费改签。"),
        ("几条线路改走新桥",
         "新桥通车以后，城里几条公交线路从下周起改走桥上，首末班时间也略有变动。"
         "调度员{name}请乘客留意站牌上的告示。"),
        ("枯水期渡轮改点", "江水连日下降，渡轮公司决定改动开航时间，大车暂不载运。遇到大雾，当日航班停开，另行公告。"),
    ),
    "answers": (
        ("知识竞赛答题结束",
         "本报举办的知识竞赛答题已经结束，共收到答卷{big}份。全部答对的有{n}人，奖品将从邮局寄出，请留意查收。"),
        ("上期趣题揭晓", "上期的趣题引来不少读者动脑，有人还寄来了三种解法。答得最快的是{place}的{name}，用了不到十分钟。"),
    ),
}  # fmt: skip
"""Headline and opening paragraph."""
_LASTS: dict[str, Lines] = {
    "scores": ("下一轮比赛将在周末进行。", "明晚，两队还将再次交手。", "联赛下周休战一轮。"),
    "medals": ("明天还将决出最后几枚金牌。", "闭幕式定于后天举行。", "女子长跑的颁奖仪式推迟到今天上午。"),
    "points": ("获奖单位将在年底受到表彰。", "下一届仍在这里举行。", "排名靠后的单位表示，明年再来。"),
    "winners": ("颁奖会下月举行。", "前三名将代表全市参加省里的决赛。", "获奖者每人还得到一套工具。"),
    "ranks": ("比赛明天继续进行。", "选手们相约明年再比。", "成绩已报省里备案。"),
    "roll": ("名单公示五天，有意见可向工会反映。", "大会号召全体职工向他们学习。"),
    "schedule": ("如遇下雨，时间顺延。", "具体安排如有变动，以现场通知为准。"),
    "prices": ("预计下周价格变化不大。", "物价部门提醒，遇有缺斤少两可当场投诉。"),
    "buses": ("其余线路不变。", "恢复时间另行通知。"),
    "answers": ("下期题目将在月底刊出。", "感谢读者的支持。"),
}  # fmt: skip
_FITS: dict[str, re.Pattern[str]] = {
    "scores": re.compile("联赛|球赛|球队|主场|球迷"),
    "medals": re.compile("金牌|运动会|奖牌"),
    "points": re.compile("运动会|竞赛|评比|考评"),
    "winners": re.compile("大赛|比武|技能竞赛|征文|获奖"),
    "ranks": re.compile("田径|运动会|长跑|赛跑"),
    "roll": re.compile("表彰|先进|捐款|受表扬"),
    "schedule": re.compile("文化节|演出|活动将|展览|讲座"),
    "prices": re.compile("价格|菜价|行情|涨价"),
    "buses": re.compile("公交|班车|班次|客运|线路"),
}
_SLOTS = ("{place}", "{name}", "{n}", "{big}", "{age}", "{cother}")
_TWICE = 2
"""Words of a kind that a text has, for a table of that kind to fit."""


def write_report(press: Press, kind: str) -> tuple[str, str, str]:
    """Headline, opening paragraph and last paragraph of a report that has a table of this kind."""
    headline, lead = press.draw(_REPORTS[kind])
    for slot in _SLOTS:  # what headline and text both name is one
        value = press.fill(slot)
        headline, lead = headline.replace(slot, value), lead.replace(slot, value)
    return headline, lead, press.say(_LASTS[kind])


def fitting(text: str) -> Lines:
    """The kinds of tables that a report of this text could have."""
    return tuple(kind for kind, words in _FITS.items() if len(words.findall(text)) >= _TWICE)
