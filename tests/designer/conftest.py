"""A real window whose settings, files and rescued work lie in a folder of the test's own."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from designer import application, notices
from designer.window import Window
from engine.training.journal import Journal
from engine.training.lock import held
from engine.training.messages import Message, to_json


@pytest.fixture
def store(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def make_window(
    qtbot: QtBot, qapp: QApplication, store: QSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Window]]:
    """Opens windows on a source; questions are answered with `Discard` unless a test says otherwise."""
    monkeypatch.setattr(notices, "ask", lambda parent, question, detail, answers: answers[1])
    monkeypatch.setenv("HOME", str(tmp_path))  # runs go there where nothing else is preferred
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


class ToldRun:
    """A run's folder in which a test says what the training would."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True)
        plan = {"backend": "mxnet", "device": "cpu"}
        (path / "environment.json").write_text(json.dumps({"plan": plan, "model": "lenet.txtpb"}))
        (path / "model.txtpb").write_text("netwright: 1\n")

    def tell(self, *messages: Message) -> None:
        """Append events."""
        for message in messages:
            Journal(self.path / "events.jsonl").append(to_json(message))

    def keep(self) -> None:
        """Make as if there were a checkpoint to go on from."""
        (self.path / "checkpoints" / "last").mkdir(parents=True)

    def lives(self) -> AbstractContextManager[None]:
        """As long as this is held, a process seems to train."""
        return held(self.path / "lock")

    def asked(self) -> list[str]:
        """The commands that were given."""
        return [entry["command"] for entry in Journal(self.path / "commands.jsonl").new()]


@pytest.fixture
def told_run(tmp_path: Path) -> ToldRun:
    """A run of which nothing has been told yet."""
    return ToldRun(tmp_path / "runs" / "20260101T000000Z-lenet")
