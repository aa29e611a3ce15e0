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


@OPTIMIZERS.declare
class Adagrad(OptimizerRule):
    """s = s + g², w = w − lr·g / (√s + epsilon). Duchi, Hazan and Singer 2011, fig. 1, with diagonal matrices."""

    epsilon: Annotated[Positive, "Keeps the division finite."] = 1e-10

    @property
    def state(self) -> tuple[str, ...]:
        return ("square",)


@OPTIMIZERS.declare
class Adadelta(OptimizerRule):
    """s, u: running means of g² and d²; d = g·√(u + epsilon) / √(s + epsilon), w = w − lr·d. Zeiler 2012, alg. 1."""

    learning_rate: Annotated[float, Range(0), "Base learning rate (lr)."] = 1.0
    rho: Annotated[Fraction, "Share of the running means that is kept."] = 0.9
    epsilon: Annotated[Positive, "Lets the first steps begin and keeps the division finite."] = 1e-06

    @property
    def state(self) -> tuple[str, ...]:
        return ("square", "change")


@OPTIMIZERS.declare
class NAdam(OptimizerRule):
    """As Adam with m·μₜ₊₁/(1−Πμ₁…ₜ₊₁) + g·(1−μₜ)/(1−Πμ₁…ₜ) for m/(1−β₁ᵗ), μₜ = β₁·(1 − 0.5·0.96^(ψ·t)). Dozat 2016."""

    learning_rate: Annotated[float, Range(0), "Base learning rate (lr)."] = 0.002
    beta1: Annotated[Fraction, "Share of the running mean of g that is kept."] = 0.9
    beta2: Annotated[Fraction, "Share of the running mean of g² that is kept."] = 0.999
    epsilon: Annotated[Positive, "Keeps the division finite."] = 1e-08
    psi: Annotated[float, Range(0), "How fast the look-ahead μ rises from β₁/2 to β₁."] = 0.004

    @property
    def state(self) -> tuple[str, ...]:
        return ("mean", "square")

    def shares(self, t: int) -> tuple[float, float]:
        """The factors of m and of g in step `t` (from 1)."""
        now, product = self._ahead(t), 1.0
        for i in range(1, t + 1):
            product *= self._ahead(i)
            if product < NEGLIGIBLE:
                break
        following = self._ahead(t + 1)
        return following / (1 - product * following), (1 - now) / (1 - product)

    def _ahead(self, t: int) -> float:
        return float(self.beta1 * (1 - 0.5 * 0.96 ** (self.psi * t)))


NEGLIGIBLE = 1e-17
"""What taken from 1 leaves 1."""


@OPTIMIZERS.declare
class Lion(OptimizerRule):
    """c = β₁·m + (1−β₁)·g, w = w − lr·(sign c + weight_decay·w), then m = β₂·m + (1−β₂)·g. Chen et al. 2023, alg. 2."""

    learning_rate: Annotated[float, Range(0), "Base learning rate (lr): a third to a tenth of AdamW's."] = 0.0001
    weight_decay: Annotated[float, Range(0), "Share of lr·w taken from the weight each step."] = 0.0
    beta1: Annotated[Fraction, "Share of m in the direction of a step."] = 0.9
    beta2: Annotated[Fraction, "Share of m that is kept."] = 0.99

    @property
    def state(self) -> tuple[str, ...]:
        return ("mean",)


@OPTIMIZERS.declare
class LAMB(OptimizerRule):
    """r = Adam's step without lr, u = r + weight_decay·w, w = w − lr·u·‖w‖/‖u‖ (1 where one is 0). You et al. 2020."""

    learning_rate: Annotated[float, Range(0), "Base learning rate (lr)."] = 0.001
    weight_decay: Annotated[float, Range(0), "Share of the weight that is added to its step."] = 0.01
    beta1: Annotated[Fraction, "Share of the running mean of g that is kept."] = 0.9
    beta2: Annotated[Fraction, "Share of the running mean of g² that is kept."] = 0.999
    epsilon: Annotated[Positive, "Keeps the division finite."] = 1e-06

    @property
    def state(self) -> tuple[str, ...]:
        return ("mean", "square")
