"""What the window's buttons do to the training, when they can be pressed, and what closing means for it."""

from __future__ import annotations

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from designer import notices
from designer.actions import Actions
from designer.desk import Desk
from designer.editors import finish_typing
from designer.notices import Notices

COMMANDS = ("train", "pause", "resume", "stop")


class Steering(QObject):
    """Stands between the commands and the training, which is loaded after the first picture of the window."""

    began = Signal()
    """Another run is shown from now on."""

    def __init__(self, desk: Desk, actions: Actions, said: Notices, window: QWidget) -> None:
        super().__init__(window)
        self._desk = desk
        self._actions = actions
        self._notices = said
        self._window = window
        self._is_loaded = False
        for name in COMMANDS:
            actions.allow(name, "" if name == "train" else "nothing is training")

    def load(self) -> None:
        """Make the training ready and follow it."""
        if not self._is_loaded:
            self._is_loaded = True
            training = self._desk.training
            training.began.connect(self.began)
            training.changed.connect(self._allow)
            training.refused.connect(self._notices.warn)
            training.warned.connect(self._notices.warn)
            self._desk.document.changed.connect(self._allow)
            training.attach()
            self._allow()

    def train(self) -> None:
        self._do("train")

    def pause(self) -> None:
        self._do("pause")

    def resume(self) -> None:
        self._do("resume")

    def stop(self) -> None:
        self._do("stop")

    def open_folder(self) -> None:
        """Show the runs in the desktop's file manager."""
        self.load()
        folder = self._desk.training.runs_folder()
        folder.mkdir(parents=True, exist_ok=True)
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def may_close(self) -> bool:
        """Whether the window can be closed: nothing is training, or it was said what becomes of it."""
        if not self._is_loaded or not self._desk.training.is_active:
            return True
        answer = notices.ask(
            self._window,
            "Let the training go on without the window?",
            "It runs in its own process. Opening Netwright again shows it as it is by then.",
            ("Let it go on", "Stop it", "Cancel"),
        )
        if answer == "Stop it":
            self._desk.training.stop()
        return answer != "Cancel"

    def _do(self, name: str) -> None:
        self.load()
        finish_typing()
        getattr(self._desk.training, name)()

    def _allow(self) -> None:
        for name, obstacle in self._desk.training.obstacles().items():
            self._actions.allow(name, obstacle)
