"""Names of columns as papers set them above an article, or above several: `●微观察`, `慢 读 时 光`, `【问答台】（第12期）`.

Used by training/page_structures.py alone. All names are invented; a test compares them with the held-out phrases and forms
from two characters on. A name above several articles has a form that no name above one has. Knows nothing of what a column
stands above.
"""

from __future__ import annotations

from eval.page_press import Press

Lines = tuple[str, ...]

COLUMNS: Lines = (
    "微观察", "半月谈吧", "问答台", "慢读时光", "班前五分钟", "一块黑板", "车间日历", "老街坊", "灯下书签", "工余茶座",
    "码头风", "采访本里", "笔尖下", "三分钟说法", "仲裁庭内外", "帮您问一问", "有问有回", "来信照登",
    "回音台", "身边新事", "闻过则改", "随手一拍", "晒一晒", "百姓量尺", "家门口的账", "一线手札", "蹲点日记", "脚板底下",
    "夜班灯火", "巧手台", "工具箱", "金点子铺", "小发明展台", "手艺人家", "名师出招", "老带新", "师徒榜", "劳模说",
    "奋斗者画像", "时代工匠谱", "普通人", "平凡一日", "我和我的岗位", "岗位故事汇", "青春岗", "新工友", "她视角",
    "爸妈课堂", "家事小议", "安全哨", "隐患曝光", "急救一招", "听医生说", "养生小灶", "心灵驿馆", "药箱子", "食话实说",
    "消费门诊", "钱袋子", "政策明白纸", "一图一解", "数字会说话", "排行榜", "周末去哪儿", "地名故事", "乡音",
    "田间课", "农时提醒", "天下瞭望", "域外一瞥", "财经小词", "热词拆解", "说长道短", "快人快语", "街谈", "横看竖看",
    "编辑部的话", "不同声音", "读者论坛", "诗行间", "小小说", "短章", "闲敲棋子", "影事", "书边札记", "画外音", "镜头里",
    "光影记", "体坛侧目", "赛场边", "校园邮筒", "讲台上下", "实验台", "科普橱窗", "工会微讲堂", "职代会之窗", "基层连线",
    "县区传真", "产改现场", "项目一线", "开工日志", "重点工程探营", "改革小切口", "破题", "对策箱", "调查附记", "追踪",
    "后来怎样了", "编读往来", "热线直击", "今日快评", "漫话", "图闻", "短波", "集锦", "拾零", "要览", "速读",
)  # fmt: skip
CAMPAIGNS: Lines = (
    "行走{place}看变化", "新年第一岗", "开局起步看项目", "奔跑在春天里", "盛夏一线·战高温", "金秋收获季", "守岁人",
    "百个班组百种暖", "重访老厂区", "{place}河畔的工友", "向标杆学", "对标一流找差距", "服务直通小微", "工会开放日",
    "我在现场", "走进新就业群体", "技能改变生活", "一线讲堂·大家谈", "城市守夜人", "假日不打烊", "跟着巡线队走一程",
    "老手艺新活法", "家乡有我", "寻找身边的好师傅", "从{n}个数字看{place}", "岗位练兵进行时", "绿色转型在{place}",
)  # fmt: skip
FORMS: Lines = (
    *("{}",) * 6, "●{}", "■{}", "◎{}", "◆ {}", "▌{}", "▲{}", "★ {} ★", "【{}】", "［{}］", "〔{}〕", "「{}」", "“{}”", ">> {}",
    "{} >>", "| {} |", "※{}※", "~ {} ~", "□ {}", "{}：", "#{}#", "☆{}☆", "{}/", "《{}》",
)  # fmt: skip
GROUPED: Lines = ("———— {} ————", "〉〉〉 {}", "== {} ==")
"""Above several articles; nothing else on a page looks so (`· {} ·` is a kicker in a development style)."""
_ISSUES: Lines = ("（第{n}期）", "（{n}）", "②", "⑤", "·{n}", "之{cother}", "（之{cother}）", "　第{n}期", " No.{n}")
_TOPICS: Lines = (
    "话题：夜班补贴该怎么定", "话题：工休时间能不能再长一点", "本期话题：师傅肯教，徒弟肯学吗",
    "议题：让座之外还能做什么", "本期嘉宾：{name}", "主持人：{name}", "本期主持　{name}", "话题：“最后一百米”谁来跑",
    "今日关键词：补丁", "本期关注：小区里的充电桩", "讨论：加班饭该谁请", "话题：短视频里的“师傅”靠不靠谱",
    "栏目协办：{place}总工会",
)  # fmt: skip


def column(press: Press, *, grouped: bool = False) -> Lines:
    """A column's name in some dress, perhaps with its number or, above one article, with the topic on a line below."""
    campaign = press.chance(0.2)
    name = press.say(CAMPAIGNS if campaign else COLUMNS)
    if not campaign and len(name) <= 5 and press.chance(0.2):
        name = press.draw((" ", "　", "  ")).join(name)
    elif press.chance(0.15):
        name = f"{name}{press.draw(('·', '　', ' | ', '·'))}{press.say(COLUMNS)}"
    issue = press.say(_ISSUES) if press.chance(0.2) else ""
    if grouped:
        return (press.draw(GROUPED).format(name + issue),)
    line = press.draw(FORMS).format(name) + issue
    return (line, press.say(_TOPICS)) if press.chance(0.15) else (line,)
