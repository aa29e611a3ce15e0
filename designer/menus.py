"""The menus: the table of commands, the canvas's own, and those lists that change."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu, QMenuBar

from designer.actions import CANVAS, COMMANDS, MENUS, RULE, plain
from engine.opening import gallery

if TYPE_CHECKING:
    from designer.window import Window


def fill(bar: QMenuBar, window: Window) -> None:
    """Put every command into its menu."""
    for title in MENUS:
        menu = bar.addMenu(f"&{title}")
        menu.setToolTipsVisible(True)
        for command in (command for command in COMMANDS if command.menu == title):
            if command.name == RULE:
                menu.addSeparator()
            elif command.does == CANVAS:
                menu.addAction(window.canvas.action(command.name))
            elif command.does:
                menu.addAction(window.commands[command.name])
            else:
                _list(menu.addMenu(command.text), command.name, window)


def _list(menu: QMenu, name: str, window: Window) -> None:
    """A list is made when it is opened."""
    menu.aboutToShow.connect(partial(LISTS[name], menu, window))
    LISTS[name](menu, window)


def _recent(menu: QMenu, window: Window) -> None:
    menu.clear()
    for path in window.desk.settings.recent:
        action = menu.addAction(f"{path.name}    {path.parent}")
        action.triggered.connect(partial(window.files.open_source, str(path)))
    if menu.isEmpty():
        menu.addAction("Nothing was open yet").setEnabled(False)


def _gallery(menu: QMenu, window: Window) -> None:
    menu.clear()
    for name in gallery():
        menu.addAction(name).triggered.connect(partial(window.files.open_gallery, name))


def _panels(menu: QMenu, window: Window) -> None:
    menu.clear()
    for name, dock in window.sides.docks.items():
        menu.addAction(plain(dock.windowTitle())).triggered.connect(partial(window.sides.show, name))
    menu.addSeparator()
    menu.addAction("As at first").triggered.connect(window.sides.arrange)


LISTS = {"recent": _recent, "gallery": _gallery, "panels": _panels}
