"""Where a rule writes the operators of one layer, and the graph that they add up to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from engine.backends.graph import Site
from engine.layers.base import Shape

Array = NDArray[Any]


@dataclass
class Operators:
    """The operators of a graph in order, and the arrays they take that are no inputs."""

    opset: int
    weights: Mapping[str, Array]
    taken: frozenset[str] = frozenset()
    """Names of nodes, which are the names of what leaves them."""
    entry: str = ""
    """One of the graph's inputs, which knows how many samples there are; "" where there is none."""
    nodes: list[NodeProto] = field(default_factory=list)
    arrays: dict[str, TensorProto] = field(default_factory=dict)
    is_kept: bool = True
    """Whether arrays are kept at all: to see whether a graph can be written, their names will do."""

    def free(self, name: str) -> str:
        """`name`, or with a mark behind it where a node has that name."""
        return self.free(f"{name}'") if name in self.taken else name

    def keep(self, name: str, array: Array) -> str:
        """The name of an array, which is stored once."""
        name = self.free(name)
        if self.is_kept and name not in self.arrays:
            self.arrays[name] = numpy_helper.from_array(np.ascontiguousarray(array), name)
        return name


@dataclass
class Scope:
    """One layer's place in the graph: what enters it, its weights, and the names for what it makes."""

    site: Site
    inputs: tuple[str, ...]
    operators: Operators

    @property
    def x(self) -> str:
        """The first input."""
        return self.inputs[0]

    @property
    def opset(self) -> int:
        """The version of ONNX's operators that is written."""
        return self.operators.opset

    def shape(self, place: int = 0) -> Shape:
        """The shape of a sample of the input at `place`."""
        signal = self.site.inputs[place]
        return signal.shape if signal else ()

    def has(self, weight: str) -> bool:
        """Whether the layer has that weight."""
        return weight in self.site.weights

    def values(self, weight: str) -> Array:
        """The values of one of the layer's weights."""
        return self.operators.weights[self.site.weights[weight]]

    def weight(self, name: str) -> str:
        """One of the layer's weights, stored under its full name."""
        return self.operators.keep(self.site.weights[name], self.values(name))

    def weights(self, *names: str) -> tuple[str, ...]:
        """Those of the weights that the layer has."""
        return tuple(self.weight(name) for name in names if self.has(name))

    def constant(self, name: str, values: Array) -> str:
        """An array that is no weight of the layer, or one made of several."""
        return self.operators.keep(f"{self.site.name}/{name}", values)

    def whole(self, name: str, values: Sequence[int]) -> str:
        """Whole numbers that an operator takes as an input."""
        return self.constant(name, np.array(values, np.int64))

    def number(self, name: str, value: float) -> str:
        """A single number."""
        return self.constant(name, np.array(value, np.float32))

    def op(self, kind: str, *inputs: str, output: int = 0, **attributes: Any) -> str:
        """An operator; the name of its output number `output`, the only one that is used."""
        name = self.operators.free(f"{self.site.name}/{kind}{len(self.operators.nodes)}")
        outputs = [""] * output + [name]
        self.operators.nodes.append(helper.make_node(kind, list(inputs), outputs, name, **attributes))
        return name

    def parts(self, kind: str, count: int, *inputs: str, **attributes: Any) -> tuple[str, ...]:
        """An operator with several outputs; their names."""
        name = self.operators.free(f"{self.site.name}/{kind}{len(self.operators.nodes)}")
        outputs = [f"{name}:{place}" for place in range(count)]
        self.operators.nodes.append(helper.make_node(kind, list(inputs), outputs, name, **attributes))
        return tuple(outputs)
