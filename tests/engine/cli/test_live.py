"""A training on the screen: a bar on a terminal, lines elsewhere."""

from pathlib import Path

import pytest

from engine.cli.live import Live, table_of_means, written
from engine.cli.output import console_on
from engine.training.messages import Epoch, Failed, Message, Noticed, Paused, Progress, Resumed, Started
from engine.training.runs import Run

PLAN = {"backend": "torch", "device": "cpu", "precision": "float32", "layout": "channels_last", "threads": 2}
TOLD: tuple[Message, ...] = (
    Started(0.0, "run", PLAN, 2, 10),
    Noticed(0.0, "warning", "conv1", "one class is rare [really]"),
    Progress(0.1, 5, 1, 0.51234, {"accuracy": 0.25}, 0.01, 4321.0, 75.0, 130.0),
    Paused(0.2, 6),
    Resumed(0.3, 6),
    Epoch(0.4, 10, 1, {"loss": 0.5, "accuracy": 0.5}, {"loss": 0.25, "accuracy": 0.75}),
    Failed(0.5, "numbers are no longer finite", "conv1", "A lower learning rate may help."),
)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(tmp_path / "run")


def shown(run: Run, capfd: pytest.CaptureFixture[str]) -> str:
    with Live(run) as live:
        for message in TOLD:
            live.tell(message)
    out, err = capfd.readouterr()
    assert out == ""
    return err


def test_into_a_file_there_is_a_line_for_each_epoch(run: Run, capfd: pytest.CaptureFixture[str]) -> None:
    text = shown(run, capfd)
    assert "epoch 1/2  loss 0.5  accuracy 0.5  validation loss 0.25  accuracy 0.75\n" in text
    assert "about 1 min 15 s an epoch, 2 min 10 s left\n" in text
    assert "run  (torch, cpu, float32, channels last, 2 threads)\n" in text
    assert "warning: conv1: one class is rare [really]" in text
    assert "error: conv1: numbers are no longer finite" in text
    assert "\x1b" not in text


def test_on_a_terminal_there_is_a_bar_with_means_and_speed(
    run: Run, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    text = shown(run, capfd)
    assert "loss 0.5123  accuracy 0.25" in text or "paused" in text
    assert "4,321 samples/s" in text
    assert "2 min 10 s left" in text


def test_means_are_written_in_one_line() -> None:
    assert written({"loss": 0.082134, "top5_accuracy": 1.0}) == "loss 0.08213  top5 accuracy 1"


def test_a_table_has_a_row_for_each_part_that_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    import sys

    parts = {"train": {"loss": 1.5}, "validation": {}, "best": {"epoch": 2, "validation_loss": 1.0, "loss": 1.0}}
    console_on(sys.stdout).print(table_of_means(parts))
    text = capsys.readouterr().out
    assert "train" in text
    assert "validation" not in text
    assert "1.5" in text
