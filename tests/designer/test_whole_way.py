"""The whole way, with mouse and keys in the real window: draw, set, choose data, train, save, undo, train again."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QSettings, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

import resources
from designer.data_dialog import DataDialog
from designer.window import Window
from engine.model import Model
from engine.schema.read import read

MAIN = Path(resources.__file__).parent.parent / "main.py"
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def window(store: QSettings, make_window: Callable[[str], Window], tmp_path: Path) -> Iterator[Window]:
    """The real window on an empty document, its runs in a folder of their own."""
    store.setValue("preferences/engine", "mxnet")
    store.setValue("preferences/runs", str(tmp_path / "runs"))
    made = make_window("")
    made.resize(1440, 900)
    made.steering.load()
    yield made
    made.desk.training.stop()
    made.desk.training.leave()


def add(window: Window, layer: str) -> str:
    """Find a layer in the palette by typing, add it with Enter; the new node's name."""
    palette = window.sides.docks["layers"].view
    palette.search.setFocus()
    palette.search.clear()
    QTest.keyClicks(palette.search, layer)
    QTest.keyClick(palette.search, Qt.Key.Key_Return)
    return window.canvas.selection[0]


def fill_in(window: Window, qtbot: QtBot, node: str, label: str, text: str) -> None:
    """Click on a node, type a value into the inspector's field with that label."""
    canvas = window.canvas
    spot = canvas.board.picture.boxes[node].spot
    QTest.mouseClick(canvas.viewport(), LEFT, NONE, canvas.mapFromScene(QPointF(spot.x + 190, spot.y + 22)))
    assert canvas.selection == (node,)
    inspector = window.sides.docks["inspector"].view
    page = inspector.node_page
    qtbot.waitUntil(lambda: page.name.text() == node)

    def found() -> list[QLineEdit]:
        return [f for f in page.findChildren(QLineEdit) if f.accessibleName() == label and f.isVisible()]

    qtbot.waitUntil(lambda: len(found()) == 1)
    (field,) = found()
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def wire(window: Window, source: str, target: str, slot: int = 0) -> None:
    """Drag from the output of one node to the input of another."""
    canvas = window.canvas
    boxes = canvas.board.picture.boxes
    start = canvas.mapFromScene(boxes[source].at(boxes[source].outputs[0]))
    end = canvas.mapFromScene(boxes[target].at(boxes[target].inputs[slot]))
    QTest.mousePress(canvas.viewport(), LEFT, NONE, start)
    for share in (0.3, 0.7, 1.0):
        move(canvas.viewport(), start + (end - start) * share)
    QTest.mouseRelease(canvas.viewport(), LEFT, NONE, end)


def move(viewport: object, to: QPoint) -> None:
    """Move the mouse with its left button held, which QTest's own move does not."""
    at = QPointF(to)
    event = QMouseEvent(QEvent.Type.MouseMove, at, viewport.mapToGlobal(at), Qt.MouseButton.NoButton, LEFT, NONE)
    QApplication.sendEvent(viewport, event)


def drag_away(window: Window, node: str, by: QPoint) -> None:
    """Drag a node by its right half."""
    canvas = window.canvas
    spot = canvas.board.picture.boxes[node].spot
    start = canvas.mapFromScene(QPointF(spot.x + 190, spot.y + 22))
    QTest.mousePress(canvas.viewport(), LEFT, NONE, start)
    for share in (0.3, 0.7, 1.0):
        move(canvas.viewport(), start + by * share)
    QTest.mouseRelease(canvas.viewport(), LEFT, NONE, start + by)


def draw(window: Window, qtbot: QtBot) -> None:
    """A small classifier of 8x8 digits, each box added, filled in and wired by hand."""
    image = add(window, "Input")
    fill_in(window, qtbot, image, "Shape", "1, 8, 8")
    conv = add(window, "Conv2D")
    fill_in(window, qtbot, conv, "Filters", "8")
    fill_in(window, qtbot, conv, "Kernel", "3 x 3")
    add(window, "ReLU")
    add(window, "Flatten")
    dense = add(window, "Dense")
    fill_in(window, qtbot, dense, "Units", "10")
    loss = add(window, "SoftmaxCrossEntropy")
    window.canvas.choose(())
    target = add(window, "Target")
    drag_away(window, target, QPoint(320, 0))
    wire(window, target, loss, slot=1)
    window.canvas.fit()


def choose_digits(window: Window, qtbot: QtBot) -> None:
    """Open the data dialogue, take the bundled digits, press OK."""
    window.sides.show("data")
    panel = window.sides.docks["data"].view
    seen: list[str] = []

    def choose() -> None:
        dialog = next(w for w in QApplication.topLevelWidgets() if isinstance(w, DataDialog) and w.isVisible())
        number = dialog.shipped.findText("digits.npz")
        dialog.shipped.setCurrentIndex(number)
        dialog.shipped.activated.emit(number)
        qtbot.waitUntil(lambda: dialog.samples.count() > 0, timeout=20_000)
        seen.append(dialog.words.text())
        QTest.mouseClick(dialog.ok, LEFT)

    QTimer.singleShot(0, choose)
    QTest.mouseClick(panel.choose, LEFT)
    assert "validation" in seen[0]


def test_from_an_empty_canvas_to_a_trained_and_saved_network(
    window: Window, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = window.desk.document
    empty = document.model
    assert empty == Model()
    draw(window, qtbot)
    choose_digits(window, qtbot)
    assert [p.message for p in document.report.problems if p.severity == "error"] == []
    assert document.report.params == 8 * 9 + 8 + 288 * 10 + 10

    window.sides.show("training")
    panel = window.sides.docks["training"].view
    epochs = panel.setup.recipe["epochs"].head
    epochs.setFocus()
    epochs.selectAll()
    QTest.keyClicks(epochs, "2")
    QTest.keyClick(epochs, Qt.Key.Key_Return)
    assert document.model.recipe.epochs == 2

    QTest.mouseClick(panel.buttons["train"], LEFT)
    training = window.desk.training
    qtbot.waitUntil(lambda: training.history.state not in ("waiting", "running"), timeout=90_000)
    assert training.history.state == "finished", training.complaint or training.history.failed
    curve = training.history.curves["loss"]
    assert curve["train"].count > 0
    assert list(curve["validation"].x) == [23, 46]  # 1,438 training samples make 23 batches of 64
    drawn = panel.curves.plots["loss"]._items["validation"].getData()[1]
    assert drawn == pytest.approx(curve["validation"].y)

    file = tmp_path / "mine.txtpb"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    window.commands["save"].trigger()
    assert document.is_saved
    saved = document.model
    assert read(file.read_text()).model == saved

    while document.history.canUndo():
        window.commands["undo"].trigger()
    assert document.model == empty
    assert not document.is_saved
    while document.history.canRedo():
        window.commands["redo"].trigger()
    assert document.model == saved
    assert document.is_saved

    assert window.files.open_source(str(file))
    assert document.model == saved
    told = subprocess.run(
        [
            sys.executable,
            str(MAIN),
            "train",
            str(file),
            "--engine",
            "mxnet",
            "--run",
            str(tmp_path / "again"),
            "--json",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    again = json.loads(told.stdout)
    assert again["validation"] == pytest.approx(dict(training.history.finished.validation))
