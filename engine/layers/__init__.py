"""The catalogue of layers, one module a family; importing the package fills it."""

from engine.layers import (
    activation,
    arranging,
    convolution,
    data,
    dense,
    embedding,
    loss,
    merge,
    normalization,
    pooling,
    recurrent,
    regularization,
    reshape,
    unknown,
)
from engine.layers.base import CATALOGUE, FAMILIES, Layer, Shape, Signal, Slot, Weight

__all__ = [
    "CATALOGUE",
    "FAMILIES",
    "Layer",
    "Shape",
    "Signal",
    "Slot",
    "Weight",
    "activation",
    "arranging",
    "convolution",
    "data",
    "dense",
    "embedding",
    "loss",
    "merge",
    "normalization",
    "pooling",
    "recurrent",
    "regularization",
    "reshape",
    "unknown",
]
