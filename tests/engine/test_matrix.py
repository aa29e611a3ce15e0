"""The matrix page is what the rules say, leaves nothing open, and what it says is refused is refused so."""

from pathlib import Path

import numpy as np
import pytest

from engine.backends import BACKENDS, available
from engine.errors import Unsupported
from engine.formats.onnx import export
from engine.formats.onnx.limits import LIMITS
from engine.layers import CATALOGUE, FAMILIES
from engine.layers.activation import ReLU
from engine.layers.attention import MultiHeadAttention
from engine.layers.data import Constant, Input
from engine.layers.pooling import AdaptiveAvgPool, AvgPool2D, Pooling
from engine.matrix import columns, kinds_of, page
from tests.engine.drawn import network

PAGE = Path(__file__).parents[2] / "docs" / "matrix.md"

both = pytest.mark.skipif(set(available()) != set(BACKENDS), reason="needs both frameworks")


@both
def test_the_page_is_current():
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m engine.matrix > docs/matrix.md"


@both
def test_every_target_says_something_of_every_layer():
    targets = columns()
    assert [target.title for target in targets] == ["torch", "mxnet", "ONNX"]
    kinds = [kind for family in FAMILIES for kind in kinds_of(family)]
    assert {name for name, kind in CATALOGUE.items() if kind not in kinds} == {"unknown", "use"}
    silent = {(kind.__name__, target.title) for kind in kinds for target in targets if not target.cell(kind)}
    assert not silent


REFUSED = {
    Constant: (network(("c", "", Constant()), ("it", "c", ReLU())), 17),
    Pooling: (network(("x", "", Input(sizes=(3, -1, 8))), ("it", "x", AvgPool2D(rounding="ceil"))), 17),
    AdaptiveAvgPool: (network(("x", "", Input(sizes=(3, -1))), ("it", "x", AdaptiveAvgPool(sizes=2))), 17),
    MultiHeadAttention: (
        network(("x", "", Input(sizes=(-1, 2))), ("it", "x", MultiHeadAttention(heads=1, causal=True))),
        13,
    ),
}


@pytest.mark.parametrize("kind", LIMITS, ids=lambda kind: kind.__name__)
def test_what_onnx_holds_in_part_is_refused_beyond_that_with_the_sentence_of_the_page(kind):
    drawn, opset = REFUSED[kind]
    weights = {f"it/{weight.name}": np.zeros(weight.shape) for weight in drawn["it"].layer.weights((1, 2))}
    with pytest.raises(Unsupported) as error:
        export(drawn, weights, opset=opset)
    assert error.value.message == f"ONNX export {LIMITS[kind]}"
