"""The log tells every event of a training in a line, and what its process complained of."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, get_args

import pytest
from pytestqt.qtbot import QtBot

from designer.panels.log import LogPanel, in_words
from designer.runs_client import complaints_of
from designer.window import Window
from engine.training.messages import (
    KINDS,
    Checkpoint,
    Epoch,
    Failed,
    Finished,
    Message,
    Noticed,
    Paused,
    Progress,
    Reason,
    Resumed,
    Started,
)

STARTED = Started(0.0, "r", {"backend": "torch", "device": "cpu", "compiled": False}, epochs=3, steps_per_epoch=23)

WORDS: list[tuple[Message, str]] = [
    (STARTED, "started: torch, cpu; 3 epochs of 23 steps"),
    (
        Epoch(0.0, 23, 1, {"loss": 0.51234}, {"loss": 0.4, "accuracy": 0.9}),
        "epoch 1: train loss 0.5123; validation loss 0.4  accuracy 0.9",
    ),
    (Epoch(0.0, 23, 0.5, {"loss": 0.5}, {}), "epoch 0.5: train loss 0.5"),
    (Checkpoint(0.0, 1200, "checkpoints/last", False), "checkpoint at step 1,200: checkpoints/last"),
    (Checkpoint(0.0, 23, "checkpoints/best", True), "checkpoint at step 23: checkpoints/best (best so far)"),
    (Noticed(0.0, "warning", "conv1", "has no effect"), "warning: conv1: has no effect"),
    (Noticed(0.0, "warning", "", "a file is newer"), "warning: a file is newer"),
    (Paused(0.0, 5), "paused after step 5"),
    (Resumed(0.0, 5), "goes on after step 5"),
    (Finished(0.0, "done", 69, {"loss": 1.0}, {"loss": 0.25}, {}), "finished (done) after step 69  loss 0.25"),
    (Failed(0.0, "numbers are no longer finite", "conv1"), "failed: conv1: numbers are no longer finite"),
]


@pytest.fixture
def log(window: Window) -> LogPanel:
    window.sides.show("log")
    shown: LogPanel = window.sides.docks["log"].view
    return shown


def lines(log: LogPanel) -> list[str]:
    return log.lines.toPlainText().splitlines()


@pytest.mark.parametrize(("message", "words"), WORDS)
def test_an_event_is_a_line_in_words(message: Message, words: str) -> None:
    assert in_words(message) == words


def test_every_event_but_progress_has_its_words() -> None:
    told = {type(message) for message, _ in WORDS}
    assert told == set(KINDS.values()) - {Progress}
    assert set(get_args(Reason)) == {"done", "stopped", "early"}


def test_a_run_is_told_from_its_beginning_with_the_time_of_day_and_without_progress(
    log: LogPanel, window: Window, told_run: Any
) -> None:
    told_run.tell(STARTED, Progress(1.0, 5, 1, 1.0, {}, 0.1, 10.0), Paused(3661.0, 5))
    window.desk.training.show(told_run.path)
    clock = time.strftime("%H:%M:%S", time.localtime(3661.0))
    assert lines(log)[0] == str(told_run.path)
    assert lines(log)[1].endswith("started: torch, cpu; 3 epochs of 23 steps")
    assert lines(log)[2] == f"{clock}  paused after step 5"


def test_lines_are_added_while_the_run_goes_on_and_another_run_begins_anew(
    log: LogPanel, window: Window, told_run: Any, qtbot: QtBot, tmp_path: Path
) -> None:
    with told_run.lives():
        told_run.tell(STARTED)
        window.desk.training.show(told_run.path)
        assert len(lines(log)) == 2
        told_run.tell(Paused(2.0, 5))
        qtbot.waitUntil(lambda: len(lines(log)) == 3)
        window.desk.training.leave()
    other = type(told_run)(tmp_path / "runs" / "other")
    other.tell(STARTED)
    window.desk.training.show(other.path)
    assert [lines(log)[0], len(lines(log))] == [str(other.path), 2]


def test_a_log_that_is_opened_late_tells_everything(window: Window, told_run: Any) -> None:
    told_run.tell(STARTED, Paused(2.0, 5))
    window.desk.training.show(told_run.path)
    window.sides.show("log")
    assert len(lines(window.sides.docks["log"].view)) == 3


def test_all_that_a_process_wrote_before_it_could_begin_is_in_the_log(
    log: LogPanel, window: Window, told_run: Any
) -> None:
    complaints_of(told_run.path).write_text("error: there is no a.npz\n  paths are relative\nerror: nor b.npz\n")
    window.desk.training.show(told_run.path)
    assert lines(log)[1].endswith("failed: there is no a.npz – paths are relative (and 1 more)")
    assert lines(log)[2:] == ["error: there is no a.npz", "  paths are relative", "error: nor b.npz"]


def test_what_a_process_says_of_its_epochs_is_no_complaint(log: LogPanel, window: Window, told_run: Any) -> None:
    told_run.tell(STARTED)
    complaints_of(told_run.path).write_text("epoch 1/3  loss 0.5\n")
    window.desk.training.show(told_run.path)
    assert window.desk.training.history.state == "interrupted"
    assert len(lines(log)) == 2
