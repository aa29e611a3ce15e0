"""Blobs that an init_net fills: given tensors, constants, and what is drawn by chance."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import Unreadable
from engine.formats.caffe2.operator import Operator
from engine.initializers import Constant, He, Initializer, Normal, Uniform, Xavier
from engine.layers.base import Shape

Array = NDArray[Any]
LARGEST = 2**22
"""Numbers of a constant that is made an array."""


@dataclass(frozen=True)
class Blob:
    """Numbers that do not depend on samples, as far as the files tell them."""

    name: str
    array: Array | None = None
    shape: Shape | None = None
    init: Initializer | None = None


def _given(op: Operator, kind: Any) -> Array:
    return op.reals("values").astype(kind) if kind == np.float32 else np.asarray(op.wholes("values"), kind)


def _constant(op: Operator) -> Initializer:
    return Constant(value=op.real("value", 0.0))


def _uniform(op: Operator) -> Initializer:
    return Uniform(low=op.real("min", 0.0), high=op.real("max", 1.0))


def _gaussian(op: Operator) -> Initializer:
    return Normal(mean=op.real("mean", 0.0), deviation=op.real("std", 1.0))


GIVEN: dict[str, Any] = {
    "GivenTensorFill": np.float32,
    "GivenTensorDoubleFill": np.float32,
    "GivenTensorIntFill": np.int64,
    "GivenTensorInt64Fill": np.int64,
    "GivenTensorBoolFill": np.int64,
}
DRAWN: dict[str, Callable[[Operator], Initializer]] = {
    "ConstantFill": _constant,
    "UniformFill": _uniform,
    "GaussianFill": _gaussian,
    "XavierFill": lambda op: Xavier(fan="in"),
    "MSRAFill": lambda op: He(fan="out"),
}


def is_fill(op: Operator) -> bool:
    """Whether it makes a blob out of nothing."""
    return op.kind in GIVEN or (op.kind in DRAWN and not op.inputs)


def blobs_of(operators: Iterable[Operator], file: str) -> dict[str, Blob]:
    """What the filling operators make. Raises Unreadable."""
    return {op.outputs[0]: _filled(op, file) for op in operators if is_fill(op) and op.outputs}


def _filled(op: Operator, file: str) -> Blob:
    name, shape = op.outputs[0], op.wholes("shape")
    if any(size < 0 for size in shape):
        raise Unreadable(f"{name} claims to be {_times(shape)}", file=file)
    if op.kind in GIVEN:
        array = _given(op, GIVEN[op.kind])
        if op.has("shape") and math.prod(shape) != array.size:
            raise Unreadable(f"{name} claims to be {_times(shape)}, and holds {array.size:,} numbers", file=file)
        array = array.reshape(shape) if op.has("shape") else array
        return Blob(name, array, array.shape)
    init = DRAWN[op.kind](op)
    if isinstance(init, Constant) and math.prod(shape) <= LARGEST:
        return Blob(name, np.full(shape, init.value, np.float32), shape, init)
    return Blob(name, None, shape, init)


def _times(shape: Shape) -> str:
    return "x".join(map(str, shape)) or "a single number"
