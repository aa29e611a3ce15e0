"""What hands do with the mouse, one class a gesture; the first that begins at a press keeps the mouse."""

from canvas.gestures.base import Gesture, Pointer
from canvas.gestures.move import MoveNodes, MovePoint
from canvas.gestures.pan import Pan
from canvas.gestures.select import BoxSelect, Lasso
from canvas.gestures.wire import BreakWires, ChooseWire, CutWires, HoldWire

GESTURES: tuple[type[Gesture], ...] = (
    CutWires, Pan, BreakWires, HoldWire, MovePoint, MoveNodes, ChooseWire, Lasso, BoxSelect,
)  # fmt: skip

__all__ = ["GESTURES", "Gesture", "Pointer"]
