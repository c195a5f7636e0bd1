"""The words of search, figures and corrections, Chinese and English in one row; words.py takes them in."""

from __future__ import annotations

FIGURE_WORDS: dict[str, tuple[str, str]] = {
    # search
    "search_words": ("检索稿件", "Search the articles"),
    "search_go": ("检索", "Search"),
    "search_hint": (
        "空格隔开的词都要出现；引号内的字连着出现；减号排除。简繁、全半角不分。",
        "Words apart by spaces all have to occur, “words in quotation marks” in a row, -words not. Traditional and "
        "Simplified are one.",
    ),
    "order": ("排序", "Order"),
    "order_date": ("最新在前", "Newest first"),
    "order_relevance": ("最相关在前", "Most relevant first"),
    "search_found": ("篇符合", "found"),
    "search_all": ("篇在库", "kept"),
    "search_export": ("导出：", "Export:"),
    "search_pages": ("翻页", "Pages"),
    "search_previous": ("上一页", "Previous page"),
    "search_nothing": ("没有符合的稿件。请减少检索词，或清除筛选。", "Nothing was found. Use fewer words, or no filter."),
    "search_past_end": ("没有这一页，请回到前面。", "There is no such page: go back."),
    "search_no_words": ("请输入汉字、字母或数字。", "Enter characters, letters or digits."),
}
