"""Run folders: how they are made, what they tell, whether somebody trains them."""

import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import RunError
from engine.training import lock
from engine.training.messages import Epoch, Failed, Finished, Message, Paused, Started, to_json
from engine.training.runs import Run, runs_in

ROOT = Path(__file__).parents[3]
NOW = 1795432500.0  # 2026-11-23 11:15:00 UTC


def a_run(path: Path, *messages: Message) -> Run:
    run = Run.create(path)
    run.model.write_text("netwright: 1\n")
    run.write("environment.json", {"plan": {"backend": "torch", "device": "cpu"}})
    for message in messages:
        run.events.append(to_json(message))
    return run


STARTED = Started(1.0, "run", {}, 3, 10)
EPOCH = Epoch(2.0, 10, 1, {"loss": 1.0}, {"loss": 0.5})
FINISHED = Finished(3.0, "done", 30, {"loss": 0.5}, {"loss": 0.25}, {"epoch": 2, "loss": 0.2})


def test_a_run_is_named_by_the_time_and_the_model(tmp_path: Path) -> None:
    assert Run.create_in(tmp_path, "LeNet (5x5)", NOW).name == "20261123T111500Z-lenet-5x5"
    assert Run.create_in(tmp_path, "Строка", NOW).name == "20261123T111500Z-model"


def test_a_second_run_in_the_same_second_ends_in_2(tmp_path: Path) -> None:
    names = [Run.create_in(tmp_path, "lenet", NOW).name for _ in range(3)]
    assert names == [f"20261123T111500Z-lenet{end}" for end in ("", "-2", "-3")]


def test_a_folder_that_is_there_is_not_taken(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is there already"):
        Run.create(tmp_path)


def test_what_is_no_run_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is not a run"):
        Run.open(tmp_path)


def test_a_run_that_nobody_trains_and_that_has_no_end_was_interrupted(tmp_path: Path) -> None:
    assert a_run(tmp_path / "a").status() == "interrupted"
    assert a_run(tmp_path / "b", STARTED, EPOCH).status() == "interrupted"


def test_a_run_tells_how_it_ended(tmp_path: Path) -> None:
    assert a_run(tmp_path / "a", STARTED, FINISHED).status() == "finished"
    assert a_run(tmp_path / "b", STARTED, Failed(3.0, "text")).status() == "failed"
    assert a_run(tmp_path / "c", STARTED, FINISHED, STARTED).status() == "interrupted"


def test_a_run_that_a_process_holds_is_running_or_paused(tmp_path: Path) -> None:
    run = a_run(tmp_path / "a", STARTED)
    hold = """
import sys, time
from pathlib import Path
from engine.training import lock
with lock.held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""
    command = [sys.executable, "-c", hold, str(run.path / "lock")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        assert run.status() == "running"
        run.events.append(to_json(Paused(2.0, 5)))
        assert run.status() == "paused"
        with pytest.raises(RunError, match="trained by another process"), run.hold():
            pass
    finally:
        process.kill()
        process.wait()
    assert run.status() == "interrupted"


def test_events_with_a_half_written_last_line_are_read(tmp_path: Path) -> None:
    run = a_run(tmp_path / "a", STARTED, EPOCH)
    with (run.path / "events.jsonl").open("ab") as file:
        file.write(b'{"event": "finis')
    assert run.story().messages == [STARTED, EPOCH]


def test_runs_are_listed_newest_first_with_their_best(tmp_path: Path) -> None:
    a_run(tmp_path / "20260101T000000Z-old", STARTED, EPOCH, FINISHED)
    a_run(tmp_path / "20270101T000000Z-new", STARTED)
    (tmp_path / "other").mkdir()
    found = [run.describe() for run in runs_in(tmp_path)]
    assert [each["name"] for each in found] == ["20270101T000000Z-new", "20260101T000000Z-old"]
    assert found[1] | {"path": ""} == {
        "name": "20260101T000000Z-old",
        "path": "",
        "model": "",
        "status": "finished",
        "reason": "done",
        "started": 1.0,
        "engine": "torch",
        "device": "cpu",
        "epochs": 3,
        "epoch": 1,
        "train": {"loss": 1.0},
        "validation": {"loss": 0.5},
        "last": {"loss": 0.5},
        "best": {"epoch": 2, "loss": 0.2},
    }


def test_a_folder_that_is_not_there_holds_no_runs(tmp_path: Path) -> None:
    assert list(runs_in(tmp_path / "nowhere")) == []


def test_the_lock_is_free_when_its_file_was_never_made(tmp_path: Path) -> None:
    assert not lock.is_held(tmp_path / "lock")
