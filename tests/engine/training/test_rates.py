"""Learning rates, worked out by hand from Caffe's formulas (src/caffe/solvers/sgd_solver.cpp, GetLearningRate)."""

import math
from typing import Any

import pytest

from engine.training.rates import Rates
from engine.training.schedules import (
    ConstantRate,
    Cosine,
    Exponential,
    Inverse,
    MultiStep,
    OneCycle,
    Plateau,
    Polynomial,
    Restarts,
    ScheduleRule,
    Sigmoidal,
    Step,
)

TOTAL = 10_000

# (schedule, step, factor): base_lr is 1. LeNet's solver: inv, gamma 0.0001, power 0.75; AlexNet's: step, gamma 0.1.
CAFFE = [
    (ConstantRate(), 9_999, 1.0),
    (Sigmoidal(gamma=-0.01, middle=1000), 1000, 0.5),
    (Sigmoidal(gamma=-0.01, middle=1000), 1100, 0.268941),  # 1 / (1 + e)
    (Sigmoidal(gamma=-10.0, middle=0), 1000, 0.0),
    (Inverse(gamma=0.0001, power=0.75), 0, 1.0),
    (Inverse(gamma=0.0001, power=0.75), 5_000, 1.5**-0.75),
    (Inverse(gamma=0.0001, power=0.75), 100, 0.992565),  # as LeNet's log in Caffe's tutorial: lr = 0.00992565
    (Inverse(gamma=0.0001, power=0.75), 9_900, 0.596843),  # … and at its end: lr = 0.00596843
    (Step(every=1_000, gamma=0.1), 999, 1.0),
    (Step(every=1_000, gamma=0.1), 1_000, 0.1),
    (Step(every=1_000, gamma=0.1), 3_999, 0.001),
    (MultiStep(at=(5_000, 7_000), gamma=0.9), 4_999, 1.0),
    (MultiStep(at=(5_000, 7_000), gamma=0.9), 5_000, 0.9),
    (MultiStep(at=(5_000, 7_000), gamma=0.9), 9_999, 0.81),
    (Exponential(gamma=0.99), 3, 0.970299),
    (Polynomial(power=2), 0, 1.0),
    (Polynomial(power=2), 5_000, 0.25),
    (Polynomial(power=0.5), 9_999, 0.01),
    (Cosine(end=0.1), 5_000, 0.55),
]


@pytest.mark.parametrize(("rule", "step", "factor"), CAFFE)
def test_a_schedule_gives_what_caffe_gives(rule: ScheduleRule, step: int, factor: float) -> None:
    assert Rates(rule, TOTAL).factor(step) == pytest.approx(factor, rel=1e-5)


def test_the_rate_rises_evenly_and_is_full_in_the_last_step_of_the_warm_up() -> None:
    rates = Rates(ConstantRate(), TOTAL, warmup=4)
    assert [rates.factor(step) for step in range(6)] == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]


def test_a_schedule_begins_when_the_warm_up_ends_and_reaches_its_end() -> None:
    rates = Rates(Cosine(), total=104, warmup=4)
    assert rates.factor(4) == 1.0
    assert rates.factor(54) == pytest.approx(0.5)
    assert rates.factor(103) == pytest.approx((1 + math.cos(math.pi * 99 / 100)) / 2)


def test_a_schedule_by_epoch_changes_between_epochs_only() -> None:
    rates = Rates(Step(every=2, gamma=0.1), total=50, per=10)
    assert [rates.factor(step) for step in (0, 9, 10, 19)] == [1.0] * 4
    assert rates.factor(20) == pytest.approx(0.1)
    assert rates.factor(49) == pytest.approx(0.01)


def test_a_warm_up_of_epochs_rises_with_every_step() -> None:
    rates = Rates(ConstantRate(), total=50, per=10, warmup=2)
    assert [rates.factor(step) for step in (0, 9, 19, 20)] == [0.05, 0.5, 1.0, 1.0]


def torchs(name: str, count: int, **named: Any) -> list[float]:
    """The rates of torch's own scheduler for a base rate of 1."""
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    scheduler = getattr(torch.optim.lr_scheduler, name)(optimizer, **named)
    rates = []
    for _ in range(count):
        rates.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize(("rise", "begin", "end"), [(0.3, 0.04, 4e-6), (0.25, 0.1, 0.001), (0.5, 0.5, 0.0005)])
def test_one_cycle_is_torchs(rise: float, begin: float, end: float) -> None:
    rates = Rates(OneCycle(rise=rise, begin=begin, end=end), total=200)
    named = {"pct_start": rise, "div_factor": 1 / begin, "final_div_factor": begin / end, "cycle_momentum": False}
    wanted = torchs("OneCycleLR", 199, max_lr=1.0, total_steps=200, **named)
    assert [rates.factor(step) for step in range(199)] == pytest.approx(wanted, rel=1e-9)
    assert rates.factor(199) == pytest.approx(end)


@pytest.mark.parametrize("total", [1, 2, 3])
@pytest.mark.parametrize("rise", [0.0, 0.3, 0.99])
def test_one_cycle_of_any_length_stays_between_its_ends(total: int, rise: float) -> None:
    rates = Rates(OneCycle(rise=rise), total=total)
    assert all(4e-6 - 1e-12 <= rates.factor(step) <= 1 for step in range(total + 1))


@pytest.mark.parametrize(("first", "longer"), [(10, 1), (7, 2), (1, 3)])
def test_restarts_are_torchs(first: int, longer: int) -> None:
    rates = Rates(Restarts(first=first, longer=longer, end=0.1), total=200)
    wanted = torchs("CosineAnnealingWarmRestarts", 200, T_0=first, T_mult=longer, eta_min=0.1)
    assert [rates.factor(step) for step in range(200)] == pytest.approx(wanted, rel=1e-9)


def test_a_plateau_lowers_the_rate_again_and_again_but_not_below_its_least() -> None:
    rule = Plateau(gamma=0.1, patience=2, least=0.005)
    found, factor = [], 1.0
    for waited in (0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6):
        factor = rule.lowered(factor, waited)
        found.append(factor)
    assert found == pytest.approx([1, 1, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.005, 0.005, 0.005])


def test_other_schedules_do_not_care_about_validations() -> None:
    assert Cosine().lowered(1.0, waited=100) == 1.0
