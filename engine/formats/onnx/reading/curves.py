"""Activations that are spelled out: what a few operators make of one value is compared with what layers make of it.

Whichever way an exporter writes GELU, its values at some points are those of GELU.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.formats.onnx.reading.draft import Draft
from engine.formats.onnx.reading.operator import Operator
from engine.formats.onnx.reading.values import Given, Value, Wire
from engine.layers.activation import ELU, GELU, HardSigmoid, HardSwish, Mish, ReLU6, SiLU, Softsign
from engine.layers.base import Layer

Points = NDArray[np.float64]

POINTS = np.concatenate([np.linspace(-9, 9, 73), [-0.01, 0.013, 30.0, -30.0]])
DEEPEST = 8
"""Operators of which an activation is made at most."""

_erf = np.vectorize(math.erf)


def _sigmoid(x: Points) -> Points:
    return np.asarray(1 / (1 + np.exp(-x)))


def _elu(x: Points) -> Points:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


_OPERATORS: Mapping[str, Callable[..., Points]] = {
    "Add": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "Div": np.divide,
    "Pow": np.power,
    "Max": lambda *xs: np.asarray(functools.reduce(np.maximum, xs)),
    "Min": lambda *xs: np.asarray(functools.reduce(np.minimum, xs)),
    "Erf": _erf,
    "Tanh": np.tanh,
    "Sigmoid": _sigmoid,
    "Exp": np.exp,
    "Abs": np.abs,
    "Neg": np.negative,
    "Reciprocal": np.reciprocal,
    "Sqrt": np.sqrt,
    "Relu": lambda x: np.maximum(x, 0),
    "Softplus": lambda x: np.logaddexp(0, x),
}

_ARITIES = dict.fromkeys(("Add", "Sub", "Mul", "Div", "Pow"), 2)
"""Of those that numpy would give a further argument another meaning."""

_TANH = math.sqrt(2 / math.pi)
_LAYERS: tuple[tuple[Layer, Points], ...] = tuple(
    (layer, np.asarray(make(POINTS)))
    for layer, make in (
        (GELU(), lambda x: x * (1 + _erf(x / math.sqrt(2))) / 2),
        (GELU(approximation="tanh"), lambda x: x * (1 + np.tanh(_TANH * (x + 0.044715 * x**3))) / 2),
        (SiLU(), lambda x: x * _sigmoid(x)),
        (Mish(), lambda x: x * np.tanh(np.logaddexp(0, x))),
        (HardSwish(), lambda x: x * np.clip(x + 3, 0, 6) / 6),
        (HardSigmoid(), lambda x: np.clip(x / 6 + 0.5, 0, 1)),
        (ReLU6(), lambda x: np.clip(x, 0, 6)),
        (Softsign(), lambda x: x / (1 + np.abs(x))),
        (ELU(), _elu),
    )
)


@dataclass
class Curves:
    """For each value that is computed place by place: what it is at some points, by the value it is computed of."""

    draft: Draft
    known: dict[str, dict[str, tuple[Points, int]]] = field(default_factory=dict)
    wires: dict[str, Wire] = field(default_factory=dict)
    latest: dict[str, tuple[Points, int]] = field(default_factory=dict)
    """What is known of the operator that is read."""

    def found(self, op: Operator) -> Wire | None:
        """The activation that this operator completes, drawn; None where it completes none."""
        self.latest = self._of(op)
        for root, (curve, depth) in self.latest.items():
            if depth < 2:
                continue
            layer = next((layer for layer, wanted in _LAYERS if _alike(curve, wanted)), None)
            if layer is not None:
                return op.put(layer, self.wires[root])
        return None

    def begin(self, values: Mapping[str, Value]) -> None:
        """Keeps the graph's inputs as values of which others are computed."""
        for name, value in values.items():
            if isinstance(value, Wire):
                self.wires[name], self.known[name] = value, {name: (POINTS, 0)}

    def follow(self, op: Operator, values: Mapping[str, Value]) -> None:
        """Keeps what the operator has made as a value of which others are computed."""
        for name in op.proto.output:
            value = values.get(name)
            if isinstance(value, Wire):
                self.wires[name] = value
                self.known[name] = {**self.latest, name: (POINTS, 0)}
        self.latest = {}

    def _of(self, op: Operator) -> dict[str, tuple[Points, int]]:
        names = list(op.proto.input)
        function = self._function(op)
        computed = [name for name, it in zip(names, op.inputs, strict=False) if isinstance(it, Wire)]
        numbers = [it for it in op.inputs if isinstance(it, Given)]
        arity = _ARITIES.get(op.kind, len(names))
        if (
            function is None
            or not computed
            or op.rows
            or arity != len(names)
            or any(it.array.size != 1 for it in numbers)
        ):
            return {}
        made = {}
        with np.errstate(all="ignore"):
            for root in set.intersection(*(set(self.known.get(name, ())) for name in computed)):
                arguments = [
                    self.known[name][root][0] if isinstance(it, Wire) else float(it.array.reshape(-1)[0])
                    for name, it in zip(names, op.inputs, strict=False)
                    if isinstance(it, (Wire, Given))
                ]
                depth = 1 + max(self.known[name][root][1] for name in computed)
                if depth <= DEEPEST:
                    made[root] = (np.asarray(function(*arguments)), depth)
        return made

    def _function(self, op: Operator) -> Callable[..., Any] | None:
        if op.kind == "HardSigmoid":
            slope, offset = op.get("alpha", 0.2), op.get("beta", 0.5)
            return lambda x: np.clip(slope * x + offset, 0, 1)
        if op.kind == "Clip":
            low, high = op.get("min", -np.inf), op.get("max", np.inf)
            if op.opset < 11 or (len(op.inputs) == 3 and all(it is not None for it in op.inputs)):
                return lambda x, a=low, b=high: np.clip(x, a, b)
            return None
        return _OPERATORS.get(op.kind)


def _alike(a: Points, b: Points) -> bool:
    return bool(np.allclose(a, b, rtol=2e-6, atol=2e-7))
