"""The results of a run: its numbers, which classes it takes for which, and how well it tells each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QPushButton, QStackedLayout, QVBoxLayout, QWidget

from canvas.background import Background
from designer.document import Document
from designer.panels.class_table import ClassTable
from designer.panels.matrix import Matrix
from designer.panels.scores import Scores
from designer.theme import Theme
from designer.training import Training
from designer.wording import label
from engine.layers.loss import Focal, SoftmaxCrossEntropy
from engine.model import Model
from engine.training.metrics import Accuracy, ConfusionMatrix
from engine.training.recipe import Metric

if TYPE_CHECKING:
    from designer.confusion import Confusion

LEFT = 232

NOTHING = "The results of a training appear here after its first validation."
NO_TABLE = "This run does not tell which classes it takes for which."
AT_THE_END = (
    "Which classes it takes for which is told at the end.\n"
    "With a confusion matrix in the recipe, after every validation."
)
ADD = "Add a confusion matrix to the recipe"


class ResultsPanel(QWidget):
    """Left the numbers, in the middle the confusion of classes, right a line for each class."""

    edited = Signal(str, object)

    def __init__(self, training: Training, document: Document, theme: Theme) -> None:
        super().__init__()
        self._training = training
        self._model = document.model
        self._told: object = None
        self._found: Mapping[str, Confusion] = {}
        self._is_of_best = False
        self._reader = Background(self)
        self._reader.done.connect(self._show)
        self.scores = Scores()
        self.matrix = Matrix(theme)
        self.classes = ClassTable()
        self.choice = QComboBox()
        self.choice.setAccessibleName("Which prediction is looked at")
        self.choice.currentTextChanged.connect(self._choose)
        self.readout = QLabel()
        self.readout.setProperty("role", "small")
        self.words = QLabel(NOTHING)
        self.words.setProperty("role", "secondary")
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.add = QPushButton(ADD)
        self.add.setProperty("role", "link")
        self.add.clicked.connect(lambda: self.edited.emit("Add a confusion matrix", measured(self._model)))
        self.matrix.told.connect(self._read_out)
        self._arrange()
        training.changed.connect(self._follow)
        self.display(document.model, document.report)

    def _arrange(self) -> None:
        card = QFrame()
        card.setObjectName("card")
        head = QHBoxLayout()
        head.addWidget(self.readout)
        head.addStretch(1)
        head.addWidget(self.choice)
        column = QVBoxLayout(card)
        column.setContentsMargins(10, 4, 10, 8)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(self.matrix, 1)
        full = QWidget()
        row = QHBoxLayout(full)
        row.setContentsMargins(0, 8, 0, 10)
        row.setSpacing(12)
        row.addWidget(card, 1)
        row.addWidget(self.classes)
        empty = QWidget()
        centred = QVBoxLayout(empty)
        centred.addStretch(1)
        centred.addWidget(self.words)
        centred.addWidget(self.add, 0, Qt.AlignmentFlag.AlignHCenter)
        centred.addStretch(1)
        self._stack = QStackedLayout()
        self._stack.addWidget(empty)
        self._stack.addWidget(full)
        self.scores.setFixedWidth(LEFT)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 0, 12, 0)
        layout.setSpacing(16)
        layout.addWidget(self.scores)
        layout.addLayout(self._stack, 1)

    def display(self, model: Model, report: object) -> None:
        """Know which model the next run is of."""
        self._model = model
        self._explain()
        self._follow()

    def wear(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self.matrix.wear(theme)

    def showEvent(self, event: QShowEvent) -> None:
        """What came in while it was hidden is shown now."""
        super().showEvent(event)
        self._follow()

    def _follow(self) -> None:
        if not self.isVisible():
            return
        history = self._training.history
        self.scores.display(history)
        is_over = history.finished is not None and not self._training.is_active
        told = (self._training.run, history.epoch, is_over)
        if told == self._told:
            return
        self._told = told
        if self._training.run is None or history.epoch is None:
            self._show({})
        else:
            self._reader.call(reading(self._training.run, history.epoch.tables, is_over=is_over))

    def _show(self, found: Mapping[str, Confusion]) -> None:
        self._found = found
        self._is_of_best = any(confusion.is_of_best for confusion in found.values())
        names = [label(name) for name in found]
        if names != [self.choice.itemText(row) for row in range(self.choice.count())]:
            self.choice.clear()
            self.choice.addItems(names)
        self.choice.setVisible(len(names) > 1)
        self._stack.setCurrentIndex(int(bool(found)))
        self._choose()
        self._explain()

    def _choose(self, *_: Any) -> None:
        row = self.choice.currentIndex()
        shown = list(self._found.values())[row] if 0 <= row < len(self._found) else None
        self.matrix.display(shown)
        self.classes.display(shown.lines() if shown else ())
        self._read_out("")

    def _read_out(self, told: str) -> None:
        whose = "Best weights" if self._is_of_best else "Last validation"
        self.readout.setText(told or f"{whose} · rows: what it is · columns: what it was taken for")

    def _explain(self) -> None:
        """Where there is no table: why, and what would bring one."""
        history = self._training.history
        over = NO_TABLE if history.finished else AT_THE_END
        self.words.setText(over if history.epoch is not None and tells_classes(self._model) else NOTHING)
        if history.epoch is not None and not tells_classes(self._model):
            self.words.setText(NO_TABLE)
        self.add.setVisible(tells_classes(self._model) and not _is_measured(self._model))


def reading(run: Path, tables: Any, *, is_over: bool) -> Callable[[], Mapping[str, Confusion]]:
    """The slow work, for another thread."""

    def read() -> Mapping[str, Confusion]:
        from designer.confusion import told_by

        return told_by(run, tables, is_over=is_over)

    return read


def tells_classes(model: Model) -> bool:
    """Whether one of the losses compares classes."""
    return any(isinstance(node.layer, SoftmaxCrossEntropy | Focal) for node in model.network.nodes)


def measured(model: Model) -> Model:
    """With a confusion matrix in the recipe; accuracy, which goes without saying only where nothing is said, stays."""
    metrics = model.recipe.metrics or (Metric(Accuracy()),)
    return replace(model, recipe=replace(model.recipe, metrics=(*metrics, Metric(ConfusionMatrix()))))


def _is_measured(model: Model) -> bool:
    return any(isinstance(metric.rule, ConfusionMatrix) for metric in model.recipe.metrics)
