"""The Try panel asks the trained model about drawings, files and rows, and shows what it says."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

import resources
from designer.panels.trying import UNTRAINED, TryPanel
from designer.sketch import MARGIN, Sketch
from designer.theme import theme
from designer.window import Window

MAIN = Path(resources.__file__).parent.parent / "main.py"
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """LeNet after one epoch of a part of the digits."""
    path = tmp_path_factory.mktemp("runs") / "lenet"
    command = [sys.executable, str(MAIN), "train", "gallery:lenet", "--engine", "mxnet", "--epochs", "3"]
    subprocess.run([*command, "--run", str(path), "--json"], check=True, capture_output=True)
    return path


@pytest.fixture
def panel(make_window: Callable[[str], Window], store: QSettings, qtbot: QtBot) -> TryPanel:
    window = make_window("gallery:lenet")
    window.sides.show("trying")
    shown: TryPanel = window.sides.docks["trying"].view
    return shown


def stroke(board: Sketch, *points: tuple[int, int]) -> None:
    """Draw with the mouse held."""
    QTest.mousePress(board, LEFT, pos=QPoint(*points[0]))
    for point in points[1:]:
        QTest.mouseMove(board, QPoint(*point))
    QTest.mouseRelease(board, LEFT, pos=QPoint(*points[-1]))


def test_without_a_trained_model_it_says_what_to_do(panel: TryPanel) -> None:
    assert panel.words.text() == UNTRAINED


def test_a_row_of_the_data_is_shown_and_answered_with_what_would_be_right(
    panel: TryPanel, run: Path, qtbot: QtBot
) -> None:
    panel._training.show(run)
    panel.row.setValue(3)
    panel.ask_row()
    qtbot.waitUntil(lambda: "onnxruntime" in panel.words.text(), timeout=30_000)
    assert len(panel.certainty._top) == 10
    assert sum(score for _, score in panel.certainty._top) == pytest.approx(1, abs=1e-4)
    assert panel.certainty._expected in "0123456789"
    assert panel.shown.isVisible()
    panel.finish()


def test_a_drawn_digit_is_answered(panel: TryPanel, run: Path, qtbot: QtBot) -> None:
    panel._training.show(run)
    stroke(panel.sketch, (70, 20), (70, 60), (70, 120))
    qtbot.waitUntil(lambda: "onnxruntime" in panel.words.text(), timeout=30_000)
    assert panel.certainty._top
    panel.finish()


def test_a_file_that_is_no_picture_is_refused_in_words(
    panel: TryPanel, run: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    panel._training.show(run)
    file = tmp_path / "notes.png"
    file.write_text("no picture")
    panel.ask_file(file)
    qtbot.waitUntil(lambda: "notes.png" in panel.words.text() and "Asking" not in panel.words.text(), timeout=30_000)
    panel.finish()


def test_a_small_drawing_fills_the_picture(qtbot: QtBot) -> None:
    board = Sketch(theme("dark"))
    qtbot.addWidget(board)
    board.show()
    stroke(board, (10, 10), (10, 40))
    picture = board.framed()
    assert picture.width() == picture.height()
    lit = [
        y
        for y in range(picture.height())
        if any(picture.pixelColor(x, y).value() > 128 for x in range(picture.width()))
    ]
    share = (lit[-1] - lit[0] + 1) / picture.height()
    assert share == pytest.approx(1 - 2 * MARGIN, abs=0.08)
