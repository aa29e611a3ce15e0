"""How weights begin: drawn by numpy from (seed, full name), so that every backend starts from the same numbers."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Annotated, Literal

from engine.declare import Family, Range, Record

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

INITIALIZERS = Family("init")

Fan = Literal["in", "out", "average"]


class Initializer(Record):
    """A distribution of first values for a weight of shape (outputs, inputs, *kernel)."""

    def draw(self, random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """First values in float64."""
        raise NotImplementedError


@INITIALIZERS.declare
class Constant(Initializer):
    """Every weight the same."""

    value: Annotated[float, "The value of every weight."] = 0.0

    def draw(self, random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        import numpy as np

        return np.full(shape, self.value)


@INITIALIZERS.declare
class Uniform(Initializer):
    """Evenly between two bounds."""

    low: Annotated[float, "Lower bound."] = -0.05
    high: Annotated[float, "Upper bound."] = 0.05

    def draw(self, random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        return random.uniform(self.low, self.high, shape)


@INITIALIZERS.declare
class Normal(Initializer):
    """Gaussian."""

    mean: Annotated[float, "Mean."] = 0.0
    deviation: Annotated[float, Range(0), "Standard deviation."] = 0.01
    sparse: Annotated[int, Range(0), "Each input has about so many weights that are not 0, as in Caffe; 0: all."] = 0

    def draw(self, random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        drawn = random.normal(self.mean, self.deviation, shape)
        if self.sparse and shape:
            drawn *= random.random(shape) < self.sparse / shape[0]
        return drawn


@INITIALIZERS.declare
class Xavier(Initializer):
    """Uniform in ±sqrt(3 / n), n the mean of fan_in and fan_out, or one of them. Glorot and Bengio 2010, eq. 16."""

    fan: Annotated[Fan, "What n is; Caffe takes `in` where nothing is said."] = "average"

    def draw(self, random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        bound = math.sqrt(3 / _fan(self.fan, shape))
        return random.uniform(-bound, bound, shape)


@INITIALIZERS.declare
class He(Initializer):
    """Gaussian with deviation sqrt(2 / n), n being fan_in, fan_out or their mean. He et al. 2015, eq. 10 and 14."""

    fan: Annotated[Fan, "What n is."] = "in"

    def draw(self, random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        return random.normal(0.0, math.sqrt(2 / _fan(self.fan, shape)), shape)


@INITIALIZERS.declare
class Bilinear(Initializer):
    """Each kernel a tent over its last two axes, so that a transposed convolution begins by blending neighbours.

    (1 − |i / f − c|) · (1 − |j / f − c|), f = ⌈k / 2⌉, c = (k − 1) / 2f, k the width: Caffe's filler. Long, Shelhamer,
    Darrell 2015, 4.3.
    """

    def draw(self, random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        import numpy as np

        if len(shape) < 2:
            return np.ones(shape)
        half = math.ceil(shape[-1] / 2)
        centre = (shape[-1] - 1) / (2 * half)
        down, right = (1 - np.abs(np.arange(length) / half - centre) for length in shape[-2:])
        return np.broadcast_to(np.outer(down, right), shape).copy()


def _fan(kind: Fan, shape: tuple[int, ...]) -> float:
    inputs, outputs = fans(shape)
    return max(1.0, {"in": inputs, "out": outputs, "average": (inputs + outputs) / 2}[kind])


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight (outputs, inputs, *kernel); a vector has as many of both as it has values."""
    if len(shape) < 2:
        return (math.prod(shape), math.prod(shape))
    field = math.prod(shape[2:])
    return (shape[1] * field, shape[0] * field)


def first_values(initializer: Initializer, seed: int, name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """The first values of the weight with full name `name` (`node/weight`): the same on every machine and backend."""
    import numpy as np

    words = np.frombuffer(hashlib.sha256(name.encode()).digest(), dtype=np.uint32)
    random = np.random.default_rng([seed, *words.tolist()])
    return initializer.draw(random, shape).astype(np.float32)
