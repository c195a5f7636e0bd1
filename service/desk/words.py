"""Every word of the desk, Chinese and English in one row. It knows no page.

A word with gaps is filled by name: `word("en", "shown", count=3)`.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Literal

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
    "role_reader": ("读者", "Reader"),
    "role_editor": ("编辑", "Editor"),
    "role_admin": ("管理员", "Admin"),
    "keyless": ("本机", "This machine"),
    "other": ("其他", "Other"),
    "problem": ("无法显示", "This cannot be shown"),
    "back_to_queue": ("回到待审", "Back to the queue"),
    # views
    "nav_queue": ("待审", "Queue"),
    "nav_pages": ("版面", "Pages"),
    "nav_search": ("检索", "Search"),
    "nav_figures": ("统计", "Figures"),
    "nav_corrections": ("更正", "Corrections"),
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
