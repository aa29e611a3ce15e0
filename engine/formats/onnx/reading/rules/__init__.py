"""One rule an operator: the layers that compute it, whatever version of ONNX it is written in. See Operators.md."""

from engine.formats.onnx.reading.rules import (
    activations,
    arranging,
    attention,
    elementwise,
    losses,
    normalization,
    pooling,
    products,
    recurrent,
    reductions,
    resizing,
    windows,
)

__all__ = [
    "activations",
    "arranging",
    "attention",
    "elementwise",
    "losses",
    "normalization",
    "pooling",
    "products",
    "recurrent",
    "reductions",
    "resizing",
    "windows",
]
