"""The optimisers' formulas on lists of torch tensors: all weights that learn alike in one call."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

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


@dataclass(frozen=True)
class Group:
    """Weights with the same factors on learning rate and decay; `state` has a tensor a weight under each name."""

    names: tuple[str, ...]
    weights: list[Tensor]
    rate: float
    decay: float
    state: dict[str, list[Tensor]] = field(default_factory=dict)


def grouped(graph: Graph, tensors: Mapping[str, Tensor], state: tuple[str, ...]) -> tuple[Group, ...]:
    """The parameters of `graph` that learn, those with equal factors together, their state at nought."""
    groups: dict[tuple[float, float], list[str]] = {}
    for name, parameter in graph.parameters.items():
        if parameter.learns:
            groups.setdefault((parameter.rate, parameter.decay), []).append(name)
    return tuple(
        Group(
            names=tuple(names),
            weights=[tensors[name] for name in names],
            rate=rate,
            decay=decay,
            state={each: [torch.zeros_like(tensors[name]) for name in names] for each in state},
        )
        for (rate, decay), names in groups.items()
    )


@functools.singledispatch
def update(rule: OptimizerRule, group: Group, gradients: list[Tensor], rate: float, t: int) -> None:
    """Step `t` (from 1) of `rule` at the group's learning rate, in place. The formulas are the rules' docstrings."""
    raise Unsupported(f"the torch backend has no rule for {type(rule).__name__}")


@update.register
def sgd(rule: SGD, group: Group, gradients: list[Tensor], rate: float, t: int) -> None:
    velocity = group.state.get("momentum")
    if velocity is None:
        torch._foreach_add_(group.weights, decayed(rule, group, gradients), alpha=-rate)
    elif rule.nesterov:  # (1 + m)·v − m·v_before = m·v + lr·g
        gradients = decayed(rule, group, gradients)
        torch._foreach_mul_(velocity, rule.momentum)
        torch._foreach_add_(velocity, gradients, alpha=rate)
        torch._foreach_add_(group.weights, velocity, alpha=-rule.momentum)
        torch._foreach_add_(group.weights, gradients, alpha=-rate)
    else:
        follow_velocity(rule, group, gradients, velocity, rate)


@update.register
def rmsprop(rule: RMSProp, group: Group, gradients: list[Tensor], rate: float, t: int) -> None:
    gradients = decayed(rule, group, gradients)
    square = group.state["square"]
    torch._foreach_mul_(square, rule.rho)
    torch._foreach_addcmul_(square, gradients, gradients, 1 - rule.rho)
    root = torch._foreach_sqrt(square)
    torch._foreach_add_(root, rule.epsilon)
    torch._foreach_addcdiv_(group.weights, gradients, root, -rate)


@update.register
def adam(rule: Adam, group: Group, gradients: list[Tensor], rate: float, t: int) -> None:
    follow_mean(rule, group, decayed(rule, group, gradients), rate, t)


@update.register
def adamw(rule: AdamW, group: Group, gradients: list[Tensor], rate: float, t: int) -> None:
    torch._foreach_mul_(group.weights, 1 - rate * rule.weight_decay * group.decay)
    follow_mean(rule, group, gradients, rate, t)


@update.register
def adagrad(rule: Adagrad, group: Group, gradients: list[Tensor], rate: float, t: int) -> None:
    gradients = decayed(rule, group, gradients)
    square = group.state["square"]
    torch._foreach_addcmul_(square, gradients, gradients, 1)
    root = torch._foreach_sqrt(square)
    torch._foreach_add_(root, rule.epsilon)
    torch._foreach_addcdiv_(group.weights, gradients, root, -rate)


@update.register
def adadelta(rule: Adadelta, group: Group, gradients: list[Tensor], rate: float, t: int) -> None:
    gradients = decayed(rule, group, gradients)
    square, change = group.state["square"], group.state["change"]
    mean_of_squares(square, gradients, rule.rho)
    step = list(torch._foreach_add(change, rule.epsilon))
    torch._foreach_div_(step, torch._foreach_add(square, rule.epsilon))
    torch._foreach_sqrt_(step)
    torch._foreach_mul_(step, gradients)
    mean_of_squares(change, step, rule.rho)
    torch._foreach_add_(group.weights, step, alpha=-rate)


@update.register
def nadam(rule: NAdam, group: Group, gradients: list[Tensor], rate: float, t: int) -> None:
    gradients = decayed(rule, group, gradients)
    mean, square = group.state["mean"], group.state["square"]
    torch._foreach_lerp_(mean, gradients, 1 - rule.beta1)
    mean_of_squares(square, gradients, rule.beta2)
    root = corrected_root(square, rule.beta2, rule.epsilon, t)
    of_mean, of_gradient = rule.shares(t)
    torch._foreach_addcdiv_(group.weights, mean, root, -rate * of_mean)
    torch._foreach_addcdiv_(group.weights, gradients, root, -rate * of_gradient)


@update.register
def lion(rule: Lion, group: Group, gradients: list[Tensor], rate: float, t: int) -> None:
    mean = group.state["mean"]
    direction = torch._foreach_lerp(mean, gradients, 1 - rule.beta1)
    torch._foreach_sign_(direction)
    torch._foreach_mul_(group.weights, 1 - rate * rule.weight_decay * group.decay)
    torch._foreach_add_(group.weights, direction, alpha=-rate)
    torch._foreach_lerp_(mean, gradients, 1 - rule.beta2)


@update.register
def lamb(rule: LAMB, group: Group, gradients: list[Tensor], rate: float, t: int) -> None:
    mean, square = group.state["mean"], group.state["square"]
    torch._foreach_lerp_(mean, gradients, 1 - rule.beta1)
    mean_of_squares(square, gradients, rule.beta2)
    step = torch._foreach_div(mean, corrected_root(square, rule.beta2, rule.epsilon, t))
    torch._foreach_div_(step, 1 - rule.beta1**t)
    torch._foreach_add_(step, group.weights, alpha=rule.weight_decay * group.decay)
    of_weights, of_steps = torch.stack(torch._foreach_norm(group.weights)), torch.stack(torch._foreach_norm(step))
    ratios = torch.where((of_weights > 0) & (of_steps > 0), of_weights / of_steps, 1.0)
    torch._foreach_mul_(step, list(ratios.unbind()))
    torch._foreach_add_(group.weights, step, alpha=-rate)


def mean_of_squares(means: list[Tensor], values: list[Tensor], kept: float) -> None:
    """Moves running means towards the squares of `values`."""
    torch._foreach_mul_(means, kept)
    torch._foreach_addcmul_(means, values, values, 1 - kept)


def corrected_root(square: list[Tensor], beta: float, epsilon: float, t: int) -> list[Tensor]:
    """√(s / (1 − βᵗ)) + epsilon."""
    root = torch._foreach_sqrt(square)
    torch._foreach_div_(root, (1 - beta**t) ** 0.5)
    torch._foreach_add_(root, epsilon)
    return list(root)


def follow_velocity(rule: SGD, group: Group, gradients: list[Tensor], velocity: list[Tensor], rate: float) -> None:
    # The kernel that torch.optim.SGD(fused=True) calls: one pass. Its v = m·v + (1 − dampening)·g, w = w − lr·v.
    torch._fused_sgd_(
        group.weights,
        gradients,
        velocity,
        weight_decay=rule.weight_decay * group.decay,
        momentum=rule.momentum,
        lr=1.0,
        dampening=1 - rate,
        nesterov=False,
        maximize=False,
        is_first_step=False,
    )


def follow_mean(rule: Adam | AdamW, group: Group, gradients: list[Tensor], rate: float, t: int) -> None:
    # The kernel that torch.optim.Adam(fused=True) calls: one pass over the weights instead of seven.
    torch._fused_adam_(
        group.weights,
        gradients,
        group.state["mean"],
        group.state["square"],
        [],
        [torch.full((), float(t), device=gradients[0].device)] * len(gradients),
        lr=rate,
        beta1=rule.beta1,
        beta2=rule.beta2,
        weight_decay=0.0,
        eps=rule.epsilon,
        amsgrad=False,
        maximize=False,
    )


def decayed(rule: OptimizerRule, group: Group, gradients: list[Tensor]) -> list[Tensor]:
    """The gradients with the share of the weights added that weight decay asks for."""
    share = rule.weight_decay * group.decay
    return list(torch._foreach_add(gradients, group.weights, alpha=share)) if share else gradients


def clipped(clip: Clip | None, gradients: Sequence[Tensor]) -> list[Tensor]:
    """The gradients within the bounds of `clip`: each value first, then the norm of all together."""
    bounded = list(gradients)
    if clip and clip.value:
        bounded = [gradient.clamp(-clip.value, clip.value) for gradient in bounded]
    if clip and clip.norm:
        norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(bounded)))
        bounded = list(torch._foreach_mul(bounded, (clip.norm / norm).clamp(max=1.0)))
    return bounded


class Arithmetic:
    """What averages of weights need."""

    def copy(self, tensor: Tensor) -> Tensor:
        """Another one with the same values."""
        return tensor.detach().clone()

    def exchange(self, one: Tensor, other: Tensor) -> None:
        """Gives each the values of the other."""
        with torch.no_grad():
            kept = one.clone()
            one.copy_(other)
            other.copy_(kept)

    def follow(self, averages: list[Tensor], weights: list[Tensor], share: float) -> None:
        """Moves every average by `share` of the way to its weight."""
        with torch.no_grad():
            torch._foreach_lerp_(averages, weights, share)
