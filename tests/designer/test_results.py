"""The results panel shows what a run takes for what: after every validation, and of its best weights in the end."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from designer.confusion import Confusion, told_by
from designer.panels.matrix import Matrix
from designer.panels.results import NOTHING, ResultsPanel, measured
from designer.theme import theme
from designer.window import Window
from engine.opening import open_model
from engine.training.measures import sums, value
from engine.training.messages import Epoch, Finished, Started
from engine.training.metrics import F1, Accuracy, ConfusionMatrix, Precision, Recall

STARTED = Started(1.0, "r", {}, epochs=4, steps_per_epoch=10)
TABLE = [[8, 2, 0], [0, 5, 0], [1, 0, 3]]
EPOCH = Epoch(2.0, 20, 2, {"loss": 0.5}, {"loss": 0.25, "accuracy": 0.9}, {"confusion_matrix": TABLE})
NAMES = ("cat", "dog", "owl")


@pytest.fixture
def panel(make_window: Callable[[str], Window], told_run: Any, qtbot: QtBot) -> ResultsPanel:
    """The panel of a window that shows a run whose classes have names."""
    (told_run.path / "labels.json").write_text(json.dumps({"animal": NAMES}))
    window = make_window("gallery:lenet")
    window.sides.show("results")
    made: ResultsPanel = window.sides.docks["results"].view
    qtbot.waitUntil(made.isVisible)
    return made


def show(panel: ResultsPanel, told_run: Any) -> None:
    window = panel.window()
    assert isinstance(window, Window)
    window.desk.training.show(told_run.path)


def test_before_the_first_validation_it_says_what_will_be_here(panel: ResultsPanel) -> None:
    assert panel.words.text() == NOTHING
    assert panel.scores.heading.text() == "No results yet"


def test_each_validation_shows_its_table_with_the_names_of_the_classes(
    panel: ResultsPanel, told_run: Any, qtbot: QtBot
) -> None:
    with told_run.lives():
        told_run.tell(STARTED, EPOCH)
        show(panel, told_run)
        qtbot.waitUntil(lambda: panel.matrix._shown is not None)
    assert panel.matrix._shown is not None
    assert panel.matrix._shown.labels == NAMES
    assert panel.matrix._shown.counts.tolist() == TABLE
    assert [line.samples for line in panel.classes.lines.lines] == [10, 5, 4]
    assert [words.text() for words in panel.scores.rows[2]] == ["Accuracy", "–", "0.9"]


def test_an_ended_run_shows_its_best_weights(panel: ResultsPanel, told_run: Any, qtbot: QtBot) -> None:
    (told_run.path / "report").mkdir()
    (told_run.path / "report" / "confusion.csv").write_text("target,cat,dog,owl\ncat,10,0,0\ndog,0,5,0\nowl,0,0,4\n")
    told_run.tell(STARTED, EPOCH, Finished(3.0, "done", 40, {}, {}, {"epoch": 3, "accuracy": 1.0}))
    show(panel, told_run)
    qtbot.waitUntil(lambda: panel.matrix._shown is not None and panel.matrix._shown.counts[0, 0] == 10)
    assert panel.readout.text().startswith("Best weights")
    assert panel.scores.best.text() == "Best after epoch 3: accuracy 1."


def test_a_confusion_matrix_is_added_beside_the_accuracy_that_went_without_saying(
    panel: ResultsPanel, qtbot: QtBot
) -> None:
    window = panel.window()
    assert isinstance(window, Window)
    qtbot.mouseClick(panel.add, Qt.MouseButton.LeftButton)
    rules = [metric.rule for metric in window.desk.document.model.recipe.metrics]
    assert rules == [Accuracy(), ConfusionMatrix()]
    assert panel.add.isHidden()
    assert [m.rule for m in measured(open_model("gallery:lenet").model).recipe.metrics] == rules


def test_figures_of_classes_are_those_that_the_metrics_measure() -> None:
    random = np.random.default_rng(0)
    given, scores = random.integers(0, 5, 200), random.standard_normal((200, 5))
    lines = Confusion(tuple("abcde"), np.asarray(sums(ConfusionMatrix(), scores, given), np.int64)).lines()
    assert [line.samples for line in lines] == np.bincount(given).tolist()
    for column, rule in enumerate((Precision, Recall, F1), 2):
        expected = [value(rule(only=place), sums(rule(only=place), scores, given)) for place in range(5)]
        np.testing.assert_allclose([line[column] for line in lines], expected)


def test_the_mouse_tells_the_cell_it_is_on(qtbot: QtBot) -> None:
    matrix = Matrix(theme("dark"))
    qtbot.addWidget(matrix)
    matrix.resize(400, 200)
    matrix.display(Confusion(NAMES, np.array(TABLE)))
    area = matrix._area()
    cell = QPointF(area.width() / 3, area.height() / 3)
    assert matrix.cell(area.topLeft() + QPointF(cell.x() * 1.5, cell.y() * 0.5)) == (0, 1)
    assert matrix.cell(QPointF(1, 1)) is None
    assert Confusion(NAMES, np.array(TABLE)).told(0, 1) == "cat taken for dog: 2 of 10, 20.0 %"
    assert matrix.accessibleDescription().startswith("cat taken for dog: 2 of 10")


@pytest.mark.parametrize("classes", [2, 10, 300])
@pytest.mark.parametrize("name", ["dark", "light"])
def test_any_number_of_classes_is_painted_in_its_colours(qtbot: QtBot, classes: int, name: str) -> None:
    matrix = Matrix(theme(name))
    qtbot.addWidget(matrix)
    matrix.resize(640, 320)
    matrix.display(Confusion(tuple(f"class {number}" for number in range(classes)), np.eye(classes, dtype=np.int64)))
    picture = matrix.grab().toImage()
    area = matrix._area()
    right = picture.pixelColor((area.topLeft() + QPointF(2, area.height() / classes / 8 + 0.5)).toPoint())
    wrong = picture.pixelColor((area.topRight() + QPointF(-2, 2)).toPoint())
    assert wrong == theme(name).color("field")
    assert right != wrong


def test_classes_without_agreed_names_are_numbered(tmp_path: Any) -> None:
    (tmp_path / "labels.json").write_text(json.dumps({"a": ["x", "y", "z"], "b": ["p", "q", "r"]}))
    found = told_by(tmp_path, {"confusion_matrix": TABLE, "decision": [[1, 0], [0, 1]]}, is_over=False)
    assert found["confusion_matrix"].labels == ("0", "1", "2")
    assert found["decision"].labels == ("no", "yes")
