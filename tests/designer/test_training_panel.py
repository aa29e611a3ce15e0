"""The training panel says where a training is and what can be done about it, whoever started it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from designer.panels.curves import AWAITED, EMPTY, OVER
from designer.panels.training import TrainingPanel
from designer.training import Training
from designer.window import Window
from engine.data.spec import DataSpec, Source
from engine.model import Model
from engine.training.messages import Epoch, Failed, Finished, Message, Noticed, Paused, Progress, Resumed, Started
from engine.training.optimizers import Adam

STARTED = Started(1.0, "r", {"backend": "mxnet"}, epochs=3, steps_per_epoch=100)
DONE = Finished(40.0, "done", 300, {}, {}, {"epoch": 2, "step": 200, "validation_loss": 0.2, "accuracy": 0.9123})
STOPPED = Finished(30.0, "stopped", 150, {}, {}, {})


def progress(step: int, loss: float = 1.0) -> Progress:
    return Progress(step / 10, step, 1 + (step - 1) // 100, loss, {"accuracy": 1 - loss / 10}, 0.01, 640.0)


EPOCH = Epoch(11.0, 100, 1, {"loss": 0.5}, {"loss": 0.61234, "accuracy": 0.87654})


@pytest.fixture(autouse=True)
def runs(store: QSettings, tmp_path: Path) -> Path:
    """Where the runs go that a test begins."""
    store.setValue("preferences/runs", str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture
def panel(window: Window, qtbot: QtBot) -> TrainingPanel:
    """The panel of a window on LeNet, ready to draw curves."""
    window.steering.load()
    window.sides.show("training")
    shown: TrainingPanel = window.sides.docks["training"].view
    qtbot.waitUntil(lambda: shown.curves._can_draw)
    return shown


@pytest.fixture
def training(window: Window) -> Iterator[Training]:
    yield window.desk.training
    window.desk.training.leave()


@pytest.fixture
def lives() -> Iterator[ExitStack]:
    """Holds what a test enters until its end."""
    with ExitStack() as stack:
        yield stack


def shown(panel: TrainingPanel) -> set[str]:
    """The buttons that are there, those in brackets disabled."""
    return {
        name if button.isEnabled() else f"({name})" for name, button in panel.buttons.items() if not button.isHidden()
    }


STATES: dict[str, tuple[list[Message], bool, str, set[str]]] = {
    "loading": ([], True, "Loading the engine …", {"(pause)", "stop"}),
    "running": ([STARTED, progress(120)], True, "Epoch 2 of 3", {"pause", "stop"}),
    "paused": ([STARTED, progress(120), Paused(13.0, 120)], True, "Paused", {"resume", "stop"}),
    "going on": ([STARTED, Paused(13.0, 120), Resumed(14.0, 120)], True, "Epoch 1 of 3", {"pause", "stop"}),
    "ending": ([STARTED, progress(300), DONE], True, "Writing its report …", {"(pause)", "(stop)"}),
    "done": ([STARTED, progress(300), DONE], False, "Finished", {"train"}),
    "stopped": ([STARTED, progress(150), STOPPED], False, "Stopped", {"train", "resume"}),
    "early": ([STARTED, Finished(9.0, "early", 90, {}, {}, {})], False, "Stopped early", {"train"}),
    "failed": ([STARTED, Failed(9.0, "numbers are no longer finite", "conv1")], False, "Failed", {"train", "resume"}),
    "interrupted": ([STARTED, progress(120)], False, "Interrupted", {"train", "resume"}),
}


@pytest.mark.parametrize("state", STATES)
def test_each_state_has_its_heading_and_offers_what_can_be_done(
    panel: TrainingPanel, training: Training, told_run: Any, lives: ExitStack, state: str
) -> None:
    messages, is_alive, heading, buttons = STATES[state]
    told_run.tell(*messages)
    told_run.keep()
    if is_alive:
        lives.enter_context(told_run.lives())
    training.show(told_run.path)
    assert panel.heading.text() == heading
    assert shown(panel) == buttons


def test_where_it_is_is_told_in_steps_speed_time_and_the_validation_s_numbers(
    panel: TrainingPanel, training: Training, told_run: Any, lives: ExitStack
) -> None:
    lives.enter_context(told_run.lives())
    told_run.tell(STARTED, progress(90), progress(100), EPOCH, replace(progress(120), seconds_left=18.2))
    training.show(told_run.path)
    page = panel.progress
    assert page.where.text() == "step 20 of 100 · 640 samples/s"
    assert page.left.text() == "18 s left"
    assert page.bar.value() == 400
    assert [(name.text(), value.text()) for name, value in page.numbers] == [("Accuracy", "0.8765"), ("Loss", "0.6123")]


def test_what_it_trains_with_is_told_and_why_that_was_chosen(
    panel: TrainingPanel, training: Training, told_run: Any, qtbot: QtBot
) -> None:
    plan = {"backend": "torch", "device": "cpu", "precision": "bfloat16", "layout": "channels_last", "threads": 2}
    tried = ("torch, cpu, bfloat16: 12 ms a step", "torch, cpu: 15 ms a step", "mxnet, cpu: 20 ms a step")
    why = f"measured and chosen: {tried[0]}; not {'; '.join(tried[1:])}"
    leak = "2 samples of the validation part are in the training part too"
    with told_run.lives():
        told_run.tell(
            Started(1.0, "r", plan, epochs=3, steps_per_epoch=100),
            Noticed(1.0, "notice", "", why),
            Noticed(1.0, "warning", "", leak),
            replace(progress(40), seconds_per_epoch=4.25, seconds_left=11.0),
        )
        training.show(told_run.path)
        qtbot.waitUntil(lambda: "left" in panel.progress.left.text())
        assert panel.progress.left.text() == "11 s left · 4.2 s an epoch"
        expected = "torch · cpu · bfloat16 · channels last · 2 threads – the fastest as measured"
        assert panel.progress.plan.text() == expected
        assert panel.progress.plan.toolTip().splitlines()[1:] == [
            "not torch, cpu: 15 ms a step",
            "not mxnet, cpu: 20 ms a step",
        ]
        window = panel.window()
        assert isinstance(window, Window)
        assert window.notices.words.text() == leak


def test_how_it_ended_is_told_with_what_can_be_done(panel: TrainingPanel, training: Training, told_run: Any) -> None:
    told_run.tell(STARTED, progress(300), DONE)
    training.show(told_run.path)
    assert panel.progress.left.text() == "Best after epoch 2: accuracy 0.9123."
    assert panel.progress.where.text() == "epoch 3 of 3 · step 300"


def test_a_failure_is_told_with_node_and_hint(panel: TrainingPanel, training: Training, told_run: Any) -> None:
    told_run.tell(STARTED, progress(3), Failed(9.0, "numbers are no longer finite", "conv1", "a lower rate may help"))
    training.show(told_run.path)
    assert panel.progress.left.text() == "conv1: numbers are no longer finite – a lower rate may help"
    assert panel.progress.left.property("tone") == "bad"


def test_a_process_that_was_killed_is_told_as_interrupted_and_where_resume_goes_on(
    panel: TrainingPanel, training: Training, told_run: Any, lives: ExitStack, qtbot: QtBot
) -> None:
    life = ExitStack()
    life.enter_context(told_run.lives())
    told_run.tell(STARTED, progress(120))
    told_run.keep()
    training.show(told_run.path)
    assert panel.heading.text() == "Epoch 2 of 3"
    life.close()
    qtbot.waitUntil(lambda: panel.heading.text() == "Interrupted")
    expected = "The process ended without a word. Resume goes on from the last checkpoint."
    assert panel.progress.left.text() == expected


def test_a_command_is_answered_at_once_and_carried_out_when_the_run_says_so(
    panel: TrainingPanel, training: Training, told_run: Any, lives: ExitStack, qtbot: QtBot
) -> None:
    lives.enter_context(told_run.lives())
    told_run.tell(STARTED, progress(120))
    training.show(told_run.path)
    QTest.mouseClick(panel.buttons["pause"], Qt.MouseButton.LeftButton)
    assert panel.heading.text() == "Pausing …"
    assert shown(panel) == {"(pause)", "stop"}
    told_run.tell(Paused(13.0, 121))
    qtbot.waitUntil(lambda: panel.heading.text() == "Paused")
    QTest.mouseClick(panel.buttons["stop"], Qt.MouseButton.LeftButton)
    assert panel.heading.text() == "Stopping …"
    assert shown(panel) == {"(pause)", "(stop)"}
    assert told_run.asked() == ["pause", "stop"]


def test_the_keyboard_is_never_left_on_stop_when_a_button_goes(
    panel: TrainingPanel, training: Training, told_run: Any, lives: ExitStack, window: Window, qtbot: QtBot
) -> None:
    window.activateWindow()
    lives.enter_context(told_run.lives())
    told_run.tell(STARTED, progress(120))
    training.show(told_run.path)
    panel.buttons["pause"].setFocus()
    QTest.keyClick(panel.buttons["pause"], Qt.Key.Key_Space)
    told_run.tell(Paused(13.0, 121))
    qtbot.waitUntil(lambda: not panel.buttons["resume"].isHidden())
    assert not panel.buttons["stop"].hasFocus()


HINDERED: dict[str, tuple[Callable[[Model], Model], str]] = {
    "empty": (lambda model: Model(), "the network is empty"),
    "no data": (lambda model: replace(model, data=DataSpec()), "there are no data to train on yet"),
    "no loss": (
        lambda model: replace(model, network=model.network.remove(("loss", "digit")), data=DataSpec()),
        "the network has no loss",
    ),
    "error": (lambda model: replace(model, network=model.network.remove(("conv2",))), "pool2: "),
}


@pytest.mark.parametrize("case", HINDERED)
def test_what_cannot_be_trained_is_not_and_the_reason_stands_beside(
    panel: TrainingPanel, window: Window, case: str
) -> None:
    edit, reason = HINDERED[case]
    document = window.desk.document
    document.edit("Spoil", edit(document.model))
    assert shown(panel) == {"(train)"}
    assert panel.setup.words.text().startswith(f"Not ready to train – {reason}")
    assert reason in panel.buttons["train"].toolTip()
    assert reason in window.commands["train"].toolTip()
    document.history.undo()
    assert shown(panel) == {"train"}
    assert panel.setup.words.text() == ""


def test_the_set_up_edits_the_recipe_as_steps_that_can_be_undone(panel: TrainingPanel, window: Window) -> None:
    document = window.desk.document
    before = document.model
    epochs = panel.setup.recipe["epochs"].head
    epochs.setFocus()
    epochs.selectAll()
    QTest.keyClicks(epochs, "7")
    QTest.keyClick(epochs, Qt.Key.Key_Return)
    assert document.model.recipe == replace(before.recipe, epochs=7)
    assert document.history.undoText() == "Set the epochs"
    rules = panel.setup.rules["optimizer"].head
    assert isinstance(rules, QComboBox)
    rules.setCurrentText("Adam")
    rules.activated.emit(rules.currentIndex())
    assert isinstance(document.model.recipe.optimizer.rule, Adam)
    document.history.undo()
    document.history.undo()
    assert document.model == before
    assert epochs.text() == str(before.recipe.epochs)


def test_a_length_in_epochs_takes_the_place_of_one_in_steps(panel: TrainingPanel, window: Window) -> None:
    document = window.desk.document
    document.edit("Steps", replace(document.model, recipe=replace(document.model.recipe, steps=50)))
    panel.setup.recipe["epochs"].offered.emit(9)
    assert (document.model.recipe.epochs, document.model.recipe.steps) == (9, 0)


def test_a_value_that_a_field_does_not_take_is_refused_in_words(panel: TrainingPanel, window: Window) -> None:
    before = window.desk.document.model
    epochs = panel.setup.recipe["epochs"].head
    epochs.setFocus()
    epochs.selectAll()
    QTest.keyClicks(epochs, "many")
    assert panel.setup.words.text() == "epochs must be a whole number, not 'many'"
    assert window.desk.document.model is before


def test_engine_and_device_are_preferences_not_part_of_the_model(panel: TrainingPanel, window: Window) -> None:
    before = window.desk.document.model
    panel.setup.preferred["engine"].offered.emit("torch")
    panel.setup.preferred["device"].offered.emit("cuda:1")
    preferences = window.desk.settings.preferences
    assert (preferences.engine, preferences.device) == ("torch", "cuda:1")
    assert window.desk.document.model is before


def test_set_up_and_progress_are_a_link_away_from_each_other(
    panel: TrainingPanel, training: Training, told_run: Any
) -> None:
    assert panel.turn.isHidden()  # there is no run to go to
    told_run.tell(STARTED, progress(300), DONE)
    training.show(told_run.path)
    assert panel.pages.currentWidget() is panel.progress
    panel.turn.click()
    assert (panel.pages.currentWidget(), panel.heading.text()) == (panel.setup, "Set-up")
    panel.turn.click()
    assert (panel.pages.currentWidget(), panel.heading.text()) == (panel.progress, "Finished")


def drawn(panel: TrainingPanel, name: str, part: str) -> tuple[list[float], list[float]]:
    x, y = panel.curves.plots[name]._items[part].getData()
    return list(x), list(y)


@pytest.fixture
def curved(panel: TrainingPanel, training: Training, told_run: Any, qtbot: QtBot) -> TrainingPanel:
    """The panel with the curves of a run that is over."""
    told_run.tell(STARTED, progress(50, 2.0), progress(100, 1.0), EPOCH, progress(150, 0.5), progress(300, 0.1), DONE)
    training.show(told_run.path)
    qtbot.waitUntil(lambda: len(panel.curves.plots) == 2)
    return panel


def test_loss_and_metric_are_drawn_for_both_parts(curved: TrainingPanel) -> None:
    assert list(curved.curves.plots) == ["loss", "accuracy"]
    assert drawn(curved, "loss", "train") == ([50, 100, 150, 300], [2.0, 1.0, 0.5, 0.1])
    assert drawn(curved, "loss", "validation") == ([100], [0.61234])
    assert drawn(curved, "accuracy", "validation") == ([100], [0.87654])


def menu(panel: TrainingPanel) -> dict[str, Any]:
    panel.curves._menu.aboutToShow.emit()
    return {action.text(): action for action in panel.curves._menu.actions() if action.text()}


def test_the_menu_says_which_curves_are_drawn(curved: TrainingPanel) -> None:
    actions = menu(curved)
    assert {name: action.isChecked() for name, action in actions.items()} == {
        "Loss": True,
        "Accuracy": True,
        "Learning rate": False,
        "Samples per second": False,
        "Over epochs": False,
    }
    actions["Learning rate"].trigger()
    actions["Loss"].trigger()
    assert set(curved.curves.plots) == {"accuracy", "learning_rate"}
    assert drawn(curved, "learning_rate", "train")[1] == [0.01] * 4


def test_curves_over_epochs_are_the_same_on_another_scale(curved: TrainingPanel) -> None:
    menu(curved)["Over epochs"].trigger()
    assert drawn(curved, "loss", "train")[0] == [0.5, 1.0, 1.5, 3.0]
    assert curved.curves.plots["loss"]._title.text() == "Loss by epoch"


def test_on_the_logarithmic_scale_what_is_not_positive_leaves_a_gap(
    panel: TrainingPanel, training: Training, told_run: Any, qtbot: QtBot
) -> None:
    told_run.tell(STARTED, progress(50, 10.0), progress(100, 0.0), progress(150, 0.1))
    training.show(told_run.path)
    qtbot.waitUntil(lambda: "loss" in panel.curves.plots)
    panel.curves.plots["loss"]._log.click()
    np.testing.assert_allclose(drawn(panel, "loss", "train")[1], [1.0, np.nan, -1.0])


def test_another_run_is_drawn_in_the_plots_that_are_there(
    curved: TrainingPanel, training: Training, tmp_path: Path, told_run: Any
) -> None:
    before = dict(curved.curves.plots)
    other = type(told_run)(tmp_path / "runs" / "other")
    other.tell(STARTED, progress(10, 5.0))
    training.show(other.path)
    assert curved.curves.plots == before
    assert drawn(curved, "loss", "train") == ([10], [5.0])
    assert "validation" not in curved.curves.plots["loss"]._items


def test_without_curves_it_says_whether_any_are_on_their_way(
    panel: TrainingPanel, training: Training, told_run: Any, qtbot: QtBot
) -> None:
    assert panel.curves._empty.text() == EMPTY
    with told_run.lives():
        training.show(told_run.path)
        assert panel.curves._empty.text() == AWAITED
        told_run.tell(Failed(2.0, "no such device"))
    qtbot.waitUntil(lambda: panel.heading.text() == "Failed")
    assert panel.curves._empty.text() == OVER


def test_a_training_that_cannot_begin_says_why_in_a_sentence(
    panel: TrainingPanel, training: Training, window: Window, qtbot: QtBot
) -> None:
    document = window.desk.document
    rule = replace(document.model.data.sources[0].rule, path="/nowhere/digits.npz")
    document.edit("Spoil", replace(document.model, data=replace(document.model.data, sources=(Source(rule),))))
    QTest.mouseClick(panel.buttons["train"], Qt.MouseButton.LeftButton)
    assert panel.heading.text() == "Loading the engine …"
    qtbot.waitUntil(lambda: not training.is_active, timeout=30_000)
    assert panel.heading.text() == "Failed"
    assert panel.progress.left.text().startswith("there is no /nowhere/digits.npz")
    assert "\n" not in panel.progress.left.text()
    assert shown(panel) == {"train"}


def test_a_training_stopped_before_its_first_step_leaves_nothing_behind(
    panel: TrainingPanel, training: Training, qtbot: QtBot, runs: Path
) -> None:
    panel.buttons["train"].click()
    panel.buttons["stop"].click()
    qtbot.waitUntil(lambda: not training.is_active, timeout=60_000)
    assert panel.heading.text() == "Stopped"
    assert [path.name for path in runs.iterdir() if path.name.startswith(".")] == []


def test_a_window_comes_back_to_the_run_that_it_left_and_only_to_that(
    make_window: Callable[[str], Window], told_run: Any, tmp_path: Path
) -> None:
    first = make_window("gallery:lenet")
    first.steering.load()
    told_run.tell(STARTED, progress(120))
    with told_run.lives():
        first.desk.training.show(told_run.path)
        first.desk.training.leave()
        first.close()
    told_run.tell(progress(300), DONE)  # it ended while there was no window
    second = make_window("gallery:lenet")
    second.steering.load()
    assert second.desk.training.run == told_run.path
    assert second.desk.training.history.state == "finished"
    second.close()
    third = make_window("gallery:lenet")
    third.steering.load()
    assert third.desk.training.run is None
