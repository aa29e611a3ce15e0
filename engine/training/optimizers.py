"""The optimisers: one documented formula each; g is the gradient, w a weight, t the step from 1."""

from __future__ import annotations

from typing import Annotated

from engine.declare import Family, Range, Record
from engine.layers.base import Fraction, Positive

OPTIMIZERS = Family("optimizer")


class OptimizerRule(Record):
    """A rule by which weights follow their gradients. Weight decay adds weight_decay·w to g by default."""

    learning_rate: Annotated[float, Range(0), "Base learning rate (lr)."] = 0.01
    weight_decay: Annotated[float, Range(0), "Share of the weight that is added to its gradient."] = 0.0

    @property
    def state(self) -> tuple[str, ...]:
        """The names of what is kept for every weight from step to step, each beginning with noughts."""
        return ()


@OPTIMIZERS.declare
class SGD(OptimizerRule):
    """v = momentum·v + lr·g, w = w − v; with Nesterov w = w − (1 + momentum)·v + momentum·v_before. As Caffe."""

    momentum: Annotated[Fraction, "Share of the last step that is kept."] = 0.9
    nesterov: Annotated[bool, "Look ahead along the momentum."] = False

    @property
    def state(self) -> tuple[str, ...]:
        return ("momentum",) if self.momentum else ()


@OPTIMIZERS.declare
class RMSProp(OptimizerRule):
    """s = rho·s + (1 − rho)·g², w = w − lr·g / (√s + epsilon). Tieleman and Hinton 2012."""

    learning_rate: Annotated[float, Range(0), "Base learning rate (lr)."] = 0.001
    rho: Annotated[Fraction, "Share of the running mean that is kept."] = 0.9
    epsilon: Annotated[Positive, "Keeps the division finite."] = 1e-08

    @property
    def state(self) -> tuple[str, ...]:
        return ("square",)


@OPTIMIZERS.declare
class Adam(OptimizerRule):
    """m, s: running means of g and g²; w = w − lr·(m/(1−β₁ᵗ)) / (√(s/(1−β₂ᵗ)) + epsilon). Kingma, Ba 2015, alg. 1."""

    learning_rate: Annotated[float, Range(0), "Base learning rate (lr)."] = 0.001
    beta1: Annotated[Fraction, "Share of the running mean of g that is kept."] = 0.9
    beta2: Annotated[Fraction, "Share of the running mean of g² that is kept."] = 0.999
    epsilon: Annotated[Positive, "Keeps the division finite."] = 1e-08

    @property
    def state(self) -> tuple[str, ...]:
        return ("mean", "square")


@OPTIMIZERS.declare
class AdamW(OptimizerRule):
    """As Adam, but the weight itself decays: w = w − lr·weight_decay·w first. Loshchilov and Hutter 2019, alg. 2."""

    learning_rate: Annotated[float, Range(0), "Base learning rate (lr)."] = 0.001
    weight_decay: Annotated[float, Range(0), "Share of lr·w taken from the weight each step."] = 0.01
    beta1: Annotated[Fraction, "Share of the running mean of g that is kept."] = 0.9
    beta2: Annotated[Fraction, "Share of the running mean of g² that is kept."] = 0.999
    epsilon: Annotated[Positive, "Keeps the division finite."] = 1e-08

    @property
    def state(self) -> tuple[str, ...]:
        return ("mean", "square")
