"""Run, not installed: the folder names are generic, and these are the rules that make them work all the same."""

from __future__ import annotations

import ast
import os
import resource
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("models", "training", "eval", "service")
SOURCES = sorted(path for package in (*PACKAGES, "tests") for path in (ROOT / package).rglob("*.py"))


def imports(path: Path) -> Iterator[tuple[ast.stmt, list[str]]]:
    """Each import statement of a file, and what it names absolutely."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield node, [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            yield node, [] if node.level else [str(node.module)]


def our_names() -> set[str]:
    """The names of our modules and folders."""
    folders = [p for package in PACKAGES for p in (ROOT / package).rglob("*") if p.is_dir() and any(p.glob("*.py"))]
    return {*PACKAGES, "tests", *(p.name for p in folders), *(p.stem for p in SOURCES if not p.stem.startswith("__"))}


def test_nothing_of_ours_is_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["tool"]["setuptools"]["packages"] == []
    assert not set(packages_distributions()) & {*PACKAGES, "tests"}


def test_nobody_imports_eval_by_its_bare_name() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCES
        for node, names in imports(path)
        if isinstance(node, ast.Import) and any(name.split(".")[0] == "eval" for name in names)
    ]
    assert not bare, "it would hide the builtin: from eval.x import …"


def test_imports_of_ours_are_absolute() -> None:
    relative = [
        path.relative_to(ROOT)
        for path in SOURCES
        for node, _ in imports(path)
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert not relative


def test_no_module_bears_the_name_of_a_dependency() -> None:
    assert not our_names() & set(packages_distributions())


def test_no_module_bears_the_name_of_a_standard_module_that_we_import() -> None:
    imported = {name.split(".")[0] for path in SOURCES for _, names in imports(path) for name in names}
    assert not our_names() & sys.stdlib_module_names & imported


def test_tests_lie_flat() -> None:
    assert not [p for p in (ROOT / "tests").rglob("*.py") if p.parent != ROOT / "tests"]
    assert not [p for package in PACKAGES for p in (ROOT / package).rglob("test_*.py")]


@pytest.mark.parametrize("package", ["training", "eval", "service"])
def test_help_answers_within_half_a_second_of_cpu_and_loads_nothing_heavy(package: str) -> None:
    code = (
        "import runpy, sys\n"
        f"sys.argv = ['-m {package}', '--help']\n"
        f"try: runpy.run_module('{package}', run_name='__main__')\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'torch', 'transformers', 'datasets', 'numpy', 'onnxruntime', 'sklearn'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
    took = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", package, "--help"], cwd=ROOT, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(took) < 0.5, took


@pytest.mark.parametrize(
    ("there", "newer", "installs"),
    [
        ((), (), "serve.lock"),
        ((".serve",), (), ""),
        ((".serve",), ("serve.lock",), "serve.lock"),
        ((".serve", ".full"), (), ""),
        ((".serve", ".full"), ("full.lock", "serve.lock"), "full.lock"),
        ((".serve", ".full"), ("full.lock",), "full.lock"),
    ],
)
def test_make_serve_brings_the_environment_up_to_date(
    tmp_path: Path, there: tuple[str, ...], newer: tuple[str, ...], installs: str
) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    log = tmp_path / "log"
    for folder in ("requirements", ".venv/bin"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("python", "pip"):  # they only say what they were asked
        program = tmp_path / ".venv/bin" / name
        program.write_text(f'#!/bin/sh\necho "$@" >> {log}\n', "utf-8")
        program.chmod(0o755)
    for name in ("serve.lock", "full.lock"):
        lock = tmp_path / "requirements" / name
        lock.touch()
        os.utime(lock, (3000, 3000) if name in newer else (1000, 1000))
    for name in there:
        (tmp_path / ".venv" / name).touch()
        os.utime(tmp_path / ".venv" / name, (2000, 2000))
    make = ["make", "PYTHON=true", "serve"]
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}  # of `make test`
    subprocess.run(make, cwd=tmp_path, env=alone, check=True, capture_output=True)
    said = log.read_text("utf-8")
    assert [name for name in ("serve.lock", "full.lock") if name in said] == ([installs] if installs else [])
    assert "-m service serve" in said
    log.unlink()
    subprocess.run(make, cwd=tmp_path, env=alone, check=True, capture_output=True)
    assert ".lock" not in log.read_text("utf-8"), "the second time nothing is left to do"
