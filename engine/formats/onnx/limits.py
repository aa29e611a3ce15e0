"""What ONNX holds only in part: the sentence that refuses the rest, by layer. The page docs/matrix.md shows them."""

from __future__ import annotations

from collections.abc import Mapping

from engine.errors import Unsupported
from engine.formats.onnx.scope import Scope
from engine.layers.attention import MultiHeadAttention
from engine.layers.base import Layer
from engine.layers.data import Constant
from engine.layers.pooling import AdaptiveAvgPool, Pooling

LIMITS: Mapping[type[Layer], str] = {
    Constant: "needs an input beside a constant, which says how many samples there are",
    Pooling: "rounds pooling up only for images of a known size",
    AdaptiveAvgPool: "pools into parts only images of a known size",
    MultiHeadAttention: "of causal attention over any length needs opset 14",
}
"""Each begins with "ONNX export"; those of a class hold for its subclasses."""


def limit_of(kind: type[Layer]) -> str:
    """The sentence of a layer, without its begin; "" where ONNX holds all of it."""
    return next((limit for cls, limit in LIMITS.items() if issubclass(kind, cls)), "")


def refusal(layer: Layer, to: Scope, hint: str = "") -> Unsupported:
    """What to raise where the limit is reached."""
    return Unsupported(f"ONNX export {limit_of(type(layer))}", node=to.site.name, hint=hint)
