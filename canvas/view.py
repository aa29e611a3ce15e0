"""The canvas: a drawn model and the hands that edit it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QCursor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from canvas import commands, edits
from canvas.actions import Actions
from canvas.adding import Adding
from canvas.drawn import Drawn
from canvas.drops import Drops
from canvas.geometry import SNAP
from canvas.gestures import GESTURES, Gesture, Pointer
from canvas.hits import BoxHit, PointHit, PortHit, WireHit, hit
from canvas.menus import menu_for
from canvas.picture import WireKey
from canvas.rename import RenameField
from canvas.style import Style
from canvas.tips import tip_for
from engine.model import Model
from engine.report import Report

ARROWS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}


class Canvas(Drawn):
    """The node editor: `display` shows a model, `edited` offers another one and names the step."""

    opened = Signal(str)
    """A node was double-clicked."""

    def __init__(
        self,
        look: Style,
        to_text: Callable[[Model], str],
        from_text: Callable[[str], Model],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(look, parent)
        self.to_text, self.from_text = to_text, from_text
        self.adding = Adding(self)
        self.space_is_down = False
        self._gesture: Gesture | None = None
        self._pointer: QPoint | None = None
        self._drops = Drops(self)
        self._rename = RenameField(self)
        self._rename.entered.connect(lambda old, new: commands.give_name(self, old, new))
        self._actions = Actions(self)
        self._actions["minimap"].setChecked(True)
        self.changed.connect(self._actions.refresh)
        self.setAcceptDrops(True)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Canvas")
        self.setAccessibleDescription("The drawing of the network: nodes and the wires between them")
        self.display(self.model, self.report)

    def display(self, model: Model, report: Report) -> None:
        """Show a model; what was held is let go."""
        self._cancel_gesture()
        super().display(model, report)

    def show_minimap(self, shown: bool) -> None:
        """Show or hide the minimap."""
        self._actions["minimap"].setChecked(shown)
        super().show_minimap(shown)

    # What is offered

    def explain(self, reason: str, at: QPoint) -> None:
        """Say beside the mouse why something cannot be done; nothing with an empty reason."""
        if reason:
            QToolTip.showText(self.viewport().mapToGlobal(at + QPoint(12, 12)), reason, self.viewport())
        elif QToolTip.isVisible():
            QToolTip.hideText()

    def duplicate(self, by: tuple[float, float], *, wired: bool = False) -> None:
        """Add a copy of the selection at some distance."""
        piece = edits.fragment(self.settled, self.selection, incoming=wired)
        model, names = edits.paste(self.settled, piece, by)
        self.offer(f"Duplicate {self.spoken()}", model, select=names)

    def disconnect_wires(self, wires: list[WireKey]) -> None:
        """Take wires away."""
        if wires:
            what = "a wire" if len(wires) == 1 else f"{len(wires)} wires"
            self.offer(f"Disconnect {what}", edits.disconnect(self.settled, wires))

    def add_point(self, key: WireKey, at: QPointF) -> None:
        """Let a wire pass a point."""
        wire = self.board.picture.wires[key]
        self.offer("Add a point to a wire", edits.add_point(self.settled, key, wire.points, at))

    def remove_point(self, key: WireKey, number: int) -> None:
        """Let a wire pass one point less."""
        points = [(point.x(), point.y()) for point in self.board.picture.wires[key].points]
        self.offer("Remove a point of a wire", edits.bend(self.settled, key, points[:number] + points[number + 1 :]))

    def begin_rename(self, name: str) -> None:
        """Ask for another name where the name stands."""
        self.reveal(name)
        box = self.board.picture.boxes[name]
        field = QRectF(box.spot.x + 38, box.spot.y, 196, box.height)
        self._rename.begin(name, self.mapFromScene(field).boundingRect())

    def pointed_at(self) -> QPointF:
        """Where the mouse is in the scene; the middle of the view where it is elsewhere."""
        middle = self.viewport().rect().center()
        return self.mapToScene(middle if self._pointer is None else self._pointer)

    def action(self, name: str) -> QAction:
        """A command of the canvas for menus and tool bars."""
        return self._actions[name]

    def open_menu(self, at: Pointer) -> None:
        """The context menu of what is there."""
        menu = menu_for(self, at.hit, at.scene)
        menu.popup(self.viewport().mapToGlobal(at.view))
        menu.aboutToHide.connect(menu.deleteLater, Qt.ConnectionType.QueuedConnection)

    # What hands do

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._gesture is not None:
            return
        press = self._pointer_of(event)
        gesture = next((gesture for gesture in GESTURES if gesture.begins(self, press)), None)
        if gesture is not None:
            self._gesture = self.overlay.gesture = gesture(self, press)
            self._show_cursor(press)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer = event.position().toPoint()
        if self._gesture is not None:
            self._gesture.moved(self._pointer_of(event, hits=False))
        else:
            self._hover(self._pointer_of(event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        gesture = self._gesture
        if gesture is None or event.button() != gesture.press.button:
            return
        self._end_gesture()
        gesture.released(self._pointer_of(event))
        self._hover(self._pointer_of(event))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        at = self._pointer_of(event)
        if event.button() != Qt.MouseButton.LeftButton:
            self.mousePressEvent(event)
        elif at.hit is None:
            self.adding.ask(at.scene)
        elif isinstance(at.hit, WireHit):
            self.add_point(at.hit.wire, at.scene)
        elif isinstance(at.hit, PointHit):
            self.remove_point(at.hit.wire, at.hit.number)
        elif isinstance(at.hit, BoxHit) and at.hit.title:
            self.begin_rename(at.hit.name)
        else:
            self.opened.emit(at.hit.name)

    def wheelEvent(self, event: QWheelEvent) -> None:
        is_pad = bool(event.pixelDelta()) and event.phase() != Qt.ScrollPhase.NoScrollPhase
        if is_pad and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.pan(event.pixelDelta())
        else:
            turned = event.angleDelta().y() or event.angleDelta().x()
            self.zoom_to(self.zoom * 1.2 ** (turned / 120), event.position().toPoint())
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape:
            self._escape()
        elif key == Qt.Key.Key_Space:
            self._hold_space(True)
        elif key in ARROWS and self.selection:
            reach = SNAP * (10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
            commands.nudge(self, ARROWS[key][0] * reach, ARROWS[key][1] * reach)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and len(self.selection) == 1:
            self.opened.emit(self.selection[0])
        elif key not in ARROWS:
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._hold_space(False)
        else:
            event.ignore()

    def focusNextPrevChild(self, forwards: bool) -> bool:
        """Tab adds a layer, as in other node editors; Shift+Tab leaves the canvas."""
        if forwards:
            self.adding.ask(self.pointed_at())
            return True
        return super().focusNextPrevChild(forwards)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._hold_space(False)
        super().focusOutEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self.dragMoveEvent(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        event.setAccepted(self._drops.over(event.mimeData(), self.mapToScene(event.position().toPoint())))

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._drops.leave()

    def dropEvent(self, event: QDropEvent) -> None:
        event.setAccepted(self._drops.drop(event.mimeData(), self.mapToScene(event.position().toPoint())))

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            found = hit(self.board.picture, self.mapToScene(event.pos()), self.zoom)
            QToolTip.showText(event.globalPos(), tip_for(self.board.picture, found), self.viewport())
            return True
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self.zoom_to(self.zoom * (1 + event.value()), event.position().toPoint())
            return True
        if event.type() == QEvent.Type.Leave:
            self._pointer = None
        return super().viewportEvent(event)

    def _pointer_of(self, event: QMouseEvent, *, hits: bool = True) -> Pointer:
        view = event.position().toPoint()
        scene = self.mapToScene(view)
        found = hit(self.board.picture, scene, self.zoom) if hits else None
        return Pointer(scene, view, event.button(), event.modifiers(), found)

    def _hover(self, at: Pointer) -> None:
        port = (at.hit.name, at.hit.port) if isinstance(at.hit, PortHit) else None
        if port != self.board.port:
            self.board.port = port
            self.repaint_overlay()
        self.hover_wire(at.hit.wire if isinstance(at.hit, (WireHit, PointHit)) else None)
        self._show_cursor(at)

    def _show_cursor(self, at: Pointer) -> None:
        if self._gesture is not None and self._gesture.CURSOR is not None:
            shape = self._gesture.CURSOR
        elif self.space_is_down:
            shape = Qt.CursorShape.OpenHandCursor
        else:
            shape = Qt.CursorShape.CrossCursor if isinstance(at.hit, PortHit) else Qt.CursorShape.ArrowCursor
        if self.viewport().cursor().shape() != shape:
            self.viewport().setCursor(QCursor(shape))

    def _hold_space(self, held: bool) -> None:
        self.space_is_down = held
        self.viewport().setCursor(Qt.CursorShape.OpenHandCursor if held else Qt.CursorShape.ArrowCursor)

    def _escape(self) -> None:
        if self._gesture is not None:
            self._cancel_gesture()
        elif self.selection or self.board.wire is not None:
            self.choose(())

    def _cancel_gesture(self) -> None:
        gesture = self._gesture
        if gesture is not None:
            self._end_gesture()
            gesture.cancel()

    def _end_gesture(self) -> None:
        self._gesture = self.overlay.gesture = None
        self.viewport().setCursor(Qt.CursorShape.ArrowCursor)
        self.repaint_overlay()
