"""What `eval speed` says: tables for people, one flat object for `--json`. Measures nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eval import origin
from eval.result import aligned
from eval.speed import Found
from eval.speed_http import Served
from eval.speed_turns import Turns
from eval.speed_ways import BERT, CASCADE, EXACT, GENERATE, OURS, PIPELINE, ROOF, SAME, WHOLE

TOLD = {
    SAME: "ours, the text that the pipeline reads",
    WHOLE: "ours, every window (as HTTP reads)",
    EXACT: "ours, tag --exact",
    CASCADE: "ours, tag (cascade)",
    PIPELINE: "transformers pipeline, same weights, cut at one window",
    BERT: "BERT-base size in a transformers loop, random weights",
}


def as_flat(found: Found) -> dict[str, Any]:
    """The keys of `--json`. A rate is per second, a ratio how many times faster ours is."""
    classify, served = found.classify, {s.name: s for s in found.served}
    ours = served["caibian"]
    peers = {f"http_ratio_{s.name}": round(s.ratio, 3) for s in found.served[2:]}
    return {
        "classify_per_s": round(classify.rate(WHOLE), 2),
        "classify_ratio_transformers": round(classify.ratio(SAME, PIPELINE), 3),
        "classify_whole_ratio_transformers": round(classify.ratio(WHOLE, PIPELINE), 3),
        "classify_ratio_bert_base": round(classify.ratio(WHOLE, BERT), 3),
        "exact_per_s": round(classify.rate(EXACT), 2),
        "exact_ratio_transformers": round(classify.ratio(EXACT, PIPELINE), 3),
        "cascade_per_s": round(classify.rate(CASCADE), 2),
        "cascade_ratio_transformers": round(classify.ratio(CASCADE, PIPELINE), 3),
        "tokens_per_s_core": round(found.tokens[WHOLE] * classify.rate(WHOLE) / found.threads, 1),
        "summarize_per_s": round(found.summarize.rate(OURS), 2),
        "summarize_ratio_transformers": round(found.summarize.ratio(OURS, GENERATE), 3),
        "pages_per_s": round(found.pages.rate("pages"), 2),
        "http_per_s": round(ours.per_s, 2),
        "http_ratio_naive": round(served["naive"].ratio, 3),
        "http_tag_per_s": round(found.tagged[0].per_s, 2),
        "http_tag_ratio_naive": round(found.tagged[1].ratio, 3),
        **peers,
        "ready_s": round(ours.ready_s, 2),
        "rss_mib": None if ours.rss_mib is None else round(ours.rss_mib, 1),
        "peak_gflops": round(classify.best(ROOF) / 1e9, 2),
        "peak_share": round(found.peak_share, 4),
        "threads": found.threads,
        "load": [round(x, 2) for x in found.load],
        "data": found.data,
        "bundles": dict(found.bundles),
    }


def render(found: Found) -> str:
    """The tables as Markdown."""
    machine = origin.describe()["machine"]
    load = ", ".join(f"{x:.1f}" for x in found.load)
    text = [
        f"## Speed: {found.articles} articles ({found.data}), {found.mean_chars:.0f} characters on average",
        "",
        f"{machine['processor']}, {machine['cores']} cores; {found.threads} thread(s) on every side; load average {load} "
        f"(start, before each part, end); {found.took:.0f} s",
    ]
    if max(found.load) > (machine["cores"] or 1):
        text.append("The machine was busy: rates are too low, ratios less certain than their medians look.")
    text += ["", *_classify(found), "", *_summarize(found), "", *_http(found), "", *_notes(found)]
    return "\n".join([*text, ""])


def _classify(found: Found) -> list[str]:
    turns, rows = found.classify, []
    for way, told in TOLD.items():
        tokens = found.tokens.get(way)
        a_core = "–" if tokens is None else f"{tokens * turns.rate(way) / found.threads:,.0f}"
        versus = "–" if way in (PIPELINE, BERT) else _ratio(turns, way, PIPELINE)
        rows.append([told, f"{turns.rate(way):.1f}", a_core, versus, "–" if way == BERT else _ratio(turns, way, BERT)])
    head = ("classify", "articles/s", "tokens/s/core", "times the pipeline", "times BERT-base")
    return aligned(head, rows)


def _summarize(found: Found) -> list[str]:
    turns = found.summarize
    rows = [
        [
            told, f"{turns.rate(way):.2f}", f"{found.tokens['summaries'] * turns.rate(way) / found.threads:,.0f}",
            _ratio(turns, way, GENERATE) if way == OURS else "–",
        ]
        for way, told in ((OURS, "ours, headlines"), (GENERATE, "transformers generate, same weights, four beams, one by one"))
    ]  # fmt: skip
    rate = found.pages.rate("pages")
    rows.append(["pages split", f"{rate:.2f}", f"{rate * found.page_chars:,.0f} characters/s", "–"])
    return aligned(("summaries, pages", "a second", "source tokens/s/core", "times generate"), rows)


def _http(found: Found) -> list[str]:
    classify = _served("HTTP, `/v1/classify`, a text of one window a request", found.served)
    tag = _served("HTTP, `/v1/tag` with a headline", found.tagged)
    return [*classify, *(f"not measured: {reason}" for reason in found.absent), "", *tag]


def _served(title: str, served: Sequence[Served]) -> list[str]:
    rows = []
    for s in served:
        latency = ["–" if p is None else f"{p * 1000:,.0f}" for p in (s.p50, s.p95, s.p99)]
        memory = "–" if s.rss_mib is None else f"{s.rss_mib:,.0f}"
        failed = f"{s.failed} of {s.sent}"
        ratio = "–" if s is served[0] else f"{s.ratio:.2f}"
        rows.append([s.name, f"{s.per_s:.1f}", ratio, f"{s.rate:.1f}", *latency, failed, f"{s.ready_s:.1f}", memory])
    head = (
        title, "articles/s", "ours is times", "arrivals/s", "p50 ms", "p95 ms", "p99 ms", "failed", "ready s", "RSS MiB"
    )  # fmt: skip
    return aligned(head, rows)


def _notes(found: Found) -> list[str]:
    turns = found.classify
    roof, flops = turns.best(ROOF) / 1e9, found.flops / 1e9
    return [
        f"roof: {roof:.1f} GFLOPS (numpy float32); an article takes {flops:.2f} GFLOP, so classification runs at "
        f"{100 * found.peak_share:.0f}% of it, tokenizer, linear part and evidence included in the time",
        f"ours reads {found.tokens[WHOLE]:.0f} tokens of an article in windows that overlap, the pipeline cuts it and reads "
        f"{found.tokens[PIPELINE]:.0f}; the ratio that counts is that of the same text",
        f"the cascade gave {100 * found.by_encoder:.0f}% of the articles to the encoder",
        f"same weights: logits of ours and of the pipeline differ by at most {found.gap:.1e}",
        f"bundles: {found.bundles['topics']}, {found.bundles['summaries']}; rounds: {turns.rounds} of classification, "
        f"{found.summarize.rounds} of summaries, {found.pages.rounds} pages",
    ]


def _ratio(turns: Turns, way: str, other: str) -> str:
    low, high = turns.spread(way, other)
    return f"{turns.ratio(way, other):.2f} [{low:.2f}, {high:.2f}]"
