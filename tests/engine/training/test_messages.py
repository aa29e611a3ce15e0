"""Messages as lines of a file, and what of them holds after a run was resumed."""

import json

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
    Resumed,
    Started,
    Story,
    from_json,
    to_json,
)

ALL: tuple[Message, ...] = (
    Started(1.0, "run", {"backend": "torch"}, 3, 23),
    Progress(2.0, 5, 1, 0.5, {"accuracy": 0.25}, 0.01, 1000.0),
    Epoch(3.0, 23, 1, {"loss": 0.5}, {"loss": 0.25}),
    Checkpoint(3.5, 23, "checkpoints/last", False),
    Noticed(3.6, "warning", "conv1", "text"),
    Paused(4.0, 30),
    Resumed(5.0, 30),
    Finished(6.0, "done", 69, {"loss": 0.5}, {}, {"epoch": 2}),
    Failed(7.0, "message", "conv1", "detail"),
)


def test_every_kind_of_message_survives_as_a_line_of_json() -> None:
    assert {type(message) for message in ALL} == set(KINDS.values())
    for message in ALL:
        assert from_json(json.loads(json.dumps(to_json(message)))) == message


def test_a_line_holds_the_fields_of_the_design() -> None:
    assert to_json(ALL[1]).keys() >= {
        "event", "time", "step", "epoch", "loss", "metrics", "learning_rate", "samples_per_second",
        "seconds_per_epoch", "seconds_left",
    }  # fmt: skip
    assert to_json(ALL[7]).keys() >= {"event", "reason", "step", "train", "validation", "best"}


def test_numbers_that_json_does_not_know_are_null() -> None:
    message = Epoch(0.0, 1, 1, {"loss": float("inf"), "r2": float("nan")}, {})
    assert json.loads(json.dumps(to_json(message), allow_nan=False))["train"] == {"loss": None, "r2": None}


def test_lines_of_another_version_are_passed_over() -> None:
    assert from_json({"event": "weather", "time": 0.0}) is None
    assert from_json({"event": "progress", "time": 0.0}) is None
    assert from_json({"event": "paused", "time": 0.0, "step": 3, "mood": "calm"}) == Paused(0.0, 3)


def test_steps_that_are_taken_again_are_void() -> None:
    story = Story()
    early, late = Progress(1.0, 20, 1, 0.5, {}, 0.01, 1.0), Progress(2.0, 40, 2, 0.4, {}, 0.01, 1.0)
    again = Progress(4.0, 40, 2, 0.4, {}, 0.01, 1.0)
    story.add([ALL[0], early, ALL[2], late, Resumed(3.0, 23), again])
    assert story.messages == [ALL[0], early, ALL[2], Resumed(3.0, 23), again]
    assert story.last(Progress) is again
