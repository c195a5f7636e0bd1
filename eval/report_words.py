"""The report's words in Chinese and English, side by side in the page: one switch shows one of them."""

from __future__ import annotations

from html import escape

SCORES = {
    "macro_f1": ("宏平均 F1", "macro-F1"),
    "micro_f1": ("微平均 F1", "micro-F1"),
    "macro_precision": ("宏平均精确率", "macro precision"),
    "macro_recall": ("宏平均召回率", "macro recall"),
    "subset_accuracy": ("标签全对率", "label sets exactly right"),
    "macro_ap": ("平均精度（宏）", "average precision (macro)"),
    "ece": ("校准误差（等量分箱）", "calibration error (equal mass)"),
    "ece_width": ("校准误差（等宽分箱）", "calibration error (equal width)"),
    "brier": ("Brier 分", "Brier score"),
    "brier_skill": ("Brier 技巧分", "Brier skill"),
    "aurc": ("风险—覆盖曲线下面积", "area under risk–coverage"),
    "risk_at_80": ("覆盖八成时的错误率", "risk at 80% coverage"),
    "coverage": ("免人工比例", "needs no reader"),
    "auto_precision": ("免人工部分的全对率", "of these exactly right"),
    "rouge1": ("ROUGE-1", "ROUGE-1"),
    "rouge2": ("ROUGE-2", "ROUGE-2"),
    "rougeL": ("ROUGE-L", "ROUGE-L"),
    "chrf": ("chrF", "chrF"),
    "number_precision": ("数字有据率", "numbers in the text"),
    "number_recall": ("数字召回率", "number recall"),
    "name_precision": ("名称有据率", "names in the text"),
    "date_precision": ("日期有据率", "dates in the text"),
    "quote_precision": ("引语有据率", "quotations in the text"),
    "abstractive_share": ("改写比例", "rewritten"),
    "copy_rate": ("照抄比例", "copied"),
    "novel_bigrams": ("新二元组比例", "novel bigrams"),
    "novel_trigrams": ("新三元组比例", "novel trigrams"),
    "prefix_share": ("只取开头的比例", "mere beginnings"),
    "length_ratio": ("与参考长度之比", "length over reference"),
    "mean_chars": ("平均字数", "mean characters"),
    "empty_share": ("空输出比例", "empty outputs"),
    "article_f1": ("整篇 F1", "article F1"),
    "headline_exact": ("标题全对率", "headline exact"),
    "body_char_f1": ("正文字符 F1", "body character F1"),
    "lost_chars": ("丢失字符数", "lost characters"),
    "doubled_chars": ("重复字符数", "doubled characters"),
}
SYSTEMS = {
    "majority": ("多数类", "majority"),
    "keywords": ("关键词", "keywords"),
    "tfidf": ("TF-IDF + 逻辑回归", "TF-IDF + logistic regression"),
    "encoder": ("冻结编码器 + 线性层", "frozen encoder + linear head"),
    "first-sentence": ("首句", "first sentence"),
    "first-30": ("前 30 字", "first 30 characters"),
    "lead-sentence": ("去电头首句", "first sentence without byline"),
    "textrank": ("TextRank", "TextRank"),
    "oracle-sentence": ("最佳单句（上限）", "best sentence (oracle, ceiling)"),
    "blank-lines": ("空行切分", "a cut at every short line"),
}
TOPICS = {
    "rights_protection": ("维权", "rights"),
    "skills_contest": ("技能竞赛", "skills"),
    "digital_services": ("数字服务", "digital"),
    "wellbeing": ("身心关爱", "wellbeing"),
    "(none)": ("无主题", "none"),
}
SHORT = {
    "tfidf": ("TF-IDF + LR", "TF-IDF + LR"),
    "encoder": ("冻结编码器", "frozen encoder"),
    "first-30": ("前 30 字", "first 30 chars"),
    "lead-sentence": ("去电头首句", "lead sentence"),
    "oracle-sentence": ("最佳单句*", "best sentence*"),
    "blank-lines": ("空行切分", "short lines"),
}
"""For the axis of a plot, where the long name has no room; * is a ceiling."""
EDITS = {
    "byline": ("去掉电头署名", "no byline"),
    "headline": ("去掉标题", "no headline"),
    "traditional": ("繁体", "Traditional"),
    "ocr": ("识别错误", "OCR noise"),
    "width": ("全角半角互换", "width swapped"),
    "appended": ("后接另一篇", "article appended"),
    "typos": ("错别字", "typing errors"),
    "places": ("换地名", "other places"),
    "persons": ("换姓氏", "other surnames"),
    "gender": ("换性别", "other gender"),
    "numbers": ("改数字", "other numbers"),
    "negation": ("说法反转", "turned round"),
}
SLICES = {
    "source": ("来源", "source"),
    "year": ("年份", "year"),
    "sure": ("标注把握", "annotator"),
    "length": ("正文字数", "body characters"),
    "topic": ("主题", "topic"),
    "labels": ("标签数", "number of labels"),
}
TASKS = {
    "topics": ("主题分类", "Topics"),
    "summaries": ("摘要", "Summaries"),
    "pages": ("版面拆分", "Pages"),
    "robustness": ("稳健性", "Robustness"),
}


def both(zh: str, en: str) -> str:
    """HTML that shows one of two texts; both are escaped."""
    if zh == en:
        return escape(zh)
    return f'<span class="zh" lang="zh">{escape(zh)}</span><span class="en" lang="en">{escape(en)}</span>'


def word(name: str, *tables: dict[str, tuple[str, str]]) -> tuple[str, str]:
    """Chinese and English of a name out of the first table that has it; otherwise the name itself."""
    return next((table[name] for table in tables if name in table), (name, name))


def named(name: str, *tables: dict[str, tuple[str, str]]) -> str:
    """The same as HTML."""
    return both(*word(name, *tables))


def score_name(name: str) -> tuple[str, str]:
    """A score's words; `f1:<topic>` becomes F1 of that topic."""
    part, _, topic = name.partition(":")
    if not topic:
        return word(name, SCORES)
    zh, en = word(topic, TOPICS)
    return f"{zh} {part.upper()}", f"{part.upper()} of {en}"
