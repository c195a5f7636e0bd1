"""The bundle format: one folder, a manifest and files whose SHA-256 it lists. Writer and reader share this module.

    manifest.json          everything that changes a prediction but weights: taxonomy, thresholds, calibration, lengths
    weights.safetensors    see models/weights.py
    tokenizer.json         tokenizers' own format
    *.onnx                 graphs without weights; initialisers are taken from weights.safetensors by name

Nothing in it is pickled or executed. Every file is checked against its hash before it is opened.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from models.errors import BundleError, CaibianError

Numbers = TypeVar("Numbers")

FORMAT = 1
MANIFEST = "manifest.json"
WEIGHTS = "weights.safetensors"
TOKENIZER = "tokenizer.json"
NEW, OLD = ".new", ".old"  # beside a bundle's folder while another one is installed there


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose files are there and whole."""

    path: Path
    manifest: dict[str, Any]

    @property
    def name(self) -> str:
        """`name@version`, the way answers cite it."""
        return f"{self.manifest['name']}@{self.manifest['version']}"

    def file(self, name: str) -> Path:
        """The path of a file that the manifest lists; raises BundleError when it lists none of that name."""
        if name not in self.manifest["files"]:
            raise BundleError(f"bundle {self.path}: the manifest lists no {name}; {MEND}")
        return self.path / name


MEND = "restore the folder (git checkout -- models/bundles) or publish a run again (python -m training publish RUN)"


def open_bundle(path: Path, task: str) -> Bundle:
    """Read and check a bundle; raises BundleError that names the file and how to mend it.

    While an installation changes the folder, and after one that was killed just then, the former bundle is opened from
    where it was put aside.
    """
    aside = _beside(path, OLD)
    try:
        return _open(aside if not path.exists() and aside.exists() else path, task)
    except OSError as e:
        raise BundleError(f"bundle {path} cannot be read ({e.strerror or e}); {MEND}") from e


def _open(path: Path, task: str) -> Bundle:
    manifest_file = path / MANIFEST
    try:
        manifest = json.loads(manifest_file.read_text("utf-8"))
    except FileNotFoundError as e:
        raise BundleError(f"no bundle for {task}: {manifest_file} is missing; {MEND}") from e
    except (OSError, ValueError, RecursionError) as e:
        raise BundleError(f"bundle {path}: {MANIFEST} is damaged ({e}); {MEND}") from e
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise BundleError(f"bundle {path}: not format {FORMAT}, it was written by another release; {MEND}")
    if manifest.get("task") != task:
        raise BundleError(f"bundle {path} is for {manifest.get('task')!r}, not for {task!r}: choose another folder")
    missing = [k for k in ("name", "version", "files") if k not in manifest]
    if missing:
        raise BundleError(f"bundle {path}: {MANIFEST} lacks {missing[0]!r}; {MEND}")
    wrong = [k for k, kind in (("name", str), ("version", str), ("files", dict)) if not isinstance(manifest[k], kind)]
    if wrong:
        raise BundleError(f"bundle {path}: {MANIFEST} is damaged ({wrong[0]!r} has another type); {MEND}")
    for name, listed in manifest["files"].items():
        file = path / name
        if Path(name).name != name or not file.is_file():
            raise BundleError(f"bundle {path}: the file {name} is missing; {MEND}")
        with damaged(path, MANIFEST):
            wanted = listed["sha256"]
        with damaged(path, name):
            found = sha256(file)
        if found != wanted:
            raise BundleError(f"bundle {path}: {name} is damaged (its SHA-256 is not the manifest's); {MEND}")
    return Bundle(path, manifest)


@contextlib.contextmanager
def damaged(path: Path, name: str) -> Iterator[None]:
    """Whatever breaks in here is the fault of this file of the bundle: it becomes a BundleError that says so.

    Hashes match in a bundle that was written wrongly or edited and sealed again, and tokenizers and ONNX Runtime raise
    errors of their own.
    """
    try:
        yield
    except CaibianError:
        raise
    except Exception as e:
        said = str(e).splitlines() or [type(e).__name__]
        reason = f"{said[0]} is missing" if isinstance(e, KeyError) else said[0][:200]
        raise BundleError(f"bundle {path}: {name} cannot be used ({reason}); {MEND}") from e


def filled(kind: type[Numbers], values: Any) -> Numbers:
    """A dataclass of numbers out of a manifest; raises TypeError or ValueError that names what is wrong."""
    made = kind(**values)
    for field in fields(made):  # type: ignore[arg-type]  # a dataclass
        number(getattr(made, field.name), field.name, whole=field.type in ("int", int))
    return made


def number(value: Any, name: str, *, whole: bool = False) -> float:
    """The value, when it is a finite number; raises ValueError that names it."""
    kinds = (int,) if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not math.isfinite(value):
        raise ValueError(f"{name!r} is {value!r:.40} and must be a {'whole ' if whole else ''}number")
    return value


def seal_bundle(path: Path, manifest: dict[str, Any]) -> Bundle:
    """Write the manifest over the files that lie in the folder, hashes and sizes filled in."""
    files = {
        f.name: {"sha256": sha256(f), "bytes": f.stat().st_size}
        for f in sorted(path.iterdir())
        if f.is_file() and f.name != MANIFEST
    }
    whole = {"format": FORMAT, **manifest, "files": files}
    (path / MANIFEST).write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return open_bundle(path, str(manifest["task"]))


def install_bundle(source: Path, target: Path, task: str) -> Bundle:
    """Put a checked copy of `source` in the place of `target`; wherever it is killed, the old or the new one opens."""
    open_bundle(source, task)
    fresh, old = _beside(target, NEW), _beside(target, OLD)
    if old.exists() and not target.exists():
        old.rename(target)  # an installation was killed between the two renames
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(source, fresh)
    _open(fresh, task)
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)
    return open_bundle(target, task)


def _beside(path: Path, suffix: str) -> Path:
    return path.parent / (path.name + suffix)


def sha256(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()
