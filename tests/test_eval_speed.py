"""`eval speed` on tiny models: turns, the roof, equal weights on both sides, the load, servers, and the whole run."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import BertModel

from eval import speed_load, speed_peers, speed_torch, speed_ways
from eval.__main__ import main
from eval.speed import Plan, run
from eval.speed_report import as_flat, render
from eval.speed_roof import encoder_flops, multiplier
from eval.speed_servers import NAIVE, Server, ServerFailed, stopped_on_sigterm
from eval.speed_texts import CHARS, invent, read_texts
from eval.speed_turns import Turns, take_turns
from models.article import Article
from models.errors import BadInput
from models.registry import load_classifier
from models.topic_encoder import TopicEncoder
from tests.test_training_export import summaries_run, topics_run
from tests.tiny import bert_config
from training.export import export_run

KEYS = {
    "classify_per_s", "classify_ratio_transformers", "cascade_ratio_transformers", "summarize_per_s",
    "summarize_ratio_transformers", "pages_per_s", "http_ratio_naive",
    "http_tag_ratio_naive", "ready_s", "rss_mib", "peak_gflops", "peak_share",
}  # fmt: skip
SMALL_BERT = {"hidden_size": 48, "num_hidden_layers": 1, "num_attention_heads": 4, "intermediate_size": 96}
ARTICLES = [
    Article("县总工会送清凉", "近日，县总工会开展活动。"),
    Article("", "职工技能竞赛举办，企业和职工线上维权。"),
]


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("speed")
    return export_run(topics_run(folder / "t")).path, export_run(summaries_run(folder / "s")).path


# Turns


def test_turns_are_interleaved_and_begun_by_each_in_turn() -> None:
    order: list[str] = []
    clock = Clock()

    def way(name: str, seconds: float) -> Any:
        def work(number: int) -> float:
            order.append(f"{name}{number}")
            clock.at += seconds * (1 + number)  # the machine gets slower, for both alike
            return 2

        return work

    turns = take_turns({"a": way("a", 1), "b": way("b", 3)}, until=10, least=2, now=clock)
    assert order == ["a0", "b0", "b1", "a1"]  # a third round would end at 24
    assert turns.cost == {"a": [0.5, 1.0], "b": [1.5, 3.0]}
    assert turns.ratio("a", "b") == 3.0
    assert turns.spread("a", "b") == (3.0, 3.0)
    assert turns.rate("a") == pytest.approx(1 / 0.75)
    assert turns.best("a") == 2


def test_rounds_go_on_while_they_fit_and_there_are_as_many_as_asked_for() -> None:
    for until, least, rounds in ((100, 1, 100), (10.5, 1, 10), (0, 4, 4)):
        clock = Clock()
        assert take_turns({"a": clock.spend}, until, least, now=clock).rounds == rounds


def test_the_ratio_is_the_median_of_the_rounds_and_not_of_the_sums() -> None:
    turns = Turns({"ours": [1, 1, 1], "theirs": [2, 2, 200]})
    assert turns.ratio("ours", "theirs") == 2
    assert turns.spread("ours", "theirs") == (2, 200)


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at

    def spend(self, _number: int) -> float:
        self.at += 1
        return 1


# The roof


@pytest.mark.parametrize("windows", [[7], [12, 80]])
def test_operations_are_those_that_torch_counts(windows: list[int]) -> None:
    config = bert_config(attn_implementation="eager")
    model = TopicEncoder(BertModel(config, add_pooling_layer=False), 4).eval()
    counted = 0.0
    for tokens in windows:
        ids = torch.ones((1, tokens), dtype=torch.long)
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            model(ids, torch.ones_like(ids))
        counted += counter.get_total_flops()
    assert encoder_flops(config.to_dict(), 4, windows) == pytest.approx(counted, rel=1e-6)


def test_the_product_counts_its_own_operations() -> None:
    assert multiplier(side=8, times=3)(0) == 3 * 2 * 8**3


# The same weights on both sides


def test_pipeline_and_bundle_give_the_same_logits(bundles: tuple[Path, Path]) -> None:
    ways = speed_ways.Classifying(ARTICLES, bundles[0], 1, part=2, few=1, bert=SMALL_BERT)
    assert 0 < ways.gap < 1e-4
    assert {name: way(0) for name, way in ways.ways.items() if name != "matmul"} == {
        "same": 2, "whole": 2, "exact": 2, "cascade": 2, "pipeline": 2, "bert-base": 1,
    }  # fmt: skip
    assert ways.by_encoder() == 1.0  # the tiny bundle has no cascade
    assert ways.tokens()["whole"] == ways.tokens()["pipeline"]  # one window each


def test_the_pipeline_cuts_what_we_read_whole(bundles: tuple[Path, Path]) -> None:
    ways = speed_ways.Classifying([Article("送清凉", "职工和工会" * 60)], bundles[0], 1, part=1, few=1, bert=SMALL_BERT)
    assert ways.tokens()["pipeline"] == 80
    assert ways.tokens()["whole"] > 160
    (cut,) = ways.cut  # the same text for both: all that one window holds of it, and not more
    assert len(ways.ours.windows(cut)) == 1
    assert 76 <= len(ways.ours.windows(cut)[0].ids) <= 80
    assert ("职工和工会" * 60).startswith(cut.body)


def test_other_weights_are_refused(bundles: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    honest = speed_torch.load_pipeline

    def other(folder: Path, threads: int) -> Any:
        made = honest(folder, threads)
        return lambda texts: [[{**one, "score": one["score"] + 0.01} for one in answer] for answer in made(texts)]

    monkeypatch.setattr(speed_torch, "load_pipeline", other)
    with pytest.raises(BadInput, match="do not compare"):
        speed_ways.Classifying(ARTICLES, bundles[0], 1, part=1, few=1, bert=SMALL_BERT)


def test_generate_writes_with_the_weights_and_beams_of_the_bundle(bundles: tuple[Path, Path]) -> None:
    texts = speed_torch.load_generate(bundles[1], 1)([a.body for a in ARTICLES])
    assert len(texts) == 2
    assert all(texts)
    ways = speed_ways.Summarizing(ARTICLES, bundles[1], 1, part=2)
    assert [way(0) for way in ways.ways.values()] == [2, 2]


def test_a_folder_for_servers_holds_the_encoder(bundles: tuple[Path, Path], tmp_path: Path) -> None:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    speed_torch.write_folder(bundles[0], tmp_path / "folder")
    model = AutoModelForSequenceClassification.from_pretrained(tmp_path / "folder")
    classifier = load_classifier(bundles[0], 1)
    assert list(model.config.id2label.values()) == list(classifier.taxonomy.names)
    held = speed_torch._tagger(classifier.opened).inner.encoder.state_dict()  # type: ignore[attr-defined]
    name = "encoder.layer.1.output.dense.weight"
    assert torch.equal(model.bert.state_dict()[name], held[name])
    assert AutoTokenizer.from_pretrained(tmp_path / "folder").model_max_length == 80
    told = json.loads((tmp_path / "folder" / "tokenizer_config.json").read_text("utf-8"))
    assert told["tokenizer_class"] == "PreTrainedTokenizerFast"  # which transformers 4 knows too


# Texts


def test_invented_articles_are_the_same_every_time_and_as_long_as_news() -> None:
    articles = invent(200)
    assert articles == invent(200)
    lengths = [len(a.body) for a in articles]
    assert CHARS[0] - 2 <= min(lengths)
    assert max(lengths) < CHARS[1] + 60
    assert 180 < np.mean(lengths) < 330
    assert len({a.body for a in articles}) == 200
    assert not any("{" in a.headline + a.body for a in articles)


def test_articles_of_a_file_are_taken_evenly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets.config

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    data = tmp_path / "news.jsonl"
    data.write_text("".join(json.dumps({"id": str(i), "body": f"第{i}条。"}) + "\n" for i in range(10)), "utf-8")
    assert [a.body for a in read_texts(data, count=5)] == ["第0条。", "第2条。", "第4条。", "第6条。", "第8条。"]
    assert len(read_texts(data)) == 10
    data.write_text('{"id": "1", "body": " "}\n', "utf-8")
    with pytest.raises(BadInput, match="no article with a body"):
        read_texts(data)
    data.write_text('{"id": "1", "text": "a"}\n', "utf-8")
    with pytest.raises(BadInput, match="no column body"):
        read_texts(data)


# The load


class Slow(BaseHTTPRequestHandler):
    """One request at a time; the first one stalls, `/broken` never works."""

    protocol_version = "HTTP/1.0"
    stall = 0.4

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(Slow.stall)
        Slow.stall = 0
        self.send_response(500 if self.path == "/broken" else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def slow() -> Iterator[str]:
    Slow.stall = 0.4
    server = HTTPServer(("127.0.0.1", 0), Slow)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def load(url: str, offsets: list[float]) -> list[float | None]:
    spec = {"targets": {"it": {"url": url, "bodies": [{}]}}, "offsets": offsets, "least": 1, "seconds": 0}
    (turn,) = asyncio.run(speed_load.run(spec))["it"]
    return list(turn["latencies"])


def test_whoever_waits_behind_a_stall_is_counted_from_when_he_came(slow: str) -> None:
    offsets = [0.0, 0.1, 0.2, 0.3]
    for latency, offset in zip(load(slow + "/", offsets), offsets, strict=True):
        assert latency is not None
        assert latency >= 0.4 - offset


class Crowd:
    """In place of a client: how many requests wait for it at once."""

    inside = most = 0

    async def post(self, _url: str, *, content: bytes) -> SimpleNamespace:
        self.inside += 1
        self.most = max(self.most, self.inside)
        await asyncio.sleep(0.001 * len(content))
        self.inside -= 1
        return SimpleNamespace(status_code=200)


@pytest.mark.parametrize(("in_flight", "most"), [(3, 3), (0, 20)])
def test_no_more_requests_wait_than_asked_for(in_flight: int, most: int) -> None:
    crowd: Any = Crowd()
    turn = asyncio.run(speed_load.send(crowd, "it", [b"12345", b"1"], [0.0] * 20, in_flight))
    assert crowd.most == most
    assert None not in turn["latencies"]
    assert turn["refused"] == {}


def test_an_answer_that_is_no_200_is_a_failure(slow: str) -> None:
    assert load(slow + "/broken", [0.0, 0.0]) == [None, None]


# Servers


def test_a_server_that_does_not_start_is_named_with_what_it_said(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('the port is taken')"]
    with pytest.raises(ServerFailed, match="naive did not start: the port is taken"):
        Server("naive", command, tmp_path / "log", 1).__enter__()


def test_sigterm_ends_the_servers_too(tmp_path: Path) -> None:
    code = "import sys, time; print('http://127.0.0.1:1', flush=True); time.sleep(60)"
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as left, stopped_on_sigterm():
        server = Server("it", [sys.executable, "-c", code], tmp_path / "log", 1)
        timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM))
        timer.start()
        server.__enter__()  # never ready
    assert left.value.code == 143
    assert server._process.poll() is not None
    assert signal.getsignal(signal.SIGTERM) is before


def test_what_a_server_started_ends_with_it(tmp_path: Path) -> None:
    child = "import time; time.sleep(60)"
    code = f"""
import subprocess, sys, http.server
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
server = http.server.HTTPServer(("127.0.0.1", 0), Ready)
pid = subprocess.Popen([sys.executable, "-c", {child!r}]).pid
print(f"child {{pid}} http://127.0.0.1:{{server.server_port}}", flush=True)
server.serve_forever()
"""
    with Server("it", [sys.executable, "-c", code], tmp_path / "log", 1) as server:
        pid = int((tmp_path / "log").read_text("utf-8").split()[1])
        os.kill(pid, 0)
        assert server.ready_s > 0
        rss = server.rss_mib()
        assert rss is not None and rss > 8
    until = time.monotonic() + 10
    while time.monotonic() < until and not gone(pid):
        time.sleep(0.02)
    assert gone(pid)


def gone(pid: int) -> bool:
    """Ended; perhaps nobody has asked for its exit code yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def test_peers_that_are_not_there_are_named(tmp_path: Path) -> None:
    found, absent = speed_peers.find_peers(tmp_path, tmp_path, 1, tmp_path)
    assert not found
    assert [reason.split(":")[0] for reason in absent] == ["litserve", "infinity"]


def test_the_sources_of_other_servers_are_python() -> None:
    for source in (NAIVE, speed_peers.LITSERVE):
        compile(source, "server.py", "exec")


# The whole


def test_a_run_gives_every_key(bundles: tuple[Path, Path], tmp_path: Path) -> None:
    plan = Plan(seconds=0, part=2, few=1, sums=1, burst=3, least=2)
    found = run(plan=plan, topics=bundles[0], summaries=bundles[1], peers=tmp_path, bert=SMALL_BERT)
    flat = as_flat(found)
    assert flat.keys() >= KEYS
    for key in KEYS:
        assert flat[key] > 0, key
    assert flat["threads"] == 1
    assert len(flat["load"]) == 6
    assert found.classify.rounds == found.summarize.rounds == 2
    for served in (found.served, found.tagged):
        assert [(s.name, s.failed) for s in served] == [("caibian", 0), ("naive", 0)]
    assert all(s.p50 is not None and s.p50 <= s.p99 for s in found.served if s.p99 is not None)
    told = render(found)
    assert "load average" in told
    assert "not measured: litserve" in told


def test_bad_input_is_refused_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["speed", "--threads", "0"]) == 2
    assert main(["speed", str(tmp_path / "none.jsonl")]) == 2
    assert main(["speed", "--json", str(tmp_path / "no" / "folder.json")]) == 2
    said = capsys.readouterr().err
    assert said.count("eval: ") == 3
    assert "1 or more" in said


def test_nothing_heavy_is_imported_with_the_modules() -> None:
    code = (
        "import sys, eval.speed, eval.speed_peers, eval.speed_report, eval.speed_torch, eval.speed_ways\n"
        "sys.exit(', '.join(n for n in ('torch', 'transformers', 'fastapi', 'datasets') if n in sys.modules) or 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
