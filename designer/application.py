"""The program with a window: sets up Qt, opens the document, and sees to what a crash would lose."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QSettings, QStandardPaths, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

import resources
from designer import rescue, theme
from designer.appearance import Appearance
from designer.crash import CrashHook
from designer.desk import Desk
from designer.document import Document
from designer.preferences import Settings
from designer.recovery import Recovery
from designer.selection import Selection
from designer.window import Window
from engine.version import version

FIRST = "gallery:lenet"
"""What is open at the start when nothing else is asked for: LeNet, ready to train."""

SETTLED = 3000
"""Milliseconds after which all that the window is made of is there."""


def main(arguments: Sequence[str]) -> int:
    """Open the window on a file, a run, `gallery:NAME`, or the first example. Returns Qt's exit status."""
    application = set_up()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl+C in the terminal ends the window; a training goes on
    window = build(application, QSettings(), _folder())
    CrashHook(window.notices, window).install()
    open_first(window, arguments)
    window.show()
    QTimer.singleShot(SETTLED, gc.freeze)  # what is there by then stays: looking through it again takes 40 ms
    return application.exec()


def set_up() -> QApplication:
    """Qt with our names, style and font."""
    QCoreApplication.setOrganizationName("Netwright")
    QCoreApplication.setApplicationName("Netwright")
    QCoreApplication.setApplicationVersion(version())
    existing = QApplication.instance()
    application = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    application.setStyle("Fusion")
    application.setFont(theme.font())
    application.setWindowIcon(QIcon(str(resources.path("icons", "netwright.svg"))))
    return application


def build(application: QApplication, store: QSettings, folder: Path) -> Window:
    """The window with all that belongs to it; `folder` holds what was not saved."""
    settings = Settings(store)
    desk = Desk(Document(), Selection(), settings, Appearance(settings, application))
    window = Window(desk)
    recovery = Recovery(desk.document, folder, window)
    window.closed.connect(recovery.finish)
    QTimer.singleShot(0, window, lambda: rescue.offer(folder, desk.document, window.notices, window))
    return window


def open_first(window: Window, arguments: Sequence[str]) -> None:
    """Open what was asked for, else the first example."""
    if arguments:
        window.files.open_source(arguments[0])
    elif window.desk.settings.preferences.first_steps:
        window.files.open_source(FIRST)


def _folder() -> Path:
    kept = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppLocalDataLocation)
    return Path(kept) / "unsaved"
