"""The recipe: how a network is trained. Every part is a declared record, as plain to read as the network."""

from __future__ import annotations

from typing import Annotated, Literal

from engine.declare import Comment, OneOf, Range, Record, Spelled
from engine.layers.base import Count, Fraction, Natural, Positive
from engine.node import Link
from engine.training.metrics import METRICS, MetricRule
from engine.training.optimizers import OPTIMIZERS, SGD, OptimizerRule
from engine.training.schedules import SCHEDULES, ConstantRate, ScheduleRule

__all__ = [
    "METRICS",
    "OPTIMIZERS",
    "SCHEDULES",
    "Average",
    "Clip",
    "Metric",
    "MixUp",
    "Optimizer",
    "Recipe",
    "Schedule",
    "Start",
    "Stop",
    "Validate",
]

Precision = Literal["float32", "bfloat16", "float16", "auto"]
Per = Literal["step", "epoch"]


class Optimizer(Record):
    """The rule by which weights follow their gradients."""

    rule: Annotated[OptimizerRule, OneOf(OPTIMIZERS)] = SGD()


class Schedule(Record):
    """How the learning rate changes, after `warmup` steps or epochs in which it rises linearly from nought."""

    rule: Annotated[ScheduleRule, OneOf(SCHEDULES)] = ConstantRate()
    per: Annotated[Per, "Whether the rate changes with every step or epoch; the unit of all lengths here."] = "step"
    warmup: Annotated[Natural, "Steps or epochs over which the rate rises to its full value."] = 0


class Metric(Record):
    """A number that is reported besides the loss; `from` names prediction and target where they are not plain."""

    rule: Annotated[MetricRule, OneOf(METRICS)]
    inputs: Annotated[tuple[Link, ...], Spelled("from"), "Prediction and target; empty: what every loss compares."] = ()


class Clip(Record):
    """A bound on the gradients."""

    norm: Annotated[float, Range(0), "Largest Euclidean norm of all gradients together; 0: none."] = 0.0
    value: Annotated[float, Range(0), "Largest absolute value of a gradient; 0: none."] = 0.0


class Average(Record):
    """The network answers with a running average of its weights: a = d·a + (1 − d)·w after step t, d ≤ t / (t + 9)."""

    decay: Annotated[Fraction, "Share of the average that is kept each step (d)."] = 0.999


class MixUp(Record):
    """Training on blends of two samples each and of their targets, λ of the one and 1 − λ of the other."""

    alpha: Annotated[Positive, "λ is drawn from Beta(alpha, alpha): small ones blend little."] = 0.2


class Validate(Record):
    """How often the validation part is run through."""

    every: Annotated[Count, "Every how many steps or epochs."] = 1
    per: Annotated[Per, "Steps or epochs."] = "epoch"


class Stop(Record):
    """When to stop before the end."""

    metric: Annotated[str, "Which number to watch, for instance `validation_loss`."] = "validation_loss"
    patience: Annotated[Count, "How many validations without a better value."] = 5
    restore_best: Annotated[bool, "Whether the best weights are put back at the end."] = True


class Start(Record):
    """Where the first weights come from."""

    weights: Annotated[str, "A run, a safetensors file or model with weights, relative to this file; gallery:NAME."] = (
        ""
    )


class Recipe(Record):
    """How a network is trained."""

    optimizer: Optimizer = Optimizer()
    schedule: Schedule = Schedule()
    batch_size: Annotated[Count, "Samples a step."] = 64
    epochs: Annotated[Natural, "How many times through the training part; 0 where `steps` says the length."] = 10
    steps: Annotated[Natural, "How many steps, instead of epochs."] = 0
    seed: Annotated[Natural, "Every random choice follows from it."] = 1
    precision: Annotated[Precision, "The numbers' format while training."] = "float32"
    accumulate: Annotated[Count, "Batches whose gradients are added up before a step."] = 1
    clip: Clip | None = None
    average: Average | None = None
    mix_up: MixUp | None = None
    metrics: Annotated[tuple[Metric, ...], Spelled("metric")] = ()
    validate: Validate = Validate()
    stop: Stop | None = None
    start: Start | None = None
    note: Annotated[str, Comment] = ""
