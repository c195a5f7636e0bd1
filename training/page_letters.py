"""Letters to the paper and what it answers: salutation, complaint or thanks, signature, a reply below it, an afterword.

Used by training/page_added.py alone; every unit, street and grievance is invented. A complaint has other further lines and
replies than thanks have. A signature is a byline, a reply is running text, an afterword is a box. Knows
nothing of what stands before or after a letter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from eval.page_press import Press
from training.page_places import fill, say

Lines = tuple[str, ...]

_SALUTES: Lines = (
    "编辑同志：", "编辑同志：", "编辑部：", "编辑：", "记者同志：", "尊敬的编辑：", "编辑朋友：", "贵报编辑：",
    "本报编辑部：",
    "您好，编辑：", "总编室：",
)  # fmt: skip
_COMPLAINTS: tuple[tuple[str, str, str], ...] = (
    ("巷口的路灯何时亮", "我们{place}巷的路灯灭了{n}天，晚上下班的人只能摸黑走", "盼有关单位给个准话，早点把灯修好。"),
    ("这个站牌该改一改", "{n}路车的站牌还写着三年前的站名，外地人常常坐过了站", "希望公交公司把站牌换成新的。"),
    ("井盖松动，夜里惊心", "{place}路口的井盖松了，汽车一过就响，老人整夜睡不好", "恳请管井的单位在出事之前把它固定好。"),
    ("电梯停了，老人怎么下楼", "楼里的电梯停了{n}天，{age}岁的邻居一直没能下楼", "希望物业和维保单位坐到一起，定个日子。"),
    ("操场能不能晚关一小时", "{place}中学的操场傍晚六点就锁门，孩子们只好在马路边打球", "请学校想一个两全的办法。"),
    ("水费单子看不懂", "这个月的水费单多了{n}元，问了三个窗口，说法都不一样", "请自来水公司说个明白。"),
    ("垃圾房搬近了，窗子不敢开", "垃圾房搬到离我家窗子十米的地方，夏天连窗都不敢开", "希望考虑居民的难处，另选一处。"),
    ("试用期已经延了两次", "我在{place}一家公司上班，试用期延长了两次，至今没有签合同", "请告诉我该找哪个部门。"),
    ("厂医室该留下来", "厂里打算撤掉医务室，{n}名夜班工人以后看病要走四里路", "请厂领导再听听大家的意见。"),
    ("邮包为什么走了半个月", "我从{city}寄回家的包裹，走了半个月才到，里面的食品已经坏了", "请邮局查一查耽误在哪里。"),
    ("校门口的摊点该管管", "孩子们放学常买来路不明的零食，有{n}个学生闹过肚子", "请有关部门去看一看。"),
    ("渡口的候船棚漏雨", "{place}渡口的候船棚年久失修，一下雨，等船的人都站在水里", "希望花一点钱，把棚顶补一补。"),
    ("退休证为何等了半年", "我去年办的退休手续，材料补了三回，证到现在还没拿到", "请经办的同志给一个期限。"),
    ("公用电话成了摆设", "{place}新村的公用电话坏了多日，拨了报修号码也没人来", "请早日修好。"),
    ("化肥袋上的字太小", "上个月买的化肥，袋上的含量印得看不清，撒下去不见效", "请农业部门教大家怎么辨别。"),
    ("图书室的门常锁着", "村里的图书室挂了牌，一年开门不到{n}天，新书都落了灰", "希望把钥匙交给愿意管的人。"),
)  # fmt: skip
_THANKS: tuple[tuple[str, str, str], ...] = (
    ("补发的工资到账了", "我们{n}个人去年冬天的工钱，经劳动监察大队催要，上星期全部到账", "在此，向跑前跑后的同志道一声谢。"),
    ("一只钱包失而复得", "我在{n}路车上丢了钱包，里面有给孩子交学费的钱，司机{name}当晚就送到了家里",
     "借贵报一角，向这位师傅致谢。"),
    ("农机站的好服务", "收麦那几天下雨，{place}农机站的人帮我家抢收到半夜，没收一分加班钱", "请登出这封信，让更多的人知道他们。"),
    ("谢谢托管班的老师", "暑假里厂工会办起托管班，我们双职工家庭总算不用把孩子锁在家里", "谢谢各位老师，也盼厂里明年接着办。"),
    ("雨夜里的一把伞", "那天夜里下大雨，{place}车站的值班员把自己的伞借给了不认识的老人，自己淋着回家", "愿好人一生平安。"),
    ("断了三天的水通了", "{place}小区的水管爆裂以后，抢修队连着干了两个通宵，{n}户人家吃上了水", "谨向抢修队的师傅们道一声辛苦。"),
)  # fmt: skip
"""Headline, what is the matter, what is asked for."""
_WHO: Lines = (
    "我是{place}的一名普通工人。", "我家住在{place}。", "我在{place}工作了{y}年。", "", "", "我是贵报的老读者。",
)  # fmt: skip
_MORE: Lines = ("", "", "邻居们都说，这样的事应该让报纸知道。")
_OF_COMPLAINT: tuple[Lines, Lines, Lines, Lines] = (
    ("写这封信，是想反映一件小事。", "有一件事憋在心里很久了。", "我们几个邻居商量了一下，由我来写这封信。"),
    ("我找过有关单位，他们说要研究研究。", "事情不大，却关系到很多人。", "大家为此议论纷纷。", "类似的情况，别处也有。",
     "我打过两回电话，都没有下文。",
     "为这件事，我还专门跑了一趟。", "我也知道有困难，可是总得有人管。", "说起来，已经不是头一回了。"),
    ("编辑同志：来信反映的情况属实。我们已派人到现场查看，三日内处理完毕。谨向来信的读者致歉。",
     "本报记者就此事走访了有关单位。负责人说，经费已经落实，下月动工。",
     "记者昨天联系了街道办事处，一位工作人员答复：问题出在两家单位分工不清，现在已经指定专人负责。",
     "答：遇到这种情况，可以先向主管部门书面反映，写明时间和地点。来信的同志要保存好凭证。",
     "{place}公司答复：读者的批评很中肯，我们将在{m}月底以前改正，并请大家监督。",
     "这封信转给主管部门以后，很快有了回音：问题已经解决，费用由责任单位承担。",
     "来信收到。你说的事我们会派记者去了解，结果将在这个栏目里公布。",
     "法律顾问{name}：来信中说的做法没有依据，你可以要求对方书面说明理由。",
     "经查，此事系管理人员疏忽所致，已对当事人批评教育。感谢来信的同志对我们工作的关心。"),
    ("几家单位都说不归自己管，难题就这样成了“老大难”。责任清楚了，办法总会有。",
     "解释再多，不如早一天动手。本报等着下一次的好消息。",
     "改得及时，值得称道；要是能想在前头，就更好了。"),
)  # fmt: skip
"""What a complaint opens with, goes on with, is answered, and an afterword to it."""
_OF_THANKS: tuple[Lines, Lines, Lines, Lines] = (
    ("写这封信，是想说一声谢谢。", "有几句感谢的话，想借贵报说一说。"),
    ("这样的好人好事，别处也有。", "事情过去好些天了，我心里还是热乎乎的。", "给报酬，人家怎么也不肯收。",
     "这份情，大家都记在心里。",
     "我专门跑去道谢，人家只摆了摆手。"),
    ("记者找到了信里说的同志，他们只说了一句：“这是应该做的。”", "来信已转给有关单位。他们答复：将在职工大会上宣读，并予以表扬。",
     "{place}公司答复：感谢读者的鼓励，我们会继续努力，也请大家监督。"),
    ("表扬一个人，是为了让更多的人照着去做。愿这样的来信越来越多。", "谢信不长，暖意不少。好事有人做，也要有人说。"),
)  # fmt: skip
_SIGNS: Lines = (
    "{place}　{name}", "{place} {name}", "{place}厂 {name}", "{place}机务段　{name}", "{place}乡 {name}",
    "{place}村村民 {name}",
    "{place}中学　{name}", "一名装卸工", "一名退休教师", "一个乘客", "{place}矿一职工家属", "读者 {name}",
    "（{place}　{name}）",
    "{name}", "{Name}", "一位过路的司机", "老工人 {name}", "{place}储运公司　{name} {name}", "在校生 {name}", "□ {name}",
    "一位不愿留名的读者", "{place}街 {name}", "个体司机　{name}", "{place}纱厂一女工", "共产党员 {name}",
)  # fmt: skip
_MANY: Lines = (
    "几位家长", "{place}小区部分住户", "{place}新村 {name}等{n}户居民", "{n}名外来工", "{place}公路段全体养路工",
    "一群老职工",
    "{place}中学初三学生", "{place}村部分村民",
)  # fmt: skip
_FIRMS: Lines = (
    "{place}自来水公司", "{place}长途汽车公司", "{place}镇人民政府", "{place}市邮政局", "{place}街道居委会",
    "{place}造纸厂工会",
    "{place}供销社", "{place}县公路局", "{place}市路灯管理所", "{place}医院办公室", "{place}百货大楼", "中共{place}乡委员会",
)  # fmt: skip
_OFFICIAL: tuple[tuple[str, str], ...] = (
    ("批评得对，我们马上改", "贵报{m}月刊登的读者来信，我们已经看到。经核实，情况属实，有关班组已作检查，设施于次日修复。"),
    ("关于来信所提问题的答复", "贵报转来的信收悉。我单位领导当天到现场察看，决定增派{n}名人员，保证不再发生类似的事。"),
    ("感谢帮助，来信已有结果", "在贵报督促下，拖了多时的手续已经办妥。我们将此事通报全系统，并欢迎读者继续监督。"),
    ("整改情况说明", "收到贵报转来的意见后，我们召开了专门会议，对当班人员作了处理，并登门向当事人道歉。"),
    ("向热心的乘客致谢", "上月{d}日夜里大雪封路，附近群众自发送来热水和被子，滞留的旅客无一受冻。谨借贵报表示感谢。"),
)  # fmt: skip
"""Headline and text of what a unit writes."""
_AFTER: Lines = (
    "一封短信，说的是身边事。事情办得快慢，看的是有没有把群众的话放在心上。",
    "信里的小事，其实是大家的事。我们欢迎读者继续来信。",
    "谁家都有老人，谁都有老的一天。多走一步，多问一句，并不难。",
)  # fmt: skip
_MARKS: Lines = (
    "【编后】",
    "编后：",
    "编后　",
    "【编后语】",
    "[编后]",
    "〔编后〕",
    "（编后）",
    "【编余】",
    "编余：",
)

_ONE = re.compile("我(?!们)")
"""Letters signed by many do not say so."""


@dataclass(frozen=True, slots=True)
class Letter:
    """Parts that are absent are empty."""

    headline: str
    salute: str
    texts: Lines
    sign: str
    reply: str
    after: Lines


def write_letter(press: Press, *, saluted: bool, replied: float = 0.15) -> Letter:
    """A letter of one to three paragraphs, mostly of a person."""
    hail = salute(press) if saluted else ""
    if press.chance(0.2):
        after = afterword(press) if press.chance(0.12) else ()
        headline, text = (fill(part, press) for part in press.draw(_OFFICIAL))
        return Letter(headline, hail, (text,), say(_FIRMS, press), "", after)
    thanks = press.chance(0.2)
    opening, going_on, replies, last = _OF_THANKS if thanks else _OF_COMPLAINT
    headline, matter, ask = (fill(part, press) for part in press.draw(_THANKS if thanks else _COMPLAINTS))
    many = press.chance(0.4) and not _ONE.search(matter + ask)
    first = ("" if many else say((*_WHO, *opening), press)) + matter + "。"
    more = press.draw([line for line in (*_MORE, *going_on) if not (many and _ONE.search(line))])
    texts = press.draw(((first + more + ask,), (first, more + ask), (first + more, ask)))
    reply = say(replies, press) if press.chance(replied) else ""
    after = afterword(press, last) if press.chance(0.12) else ()
    return Letter(headline, hail, texts, say(_MANY, press) if many else signature(press), reply, after)


def salute(press: Press) -> str:
    """What a letter opens with."""
    return press.draw(_SALUTES)


def signature(press: Press) -> str:
    """Who wrote it, perhaps without a name."""
    return say(_SIGNS, press)


def afterword(press: Press, fitting: Lines = ()) -> Lines:
    """The editor's last word: a box, its label mostly in the same line."""
    mark, text = press.draw(_MARKS), press.draw((*_AFTER, *fitting))
    return (mark.strip("：　"), text) if press.chance(0.2) else (mark + text,)
