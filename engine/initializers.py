"""How weights begin: drawn by numpy from (seed, full name), so that every backend starts from the same numbers."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Annotated

from engine.declare import Family, Range, Record

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

INITIALIZERS = Family("init")


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

    def draw(self, random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        return random.normal(self.mean, self.deviation, shape)


@INITIALIZERS.declare
class Xavier(Initializer):
    """Uniform in ±sqrt(6 / (fan_in + fan_out)). Glorot and Bengio 2010, eq. 16."""

    def draw(self, random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        bound = math.sqrt(6 / max(1, sum(fans(shape))))
        return random.uniform(-bound, bound, shape)


@INITIALIZERS.declare
class He(Initializer):
    """Gaussian with deviation sqrt(2 / fan_in). He et al. 2015, eq. 10."""

    def draw(self, random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        return random.normal(0.0, math.sqrt(2 / max(1, fans(shape)[0])), shape)


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
