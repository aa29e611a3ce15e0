"""The network while it is drawn: what its blobs are at each moment, nodes with free names, weights and notes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from engine.errors import NetwrightError
from engine.formats.caffe2.filling import Array, Blob
from engine.formats.caffe2.operator import Operator
from engine.formats.imported import Fate, Note
from engine.layers.arranging import Permute
from engine.layers.base import Layer, Shape, Signal
from engine.layers.data import Constant, Input
from engine.layers.unknown import Unknown
from engine.node import Init, Link, Node, WeightRule, name_refusal
from engine.training.recipe import Metric


class Unmapped(Exception):
    """No layer stands for an operator as it is set, and why."""


@dataclass(frozen=True)
class Wire:
    """What leaves a node; `signal` is None where its shape is not known.

    `is_last`: Caffe2 has the channels last there, and here they come first. `scores`: what a softmax was made of.
    """

    link: Link
    signal: Signal | None
    is_last: bool = False
    scores: Wire | None = None

    @property
    def shape(self) -> Shape:
        """Of a sample. Raises Unmapped where it is not known."""
        if self.signal is None:
            raise Unmapped("the shape of what enters it is not known")
        return self.signal.shape


Value = Wire | Blob


@dataclass
class Draft:
    """What is drawn so far."""

    blobs: Mapping[str, Blob]
    values: dict[str, Value] = field(default_factory=dict)
    """What each blob of the file is at the moment: operators may write over what they read."""
    nodes: dict[str, Node] = field(default_factory=dict)
    weights: dict[str, Array] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    metrics: list[Metric] = field(default_factory=list)
    owners: dict[tuple[str, str], str] = field(default_factory=dict)
    """The node that first learned a blob as such a weight."""
    misfits: list[str] = field(default_factory=list)
    """Weights that have another shape than what enters their layers asks for."""

    def tell(self, fate: Fate, part: str, text: str) -> None:
        """Adds a note, once."""
        note = Note(fate, part, text)
        if note not in self.notes:
            self.notes.append(note)

    def add(self, wanted: str, layer: Layer, *wires: Wire) -> Wire:
        """A node and its first output."""
        name = self._free(wanted)
        self.nodes[name] = Node(name, tuple(wire.link for wire in wires), layer)
        return Wire(Link(name), _signals(layer, wires)[0])

    def parts(self, wire: Wire, count: int, inputs: tuple[Wire, ...]) -> tuple[Wire, ...]:
        """All outputs of the node that a wire leaves."""
        signals = _signals(self.nodes[wire.link.node].layer, inputs)
        signals += (None,) * (count - len(signals))
        return tuple(replace(wire, link=replace(wire.link, output=n), signal=signals[n]) for n in range(count))

    def learned(self, wire: Wire, x: Wire, weights: Mapping[str, tuple[Blob, Array | None]]) -> None:
        """Gives a node its weights; a blob that another node has learned is shared."""
        node = wire.link.node
        rules: list[WeightRule] = []
        for key, (blob, array) in weights.items():
            owner = self.owners.setdefault((blob.name, key), node)
            if owner != node:
                rules.append(WeightRule(name=key, same_as=owner))
            elif array is not None:
                self.weights[f"{node}/{key}"] = np.ascontiguousarray(array, np.float32)
            elif blob.init is not None:
                rules.append(WeightRule(name=key, init=Init(rule=blob.init)))
        self.nodes[node] = replace(self.nodes[node], weight=tuple(rules))
        self._check(self.nodes[node].layer, x, weights)

    def _check(self, layer: Layer, x: Wire, weights: Mapping[str, tuple[Blob, Array | None]]) -> None:
        if x.signal is None:
            return
        try:
            wanted = {weight.name: weight.shape for weight in layer.weights(x.shape)}
        except NetwrightError:
            self.misfits.append(f"{layer.brief()} does not fit {x.shape}")
            return
        for key, (blob, array) in weights.items():
            if array is not None and tuple(array.shape) != wanted.get(key):
                self.misfits.append(f"{blob.name} is {tuple(array.shape)}, not {wanted.get(key)}")

    def unknown(self, wanted: str, layer: Unknown, wires: tuple[Wire, ...], why: str) -> tuple[Wire, ...]:
        """A node that stands for what is not known."""
        made = self.add(wanted, layer, *wires)
        self.tell("unknown", made.link.node, f"{layer.type}: {why}")
        return tuple(Wire(Link(made.link.node, place), None) for place in range(layer.count))

    def entering(self, name: str) -> Wire:
        """A blob that nothing makes, as an input of a shape that is not known."""
        self.values[name] = made = self.add(name, Input(sizes=(-1,)))
        return made

    def _free(self, wanted: str) -> str:
        """`wanted`, or the nearest name that is legal and free."""
        name = wanted
        if name_refusal(name):
            name = "".join("_" if mark in ":=" or not mark.isprintable() else mark for mark in wanted).strip() or "node"
            self.tell("approximated", name, f"is called {wanted!r} in the file, which no node can be called")
        number, free = 1, name
        while free in self.nodes:
            number += 1
            free = f"{name}_{number}"
        return free


@dataclass
class Place:
    """An operator in the draft, as a rule sees it."""

    op: Operator
    draft: Draft
    name: str

    @property
    def x(self) -> Wire:
        """The first input, as Caffe2 has it."""
        return self.wire(0)

    def value(self, place: int) -> Value:
        """An input, whichever it is. Raises Unmapped where there is none."""
        if place >= len(self.op.inputs):
            raise Unmapped(f"it has no input {place}")
        name = self.op.inputs[place]
        found = self.draft.values.get(name) or self.draft.blobs.get(name)
        return found if found is not None else Blob(name)

    def either(self, place: int) -> Wire:
        """An input with its axes as they lie here, channels first if they are an image's."""
        value = self.value(place)
        if isinstance(value, Wire):
            return value
        if value.array is None:
            return self.draft.entering(value.name)
        array = value.array[0] if value.array.ndim > 1 and value.array.shape[0] == 1 else value.array
        return self.draft.add(value.name, Constant(value=tuple(map(float, array.ravel())), sizes=array.shape))

    def wire(self, place: int) -> Wire:
        """An input with its axes in Caffe2's order."""
        found = self.either(place)
        if not found.is_last:
            return found
        rank = len(found.shape)
        return self.draft.add(f"{found.link.node}_last", Permute(axes=(*range(1, rank), 0)), found)

    def image(self, place: int = 0) -> Wire:
        """An input whose channels are its first axis here, wherever Caffe2 has them."""
        found = self.either(place)
        if found.is_last == self.op.is_last:
            return found
        if found.is_last:
            return self.wire(place)
        rank = len(found.shape)
        turned = self.draft.add(f"{found.link.node}_first", Permute(axes=(rank - 1, *range(rank - 1))), found)
        return replace(turned, is_last=True)

    def blob(self, place: int) -> Blob:
        """An input that is learned. Raises Unmapped."""
        found = self.value(place)
        if isinstance(found, Wire):
            raise Unmapped(f"its input {place} is not learned, but computed")
        return found

    def put(
        self, layer: Layer, *wires: Wire, weights: Mapping[str, tuple[Blob, Array | None]] | None = None, mark: str = ""
    ) -> Wire:
        """A node of the operator's name; without wires it takes the first input."""
        inputs = wires or (self.x,)
        made = self.draft.add(f"{self.name}_{mark}" if mark else self.name, layer, *inputs)
        if weights:
            self.draft.learned(made, inputs[0], weights)
        return replace(made, is_last=inputs[0].is_last)

    def approximated(self, text: str) -> None:
        """Tells that the layer is not quite the operator."""
        self.draft.tell("approximated", self.name, text)


Made = Value | tuple[Value, ...] | None
Rule = Callable[[Place], Made]
RULES: dict[str, Rule] = {}


def reads(*kinds: str) -> Callable[[Rule], Rule]:
    """Makes a function the rule of the operators called so; None: it is left out."""

    def declared(rule: Rule) -> Rule:
        RULES.update(dict.fromkeys(kinds, rule))
        return rule

    return declared


def _signals(layer: Layer, wires: tuple[Wire, ...]) -> tuple[Signal | None, ...]:
    signals: list[Any] = [wire.signal for wire in wires]
    if all(signal is not None for signal in signals):
        try:
            return layer.outputs(*signals)
        except NetwrightError:  # the problem is told of the node when the model is looked at
            pass
    return (None,)
