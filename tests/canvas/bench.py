"""A canvas in a bare window that keeps the model, as the document does, and hands that hold a mouse."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMainWindow
from pytestqt.qtbot import QtBot

from canvas.style import Style
from canvas.view import Canvas
from engine.drawing import Drawing, Place
from engine.layers import CATALOGUE
from engine.model import Model
from engine.network import Network
from engine.node import Link, Node
from engine.report import report_of
from engine.schema.read import read
from engine.schema.write import write

LEFT, RIGHT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton
NONE = Qt.KeyboardModifier.NoModifier


def node(name: str, spelling: str, *inputs: str, **fields: Any) -> Node:
    """A node from words."""
    return Node(name, tuple(map(Link.parse, inputs)), CATALOGUE.get(spelling)(**fields))


def model_of(*nodes: Node, **places: tuple[float, float]) -> Model:
    """A model with its nodes one below the other, or where `places` says."""
    drawing = Drawing(places=tuple(Place(n.name, *places.get(n.name, (0, 72 * i))) for i, n in enumerate(nodes)))
    return Model(name="test", network=Network(nodes), drawing=drawing)


def lenet() -> Model:
    """A small classifier, its target at the side."""
    return model_of(
        node("image", "input", sizes=(1, 28, 28)),
        node("conv1", "conv2d", "image", filters=20, kernel=5),
        node("pool1", "max_pool2d", "conv1"),
        node("flat", "flatten", "pool1"),
        node("score", "dense", "flat", units=10),
        node("loss", "softmax_cross_entropy", "score", "digit"),
        node("digit", "target", classes=10),
        digit=(320, 288),
    )


class Bench:
    """The canvas, the model it is at, all steps so far, and what it said."""

    def __init__(self, qtbot: QtBot) -> None:
        self.window = QMainWindow()
        self.canvas = Canvas(Style.dark(), write, lambda text: read(text).model)
        self.window.setCentralWidget(self.canvas)
        self.window.resize(1000, 760)
        self.model = Model()
        self.steps: list[str] = []
        self.before: list[Model] = []
        self.refusals: list[str] = []
        self.selections: list[tuple[str, ...]] = []
        self.opened: list[str] = []
        self.canvas.edited.connect(self.take)
        self.canvas.refused.connect(self.refusals.append)
        self.canvas.selected.connect(self.selections.append)
        self.canvas.opened.connect(self.opened.append)
        qtbot.addWidget(self.window)
        with qtbot.waitExposed(self.window):
            self.window.show()
        self.window.activateWindow()
        self.canvas.setFocus()

    def take(self, step: str, model: Model) -> None:
        """An edit becomes the model, as a document does it."""
        self.steps.append(step)
        self.before.append(self.model)
        self.show(model)

    def show(self, model: Model) -> None:
        """Display a model."""
        self.model = model
        self.canvas.display(model, report_of(model))

    def undo(self) -> None:
        """Back by one step."""
        self.show(self.before.pop())

    # Where things are, on the screen

    def spot(self, x: float, y: float) -> QPoint:
        return self.canvas.mapFromScene(QPointF(x, y))

    def box(self, name: str) -> QPoint:
        """The right half of a box, away from name and ports."""
        spot = self.canvas.board.picture.boxes[name].spot
        return self.spot(spot.x + 190, spot.y + 22)

    def title(self, name: str) -> QPoint:
        spot = self.canvas.board.picture.boxes[name].spot
        return self.spot(spot.x + 60, spot.y + 14)

    def input(self, name: str, place: int = 0) -> QPoint:
        box = self.canvas.board.picture.boxes[name]
        return self.canvas.mapFromScene(box.at(box.inputs[place]))

    def output(self, name: str, place: int = 0) -> QPoint:
        box = self.canvas.board.picture.boxes[name]
        return self.canvas.mapFromScene(box.at(box.outputs[place]))

    def wire(self, name: str, place: int = 0) -> QPoint:
        """The middle of a wire into a node."""
        return self.canvas.mapFromScene(self.canvas.board.picture.wires[name, place].path.pointAtPercent(0.5))

    # Hands

    def drag(self, *points: QPoint, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = NONE) -> None:
        """Press at the first point, move over the others, let go at the last."""
        self.press(points[0], button, keys)
        for point in points[1:]:
            self.move(point, button, keys)
        QTest.mouseRelease(self.canvas.viewport(), button, keys, points[-1])

    def press(self, at: QPoint, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = NONE) -> None:
        QTest.mouseMove(self.canvas.viewport(), at)
        QTest.mousePress(self.canvas.viewport(), button, keys, at)

    def move(self, to: QPoint, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = NONE) -> None:
        """QTest's own move holds neither buttons nor keys."""
        viewport = self.canvas.viewport()
        at = QPointF(to)
        event = QMouseEvent(QEvent.Type.MouseMove, at, viewport.mapToGlobal(at), Qt.MouseButton.NoButton, button, keys)
        QApplication.sendEvent(viewport, event)

    def release(self, at: QPoint, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = NONE) -> None:
        QTest.mouseRelease(self.canvas.viewport(), button, keys, at)

    def click(self, at: QPoint, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = NONE) -> None:
        QTest.mouseClick(self.canvas.viewport(), button, keys, at)

    def double_click(self, at: QPoint) -> None:
        """As the window system sends it: press, release, double-click, release."""
        self.click(at)
        QTest.mouseDClick(self.canvas.viewport(), LEFT, NONE, at)

    def key(self, key: Qt.Key | str, keys: Qt.KeyboardModifier = NONE) -> None:
        QTest.keyClick(self.canvas, key, keys)

    # What is there

    def inputs(self, name: str) -> list[str]:
        return [str(link) for link in self.model.network[name].inputs]

    def place(self, name: str) -> tuple[float, float]:
        place = next(place for place in self.model.drawing.places if place.node == name)
        return place.x, place.y

    @property
    def names(self) -> list[str]:
        return [n.name for n in self.model.network.nodes]
