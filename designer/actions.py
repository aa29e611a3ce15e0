"""Every command of the window in one table: its words, its place in the menus, its keys, who carries it out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from designer.icons import icon
from designer.theme import Theme

CANVAS = "canvas"
"""Carries out commands that the canvas itself declares; here stands only their place in the menus."""


@dataclass(frozen=True)
class Command:
    """One command; `does` names a method, from the window on: `files.save`."""

    name: str
    menu: str
    text: str
    does: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    tip: str = ""

    @property
    def is_own(self) -> bool:
        """Whether it is an action of the window's: neither a list, nor a line, nor the canvas's."""
        return self.does not in ("", CANVAS)


RULE = "—"
"""The name of a line between two groups of a menu."""


def _of_canvas(menu: str, *names: str) -> tuple[Command, ...]:
    return tuple(Command(name, menu, "", CANVAS) for name in names)


def _rule(menu: str) -> Command:
    return Command(RULE, menu, "", "")


COMMANDS = (
    Command("new", "File", "&New", "files.new", ("Ctrl+N",), "new", "Begin with an empty canvas"),
    Command("open", "File", "&Open…", "files.open", ("Ctrl+O",), "open", "Open a schema, a run or another format"),
    Command("recent", "File", "Open &Recent", ""),
    Command("gallery", "File", "New from &Gallery", "", icon="gallery"),
    _rule("File"),
    Command("save", "File", "&Save", "files.save", ("Ctrl+S",), "save", "Write the schema to its file"),
    Command("save_as", "File", "Save &As…", "files.save_as", ("Ctrl+Shift+S",), "", "Write the schema to another file"),
    Command("export", "File", "&Export…", "files.export", ("Ctrl+E",), "export", "Write the model in another format"),
    _rule("File"),
    Command("preferences", "File", "&Preferences…", "preferences", ("Ctrl+,",), "settings", "Theme, engine, folders"),
    Command("quit", "File", "&Quit", "close", ("Ctrl+Q",)),
    Command("undo", "Edit", "&Undo", "desk.document.history.undo", ("Ctrl+Z",), "undo"),
    Command("redo", "Edit", "&Redo", "desk.document.history.redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo"),
    _rule("Edit"),
    *_of_canvas("Edit", "cut", "copy", "paste", "paste_wired", "duplicate", "duplicate_wired", "delete", "heal"),
    _rule("Edit"),
    *_of_canvas("Edit", "select_all", "select_upstream", "select_downstream", "rename"),
    _rule("Edit"),
    Command("find", "Edit", "&Find in the Network", "find_node", ("Ctrl+F",), "search", "Go to a node"),
    Command("commands", "Edit", "Search &Commands…", "search", ("Ctrl+Shift+P",), "", "Layers, commands and nodes"),
    Command("left", "View", "&Left Panels", "sides.toggle_left", ("Ctrl+1",)),
    Command("right", "View", "&Right Panels", "sides.toggle_right", ("Ctrl+2",)),
    Command("bottom", "View", "&Bottom Panels", "sides.toggle_bottom", ("Ctrl+3",)),
    Command("schema", "View", "Go to the &Schema", "sides.show_schema", ("Ctrl+4",), "text"),
    Command("problems", "View", "Go to the &Problems", "sides.show_problems", ("Ctrl+5",)),
    Command("log", "View", "Go to the L&og", "sides.show_log", ("Ctrl+`",)),
    Command("panels", "View", "Pa&nels", ""),
    _rule("View"),
    Command("focus", "View", "Only the &Canvas", "sides.toggle_all", ("Ctrl+Space",), "", "Fold all panels away"),
    Command("full_screen", "View", "&Full Screen", "toggle_full_screen", ("F11",)),
    _rule("View"),
    *_of_canvas("View", "fit", "fit_selection", "zoom_in", "zoom_out", "actual_size", "minimap"),
    *_of_canvas("Network", "add"),
    _rule("Network"),
    *_of_canvas("Network", "mute", "bypass", "collapse", "pin"),
    _rule("Network"),
    *_of_canvas("Network", "arrange", "straighten"),
    _rule("Network"),
    Command("check", "Network", "&Check", "check", ("F7",), "check", "Say whether anything stands in the way"),
    Command(
        "train", "Train", "&Train", "steering.train", ("Ctrl+Return",), "train", "Train the network as it is drawn"
    ),
    Command("pause", "Train", "&Pause", "steering.pause", (), "pause", "Wait after the next step"),
    Command("resume", "Train", "&Resume", "steering.resume", (), "resume", "Go on where the training stood"),
    Command(
        "stop",
        "Train",
        "&Stop",
        "steering.stop",
        ("Ctrl+.", "Ctrl+Alt+Return"),
        "stop",
        "End and keep what was learned",
    ),
    _rule("Train"),
    Command("recipe", "Train", "Show the R&ecipe", "show_recipe", (), "", "Optimiser, schedule, length, seed"),
    Command("runs", "Runs", "Show &Runs", "sides.show_runs", (), "runs", "All trainings, to be compared"),
    Command("runs_folder", "Runs", "Open the &Folder of the Runs", "steering.open_folder"),
    Command("layer_help", "Help", "About this &Layer", "explain", ("F1",), "help", "What the selected layer does"),
    Command("keys", "Help", "&Keys and Gestures", "show_keys", ("?",), "", "Everything hands can do"),
    _rule("Help"),
    Command("about", "Help", "&About Netwright", "about"),
)

MENUS = ("File", "Edit", "View", "Network", "Train", "Runs", "Help")


class Actions(Mapping[str, QAction]):
    """The commands as Qt's actions, by name."""

    def __init__(self, window: QWidget, chosen: Theme) -> None:
        self._made = {command.name: _action(command, window) for command in COMMANDS if command.is_own}
        self.wear(chosen)

    def __getitem__(self, name: str) -> QAction:
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)

    def wear(self, chosen: Theme) -> None:
        """Take the colours of a theme."""
        for command in COMMANDS:
            if command.icon and command.is_own:
                self[command.name].setIcon(icon(command.icon, chosen))

    def allow(self, name: str, obstacle: str = "") -> None:
        """Enable a command, or disable it with the reason as its tooltip."""
        action = self[name]
        action.setEnabled(not obstacle)
        action.setToolTip(f"{plain(action.text())}: {obstacle}" if obstacle else str(action.property("tip")))


def _action(command: Command, window: QWidget) -> QAction:
    action = QAction(command.text, window)
    action.setObjectName(command.name)
    action.setShortcuts([QKeySequence(keys) for keys in command.keys])
    keys = f" ({action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)})" if command.keys else ""
    action.setProperty("tip", (command.tip or plain(command.text)) + keys)
    action.setToolTip(str(action.property("tip")))
    action.setStatusTip("")
    action.triggered.connect(lambda: _carry_out(command.does, window))
    return action


def _carry_out(does: str, window: Any) -> None:
    """The method is looked up when it is wanted: what it belongs to may be built by then only."""
    attrgetter(does)(window)()


def plain(text: str) -> str:
    """A menu's words without the mark of their key."""
    return text.replace("&", "").removesuffix("…")
