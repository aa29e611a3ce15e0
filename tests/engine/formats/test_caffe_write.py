"""Networks written for Caffe: what is read back computes the same, and what Caffe has not is refused by name."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.active import deployment, executed
from engine.backends import backend
from engine.backends.base import Plan
from engine.conversion import Wish, convert
from engine.errors import Unsupported
from engine.formats import FORMATS
from engine.model import Model
from engine.opening import open_model
from engine.training.recipe import Recipe
from engine.weights import read_weights
from tests.engine.training.small import ENGINE

NODES = """
netwright: 1
name: "Net"
node {{ name: "image" input {{ shape: [4, 9, 7] }} }}
{}
node {{ name: "flat" from: "last" flatten {{ }} }}
node {{ name: "score" from: "flat" dense {{ units: 3 }} }}
"""

HELD = {
    "convolution": 'node { name: "last" from: "image" conv2d { filters: 6 kernel: [3, 2] stride: [2, 1] groups: 2 } }',
    "transposed": 'node { name: "last" from: "image" conv_transpose2d { filters: 4 kernel: 4 padding: 1 } }',
    "depthwise": 'node { name: "last" from: "image" depthwise_conv2d { kernel: 3 multiplier: 2 } }',
    "norm": 'node { name: "last" from: "image" batch_norm { momentum: 0.25 } }',
    "ceil": 'node { name: "last" from: "image" avg_pool2d { kernel: 2 padding: 1 rounding: ceil } }',
    "floor": 'node { name: "last" from: "image" max_pool2d { kernel: 2 } }',
    "global": 'node { name: "last" from: "image" global_avg_pool { } }',
    "lrn": 'node { name: "last" from: "image" lrn { alpha: 0.1 k: 2 } }',
    "scale": 'node { name: "last" from: "image" scale { axis: 1 axes: 2 } }',
    "average": (
        'node { name: "a" from: "image" sigmoid { } } node { name: "last" from: "a" from: "image" average { } }'
    ),
    "difference": (
        'node { name: "a" from: "image" tanh { } } node { name: "last" from: "a" from: "image" subtract { } }'
    ),
    "pieces": (
        'node { name: "a" from: "image" split { sizes: [1, 3] } } '
        'node { name: "last" from: "a:1" from: "a" concat { } }'
    ),
    "bends": ('node { name: "a" from: "image" prelu { } } node { name: "last" from: "a" relu6 { } }'),
    "shape": (
        'node { name: "a" from: "image" reshape { shape: [6, -1] } } node { name: "last" from: "a" dense { units: 5 } }'
    ),
}

REFUSED = {
    "padding": (
        'node { name: "last" from: "image" conv2d { kernel: 3 padding: [1, 0, 0, 0] } }',
        "padding: Caffe pads both sides alike",
    ),
    "layer": ('node { name: "last" from: "image" layer_norm { } }', "Caffe has no layer for LayerNorm"),
}


def model_of(place: Path, nodes: str) -> Path:
    file = place / "net.txtpb"
    file.write_text(NODES.format(nodes))
    return file


def answers(model: Model, weights: Any, pictures: Any) -> Any:
    deployed = deployment(executed(model).network)
    program = backend(ENGINE).build(deployed.network, Recipe(), Plan(ENGINE), weights)
    (answer,) = map(str, deployed.outputs)
    return program.predict({"image": pictures}, (answer,))[answer]


@pytest.mark.parametrize("name", HELD)
def test_what_is_read_back_computes_the_same(tmp_path: Path, name: str) -> None:
    opened = open_model(model_of(tmp_path, HELD[name]))
    files = convert(opened, FORMATS["caffe"], Wish(tmp_path / "out" / "net.prototxt")).files
    assert [file.name for file in files] == ["net.prototxt", "net.caffemodel"]
    back = open_model(files[0])
    assert back.weights is not None
    weights = read_weights(back.weights)
    native = convert(back, FORMATS["netwright"], Wish(tmp_path / "back.txtpb")).files
    again = open_model(native[0])
    assert again.weights is not None
    pictures = np.random.default_rng(2).normal(size=(2, 4, 9, 7)).astype(np.float32)
    wanted = answers(opened.model, first_weights(opened), pictures)
    assert np.array_equal(answers(back.model, weights, pictures), wanted)
    assert np.array_equal(answers(again.model, read_weights(again.weights), pictures), wanted)


def first_weights(opened: Any) -> Any:
    from engine.conversion import weights_for

    return weights_for(opened, None)[0]


@pytest.mark.parametrize("name", REFUSED)
def test_what_caffe_has_not_is_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    nodes, message = REFUSED[name]
    opened = open_model(model_of(tmp_path, nodes))
    with pytest.raises(Unsupported, match=message) as caught:
        convert(opened, FORMATS["caffe"], Wish(tmp_path / "out" / "net.prototxt"))
    assert caught.value.node == "last"
    assert not (tmp_path / "out").exists()


def test_fields_that_only_caffe_has_are_written_back(tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_text(
        'input: "image" input_dim: 1 input_dim: 4 input_dim: 9 input_dim: 7 '
        'layer { name: "norm" type: "LRN" bottom: "image" top: "norm" lrn_param { alpha: 0.5 engine: CAFFE } '
        "propagate_down: true }"
    )
    opened = open_model(tmp_path / "net.prototxt")
    written = convert(opened, FORMATS["caffe"], Wish(tmp_path / "again.prototxt")).files[0].read_text()
    assert "engine: CAFFE" in written
    assert "propagate_down: true" in written
