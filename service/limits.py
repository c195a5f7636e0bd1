"""What may reach the models: text that can be written down again, is not blank, and is under the limits.

One rule for every door (HTTP and batch tagging). It raises `models.errors` with a sentence in Chinese and English that
names the field and the limit; it never cuts or mends a text. It knows nothing of HTTP or files.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from models.article import Article
from models.errors import BadInput, TooLarge
from service.settings import Settings

MAX_ID_CHARS = 512
# What `str.isalnum` takes; a pattern, since this runs on the event loop and a page may be a million blanks.
WORD = re.compile(r"[^\W_]")


def check_text(text: str, field: str, limit: int) -> None:
    """Refuse what is too long, what no encoding can write (a lone surrogate) and NUL, which databases cut at."""
    _check_length(text, field, limit)
    if (nul := text.find("\0")) >= 0:
        raise BadInput(
            f"{field} 第 {nul + 1} 个字符是 NUL（U+0000），请删去。 "
            f"Character {nul + 1} of {field} is NUL (U+0000): remove it.",
            field=field,
        )
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        place = error.start + 1
        raise BadInput(
            f"{field} 第 {place} 个字符是不成对的代理码位，不是文字，请检查导出文本的程序。 "
            f"Character {place} of {field} is half of a surrogate pair and no text: check the program that wrote it.",
            field=field,
        ) from None


def _check_length(text: str, field: str, limit: int) -> None:
    if len(text) > limit:
        raise TooLarge(
            f"{field} 有 {len(text):,} 个字符，上限是 {limit:,}，请拆分后再发。 "
            f"{field} has {len(text):,} characters, the limit is {limit:,}: send it in parts.",
            field=field,
        )


def has_words(text: str) -> bool:
    """Whether there is anything to read: a letter, a digit or a Han character, not only spaces and punctuation."""
    return WORD.search(text) is not None


def check_article(article: Article, field: str, settings: Settings, *, need_body: bool) -> None:
    """Refuse an article that the models cannot read. `need_body`: a summary is wanted, and it is made of the body."""
    if article.id is not None:
        check_text(article.id, f"{field}.id", MAX_ID_CHARS)
    check_text(article.headline, f"{field}.headline", settings.max_article_chars)
    check_text(article.body, f"{field}.body", settings.max_article_chars)
    if has_words(article.body):
        return
    if not has_words(article.headline):
        raise BadInput(
            f"{field} 没有可读的文字（空白或只有标点），请填写正文（body）。 "
            f"{field} has nothing to read (blank, or only punctuation): give it a body.",
            field=f"{field}.body",
        )
    if need_body:
        raise BadInput(
            f"{field}.body 没有可读的文字，无法写摘要；只有标题的稿件请只要主题。 "
            f"{field}.body has nothing to read, nothing to summarise: ask for topics only for a headline alone.",
            field=f"{field}.body",
        )


def check_raw_articles(data: Any, settings: Settings) -> None:
    """Refuse too many articles before their shape is checked: a report of each wrong one would cost a kilobyte."""
    if isinstance(data, dict) and isinstance(articles := data.get("articles"), list):
        _check_count(len(articles), settings)


def check_raw_page(data: Any, settings: Settings) -> None:
    """Refuse a page that is too long before its shape is checked."""
    if isinstance(data, dict) and isinstance(text := data.get("text"), str):
        _check_length(text, "text", settings.max_page_chars)


def _check_count(count: int, settings: Settings) -> None:
    if count > settings.max_articles:
        raise TooLarge(
            f"articles 有 {count:,} 篇，每次最多 {settings.max_articles:,} 篇，请分批发送，"
            "整批归档请用 python -m service tag。 "
            f"articles has {count:,} entries, the limit is {settings.max_articles:,} a call: "
            "send batches, or tag an archive with `python -m service tag`.",
            field="articles",
        )


def check_articles(articles: Sequence[Article], settings: Settings, *, need_body: bool) -> None:
    """Refuse a call with no articles, too many, or one that cannot be read."""
    if not articles:
        raise BadInput(
            "articles 是空的，请至少放入一篇稿件。 articles is empty: put in at least one.", field="articles"
        )
    _check_count(len(articles), settings)
    for n, article in enumerate(articles):
        check_article(article, f"articles[{n}]", settings, need_body=need_body)


def check_page(text: str, settings: Settings) -> None:
    """Refuse a page that cannot be read."""
    check_text(text, "text", settings.max_page_chars)
    if not has_words(text):
        raise BadInput(
            "text 没有可读的文字（空白或只有标点），请粘贴版面文字。 "
            "text has nothing to read (blank, or only punctuation): paste the text of a page.",
            field="text",
        )
