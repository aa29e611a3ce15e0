"""The part of a training net that learns: found again by the program itself, and its settings as a recipe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.formats.caffe2.operator import Operator
from engine.training.optimizers import SGD
from engine.training.recipe import Optimizer, Recipe

UPDATES = frozenset(
    (
        "MomentumSGDUpdate",
        "MomentumSGD",
        "WeightedSum",
        "ScatterWeightedSum",
        "Adam",
        "AdamUpdate",
        "Adagrad",
        "RmsProp",
        "Iter",
        "AtomicIter",
        "LearningRate",
        "CreateMutex",
        "CreateBlobsQueue",
    )
)


def is_learning(op: Operator) -> bool:
    """Whether it computes gradients, or changes weights by them."""
    is_seed = op.kind == "ConstantFill" and all(name.endswith("_autogen_grad") for name in op.outputs)
    return bool(op.message.get("is_gradient_op")) or op.kind.endswith("Gradient") or op.kind in UPDATES or is_seed


def recipe_of(operators: Sequence[Operator]) -> Recipe:
    """What the operators that learn say, as far as it is plain gradient descent at a rate."""
    sgd = SGD()
    for op in operators:
        if op.kind in ("MomentumSGDUpdate", "MomentumSGD"):
            sgd = replace(sgd, momentum=op.real("momentum", 0.0), nesterov=op.flag("nesterov"))
        if op.kind == "LearningRate":  # Caffe2 adds, so its rates are negative
            sgd = replace(sgd, learning_rate=abs(op.real("base_lr", sgd.learning_rate)))
    return Recipe(optimizer=Optimizer(rule=sgd))
