"""Provinces and countries that a summary names and its source does not, by name, abbreviation, city or people.

A closed list: the provinces of China with their larger cities, and countries that newspapers name often. Towns, rivers and
counties are not known; those with 市 or 县 behind them are looked up by `models.faithfulness`.
"""

from __future__ import annotations

import re

_PROVINCES = """
北京 京 首都 人民大会堂 国家大剧院 中南海 故宫 鸟巢 天安门 海淀 朝阳区 颐和园 中关村 长城 航天员科研 冬奥 国家体育场
天津 津 滨海新区 北辰 西青 武清 静海
上海 沪 洋山 浦东 崇明 外滩 东航 奉贤 中华艺术宫
重庆 渝
河北 冀 石家庄 唐山 秦皇岛 邯郸 邢台 保定 张家口 承德 沧州 廊坊 衡水 雄安
山西 晋 太原 大同 阳泉 长治 晋城 朔州 晋中 运城 忻州 临汾 吕梁 沁水
内蒙古 内蒙 呼和浩特 包头 乌海 赤峰 通辽 鄂尔多斯 呼伦贝尔 巴彦淖尔 乌兰察布 兴安盟 锡林郭勒 阿拉善 托克托 自治区 满洲里 草原
辽宁 辽 沈阳 大连 鞍山 抚顺 本溪 丹东 锦州 营口 阜新 盘锦 铁岭 葫芦岛
吉林 长春 四平 通化 白山 松原 白城 延边 长白山
黑龙江 黑河 哈尔滨 齐齐哈尔 鸡西 鹤岗 双鸭山 大庆 伊春 佳木斯 七台河 牡丹江 绥化 大兴安岭 北大荒 东北林业 龙江
江苏 南京 无锡 徐州 常州 苏州 南通 连云港 淮安 盐城 扬州 镇江 泰州 宿迁 苏北 苏南 昆山 常熟 张家港
浙江 浙 杭州 宁波 温州 嘉兴 湖州 绍兴 金华 衢州 舟山 台州 丽水 义乌 乌镇 秦山 西湖
安徽 皖 合肥 芜湖 蚌埠 淮南 马鞍山 淮北 铜陵 安庆 黄山 滁州 阜阳 宿州 六安 亳州 池州 宣城 巢湖
福建 闽 福州 厦门 莆田 三明 泉州 漳州 南平 龙岩 宁德
江西 赣 南昌 景德镇 萍乡 九江 新余 鹰潭 吉安 宜春 抚州 上饶 井冈山 鄱阳湖
山东 鲁 济南 青岛 淄博 枣庄 东营 烟台 潍坊 济宁 泰安 威海 日照 临沂 德州 聊城 滨州 菏泽
河南 豫 郑州 开封 洛阳 平顶山 安阳 鹤壁 新乡 焦作 濮阳 许昌 漯河 三门峡 南阳 商丘 信阳 周口 驻马店 济源
湖北 鄂 武汉 黄石 十堰 宜昌 襄阳 鄂州 荆门 孝感 荆州 黄冈 咸宁 随州 恩施 神农架 监利 三峡
湖南 湘 长沙 株洲 衡阳 邵阳 岳阳 常德 张家界 益阳 郴州 永州 怀化 娄底 洞庭
广东 粤 广州 深圳 珠海 汕头 佛山 韶关 湛江 肇庆 江门 茂名 惠州 梅州 汕尾 河源 阳江 清远 东莞 中山 潮州 揭阳 云浮 珠江 瑶山
广西 桂 南宁 柳州 北海 北部湾 梧州 防城港 钦州 贵港 玉林 百色 贺州 河池 来宾 崇左 自治区
海南 琼 海口 三亚 三沙 儋州 博鳌 文昌 琼州
四川 川 蜀 成都 自贡 攀枝花 泸州 德阳 绵阳 广元 乐山 南充 宜宾 广安 达州 雅安 巴中 资阳 阿坝 甘孜 凉山 汶川 卧龙 大熊猫 西南石油
贵州 黔 贵阳 六盘水 云贵 川贵 遵义 安顺 毕节 铜仁 射电望远镜
云南 滇 云贵 昆明 曲靖 玉溪 保山 昭通 丽江 普洱 临沧 楚雄 红河 文山 西双版纳 大理 德宏 怒江 迪庆 香格里拉 哀牢山
西藏 藏 拉萨 日喀则 昌都 林芝 山南 那曲 阿里 珠峰 雪域 高原 错那 我区 全区 自治区 贡嘎 桑日 班戈 羊卓雍 藏历
陕西 陕 西安 铜川 宝鸡 咸阳 渭南 延安 汉中 榆林 安康 商洛 安塞 秦始皇 兵马俑 吴起
甘肃 陇 兰州 嘉峪关 金昌 白银 天水 武威 张掖 平凉 酒泉 庆阳 定西 陇南 临夏 甘南 乌鞘岭 敦煌 莫高窟 甘谷
青海 西宁 海东 海北 黄南 海西 果洛 玉树 可可西里 三江源 杂多 班玛 玛沁 柴达木 热贡 达日 德令哈 格尔木
宁夏 银川 石嘴山 吴忠 固原 中卫 自治区
新疆 疆 乌鲁木齐 克拉玛依 吐鲁番 哈密 昌吉 博尔塔拉 巴音郭楞 阿克苏 喀什 和田 伊犁 塔城 阿勒泰 石河子 自治区 天山 霍尔果斯
香港 港澳 特区 港人 港府 港股 涉港 港珠澳 中环 深港 沪港
澳门 港澳 特区 珠澳 粤澳
台湾 两岸 台胞 台北 台独 台当局 涉台 台方 台军 台企 台商 对台 高雄 台南 民进党
"""
"""A province a line, and behind it what speaks for it."""
_COUNTRIES = """
美国 美 华盛顿 纽约 白宫 特朗普 拜登 奥巴马 五角大楼 佛罗里达 加州 得州 洛杉矶 美西方 好莱坞 旧金山 美墨 美加
英国 英 伦敦 苏格兰 威尔士
法国 法 巴黎 马克龙 奥朗德 尼斯
德国 德 柏林 默克尔 慕尼黑
日本 日 东京 安倍
韩国 韩 首尔 韩联社
朝鲜 朝 平壤
俄罗斯 (?<!亥)俄(?![勒亥]) 莫斯科 普京 克里姆林
乌克兰 乌 基辅
印度 印 新德里
印度尼西亚 印尼 雅加达
巴西 巴 里约 圣保罗
加拿大 加 渥太华 墨加
澳大利亚 澳 堪培拉 悉尼 澳洲
新西兰 新 惠灵顿
意大利 意 罗马
西班牙 西 马德里
葡萄牙 葡
荷兰 荷 阿姆斯特丹 海牙
比利时 比 布鲁塞尔
瑞士 瑞 日内瓦 达沃斯
瑞典 瑞
挪威 挪
丹麦 丹
芬兰 芬
波兰 波 华沙
希腊 希 雅典
土耳其 土 安卡拉 伊斯坦布尔
埃及 埃 开罗
南非 南 约翰内斯堡
尼日利亚 尼
肯尼亚 肯 内罗毕
埃塞俄比亚 埃 亚的斯亚贝巴
越南 越 河内
泰国 泰 曼谷
缅甸 缅 内比都 仰光
老挝 老 万象
柬埔寨 柬 金边
马来西亚 马 吉隆坡
新加坡 新
菲律宾 菲 马尼拉
巴基斯坦 巴 伊斯兰堡
孟加拉国 孟 达卡 孟加拉
斯里兰卡 斯 科伦坡
尼泊尔 尼 加德满都
阿富汗 阿 喀布尔
伊朗 伊 德黑兰 伊核
伊拉克 伊 巴格达
以色列 以 特拉维夫 耶路撒冷 巴以 以巴
巴勒斯坦 巴 加沙 巴以 以巴
叙利亚 叙 大马士革
沙特 沙 利雅得
哈萨克斯坦 哈 阿斯塔纳
乌兹别克斯坦 乌 塔什干
蒙古国 蒙 乌兰巴托 (?<!内)蒙古
墨西哥 墨 美墨 墨加
阿根廷 阿 布宜诺斯艾利斯
智利 智 圣地亚哥
秘鲁 秘 利马
委内瑞拉 委 加拉加斯
古巴 古 哈瓦那
"""
"""A country a line, and behind it what speaks for it; of one character in the company that a country keeps (中法, 法方)."""
_PARTS_OF_WORDS = {
    "重庆": "(?<!隆)重庆(?!祝)",
    "印度": "印度(?!尼西亚|洋)",
    "美国": "(?<![南北拉中])美国(?![家际])",
    "山西": "(?<![山岭牢佛])山西(?!路)",
    "江西": "(?<![浙长珠龙湘乌两])江西",
    "河南": "(?<![黄淮河两运])河南(?!岸)",
    "河北": "(?<![黄淮河运])河北(?!岸)",
    "海南": "(?<!上)海南(?![站岸州])",
    "湖南": "(?<!庭)湖南(?!岸)",
    "湖北": "(?<![环庭])湖北(?!岸)",
    "日本": "(?<![今明昨作假])日本(?!海)",
    "英国": "英国(?!际)",
    "法国": "(?<!司)法国(?![家际])",
    "德国": "德国(?![家际])",
    "韩国": "韩国(?!际)",
    "南非": "(?<!西)南非",
    "山东": "(?<![山岭])山东(?!路)",
    "广西": "(?<!推)广西",
    "北京": "北京(?!时间)",
    "内蒙古": "内蒙",
    "上海": "上海(?!合作组织)",
}
"""How names are looked for that stand in other words too: 隆重庆祝."""
_ALLIES = "中日美英法德俄欧韩朝印"
"""With whom countries are named in one character each: 中法."""


_ROW = "京津沪渝冀晋蒙辽吉黑苏浙皖闽赣鲁豫鄂湘粤桂琼川蜀黔滇藏陕甘青宁"
"""Provinces in one character each. Those that are as often a part of a word speak for themselves only beside another: 闽宁."""
_IN_A_ROW = {
    "内蒙古": "蒙",
    "吉林": "吉",
    "黑龙江": "黑",
    "江苏": "苏",
    "甘肃": "甘",
    "青海": "青",
    "宁夏": "(?<![辽苏])宁",
}


def _table() -> dict[str, tuple[re.Pattern[str], re.Pattern[str]]]:
    table = {}
    for lines, country in ((_PROVINCES, False), (_COUNTRIES, True)):
        for line in lines.split("\n"):
            if not line:
                continue
            name, *others = line.split(" ")
            others = [
                f"[{_ALLIES}、]{o}|{o}(?:、|[方军媒籍国总外防警政属][^{o}]|[{_ALLIES}])"
                if country and len(o) == 1
                else o
                for o in others
            ]
            if short := _IN_A_ROW.get(name):
                others.append(f"(?<=[{_ROW}]){short}|{short}[{_ROW}]")
            table[name] = (re.compile(_PARTS_OF_WORDS.get(name, name)), re.compile("|".join((name, *others))))
    return table


PLACES = _table()


def strange_places(summary: str, text: str) -> list[str]:
    """Provinces and countries of the summary of which the source has no word. Both texts in Simplified script."""
    return [name for name, (said, known) in PLACES.items() if said.search(summary) and not known.search(text)]
