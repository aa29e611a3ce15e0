"""The plan of a run: rules, and measurement in processes of their own."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from engine.backends.base import Plan
from engine.errors import DeviceError, Unsupported
from engine.schema.read import read
from engine.training.planning import Wishes, candidates, check, command, device_for, is_worth_measuring, threads
from engine.training.trial import measure
from tests.engine.training.small import ENGINE, MODEL, model_in, needs

CONVOLVES = read(MODEL).model.network
DENSE = read(
    'netwright: 1\nnode { name: "x" input { shape: [4] } }\nnode { name: "y" from: "x" dense { } }'
).model.network


@needs("torch", "mxnet")
def test_every_engine_is_a_candidate_and_torch_in_both_layouts_where_there_are_convolutions() -> None:
    plans = [(plan.backend, plan.layout) for plan in candidates(Wishes(), CONVOLVES, "float32")]
    assert plans == [("torch", "channels_last"), ("torch", "channels_first"), ("mxnet", "channels_first")]
    plans = [(plan.backend, plan.layout) for plan in candidates(Wishes(), DENSE, "float32")]
    assert plans == [("torch", "channels_first"), ("mxnet", "channels_first")]


def test_what_is_asked_for_is_the_only_candidate() -> None:
    (plan,) = candidates(Wishes("torch", "cpu", "channels_first", 3, True), CONVOLVES, "bfloat16")
    assert plan == Plan("torch", "cpu", "bfloat16", "channels_first", threads=3, deterministic=True)


@needs("torch", "mxnet")
def test_only_long_trainings_are_measured_before() -> None:
    plans = candidates(Wishes(), CONVOLVES, "float32")
    assert not is_worth_measuring(plans, macs=2_293_000, samples=15 * 1_437)
    assert is_worth_measuring(plans, macs=2_293_000, samples=10 * 60_000)
    assert not is_worth_measuring(plans[:1], macs=2_293_000, samples=10 * 60_000)


def test_threads_are_as_asked_for_then_as_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    assert threads(Wishes(threads=2)) == 2
    assert threads(Wishes()) == 5
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert threads(Wishes()) >= 1


def test_a_device_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(DeviceError, match=rf"{ENGINE} finds no device 'cuda:63' here; there are: cpu"):
        device_for(ENGINE, "cuda:63")
    assert device_for(ENGINE, "cpu") == "cpu"


def test_an_unknown_layout_is_refused() -> None:
    with pytest.raises(Unsupported, match="channels_first, channels_last"):
        check(Wishes(layout="diagonal"))


def test_the_command_of_a_run_repeats_its_plan(tmp_path: Path) -> None:
    plan = Plan("torch", "cpu", "float32", "channels_last", threads=2, deterministic=True)
    told = command(tmp_path / "a b" / "model.txtpb", plan, Wishes(subset=0.5))
    assert told == (
        f"netwright train '{tmp_path}/a b/model.txtpb' --engine=torch --device=cpu --layout=channels_last "
        "--threads=2 --subset=0.5 --deterministic"
    )


@needs("torch", "mxnet")
def test_plans_are_measured_elsewhere_and_the_fastest_is_first(tmp_path: Path) -> None:
    before = set(sys.modules)
    plans = candidates(Wishes(threads=1), CONVOLVES, "float32")
    impossible = replace(plans[0], device="cuda:63")
    trials = measure(model_in(tmp_path), [impossible, *plans[1:]], subset=0.2)
    assert {trial.plan.backend for trial in trials} == {"torch", "mxnet"}
    assert all(trial.plan.device == "cpu" for trial in trials)
    assert [trial.seconds for trial in trials] == sorted(trial.seconds for trial in trials)
    assert not {"torch", "mxnet"} & (set(sys.modules) - before)
