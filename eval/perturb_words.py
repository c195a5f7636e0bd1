"""Word lists of the edits in perturb.py: characters that look or sound alike, genders, opposites, surnames."""

from __future__ import annotations

_ALIKE = (
    "己已 未末 土士 日曰 人入 大太 千干 天夭 侯候 晴睛 拔拨 徒徙 戍戌 鸟乌 免兔 折拆 没设 治冶 壮状 洒酒 令今 刀力 问间 代伐 特持 "
    "往住 使便 优忧 辛幸 王玉 贝见 几儿 旦且 市布 由田 甲申 处外 历厉 体休 哀衰 清请 活话 0O 1l 5S 8B"
)
CONFUSED = {c: other for pair in _ALIKE.split() for c, other in (tuple(pair), tuple(pair)[::-1])}
"""Characters that optical recognition mistakes for each other."""

_SOUND = (
    "的得 地的 在再 做作 以已 那哪 象像 即既 进近 工公 会汇 元员 其期 时实 事是 和合 为位 有又 到道 部步 报抱 发法 员原 "
    "高搞 新心 里理 动懂 全权 务物 生声 开凯 建件 区去 中重 经精 名明 程成 强墙 城诚 服福 职值 关观 题提 技计 能嫩"
)
MISTYPED = {pair[0]: pair[1] for pair in _SOUND.split()}
"""What an input method offers for the same sound."""

_PAIRS = (
    ("他", "她"), ("先生", "女士"), ("小伙", "姑娘"), ("大爷", "大妈"), ("叔叔", "阿姨"), ("爸爸", "妈妈"), ("父亲", "母亲"),
    ("爷爷", "奶奶"), ("丈夫", "妻子"), ("儿子", "女儿"), ("哥哥", "姐姐"), ("弟弟", "妹妹"), ("大哥", "大姐"),
)  # fmt: skip
GENDER = dict(_PAIRS) | {b: a for a, b in _PAIRS}
"""Words of one gender and the other; 其他 and 他国 are kept by listing them as they are."""
GENDER |= {word: word for word in ("其他", "吉他", "他国", "他乡", "他人", "他山")}

_TURNED = (
    ("增长", "下降"), ("上升", "回落"), ("提高", "降低"), ("增加", "减少"), ("扩大", "缩小"),
)  # fmt: skip
OPPOSITES = dict(_TURNED) | {b: a for a, b in _TURNED} | {
    "同意": "反对", "支持": "反对", "赞成": "反对", "成功": "未能", "开通": "停运", "开工": "停工", "恢复": "中断",
    "允许": "禁止", "可以": "不可以", "能够": "不能", "已经": "尚未", "启动": "叫停", "达到": "未达到", "完成": "未完成",
    "通过": "未通过", "获得": "未获得", "正式": "并未", "超过": "不足", "严禁": "允许", "免费": "收费", "首次": "再次",
}  # fmt: skip
"""Words that turn a statement round."""

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏"
