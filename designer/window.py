"""The main window: puts the parts in their places and connects them to the document."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QSize, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QMainWindow, QMenuBar, QVBoxLayout, QWidget

from canvas.style import Style
from canvas.view import Canvas
from designer.actions import CANVAS, COMMANDS, Actions, plain
from designer.bar import Bar
from designer.desk import Desk
from designer.destinations import Destinations
from designer.files import Files
from designer.finder import Finder, Found
from designer.icons import icon
from designer.menus import fill
from designer.notices import Notices
from designer.panels.palette import families
from designer.selection import Names
from designer.sides import Sides
from designer.status import Status
from designer.steering import Steering
from designer.strip import Strip
from designer.theme import Theme
from engine.model import Model
from engine.report import Report
from engine.schema.read import read
from engine.schema.write import write

SIZE = QSize(1440, 900)


class Window(QMainWindow):
    """Parts never meet each other: they meet here."""

    closed = Signal()
    """The window is gone, in order."""
    painted = Signal()
    """The first picture is on the screen; what was not needed for it is loaded from now on."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        for part in (desk.document, desk.selection, desk.settings, desk.appearance):
            part.setParent(self)
        chosen = desk.appearance.theme
        self.notices = Notices(chosen)
        self.canvas = Canvas(_style(chosen), write, lambda text: read(text).model)
        self.files = Files(desk, self.notices, self)
        self.commands = Actions(self, chosen)
        self.steering = Steering(desk, self.commands, self.notices, self)
        self.sides = Sides(self, desk)
        self.finder = Finder(self._everything)
        self.status = Status(chosen)
        self.destinations = Destinations(self)
        self.bar = self._bar(chosen)
        self._arrange()
        self._connect()
        self._show_document(desk.document.model, desk.document.report)
        self._show_title()
        self._restore()
        self.canvas.setFocus()

    def _bar(self, chosen: Theme) -> Bar:
        menus = QMenuBar()
        fill(menus, self)
        tools = [self.commands["undo"], self.commands["redo"], self.canvas.action("arrange"), self.commands["check"]]
        tools[2].setIcon(icon("layout", chosen))
        return Bar(menus, tools, self.commands, self.finder, self.desk.settings, chosen)

    def _arrange(self) -> None:
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(Strip(self.desk.document))
        layout.addWidget(self.canvas, 1)
        self.notices.stand_on(self.canvas)
        self.setCentralWidget(centre)
        self.setMenuWidget(self.bar)
        self.setStatusBar(self.status)
        self.setAcceptDrops(True)

    def _connect(self) -> None:
        document, selection = self.desk.document, self.desk.selection
        document.changed.connect(self._show_document)
        document.titled.connect(self._show_title)
        document.history.canUndoChanged.connect(self._show_history)
        document.history.indexChanged.connect(self._show_history)
        selection.changed.connect(self.canvas.select)
        self.canvas.selected.connect(selection.set)
        self.canvas.edited.connect(document.edit)
        self.canvas.refused.connect(self.notices.warn)
        self.canvas.zoomed.connect(self.status.show_zoom)
        self.sides.jumped.connect(self.reveal)
        self.sides.wanted.connect(self.canvas.adding.below)
        self.sides.opened.connect(self.files.open_source)
        self.destinations.found.connect(self.status.show_destinations)
        self.status.problems_wanted.connect(self.sides.show_problems)
        self.status.zoom_wanted.connect(self.canvas.action("actual_size").trigger)
        self.steering.began.connect(partial(self.sides.bring, "training"))
        self.desk.appearance.changed.connect(self._wear)
        self.painted.connect(self.sides.begin)
        self.closed.connect(self.sides.finish)
        self.closed.connect(self.destinations.finish)
        self.painted.connect(self.steering.load)
        self.sides.settled.connect(self.canvas.fit)
        self.canvas.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Waits for the first picture."""
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self, self.painted.emit)
        return super().eventFilter(watched, event)

    def reveal(self, names: Names) -> None:
        """Select nodes and bring them into view."""
        self.desk.selection.set(names)
        for name in names[:1]:
            self.canvas.reveal(name)

    def find_node(self) -> None:
        """Search among the nodes."""
        self.finder.begin()

    def search(self) -> None:
        """Search among everything."""
        self.finder.begin()

    def check(self) -> None:
        """Say whether anything stands in the way."""
        problems = self.desk.document.report.problems
        if problems:
            self.sides.show("problems")
        else:
            self.notices.say("Nothing stands in the way: this network can be trained.", "good")

    def show_recipe(self) -> None:
        """Select nothing: the inspector shows the recipe."""
        self.desk.selection.set(())
        self.sides.show("inspector")

    def explain(self) -> None:
        """Show the help of the selected layer."""
        inspector = self.sides.docks["inspector"].view
        inspector.explain()

    def preferences(self) -> None:
        from designer.dialogs import PreferencesDialog

        PreferencesDialog(self.desk.settings, self).open()

    def about(self) -> None:
        from designer.dialogs import AboutDialog

        AboutDialog(self).open()

    def show_keys(self) -> None:
        from designer.keys import KeysDialog

        KeysDialog(self._actions(), self).open()

    def toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ self.windowState().WindowFullScreen)

    def _show_document(self, model: Model, report: Report) -> None:
        self.canvas.display(model, report)
        self.status.display(report)
        self.destinations.display(model, report)
        self.desk.selection.keep(model.network)

    def _show_title(self) -> None:
        document = self.desk.document
        self.setWindowTitle(f"{document.name}[*] – Netwright")
        self.setWindowModified(not document.is_saved)
        self.status.show_saved(document.is_saved)
        self._show_history()

    def _show_history(self) -> None:
        history = self.desk.document.history
        for name, text, can in (
            ("undo", history.undoText(), history.canUndo()),
            ("redo", history.redoText(), history.canRedo()),
        ):
            self.commands[name].setText(f"&{name.capitalize()} {text}".rstrip())
            self.commands.allow(name, "" if can else f"there is nothing to {name}")

    def _wear(self, chosen: Theme) -> None:
        self.canvas.set_look(_style(chosen))
        self.notices.wear(chosen)
        self.commands.wear(chosen)
        self.bar.wear(chosen)
        self.status.wear(chosen)
        self.canvas.action("arrange").setIcon(icon("layout", chosen))

    def _everything(self) -> Iterator[Found]:
        for action in self._actions():
            obstacle = "" if action.isEnabled() else action.toolTip()
            keys = action.shortcut().toString()
            yield Found(plain(action.text()), f"command  {keys}".rstrip(), action.trigger, obstacle)
        for family, layers in families().items():
            for name, cls in layers:
                yield Found(cls.__name__, f"layer · {family}", partial(self.canvas.adding.below, name))
        for node in self.desk.document.model.network.nodes:
            words = f"node · {type(node.layer).__name__}"
            yield Found(node.name, words, partial(self.reveal, (node.name,)))

    def _actions(self) -> list[QAction]:
        drawn = [self.canvas.action(command.name) for command in COMMANDS if command.does == CANVAS]
        return [*self.commands.values(), *drawn]

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() and event.mimeData().urls()[0].isLocalFile():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = Path(event.mimeData().urls()[0].toLocalFile())
        event.acceptProposedAction()
        QTimer.singleShot(0, self, lambda: self._receive(path))

    def _receive(self, path: Path) -> None:
        """Open a model, or choose data: whatever was dropped."""
        from engine.data.recognition import is_data

        if is_data(path):
            self.choose_data(path)
        else:
            self.files.open_source(str(path))

    def choose_data(self, path: Path) -> None:
        """Offer a file or folder as what the network is trained on."""
        self.sides.bring("data")
        self.sides.docks["data"].view.open_dialog(path)

    def closeEvent(self, event: QCloseEvent) -> None:
        if not (self.files.may_leave() and self.steering.may_close()):
            event.ignore()
            return
        self.desk.settings.keep_geometry("window", self.saveGeometry())
        self.desk.settings.keep_geometry("panels", self.saveState())
        event.accept()
        self.closed.emit()

    def _restore(self) -> None:
        settings = self.desk.settings
        if not self.restoreGeometry(settings.geometry("window")):
            self.resize(SIZE.boundedTo(self.screen().availableSize()))
        if not self.restoreState(settings.geometry("panels")):
            self.sides.measure()


def _style(chosen: Theme) -> Style:
    return Style.of(chosen.tokens, chosen.families)
