"""A solver file as a recipe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.errors import Unreadable
from engine.formats.caffe.building import Building
from engine.formats.caffe.message import Message
from engine.formats.caffe.phases import TEST, TRAIN, State, States
from engine.training.optimizers import SGD, Adadelta, Adagrad, Adam, OptimizerRule, RMSProp
from engine.training.recipe import Clip, Optimizer, Recipe, Schedule, Validate
from engine.training.schedules import (
    ConstantRate,
    Exponential,
    Inverse,
    MultiStep,
    Polynomial,
    ScheduleRule,
    Sigmoidal,
    Step,
)

NETS = ("net", "train_net", "net_param", "train_net_param", "test_net", "test_net_param")
"""Fields that name nets or hold them."""

MACHINE = frozenset(
    [
        "display",
        "average_loss",
        "snapshot",
        "snapshot_prefix",
        "snapshot_diff",
        "snapshot_format",
        "snapshot_after_train",
        "solver_mode",
        "device_id",
        "debug_info",
        "test_compute_loss",
        "test_initialization",
        "layer_wise_reduce",
    ]
)
"""Fields about what is printed and saved, and where is calculated."""


def recipe_of(solver: Message, batch_size: int, building: Building, file: str) -> Recipe:
    """The recipe that a solver states. Raises Unreadable for a type or policy that no Caffe knows."""
    validate = solver.get("test_interval")
    clip = solver.get("clip_gradients")
    recipe = Recipe(
        optimizer=Optimizer(rule=_optimizer(solver, building, file)),
        schedule=Schedule(rule=_schedule(solver, file)),
        batch_size=max(1, batch_size) if batch_size else 64,
        epochs=0,
        steps=solver.get("max_iter"),
        seed=max(0, solver.get("random_seed")) if solver.get("random_seed") >= 0 else 1,
        accumulate=max(1, solver.get("iter_size")),
        clip=Clip(norm=clip) if clip > 0 else None,
        validate=Validate(every=validate, per="step") if validate > 0 else Validate(),
    )
    if not recipe.steps:
        recipe = Recipe(**{**vars(recipe), "epochs": 10})
    _note(solver, building)
    return recipe


def states_of(solver: Message, building: Building) -> States:
    """What the solver tells the nets of themselves; of several test nets the first is taken."""
    tests = solver.all("test_state")
    if len(tests) > 1:
        building.note("ignored", "test_state", f"of {len(tests)} nets for testing the first is taken")
    test = State.of(tests[0]) if tests else State()
    return {TRAIN: State.of(solver.get("train_state")), TEST: test}


def _optimizer(solver: Message, building: Building, file: str) -> OptimizerRule:
    kind = str(solver.get("type"))
    if solver.has("solver_type"):
        kind = str(solver.get("solver_type"))
    make = _OPTIMIZERS.get(kind.lower())
    if make is None:
        raise Unreadable(f"has an unknown solver, {kind!r}", file=file, line=solver.line)
    common: dict[str, Any] = {"learning_rate": solver.get("base_lr"), "weight_decay": solver.get("weight_decay")}
    if solver.get("regularization_type") != "L2" and solver.get("weight_decay"):
        text = f"{solver.get('regularization_type')} is stated; weights decay by their squares (L2) here"
        building.note("approximated", "regularization_type", text)
    return make(solver, building, common)


def _sgd(solver: Message, building: Building, common: dict[str, Any]) -> OptimizerRule:
    return SGD(momentum=solver.get("momentum"), **common)


def _nesterov(solver: Message, building: Building, common: dict[str, Any]) -> OptimizerRule:
    return SGD(momentum=solver.get("momentum"), nesterov=True, **common)


def _adagrad(solver: Message, building: Building, common: dict[str, Any]) -> OptimizerRule:
    return Adagrad(epsilon=solver.get("delta"), **common)


def _rmsprop(solver: Message, building: Building, common: dict[str, Any]) -> OptimizerRule:
    return RMSProp(rho=solver.get("rms_decay"), epsilon=solver.get("delta"), **common)


def _adadelta(solver: Message, building: Building, common: dict[str, Any]) -> OptimizerRule:
    return Adadelta(rho=solver.get("momentum"), epsilon=solver.get("delta"), **common)


def _adam(solver: Message, building: Building, common: dict[str, Any]) -> OptimizerRule:
    text = (
        "delta is added before the running mean of squares is corrected there, behind it here: first steps differ a bit"
    )
    building.note("approximated", "delta", text)
    return Adam(beta1=solver.get("momentum"), beta2=solver.get("momentum2"), epsilon=solver.get("delta"), **common)


_OPTIMIZERS: dict[str, Callable[[Message, Building, dict[str, Any]], OptimizerRule]] = {
    "sgd": _sgd,
    "nesterov": _nesterov,
    "adagrad": _adagrad,
    "rmsprop": _rmsprop,
    "adadelta": _adadelta,
    "adam": _adam,
}


def _schedule(solver: Message, file: str) -> ScheduleRule:
    policy = str(solver.get("lr_policy")) or "fixed"
    make = _POLICIES.get(policy)
    if make is None:
        raise Unreadable(f"has an unknown lr_policy, {policy!r}", file=file, line=solver.line)
    return make(solver)


_POLICIES: dict[str, Callable[[Message], ScheduleRule]] = {
    "fixed": lambda solver: ConstantRate(),
    "step": lambda solver: Step(every=max(1, solver.get("stepsize")), gamma=solver.get("gamma")),
    "exp": lambda solver: Exponential(gamma=solver.get("gamma")),
    "inv": lambda solver: Inverse(gamma=solver.get("gamma"), power=solver.get("power")),
    "multistep": lambda solver: MultiStep(at=tuple(solver.all("stepvalue")), gamma=solver.get("gamma")),
    "poly": lambda solver: Polynomial(power=solver.get("power")),
    "sigmoid": lambda solver: Sigmoidal(gamma=solver.get("gamma"), middle=solver.get("stepsize")),
}
"""SGDSolver::GetLearningRate."""


def _note(solver: Message, building: Building) -> None:
    """What a recipe has no word for."""
    if solver.has("test_iter"):
        building.note("ignored", "test_iter", "the whole validation part is run through")
    machine = sorted(name for name in solver.fields if name in MACHINE)
    if machine:
        building.note(
            "ignored", ", ".join(machine), "a recipe says nothing of what is printed, saved and calculated where"
        )
    solver.asked.update((*NETS, *MACHINE, "train_state", "test_state", "weights"))
    for name in solver.unasked().fields:
        building.note("ignored", name, "a recipe has no word for it")
