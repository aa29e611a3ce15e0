"""The optimisers' formulas: MXNet's fused operators for all weights that learn alike, or a few for each weight."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.backends.gluon.framework import mx
from engine.backends.graph import Graph
from engine.errors import Unsupported
from engine.training.optimizers import (
    LAMB,
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    AdamW,
    Lion,
    NAdam,
    OptimizerRule,
    RMSProp,
)
from engine.training.recipe import Clip

NDArray = Any
"""`mxnet.nd.NDArray`; MXNet has no types."""

MOST = 45
"""Weights in one call of an operator for several: MXNet takes no more than 50 to 60, according to the operator."""


@dataclass(frozen=True)
class Group:
    """Weights with the same factors on learning rate and decay; `state` has an array a weight under each name."""

    names: tuple[str, ...]
    weights: list[NDArray]
    gradients: list[NDArray]
    rate: float
    decay: float
    state: dict[str, list[NDArray]] = field(default_factory=dict)


SIGNS = {"momentum": -1.0}
"""What MXNet keeps with the other sign than we do: its velocity is what is *added* to a weight."""


def grouped(
    graph: Graph, weights: Mapping[str, NDArray], gradients: Mapping[str, NDArray], state: tuple[str, ...]
) -> tuple[Group, ...]:
    """The parameters of `graph` that learn, those with equal factors together, their state at nought."""
    groups: dict[tuple[float, float], list[str]] = {}
    for name, parameter in graph.parameters.items():
        if parameter.learns:
            groups.setdefault((parameter.rate, parameter.decay), []).append(name)
    return tuple(
        Group(
            names=tuple(some),
            weights=[weights[name] for name in some],
            gradients=[gradients[name] for name in some],
            rate=rate,
            decay=decay,
            state={each: [mx.nd.zeros_like(weights[name]) for name in some] for each in state},
        )
        for (rate, decay), names in groups.items()
        for some in (names[begin : begin + MOST] for begin in range(0, len(names), MOST))
    )


@functools.singledispatch
def update(rule: OptimizerRule, group: Group, rate: float, t: int) -> None:
    """Step `t` (from 1) of `rule` at the group's learning rate, in place. The formulas are the rules' docstrings."""
    raise Unsupported(f"the mxnet backend has no rule for {type(rule).__name__}")


@update.register
def sgd(rule: SGD, group: Group, rate: float, t: int) -> None:
    velocity = group.state.get("momentum")
    decay = rule.weight_decay * group.decay
    if velocity is None:
        _together(mx.nd.multi_sgd_update, group, rate, decay)
    elif not rule.nesterov:
        _together(mx.nd.multi_sgd_mom_update, group, rate, decay, velocity, momentum=rule.momentum)
    else:
        _add_decay(rule, group)  # MXNet adds it after looking ahead
        for weight, gradient, kept in zip(group.weights, group.gradients, velocity, strict=True):
            mx.nd.nag_mom_update(weight, gradient, kept, out=weight, lr=rate, momentum=rule.momentum)


@update.register
def rmsprop(rule: RMSProp, group: Group, rate: float, t: int) -> None:
    # MXNet's own has epsilon under the root. Adam without a mean and without its corrections is the formula.
    _add_decay(rule, group)
    means = [mx.nd.zeros_like(weight) for weight in group.weights]
    _adamw(group, means, rate, beta1=0.0, beta2=rule.rho, epsilon=rule.epsilon)


@update.register
def adam(rule: Adam, group: Group, rate: float, t: int) -> None:
    _add_decay(rule, group)
    _adam(rule, group, rate, t)


@update.register
def adamw(rule: AdamW, group: Group, rate: float, t: int) -> None:
    _adam(rule, group, rate, t, decay=rate * rule.weight_decay * group.decay)


@update.register
def adagrad(rule: Adagrad, group: Group, rate: float, t: int) -> None:
    _add_decay(rule, group)
    for w, g, s in _rows(group, "square"):
        _add(s, g * g)
        _add(w, g / (s.sqrt() + rule.epsilon), -rate)


@update.register
def adadelta(rule: Adadelta, group: Group, rate: float, t: int) -> None:
    _add_decay(rule, group)
    for w, g, s, u in _rows(group, "square", "change"):
        _follow(s, g * g, rule.rho)
        step = ((u + rule.epsilon) / (s + rule.epsilon)).sqrt() * g
        _follow(u, step * step, rule.rho)
        _add(w, step, -rate)


@update.register
def nadam(rule: NAdam, group: Group, rate: float, t: int) -> None:
    _add_decay(rule, group)
    of_mean, of_gradient = rule.shares(t)
    for w, g, m, s in _rows(group, "mean", "square"):
        _follow(m, g, rule.beta1)
        _follow(s, g * g, rule.beta2)
        _add(w, (m * of_mean + g * of_gradient) / _corrected_root(s, rule.beta2, rule.epsilon, t), -rate)


@update.register
def lion(rule: Lion, group: Group, rate: float, t: int) -> None:
    for w, g, m in _rows(group, "mean"):
        direction = (m * rule.beta1 + g * (1 - rule.beta1)).sign()
        _add(w, direction + w * (rule.weight_decay * group.decay), -rate)
        _follow(m, g, rule.beta2)


@update.register
def lamb(rule: LAMB, group: Group, rate: float, t: int) -> None:
    for w, g, m, s in _rows(group, "mean", "square"):
        _follow(m, g, rule.beta1)
        _follow(s, g * g, rule.beta2)
        step = m / (1 - rule.beta1**t) / _corrected_root(s, rule.beta2, rule.epsilon, t)
        step = step + w * (rule.weight_decay * group.decay)
        of_weight, of_step = w.norm(), step.norm()
        ratio = mx.nd.where(of_weight * of_step > 0, of_weight / of_step, mx.nd.ones_like(of_weight))
        _add(w, mx.nd.broadcast_mul(step, ratio.reshape((1,) * step.ndim)), -rate)


def _rows(group: Group, *state: str) -> Iterator[tuple[NDArray, ...]]:
    """Each weight with its gradient and what is kept for it."""
    return zip(group.weights, group.gradients, *(group.state[name] for name in state), strict=True)


def _add(array: NDArray, values: NDArray, factor: float = 1.0) -> None:
    mx.nd.elemwise_add(array, values if factor == 1.0 else values * factor, out=array)


def _follow(means: NDArray, values: NDArray, kept: float) -> None:
    """Moves running means towards `values`."""
    mx.nd.elemwise_add(means * kept, values * (1 - kept), out=means)


def _corrected_root(square: NDArray, beta: float, epsilon: float, t: int) -> NDArray:
    """√(s / (1 − βᵗ)) + epsilon."""
    return square.sqrt() / (1 - beta**t) ** 0.5 + epsilon


def _adam(rule: Adam | AdamW, group: Group, rate: float, t: int, decay: float = 0.0) -> None:
    # lr·(m/c₁) / (√(s/c₂) + ε) = lr·√c₂/c₁ · m / (√s + ε·√c₂), with the betas as MXNet rounds them
    root, first = (1 - float(np.float32(rule.beta2)) ** t) ** 0.5, 1 - float(np.float32(rule.beta1)) ** t
    _adamw(
        group,
        group.state["mean"],
        rate * root / first,
        decay,
        beta1=rule.beta1,
        beta2=rule.beta2,
        epsilon=rule.epsilon * root,
    )


def _adamw(group: Group, means: list[NDArray], rate: float, decay: float = 0.0, **constants: float) -> None:
    """m and s follow the gradients, then w = w − (rate · m / (√s + epsilon) + decay · w)."""
    count = len(group.weights)
    mx.nd.contrib.multi_adamw_update(
        group.weights,
        group.gradients,
        means,
        group.state["square"],
        mx.nd.ones((1,), group.weights[0].context),
        out=group.weights,
        lrs=(rate,) * count,
        wds=(decay,) * count,
        etas=(1.0,) * count,
        **constants,
    )


def _together(
    operator: Any, group: Group, rate: float, decay: float, *state: Sequence[NDArray], **constants: float
) -> None:
    arrays = [array for row in zip(group.weights, group.gradients, *state, strict=True) for array in row]
    count = len(group.weights)
    operator(*arrays, out=group.weights, num_weights=count, lrs=(rate,) * count, wds=(decay,) * count, **constants)


def _add_decay(rule: OptimizerRule, group: Group) -> None:
    share = rule.weight_decay * group.decay
    if share:
        for weight, gradient in zip(group.weights, group.gradients, strict=True):
            mx.nd.elemwise_add(gradient, weight * share, out=gradient)


def clip_gradients(clip: Clip | None, gradients: Sequence[NDArray]) -> None:
    """Brings the gradients within the bounds of `clip`: each value first, then the norm of all together."""
    if clip and clip.value:
        for gradient in gradients:
            mx.nd.clip(gradient, -clip.value, clip.value, out=gradient)
    if clip and clip.norm:
        norm = mx.nd.concat(*_sums_of_squares(gradients), dim=0).sum().sqrt()
        factor = mx.nd.minimum(clip.norm / norm, 1.0)
        for gradient in gradients:
            mx.nd.broadcast_mul(gradient, factor.reshape((1,) * gradient.ndim), out=gradient)


def _sums_of_squares(arrays: Sequence[NDArray]) -> Iterator[NDArray]:
    for begin in range(0, len(arrays), MOST):
        some = arrays[begin : begin + MOST]
        yield mx.nd.multi_sum_sq(*some, num_arrays=len(some))


class Arithmetic:
    """What averages of weights need."""

    def copy(self, array: NDArray) -> NDArray:
        """Another one with the same values."""
        return array.copy()

    def exchange(self, one: NDArray, other: NDArray) -> None:
        """Gives each the values of the other."""
        kept = one.copy()
        other.copyto(one)
        kept.copyto(other)

    def follow(self, averages: list[NDArray], weights: list[NDArray], share: float) -> None:
        """Moves every average by `share` of the way to its weight."""
        for average, weight in zip(averages, weights, strict=True):
            _add(average, weight - average, share)
