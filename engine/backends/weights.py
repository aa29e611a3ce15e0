"""Weights on their way into a program: drawn where none are given, checked where some are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from engine.backends.base import Array
from engine.backends.graph import Parameter
from engine.errors import NetwrightError
from engine.initializers import first_values
from engine.layers.base import Shape, written

Floats = NDArray[np.float32]


def beginning(parameters: Mapping[str, Parameter], given: Mapping[str, Array], seed: int) -> dict[str, Floats]:
    """Every parameter's first values: those given, the others drawn. Raises NetwrightError for a wrong shape."""
    return {
        name: fitting(name, given[name], parameter.shape)
        if name in given
        else first_values(parameter.init, seed, name, parameter.shape)
        for name, parameter in parameters.items()
    }


def complete(shapes: Mapping[str, Shape], given: Mapping[str, Array]) -> dict[str, Floats]:
    """Of `given` what has a shape in `shapes`. Raises NetwrightError naming what is missing or of another shape."""
    missing = [name for name in shapes if name not in given]
    if missing:
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        raise NetwrightError(f"no values for {', '.join(missing[:5])}{more}", node=missing[0].rpartition("/")[0])
    return {name: fitting(name, given[name], shape) for name, shape in shapes.items()}


def fitting(name: str, values: Array, shape: Shape) -> Floats:
    """`values` in float32. Raises NetwrightError where they have another shape."""
    if tuple(values.shape) != shape:
        raise NetwrightError(
            f"{name} is {written(shape)}, and the values given are {written(tuple(values.shape))}",
            node=name.rpartition("/")[0],
        )
    return np.ascontiguousarray(values, np.float32)
