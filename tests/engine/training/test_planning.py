"""The plan of a run: rules, and measurement in processes of their own."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.backends.base import Plan
from engine.errors import DeviceError, Unsupported
from engine.opening import open_model
from engine.schema.read import read
from engine.training import conduct, machine, planning, trial
from engine.training.begin import Changes, begin
from engine.training.messages import Noticed
from engine.training.planning import (
    Trial,
    Wishes,
    as_data,
    candidates,
    check,
    command,
    device_for,
    is_worth_measuring,
    threads,
)
from engine.training.runs import Run
from engine.training.trial import measure
from tests.engine.training.small import ENGINE, MODEL, model_in, needs

CONVOLVES = read(MODEL).model.network
DENSE = read(
    'netwright: 1\nnode { name: "x" input { shape: [4] } }\nnode { name: "y" from: "x" dense { } }'
).model.network


AS_IT_IS = Wishes(compiled=False)


@needs("torch", "mxnet")
def test_every_engine_is_a_candidate_and_torch_in_both_layouts_where_there_are_convolutions() -> None:
    plans = [(plan.backend, plan.layout) for plan in candidates(AS_IT_IS, CONVOLVES, "float32")]
    assert plans == [("torch", "channels_last"), ("torch", "channels_first"), ("mxnet", "channels_first")]
    plans = [(plan.backend, plan.layout) for plan in candidates(AS_IT_IS, DENSE, "float32")]
    assert plans == [("torch", "channels_first"), ("mxnet", "channels_first")]


def test_what_is_asked_for_is_the_only_candidate() -> None:
    (plan,) = candidates(Wishes("torch", "cpu", "channels_first", 3, True, compiled=False), CONVOLVES, "bfloat16")
    assert plan == Plan("torch", "cpu", "bfloat16", "channels_first", threads=3, deterministic=True)
    (plan,) = candidates(Wishes("torch", "cpu", "channels_first", 3, compiled=True), CONVOLVES, "float16")
    assert plan == Plan("torch", "cpu", "float16", "channels_first", compiled=True, threads=3)


@pytest.mark.parametrize(("flags", "asked"), [("avx2 avx512_bf16", ["float32", "bfloat16"]), ("avx2", ["float32"])])
def test_bfloat16_is_a_candidate_of_auto_where_the_processor_has_units_for_it(
    flags: str, asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "cpuinfo"
    told.write_text(f"processor\t: 0\nflags\t\t: fpu sse {flags}\nbogomips: 1\n")
    monkeypatch.setattr(machine, "CPUINFO", told)
    wishes = Wishes("torch", "cpu", compiled=False)
    assert [plan.precision for plan in candidates(wishes, DENSE, "auto")] == asked
    assert [plan.precision for plan in candidates(wishes, DENSE, "float32")] == ["float32"]
    assert [plan.precision for plan in candidates(Wishes("mxnet", "cpu"), DENSE, "auto")] == ["float32"]


def test_compiled_plans_come_last_and_only_where_there_is_a_compiler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXX", sys.executable)  # some program that is there
    plans = [(plan.layout, plan.compiled) for plan in candidates(Wishes("torch"), CONVOLVES, "float32")]
    assert plans == [("channels_last", False), ("channels_first", False), ("channels_last", True)]
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert not any(plan.compiled for plan in candidates(Wishes("torch"), CONVOLVES, "float32"))


def test_the_best_two_are_measured_longer_and_what_is_compiled_only_in_a_long_training(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    took = {
        Plan("torch", precision="float32"): 3.0,
        Plan("torch", precision="bfloat16"): 2.0,
        Plan("mxnet"): 4.0,
        Plan("torch", precision="bfloat16", compiled=True): 1.5,
        Plan("torch", precision="float32", compiled=True): 1.0,  # never tried: bfloat16 is faster as it is
    }
    asked: list[tuple[Plan, int]] = []

    class Told(trial.Bench):
        def measured(self, plans: Iterable[Plan], effort: trial.Effort) -> Iterator[Trial]:
            for plan in plans:
                asked.append((plan, effort.steps))
                yield Trial(plan, took[plan], 60.0 * plan.compiled)

    monkeypatch.setattr(trial, "Bench", Told)
    plans = tuple(took)
    told = measure(Path(), plans, 1.0, steps=299, compiling=60.0)
    assert [each.plan for each in told] == [plans[1], plans[0], plans[2]]
    quick, long = trial.QUICK.steps, trial.LONG.steps
    assert asked == [(plans[0], quick), (plans[1], quick), (plans[2], quick), (plans[1], long), (plans[0], long)]
    told = measure(Path(), plans, 1.0, steps=301, compiling=60.0)
    assert [each.plan for each in told] == [plans[3], plans[1], plans[0], plans[2]]
    assert measure(Path(), plans, 1.0, steps=100, compiling=1.0)[0].plan == plans[1]  # it takes what it would save


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
        f"netwright train '{tmp_path}/a b/model.txtpb' --engine=torch --device=cpu --precision=float32 "
        "--layout=channels_last --threads=2 --subset=0.5 --no-compile --deterministic"
    )


@needs("torch", "mxnet")
def test_plans_are_measured_elsewhere_and_the_fastest_is_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "LONG", trial.Effort(3, 0.1))
    before = set(sys.modules)
    plans = candidates(Wishes(threads=1, compiled=False), CONVOLVES, "float32")
    impossible = replace(plans[0], device="cuda:63")
    trials = measure(model_in(tmp_path), [impossible, *plans[1:]], subset=0.2)
    assert {found.plan.backend for found in trials} == {"torch", "mxnet"}
    assert all(found.plan.device == "cpu" for found in trials)
    seconds = [found.seconds for found in trials[: trial.FINALISTS]]
    assert seconds == sorted(seconds)
    assert not {"torch", "mxnet"} & (set(sys.modules) - before)


@needs("torch")
def test_what_was_chosen_is_told_kept_and_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def measured(model: Path, plans: tuple[Plan, ...], subset: float, steps: float, compiling: float) -> list[Trial]:
        asked.extend((subset, steps, compiling > 0))
        return [Trial(replace(plan, device="cpu"), 0.001 * n) for n, plan in enumerate(reversed(plans[:2]), 1)]

    monkeypatch.setattr(planning, "WORTH_MEASURING", 0.0)
    monkeypatch.setattr(conduct, "measure", measured)
    wishes = Wishes("torch", threads=1, subset=0.1)
    run, data = begin(open_model(model_in(tmp_path)), Changes(epochs=1), wishes, tmp_path / "run", is_folder=False)
    told = list(conduct.conduct(run, data))
    assert asked == [0.1, 5, True]  # 144 samples in batches of 32
    first, second = "torch, cpu, float32, channels first", "torch, cpu, float32, channels last"
    notices = [message.message for message in told if isinstance(message, Noticed) and message.severity == "notice"]
    assert notices == [f"measured and chosen: {first}: 1 ms a step; not {second}: 2 ms a step"]
    kept = Run(run.path).environment
    assert kept["plan"] == kept["trials"][0]["plan"] == as_data(Plan("torch", "cpu", threads=1))
    assert kept["trials"][1]["seconds"] == 0.002
