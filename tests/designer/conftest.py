"""A real window whose settings, files and rescued work lie in a folder of the test's own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from designer import application, notices
from designer.window import Window


@pytest.fixture
def store(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def make_window(
    qtbot: QtBot, qapp: QApplication, store: QSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Window]]:
    """Opens windows on a source; questions are answered with `Discard` unless a test says otherwise."""
    monkeypatch.setattr(notices, "ask", lambda parent, question, detail, answers: answers[1])
    application.set_up()
    made: list[Window] = []

    def make(source: str = "gallery:lenet") -> Window:
        window = application.build(qapp, store, tmp_path / "unsaved")
        made.append(window)
        window.resize(1280, 800)
        if source:
            window.files.open_source(source)
        window.show()
        qtbot.waitExposed(window)
        return window

    yield make
    for window in made:
        window.close()
        window.deleteLater()
    qtbot.wait(1)
    qapp.setStyleSheet("")


@pytest.fixture
def window(make_window: Callable[[str], Window]) -> Window:
    """A window on LeNet."""
    return make_window("gallery:lenet")
