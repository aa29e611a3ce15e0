"""The context menus of a node and a wire: rows of the canvas's commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QMenu

from canvas.hits import BoxHit, Hit, PointHit, PortHit, WireHit

if TYPE_CHECKING:
    from canvas.view import Canvas

NODE = (
    "rename", "", "mute", "bypass", "collapse", "pin", "", "cut", "copy", "duplicate", "delete", "heal", "",
    "select_upstream", "select_downstream", "straighten", "arrange", "fit_selection",
)  # fmt: skip


def menu_for(canvas: Canvas, hit: Hit, at: QPointF) -> QMenu:
    """The menu of what is under the mouse; a node that was not selected is selected first."""
    menu = QMenu(canvas)
    menu.setToolTipsVisible(True)
    if isinstance(hit, (WireHit, PointHit)):
        _fill_for_wire(menu, canvas, hit, at)
        return menu
    if isinstance(hit, (BoxHit, PortHit)) and hit.name not in canvas.board.selected:
        canvas.choose((hit.name,))
    for name in NODE:
        if name:
            menu.addAction(canvas.action(name))
        else:
            menu.addSeparator()
    return menu


def _fill_for_wire(menu: QMenu, canvas: Canvas, hit: WireHit | PointHit, at: QPointF) -> None:
    canvas.choose_wire(hit.wire)
    wire = canvas.board.picture.wires[hit.wire]
    menu.addAction("Insert a layer…", lambda: canvas.adding.ask(at, wire=hit.wire))
    menu.addAction("Add a point", lambda: canvas.add_point(hit.wire, at))
    if isinstance(hit, PointHit):
        menu.addAction("Remove this point", lambda: canvas.remove_point(hit.wire, hit.number))
    menu.addSeparator()
    menu.addAction(f"Select {wire.source.name}", lambda: canvas.choose((wire.source.name,)))
    menu.addAction(f"Select {wire.target.name}", lambda: canvas.choose((wire.target.name,)))
    menu.addSeparator()
    menu.addAction(canvas.action("delete"))
