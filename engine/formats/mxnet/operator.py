"""One operator of a symbol as a rule sees it, and the rules by the operators' names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.formats.mxnet.symbols import Entry
from engine.formats.mxnet.values import Given, States, Unmapped, Value, Variable, Wire
from engine.formats.mxnet.words import Words
from engine.layers.base import Layer, Shape

if TYPE_CHECKING:
    from engine.formats.mxnet.draft import Draft

Made = Value | tuple[Value, ...]
Rule = Callable[["Operator"], Made]

RULES: dict[str, Rule] = {}


def reads(*kinds: str) -> Callable[[Rule], Rule]:
    """Makes a function the rule of the operators called so."""

    def declared(rule: Rule) -> Rule:
        RULES.update(dict.fromkeys(kinds, rule))
        return rule

    return declared


@dataclass
class Operator:
    """An operator with what enters it."""

    entry: Entry
    inputs: tuple[Value, ...]
    set: Words
    draft: Draft
    used: frozenset[int]
    """Which of its outputs are used."""

    @property
    def x(self) -> Wire:
        """The first input: samples."""
        return self.wire(0)

    def wire(self, place: int) -> Wire:
        """An input that is samples; a variable becomes an input of the network. Raises Unmapped."""
        value = self.value(place)
        if isinstance(value, Wire):
            return value
        if isinstance(value, Given):
            return self.draft.constant(self.entry.name, value)
        raise Unmapped("it takes a recurrent layer's states")

    def given(self, place: int) -> Given:
        """An input that is an array. Raises Unmapped."""
        value = self.inputs[place] if place < len(self.inputs) else None
        if isinstance(value, Variable):
            return self.draft.array(value)
        if not isinstance(value, Given):
            raise Unmapped(f"its input {place} is no array that the file holds")
        return value

    def value(self, place: int) -> Wire | Given | States:
        """An input, whichever it is. Raises Unmapped where there is none."""
        if place >= len(self.inputs):
            raise Unmapped(f"it has no input {place}")
        value = self.inputs[place]
        return self.draft.settled(value) if isinstance(value, Variable) else value

    def put(
        self,
        layer: Layer,
        *wires: Wire,
        weights: Mapping[str, Given] | None = None,
        shape: Shape | None = None,
        suffix: str = "",
        frozen: Sequence[str] = (),
    ) -> Wire:
        """A node of the operator's name; `shape` is what leaves it where that does not follow from what enters it."""
        name = f"{self.entry.name}_{suffix}" if suffix else self.entry.name
        return self.draft.put(name, layer, wires or (self.x,), weights or {}, shape, frozen)[0]

    def approximated(self, text: str) -> None:
        """Tells that the layer is not quite the operator."""
        self.draft.tell("approximated", self.entry.name, text)
