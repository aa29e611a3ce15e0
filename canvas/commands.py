"""What menus and keys do on the canvas, one function a command; each needs nothing but the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtGui import QGuiApplication

from canvas import edits
from canvas.background import compute
from canvas.geometry import DOTS, HEIGHT, WIDTH, snapped
from canvas.legal import downstream, upstream
from engine.errors import NetwrightError
from engine.model import Model
from engine.naming import renamed
from engine.node import State

if TYPE_CHECKING:
    from canvas.view import Canvas

LARGE = 1500
"""Nodes from which on a layout is computed in the background."""


def add(canvas: Canvas) -> None:
    """Ask which layer, and put it where the mouse is."""
    canvas.adding.ask(canvas.pointed_at())


def copy(canvas: Canvas) -> None:
    """Put the selection's schema on the clipboard."""
    piece = edits.fragment(canvas.settled, canvas.selection, incoming=True)
    QGuiApplication.clipboard().setText(canvas.to_text(piece))


def cut(canvas: Canvas) -> None:
    """Copy, then delete."""
    copy(canvas)
    canvas.offer(f"Cut {canvas.spoken()}", edits.remove(canvas.settled, canvas.selection), select=())


def paste(canvas: Canvas, *, wired: bool = False) -> None:
    """Add what the clipboard's schema holds; `wired`: with its wires from nodes that are here."""
    try:
        piece = canvas.from_text(QGuiApplication.clipboard().text())
    except NetwrightError as error:
        canvas.refuse(f"The clipboard holds no nodes: {error.message}")
        return
    names = [node.name for node in piece.network.nodes]
    if not names:
        canvas.refuse("The clipboard holds no nodes")
        return
    if not wired:
        piece = edits.fragment(piece, names)
    if not piece.drawing.places:
        piece = edits.arranged(piece)
    model, pasted = edits.paste(canvas.settled, piece, _shift_to(piece, canvas.pointed_at()))
    canvas.offer(f"Paste {canvas.spoken(pasted)}", model, select=pasted)


def paste_wired(canvas: Canvas) -> None:
    """Paste and keep the wires that come in."""
    paste(canvas, wired=True)


def duplicate(canvas: Canvas) -> None:
    """A second one of what is selected, with the wires between them."""
    canvas.duplicate((DOTS, DOTS))


def duplicate_wired(canvas: Canvas) -> None:
    """The same, also with the wires that come in."""
    canvas.duplicate((DOTS, DOTS), wired=True)


def delete(canvas: Canvas) -> None:
    """Delete the selected nodes, or the selected wire."""
    if canvas.board.wire is not None and not canvas.selection:
        canvas.disconnect_wires([canvas.board.wire])
    else:
        canvas.offer(f"Delete {canvas.spoken()}", edits.remove(canvas.settled, canvas.selection), select=())


def heal(canvas: Canvas) -> None:
    """Delete the selected nodes and join what they stood between."""
    canvas.offer(f"Delete {canvas.spoken()} and heal", edits.heal(canvas.settled, canvas.selection), select=())


def select_all(canvas: Canvas) -> None:
    """Select every node."""
    canvas.choose(tuple(canvas.model.network.by_name))


def select_upstream(canvas: Canvas) -> None:
    """Select also all that feeds the selection."""
    canvas.choose(tuple(sorted(upstream(canvas.model.network, canvas.selection))))


def select_downstream(canvas: Canvas) -> None:
    """Select also all that the selection feeds."""
    canvas.choose(tuple(sorted(downstream(canvas.model.network, canvas.selection))))


def rename(canvas: Canvas) -> None:
    """Edit the name where it stands."""
    canvas.begin_rename(canvas.selection[0])


def give_name(canvas: Canvas, old: str, new: str) -> None:
    """Call the node `old` `new`, everywhere."""
    try:
        model = renamed(canvas.settled, old, new)
    except NetwrightError as error:
        canvas.refuse(error.message)
        return
    canvas.offer(f"Rename {old} to {new}", model, select=(new,))


def mute(canvas: Canvas) -> None:
    """Leave the selected nodes out, or not any more."""
    _toggle(canvas, "muted", "Mute", "Unmute")


def bypass(canvas: Canvas) -> None:
    """Let the first input of the selected nodes pass through, or not any more."""
    _toggle(canvas, "bypassed", "Bypass", "Stop bypassing")


def collapse(canvas: Canvas) -> None:
    """Make the selected boxes low, or whole again."""
    spots = canvas.board.picture.places()
    low = not all(spots[name].collapsed for name in canvas.selection)
    step = f"{'Collapse' if low else 'Expand'} {canvas.spoken()}"
    canvas.offer(step, edits.collapse(canvas.settled, canvas.selection, low))


def pin(canvas: Canvas) -> None:
    """Keep the selected nodes from being moved, or not any more."""
    spots = canvas.board.picture.places()
    held = not all(spots[name].pinned for name in canvas.selection)
    step = f"{'Pin' if held else 'Unpin'} {canvas.spoken()}"
    canvas.offer(step, edits.pin(canvas.settled, canvas.selection, held))


def straighten(canvas: Canvas) -> None:
    """Put the selected nodes exactly one below the other, under the one that was selected first."""
    spots = canvas.board.picture.places()
    x = spots[canvas.selection[0]].x
    where = {name: (x, spots[name].y) for name in canvas.selection}
    canvas.offer(f"Straighten {canvas.spoken()}", edits.move(canvas.settled, where))


def arrange(canvas: Canvas) -> None:
    """Lay out the selection, or everything; a large network in the background."""
    model = canvas.settled
    names = canvas.selection if len(canvas.selection) > 1 else tuple(model.network.by_name)
    step = "Lay out the network" if len(names) == len(model.network.by_name) else f"Lay out {canvas.spoken()}"
    if len(names) < LARGE:
        canvas.offer(step, edits.arranged(model, names))
        return
    before = canvas.model

    def done(arranged: Model) -> None:
        if canvas.model is before:
            canvas.offer(step, arranged)
        else:
            canvas.refuse("The network changed while it was being laid out; lay it out again")

    compute(canvas, lambda: edits.arranged(model, names), done)


def nudge(canvas: Canvas, dx: float, dy: float) -> None:
    """Move the selection a little."""
    spots = canvas.board.picture.places()
    where = {name: (spots[name].x + dx, spots[name].y + dy) for name in canvas.selection if not spots[name].pinned}
    canvas.offer(f"Nudge {canvas.spoken()}", edits.move(canvas.settled, where))


def fit(canvas: Canvas) -> None:
    """Show everything."""
    canvas.fit()


def fit_selection(canvas: Canvas) -> None:
    """Show the selection; everything where nothing is selected."""
    canvas.show_rect(canvas.board.picture.bounds(canvas.selection or None))


def zoom_in(canvas: Canvas) -> None:
    """A step closer."""
    canvas.zoom_in()


def zoom_out(canvas: Canvas) -> None:
    """A step away."""
    canvas.zoom_out()


def actual_size(canvas: Canvas) -> None:
    """100 %."""
    canvas.zoom_to(1.0)


def minimap(canvas: Canvas) -> None:
    """Show or hide the minimap."""
    canvas.show_minimap(canvas.action("minimap").isChecked())


def _toggle(canvas: Canvas, state: State, on: str, off: str) -> None:
    nodes = canvas.model.network
    undo = all(nodes[name].state == state for name in canvas.selection)
    model = edits.set_state(canvas.model, canvas.selection, "active" if undo else state)
    canvas.offer(f"{off if undo else on} {canvas.spoken()}", model)


def _shift_to(piece: Model, middle: QPointF) -> tuple[float, float]:
    """How far to move a piece so that its middle is there, on the grid."""
    places = piece.drawing.places
    left, right = min(place.x for place in places), max(place.x for place in places) + WIDTH
    top, bottom = min(place.y for place in places), max(place.y for place in places) + HEIGHT
    return snapped(middle.x() - (left + right) / 2), snapped(middle.y() - (top + bottom) / 2)
