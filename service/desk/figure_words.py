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
    "search_nothing": (
        "没有符合的稿件。请减少检索词，或清除筛选。",
        "Nothing was found. Use fewer words, or no filter.",
    ),
    "search_past_end": ("没有这一页，请回到前面。", "There is no such page: go back."),
    "search_no_words": ("请输入汉字、字母或数字。", "Enter characters, letters or digits."),
    # figures
    "span": ("时间范围", "Time"),
    "span_weeks": ("{n} 周", "{n} weeks"),
    "figures_none": ("还没有分析过稿件。", "No article has been analysed yet."),
    "week_of": ("周（周一）", "Week from"),
    "volumes": ("稿件量", "Articles"),
    "plot_table": ("数据表", "Table"),
    "plot_volume": ("每周稿件", "Articles a week"),
    "plot_volume_says": (
        "共分析 {total} 篇，红色的 {unsure} 篇需要复核。",
        "{total} analysed; {unsure}, in red, needed a reader.",
    ),
    "plot_articles": ("稿件", "Articles"),
    "plot_needed": ("需要复核", "Needed a reader"),
    "plot_unsure": ("需要复核的比例", "Share that needed a reader"),
    "plot_unsure_says": ("全部时间合计 {share}。", "{share} over the whole time."),
    "shares": ("主题占比", "Shares of the topics"),
    "plot_share": ("占比", "Share"),
    "plot_share_says": ("{total} 篇中的 {count} 篇。", "{count} of {total} articles."),
    "agreement": ("编辑与模型的一致", "Editors and the model"),
    "agreement_hint": (
        "编辑认可或更正的稿件中，每个主题维持模型判断的比例，灰色是 95% 区间。编辑多看拿不准的稿件，所以比整体偏低。",
        "Of the articles that editors accepted or corrected, how often each topic stayed as the model said; grey is the 95% "
        "interval. Editors mostly see what the model is unsure of, so it is lower than over all articles.",
    ),
    "agreement_fell": (
        "“{topic}”最近四周的一致率（{late}）低于此前（{early}），差距不像偶然，模型可能已不合当下的稿件。",
        "Agreement on “{topic}” over the last four weeks ({late}) is lower than before ({early}), by more than chance: the "
        "model may no longer fit what is written now.",
    ),
    "agreement_none": ("还没有编辑认可或更正过稿件。", "No editor has accepted or corrected an article yet."),
    "plot_agree_says": (
        "{judged} 次中 {agreed} 次一致，95% 区间 {low} – {high}。",
        "{agreed} of {judged} as the model said, 95% interval {low} – {high}.",
    ),
    "plot_judged": ("看过", "Judged"),
    "plot_agreed": ("一致", "Agreed"),
    "plot_interval": ("95% 区间", "95% interval"),
    "latency": ("响应时间", "Latency"),
    "latency_hint": (
        "服务启动以来，从收到请求到发完答复；每个数是所在区间的上界。",
        "Since the service started, from the request to the end of the answer; each figure is the upper bound of its step.",
    ),
    "latency_route": ("接口", "Route"),
    "latency_calls": ("次数", "Calls"),
    "latency_none": ("启动以来还没有调用。", "Nothing was called since the start."),
    "bundles": ("模型包", "Bundles"),
    "bundle_loading": ("正在加载", "being loaded"),
    "bundle_floor": ("这是规则基线，不是训练过的模型。", "This is a rule-based floor, no trained model."),
    "bundle_other": (
        "文件夹里已是 {bundle}，几秒内换上。",
        "{bundle} lies in the folder and is taken up within seconds.",
    ),
    "bundle_card": ("模型说明", "Model card"),
    "bundle_served": ("在用记录", "Served since"),
    "bundle_history": ("发布与回退", "Published and rolled back"),
    "bundle_publish": ("发布", "published"),
    "bundle_rollback": ("回退到", "back to"),
    "rollback": ("回退", "Roll back"),
    "rollback_says": ("将停用 {now}，重新使用 {before}。", "{now} will stop serving, {before} will serve again."),
    "rollback_confirm": ("我确认回退", "I confirm the rollback"),
    # corrections
    "task_topics": ("主题", "Topics"),
    "task_summaries": ("摘要", "Summaries"),
    "task_pages": ("版面", "Pages"),
    "corrections_new": ("条新更正，模型还没学过", "new corrections that the models have not learned from"),
    "corrections_kept": ("条更正", "corrections"),
    "corrections_since": ("{when} 起使用 {bundle}。", "{bundle} serves since {when}."),
    "corrections_no_bundle": ("还不知道哪个模型包在用。", "Which bundle serves is not known yet."),
    "corrections_total": ("共 {count} 条有效。", "{count} count in all."),
    "corrections_export": ("导出训练数据", "Export as training data"),
    "changes": ("它们会改变什么", "What they would change"),
    "changes_hint": (
        "{bundle} 启用以来更正过的 {count} 篇稿件里，编辑对它的主题增删了多少。",
        "Over {count} articles that were corrected since {bundle} began to serve: topics that the editors added to its "
        "answers, took away and left.",
    ),
    "changes_added": ("增加", "Added"),
    "changes_taken": ("去掉", "Taken away"),
    "changes_left": ("保留", "Left"),
    "changes_none": (
        "在用的模型包启用以来，还没有更正。",
        "Nothing was corrected since the bundle that serves began to.",
    ),
    "loop": ("从更正到更好的模型", "From corrections to a better model"),
    "loop_hint": (
        "在服务器上依次运行。发布时会与在用的模型比较，明显变差就拒绝；发布后几秒内换上。",
        "Run these on the server, one after the other. Publishing compares with what serves and refuses what is clearly worse; a "
        "published bundle is taken up within seconds.",
    ),
    "corrections_list": ("全部更正", "All corrections"),
    "corrections_none": ("还没有更正。", "There are no corrections yet."),
    "somebody": ("未署名", "Unnamed"),
    "take_back": ("撤销", "Take back"),
    "restore": ("恢复", "Restore"),
}
