"""What `eval speed` reads: a file of articles, or invented news of the usual lengths.

Speed depends on how long texts are and, where a cascade reads, on how often they are about a topic at all. So the invented
articles have the lengths of short news (60 to 450 characters) and one in five is a trade union's matter, as in the news.
Their places and people do not exist. They are good for measuring time and for nothing else: quality is measured on a set.
"""

from __future__ import annotations

import random
from pathlib import Path

from models.article import Article
from models.errors import BadInput

UNION_SHARE = 0.2
CHARS = (60, 450)
COUNT = 400
"""Invented articles."""
_PLACES = ["青禾县", "河滨新区", "澄江市", "云岭县", "南屏镇", "石桥街道", "白鹭湾", "柳川市", "东湾港", "松原岭"]
_SURNAMES = "唐陆祁苗邵温焦柳梅岳顾沈韩彭姚钱范贺龚樊"
_GIVEN = [
    "知远",
    "晚晴",
    "大山",
    "一帆",
    "如玉",
    "向阳",
    "映雪",
    "清和",
    "平川",
    "秋实",
    "文博",
    "怀瑾",
    "若兰",
    "景行",
]

Subject = tuple[str, tuple[str, ...]]
UNION: tuple[Subject, ...] = (
    ("{place}总工会为{n}名务工者追回欠薪", (
        "经过{m}天的调解，{n}名木工和瓦工拿回了被拖欠的工资。",
        "法律援助律师{name}说，考勤表和转账记录是最要紧的证据。",
        "县总工会与人社、住建部门约谈了总承包单位，要求当场签下付款计划。",
        "调解室就设在工地旁的板房里，晚上也有人值班。",
        "今后，各标段的工资专用账户将每月公示一次，接受职工代表监督。",
    )),
    ("{place}职业技能竞赛开赛 {n}名选手同台", (
        "比赛设电焊、钳工、养老护理等{m}个项目，理论占三成，实操占七成。",
        "裁判长{name}介绍，本届增加了数控机床的故障排除题。",
        "获得第一名的选手将被推荐为技术能手，并晋升一级职业资格。",
        "赛场外搭起了观摩台，{n}名职校学生带着笔记本来看师傅们的手法。",
        "各代表队赛前集训了{m}周，老师傅把绝活录成短片带徒弟练。",
    )),
    ("会员服务“指尖办” {place}上线新平台", (
        "新上线的小程序把入会、互助保障、法律咨询等{m}项业务放进了手机。",
        "平台负责人{name}说，过去要跑三个窗口的事，现在平均{m}分钟办完。",
        "系统接入了实名数据，{n}名会员不必再重复填表。",
        "年纪大的会员可以拨打热线，由值班员代为填写。",
        "下一步，平台将开放给快递站点和货运场站，方便新就业群体入会。",
    )),
    ("高温里送清凉 {place}慰问一线职工", (
        "工会干部给{n}名环卫工人送去绿豆汤、毛巾和防暑药品。",
        "爱心驿站里有冰箱、微波炉和急救箱，每天开放{m}个小时。",
        "心理咨询师{name}给职工讲了怎样在倒班之后睡好觉。",
        "单位还为女职工安排了一次免费体检，结果由医生当面解释。",
        "慰问组提醒各班组避开正午作业，把高温津贴按月发到人。",
    )),
)  # fmt: skip
OTHERS: tuple[Subject, ...] = (
    ("{place}大桥合龙 全长{n}米", (
        "昨天上午，最后一块钢箱梁缓缓落位，大桥实现合龙。",
        "项目总工程师{name}说，合龙误差控制在{m}毫米以内。",
        "大桥为双塔斜拉桥，设双向六车道，预计明年通车。",
        "通车后，两岸之间的车程将由四十分钟缩短到{m}分钟。",
        "施工期间江面没有断航，过往船只由海事艇引导。",
    )),
    ("{place}夏粮丰收 亩产增{m}公斤", (
        "连日来，{n}台联合收割机在田间来回作业，麦收接近尾声。",
        "种粮大户{name}今年流转了{n}亩地，卖粮款已经到账。",
        "农技站推广的节水品种抗倒伏，雨后也没有减产。",
        "粮库把收购窗口延长到夜里十点，农户排队不超过半小时。",
        "收割之后，地里将接着播种玉米和大豆，实行轮作。",
    )),
    ("{place}队主场{m}比1取胜", (
        "下半场开场不久，前锋{name}接角球头球破门。",
        "客队随后换上两名中场加强反击，但射门被门将没收。",
        "全场{n}名观众起立鼓掌，歌声一直唱到终场哨响。",
        "主教练在发布会上说，球队的体能比上个月好得多。",
        "本轮过后，主队积{m}分，排名升到第三。",
    )),
    ("{place}博物馆展出新出土瓷器", (
        "展览共展出{n}件文物，其中{m}件是首次公开。",
        "策展人{name}介绍，这批青瓷出自一处宋代窑址。",
        "观众可以在触摸屏上把碎片拼成完整的器物。",
        "周末加开夜场，讲解员会演示拓片的做法。",
        "博物馆提醒，参观须提前一天预约，现场不再发票。",
    )),
    ("冷空气将至 {place}最低{m}度", (
        "气象台预计，未来三天有一次大风降温过程，阵风可达七级。",
        "首席预报员{name}说，山区早晨会有霜冻和道路结冰。",
        "交通部门备好了{n}吨融雪剂，夜间加派巡查车。",
        "蔬菜基地给大棚加盖了草帘，菜价暂时没有波动。",
        "市民出行请留意公交线路的临时调整。",
    )),
    ("{place}发布新规 规范网约车停靠", (
        "新规划定了{n}处即停即走的上下客点，超时将被提醒。",
        "交通运输局{name}表示，机场和车站先行试点{m}个月。",
        "平台公司须把停靠点标在地图上，不得诱导绕行。",
        "有市民担心早高峰会更堵，主管部门说将按流量调整。",
        "首周共劝离违停车辆{n}辆，没有开出罚单。",
    )),
    ("{place}一季度进出口增长{m}%", (
        "海关统计显示，机电产品出口占了一半以上，增速居前。",
        "外贸公司经理{name}说，订单已经排到第三季度。",
        "港口新开了{m}条近洋航线，集装箱吞吐量达{n}万标箱。",
        "银行推出了汇率避险产品，帮小企业锁定成本。",
        "分析人士认为，下半年外需仍有不确定性。",
    )),
    ("科研人员在{place}发现苔藓新种", (
        "这种苔藓生长在海拔{n}米的湿润岩壁上，叶尖呈银白色。",
        "论文第一作者{name}说，他们前后采样{m}次才确认。",
        "基因测序表明，它与已知近缘种在很久以前就分开了。",
        "保护区已把这片岩壁划为核心区，游客步道将改线。",
        "标本现存于植物研究所，供各国同行查阅。",
    )),
    ("{place}老旧小区改造完工", (
        "{n}户居民用上了新电梯，楼道的管线全部入了墙。",
        "居民{name}说，以前提着菜上六楼要歇三次。",
        "小区空地改成了停车场和口袋公园，添了{m}盏路灯。",
        "改造费用由财政、产权单位和住户按比例分担。",
        "街道承诺，保修期内报修两小时到场。",
    )),
    ("{place}举行消防演练", (
        "演练模拟商场三层起火，{n}人在{m}分钟内疏散完毕。",
        "消防救援站站长{name}讲评时指出，有两处通道堆了杂物。",
        "无人机在空中照明，水带从地下车库铺到屋顶。",
        "商户代表现场学习了灭火毯和消火栓的用法。",
        "类似的演练今年还将在学校和养老院举行。",
    )),
    ("{place}音乐节周末开幕", (
        "来自各地的{n}支乐队将在湖边草坪轮流登台。",
        "音乐总监{name}说，今年一半曲目是第一次公演。",
        "主办方设了接驳巴士，末班车开到晚上十一点。",
        "摊位不提供一次性塑料杯，观众可以自带水壶。",
        "若遇雷雨，演出将移到{m}公里外的体育馆。",
    )),
)  # fmt: skip


def read_texts(data: Path | None, split: str | None = None, count: int = COUNT) -> list[Article]:
    """At most `count` articles with a body: evenly out of a file, else invented. Raises BadInput when it holds none."""
    if data is None:
        return invent(count)
    from eval.sets import read_dataset

    rows = read_dataset(data, split)
    if "body" not in rows.column_names:
        raise BadInput(f"{data} has no column body: the speed is measured on articles", field="data")
    picked = rows.select(sorted({i * len(rows) // count for i in range(count)})) if len(rows) > count else rows
    articles = [Article(row.get("headline") or "", row["body"] or "", str(i)) for i, row in enumerate(picked)]
    articles = [a for a in articles if a.body.strip()]
    if not articles:
        raise BadInput(f"{data} holds no article with a body", field="data")
    return articles


def invent(count: int, seed: int = 0) -> list[Article]:
    """Invented articles, the same every time."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    return [_one(rng, str(i)) for i in range(count)]


def _one(rng: random.Random, name: str) -> Article:
    headline, sentences = rng.choice(UNION if rng.random() < UNION_SHARE else OTHERS)
    wanted = rng.randint(*CHARS)
    place = rng.choice(_PLACES)

    def fill(text: str) -> str:
        person = rng.choice(_SURNAMES) + rng.choice(_GIVEN)
        return text.format(place=place, n=rng.randint(20, 980), m=rng.randint(2, 19), name=person)

    reporter = rng.choice(_SURNAMES) + rng.choice(_GIVEN)
    body = f"本报讯（记者{reporter}）"
    pool: list[str] = []
    while len(body) < wanted:
        if not pool:
            pool = rng.sample(sentences, len(sentences))
        body += fill(pool.pop()) + ("\n" if rng.random() < 0.3 else "")
    return Article(fill(headline), body.strip(), name)
