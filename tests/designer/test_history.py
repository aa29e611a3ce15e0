"""What the window knows of a run is what the run has told, no more."""

from dataclasses import replace

import pytest

from designer.history import History
from engine.training.messages import Epoch, Failed, Finished, Message, Paused, Progress, Resumed, Started


def started(epochs: int = 3, steps: int = 100) -> Started:
    return Started(time=0.0, run="r", plan={"backend": "torch"}, epochs=epochs, steps_per_epoch=steps)


def progress(step: int, loss: float = 1.0, time: float | None = None) -> Progress:
    moment = step / 10 if time is None else time
    return Progress(moment, step, 1 + (step - 1) // 100, loss, {"accuracy": 1 - loss / 10}, 0.01, 640.0)


def epoch(step: int) -> Epoch:
    return Epoch(step / 10, step, step / 100, {"loss": 0.5}, {"loss": 0.6, "accuracy": 0.9})


def test_messages_become_curves_of_both_parts() -> None:
    history = History()
    history.add([started(), progress(10, 2.0), progress(20, 1.5)])
    history.add([progress(100, 1.0), epoch(100)])
    assert list(history.curves["loss"]["train"].x) == [10, 20, 100]
    assert list(history.curves["loss"]["train"].y) == [2.0, 1.5, 1.0]
    assert list(history.curves["loss"]["validation"].y) == [0.6]
    assert list(history.curves["accuracy"]["validation"].x) == [100]
    assert set(history.curves) == {"loss", "accuracy", "learning_rate", "samples_per_second"}


def test_what_came_after_the_step_that_a_run_resumed_from_is_void() -> None:
    history = History()
    history.add([started(), progress(10), progress(60, 9.0), Resumed(7.0, 50), progress(60, 0.3)])
    curve = history.curves["loss"]["train"]
    assert list(zip(curve.x, curve.y, strict=True)) == [(10, 1.0), (60, 0.3)]
    assert history.state == "running"


@pytest.mark.parametrize(
    ("last", "state"),
    [
        (Paused(3.0, 30), "paused"),
        (Failed(3.0, "the loss is not finite", "conv1"), "failed"),
        (Finished(3.0, "done", 300, {}, {}, {}), "finished"),
    ],
)
def test_the_last_event_tells_the_state(last: Message, state: str) -> None:
    history = History()
    history.add([started(), progress(30), last])
    assert history.state == state


def test_the_time_left_is_what_the_run_foretells() -> None:
    history = History()
    history.add([started(), progress(10), replace(progress(20), seconds_left=28.0)])
    assert history.seconds_left() == 28.0
    history.add([Paused(2.0, 20)])
    assert history.seconds_left() is None


def test_a_loss_that_is_not_finite_leaves_no_point() -> None:
    history = History()
    history.add([started(), Progress(1.0, 10, 1, None, {}, 0.01, 100.0)])  # JSON has no NaN: null
    assert "loss" not in history.curves
