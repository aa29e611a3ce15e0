"""Learning rates, worked out by hand from Caffe's formulas (src/caffe/solvers/sgd_solver.cpp, GetLearningRate)."""

import math

import pytest

from engine.training.rates import Rates
from engine.training.schedules import (
    ConstantRate,
    Cosine,
    Exponential,
    Inverse,
    MultiStep,
    Polynomial,
    ScheduleRule,
    Step,
)

TOTAL = 10_000

# (schedule, step, factor): base_lr is 1. LeNet's solver: inv, gamma 0.0001, power 0.75; AlexNet's: step, gamma 0.1.
CAFFE = [
    (ConstantRate(), 9_999, 1.0),
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
