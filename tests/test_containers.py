"""Dockerfile, compose.yaml and docs/kubernetes without a container engine: their own linters and schemas, what they promise about
rights, and the image's commands run in a folder that holds what the image holds.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
MANIFESTS = sorted((ROOT / "docs" / "kubernetes").glob("*.yaml"))
KUBERNETES = "1.37"
PASSWORD = "only-for-this-test"
TEMPORARY = "/tmp"  # noqa: S108 - of the container


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions, with continued lines joined."""
    lines = [line for line in DOCKERFILE.splitlines() if line.strip() and not line.startswith("#")]
    whole = "\n".join(lines).replace("\\\n", " ").splitlines()
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in whole)]


def compose(**environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name != "POSTGRES_PASSWORD"}
    command = [str(BIN / "docker-compose"), "-f", str(ROOT / "compose.yaml"), "config", "--format", "json"]
    return subprocess.run(command, env=clean | environment, capture_output=True, text=True, check=False)


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    done = subprocess.run([BIN / "hadolint", ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_has_two_stages_runs_as_nobody_and_holds_what_serving_needs() -> None:
    found = instructions()
    starts = [n for n, (word, _) in enumerate(found) if word == "FROM"]
    assert len(starts) == 2
    last = found[starts[1] :]
    assert ("USER", "10001") in last
    assert last.index(("USER", "10001")) < [word for word, _ in last].index("CMD")
    assert [rest for word, rest in found if word == "ARG"] == ["LOCK=serve.lock"]
    copied = {part for word, rest in found if word == "COPY" for part in rest.split() if not part.startswith("--")}
    assert copied == {
        "requirements/${LOCK}", "models", "service", "/app/.venv", "/app/models", "/app/service", "LICENSE", "NOTICE", "./",
    }  # fmt: skip
    assert not [rest for word, rest in found if word == "ADD"]
    assert any(word == "HEALTHCHECK" and "/health/ready" in rest for word, rest in last)
    serving = (ROOT / "requirements/serve.lock").read_text("utf-8")
    assert not re.search(r"^(torch|transformers|datasets|pytest|opentelemetry-sdk)==", serving, re.MULTILINE)


def test_what_goes_into_the_build_is_what_the_image_needs() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert {".git", ".venv", "runs", "tests", "training", "eval", "docs"} <= set(ignored)


def test_compose_is_valid_and_keeps_its_rights_small() -> None:
    done = compose(POSTGRES_PASSWORD=PASSWORD)
    assert done.returncode == 0, done.stderr
    services = json.loads(done.stdout)["services"]
    assert set(services) == {"caibian", "migrate", "database"}
    for name in ("caibian", "migrate"):
        assert services[name]["read_only"] and services[name]["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in services[name]["security_opt"]
        assert services[name]["environment"]["CAIBIAN_DATABASE_URL"].startswith("postgresql://caibian:")
    assert [port["host_ip"] for port in services["caibian"]["ports"]] == ["127.0.0.1"]
    assert "ports" not in services["database"] and "ports" not in services["migrate"]
    assert services["caibian"]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert services["database"]["healthcheck"] and services["migrate"]["command"] == [
        "python",
        "-m",
        "service",
        "migrate",
    ]


def test_compose_without_a_password_is_refused_and_holds_none() -> None:
    done = compose()
    assert done.returncode != 0 and "POSTGRES_PASSWORD" in done.stderr
    assert not re.search(r"PASSWORD: +[^$\s]", (ROOT / "compose.yaml").read_text("utf-8"))


def documents() -> list[dict[str, Any]]:
    return [document for path in MANIFESTS for document in yaml.safe_load_all(path.read_text("utf-8"))]


def kind_of(kind: str) -> dict[str, Any]:
    (found,) = [document for document in documents() if document["kind"] == kind]
    return found


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_the_manifests_follow_kubernetes_schemas(path: Path) -> None:
    for document in yaml.safe_load_all(path.read_text("utf-8")):
        kubernetes_validate.validate(document, KUBERNETES, strict=True)


def test_a_wrong_manifest_would_be_seen() -> None:
    wrong = kind_of("Deployment")
    wrong["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, KUBERNETES, strict=True)


@pytest.mark.parametrize("kind", ["Deployment", "Job"])
def test_pods_run_as_nobody_on_a_read_only_root_without_rights(kind: str) -> None:
    pod = kind_of(kind)["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"] | {"fsGroup": 0} == {
        "runAsNonRoot": True, "runAsUser": 10001, "runAsGroup": 10001, "fsGroup": 0,
        "seccompProfile": {"type": "RuntimeDefault"},
    }  # fmt: skip
    for container in pod["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        }  # fmt: skip
        assert container["resources"]["limits"]["memory"] and container["resources"]["requests"]
        assert TEMPORARY in [mount["mountPath"] for mount in container["volumeMounts"]]
        (url,) = [entry for entry in container["env"] if entry["name"] == "CAIBIAN_DATABASE_URL"]
        assert url["valueFrom"]["secretKeyRef"] == {"name": "caibian", "key": "database-url"}


def test_the_manifests_belong_together() -> None:
    assert {d["kind"] for d in documents()} == {"Deployment", "Job", "NetworkPolicy", "Secret", "Service"}
    deployment, service = kind_of("Deployment")["spec"], kind_of("Service")["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    assert (
        service["selector"].items() <= labels.items()
        and deployment["selector"]["matchLabels"].items() <= labels.items()
    )
    container = deployment["template"]["spec"]["containers"][0]
    assert container["readinessProbe"]["httpGet"]["path"] == "/health/ready"
    assert (
        container["livenessProbe"]["httpGet"]["path"] == container["startupProbe"]["httpGet"]["path"] == "/health/live"
    )
    policy = kind_of("NetworkPolicy")["spec"]
    assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
    for document in (kind_of("Deployment"), kind_of("Job")):
        assert (
            policy["podSelector"]["matchLabels"].items() <= document["spec"]["template"]["metadata"]["labels"].items()
        )


def state(folder: Path) -> dict[str, int]:
    return {str(p): p.stat().st_mtime_ns for p in folder.rglob("*") if "/var" not in str(p) and p.is_file()}


@pytest.mark.long
def test_the_images_commands_work_in_a_folder_that_holds_what_the_image_holds(tmp_path: Path) -> None:
    """A virtual environment of the serving lock, the code, the exact HEALTHCHECK and CMD, but for port and address."""
    found = dict(instructions())  # the last one of each
    environment = dict(pair.split("=", 1) for pair in found["ENV"].split())
    app = tmp_path / "app"
    app.mkdir()
    subprocess.run([sys.executable, "-m", "venv", app / ".venv"], check=True)
    install: list[str | Path] = [
        app / ".venv/bin/pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        "-r",
        ROOT / "requirements/serve.lock",
    ]
    subprocess.run(install, check=True, capture_output=True)
    for name in ("models", "service"):
        shutil.copytree(ROOT / name, app / name, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([app / ".venv/bin/python", "-m", "compileall", "-q", "models", "service"], cwd=app, check=True)
    (app / "var").mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    env = {
        name: value.replace("/app", str(app)).replace("$PATH", "/usr/bin:/bin") for name, value in environment.items()
    }
    env |= {"TMPDIR": str(tmp_path), "HOME": "/nonexistent"}
    command = [{"0.0.0.0": "127.0.0.1", "8000": port}.get(word, word) for word in json.loads(found["CMD"])]  # noqa: S104
    check = json.loads(found["HEALTHCHECK"].partition("CMD")[2].strip())
    check = [word.replace(":8000", f":{port}") for word in check]
    python = str(app / ".venv/bin/python")
    before = state(app)
    with subprocess.Popen([python, *command[1:]], cwd=app, env=env, stderr=subprocess.PIPE, text=True) as served:
        try:
            until = time.monotonic() + 120
            while subprocess.run([python, *check[1:]], cwd=app, env=env, capture_output=True, check=False).returncode:
                assert time.monotonic() < until and served.poll() is None
                time.sleep(0.5)
        finally:
            served.terminate()
            _, said = served.communicate(timeout=60)
    assert served.returncode == 0, said
    assert state(app) == before  # nothing was written but under var and tmp
    gone = subprocess.run([python, *check[1:]], cwd=app, env=env, capture_output=True, check=False)
    assert gone.returncode != 0
    openly = subprocess.run(
        [python, *json.loads(found["CMD"])[1:]], cwd=app, env=env, capture_output=True, text=True, check=False
    )
    assert openly.returncode == 2 and "keys create" in openly.stderr


def test_every_test_that_the_operations_docs_name_exists() -> None:
    named = re.findall(r"`(tests/\w+\.py)::(\w+)`", (ROOT / "docs/operations.md").read_text("utf-8"))
    assert len(named) >= 20
    for path, name in named:
        assert re.search(rf"^def {name}\(", (ROOT / path).read_text("utf-8"), re.MULTILINE), name
