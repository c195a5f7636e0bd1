"""`tag --dedupe`: which texts count as repeated, what record they get, and the same bytes however the run goes.

The precision and recall that docs/archive.md tells, on invented wire copy and on pairs of ../shared/data:

    python -m pytest tests/test_tag_dedupe.py -m long -s
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.analyzer import Analyzer
from models.article import Article
from service.cli import main
from service.dedupe import SIMILARITY, Firsts, shingles
from tests.service_client import FLOORS
from tests.test_tag_workers import lines, running, wait_for
from tests.wire import EDITS

ROOT = Path(__file__).parents[1]
PAIRS = ROOT.parent / "shared" / "data" / "news_pairs.parquet"


@pytest.fixture(autouse=True)
def _floors_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in FLOORS.items():
        monkeypatch.setenv(name, value)


def invented() -> list[str]:
    rows = (ROOT / "tests" / "data" / "articles.jsonl").read_text("utf-8").splitlines()
    return [json.loads(row)["body"] for row in rows]


def wire(copies: int) -> list[tuple[int, str, str]]:
    """(which article, which edit, text): the articles, then edited copies of each, shuffled."""
    draw = random.Random(3)
    made = [
        (n, name, edit(body, draw))
        for n, body in enumerate(invented())
        for name, edit in EDITS.items()
        for _ in range(copies)
    ]
    draw.shuffle(made)
    return [(n, "", body) for n, body in enumerate(invented())] + made


def found(texts: list[tuple[int, str, str]], similarity: float) -> tuple[dict[str, float], float, float]:
    """Recall of each edit, recall of all, and precision: of the links, those to a copy of the same article."""
    firsts = Firsts(similarity=similarity)
    hits, counts, right, links = defaultdict[str, int](int), defaultdict[str, int](int), 0, 0
    for place, (which, edit, text) in enumerate(texts):
        first = firsts.of(place, Article(body=text))
        links += first is not None
        same = first is not None and texts[first][0] == which
        right += same
        if edit:
            counts[edit] += 1
            hits[edit] += same
    recalls = {edit: hits[edit] / counts[edit] for edit in counts}
    return recalls, sum(hits.values()) / sum(counts.values()), right / max(1, links)


def test_wire_copy_is_found_and_other_articles_are_not() -> None:
    recalls, recall, precision = found(wire(1), SIMILARITY)
    assert precision == 1.0
    assert recall >= 0.9, recalls
    cut = recalls.pop("cut tail")  # up to half of it may be gone, and with it half of the likeness
    assert cut >= 0.7
    assert min(recalls.values()) >= 0.95, recalls


def test_the_window_forgets_the_oldest_and_short_texts_need_be_equal() -> None:
    firsts = Firsts(window=2)
    texts = ["工会送清凉到工地。", "技能竞赛决赛开赛。", "农民工讨回了工资。", "工会送清凉到工地！", "农民工讨回了工资"]
    assert [firsts.of(n, Article(body=t)) for n, t in enumerate(texts)] == [None, None, None, None, 2]
    assert firsts.floor == 2
    assert [firsts.of(n, Article(body=t)) for n, t in enumerate("一二", 10)] == [None, None]
    assert shingles("　Ａ，臺灣\n") == ["a台湾"]


def archive(path: Path, count: int) -> Path:
    """Invented articles, half of them repeated, some rows broken, one first that is no article."""
    texts, draw = wire(1), random.Random(8)
    rows = []
    for n in range(count):
        which, _, text = (
            texts[draw.randrange(len(texts))]
            if n % 2
            else (n, "", f"{draw.random()}" + "".join(draw.sample(texts[n % 90][2], 60)))
        )
        row: dict[str, Any] = {"id": f"r{n % (count - 9)}", "body": text, "date": f"{2019 + which % 4}-05-01"}
        rows.append('{"body": ' if n % 97 == 5 else json.dumps(row, ensure_ascii=False))
    path.write_text("\n".join(rows), "utf-8")
    return path


def test_a_repeated_text_gets_the_record_of_the_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = "7月12日，青禾县总工会走进河滨大桥工地，为三百二十名建筑工人送去绿豆汤和防暑药品，并请医生现场义诊。"
    rows = [
        {"id": "a", "headline": "送清凉", "body": body},
        {"id": "b", "body": "云岭市十八名农民工收到被拖欠的工资四十三万元，市总工会指派律师提供了法律援助。"},
        {"id": "c", "headline": "另一个标题", "body": body + "活动持续三天。"},
        {"id": "d", "body": body.replace("12日", "19日")},
        {"id": "a", "body": body},
        {"id": "e", "body": " "},
    ]
    rows_file, out = tmp_path / "a.jsonl", tmp_path / "out.jsonl"
    rows_file.write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in rows), "utf-8")
    assert main(["tag", str(rows_file), "-o", str(out), "--dedupe"]) == 1
    got = lines(out)
    assert [r.get("duplicate_of") for r in got] == [None, None, "a", "a", "a"]
    assert [r["id"] for r in got] == ["a", "b", "c", "d", "a"]
    assert [bool(r.get("repeated")) for r in got] == [False] * 4 + [True]
    for n in (2, 3, 4):
        assert all(got[n][k] == got[0][k] for k in ("labels", "primary", "scores", "summary", "bundles"))
    assert got[2]["needs_review"] == got[0]["needs_review"]
    assert got[3]["needs_review"]  # the summary's date is not this text's
    assert [r["summary_ok"] for r in got] == [True, True, True, False, True]
    assert "重复稿" in capsys.readouterr().err
    for suffix in (".csv", ".parquet"):
        assert main(["tag", str(rows_file), "-o", str(tmp_path / f"out{suffix}"), "--dedupe"]) == 1
    import pyarrow.parquet as pq

    assert pq.read_table(tmp_path / "out.parquet")["duplicate_of"].to_pylist() == [None, None, "a", "a", "a"]
    assert main(["tag", str(rows_file), "-o", str(out)]) == 2  # another run
    assert "dedupe" in capsys.readouterr().err


@pytest.mark.parametrize("window", ["50000", "70"])
def test_the_same_bytes_with_more_workers_and_after_a_kill(tmp_path: Path, window: str) -> None:
    rows = archive(tmp_path / "a.jsonl", 1500)
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    more = ("--dedupe", "--dedupe-window", window, "--no-summaries")
    assert main(["tag", str(rows), "-o", str(one), *more]) == 1
    with running(str(rows), "-o", str(two), "--workers", "2", *more) as run:
        wait_for(run, tmp_path / "two.jsonl.partial", one.stat().st_size // 2)
        run.kill()
    assert main(["tag", str(rows), "-o", str(two), *more]) == 1
    assert two.read_bytes() == one.read_bytes()
    repeats = sum("duplicate_of" in r for r in lines(one))
    assert repeats > (300 if window == "50000" else 10)


def test_what_repeats_a_failed_text_fails_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = "7月12日，青禾县总工会走进河滨大桥工地，为建筑工人送去绿豆汤和防暑药品。"
    rows = [{"id": "bad", "body": body + "坏了"}, *({"id": f"n{n}", "body": f"第{n}篇" * 20} for n in range(70))]
    rows.append({"id": "copy", "body": body})
    rows_file, out = tmp_path / "a.jsonl", tmp_path / "out.jsonl"
    rows_file.write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in rows), "utf-8")
    whole = Analyzer.analyze

    def breaks(self: Any, articles: Any, **more: Any) -> Any:
        if any(a.id == "bad" for a in articles):
            raise RuntimeError
        return whole(self, articles, **more)

    monkeypatch.setattr(Analyzer, "analyze", breaks)
    assert main(["tag", str(rows_file), "-o", str(out), "--dedupe"]) == 1
    failed = lines(tmp_path / "out.quarantine.jsonl")
    assert [f["id"] for f in failed] == ["bad", "copy"]
    assert "repeats" in failed[1]["reason"]


def test_no_record_is_read_back_from_another_place(tmp_path: Path) -> None:
    """Every repeated record equals the one that it names, though lines have lost reads among them."""
    rows, out = archive(tmp_path / "a.jsonl", 500), tmp_path / "out.jsonl"
    assert main(["tag", str(rows), "-o", str(out), "--dedupe"]) == 1
    firsts: dict[str, dict[str, Any]] = {}
    for record in lines(out):
        first = record.get("duplicate_of")
        if first is None:
            firsts[record["id"]] = record
        else:
            assert all(record[k] == firsts[first][k] for k in ("labels", "scores", "summary"))


@pytest.mark.long
def test_precision_and_recall_on_invented_wire_copy(capsys: pytest.CaptureFixture[str]) -> None:
    texts = wire(4)
    with capsys.disabled():
        print(f"\n{len(invented())} invented articles, {len(texts) - len(invented())} edited copies")
        for similarity in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
            recalls, recall, precision = found(texts, similarity)
            told = ", ".join(f"{edit} {share:.3f}" for edit, share in recalls.items())
            print(f"{similarity}: precision {precision:.4f}, recall {recall:.4f} ({told})")


@pytest.mark.long
@pytest.mark.shared
@pytest.mark.skipif(not PAIRS.exists(), reason="../shared/data is not there")
def test_precision_and_recall_on_news(capsys: pytest.CaptureFixture[str]) -> None:
    """Against exact Jaccard over all pairs of 20,000 articles, in the order of their dates."""
    import pyarrow.parquet as pq

    column = pq.read_table(PAIRS, columns=["date", "body"]).sort_by("date")["body"]
    texts = [str(b) for b in column.to_pylist()[:20_000]]
    sets = [set(shingles(t)) for t in texts]
    holders = defaultdict[str, list[int]](list)
    best = np.zeros(len(sets))  # the exact likeness to the likest text before it
    for n, own in enumerate(sets):
        shared = defaultdict[int, int](int)
        for shingle in own:
            for other in holders[shingle][-200:]:  # set phrases of the trade stand in thousands
                shared[other] += 1
            holders[shingle].append(n)
        best[n] = max((c / (len(own) + len(sets[o]) - c) for o, c in shared.items()), default=0.0)
    with capsys.disabled():
        print(f"\n{len(texts)} articles of news by date")
        for similarity in (0.4, 0.5, 0.6, 0.7):
            firsts = Firsts(similarity=similarity)
            links = {n: first for n, t in enumerate(texts) if (first := firsts.of(n, Article(body=t))) is not None}
            exact = [len(sets[a] & sets[b]) / len(sets[a] | sets[b]) for a, b in links.items()]
            near = [
                np.mean([int(n) in links for n in np.flatnonzero(best >= least)])
                for least in (similarity, similarity + 0.1)
            ]
            print(f"{similarity}: {len(links)} links, exact likeness at least that in "
                  f"{np.mean(np.array(exact) >= similarity):.3f}, "
                  f"within 0.1 of it in {np.mean(np.array(exact) >= similarity - 0.1):.3f}; "
                  f"found {near[0]:.3f} of {np.sum(best >= similarity)} as like as that, "
                  f"{near[1]:.3f} of {np.sum(best >= similarity + 0.1)} as like as 0.1 more")  # fmt: skip
            if similarity == SIMILARITY:  # 128 values estimate within 0.1 (two standard errors)
                assert np.mean(np.array(exact) >= similarity - 0.1) >= 0.98
                assert near[1] >= 0.95  # of two copies the later may be like the earlier and less like the first
