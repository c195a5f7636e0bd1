"""Strings in a text that look like a person, a place or an organisation: a rule without a model, documented here.

Place: a name of the closed list below (provinces, their capitals, countries often in the news). Organisation: a suffix
(总工会, 大学, 集团 …) with the one or two Han characters before it. Person: a surname of the list with one or two
characters more, directly before or after a title or a verb of speech (主席王某某, 王某某指出). The rule misses names
(foreign ones, persons without a title) and now and then takes two words for one; but whatever it finds in a text that
is a piece of the source stands in the source, so an extract always scores 1.
"""

from __future__ import annotations

import re
import unicodedata

_PLACES = """
北京 天津 上海 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 四川
贵州 云南 陕西 甘肃 青海 台湾 内蒙古 广西 西藏 宁夏 新疆 香港 澳门 石家庄 太原 沈阳 长春 哈尔滨 南京 杭州
合肥 福州 南昌 济南 郑州 武汉 长沙 广州 海口 成都 贵阳 昆明 西安 兰州 西宁 呼和浩特 南宁 拉萨 银川 乌鲁木齐
深圳 大连 青岛 宁波 厦门 苏州 雄安 粤港澳 长三角 京津冀 美国 俄罗斯 英国 法国 德国 日本 韩国 朝鲜 印度
巴基斯坦 伊朗 伊拉克 以色列 巴勒斯坦 叙利亚 乌克兰 土耳其 埃及 南非 巴西 阿根廷 墨西哥 加拿大 澳大利亚
新西兰 越南 老挝 柬埔寨 泰国 缅甸 马来西亚 新加坡 印度尼西亚 菲律宾 哈萨克斯坦 乌兹别克斯坦 蒙古国 意大利
西班牙 葡萄牙 瑞士 瑞典 挪威 芬兰 荷兰 比利时 波兰 匈牙利 塞尔维亚 希腊 沙特 阿联酋 尼日利亚 肯尼亚
埃塞俄比亚 欧盟 非洲 欧洲 拉美 东盟 联合国 加沙 华盛顿 莫斯科 伦敦 巴黎 东京
"""
_SUFFIXES = """
总工会 联合会 委员会 人民法院 检察院 研究院 研究所 科学院 基金会 博物馆 图书馆 出版社 俱乐部 有限公司 公司
集团 银行 大学 学院 中学 小学 医院 法院 协会 学会 商会 公安局 教育局 人社局 人社厅 教育厅 卫健委 发改委
交通局 税务局 应急局 街道办 派出所 电厂 钢厂 电视台
"""
# Without 于 向 成 时 方 席: they are words (or the end of 主席) far more often than surnames.
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏"
    "钟汪田任姜范石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜"
    "倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦柳邢路岳齐沿梅莫庄辛管祝左涂谷祁舒耿牟卜肖詹关苗凌费纪靳盛童欧甄项曲游阳"
    "裴卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵习栗"
)
_BEFORE = """
主席 总书记 书记 总理 部长 省长 市长 县长 主任 局长 厅长 院长 校长 记者 通讯员 院士 教授 选手 师傅 医生 经理
董事长 工程师
"""
_AFTER = """
主席 总书记 书记 总理 部长 省长 市长 县长 主任 局长 厅长 院长 校长 院士 教授 先生 女士 同志 师傅 医生 指出
强调 表示 介绍 会见 出席 主持 致电 主持召开 抵达 考察 提醒 告诉 解释 宣布
"""
# A third character that begins the next word rather than ends the name.
_NEXT = "的在和与向对为会出主致到于说报摄表指强介已将就并等同抵考提告解宣率赴作从被把也又还、"

_HAN = "\u4e00-\u9fff"


def _any(words: str) -> str:
    """An alternative of the listed words, longest first."""
    return "|".join(sorted(words.split(), key=len, reverse=True))


PLACES = re.compile(_any(_PLACES))
"""Any place of the closed list."""
# Words that stand before an organisation and are no part of it.
_LOOSE = "的在与和向将对为被把从于或及其更全今年期一两三甲等由让经到以称是有各多该本国员"
# 三家医院 and 各县总工会 count or gather organisations and name none.
_COUNTED = "(?<![各每])(?!(?<=[一二三四五六七八九十百千万亿几多两0-9])[家所个])"
_ORGANISATION = re.compile(rf"{_COUNTED}(?:(?![{_LOOSE}])[{_HAN}]){{1,2}}(?:{_any(_SUFFIXES)})(?![议员])")
_TITLED = re.compile(rf"(?:{_any(_BEFORE)})(?P<name>[{_SURNAMES}][{_HAN}]{{1,2}})")
_SPEAKING = re.compile(rf"(?P<name>[{_SURNAMES}][{_HAN}]{{1,2}}?)(?={_any(_AFTER)})")


def find_names(text: str) -> list[str]:
    """The distinct name-like strings of a text: places, organisations, persons."""
    flat = _flat(text)
    found = [m[0] for m in PLACES.finditer(flat)] + [m[0] for m in _ORGANISATION.finditer(flat)]
    return list(dict.fromkeys([*found, *_persons(flat)]))


def find_persons(text: str) -> list[str]:
    """The distinct strings that look like persons: a surname beside a title or a verb of speech."""
    return list(dict.fromkeys(_persons(_flat(text))))


def _flat(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def _persons(flat: str) -> list[str]:
    found = []
    for match in _TITLED.finditer(flat):
        name = match["name"]
        found.append(name[:2] if len(name) == 3 and name[2] in _NEXT else name)
    return found + [m["name"] for m in _SPEAKING.finditer(flat)]
