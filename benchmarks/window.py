"""The window against its budgets: from the process's start to the first picture, and an edit in a long chain.

Run by hand: `python benchmarks/window.py`. The bare window beside ours shows what Qt alone takes in the same minute.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PySide6.QtCore import QSettings

from designer import application
from designer.document import Document
from designer.panels.schema import Schema
from designer.window import Window
from engine.layers.activation import ReLU
from engine.layers.data import Input
from engine.layers.dense import Dense
from engine.model import Model
from engine.network import Network
from engine.node import Link, Node

ROOT = Path(__file__).resolve().parents[1]
STARTS, EDITS, NODES = 9, 15, 1000
COMPILED = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""The environment of the processes: an installed program is compiled once."""

BARE = """
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget
class Eye(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            print("painted", flush=True)
            application.quit()
        return False
application = QApplication([])
eye, window, middle = Eye(), QMainWindow(), QWidget()
middle.installEventFilter(eye)
window.setCentralWidget(middle)
window.show()
application.exec()
"""

OURS = """
import sys
from pathlib import Path
from PySide6.QtCore import QSettings
from designer import application
folder = Path(sys.argv[1])
qt = application.set_up()
window = application.build(qt, QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat), folder)
application.open_first(window, ["gallery:lenet"])
window.painted.connect(lambda: print("painted", flush=True))
window.sides.settled.connect(lambda: print("complete", flush=True))
window.sides.settled.connect(qt.quit)
window.show()
qt.exec()
"""


def seconds_until(program: str, words: tuple[str, ...]) -> dict[str, float]:
    """How long after its start a Python process says each of `words`."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-c", program, folder],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
            env=COMPILED,
        )
        assert process.stdout is not None
        said = {line.strip(): time.perf_counter() - began for line in process.stdout}
        process.wait()
        return {word: said[word] for word in words}


def starts() -> None:
    found: dict[str, list[float]] = {"bare": [], "painted": [], "complete": []}
    for _ in range(STARTS):
        found["bare"].append(seconds_until(BARE, ("painted",))["painted"])
        for word, seconds in seconds_until(OURS, ("painted", "complete")).items():
            found[word].append(seconds)
    bare, painted, complete = (statistics.median(values) for values in found.values())
    print(f"start, median of {STARTS}: an empty QMainWindow {bare * 1000:.0f} ms; ours on LeNet, first picture")
    print(f"  {painted * 1000:.0f} ms ({painted / bare:.1f} x), with all its panels {complete * 1000:.0f} ms")


def chain(length: int) -> Model:
    """A chain of dense layers and rectifiers."""
    nodes = [Node("input", (), Input(sizes=(64,)))]
    for number in range(1, length):
        layer = Dense(units=64) if number % 2 else ReLU()
        nodes.append(Node(f"n{number}", (Link(nodes[-1].name),), layer))
    return replace(Model(name="chain"), network=Network(tuple(nodes)))


def milliseconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def edits() -> None:
    """What one edit in the middle costs: document and report alone, then canvas, inspector and text with it."""
    qt = application.set_up()
    with tempfile.TemporaryDirectory() as folder:
        store = QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat)
        window = application.build(qt, store, Path(folder))
        window.show()
        alone = Document()
        for document in (alone, window.desk.document):
            document.start(chain(NODES))
        qt.processEvents()
        window.sides.show("inspector")
        window.desk.selection.set(("n501",))
        qt.processEvents()
        print(f"an edit in a chain of {NODES:,} nodes, median of {EDITS}:")
        report("document and report", lambda k: edit(alone, k))
        report("with canvas and inspector", lambda k: edit(window.desk.document, k))
        window.sides.show("schema")
        qt.processEvents()
        report("with canvas and schema text", lambda k: edit(window.desk.document, k))
        report("typing in the schema text", lambda k: type_in(window, k))
        window.desk.document.history.setClean()
        window.close()


def edit(document: Document, number: int) -> float:
    network = document.model.network.set_layer("n501", Dense(units=65 + number % 2))
    model = replace(document.model, network=network)
    return milliseconds(lambda: document.edit("Edit", model))


def type_in(window: Window, number: int) -> float:
    view: Schema = window.sides.docks["schema"].view
    text = view.text.toPlainText()
    place = text.index("units: ", text.index('name: "n501"')) + len("units: ")
    view.text.replace(place, place + 2, str(67 + number % 2))
    return milliseconds(view.flush)


def report(what: str, act: Callable[[int], float]) -> None:
    times = [act(number) for number in range(EDITS + 2)][2:]
    print(f"  {what:<30} {statistics.median(times):6.1f} ms   (most {max(times):.1f})")


if __name__ == "__main__":
    starts()
    edits()
