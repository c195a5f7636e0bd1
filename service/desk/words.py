"""Every word of the desk, Chinese and English in one row. It knows no page.

A word with gaps is filled by name: `word("en", "shown", count=3)`.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Literal

from service.desk.figure_words import FIGURE_WORDS
from service.desk.page_words import PAGE_WORDS

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
CHINA = timezone(timedelta(hours=8))
"""China has one time and no summer time: what editors see is in it."""

WORDS: dict[str, tuple[str, str]] = {
    # every page
    "name": ("采编", "Caibian"),
    "desk": ("审稿台", "Review desk"),
    "skip": ("跳到正文", "Skip to the content"),
    "other_language": ("English", "中文"),
    "views": ("审稿台各页", "Views of the desk"),
    "try": ("试用", "Try"),
    "sign_out": ("退出", "Sign out"),
    "role_reader": ("只读", "Reader"),
    "role_editor": ("编辑", "Editor"),
    "role_admin": ("管理员", "Admin"),
    "keyless": ("本机", "This machine"),
    "other": ("其他", "Other"),
    "back_to_queue": ("回到待审", "Back to the queue"),
    # queue and article
    "state": ("状态", "State"),
    "state_open": ("待复核", "Needs a reader"),
    "state_unread": ("待过目", "Sure, unread"),
    "state_done": ("已处理", "Done"),
    "topic": ("主题", "Topic"),
    "source": ("来源", "Source"),
    "no_source": ("来源不详", "no source"),
    "no_headline": ("（无标题）", "(no headline)"),
    "no_body": ("（无正文）", "(no body)"),
    "from": ("从", "From"),
    "to": ("到", "To"),
    "all": ("全部", "All"),
    "filter": ("筛选", "Filter"),
    "clear": ("清除筛选", "Clear the filter"),
    "more": ("下一页", "Next page"),
    "first_page": ("回到第一页", "First page"),
    "sureness": ("模型把握", "Sureness of the models"),
    "last_by": ("{name} 处理", "by {name}"),
    "looking": ("{names} 正在看", "{names} has it open"),
    "queue_empty_open": ("没有待复核的稿件。", "Nothing needs a reader."),
    "queue_empty_unread": ("没有待过目的稿件。", "Nothing sure is unread."),
    "queue_empty_done": ("还没有处理过的稿件。", "Nothing has been done yet."),
    "reason_unsure": ("把握不大", "not sure of the topics"),
    "reason_unsure_of": ("拿不准“{topic}”", "not sure of “{topic}”"),
    "reason_near_threshold": ("概率接近界线", "close to a threshold"),
    "reason_near_threshold_of": ("“{topic}”接近界线", "“{topic}” is close to its threshold"),
    "reason_empty": ("没有可读的文字", "nothing to read"),
    "reason_not_chinese": ("不像中文稿件", "not like a Chinese article"),
    "reason_summary": ("摘要改用摘录或未通过核对", "the summary fell back or fails its checks"),
    "reason_edges": ("版面起止拿不准", "its edges on the page are unsure"),
    "reason_no_analysis": ("尚未分析", "not analysed yet"),
    "left": ("还剩 {count} 篇", "{count} left"),
    "why": ("需要复核", "Why a reader"),
    "topics": ("主题", "Topics"),
    "none_given": ("一个都不选，就是“其他”。", "None chosen means “Other”."),
    "threshold": ("界线", "threshold"),
    "doubted": ("拿不准", "unsure"),
    "summary": ("摘要", "Summary"),
    "method_abstractive": ("生成式", "written by the model"),
    "method_extractive": ("摘录原文", "taken from the text"),
    "written_note": (
        "由模型写成：数字、日期、名称、引语、否定已与原文核对；谁对谁做了什么，须由人过目。",
        "Written by the model: numbers, dates, names, quotations and denials were checked against the text; "
        "who did what to whom needs a reader.",
    ),
    "checks": ("核对", "Checks"),
    "accept": ("认可", "Accept"),
    "save": ("保存更正", "Save the correction"),
    "next": ("下一篇", "Next"),
    "undo": ("撤销更正", "Undo"),
    "history": ("历史记录", "History"),
    "its_page": ("所在版面", "its page"),
    "version": ("第 {n} 版", "Version {n}"),
    "old_version": ("这是旧版（第 {n} 版），只能看。", "This is an older version ({n}), to be read only."),
    "current_version": ("看当前版", "Current version"),
    "event_version": ("第 {n} 版来稿", "version {n} came"),
    "event_analysis": ("模型分析", "analysed"),
    "event_accepted": ("认可", "accepted"),
    "event_topics": ("更正主题", "corrected the topics"),
    "event_summaries": ("更正摘要", "corrected the summary"),
    "event_pages": ("更正版面", "corrected the page"),
    "event_undo": ("撤销", "took back"),
    "taken_back": ("已撤销", "taken back"),
    "removed": ("删去", "Removed"),
    "added": ("新增", "Added"),
    "reader_only": ("你的密钥只能看，不能改。", "Your key may read, not change."),
    "drawn_hint": (
        "摘要依据的句子下加点线，主题依据的句子下加实线。",
        "Dotted lines: what the summary draws on. Solid lines: evidence for a topic.",
    ),
    # keys
    "keys": ("快捷键", "Keys"),
    "keys_on": ("启用单键快捷键", "Use single keys"),
    "close": ("关闭", "Close"),
    "key_move": ("上下移动", "move down and up"),
    "key_open": ("打开", "open"),
    "key_help": ("显示本页快捷键", "show these keys"),
    "key_accept": ("认可，或保存更正，然后到下一篇", "accept, or save the correction, and go on"),
    "key_toggle": ("选上或去掉第几个主题", "toggle that topic"),
    "key_evidence": ("标出该主题的依据", "mark the evidence for that topic"),
    "key_edit": ("编辑摘要", "edit the summary"),
    "key_leave": ("离开输入框", "leave the field"),
    "key_undo": ("撤销最近的更正", "undo the last correction"),
    "key_next": ("不处理，到下一篇", "go on without a word"),
    "key_back": ("回到列表", "back to the list"),
    # what the script of an article says
    "js_kept": (
        "连接断开，你的修改已留在本页，恢复后自动再发。",
        "The connection is down. What you entered is kept and will be sent when it is back.",
    ),
    "js_sent": ("已保存", "Saved"),
    "js_resent": ("连接已恢复，修改已送达。", "The connection is back, your change has arrived."),
    "js_restored": ("已恢复你上次没有提交的修改。", "What you had not sent yet was restored."),
    "js_discard": ("放弃修改", "Discard it"),
    "js_again": ("再发一次", "Send again"),
    "js_reload": ("查看最新", "Show the newest"),
    "js_changed": ("{names} 刚刚改过这篇稿件。", "{names} has just changed this article."),
    "js_new_version": ("这篇稿件来了第 {n} 版。", "Version {n} of this article has come."),
    "js_looking": ("{names} 也在看这篇", "{names} has this open, too"),
    "js_accept": ("认可", "Accept"),
    "js_save": ("保存更正", "Save the correction"),
    "js_length": ("{count} 字", "{count} characters"),
    "js_found": ("原文有", "in the text"),
    "js_missing": ("原文没有", "not in the text"),
    "js_paragraph": ("第 {n} 段", "paragraph {n}"),
    "js_checks_ok": ("各项核对通过", "All checks passed"),
    "js_checks_bad": ("有内容与原文不符", "Something is not as in the text"),
    "js_checks_down": ("暂时无法核对", "Cannot be checked at the moment"),
    "js_fault_byline": ("只是署名", "only a byline"),
    "js_fault_repeats": ("有重复", "repeats itself"),
    "js_fault_empty": ("摘要是空的", "the summary is empty"),
    "js_kind_number": ("数字", "number"),
    "js_kind_date": ("日期", "date"),
    "js_kind_name": ("名称", "name"),
    "js_kind_quotation": ("引语", "quotation"),
    "js_kind_negation": ("说法", "claim"),
    "js_sign_in": (
        "登录已过期，修改已留在本页，请重新登录。",
        "You are signed out. What you entered is kept: sign in again.",
    ),
    "js_nothing_undone": ("没有可以撤销的更正。", "There is no correction to take back."),
    # views
    "nav_queue": ("待审", "Queue"),
    "nav_pages": ("版面", "Pages"),
    "nav_search": ("检索", "Search"),
    "nav_figures": ("统计", "Figures"),
    "nav_corrections": ("更正", "Corrections"),
    **PAGE_WORDS,
    **FIGURE_WORDS,
}


def word(language: Language, key: str, **gaps: object) -> str:
    """A word in this language; raises KeyError when there is no such row or a gap is not filled."""
    text = WORDS[key][LANGUAGES.index(language)]
    return text.format(**gaps) if gaps else text


def half(detail: str, language: Language) -> str:
    """One half of a sentence as the service writes them: Chinese, then English ("…。 …")."""
    cut = detail.find("。 ") + 1
    if not cut:
        return detail
    return detail[:cut] if language == "zh" else detail[cut + 1 :]


def when(time: datetime | str) -> str:
    """A time as the desk shows it, in China's."""
    found = datetime.fromisoformat(time) if isinstance(time, str) else time
    return found.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
