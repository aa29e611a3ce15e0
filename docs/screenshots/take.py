"""Draws the window in both themes, off screen, in the states one meets first. `make screenshots` runs it: look."""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent))

from PySide6.QtCore import QPoint, QSettings, Qt  # noqa: E402 - the platform is chosen first
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QWidget  # noqa: E402

from designer import application  # noqa: E402
from designer.data_dialog import DataDialog  # noqa: E402
from designer.panels.results import measured  # noqa: E402
from designer.window import Window  # noqa: E402

SIZE = (1440, 900)
TRAINED_EPOCHS = 6
PATIENCE = 120.0
SEVEN = ((40, 35), (70, 34), (102, 36), (92, 60), (80, 85), (72, 112))
"""Where the mouse goes to draw a seven."""


def main() -> None:
    qt = application.set_up()
    with tempfile.TemporaryDirectory() as folder:
        for theme in ("dark", "light"):
            window = application.build(qt, preferred(Path(folder), theme), Path(folder) / "unsaved")
            window.resize(*SIZE)
            window.show()
            QTest.qWait(500)
            for name, scene in SCENES.items():
                shown = scene(window)
                QTest.qWait(500)
                shown.grab().save(str(HERE / f"{name}-{theme}.png"))
            window.desk.document.history.undo()  # nothing to be asked about
            window.desk.training.stop()
            until(lambda shown=window: not shown.desk.training.is_active)
            window.close()


def preferred(folder: Path, theme: str) -> QSettings:
    """Preferences of their own, so that the pictures do not depend on who takes them."""
    store = QSettings(str(folder / f"{theme}.ini"), QSettings.Format.IniFormat)
    store.setValue("preferences/theme", theme)
    store.setValue("preferences/runs", str(folder / theme))
    return store


def empty(window: Window) -> QWidget:
    window.files.new()
    return window


def opened(window: Window) -> QWidget:
    window.files.open_source("gallery:lenet")
    window.reveal(("conv2",))
    return window


def training(window: Window) -> QWidget:
    document = window.desk.document
    document.start(measured(document.model), base=document.base)
    window.steering.load()
    window.sides.show("training")
    shown = window.desk.training
    shown.train()
    until(lambda: shown.history.epoch is not None and shown.history.epoch.epoch >= TRAINED_EPOCHS)
    shown.pause()
    until(lambda: shown.history.state != "running")
    return window


def results(window: Window) -> QWidget:
    window.sides.show("results")
    panel = window.sides.docks["results"].view
    until(lambda: bool(panel.classes.lines.lines))
    return window


def summary(window: Window) -> QWidget:
    window.sides.show("summary")
    memory = window.sides.docks["summary"].view.memory
    memory.ask()
    until(lambda: "fit" in memory.words.text())
    return window


def trying(window: Window) -> QWidget:
    window.sides.show("trying")
    panel = window.sides.docks["trying"].view
    QTest.mousePress(panel.sketch, Qt.MouseButton.LeftButton, pos=QPoint(*SEVEN[0]))
    for point in SEVEN[1:]:
        QTest.mouseMove(panel.sketch, QPoint(*point))
    QTest.mouseRelease(panel.sketch, Qt.MouseButton.LeftButton, pos=QPoint(*SEVEN[-1]))
    until(lambda: "onnxruntime" in panel.words.text())
    return window


def data(window: Window) -> QWidget:
    document = window.desk.document
    dialog = DataDialog(document.model, document.base, window)
    dialog.open()
    until(lambda: dialog.samples.count() > 0)
    return dialog


def problem(window: Window) -> QWidget:
    for dialog in window.findChildren(DataDialog):
        dialog.close()
    window.canvas.choose(("digit",))
    window.canvas.action("delete").trigger()
    window.sides.show("problems")
    return window


SCENES: dict[str, Callable[[Window], QWidget]] = {
    "empty": empty,
    "lenet": opened,
    "training": training,
    "results": results,
    "summary": summary,
    "trying": trying,
    "data": data,
    "problem": problem,
}


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > end:
            sys.exit(f"The window did not get there within {PATIENCE:.0f} seconds.")
        QTest.qWait(50)


if __name__ == "__main__":
    main()
