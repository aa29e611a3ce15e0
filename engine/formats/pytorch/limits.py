"""What PyTorch source holds only in part: the sentence that refuses the rest, by layer. docs/matrix.md shows them."""

from __future__ import annotations

from collections.abc import Mapping

from engine.errors import Unsupported
from engine.layers.base import Layer
from engine.layers.data import Constant
from engine.layers.normalization import BatchNorm
from engine.layers.pooling import Pooling

LIMITS: Mapping[type[Layer], str] = {
    Constant: "needs an input beside a constant, which says how many samples there are",
    BatchNorm: "normalises batches of at most three axes behind the channels",
    Pooling: "rounds pooling up where paddings differ only for images of a known size",
}
"""Each begins with "PyTorch export"; those of a class hold for its subclasses."""


def limit_of(kind: type[Layer]) -> str:
    """The sentence of a layer, without its begin; "" where all of it can be written."""
    return next((limit for cls, limit in LIMITS.items() if issubclass(kind, cls)), "")


def refusal(layer: Layer, node: str) -> Unsupported:
    """What to raise where the limit is reached."""
    return Unsupported(f"PyTorch export {limit_of(type(layer))}", node=node)
