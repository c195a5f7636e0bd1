"""Short prose in parts under a word or two each, as supplements print it: three or four scenes of a few sentences.

Used by training/page_added.py alone; all scenes are invented. Knows nothing of where it stands.
"""

from __future__ import annotations

from eval.page_press import Press

Lines = tuple[str, ...]

_SCENES: tuple[tuple[str, str], ...] = (
    ("老秤", "祖父的秤杆是枣木的，星子磨得发亮。他卖了一辈子菜，从不让秤尾翘起来。"),
    ("灯市", "正月十五，满街都是灯。孩子骑在大人肩上，手里的糖人化了一半。"),
    ("石磨", "磨盘转一圈，豆浆淌一线。母亲说，急了磨不细。"),
    ("头班船", "天还黑着，渡口已经有人咳嗽。船家点上马灯，江面亮了一小块。"),
    ("米缸", "缸底画着一条红线，见了线，就要去借粮。后来线还在，缸再没有空过。"),
    ("竹床", "夏夜的巷子里摆满竹床，谁家的收音机开着，全巷子的人都听。"),
    ("雪夜", "雪下了一夜，井台白了，柴垛白了，只有看门的狗还是黑的。"),
    ("稻草人", "它穿着父亲的旧褂子，站到秋天。麻雀早不怕它了。"),
    ("油灯", "一根灯芯，照过三个孩子的作业本。灯花一跳，祖母就说要来客。"),
    ("雨鞋", "我的第一双雨鞋大了两号，塞着棉花，走起来扑通扑通响。"),
    ("煤球炉", "封炉子是门手艺。封得好，早晨一捅就着；封不好，一家人吃冷饭。"),
    ("茶缸", "搪瓷掉了三块，字还看得清，是厂里发给先进的。"),
    ("大喇叭", "村口的喇叭一响，天就亮了。先放一支歌，再念谁家的信到了。"),
    ("风箱", "拉风箱要匀，火苗才会听话。我拉了五个冬天，认识了火。"),
    ("扁担", "两头弯下去，中间挺起来。父亲说，人也是这样。"),
    ("露天戏", "戏台搭在麦场上，演到半截落了雨，没有一个人走。"),
    ("霜", "清早推开门，瓦上一层白。菜经了霜，才有甜味。"),
    ("槐花", "花开的时候，整条街都是香的。够得着的先吃，够不着的留给鸟。"),
    ("蝉", "它在土里等了好几年，上来只唱一个夏天。"),
    ("工具房", "扳手按大小挂成一排，少一把，师傅一眼就看得出来。"),
    ("末班车", "车上只有三个人，都不说话。到站时，司机说了一声慢走。"),
    ("旧书摊", "五角钱一本，蹲着看不要钱。摊主自己也在看。"),
    ("泥鳅", "水田一放干，孩子们就下去了。泥鳅没捉到几条，人成了泥鳅。"),
    ("斗笠", "雨天遮雨，晴天遮阳，累了垫在地上坐。"),
    ("腊八粥", "豆子是头天泡上的，红枣一人三颗，谁也不多。"),
    ("路灯下", "下棋的、补鞋的、等人的，都借这一盏灯。"),
    ("水井", "井水冬暖夏凉。搬走以后，再没有喝过那样的水。"),
    ("门牌", "门牌换过三回，邮差换过五个，信都没有送错。"),
    ("针线筐", "顶针、线团、碎布头，还有一封没寄出去的信。"),
    ("早市", "露水还在菜叶上，讨价还价的声音已经热了。"),
)  # fmt: skip
"""Name and text of a part."""
_TITLES: Lines = (
    "旧物{}题", "小城{}记", "乡间{}章", "故里拾忆", "{place}短札", "慢时光", "家常物事", "巷子里的事", "{place}旧影",
    "岁月小品",
    "记忆的角落", "儿时琐忆", "冬日散记", "老物件", "寻常日子",
)  # fmt: skip
_WRITERS: Lines = (
    "{name}", "{Name}", "□ {name}", "文/{name}", "（{place}）{name}", "{place}　{name}", "●{name}", "作者：{name}", "◎ {name}",
)  # fmt: skip
_NUMERALS = "〇一二三四五"


def write_essay(press: Press) -> tuple[str, tuple[tuple[str, str], ...]]:
    """A headline and the parts below it; a name of two characters may be spread."""
    parts = press.rng.sample(_SCENES, press.draw((2, 3, 3, 4, 5)))
    spread = press.chance(0.3)
    named = tuple((" ".join(name) if spread and len(name) == 2 else name, text) for name, text in parts)
    return press.fill(press.draw(_TITLES).replace("{}", _NUMERALS[len(parts)])), named


def essayist(press: Press) -> str:
    """The line of the one who wrote it."""
    return press.say(_WRITERS)
