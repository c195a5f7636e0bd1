"""Two ways to say a piece of news: a pithy line (`把课堂搬进渡口`) and a plain fact (`全市河道清淤现场会召开`), from parts.

Where two plain lines stand above a text, which is kicker, headline or deck is told by that: the pithy line is the headline,
a fact above it its kicker, a fact below it its deck. Used by training/page_structures.py alone; every part is invented.
"""

from __future__ import annotations

from collections.abc import Callable

from eval.page_press import Press

Lines = tuple[str, ...]

_THINGS: Lines = (
    "课堂", "诊室", "账本", "窗口", "会场", "讲台", "调解桌", "食堂", "工具箱", "图书角", "提案", "论文", "图纸", "种子",
    "好事", "难题", "茶桌", "托管班", "体检车", "考场", "招聘摊", "样板间", "服务台", "法庭", "琴房", "浴室", "充电柜",
    "心愿", "规矩", "手艺",
)  # fmt: skip
_PUTS: Lines = (
    "搬进", "搬到", "送到", "办在", "写在", "种在", "开到", "装进", "摆上", "请进", "挂上", "留在", "做到", "带到",
)  # fmt: skip
_SPOTS: Lines = (
    "工地", "田埂", "渡口", "家门口", "机床边", "心坎上", "桥洞下", "楼道里", "夜班岗亭", "炉火旁", "船舱", "站台",
    "井口", "山梁", "集市", "电梯口", "云端", "茶园", "指尖", "后厨", "操场", "塔吊下", "货车旁", "村头", "车厢",
    "雪线上", "晒谷场", "老厂房",
)  # fmt: skip
_ONE: Lines = (
    "一盏灯", "一把扳手", "一张饭票", "一本台账", "一条旧街", "一碗热汤", "一颗螺丝", "一座小站", "一根扁担", "一封回信",
    "一只保温桶", "一块黑板", "一台老车床", "一声汽笛", "一扇窗", "一双胶鞋", "一枚图章", "一袋种子", "一把剪刀",
    "一段下坡路", "一杯凉茶", "一个工位", "两张床", "三道闸门", "半亩园子", "四十级台阶",
)  # fmt: skip
_OF: Lines = (
    "三十年", "身份", "旅程", "新算法", "告别", "背后", "分量", "春天", "体检", "接力", "下半场", "温度", "回声", "两头",
    "早晨", "学问", "去处", "账", "底气", "难处", "远行", "约定", "牵挂", "加减法", "重生", "远亲近邻", "第二春", "脾气",
    "规矩", "味道",
)  # fmt: skip
_NICKS: Lines = (
    "活地图", "铁算盘", "点灯人", "娘家嫂子", "小管家", "土专家", "女当家", "背篓队", "老把头", "夜猫子", "门外汉",
    "急先锋", "慢郎中", "传声筒", "百事通", "顺风耳", "挑刺员", "领头雁", "老黄牛", "快手哥", "编外队长", "补锅匠",
    "摆渡姐", "钢铁裁缝", "云端绣娘", "听风者",
)  # fmt: skip
_DOES: Lines = (
    "上岗了", "进村来", "出师记", "的一天", "带徒弟", "退休前夜", "不服老", "又回来了", "搬新家", "是怎样炼成的",
    "练成了", "有了接班人", "走红之后", "站上领奖台", "碰上新难题", "学会了说不", "值不值", "多起来", "不下班", "算细账",
    "开讲啦", "串门去",
)  # fmt: skip
_PAIRS: tuple[tuple[str, str], ...] = (
    ("等活", "挑活"), ("跑断腿", "动动手"), ("单打独斗", "抱团过河"), ("看天吃饭", "看数下田"), ("扛着干", "看着干"),
    ("要我学", "我要学"), ("出力气", "出主意"), ("黑脸", "笑脸"), ("门外", "圈里"), ("生面孔", "自家人"),
    ("旧图纸", "新蓝图"), ("慢火车", "快日子"), ("坐等", "上门"), ("各扫门前雪", "同栽一棵树"), ("老伙计", "新搭档"),
    ("没人管", "抢着管"), ("绕道走", "顺路来"), ("一阵风", "四季歌"), ("背篓", "冷链车"), ("工棚", "公寓"),
    ("学徒", "先生"), ("荒滩", "粮仓"), ("堵点", "看点"), ("纸上", "地上"), ("独唱", "合唱"), ("补丁", "样板"),
)  # fmt: skip
_WHOSE: Lines = (
    "流汗的人", "手艺", "老设备", "数据", "小店", "年轻人", "夜班工友", "好点子", "老街", "沉默的人", "证书",
    "奶奶的灶台", "慢功夫",
)  # fmt: skip
_GAINS: Lines = (
    "有奔头", "多跑路", "开口说话", "站到台前", "喝上热水", "留得下来", "有处歇脚", "被看见", "接着活", "不吃亏",
    "变成真本事", "走得更远",
)  # fmt: skip
_ASKED: Lines = (
    "加班饭谁来管", "这笔补贴该找谁", "师傅去哪儿了", "老房子怎么留", "手艺还有人学吗", "试用期到底多长",
    "谁在为夜路点灯", "为何总差一张表", "车停哪儿", "一碗面凭什么涨价", "暖气为啥不暖", "证书越多越好吗", "平台该不该管",
    "旧衣服去了哪里", "孩子放学谁来接", "这趟车还开不开", "押金怎么退", "能不能少开一个会", "谁动了我的工龄",
    "水为什么绕道走",
)  # fmt: skip
_HALVES: tuple[tuple[str, str], ...] = (
    ("抓早抓小", "守住底线"), ("心里有数", "手上有招"), ("听得进去", "改得出来"), ("定了就干", "干就干好"),
    ("下足细功夫", "守好大民生"), ("一头连车间", "一头连课堂"), ("白天巡渠", "夜里算账"), ("挺得直腰", "弯得下身"),
    ("少一点套话", "多一点实招"), ("眼睛向下", "脚步向前"), ("雨来之前", "人在堤上"), ("天再冷", "水要热"),
    ("一边修路", "一边修心"), ("旧瓦不拆", "新客自来"), ("宁可备而不用", "不可用时无备"), ("先把话说开", "再把事办成"),
    ("路通了", "心宽了"), ("线上下单", "桥下取货"), ("手把手教", "心贴心帮"), ("灯不灭", "人不散"),
)  # fmt: skip
_WHEN: Lines = (
    "凌晨两点", "凌晨三点", "凌晨四点", "凌晨五点", "零下{y}度", "海拔{big}米", "离地{n}米", "{n}平方米", "雨夜", "正月里",
    "霜降之后", "最后一班", "井下{big}米", "{n}次往返",
)  # fmt: skip
_WHERE: Lines = (
    "码头", "调度台", "分拣线", "早点铺", "站台", "手术灯", "炉台", "菜场", "渡口", "值班室", "理发摊", "书屋", "琴声",
    "检修坑", "塔吊", "课桌", "豆腐坊", "桥墩", "灯光", "守望",
)  # fmt: skip
_SCOPES: Lines = (
    "全省", "全市", "全县", "我市", "我县", "{place}市", "{place}县", "{place}集团", "{place}市总工会", "{place}县委",
    "{place}市教育局", "本市", "省总工会", "市人社局", "我校", "我院", "全区", "全行业", "{place}开发区", "{place}矿区",
    "全国", "{place}市政协", "市法院", "公司", "{place}四县",
)  # fmt: skip
_MATTERS: Lines = (
    "产业工人培养", "春季护林", "冬季安全生产", "青年人才引进", "秋粮收储", "营商环境优化", "河道清淤", "医保经办服务",
    "校园供餐", "老旧管网更新", "防汛备汛", "职工阅读", "工资集体协商", "机关作风建设", "道路扬尘治理", "乡村教师支持",
    "科技特派", "快递进村", "欠薪治理", "夜间公交", "基层工会组织建设", "职业病防治", "技能等级认定", "工地用餐管理",
    "零工市场建设", "渔船避风", "城乡供水", "小微企业纾困", "托育服务", "垃圾分类",
)  # fmt: skip
_MEETINGS: Lines = (
    "推进会", "现场会", "座谈会", "调度会", "专题会议", "工作例会", "启动仪式", "评审会", "发布会", "交流会", "动员会",
    "培训班", "联席会议", "观摩活动",
)  # fmt: skip
_HELD: Lines = (
    "召开", "举行", "在{place}召开", "在{place}举行", "落幕", "强调", "提出", "要求", "指出", "明确", "透露", "上强调",
    "上传出消息", "",
)  # fmt: skip
_DONE: Lines = (
    "出台{n}条措施", "印发三年方案", "发布首份清单", "试点满一年", "答复{n}件提案", "公布名单", "启动新一轮评估",
    "投入{big}万元", "抽查{n}家单位", "办结投诉{big}件", "完成{n}个点位", "向社会征求意见", "进入验收阶段",
    "收到{n}份建议", "今年新增{n}处", "开展{n}天专项行动",
)  # fmt: skip
_COUNTED: Lines = (
    "{n}户居民下月搬回新房", "{big}名工友受益", "首批{n}人领到证书", "每年可省电费{n}万元", "{n}家企业参与",
    "工期比计划提前{y}天", "最高可领补贴{big}元", "办理时限由{n}天缩短到{y}天", "三年跑了{big}个来回", "平均年龄{age}岁",
    "累计服务{big}人次", "明年起在全市推开", "月底前全部完工", "超过{n}%的受访者表示支持", "{place}等{y}个镇先行",
    "涉及{n}条线路", "收费标准不变", "由{y}家医院联合承担", "不少人当天就拿到了钱", "{age}岁的他决定再干一年",
    "已有{n}名学员结业", "厂方答应换掉{n}台旧机器", "专家建议尽早检查", "部门表示将跟踪处理",
)  # fmt: skip
_PLACES: Lines = (
    "{place}县", "{place}市", "{place}镇", "{place}县总工会", "{place}集团工会", "{place}市教育局", "{place}段",
    "{place}公司", "{place}街道", "{place}区检察院", "{place}市人社局", "{place}厂", "{place}大学工会",
    "{place}省{place}市", "{place}港务局", "{place}村",
)  # fmt: skip


def pithy(press: Press) -> str:
    """A line that says no plain fact, never cut out of running text: a clause on its own is a fragment."""
    draw = press.draw
    makers: tuple[Callable[[], str], ...] = (
        lambda: f"把{draw(_THINGS)}{draw(_PUTS)}{draw(_SPOTS)}",
        lambda: f"{draw(_ONE)}的{draw(_OF)}",
        lambda: f"“{draw(_NICKS)}”{draw(_DOES)}",
        lambda: "从“{}”到“{}”".format(*draw(_PAIRS)),
        lambda: f"让{draw(_WHOSE)}{draw(_GAINS)}",
        lambda: draw(_ASKED) + draw(("？", "？", "")),
        lambda: draw((" ", "　", "，")).join(draw(_HALVES)),
        lambda: f"{press.say(_WHEN)}的{draw(_WHERE)}",
        lambda: f"{draw(_SPOTS)}来了“{draw(_NICKS)}”",
        lambda: f"“{draw(_ONE)}{draw(('，', '，也是', '换来'))}{draw(_ONE)}”",
    )
    return draw(makers)()


def fact(press: Press) -> str:
    """What was held, issued or done, by whom."""
    who, matter = press.say(_SCOPES), press.draw(_MATTERS)
    if press.chance(0.6):
        return f"{who}{matter}{press.draw(_MEETINGS)}{press.say(_HELD)}"
    return f"{who}{matter}{press.draw(('', '工作', '　'))}{press.say(_DONE)}"


def count(press: Press) -> str:
    """A further fact, mostly with a number: what a deck adds."""
    line = press.say(_COUNTED)
    return line + press.draw(("，", "　", " ")) + press.say(_COUNTED) if press.chance(0.25) else line


def place(press: Press) -> str:
    """A unit or a place alone above the headline."""
    return press.say(_PLACES)


def two_lines(press: Press) -> Lines:
    """A kicker of two lines: halves of one sentence, two facts, or a pair with a dash at its end."""
    kind = press.rng.random()
    if kind < 0.3:
        first, second = press.draw(_PAIRS)
        return (f"从“{first}”到“{second}”，", f"看{press.say(_SCOPES)}{press.draw(_MATTERS)}怎么做")
    if kind < 0.6:
        return (fact(press) + press.draw(("", "，")), count(press) + press.draw(("", "——", "——", "：")))
    if kind < 0.8:
        first, second = press.draw(_HALVES)
        return (first + press.draw(("", "，")), second + press.draw(("", "——", "")))
    return (
        pithy(press),
        press.draw(("——", ""))
        + press.say(_SCOPES)
        + press.draw(_MATTERS)
        + press.draw(("纪实", "一年间", "观察", "见闻")),
    )
