"""A bundle of an earlier release gets this release's search, choice and graphs; its weights and what it tells stay."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from models.bundle import Bundle, open_bundle, seal_bundle
from models.decoding import BeamSettings
from models.errors import BadInput, BundleError
from models.registry import Places, activate, history, load_summarizer
from tests.test_training_export import summaries_run
from training import publish as publishing
from training.__main__ import main
from training.choosing import AGREEMENT, BEAMS
from training.export import export_run
from training.gate import Comparison
from training.renew import renew


def earlier(folder: Path, **changed: object) -> Bundle:
    """What a release before this one wrote: four beams, no agreement, no products in int8."""
    bundle = export_run(summaries_run(folder / "run"))
    graphs = {k: v for k, v in bundle.manifest["graphs"].items() if ".int8." not in k}
    for name in set(bundle.manifest["graphs"]) - set(graphs):
        (bundle.path / name).unlink()
    kept = {k: v for k, v in bundle.manifest.items() if k not in ("format", "files", "agreement")}
    beam = dataclasses.asdict(BeamSettings(beams=4, max_tokens=20))
    return seal_bundle(bundle.path, {**kept, "graphs": graphs, "beam": beam, "version": "20260101-abcdef", **changed})


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "bundles", tmp_path / "kept")


def test_the_weights_stay_and_the_values_are_this_releases(tmp_path: Path, places: Places) -> None:
    old = earlier(tmp_path)
    activate(old.path, "summaries", places)
    new = renew(places=places)
    assert (new.path / "weights.safetensors").read_bytes() == (old.path / "weights.safetensors").read_bytes()
    assert (new.manifest["beam"]["beams"], new.manifest["beam"]["max_tokens"]) == (BEAMS, 20)
    assert new.manifest["agreement"] == AGREEMENT
    assert {"encoder.int8.onnx", "step.int8.onnx"} <= set(new.manifest["graphs"])
    assert load_summarizer(new.path, 1).precision == "int8"  # type: ignore[attr-defined]
    for told in ("training", "base", "data_fingerprint", "code", "notices", "config", "decoder", "lengths"):
        assert new.manifest[told] == old.manifest[told]
    line = history("summaries", places)[-1]
    assert (line["bundle"], line["replaced"]) == (new.name, old.name)
    assert line["run"] == f"{old.name}: the same weights"
    with pytest.raises(BadInput, match="nothing would change"):
        renew(places=places)
    assert history("summaries", places)[-1] == line


def test_a_renewed_bundle_is_the_one_that_its_run_would_give_today(tmp_path: Path, places: Places) -> None:
    today = export_run(summaries_run(tmp_path / "today"))
    activate(earlier(tmp_path).path, "summaries", places)
    assert renew(places=places).manifest["version"] == today.manifest["version"]


def test_what_is_shown_worse_is_refused(tmp_path: Path, places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = tmp_path / "dev.jsonl"
    with rows.open("w", encoding="utf-8") as out:
        for n in range(4):
            body = f"青禾县总工会十二月{n + 3}日为环卫职工送去棉手套和热水壶，并为他们检查身体。"
            out.write(json.dumps({"id": f"r{n}", "body": body, "summary": "青禾县为环卫职工送温暖"}) + "\n")
    old = earlier(tmp_path)
    activate(old.path, "summaries", places)
    bundle = renew(str(rows), places=places)
    told = history("summaries", places)[-1]["compared"]
    assert (told["n"], told["score"]) == (4, "rougeL")
    assert bundle.name != old.name
    activate(old.path, "summaries", places)

    before = history("summaries", places)

    def worse(*_: object) -> Comparison:
        return Comparison("rougeL", "dev.jsonl", 4, 0.9, 0.5, -0.4, 0.01)

    monkeypatch.setattr(publishing, "compare", worse)
    with pytest.raises(BadInput, match=r"is worse: rougeL 0\.5000 against 0\.9000") as refused:
        renew(str(rows), places=places)
    assert "--force" in refused.value.message
    assert history("summaries", places) == before
    assert open_bundle(places.serving / "summaries", "summaries").name == old.name
    forced = renew(str(rows), places=places, force="the rows are of another paper")
    assert open_bundle(places.serving / "summaries", "summaries").name == forced.name == bundle.name
    *kept, line = history("summaries", places)
    assert kept == before
    assert (line["bundle"], line["replaced"]) == (forced.name, old.name)
    assert line["forced"] == "the rows are of another paper"
    assert line["compared"]["delta"] == -0.4


def test_other_models_and_damaged_bundles_are_refused(tmp_path: Path, places: Places) -> None:
    activate(earlier(tmp_path / "a", marks={"begin": 0}).path, "summaries", places)
    with pytest.raises(BadInput, match="has no copy head"):
        renew(places=places)
    broken = earlier(tmp_path / "b")
    (broken.path / "step.onnx").write_bytes(b"\xff\xff no graph")
    seal_bundle(broken.path, {k: v for k, v in broken.manifest.items() if k not in ("format", "files")})
    with pytest.raises((BadInput, BundleError)):
        renew(source=broken.path, places=places)


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["renew", "--bundle", str(tmp_path / "none")]) == 1
    assert str(tmp_path / "none") in capsys.readouterr().err
