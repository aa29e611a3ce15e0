"""One box of the drawing: a name, a layer, where its inputs come from."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Literal

from engine.declare import Comment, OneOf, Range, Record, Spelled, fields_of
from engine.errors import FieldError
from engine.initializers import INITIALIZERS, Initializer
from engine.layers.base import CATALOGUE, Layer, Slot

State = Literal["active", "muted", "bypassed"]
Phase = Literal["always", "train"]


@dataclass(frozen=True)
class Link:
    """Where an input comes from, written `[SLOT=]NODE[:OUTPUT]`."""

    node: str
    output: int = 0
    slot: str = ""

    @classmethod
    def parse(cls, text: str) -> Link:
        """The link that is written `text`. Raises FieldError."""
        slot, _, rest = text.rpartition("=")
        node, colon, output = rest.partition(":")
        if not node or (colon and not output.isdecimal()):
            raise FieldError(f"from must be [SLOT=]NODE[:OUTPUT], not {text!r}", field="inputs")
        return cls(node, int(output) if colon else 0, slot)

    def __str__(self) -> str:
        return (f"{self.slot}=" if self.slot else "") + self.node + (f":{self.output}" if self.output else "")


def name_refusal(name: str) -> str:
    """Why no node can be called `name`, or an empty string."""
    if not name.strip():
        return "a name must not be empty"
    mark = next((mark for mark in ":=" if mark in name), "")
    if mark:
        return f"a name must not hold {mark!r}, which separates the parts of a wire"
    return "" if name.isprintable() else "a name must not hold control characters"


class Bind(Record):
    """A field of an inner node that follows an expression over the block's parameters and `index`."""

    field: str = ""
    to: str = ""


class WeightRule(Record):
    """How one weight of a node (without a name: all of them) is begun, learned and shared."""

    name: Annotated[str, "Which weight; empty: every weight of the node."] = ""
    learning_rate: Annotated[float, Range(0), "Factor on the learning rate; 0 freezes it."] = 1.0
    decay: Annotated[float, Range(0), "Factor on the weight decay."] = 1.0
    same_as: Annotated[str, "The node whose weight of the same name it shares."] = ""
    init: Annotated[Init | None, "How it begins."] = None


class Init(Record):
    """The distribution of a weight's first values."""

    rule: Annotated[Initializer, OneOf(INITIALIZERS)]


class Kept(Record):
    """Fields of another format that Netwright has no word for, kept to be written back."""

    format: str = ""
    text: str = ""


class Node(Record):
    """One box of the drawing. `inputs` are in the order of the layer's slots."""

    name: str
    inputs: Annotated[tuple[Link, ...], Spelled("from")]
    layer: Annotated[Layer, OneOf(CATALOGUE)]
    bind: tuple[Bind, ...] = ()
    weight: tuple[WeightRule, ...] = ()
    state: State = "active"
    phase: Annotated[Phase, "`train`: left out of what is deployed."] = "always"
    kept: tuple[Kept, ...] = ()
    note: Annotated[str, Comment] = ""

    @cached_property
    def wires(self) -> tuple[Link, ...]:
        """The inputs, each with the slot it goes to; an input beyond the last slot has the slot ""."""
        slots = self.layer.SLOTS
        return tuple(
            link if link.slot else replace(link, slot=_slot_at(slots, i)) for i, link in enumerate(self.inputs)
        )

    def wired(self, wires: tuple[Link, ...]) -> Node:
        """With these wires (slots named), in the order of the slots; names that their place tells are left out."""
        slots = self.layer.SLOTS
        places = {slot.name: place for place, slot in enumerate(slots)}
        ordered = sorted(wires, key=lambda wire: places.get(wire.slot, len(slots)))
        plain = 0
        while plain < len(ordered) and ordered[plain].slot == _slot_at(slots, plain):
            plain += 1
        inputs = (*(replace(wire, slot="") for wire in ordered[:plain]), *ordered[plain:])
        return self if inputs == self.inputs else replace(self, inputs=inputs)

    def rule_for(self, weight: str) -> WeightRule:
        """What its rules say together about one weight; where two say something, the later one counts."""
        return functools.reduce(_added, (rule for rule in self.weight if rule.name in ("", weight)), WeightRule())


def _added(before: WeightRule, rule: WeightRule) -> WeightRule:
    """`before` with all that `rule` says."""
    said = {f.name: getattr(rule, f.name) for f in fields_of(WeightRule) if getattr(rule, f.name) != f.default}
    return replace(before, **said)


def _slot_at(slots: tuple[Slot, ...], place: int) -> str:
    if place < len(slots):
        return slots[place].name
    return slots[-1].name if slots and slots[-1].many else ""
