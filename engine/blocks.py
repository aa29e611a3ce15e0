"""Blocks: named sub-networks with typed parameters, used as layers."""

from __future__ import annotations

from typing import Annotated, ClassVar

from engine.declare import Comment, Record, Spelled
from engine.errors import ShapeError
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


class Parameter(Record):
    """A parameter of a block; the default that is there gives its type."""

    name: str
    whole: Annotated[int | None, Spelled("int")] = None
    real: Annotated[float | None, Spelled("float")] = None
    flag: Annotated[bool | None, Spelled("bool")] = None
    text: str | None = None


@layer
class Use(Layer):
    """A block used as a layer; repeated, its output feeds the next one's input."""

    FAMILY: ClassVar[str] = "block"
    SLOTS: ClassVar[tuple[Slot, ...]] = (Slot("x", many=True),)

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
