"""The network while it is drawn: nodes with names that are free, weights, and what is told of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from engine.errors import NetwrightError
from engine.formats.imported import Fate, Note
from engine.formats.mxnet.values import Array, Given, Unmapped, Variable, Wire
from engine.formats.mxnet.words import Words
from engine.layers.base import Layer, Shape, Signal, volume
from engine.layers.data import Constant, Input, Target
from engine.layers.unknown import Unknown
from engine.node import Link, Node, WeightRule, name_refusal

ENDINGS = ("_weight", "_bias", "_gamma", "_beta", "_parameters", "_moving_mean", "_moving_var", "_running_mean")
"""How variables are called that MXNet learns."""


@dataclass
class Draft:
    """What is drawn so far."""

    arrays: Mapping[str, Array]
    shapes: Mapping[str, Signal]
    """What is known or supposed of the inputs."""
    batches: Mapping[str, int] = field(default_factory=dict)
    """The samples' axis of inputs where it is not the first."""
    reserved: frozenset[str] = frozenset()
    nodes: dict[str, Node] = field(default_factory=dict)
    weights: dict[str, Array] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    inputs: dict[str, Wire] = field(default_factory=dict)
    entered: set[str] = field(default_factory=set)
    """Variables that are inputs, not targets."""
    owners: dict[tuple[str, str], str] = field(default_factory=dict)
    """The node that first learned a variable as such a weight."""
    used: set[str] = field(default_factory=set)
    """The file's arrays that are in the network."""
    misfits: list[str] = field(default_factory=list)
    """Weights that have another shape than what enters their layers asks for."""

    wants_sides: bool = False
    """Whether weights would tell how large the inputs are."""

    def settled(self, variable: Variable) -> Wire | Given:
        """A variable as the array that the file has for it, else as an input."""
        known = variable.name in self.arrays or variable.name.endswith(ENDINGS)
        return self.array(variable) if known and variable.name not in self.inputs else self.entering(variable)

    def array(self, variable: Variable) -> Given:
        """A variable as an array, which may have no values."""
        array = self.arrays.get(variable.name)
        if array is not None:
            self.used.add(variable.name)
            return Given(array, array.shape, owner=variable.name, marks=variable.marks)
        dims = Words(variable.marks).wholes("__shape__")
        return Given(None, dims if dims and min(dims) > 0 else None, owner=variable.name, marks=variable.marks)

    def entering(self, variable: Variable) -> Wire:
        """A variable as an input of the network."""
        if variable.name not in self.inputs:
            signal = self.shapes.get(variable.name)
            layer = Input(signal.shape, signal.values, signal.classes) if signal else Input(sizes=(-1,))
            name = self._add(variable.name, layer, ())
            self.entered.add(variable.name)
            batch = self.batches.get(variable.name, 0)
            self.inputs[variable.name] = Wire(Link(name), signal, batch)
        return self.inputs[variable.name]

    def target(self, variable: Variable, layer: Target) -> Wire:
        """A variable as what the network should answer."""
        if variable.name not in self.inputs:
            self.inputs[variable.name] = Wire(Link(self._add(variable.name, layer, ())), layer.outputs()[0])
        return self.inputs[variable.name]

    def put(
        self,
        wanted: str,
        layer: Layer,
        wires: tuple[Wire, ...],
        weights: Mapping[str, Given],
        shape: Shape | None = None,
        frozen: Sequence[str] = (),
    ) -> tuple[Wire, ...]:
        """A node, and what leaves it. Raises Unmapped where samples lie in different axes."""
        if len({(wire.batch, wire.merged) for wire in wires}) > 1:
            raise Unmapped("what enters it has its samples along different axes")
        signals = _signals(layer, wires, shape)
        self._check(layer, wires, weights)
        name = self._add(wanted, layer, tuple(wire.link for wire in wires))
        rules = [rule for key, given in weights.items() for rule in self._learned(name, key, given, frozen)]
        if rules:
            self.nodes[name] = replace(self.nodes[name], weight=tuple(rules))
        batch, merged = (wires[0].batch, wires[0].merged) if wires else (0, 0)
        return tuple(Wire(Link(name, place), signal, batch, merged) for place, signal in enumerate(signals))

    def constant(self, wanted: str, given: Given) -> Wire:
        """Stated numbers as a node, the same for every sample. Raises Unmapped."""
        if given.array is None:
            dims = given.dims or ()
            if given.fill is None or min(dims[1:], default=1) < 1:
                raise Unmapped("an array that the file has no values for is not learned by any layer here")
            sizes = dims[1:]
            values: tuple[float, ...] = (given.fill,)
        else:
            sizes = tuple(given.array.shape[1:] if given.array.ndim > 1 else given.array.shape)
            if given.array.ndim > 1 and given.array.shape[0] != 1:
                sizes = tuple(given.array.shape)
            sizes = () if sizes == (1,) else sizes
            flat = np.asarray(given.array, np.float32).ravel()
            values = (float(flat[0]),) if flat.size and (flat == flat[0]).all() else tuple(map(float, flat))
        name = self._add(given.owner or f"{wanted}_constant", Constant(value=values, sizes=sizes), ())
        return Wire(Link(name), Signal(sizes))

    def unknown(self, wanted: str, layer: Unknown, wires: tuple[Wire, ...], why: str) -> tuple[Wire, ...]:
        """A node that stands for what is not known."""
        name = self._add(wanted, layer, tuple(wire.link for wire in wires))
        self.tell("unknown", name, f"{layer.type}: {why}")
        return tuple(Wire(Link(name, place), None) for place in range(layer.count))

    def tell(self, fate: Fate, part: str, text: str) -> None:
        """Adds a note, once."""
        note = Note(fate, part, text)
        if note not in self.notes:
            self.notes.append(note)

    def _add(self, wanted: str, layer: Layer, inputs: tuple[Link, ...]) -> str:
        name = self._free(wanted)
        self.nodes[name] = Node(name, inputs, layer)
        return name

    def _free(self, wanted: str) -> str:
        """`wanted`, or the nearest name that is legal and free."""
        name = wanted
        if name_refusal(name):
            name = "".join("_" if mark in ":=" or not mark.isprintable() else mark for mark in wanted).strip() or "node"
            self.tell("approximated", name, f"is called {wanted!r} in the file, which no node can be called")
        number, free = 1, name
        while free in self.nodes or (free != wanted and free in self.reserved):
            free, number = f"{name}_{number}", number + 1
        return free

    def _check(self, layer: Layer, wires: tuple[Wire, ...], weights: Mapping[str, Given]) -> None:
        """Notes which weights do not fit."""
        if not weights or any(wire.signal is None for wire in wires):
            return
        try:
            shapes = {weight.name: weight.shape for weight in layer.weights(*(wire.shape for wire in wires))}
        except NetwrightError:
            return
        for key, given in weights.items():
            if given.dims is not None and given.dims != shapes.get(key):
                self.misfits.append(f"{given.owner or key} is {given.dims}, not {shapes.get(key)}")

    def _learned(self, node: str, key: str, given: Given, frozen: Sequence[str]) -> list[WeightRule]:
        """Stores a weight, or gives the rule that shares one that is stored; and how it learns."""
        owner = self.owners.setdefault((given.owner, key), node) if given.owner else node
        if owner != node:
            return [WeightRule(name=key, same_as=owner)]
        if given.array is not None:
            self.weights[f"{node}/{key}"] = np.asarray(given.array, np.float32)
        marks = Words(given.marks)
        rate = 0.0 if key in frozen else max(0.0, marks.real("__lr_mult__", 1.0))
        decay = max(0.0, marks.real("__wd_mult__", 1.0))
        return [WeightRule(name=key, learning_rate=rate, decay=decay)] if (rate, decay) != (1.0, 1.0) else []


def _signals(layer: Layer, wires: tuple[Wire, ...], shape: Shape | None) -> tuple[Signal | None, ...]:
    """What leaves a layer, as far as it can be told."""
    signals: list[Any] = [wire.signal for wire in wires]
    if all(signals):
        try:
            return layer.outputs(*signals)
        except NetwrightError:  # the problem is told of the node when the model is looked at
            pass
    known = Signal(shape) if shape is not None else None
    return (known,) * max(1, getattr(layer, "parts", 1))


def is_known(shape: Shape | None) -> bool:
    """Whether no axis is of any length."""
    return shape is not None and -1 not in shape


def size_of(shape: Shape | None) -> int:
    """Values of a sample; -1 where that is not known."""
    return volume(shape) if shape is not None and is_known(shape) else -1
