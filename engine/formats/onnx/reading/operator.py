"""One operator as its rule sees it: attributes, inputs that are wires or known arrays, and where to draw layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from onnx import NodeProto, helper

from engine.formats.imported import Fate, Note
from engine.formats.onnx.reading.draft import Draft
from engine.formats.onnx.reading.values import Array, Given, Mixed, Rows, Unmapped, Value, Wire
from engine.layers.base import Layer, Shape
from engine.layers.data import Constant
from engine.layers.distributed import TimeDistributed

LARGEST = 65536
"""Numbers that a Constant states; a longer list is no text that anybody reads."""

Made = Value | Rows | Sequence[Value | None]


@dataclass
class Operator:
    """An operator in its place."""

    proto: NodeProto
    opset: int
    inputs: tuple[Value | None, ...]
    draft: Draft
    name: str
    uses: Mapping[str, int]
    """How often each value of the graph is used; its outputs count too."""
    rows: Rows | None = None
    """An input that is rows of a table, in place of which there is none in `inputs`."""

    @property
    def kind(self) -> str:
        """Its name in ONNX."""
        return str(self.proto.op_type)

    def get(self, attribute: str, default: Any = None) -> Any:
        """The value of an attribute, else `default`."""
        for it in self.proto.attribute:
            if it.name == attribute:
                value = helper.get_attribute_value(it)
                if isinstance(value, float):
                    return short(value)
                return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        return default

    def given(self, place: int) -> Array | None:
        """The input at `place` as an array; None where it is left out. Raises Unmapped where it is computed."""
        value = self.at(place)
        if isinstance(value, Wire):
            raise Unmapped(f"its input {place + 1} is computed, and layers have it fixed")
        return None if value is None else value.array

    def numbers(self, place: int, attribute: str = "") -> tuple[int, ...] | None:
        """Whole numbers that are an attribute in older versions and an input in newer ones; None: left out."""
        if attribute and (old := self.get(attribute)) is not None:
            return tuple(old) if isinstance(old, Sequence) else (int(old),)
        found = self.given(place)
        return None if found is None else tuple(map(int, found.reshape(-1)))

    def at(self, place: int) -> Value | None:
        """The input at `place`; None where it is left out."""
        return self.inputs[place] if place < len(self.inputs) else None

    def used(self, place: int) -> bool:
        """Whether anything uses the output at `place`."""
        outputs = self.proto.output
        return place < len(outputs) and bool(outputs[place]) and self.uses.get(outputs[place], 0) > 0

    def only(self, *places: int) -> None:
        """Raises Unmapped where another output than those at `places` is used."""
        beyond = [place for place in range(len(self.proto.output)) if place not in places and self.used(place)]
        if beyond:
            raise Unmapped(f"its output {beyond[0] + 1} is used, which no layer gives")

    # Wires

    @property
    def x(self) -> Wire:
        """The first input, samples along its first axis."""
        return self.wire(0)

    def wire(self, place: int) -> Wire:
        """The input at `place`, samples along its first axis. Raises Mixed where they lie elsewhere."""
        value = self.at(place)
        if value is None:
            raise Unmapped(f"its input {place + 1} is missing")
        wire = self.stated(value) if isinstance(value, Given) else value
        if wire.batch:
            raise Mixed("has samples along another axis than the first")
        return wire

    def stated(self, value: Given) -> Wire:
        """A known array as a wire. Raises Mixed where it is not the same for every sample."""
        array = value.array
        if self.draft.is_batched:
            if not array.ndim or array.shape[0] != 1:
                raise Mixed("takes an array that has no axis for samples")
            array = array[0]
        return self.constant(array)

    def constant(self, array: Array) -> Wire:
        """Numbers that are the same for every sample. Raises Unmapped where nobody could state them."""
        if array.dtype.kind not in "f":
            raise Unmapped(f"computes with {array.dtype} values")
        if array.size > LARGEST or not array.size:
            raise Unmapped(f"takes a fixed array of {array.size} values")
        flat = np.asarray(array, np.float64).reshape(-1)
        value = flat[:1] if (flat == flat[0]).all() else flat
        return self.put(Constant(tuple(value.tolist()), array.shape), name=f"{self.name}_constant")

    def axis(self, axis: int, wire: Wire, rank: int | None = None) -> int:
        """An axis of a whole tensor as one of a sample, from 0. Raises Mixed where it is the samples' own."""
        rank = wire.rank if rank is None else rank
        if not -rank <= axis < rank:
            raise Unmapped(f"has an axis {axis} of {rank}")
        axis %= rank
        if wire.batch is None:
            return axis
        if axis == wire.batch:
            raise Mixed("works along the axis of the samples")
        return axis - (axis > wire.batch)

    # Drawing

    def put(self, layer: Layer, *wires: Wire, name: str = "", **weights: Any) -> Wire:
        """Draws a layer; what leaves it."""
        return self.parts(layer, *wires, name=name, **weights)[0]

    def parts(self, layer: Layer, *wires: Wire, name: str = "", **weights: Any) -> tuple[Wire, ...]:
        """Draws a layer; all that leaves it."""
        held = {key: it if isinstance(it, Given) else Given(it) for key, it in weights.items() if it is not None}
        return self.draft.put(name or self.name, layer, wires, held)

    def each(self, layer: Layer, x: Wire, rank: int, **weights: Any) -> Wire:
        """Draws a layer that takes samples of `rank` axes: distributed over samples where they are inside of one."""
        for _ in range(len(x.shape) - rank):
            layer = TimeDistributed(layer)
        if len(x.shape) < rank:
            raise Unmapped(f"takes {rank + 1} axes, and is given {x.rank}")
        return self.put(layer, x, **weights)

    def sample(self, x: Wire) -> Shape:
        """The shape that a layer for samples sees."""
        return x.shape if x.batch is not None else x.shape[1:]

    def unary(self, layer: Layer, place: int = 0) -> Wire:
        """Draws a layer for which it does not matter where samples lie."""
        value = self.at(place)
        wire = value if isinstance(value, Wire) else self.wire(place)
        return self.put(layer, wire)

    def tell(self, fate: Fate, text: str) -> None:
        """A note about the node that was drawn last."""
        name = next(reversed(self.draft.nodes))
        self.draft.tell(name, Note(fate, name, f"{self.kind}: {text}"))


def short(value: float) -> float:
    """The shortest number that is the same in float32: 1e-05 for 9.999999747378752e-06."""
    return float(str(np.float32(value)))


Rule = Callable[[Operator], Made]
RULES: dict[str, Rule] = {}
"""By the operator's name."""


def reads(*kinds: str) -> Callable[[Rule], Rule]:
    """Declares the rule of some operators."""

    def declare(rule: Rule) -> Rule:
        RULES.update(dict.fromkeys(kinds, rule))
        return rule

    return declare


def at(wire: Wire, batch: int | None) -> Wire:
    """The same value with its samples along another axis."""
    return replace(wire, batch=batch)
