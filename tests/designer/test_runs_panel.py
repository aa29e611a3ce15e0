"""The runs panel lists what the folder of runs holds, whoever trained it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from designer.panels.runs import COLUMNS, EMPTY, RunsPanel
from designer.window import Window
from engine.training.messages import Epoch, Failed, Finished, Message, Paused, Progress, Started

STARTED = Started(1.0, "r", {}, epochs=4, steps_per_epoch=10)
EPOCH = Epoch(2.0, 20, 2, {"loss": 0.5}, {"loss": 0.25, "accuracy": 0.98765})

ENDS: dict[str, Message | None] = {
    "finished": Finished(3.0, "done", 40, {}, {}, {}),
    "stopped": Finished(3.0, "stopped", 20, {}, {}, {}),
    "stopped early": Finished(3.0, "early", 20, {}, {}, {}),
    "failed": Failed(3.0, "not finite"),
    "interrupted": None,
}


@pytest.fixture
def open_panel(
    make_window: Callable[[str], Window], store: QSettings, tmp_path: Path, qtbot: QtBot
) -> Callable[[int], RunsPanel]:
    """Shows the panel of a window whose runs lie in `tmp_path / runs`, and waits for that many rows."""

    def make(rows: int) -> RunsPanel:
        store.setValue("preferences/runs", str(tmp_path / "runs"))
        window = make_window("gallery:lenet")
        window.sides.show("runs")
        panel: RunsPanel = window.sides.docks["runs"].view
        qtbot.waitUntil(lambda: panel.table.rowCount() == rows and not panel._reader.is_busy, timeout=20_000)
        return panel

    return make


def cells(panel: RunsPanel, row: int) -> dict[str, str]:
    return {name: panel.table.item(row, column).text() for column, name in enumerate(COLUMNS)}


def enabled(panel: RunsPanel) -> set[str]:
    return {name for name, button in panel.buttons.items() if button.isEnabled()}


def test_without_runs_it_says_what_will_be_here(open_panel: Callable[[int], RunsPanel]) -> None:
    panel = open_panel(0)
    assert panel._empty.text() == EMPTY
    assert panel._empty.isVisible()
    assert not panel.table.isVisible()
    assert enabled(panel) == {"refresh"}


@pytest.mark.parametrize("state", ENDS)
def test_how_a_run_ended_is_told_with_its_last_validation(
    open_panel: Callable[[int], RunsPanel], told_run: Any, state: str
) -> None:
    told_run.tell(STARTED, EPOCH, *filter(None, [ENDS[state]]))
    told = cells(open_panel(1), 0)
    assert told["State"] == state
    assert told["Engine"] == "mxnet · cpu"
    assert told["Epoch"] == "2 / 4"
    assert told["Validation"] == "loss 0.25  accuracy 0.9877"
    assert told["Run"] == told_run.path.name


@pytest.mark.parametrize(("last", "state"), [(EPOCH, "running"), (Paused(3.0, 20), "paused")])
def test_a_run_that_somebody_trains_is_told_as_it_is(
    open_panel: Callable[[int], RunsPanel], told_run: Any, last: Message, state: str
) -> None:
    told_run.tell(STARTED, last)
    with told_run.lives():
        assert cells(open_panel(1), 0)["State"] == state


def test_the_newest_run_is_first_and_the_one_that_was_chosen_stays_chosen(
    open_panel: Callable[[int], RunsPanel], told_run: Any, qtbot: QtBot
) -> None:
    told_run.tell(STARTED)
    panel = open_panel(1)
    panel.table.selectRow(0)
    assert enabled(panel) == {"show", "open", "folder", "refresh"}
    type(told_run)(told_run.path.parent / "20270101T000000Z-newer").tell(STARTED)
    panel.refresh()
    qtbot.waitUntil(lambda: panel.table.rowCount() == 2, timeout=20_000)
    assert cells(panel, 0)["Run"] == "20270101T000000Z-newer"
    assert panel.chosen() == told_run.path


def test_show_brings_the_curves_of_a_run_to_the_front(
    open_panel: Callable[[int], RunsPanel], told_run: Any, qtbot: QtBot
) -> None:
    told_run.tell(STARTED, Progress(1.5, 10, 1, 0.5, {}, 0.1, 10.0), EPOCH, ENDS["finished"])
    panel = open_panel(1)
    window = panel.window()
    assert isinstance(window, Window)
    window.steering.load()
    panel.table.selectRow(0)
    panel.buttons["show"].click()
    training = window.desk.training
    assert training.run == told_run.path
    assert set(training.history.curves) >= {"loss", "accuracy"}
    qtbot.waitUntil(window.sides.docks["training"].view.isVisible)


def test_a_run_s_model_is_opened_as_it_was_trained(
    open_panel: Callable[[int], RunsPanel], told_run: Any, qtbot: QtBot
) -> None:
    told_run.tell(STARTED)
    (told_run.path / "model.txtpb").write_text(
        'netwright: 1\nname: "kept"\n\nnode { name: "a" input { shape: [1, 8, 8] } }\n'
    )
    panel = open_panel(1)
    window = panel.window()
    assert isinstance(window, Window)
    panel.table.selectRow(0)
    panel.buttons["open"].click()
    assert window.desk.document.model.name == "kept"


def test_a_run_that_ends_is_told_anew_while_the_list_is_seen(
    open_panel: Callable[[int], RunsPanel], told_run: Any, qtbot: QtBot
) -> None:
    told_run.tell(STARTED, EPOCH)
    with told_run.lives():
        panel = open_panel(1)
        assert cells(panel, 0)["State"] == "running"
        panel._training.show(told_run.path)
        told_run.tell(*filter(None, [ENDS["finished"]]))
    qtbot.waitUntil(lambda: cells(panel, 0)["State"] == "finished", timeout=20_000)


def test_a_run_whose_files_are_damaged_does_not_hide_the_others(
    open_panel: Callable[[int], RunsPanel], told_run: Any
) -> None:
    told_run.tell(STARTED, EPOCH)
    broken = type(told_run)(told_run.path.parent / "20270101T000000Z-broken")
    (broken.path / "environment.json").write_text('{"plan": ')
    assert cells(open_panel(1), 0)["Run"] == told_run.path.name


def test_two_hundred_runs_are_read_away_from_the_window_s_thread(
    open_panel: Callable[[int], RunsPanel], told_run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    from engine.training.runs import Run

    for number in range(200):
        type(told_run)(told_run.path.parent / f"20250101T{number:06d}Z-lenet").tell(STARTED, EPOCH)
    readers: set[int] = set()
    describe = Run.describe
    monkeypatch.setattr(Run, "describe", lambda run: (readers.add(threading.get_ident()), describe(run))[1])
    panel = open_panel(201)
    assert readers
    assert threading.get_ident() not in readers
    assert cells(panel, 200)["Run"] == "20250101T000000Z-lenet"
