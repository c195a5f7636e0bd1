"""`tag --retag`: only what could change is computed again, and what changed is told, by topic and year, with samples."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from models.analyzer import Analyzer
from models.article import Article
from service import archive
from service.cli import main
from service.job_results import tagged
from tests.service_client import ARTICLES, floors
from tests.test_tag_workers import lines, running, table, wait_for


class Watched:
    """A half of the floors under another name, which notes what it is asked about."""

    def __init__(self, inner: Any, bundle: str, says: dict[str, list[str]] | None = None) -> None:
        self.inner, self.bundle, self.trained = inner, bundle, True
        self.taxonomy = getattr(inner, "taxonomy", None)
        self.asked: list[str | None] = []
        self.says = says or {}

    def classify(self, articles: Sequence[Article]) -> list[Any]:
        from dataclasses import replace

        self.asked += [a.id for a in articles]
        made = self.inner.classify(articles)
        return [
            replace(r, labels=tuple(self.says[a.id]), primary=(self.says[a.id] or ["other"])[0])
            if a.id in self.says
            else r
            for a, r in zip(articles, made, strict=True)
        ]

    def summarize(self, articles: Sequence[Article], length: Any = "brief") -> list[Any]:
        self.asked += [a.id for a in articles]
        return list(self.inner.summarize(articles, length))


@pytest.fixture
def halves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[Any]]:
    """[classifier, summarizer] that `tag` loads; a test replaces them to publish another bundle."""
    monkeypatch.chdir(tmp_path)
    base = floors()
    chosen: list[Any] = [Watched(base.classifier, "t@1"), Watched(base.summarizer, "s@1")]
    monkeypatch.setattr(archive, "load_checked", lambda settings: Analyzer(chosen[0], chosen[1]))
    yield chosen


def rows(count: int = 150) -> list[dict[str, Any]]:
    return [
        {"id": f"r{n}", "body": f"第{n}篇。" + ARTICLES[n % 3]["body"], "date": f"{2019 + n % 3}-05-01"}
        for n in range(count)
    ]


def write(name: str, some: list[dict[str, Any]]) -> str:
    Path(name).write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in some), "utf-8")
    return name


def test_the_same_bundles_copy_every_record(halves: list[Any]) -> None:
    assert main(["tag", write("a.jsonl", rows()), "-o", "old.jsonl"]) == 0
    for half in halves:
        half.asked.clear()
    some = [*rows()[10:], {"id": "new", "body": "新来的一篇稿件，讲的是职工技能竞赛。"}]
    assert main(["tag", write("b.jsonl", some), "-o", "new.jsonl", "--retag", "old.jsonl"]) == 0
    assert halves[0].asked == halves[1].asked == ["new"]
    assert lines(Path("new.jsonl"))[:-1] == lines(Path("old.jsonl"))[10:]


def test_summaries_of_an_earlier_version_are_made_anew(halves: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def without(analysis: Any, *given: Any, **named: Any) -> dict[str, Any]:
        told = tagged(analysis, *given, **named)
        return {name: value for name, value in told.items() if not name.startswith("summary_")}

    given = write("a.jsonl", rows(3))
    with monkeypatch.context() as patch:
        patch.setattr("service.archive_work.tagged", without)
        assert main(["tag", given, "-o", "old.jsonl"]) == 0
    for half in halves:
        half.asked.clear()
    assert main(["tag", given, "-o", "new.jsonl", "--retag", "old.jsonl"]) == 0
    assert (halves[0].asked, halves[1].asked) == ([], ["r0", "r1", "r2"])
    assert [r["summary_ok"] for r in lines(Path("new.jsonl"))] == [True] * 3


def test_another_topics_bundle_leaves_summaries_and_tells_what_changed(
    halves: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tag", write("a.jsonl", rows()), "-o", "old.jsonl"]) == 0
    old = {r["id"]: r for r in lines(Path("old.jsonl"))}
    gone = next(id_ for id_ in old if old[id_]["labels"])
    says = {gone: [], **{f"r{n}": [*old[f"r{n}"]["labels"], "digital_services"] for n in (100, 101)}}
    halves[:] = [Watched(halves[0].inner, "t@2", says), Watched(halves[1].inner, "s@1")]
    command = ["tag", "a.jsonl", "-o", "new.jsonl", "--retag", "old.jsonl", "--diff", "d.json", "--diff", "d.html"]
    assert main(command) == 0
    assert len(halves[0].asked) == 150
    assert halves[1].asked == []
    new = {r["id"]: r for r in lines(Path("new.jsonl"))}
    assert all(new[i]["summary"] == old[i]["summary"] for i in old)
    assert {r["bundles"]["topics"] for r in new.values()} == {"t@2"}
    told = json.loads(Path("d.json").read_text("utf-8"))
    assert (told["compared"], told["changed"]) == (150, 3)
    digital = told["topics"]["digital_services"]
    assert (digital["gained"], digital["lost"]) == (2, 0)
    assert {s["id"] for s in digital["gained_samples"]} == {"r100", "r101"}
    assert digital["gained_samples"][0]["before"] == old["r100"]["scores"]["digital_services"]
    assert {year: n["gained"] for year, n in digital["years"].items()} == {"2019": 0, "2020": 1, "2021": 1}
    lost = told["topics"][old[gone]["labels"][0]]
    assert [s["id"] for s in lost["lost_samples"]] == [gone]
    page = Path("d.html").read_text("utf-8")
    assert "r100" in page and "数字服务" in page and "<script" not in page
    assert "other labels in 3 (2.0%)" in capsys.readouterr().err
    Path("d.json").unlink()
    assert main(command) == 0  # of a run that is done
    assert json.loads(Path("d.json").read_text("utf-8")) == told


def test_another_summaries_bundle_or_length_leaves_topics(halves: list[Any]) -> None:
    assert main(["tag", write("a.jsonl", rows(70)), "-o", "old.jsonl"]) == 0
    halves[:] = [Watched(halves[0].inner, "t@1"), Watched(halves[1].inner, "s@2")]
    assert main(["tag", "a.jsonl", "-o", "new.jsonl", "--retag", "old.jsonl"]) == 0
    assert (len(halves[0].asked), len(halves[1].asked)) == (0, 70)
    halves[:] = [Watched(halves[0].inner, "t@1"), Watched(halves[1].inner, "s@1")]
    assert main(["tag", "a.jsonl", "-o", "n2.jsonl", "--retag", "old.jsonl", "--length", "headline"]) == 0
    assert (len(halves[0].asked), len(halves[1].asked)) == (0, 70)
    halves[:] = [Watched(halves[0].inner, "t@1"), Watched(halves[1].inner, "s@1")]
    assert main(["tag", "a.jsonl", "-o", "n3.jsonl", "--retag", "old.jsonl", "--exact", "--no-summaries"]) == 0
    assert (len(halves[0].asked), len(halves[1].asked)) == (70, 0)  # another way to read gives other scores
    assert {r["summary"] for r in lines(Path("n3.jsonl"))} == {None}


def test_a_record_of_another_text_is_not_copied(halves: list[Any]) -> None:
    some = rows(5)
    some[3]["body"] = some[0]["body"]
    assert main(["tag", write("a.jsonl", some), "-o", "old.jsonl", "--dedupe"]) == 0
    copied = [r["id"] for r in lines(Path("old.jsonl")) if "duplicate_of" in r]
    assert "r3" in copied
    halves[0].asked.clear()
    assert main(["tag", "a.jsonl", "-o", "new.jsonl", "--retag", "old.jsonl"]) == 0
    assert set(halves[0].asked) == set(copied) - {"r3"}  # r3's text is r0's, which was read


@pytest.mark.parametrize("more", [("--workers", "2"), ("--workers", "2", "--dedupe", "--no-summaries")])
def test_retagging_goes_on_after_a_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...]) -> None:
    for half in ("TOPICS_BUNDLE", "SUMMARIES_BUNDLE"):
        monkeypatch.setenv(f"CAIBIAN_{half}", "keywords" if half[0] == "T" else "lead")
    a, old = table(tmp_path / "a.jsonl", 1200), tmp_path / "old.jsonl"
    assert main(["tag", str(a), "-o", str(old), "--limit", "700", "--no-summaries"]) == 1
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    arguments = ("--retag", str(old), "--exact", *more)
    assert main(["tag", str(a), "-o", str(one), *arguments[:3], *more[2:], "--diff", str(tmp_path / "one.json")]) == 1
    with running(str(a), "-o", str(two), *arguments) as run:
        wait_for(run, tmp_path / "two.jsonl.partial", one.stat().st_size // 3)
        run.kill()
    assert main(["tag", str(a), "-o", str(two), *arguments, "--diff", str(tmp_path / "two.json")]) == 1
    assert two.read_bytes() == one.read_bytes()
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    assert json.loads((tmp_path / "one.json").read_bytes())["compared"] > 600


def test_what_cannot_be_compared_with_is_refused(halves: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    write("a.jsonl", rows(3))
    write("lines.jsonl", [{"id": "x"}])
    for old, said in (("no.jsonl", "finished .jsonl of a run"), ("lines.jsonl", "finished .jsonl of a run")):
        assert main(["tag", "a.jsonl", "-o", "new.jsonl", "--retag", old]) == 2
        assert said in capsys.readouterr().err
    assert main(["tag", "a.jsonl", "-o", "old.jsonl"]) == 0
    assert main(["tag", "a.jsonl", "-o", "old.jsonl", "--retag", "old.jsonl"]) == 2
    assert main(["tag", "a.jsonl", "-o", "new.jsonl", "--diff", "d.json"]) == 2
    assert main(["tag", "a.jsonl", "-o", "new.jsonl", "--retag", "old.jsonl", "--diff", "d.txt"]) == 2
    with Path("old.jsonl").open("a", encoding="utf-8") as file:
        file.write("{}\n")
    assert main(["tag", "a.jsonl", "-o", "new.jsonl", "--retag", "old.jsonl"]) == 2
    assert "changed by hand" in capsys.readouterr().err
    write("old.ledger.jsonl", [{"ledger": 1}])
    assert main(["tag", "a.jsonl", "-o", "new.jsonl", "--retag", "old.jsonl"]) == 2
    assert "tag the archive anew" in capsys.readouterr().err
    assert not Path("new.jsonl").exists()
