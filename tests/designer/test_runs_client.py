"""The window follows any run by its folder, whoever started it."""

import json
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from designer.runs_client import SLICE, RunClient
from engine.training.journal import Journal
from engine.training.lock import held
from engine.training.messages import Message, Paused, Progress, Started, to_json

STARTED = Started(time=1.0, run="r", plan={}, epochs=1, steps_per_epoch=5)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    return folder


def test_events_arrive_while_the_run_lives_and_its_end_is_noticed(run: Path, qtbot: QtBot) -> None:
    client = RunClient()
    heard: list[Message] = []
    client.told.connect(heard.extend)
    with held(run / "lock"):
        Journal(run / "events.jsonl").append(to_json(STARTED))
        client.follow(run)
        qtbot.waitUntil(lambda: heard == [STARTED])
        Journal(run / "events.jsonl").append(to_json(Paused(2.0, 3)))
        qtbot.waitUntil(lambda: heard == [STARTED, Paused(2.0, 3)])
        assert client.is_following
    with qtbot.waitSignal(client.ended):
        pass
    assert not client.is_following


def test_a_run_that_is_over_is_told_whole_at_once(run: Path, qtbot: QtBot) -> None:
    Journal(run / "events.jsonl").append(to_json(STARTED))
    client = RunClient()
    heard: list[Message] = []
    client.told.connect(heard.extend)
    client.follow(run)
    client.look()
    assert heard == [STARTED]
    assert not client.is_following


def test_a_long_run_is_told_a_slice_at_a_time_and_whole_in_the_end(run: Path, qtbot: QtBot) -> None:
    steps = 3000
    told = [Progress(float(step), step, 1, 1.0, {"accuracy": 0.5}, 0.1, 100.0) for step in range(1, steps + 1)]
    text = "".join(json.dumps(to_json(message)) + "\n" for message in told)
    (run / "events.jsonl").write_text(text)
    assert len(text) > 4 * SLICE
    client = RunClient()
    slices: list[list[Message]] = []
    client.told.connect(slices.append)
    client.follow(run)
    client.look()
    assert client.is_behind
    assert client.is_following  # its process is gone, but its last words are not read yet
    with qtbot.waitSignal(client.ended):
        pass
    assert [message for part in slices for message in part] == told
    assert len(slices) > 4
    assert max(map(len, slices)) < steps / 4
    assert not client.is_behind


def test_commands_are_lines_in_the_run_s_folder(run: Path, qtbot: QtBot) -> None:
    client = RunClient()
    client.follow(run)
    client.send("pause")
    client.send("set_learning_rate", value=0.5)
    lines = (run / "commands.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {"command": "pause"},
        {"command": "set_learning_rate", "value": 0.5},
    ]


def test_a_process_that_dies_at_once_is_noticed_with_its_own_words(tmp_path: Path, qtbot: QtBot) -> None:
    client = RunClient()
    complaints: list[str] = []
    client.ended.connect(complaints.append)
    run = tmp_path / "runs" / "r"
    client.start(run, [str(tmp_path / "missing.txtpb"), "--run", str(run)])
    qtbot.waitUntil(lambda: bool(complaints), timeout=20_000)
    assert "missing.txtpb" in complaints[0]
