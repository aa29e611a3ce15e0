"""The canvas's commands as Qt's actions: one table for menus, keys, tooltips and why something cannot be done now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence

from canvas import commands

if TYPE_CHECKING:
    from canvas.view import Canvas

Needs = Callable[["Canvas"], str]


def _nothing(canvas: Canvas) -> str:
    return ""


def _nodes(canvas: Canvas) -> str:
    return "" if canvas.model.network.nodes else "The network is empty"


def _selection(canvas: Canvas) -> str:
    return "" if canvas.selection else "Select a node first"


def _one(canvas: Canvas) -> str:
    return "" if len(canvas.selection) == 1 else "Select one node first"


def _two(canvas: Canvas) -> str:
    return "" if len(canvas.selection) > 1 else "Select two nodes or more first"


def _wire_or_node(canvas: Canvas) -> str:
    return "" if canvas.selection or canvas.board.wire is not None else "Select a node or a wire first"


@dataclass(frozen=True)
class Command:
    """A row of the table: name, text in menus, keys, what the tooltip says, what it does, what it needs."""

    name: str
    text: str
    keys: tuple[str, ...]
    tip: str
    run: Callable[[Canvas], None]
    needs: Needs = _nothing
    checkable: bool = False


COMMANDS = (
    Command("add", "Add a layer…", ("Shift+A",), "Add a layer at the cursor; double-click does the same", commands.add),
    Command("cut", "Cut", ("Ctrl+X",), "Copy the selection, then delete it", commands.cut, _selection),
    Command("copy", "Copy", ("Ctrl+C",), "Put the selection’s schema on the clipboard", commands.copy, _selection),
    Command("paste", "Paste", ("Ctrl+V",), "Add the nodes that the clipboard holds", commands.paste),
    Command(
        "paste_wired", "Paste with wires", ("Ctrl+Shift+V",),
        "Add the clipboard’s nodes and keep the wires into them", commands.paste_wired,
    ),
    Command("duplicate", "Duplicate", ("Ctrl+D",), "Add a copy of the selection", commands.duplicate, _selection),
    Command(
        "duplicate_wired", "Duplicate with wires", ("Ctrl+Shift+D",),
        "Add a copy of the selection, fed by the same nodes", commands.duplicate_wired, _selection,
    ),
    Command("delete", "Delete", ("Del", "Backspace"), "Delete the selection", commands.delete, _wire_or_node),
    Command(
        "heal", "Delete and heal", ("Ctrl+Del", "Ctrl+Backspace"),
        "Delete the selection and join what it stood between", commands.heal, _selection,
    ),
    Command("select_all", "Select all", ("Ctrl+A",), "Select every node", commands.select_all, _nodes),
    Command(
        "select_upstream", "Select upstream", ("Ctrl+Shift+Left",),
        "Select also all that feeds the selection", commands.select_upstream, _selection,
    ),
    Command(
        "select_downstream", "Select downstream", ("Ctrl+Shift+Right",),
        "Select also all that the selection feeds", commands.select_downstream, _selection,
    ),
    Command("rename", "Rename…", ("F2",), "Give the node another name", commands.rename, _one),
    Command("mute", "Mute", ("M", "Ctrl+M"), "Leave it out of training and export", commands.mute, _selection),
    Command("bypass", "Bypass", ("B", "Ctrl+B"), "Let the first input pass through", commands.bypass, _selection),
    Command("collapse", "Collapse", ("H", "Alt+C"), "Show only the title, or all again", commands.collapse, _selection),
    Command("pin", "Pin in place", ("P",), "Keep the selection from being moved", commands.pin, _selection),
    Command("straighten", "Straighten", ("Q",), "Put the selection in one column", commands.straighten, _two),
    Command(
        "arrange", "Lay out", ("Ctrl+Shift+F",),
        "Arrange the selection, or everything, in rows from top to bottom", commands.arrange, _nodes,
    ),
    Command("fit", "Fit all", ("Home",), "Show the whole network", commands.fit, _nodes),
    Command("fit_selection", "Fit selection", (".", "F"), "Show what is selected", commands.fit_selection, _nodes),
    Command("zoom_in", "Zoom in", ("Ctrl+=", "Ctrl++"), "Come closer", commands.zoom_in),
    Command("zoom_out", "Zoom out", ("Ctrl+-",), "Go further away", commands.zoom_out),
    Command("actual_size", "100 %", ("Ctrl+0",), "Show everything in its actual size", commands.actual_size),
    Command("minimap", "Minimap", (), "Show the whole drawing in the corner", commands.minimap, checkable=True),
)  # fmt: skip


class Actions:
    """One action for each row of the table, alive as long as the canvas."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._made = {command.name: self._make(command) for command in COMMANDS}

    def __getitem__(self, name: str) -> QAction:
        return self._made[name]

    def refresh(self) -> None:
        """Enable what can be done now; the tooltip of the rest says why not."""
        for command in COMMANDS:
            action, reason = self._made[command.name], command.needs(self._canvas)
            action.setEnabled(not reason)
            action.setToolTip(reason or _tip(command))
            action.setStatusTip(reason or command.tip)

    def _make(self, command: Command) -> QAction:
        action = QAction(command.text, self._canvas)
        action.setObjectName(command.name)
        action.setShortcuts([QKeySequence(keys) for keys in command.keys])
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.setCheckable(command.checkable)
        action.triggered.connect(partial(_run, command, self._canvas))
        self._canvas.addAction(action)
        return action


def _run(command: Command, canvas: Canvas, checked: bool = False) -> None:
    command.run(canvas)


def _tip(command: Command) -> str:
    return f"{command.tip} ({command.keys[0]})" if command.keys else command.tip
