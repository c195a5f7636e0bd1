"""`tag --engine ray`: the same bytes as without it, whoever dies: an actor, the reader, a node, the run itself, an actor
each time it comes to a certain record.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pickle
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import kubernetes_validate
import pytest
import yaml

from service import archive, archive_ray
from service.archive_work import How, Worker
from service.cli import main, make_parser
from service.readiness import load_checked
from service.settings import Settings
from tests.ray_nodes import PORT, two_nodes
from tests.service_client import FLOORS, ROOT, python
from tests.test_containers import KUBERNETES
from tests.test_tag_workers import command_of, lines, running, table, wait_for

needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="Ray is not installed: requirements/ray.lock"
)


@pytest.fixture(autouse=True)
def _floors_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in FLOORS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("RAY_worker_niceness", "0")  # with Ray's own 15 its processes starve on a busy machine


TAGGER = "ray::MapWorker(MapBatches(Tagger))"
READER = "ray::ReadStretches"


def actors(title: str = TAGGER) -> list[int]:
    """Processes of Ray that tag, or have another title."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and command_of(int(entry.name)).startswith(title):
            found.append(int(entry.name))
    return found


@pytest.mark.long
@pytest.mark.ray
@needs_ray
def test_ray_writes_the_same_bytes_though_an_actor_and_the_run_are_killed(tmp_path: Path) -> None:
    rows = table(tmp_path / "a.jsonl", 6000)
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    assert main(["tag", str(rows), "-o", str(one)]) == 1
    arguments = (str(rows), "-o", str(two), "--engine", "ray", "--workers", "2")
    partial, before = tmp_path / "two.jsonl.partial", set(actors())
    with running(*arguments) as run:
        wait_for(run, partial, 1)
        ours = [pid for pid in actors() if pid not in before]
        assert ours
        with contextlib.suppress(ProcessLookupError):
            os.kill(ours[0], signal.SIGKILL)
        wait_for(run, partial, one.stat().st_size // 3)
        run.kill()
    until = time.monotonic() + 60
    while set(actors()) - before:  # they end with their run
        assert time.monotonic() < until
        time.sleep(0.1)
    with running(*arguments) as run:
        _, said = run.communicate(timeout=200)
    assert run.returncode == 1, said
    assert "going on after" in said
    assert two.read_bytes() == one.read_bytes()
    assert (tmp_path / "two.quarantine.jsonl").read_bytes() == (tmp_path / "one.quarantine.jsonl").read_bytes()


@pytest.mark.long
@pytest.mark.ray
@needs_ray
def test_a_node_joins_and_is_lost_and_its_work_goes_to_the_other(tmp_path: Path) -> None:
    """Each node has one core, so the lost node's actor finds no other: the stretches that it had must go elsewhere."""
    rows = table(tmp_path / "a.jsonl", 30_000)
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    assert main(["tag", str(rows), "-o", str(one)]) == 1
    with two_nodes() as (head, second):
        arguments = ("tag", str(rows), "-o", str(two), "--engine", "ray", "--address", f"{head.address}:{PORT}")
        command = head.command(sys.executable, "-m", "service", *arguments, "--workers", "2")
        with subprocess.Popen(command, cwd=ROOT, env=head.environment, text=True, stderr=subprocess.PIPE) as run:
            try:
                wait_for(run, tmp_path / "two.jsonl.partial", 1)
                second.start_ray("--address", f"{head.address}:{PORT}")
                worked = set[str]()
                while len(worked) < 2:  # a process of Ray is called after what it does just now
                    assert run.poll() is None, "the run ended before both nodes were seen at work"
                    for node in (head, second):
                        if any(title.startswith(f"{TAGGER}.submit") for title in node.processes().values()):
                            worked.add(node.address)
                second.kill()
                _, said = run.communicate(timeout=300)
            finally:
                run.kill()
    assert run.returncode == 1, said
    assert "room for 1 of 2 workers" in said
    assert "a node was lost" in said and "begun anew" in said
    assert two.read_bytes() == one.read_bytes()
    assert (tmp_path / "two.quarantine.jsonl").read_bytes() == (tmp_path / "one.quarantine.jsonl").read_bytes()


@pytest.mark.long
@pytest.mark.ray
@needs_ray
def test_a_record_that_kills_its_process_each_time_is_set_apart(tmp_path: Path) -> None:
    """The others of its stretch are kept, and the run comes to its end."""
    plug = tmp_path / "plug"
    plug.mkdir()
    (plug / "sitecustomize.py").write_text(
        "import os\n"
        "if 'default_worker.py' in open('/proc/self/cmdline').read():\n"
        "    from models.keywords import KeywordClassifier as K\n"
        "    plain = K.classify\n"
        "    def classify(self, articles, *rest, **more):\n"
        "        if any('第700篇' in a.body for a in articles):\n"
        "            os.kill(os.getpid(), 9)\n"
        "        return plain(self, articles, *rest, **more)\n"
        "    K.classify = classify\n",
        "utf-8",
    )
    rows = table(tmp_path / "a.jsonl", 1500)
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    assert main(["tag", str(rows), "-o", str(one)]) == 1
    arguments = ("tag", str(rows), "-o", str(two), "--engine", "ray", "--workers", "2")
    with python("-m", "service", *arguments, PYTHONPATH=str(plug)) as run:
        _, said = run.communicate(timeout=300)
    assert run.returncode == 1, said
    assert [r for r in lines(one) if r["id"] != "r700"] == lines(two)
    failed, before = (lines(tmp_path / f"{n}.quarantine.jsonl") for n in ("two", "one"))
    (apart,) = [r for r in failed if r not in before]
    assert apart["id"] == "r700" and "3 worker processes died over it" in apart["reason"]
    assert len(failed) == len(before) + 1


@pytest.mark.long
@pytest.mark.ray
@needs_ray
def test_the_task_that_hands_out_is_killed(tmp_path: Path) -> None:
    rows = table(tmp_path / "a.jsonl", 9000)
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    assert main(["tag", str(rows), "-o", str(one)]) == 1
    before = set(actors(READER))
    with running(str(rows), "-o", str(two), "--engine", "ray", "--workers", "2") as run:
        wait_for(run, tmp_path / "two.jsonl.partial", 1)
        (reader,) = set(actors(READER)) - before
        os.kill(reader, signal.SIGKILL)
        _, said = run.communicate(timeout=240)
    assert run.returncode == 1, said
    assert two.read_bytes() == one.read_bytes()


@pytest.mark.long
@pytest.mark.ray
@needs_ray
def test_twenty_five_kills_of_five_thousand_records_on_ray(tmp_path: Path) -> None:
    """Whole runs are killed at random moments; the end equals a run that was let alone."""
    count, rows = 25, table(tmp_path / "a.jsonl", 5000)
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    assert main(["tag", str(rows), "-o", str(one)]) == 1
    size, draw, before = one.stat().st_size, random.Random(2), set(actors())
    arguments = (str(rows), "-o", str(two), "--engine", "ray", "--workers", "2")
    for n in range(count):
        with running(*arguments) as run:
            wait_for(run, tmp_path / "two.jsonl.partial", min(size - 1, int(size * (n + draw.random()) / (count + 1))))
            run.kill()
        until = time.monotonic() + 120
        while set(actors()) - before:  # they end with their run
            assert time.monotonic() < until
            time.sleep(0.1)
    with running(*arguments) as run:
        _, said = run.communicate(timeout=600)
    assert run.returncode == 1, said
    assert "going on after" in said
    assert two.read_bytes() == one.read_bytes()
    assert (tmp_path / "two.quarantine.jsonl").read_bytes() == (tmp_path / "one.quarantine.jsonl").read_bytes()


@pytest.mark.long
@pytest.mark.ray
@needs_ray
@pytest.mark.filterwarnings("default")  # this process is Ray's driver, and Ray warns of itself
def test_a_worker_with_other_bundles_ends_the_run_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """At once, and not as an actor that died for a reason that stands elsewhere."""

    def other(chunks: Any, how: How, *rest: Any) -> Any:
        return archive_ray.on_ray(chunks, replace(how, bundles=("other@1",)), *rest)

    monkeypatch.setattr(archive, "on_ray", other)
    rows = table(tmp_path / "a.jsonl", 300)
    assert main(["tag", str(rows), "-o", str(tmp_path / "o.jsonl"), "--engine", "ray", "--workers", "1"]) == 1
    said = capsys.readouterr().err
    assert "error: a worker has keywords@1 and lead@1 where the run began with other@1" in said
    assert "begun anew" not in said and not (tmp_path / "o.jsonl").exists()


def test_what_goes_to_workers_holds_no_secret_and_the_command_needs_no_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def execute(
        ray: Any, stretches: archive_ray.Stretches, how: How, settings: Settings, workers: int
    ) -> Iterator[Any]:
        seen.append((how, settings))
        worker = Worker(load_checked(settings), how, settings)
        for _ in stretches.fill():
            yield from map(worker, pickle.loads(stretches.waiting[stretches.first]))  # noqa: S301 - our own
            stretches.settle()

    monkeypatch.setattr(archive, "find_ray", lambda: None)
    monkeypatch.setattr(archive, "load_checked", lambda *_: pytest.fail("the command has loaded models"))
    monkeypatch.setattr(archive_ray, "_connect", lambda *_: SimpleNamespace(shutdown=lambda: None))
    monkeypatch.setattr(archive_ray, "_execute", execute)
    secret = "precious"
    monkeypatch.setenv("CAIBIAN_DATABASE_URL", f"postgresql://me:{secret}@db/caibian")
    monkeypatch.setenv("CAIBIAN_WEBHOOK_SECRET", secret)
    monkeypatch.setenv("CAIBIAN_TRACES_ENDPOINT", f"https://me:{secret}@traces")
    rows = table(tmp_path / "a.jsonl", 300)
    assert main(["tag", str(rows), "-o", str(tmp_path / "o.jsonl"), "--engine", "ray"]) == 1
    ((how, settings),) = seen
    assert how.bundles == ("keywords@1", "lead@1")
    assert secret.encode() not in pickle.dumps((how, settings))
    assert len(lines(tmp_path / "o.jsonl")) == 296


def test_the_manifest_of_kuberay_holds_pods_and_a_command_as_they_should_be() -> None:
    """KubeRay's own schema is not at hand: what it wraps is checked, and that both kinds of pod share image and password."""
    cluster, job = yaml.safe_load_all((ROOT / "docs" / "kubernetes" / "ray" / "tag.yaml").read_text("utf-8"))
    kubernetes_validate.validate(job, KUBERNETES, strict=True)
    (workers,) = cluster["spec"]["workerGroupSpecs"]
    pods = [part["template"] for part in (cluster["spec"]["headGroupSpec"], workers, job["spec"])]
    for pod in pods:
        wrapped = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": pod["spec"]}
        kubernetes_validate.validate(wrapped, KUBERNETES, strict=True)
        (container,) = pod["spec"]["containers"]
        assert container["image"] == "caibian-ray:0.1.0" and container["env"][0]["value"] == "token"
        assert container["env"][1]["valueFrom"]["secretKeyRef"] == {"name": "caibian-ray", "key": "token"}
        assert pod["spec"]["securityContext"]["runAsNonRoot"]
    assert cluster["spec"]["rayVersion"] == pinned("ray")
    start, tag = pods[2]["spec"]["containers"][0]["command"][-1].split(" && exec python -m service ")
    assert start.startswith(f"ray start --address={cluster['metadata']['name']}-head-svc:6379")
    asked = make_parser().parse_args(tag.split())
    # as many as there can be
    assert asked.workers == int(workers["rayStartParams"]["num-cpus"]) * workers["maxReplicas"]


def pinned(package: str) -> str:
    lock = (ROOT / "requirements" / "ray.lock").read_text("utf-8").splitlines()
    (line,) = [line for line in lock if line.startswith(f"{package}==")]
    return line.removeprefix(f"{package}==")


def test_the_lock_has_what_ray_data_needs_as_the_full_lock_has_it() -> None:
    full = (ROOT / "requirements" / "full.lock").read_text("utf-8").splitlines()
    for package in ("pandas", "pyarrow", "numpy"):
        assert f"{package}=={pinned(package)}" in full


def test_without_ray_a_sentence_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    rows = table(tmp_path / "a.jsonl", 30)
    assert main(["tag", str(rows), "-o", str(tmp_path / "o.jsonl"), "--engine", "ray"]) == 2
    assert "requirements/ray.lock" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["a.jsonl"]
