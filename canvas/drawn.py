"""A model as a drawing: what is shown, what is selected, and what is offered to whoever keeps the model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from canvas.board import Board
from canvas.empty import EmptyState
from canvas.frames import FrameSheet
from canvas.minimap import Minimap
from canvas.nodes import NodeSheet
from canvas.overlay import Overlay
from canvas.paper import Paper
from canvas.picture import WireKey
from canvas.sheet import Sheet
from canvas.style import Style
from canvas.wires import WireSheet
from engine.model import Model
from engine.report import Report

Names = tuple[str, ...]
SHEETS: tuple[type[Sheet], ...] = (FrameSheet, WireSheet, NodeSheet)
READABLE = 0.75
"""The zoom from which on everything on a box can be read."""
MANY = 40
"""Changed regions from which on the whole view is painted anew."""


class Drawn(Paper):
    """Paper with a model on it, which nobody can touch yet: see `canvas.view` for that."""

    edited = Signal(str, object)
    """The user changed the drawing: (step, model)."""
    selected = Signal(object)
    """The user selected other nodes: their names."""
    refused = Signal(str)
    """Why something could not be done."""
    changed = Signal()
    """Something else is shown or selected, so that other things can be done."""

    def __init__(self, look: Style, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model, self.report = Model(), Report()
        self.board = Board(look)
        self._awaited: Names | None = None
        self._starts = False
        self._has_minimap = True
        self.overlay = Overlay(self.board)
        for depth, sheet in enumerate((*(sheet(self.board) for sheet in SHEETS), self.overlay)):
            sheet.setZValue(depth)
            self.scene().addItem(sheet)
        self._minimap = Minimap(self, self.board)
        self._empty = EmptyState(self)
        self.set_look(look)

    # What is shown

    def display(self, model: Model, report: Report) -> None:
        """Show a model; only what differs is painted anew."""
        is_other = _is_other(self.model, model)
        before = self.model.drawing
        self.model, self.report = model, report
        self._paint(self.board.picture.update(model, report))
        wanted = self.selection if self._awaited is None else self._awaited
        self._awaited = None
        self._select(tuple(name for name in wanted if name in model.network))
        if self.board.wire not in self.board.picture.wires:
            self.board.wire = None
        self.board.port = None
        self._empty.setVisible(not model.network.nodes)
        self._minimap.setVisible(self._shows_minimap())
        self._minimap.update()
        if (before.frames, before.stickies) != (model.drawing.frames, model.drawing.stickies):
            self.repaint_overlay()
        self.changed.emit()
        if is_other:
            self._show_start()

    def set_look(self, look: Style) -> None:
        """Another theme."""
        self.board.look = look
        self.set_colours(look.canvas, look.grid)
        self._empty.set_look(look)
        self._minimap.update()

    def fit(self) -> None:
        """Show the whole network."""
        self.show_rect(self.board.picture.bounds())

    def _show_start(self) -> None:
        """Show a network that has just been opened: all of it, or as much of its top as can be read."""
        self._starts = not self.isVisible()
        if not self._starts:
            self.show_rect(self.board.picture.bounds(), READABLE)

    def bring_into_view(self, name: str) -> None:
        """Scroll as little as shows a node whole."""
        box = self.board.picture.boxes.get(name)
        if box is not None:
            self.ensureVisible(box.rect, 32, 32)

    def reveal(self, name: str) -> None:
        """Bring a node into view, near enough to read it, and select it."""
        box = self.board.picture.boxes.get(name)
        if box is None:
            return
        if self.zoom < 0.6:
            self.zoom_to(1.0)
        if not self.visible.contains(box.rect):
            self.centerOn(box.rect.center())
        self.choose((name,))

    def show_minimap(self, shown: bool) -> None:
        """Show or hide the minimap."""
        self._has_minimap = shown
        self._minimap.setVisible(self._shows_minimap())

    def show_ghost(self, ghost: tuple[QRectF, str, str] | None) -> None:
        """Show where a dragged layer would stand."""
        self.overlay.ghost = ghost
        self.repaint_overlay()

    def repaint_overlay(self) -> None:
        """What a gesture shows is another."""
        self.viewport().update()

    def shift(self, names: Iterable[str], dx: float, dy: float) -> None:
        """Show nodes moved, as long as they are held."""
        self._paint(self.board.picture.shift(names, dx, dy))

    def hover_wire(self, wire: WireKey | None) -> None:
        """Show a wire as the one that is meant."""
        if wire != self.board.hovered:
            self.board.hovered = wire
            self.repaint_overlay()

    def _shows_minimap(self) -> bool:
        return self._has_minimap and len(self.board.picture.boxes) > 1

    def _paint(self, dirty: list[QRectF]) -> None:
        if len(dirty) > MANY:
            self.viewport().update()
            return
        for rect in dirty:
            self.scene().update(rect)

    # What is selected

    @property
    def selection(self) -> Names:
        """The names of the selected nodes, in the order in which they were chosen."""
        return tuple(self.board.selected)

    def select(self, names: Names) -> None:
        """Show other nodes as selected, silently."""
        self._select(tuple(name for name in names if name in self.board.picture.boxes))

    def choose(self, names: Names) -> None:
        """Select on the user's behalf, and say so."""
        if self.board.wire is not None:
            self.board.wire = None
            self.repaint_overlay()
        self._select(names)
        self.changed.emit()
        self.selected.emit(names)

    def preview_selection(self, names: Names) -> None:
        """Show what a gesture under way would select."""
        self._select(names)

    def choose_wire(self, wire: WireKey) -> None:
        """Select a wire, and no node."""
        self.choose(())
        self.board.wire = wire
        self.changed.emit()
        self.repaint_overlay()

    def _select(self, names: Names) -> None:
        if names != self.selection:
            self.board.selected = dict.fromkeys(names)
            self.changed.emit()
            self.viewport().update()

    def spoken(self, names: Iterable[str] | None = None) -> str:
        """Nodes as a step names them: `conv1`, `3 nodes`."""
        chosen = tuple(self.selection if names is None else names)
        return chosen[0] if len(chosen) == 1 else f"{len(chosen)} nodes"

    # What is offered

    @property
    def settled(self) -> Model:
        """The model with a place for every node, to begin an edit from."""
        drawing = self.board.picture.drawing
        return self.model if drawing is self.model.drawing else replace(self.model, drawing=drawing)

    def offer(self, step: str, model: Model, select: Names | None = None) -> None:
        """Offer another model, and which of its nodes are selected when it is displayed."""
        if model == self.model:
            return
        self._awaited = select
        self.edited.emit(step, model)
        if select is not None and self._awaited is None:
            self.selected.emit(self.selection)

    def refuse(self, reason: str) -> None:
        """Say why something could not be done."""
        self.refused.emit(reason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._minimap.keep_to_corner()
        self._empty.keep_to_middle(self)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._starts:
            self._show_start()


def _is_other(before: Model, after: Model) -> bool:
    """Whether it is not the same drawing edited, but another one: hardly a name and no node is the same."""
    old, new = before.network.by_name, after.network.by_name
    return len(new) > 1 and len(old.keys() ^ new.keys()) > 2 and not {*map(id, old.values())} & {*map(id, new.values())}
