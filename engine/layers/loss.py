"""Losses: one number that training makes small, the mean over all samples and positions of a batch."""

from __future__ import annotations

from typing import Annotated, ClassVar

from engine.declare import Range
from engine.errors import ShapeError
from engine.layers.activation import Sigmoid, Softmax, check_axis
from engine.layers.base import Fraction, Layer, Shape, Signal, Slot, layer, written

NotNegative = Annotated[float, Range(0)]


class Loss(Layer):
    """What losses have in common: a prediction and a target, a single number out."""

    FAMILY: ClassVar[str] = "loss"
    SLOTS: ClassVar[tuple[Slot, ...]] = (Slot("x"), Slot("target", values="any"))

    weight: Annotated[NotNegative, "Factor on this loss in the sum of all."] = 1.0

    def shape(self, x: Shape, target: Shape) -> Shape:
        return ()

    def outputs(self, *inputs: Signal | None) -> tuple[Signal, ...]:
        x, target = inputs
        if x and target:
            self.SLOTS[0].check(x)
            self.compare(x, target)
        return (Signal(()),)

    def compare(self, x: Signal, target: Signal) -> None:
        """Raises ShapeError when `x` and `target` cannot be compared."""
        raise NotImplementedError

    def link(self) -> Layer | None:
        """The layer that makes the scores it is fed with into answers, when deployed; None: they are answers."""
        return None

    def brief(self) -> str:
        return f"× {self.weight:g}" if self.weight != 1 else ""


@layer
class SoftmaxCrossEntropy(Loss):
    """−log softmax(x)[target], the mean over all positions, weighted by the target's class. Bridle 1990.

    x: scores, K along `axis`; target: an index below K at every position. With class weights w: Σ w·loss / Σ w. With
    label smoothing ε the target is (1 − ε)·one-hot + ε/K (Szegedy et al. 2016), each class's part times its weight.
    """

    class_weights: Annotated[tuple[NotNegative, ...], "A factor for each class; none: all equal."] = ()
    label_smoothing: Annotated[Fraction, "Share of the target spread evenly over all classes."] = 0.0
    ignore_index: Annotated[int | None, "Positions with this target do not count."] = None
    axis: Annotated[int, "The classes' axis; -1 is the last, 0 the channels."] = -1

    def compare(self, x: Signal, target: Signal) -> None:
        check_axis(self.axis, x.shape)
        if target.values != "index":
            hint = "say `classes` in the Target"
            raise ShapeError("needs a target of classes, and its target holds numbers", hint=hint)
        axis = self.axis % len(x.shape)
        wanted = (*x.shape[:axis], *x.shape[axis + 1 :])
        if not _fit(wanted, target.shape):
            found = written(target.shape)
            raise ShapeError(f"needs a target of {written(wanted)} for scores of {written(x.shape)}, not {found}")
        self._check_classes(x.shape[axis], target.classes)

    def link(self) -> Layer:
        return Softmax(axis=self.axis)

    def _check_classes(self, scores: int, classes: int) -> None:
        if classes and scores != classes:
            raise ShapeError(f"is given {scores} scores, and its target has {classes} classes")
        if self.class_weights and len(self.class_weights) != scores:
            raise ShapeError(f"has {len(self.class_weights)} class weights for {scores} scores")


@layer
class SigmoidCrossEntropy(Loss):
    """−t·log σ(x) − (1 − t)·log(1 − σ(x)), the mean over all values; t is 0 … 1, or an index of two classes."""

    def compare(self, x: Signal, target: Signal) -> None:
        if target.values == "index" and target.classes > 2:
            raise ShapeError(
                f"needs a target of 2 classes or of numbers, and its target has {target.classes} classes",
                hint="softmax_cross_entropy takes one class out of several",
            )
        _check_equal(x.shape, target.shape)

    def link(self) -> Layer:
        return Sigmoid()


@layer
class MeanSquaredError(Loss):
    """(x − target)², the mean over all values. Legendre 1805."""

    def compare(self, x: Signal, target: Signal) -> None:
        if target.values == "index":
            raise ShapeError("needs a target of numbers, and its target holds classes")
        _check_equal(x.shape, target.shape)


def _check_equal(x: Shape, target: Shape) -> None:
    """Equal but for axes of length 1: a column of numbers may stand against one output a sample."""
    if not _fit(tuple(n for n in x if n != 1), tuple(n for n in target if n != 1)):
        raise ShapeError(f"needs a target of {written(x)}, as its input is, not {written(target)}")


def _fit(a: Shape, b: Shape) -> bool:
    return len(a) == len(b) and all(m == n or -1 in (m, n) for m, n in zip(a, b, strict=True))
