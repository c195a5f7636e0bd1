"""A shipped bundle without its graphs in int8, to hold the product against fp32."""

from __future__ import annotations

import shutil
from pathlib import Path

from models.bundle import Bundle, seal_bundle


def in_fp32(shipped: Bundle, path: Path) -> Path:
    """A copy at `path` that runs in fp32 on a CPU."""
    shutil.copytree(shipped.path, path)
    graphs = {k: v for k, v in shipped.manifest["graphs"].items() if ".int8." not in k}
    for name in set(shipped.manifest["graphs"]) - set(graphs):
        (path / name).unlink()
    seal_bundle(path, {k: v for k, v in shipped.manifest.items() if k not in ("format", "files")} | {"graphs": graphs})
    return path
