"""Caffe: files of all its generations, compared with what the real Caffe made of them."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.active import active, validated
from engine.backends import backend
from engine.backends.base import Plan
from engine.formats import format_of
from engine.formats.caffe import read
from engine.formats.caffe.textual import message_of
from engine.formats.caffe.upgrade import upgraded
from engine.formats.imported import Imported
from engine.node import Link
from engine.opening import open_model
from engine.report import report_of
from engine.training.recipe import Recipe
from engine.weights import read_weights
from tests.engine.training.small import ENGINES

FIXTURES = Path(__file__).parents[4] / "shared" / "fixtures" / "caffe"
FILES = sorted(FIXTURES.rglob("*.prototxt")) + sorted(FIXTURES.rglob("*.caffemodel"))
SHAPES: dict[str, Any] = json.loads((FIXTURES / "bvlc_shapes.json").read_text()) if FILES else {}
BUILT = [(name, phase) for name, phases in SHAPES.items() for phase in phases if phase != "error"]
GOLDEN = sorted(path.stem for path in (FIXTURES / "golden").glob("*.caffemodel"))

pytestmark = pytest.mark.skipif(not FILES, reason="the files of other programs are not here")


@cache
def read_once(path: Path) -> Imported:
    return read(path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FIXTURES)))
def test_every_file_is_told_by_its_beginning_and_opens(path: Path) -> None:
    found = format_of(path.read_bytes()[:4096])
    assert found is not None
    assert found.name == "caffe"
    imported = read_once(path)
    assert imported.notes
    unknown = {node.name for node in imported.model.network.nodes if node.layer.FAMILY == "unknown"}
    assert unknown == {note.part for note in imported.notes if note.fate == "unknown"}


def blobs_of(path: Path) -> dict[str, Link]:
    """Where each blob of a net without phases comes from: the last layer that makes it."""
    layers = upgraded(message_of(path.read_text(), "NetParameter", path))
    made = {"input": {top: Link(top) for top in layers[0].all("top")}} if layers[0].get("type") == "Input" else {}
    found = dict(made.get("input", {}))
    for layer in layers:
        if layer.get("type") != "Input":
            split = layer.get("type") == "Slice"
            found |= {top: Link(layer.get("name"), place * split) for place, top in enumerate(layer.all("top"))}
    return found


@pytest.mark.parametrize(("name", "phase"), BUILT)
def test_every_blob_and_weight_has_the_shape_that_caffe_reports(name: str, phase: str) -> None:
    model = read_once(FIXTURES / name).model
    network = active(model.network) if phase == "TRAIN" else validated(model.network)
    told = report_of(replace(model, network=network)).nodes
    truth, places = SHAPES[name][phase], blobs_of(FIXTURES / name)
    splits = [layer for layer, kind, _ in truth["layers"] if kind == "Split"]
    for blob, shape in truth["blobs"].items():
        if not any(blob.startswith(split) for split in splits):
            link = places[blob]
            assert told[link.node].outputs[link.output].shape == tuple(shape[1:]), blob
    for layer, kind, shapes in truth["layers"]:
        if shapes:
            node = network[layer]
            entering = [told[link.node].outputs[link.output].shape for link in node.inputs]
            weights = [list(weight.shape) for weight in node.layer.weights(*entering)]
            assert weights == (shapes[:2] if kind == "BatchNorm" else shapes), layer


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", GOLDEN)
def test_golden_nets_give_what_caffe_gave(name: str, engine: str) -> None:
    path = FIXTURES / "golden" / f"{name}.prototxt"
    opened = open_model(path)
    assert opened.weights is not None
    numbers = np.load(path.with_name(f"{name}_io.npz"))
    program = backend(engine).build(opened.model.network, Recipe(), Plan(engine), read_weights(opened.weights))
    wanted = {key.removeprefix("out_"): numbers[key] for key in numbers.files if key.startswith("out_")}
    found = program.predict({"data": numbers["data"]}, tuple(wanted))
    for blob, values in wanted.items():
        assert np.abs(found[blob] - values).max() <= 1e-5 * max(1.0, np.abs(values).max()), blob
