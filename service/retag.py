"""A new bundle over an archive that was tagged before: what still holds is copied, and what changed is told.

Texts are known again by the key that a run's ledger keeps beside each record, so files may have been added, taken away or
renamed since. A topics bundle that is the same leaves topics, a summaries bundle that is the same leaves summaries.
"""

from __future__ import annotations

import html
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
from numpy.typing import NDArray

from models.errors import BadInput
from models.readers import BadRecord, Read, shown
from service.archive_counts import COMPARED, GAINED, LOST, Counts
from service.archive_work import How, Old, text_key
from service.ledger import Ledger
from service.ledger_file import asked_of, is_of_lines, reading

KEPT = (
    "labels", "primary", "scores", "needs_review", "summary", "summary_method", "summary_ok", "summary_score",
)  # fmt: skip
SAMPLES = 5
"""Of each topic's gains and losses, in a report."""


class Earlier:
    """The records of a finished run by their texts' keys, at 16 bytes a record."""

    def __init__(self, out: Path, how: How, bundles: Mapping[str, str | None]) -> None:
        """Raises BadInput when `out` is not the lines of a finished run with its ledger beside it."""
        self.out, self.bundles = out, bundles
        keys, starts = self._read()
        order = np.argsort(keys, kind="stable")
        self._keys, self._starts = keys[order], starts[order]
        now = {"reading": how.reading, "pages": how.pages}
        self._topics = all(self.asked.get(name, False) == value for name, value in now.items())
        self._summaries = self.asked.get("length") == how.length and self.asked.get("pages") == how.pages
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        self._file = self.out.open("rb")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file:
            self._file.close()

    def of(self, read: Read) -> Old | None:
        """What that run said of a text; None when it had not read it itself."""
        if isinstance(read, BadRecord) or self._file is None:
            return None
        key = np.frombuffer(text_key(read.article), np.uint64)[0]
        at = int(np.searchsorted(self._keys, key))
        if at == len(self._keys) or self._keys[at] != key:
            return None
        self._file.seek(int(self._starts[at]))
        record = json.loads(self._file.readline())
        said = record["bundles"]
        own = "duplicate_of" not in record  # else it was said of another text
        return Old(
            {name: record.get(name) for name in KEPT},
            own and self._topics and said["topics"] == self.bundles["topics"],
            own
            and self._summaries
            and record["summary"] is not None
            and "summary_ok" in record  # else an earlier version wrote it
            and said["summaries"] == self.bundles["summaries"],
        )

    def stamp(self) -> list[Any]:
        """What has to be the same for a run that compares with it to be gone on with."""
        state = self.out.stat()
        return [shown(self.out), state.st_size, state.st_mtime_ns]

    def _read(self) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        earlier = Ledger(self.out)
        if is_of_lines(earlier.of_lines):
            raise BadInput(
                f"{shown(self.out)} was written by an earlier version, whose ledger is not read: tag the archive anew"
            )
        if not self.out.is_file() or not earlier.path.is_file():
            raise BadInput(
                f"{shown(self.out)} cannot be compared with: it must be the finished .jsonl of a run, {earlier.path.name} beside it"
            )
        with reading(earlier.path) as database:
            self.asked: dict[str, Any] = asked_of(database)
            written, size = database.execute("SELECT written, output_bytes FROM progress").fetchone() or (0, 0)
            keys, starts = np.empty(written, np.uint64), np.empty(written, np.uint64)
            rows = database.execute("SELECT text, start FROM records WHERE start IS NOT NULL ORDER BY read")
            for n, (text, start) in enumerate(rows):
                keys[n], starts[n] = int.from_bytes(text, sys.byteorder), start
        if self.out.stat().st_size != size:
            raise BadInput(
                f"{shown(self.out)} has {self.out.stat().st_size:,} bytes, its ledger tells of {size:,}: it was changed by hand"
            )
        return keys, starts


def difference(counts: Counts, ledger: Path, names: Mapping[str, str]) -> dict[str, Any]:
    """What changed: `compared`, `changed`, and for each topic gains and losses, in all, by year, with samples."""
    changed, samples = 0, {(sign, t): list[dict[str, Any]]() for sign in (GAINED, LOST) for t in names}
    for change in _changes(ledger):
        changed += 1
        for sign, which in ((GAINED, "gained"), (LOST, "lost")):
            for topic in change[which]:
                kept = samples.setdefault((sign, topic), [])
                if len(kept) < SAMPLES:
                    before, now = change["scores"][topic]
                    kept.append({k: change[k] for k in ("id", "year", "headline")} | {"before": before, "now": now})
    years = sorted(year for year in counts.years if counts.years[year].get(COMPARED))
    topics = {}
    for topic in sorted({topic for _, topic in samples}, key=lambda t: (t not in names, t)):
        topics[topic] = {
            "gained": counts.total(GAINED + topic),
            "lost": counts.total(LOST + topic),
            "years": {
                year: {"gained": here.get(GAINED + topic, 0), "lost": here.get(LOST + topic, 0)}
                for year in years
                if (here := counts.years[year])
            },
            "gained_samples": samples.get((GAINED, topic), []),
            "lost_samples": samples.get((LOST, topic), []),
        }
    return {"compared": counts.total(COMPARED), "changed": changed, "topics": topics}


def _changes(ledger: Path) -> Iterator[dict[str, Any]]:
    with reading(ledger) as database:
        for id_, year, headline, *lists in database.execute(
            "SELECT id, year, headline, gained, lost, scores FROM changes ORDER BY rowid"
        ):
            gained, lost, scores = map(json.loads, lists)
            yield {"id": id_, "year": year, "headline": headline, "gained": gained, "lost": lost, "scores": scores}


def as_text(told: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """For a terminal."""
    whole = max(1, told["compared"])
    changed = f"other labels in {told['changed']:,} ({told['changed'] / whole:.1%})"
    lines = [f"  compared with the earlier run: {told['compared']:,}, {changed}"]
    for topic, change in told["topics"].items():
        lines.append(f"  {topic}（{names.get(topic, topic)}） gained {change['gained']:,}, lost {change['lost']:,}")
    return "\n".join(lines)


def write_difference(path: Path, told: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """As JSON or as a page without scripts, by the file's name."""
    part = path.with_name(path.name + ".part")
    if path.suffix.lower() == ".json":
        part.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")
    else:
        part.write_text(_page(told, names), "utf-8")
    part.replace(path)


def _page(told: Mapping[str, Any], names: Mapping[str, str]) -> str:
    sections = []
    for topic, change in told["topics"].items():
        rows = "".join(
            f"<tr><th>{html.escape(year) or '无日期'}</th><td>{n['gained']:,}</td><td>{n['lost']:,}</td></tr>"
            for year, n in change["years"].items()
        )
        samples = "".join(
            f"<li>{zh}：<code>{html.escape(s['id'])}</code>　{html.escape(s['headline'])}　"
            f"{_score(s['before'])} → {_score(s['now'])}</li>"
            for zh, key in (("新增", "gained_samples"), ("去掉", "lost_samples"))
            for s in change[key]
        )
        sections.append(
            f"<h2>{html.escape(names.get(topic, topic))}</h2><table><thead><tr><th>年份</th><th>新增</th><th>去掉</th></tr></thead>"
            f"<tbody>{rows}</tbody><tfoot><tr><th>合计</th><td>{change['gained']:,}</td><td>{change['lost']:,}</td></tr></tfoot>"
            f"</table><ul>{samples}</ul>"
        )
    return f"""<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><title>重新标注的变化</title>
<style>body{{font:16px/1.5 system-ui,"Noto Sans CJK SC",sans-serif;margin:2rem auto;max-width:60rem;color:#222}}
table{{border-collapse:collapse}}th,td{{padding:.3rem .8rem;text-align:right;border-bottom:1px solid #ddd}}
tr>th:first-child{{text-align:left}}tfoot *{{font-weight:bold}}</style>
<h1>重新标注的变化</h1><p>与上次比较的稿件 {told["compared"]:,} 篇，标签有变化的 {told["changed"]:,} 篇。箭头两边是旧、新概率。</p>
{"".join(sections)}</html>
"""


def _score(score: float | None) -> str:
    return "—" if score is None else f"{score:.2f}"
