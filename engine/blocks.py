"""Blocks: named sub-networks with typed parameters, used as layers."""

from __future__ import annotations

from typing import Annotated, ClassVar

from engine.declare import Comment, Record, Spelled
from engine.errors import NetwrightError, ShapeError
from engine.expressions import Value
from engine.layers.base import Count, Layer, Shape, Slot, layer
from engine.node import Node


class Setting(Record):
    """A value or, in `to`, an expression given to a block's parameter; exactly one of them is there."""

    name: str
    whole: Annotated[int | None, Spelled("int")] = None
    real: Annotated[float | None, Spelled("float")] = None
    flag: Annotated[bool | None, Spelled("bool")] = None
    text: str | None = None
    to: str | None = None

    @property
    def values(self) -> tuple[Value, ...]:
        """The values that are written there; a sound setting has one, or has `to` instead."""
        return _given(self.whole, self.real, self.flag, self.text)


class Parameter(Record):
    """A parameter of a block; the default that is there gives its type."""

    name: str
    whole: Annotated[int | None, Spelled("int")] = None
    real: Annotated[float | None, Spelled("float")] = None
    flag: Annotated[bool | None, Spelled("bool")] = None
    text: str | None = None

    @property
    def values(self) -> tuple[Value, ...]:
        """The defaults that are written there; a sound parameter has one."""
        return _given(self.whole, self.real, self.flag, self.text)

    def accept(self, value: Value) -> Value:
        """`value` as one of the parameter's type. Raises NetwrightError."""
        (default,) = self.values
        is_number = not isinstance(value, (bool, str))
        if type(value) is type(default):
            return value
        if isinstance(default, float) and is_number:
            return float(value)
        if type(default) is int and isinstance(value, float) and value.is_integer():
            return int(value)
        raise NetwrightError(
            f"{self.name} takes {TYPES[type(default)]}, not {value!r}", hint="set it to a value of that type"
        )


TYPES = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}


def _given(*values: Value | None) -> tuple[Value, ...]:
    return tuple(value for value in values if value is not None)


@layer
class Use(Layer):
    """A block used as a layer; repeated, its outputs feed the next one's inputs."""

    FAMILY: ClassVar[str] = "block"
    SLOTS: ClassVar[tuple[Slot, ...]] = (Slot("inputs", many=True, values="any"),)
    """The block's inputs in their order; a wire may name the one it goes to instead (`mask=padding`)."""

    block: Annotated[str, "The block's name."] = ""
    repeat: Annotated[Count, "How often it stands one behind the other."] = 1
    shared: Annotated[bool, "Whether all repeats and uses share their weights."] = False
    set: Annotated[tuple[Setting, ...], "Values of its parameters."] = ()

    def shape(self, *inputs: Shape) -> Shape:
        raise ShapeError(f"the block {self.block!r} has not been opened")

    def brief(self) -> str:
        return f"{self.block} × {self.repeat}" if self.repeat > 1 else self.block


class Block(Record):
    """A named sub-network; inner nodes may come from the names in `inputs`."""

    name: str
    parameters: Annotated[tuple[Parameter, ...], Spelled("parameter")] = ()
    inputs: Annotated[tuple[str, ...], Spelled("input")] = ()
    outputs: Annotated[tuple[str, ...], Spelled("output")] = ()
    nodes: Annotated[tuple[Node, ...], Spelled("node")] = ()
    note: Annotated[str, Comment] = ""
