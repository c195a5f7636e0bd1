"""A summaries bundle with the search, the choice and the graphs of this release, its weights untouched.

For a release that writes better headlines out of the same weights: the run that they came from may be long gone. What the
bundle says of its training stays; its version is of what changes an answer, as any other's.
"""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from pathlib import Path
from typing import Any

from onnx import load_model_from_string

from models.bundle import MANIFEST, Bundle, damaged, filled, open_bundle, seal_bundle
from models.decoding import BeamSettings
from models.errors import BadInput
from models.registry import Places
from training.choosing import choosing, headline_beam
from training.export import check_bundle, version_of, with_int8, write_graphs
from training.publish import install

KEPT = ("encoder.onnx", "step.onnx")
"""Graphs in fp32: what the others are made of."""


def renew(rows: str = "", source: Path | None = None, places: Places | None = None, force: str = "") -> Bundle:
    """Publish the bundle that serves, or `source`, with this release's values. `rows`: FILE or FILE:SPLIT of development rows
    for the comparison with what serves.

    Raises BadInput where nothing would change, where the new one is shown worse and not forced, or where the bundle is not
    the default model's.
    """
    places = places or Places()
    old = open_bundle(source or places.serving / "summaries", "summaries")
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "bundle"
        shutil.copytree(old.path, part)
        bundle = seal_bundle(part, _renewed(old, part))
        if bundle.manifest["version"].rpartition("-")[2] == old.manifest["version"].rpartition("-")[2]:
            raise BadInput(f"{old.name} has this release's values already: nothing would change", field="bundle")
        check_bundle(bundle)
        file, _, split = rows.partition(":")
        config = {"data": {"dev": file, "dev_split": split}}
        return install(bundle, config, f"{old.name}: the same weights", places, force)


def _renewed(old: Bundle, part: Path) -> dict[str, Any]:
    """The manifest, its graphs written into `part`."""
    manifest = {k: v for k, v in old.manifest.items() if k not in ("files", "format", "version")}
    with damaged(old.path, MANIFEST):
        beam = filled(BeamSettings, manifest["beam"])
        if "marks" in manifest:
            raise BadInput(
                f"{old.name} has no copy head: the values were chosen for the default model, no other is renewed",
                field="bundle",
            )
        for name in manifest["graphs"]:
            (part / name).unlink()
        graphs = {}
        for name in KEPT:
            with damaged(old.path, name):
                graphs[name] = load_model_from_string((old.path / name).read_bytes())
        written = write_graphs(part, with_int8(graphs))
    manifest |= {**choosing(), "beam": dataclasses.asdict(headline_beam(beam.max_tokens)), "graphs": written}
    return {**manifest, "version": version_of(part, manifest)}
