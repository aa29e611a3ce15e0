"""A training that is killed at any instant goes on as if it had never been: real processes, real signals."""

import json
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.training.machine import has_compiler
from engine.training.messages import Checkpoint, Finished, Message, Progress, Resumed
from engine.training.runs import Run, messages
from tests.engine.training.small import ENGINE, MODEL, answer, model_in, needs, netwright, started, trained

STEPS_PER_EPOCH = (45, 40)
"""Of either model."""
LONG, SLOW = "20", "12"  # epochs: long enough to be caught in the middle, also where a step takes longer


def wait_for(run: Run, is_there: Callable[[Message], bool]) -> Message:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        for message in messages(run.events):
            if is_there(message):
                return message
        time.sleep(0.01)
    raise AssertionError("it never came")


def within_an_epoch(message: Message) -> bool:
    return (
        isinstance(message, Checkpoint)
        and not message.best
        and all(message.step % length for length in STEPS_PER_EPOCH)
    )


EVERYTHING = MODEL.replace(
    "batch_size: 32",
    "batch_size: 12 accumulate: 3 average { decay: 0.99 } clip { norm: 1 } validate { every: 25 per: step } "
    "mix_up { } metric { f1 { } } metric { perplexity { } } metric { roc_auc { } } metric { confusion_matrix { } }",
).replace("schedule { cosine { } warmup: 20 }", "schedule { plateau { patience: 2 gamma: 0.7 } warmup: 20 }")
"""Augmented already; what else a training can have that it has to find again: 40 steps an epoch."""


COMPILES = (needs("torch"), pytest.mark.soak, pytest.mark.skipif(not has_compiler("cpu"), reason="no C++ compiler"))

KILLED = [
    pytest.param("torch", MODEL, (), id="torch", marks=needs("torch")),
    pytest.param("mxnet", MODEL, (), id="mxnet", marks=needs("mxnet")),
    pytest.param("mxnet", EVERYTHING, (), id="mxnet with everything", marks=needs("mxnet")),
    pytest.param("torch", EVERYTHING, ("--precision=bfloat16",), id="torch in bfloat16", marks=needs("torch")),
    pytest.param("torch", EVERYTHING, ("--precision=float16",), id="torch in float16", marks=needs("torch")),
    *(
        pytest.param(
            "torch", EVERYTHING, (f"--precision={each}", "--compile"), id=f"torch compiled in {each}", marks=COMPILES
        )
        for each in ("float32", "bfloat16", "float16")
    ),
]


@pytest.mark.parametrize(("engine", "text", "more"), KILLED)
def test_a_killed_training_ends_with_the_same_bits_as_one_that_was_not(
    engine: str, text: str, more: tuple[str, ...], tmp_path: Path
) -> None:
    more = ("--epochs", LONG if text == MODEL else SLOW, *more)
    whole = trained(tmp_path, engine, *more, run="whole", text=text)
    options = ("--engine", engine, *more, "--run", tmp_path / "killed", "--json")
    run = Run(tmp_path / "killed")

    process = started("train", model_in(tmp_path, text), *options, cwd=tmp_path)
    wait_for(run, lambda message: isinstance(message, Progress))
    while not any(within_an_epoch(message) for message in messages(run.events)):
        run.commands.append({"command": "checkpoint"})
        time.sleep(0.05)
    time.sleep(random.uniform(0, 0.2))
    assert process.poll() is None, "it ended before it could be killed"
    process.kill()
    process.communicate()
    assert run.status() == "interrupted"

    resumed = answer(netwright("train", "--resume", run.path, "--json", cwd=tmp_path))
    at = run.story().last(Resumed)
    assert isinstance(at, Resumed)
    assert at.step > 0
    for name in ("train", "validation", "best", "step"):
        assert resumed[name] == whole[name]
    for checkpoint in ("last", "best"):
        for file in ("weights.safetensors", "state.safetensors"):
            same = [tmp_path / name / "checkpoints" / checkpoint / file for name in ("whole", "killed")]
            assert same[0].read_bytes() == same[1].read_bytes(), f"{checkpoint}/{file}"
    assert run.status() == "finished"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_a_training_that_can_go_on(number: signal.Signals, tmp_path: Path) -> None:
    run = Run(tmp_path / "run")
    options = ("--engine", ENGINE, "--epochs", "500", "--run", run.path, "--json")
    process = started("train", model_in(tmp_path), *options, cwd=tmp_path)
    wait_for(run, lambda message: isinstance(message, Progress))
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    told = json.loads(out)
    assert told["reason"] == "stopped"
    kept = run.checkpoints.load("last")
    assert kept is not None
    assert kept.position["step"] == told["step"]
    assert run.status() == "finished"


@needs("torch", "mxnet")
def test_a_run_of_one_engine_goes_on_and_answers_with_the_other(tmp_path: Path) -> None:
    first = trained(tmp_path, "torch", run="first")
    other = answer(netwright("evaluate", tmp_path / "first", "--engine", "mxnet", "--json", cwd=tmp_path))
    assert other["engine"] == "mxnet"
    assert other["metrics"]["loss"] == pytest.approx(first["best"]["loss"], rel=1e-4)

    options = ("--engine", "mxnet", "--run", tmp_path / "second", "--epochs", "1", "--json")
    answer(netwright("train", tmp_path / "first", *options, cwd=tmp_path))
    begun, kept = Run(tmp_path / "second"), Run(tmp_path / "first").checkpoints.load("best")
    assert kept is not None
    told = begun.story().last(Finished)
    assert isinstance(told, Finished)
    assert told.train["loss"] < 1.0  # from nothing it is above 1 in the first epoch
    assert begun.environment["plan"]["backend"] == "mxnet"


def test_other_data_than_the_run_began_with_are_refused(tmp_path: Path) -> None:
    trained(tmp_path, ENGINE, "--epochs", "1")
    path = tmp_path / "run" / "environment.json"
    path.write_text(path.read_text().replace('"data": "', '"data": "0'))
    done = netwright("train", "--resume", tmp_path / "run", "--epochs", "2", cwd=tmp_path)
    assert done.returncode == 1
    assert "not those that this run began with" in done.stderr
