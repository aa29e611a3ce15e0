"""A place kept for what the catalogue does not have: drawn, its text kept, written back unchanged."""

from __future__ import annotations

from typing import Annotated, ClassVar

from engine.declare import Spelled
from engine.errors import ShapeError
from engine.layers.base import Count, Layer, Shape, Slot, layer


@layer
class Unknown(Layer):
    """A layer that Netwright does not know; it keeps its text and cannot be trained."""

    FAMILY: ClassVar[str] = "unknown"
    SLOTS: ClassVar[tuple[Slot, ...]] = (Slot("x", optional=True, many=True),)

    format: Annotated[str, "Where it comes from: netwright, caffe, onnx, …"] = "netwright"
    type: Annotated[str, "Its name there."] = ""
    count: Annotated[Count, Spelled("outputs"), "How many outputs it has."] = 1
    text: Annotated[str, "Its fields, as they were written."] = ""

    def shape(self, *inputs: Shape) -> Shape:
        raise ShapeError(f"no layer of the catalogue stands for {self.type or 'it'}")

    def brief(self) -> str:
        return self.type
