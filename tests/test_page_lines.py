"""What single lines of print are by their looks alone, from the habits of many papers."""

from __future__ import annotations

import pytest

from models.page_flow import full_lines, read_flow
from models.page_groups import read_groups
from models.page_lines import kind_of, read_lines
from models.text import to_simplified

LOOKS = {
    "byline": [
        "本报记者 张三",
        "记者 张晓明 报道",
        "□本报记者 李雪 王小明",
        "◎ 记者 张晓明",
        "文：张晓明 图：李雪",
        "撰文：张晓明",
        "张晓明/文 李雪/摄",
        "【记者 张晓明】",
        "记者张晓明/报道",
        "本报特派记者 张晓明",
        "张晓明 李雪 综合报道",
        "本报记者 张晓明 通讯员 李雪 文/图",
        "記者 陳大文 報道",
        "■ 本報記者 陳大文",
        "特约记者 周大海 发自青禾",
        "记者：张晓明",
        "张晓明（本报记者）",
        "青禾日报全媒体记者 张晓明",
        "融媒体中心记者 张晓明",
        "本报首席记者 张晓明 实习生 李雪",
        "□ 张晓明（市总工会干部）",
        "见习记者 张晓明",
        "文/图 张晓明",
        "张晓明 文/摄",
        "本報記者 歐陽 明",
    ],
    "furniture": [
        "责任编辑 张晓明\u3000美术编辑 李雪",
        "A12 要闻",
        "2031年3月5日 星期三 A12版",
        "B3 社区新闻",
        "要闻 03",
        "03 要闻",
        "2031.03.05 星期三",
        "2031年3月5日\u3000农历二月十二",
        "编辑：张晓明\u3000校对：李雪\u3000电话：0571-88888888",
        "投稿邮箱：abc@example.com",
        "（续自A1版）",
        "（下接3版）",
        "（转第三版）",
        "（上接第一版）",
        "下转A4版",
        "文接第二版",
        "本版编辑 张晓明 版式 李雪",
        "督印人：陈大文",
        "第12版",
        "第4版 · 深度",
        "工人日报",
        "青禾晚报 2031年3月5日",
        "今日8版 总第3210期",
        "值班总编：张晓明",
        "今日天气 晴转多云 12℃～20℃",
        "版面编辑 陈大文 | 美术 李雪",
        "订阅热线 11185",
        "国内统一连续出版物号 CN 11-0000",
        "http://www.example.com",
        "广告",
    ],
    "box_label": [
        "阅读提示",
        "编者按",
        "【链接】",
        "相关链接",
        "延伸阅读",
        "核心提示",
        "记者手记",
        "新闻链接",
        "话你知",
        "小知识",
        "数读",
        "数说",
        "背景资料",
        "新闻背景",
        "名词解释",
        "小贴士",
        "专家点评",
        "时间轴",
        "大事记",
        "提示",
        "内容摘要",
        "开栏的话",
        "知多点",
        "相关新闻",
        "小资料",
        "法条链接",
        "法律链接",
        "案例链接",
        "政策链接",
        "律师说法",
        "律师提醒",
        "工会提醒",
        "温馨提示",
        "人物档案",
        "人物简介",
        "记者点评",
        "新闻附件",
        "附录",
    ],
    "tail": [
        "（完）",
        "（本报综合报道）",
        "（据新华社电）",
        "（张晓明参与采写）",
        "（记者 张晓明）",
        "（张晓明 李雪）",
        "（来源：新华社）",
        "（本报记者张晓明整理）",
        "（供稿：市总工会）",
        "（作者单位：青禾县总工会）",
        "（综合新华社报道）",
        "（本报记者 张晓明 采写）",
        "（张晓明）",
        "（作者系青禾县总工会干部）",
        "（据《青禾日报》）",
    ],
    "caption": [
        "图为工人在施工。张晓明 摄",
        "张晓明摄",
        "张晓明 摄影报道",
        "（张晓明 摄）",
        "本报记者 张晓明 摄",
        "新华社记者 张晓明 摄",
        "图/张晓明",
        "受访者供图",
        "资料图",
        "（资料图片）",
        "图①：工人在施工。",
        "上图：工人在施工。",
        "（新华社发）",
        "张晓明 供图",
        "工人在检修设备。（受访者供图）",
        "▲工人在检修设备。 张晓明 摄",
        "图源：视觉中国",
        "（图片由受访者提供）",
        "圖為工人施工。陳大文攝",
    ],
    "title": [
        "青禾县总工会送清凉到工地",
        "老厂房里的旧物",
        "劳动合同（以案说法）",
        "评论员观察",
        "职工文化",
        "· 政策问答 ·",
    ],
    "body": [
        "7月12日，青禾县总工会走进河滨大桥工地。",
        "问：什么时候发工资？",
        "● 伊川县总工会为三百名货车司机体检",
        "本报讯（记者林晓舟）青禾县总工会走进工地",
    ],
}


@pytest.mark.parametrize(("kind", "line"), [(kind, line) for kind, lines in LOOKS.items() for line in lines])
def test_a_line_looks_like_its_kind(kind: str, line: str) -> None:
    assert kind_of(to_simplified(line).replace("\u3000", " ")) == kind


PRINTED = """　　今天是重阳节。昨天中午，沙塘街道
打锡巷摆开了88张桌子，从巷头一直排到
妈祖宫前。最老的客人101岁，最小的刚满
月，由太婆抱着来的。
　　打锡巷长不到300米，住着412户人家，
其中60岁以上的老人327位。社区书记说，
早些年巷里办喜事，家家都把桌子搬出来，
后来大家住进套房，彼此连姓什么都不知
道。2014年有位独居老人跌倒，2天后才被
人发现，“这件事让我们下决心把桌子再
搬出来”。
　　桌子是各家搬来的，高高低低；菜也是
各家端来的，卤面、土笋冻、五香、芋包，
还有来自贵州的租客做的酸汤鱼。三楼的
退休钳工吃了两碗，说住了4年对门，今天
才知道人家姓韦。"""


def test_lines_that_fill_the_print_width_are_told_whatever_the_width_of_their_digits() -> None:
    lines = read_lines(PRINTED)
    short = {3, 10, 15}
    assert [i for i, full in enumerate(full_lines(lines)) if not full] == sorted(short)
    assert max(len(x) + x.left for x in lines) - min(len(x) + x.left for i, x in enumerate(lines) if i not in short) > 2
    assert [line.joins for line in read_flow(PRINTED).lines] == [i not in (0, 4, 11) for i in range(16)]


def test_lines_that_a_program_wrapped_are_told_by_their_characters() -> None:
    text = "".join(PRINTED.split())
    wrapped = "\n".join(text[i : i + 16] for i in range(0, len(text), 16))
    assert sum(full_lines(read_lines(wrapped))) >= len(text) // 16


def test_whole_paragraphs_fill_no_width() -> None:
    assert not any(full_lines(read_lines("\n".join("　　" + "市总工会昨天开了会。" * n for n in range(2, 20)))))


GROUPS = """市总工会召开调度会
盯住欠薪不松手
本报记者 许知远
　　市总工会昨天召开调度会，部署冬季清欠行动，要求各县把台账建到班组。

夜校开课
——写在第十期结业之时
　　夜校的灯亮到九点，四十名学员交上了最后一份作业。

一块砖的分量
　　他砌了三十年墙，没有返过一次工。"""


def test_title_lines_are_told_by_their_group_and_the_page_by_its_groups() -> None:
    places, page = read_groups(read_lines(GROUPS))
    assert places[0][:4] == [0.25, 0.25, 0.0, 1.0], "first of two, a byline below"
    assert places[1][:4] == [0.5, 0.0, 0.0, 1.0]
    assert places[0][4] == 7 / 8, "the opening says nearly all of it"
    assert places[1][4] == 0.0, "and nothing of the pithy one"
    assert places[7][:4] == [0.25, 0.0, 0.0, 0.0]
    assert places[2] == places[3] == [0.0] * 5, "only title lines have a place"
    assert page == pytest.approx([1 / 3, 2 / 3, 0.0, 1 / 2, 0.0, 1 / 2])


def test_lines_of_a_wrapped_text_are_no_titles() -> None:
    places, page = read_groups(read_flow(PRINTED).lines)
    assert not any(map(any, places))
    assert page == [0.0] * 6


def test_a_page_without_titles_has_no_groups() -> None:
    places, page = read_groups(read_lines("　　他砌了三十年墙，没有返过一次工。"))
    assert places == [[0.0] * 5]
    assert page == [0.0] * 6
