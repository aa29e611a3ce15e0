"""Losses: one number that training makes small, the mean over all samples and positions of a batch."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from engine.declare import Range
from engine.errors import ShapeError
from engine.layers.activation import Sigmoid, Softmax, check_axis
from engine.layers.base import Fraction, Layer, Positive, Shape, Signal, Slot, layer, written
from engine.layers.recurrent import check_mask

NotNegative = Annotated[float, Range(0)]
ClassAxis = Annotated[int, "The classes' axis; -1 is the last, 0 the channels."]
GIVEN = ("target", "mask")
"""The slots of losses that take what comes with the samples, not what is answered."""
Margin = Annotated[Positive, "How far apart what differs should be."]


class Loss(Layer):
    """What losses have in common: predictions and, in the slot `target`, what they should be; a single number out."""

    FAMILY: ClassVar[str] = "loss"
    SLOTS: ClassVar[tuple[Slot, ...]] = (Slot("x"), Slot("target", values="any"))

    weight: Annotated[NotNegative, "Factor on this loss in the sum of all."] = 1.0

    def shape(self, *inputs: Shape) -> Shape:
        return ()

    def outputs(self, *inputs: Signal | None) -> tuple[Signal, ...]:
        entering = {slot: signal for slot, signal in zip(self.SLOTS, inputs, strict=False) if signal}
        if all(slot in entering or slot.optional for slot in self.SLOTS):
            for slot, signal in entering.items():
                slot.check(signal)
            self.compare(*entering.values())
        return (Signal(()),)

    def compare(self, *inputs: Any, **_: Any) -> None:
        """Raises ShapeError when the signals in its slots cannot be compared."""
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
    A target of numbers in the form of x holds a share t for every class: −Σ w·t·log softmax(x) / Σ w·t.
    """

    class_weights: Annotated[tuple[NotNegative, ...], "A factor for each class; none: all equal."] = ()
    balanced: Annotated[bool, "Take as factors n / (k · n of the class), counted where training begins."] = False
    label_smoothing: Annotated[Fraction, "Share of the target spread evenly over all classes."] = 0.0
    ignore_index: Annotated[int | None, "Positions with this target do not count."] = None
    axis: ClassAxis = -1

    def compare(self, x: Signal, target: Signal) -> None:
        if not self.takes_shares(x, target):
            _check_classes(x, target, self.axis)
        scores = x.shape[self.axis]
        if self.class_weights and len(self.class_weights) != scores:
            raise ShapeError(f"has {len(self.class_weights)} class weights for {scores} scores")
        if self.class_weights and self.balanced:
            raise ShapeError("has class weights and is to count others", hint="leave out class_weights, or balanced")

    def takes_shares(self, x: Signal, target: Signal) -> bool:
        """Whether `target` has a share for every class of x instead of an index."""
        check_axis(self.axis, x.shape)
        return target.values == "number" and x.shape[self.axis] > 1 and _fit(x.shape, target.shape)

    def link(self) -> Layer:
        return Softmax(axis=self.axis)


@layer
class Focal(Loss):
    """−(1 − p)^gamma · log p, p = softmax(x)[target], the mean over all positions. Lin et al. 2017.

    x: scores, K along `axis`; target: an index below K at every position. Cross-entropy in which what is right already
    counts less.
    """

    gamma: Annotated[NotNegative, "How much less what is right already counts; 0: cross-entropy."] = 2.0
    axis: ClassAxis = -1

    def compare(self, x: Signal, target: Signal) -> None:
        _check_classes(x, target, self.axis)

    def link(self) -> Layer:
        return Softmax(axis=self.axis)


@layer
class KLDivergence(Loss):
    """Σ t · (log t − log softmax(x)) along `axis`, the mean over all positions. Kullback and Leibler 1951.

    x: scores; target: probabilities, in the same shape; t · log t is 0 where t is.
    """

    axis: ClassAxis = -1

    def compare(self, x: Signal, target: Signal) -> None:
        check_axis(self.axis, x.shape)
        _check_numbers(target)
        _check_same(x.shape, target.shape)

    def link(self) -> Layer:
        return Softmax(axis=self.axis)


@layer
class SigmoidCrossEntropy(Loss):
    """−t·log σ(x) − (1 − t)·log(1 − σ(x)), the mean over all values; t is 0 … 1, or an index of two classes."""

    def compare(self, x: Signal, target: Signal) -> None:
        _check_two_classes(target)
        _check_equal(x.shape, target.shape)

    def link(self) -> Layer:
        return Sigmoid()


@layer
class Dice(Loss):
    """1 − (2 Σ p·t + smooth) / (Σ p + Σ t + smooth), p = σ(x), sums over a sample, the mean over all samples.

    Milletari et al. 2016, without their squares below. x: scores; t is 0 … 1, or an index of two classes.
    """

    smooth: Annotated[Positive, "Added above and below: keeps the quotient of empty samples finite."] = 1.0

    def compare(self, x: Signal, target: Signal) -> None:
        _check_two_classes(target)
        _check_equal(x.shape, target.shape)

    def link(self) -> Layer:
        return Sigmoid()


@layer
class Hinge(Loss):
    """max(0, 1 − t·x), the mean over all values; t is −1 or 1, or an index of two classes. Cortes and Vapnik 1995."""

    def compare(self, x: Signal, target: Signal) -> None:
        _check_two_classes(target)
        _check_equal(x.shape, target.shape)


@layer
class MeanSquaredError(Loss):
    """(x − target)², the mean over all values. Legendre 1805."""

    def compare(self, x: Signal, target: Signal) -> None:
        _check_numbers(target)
        _check_equal(x.shape, target.shape)


@layer
class MeanAbsoluteError(Loss):
    """|x − target|, the mean over all values. Laplace 1774."""

    def compare(self, x: Signal, target: Signal) -> None:
        _check_numbers(target)
        _check_equal(x.shape, target.shape)


@layer
class Huber(Loss):
    """d²/2 where d = |x − target| ≤ delta, else delta · (d − delta/2), the mean over all values. Huber 1964."""

    delta: Annotated[Positive, "Up to where an error counts as its square."] = 1.0

    def compare(self, x: Signal, target: Signal) -> None:
        _check_numbers(target)
        _check_equal(x.shape, target.shape)


@layer
class CosineSimilarity(Loss):
    """1 − Σ x·t / (‖x‖ · ‖t‖) along `axis`, the mean over all positions; norms below 1e-8 count as that."""

    axis: Annotated[int, "The vectors' axis; -1 is the last, 0 the channels."] = -1

    def compare(self, x: Signal, target: Signal) -> None:
        check_axis(self.axis, x.shape)
        _check_numbers(target)
        _check_same(x.shape, target.shape)


@layer
class Contrastive(Loss):
    """t·d²/2 + (1 − t)·max(0, margin − d)²/2, d = ‖a − b‖ along the last axis, the mean over all pairs.

    Hadsell et al. 2006, with t as in Caffe: 1 where both are the same, 0 where they differ; an index of two classes, or
    numbers.
    """

    SLOTS: ClassVar[tuple[Slot, ...]] = (Slot("a"), Slot("b"), Slot("target", values="any"))

    margin: Margin = 1.0

    def compare(self, a: Signal, b: Signal, target: Signal) -> None:
        _check_vectors(a, b)
        _check_two_classes(target)
        _check_equal(a.shape[:-1], target.shape)


@layer
class Triplet(Loss):
    """max(0, ‖anchor − positive‖² − ‖anchor − negative‖² + margin) along the last axis, the mean over all triplets.

    Schroff et al. 2015.
    """

    SLOTS: ClassVar[tuple[Slot, ...]] = (Slot("anchor"), Slot("positive"), Slot("negative"))

    margin: Margin = 1.0

    def compare(self, anchor: Signal, positive: Signal, negative: Signal) -> None:
        _check_vectors(anchor, positive)
        _check_vectors(anchor, negative)


@layer
class CTC(Loss):
    """−log of the chance that x reads `target`: repeats merged, then blanks dropped. Graves et al. 2006.

    x (T, C): scores of C classes at every step, class 0 the blank; target (L): indices, ended by its first 0. A `mask`
    (T), 1 for the steps that count and then 0, ends the reading. The mean over all samples; one with too few steps for
    its target costs nothing.
    """

    SLOTS: ClassVar[tuple[Slot, ...]] = (
        Slot("x"),
        Slot("target", values="any"),
        Slot("mask", optional=True, values="any"),
    )

    def compare(self, x: Signal, target: Signal, mask: Signal | None = None) -> None:
        if len(x.shape) != 2 or x.shape[1] < 2:
            raise ShapeError(f"needs steps and scores (T, C), C at least 2, and its input is {written(x.shape)}")
        if target.values != "index" or len(target.shape) != 1:
            hint = "say `classes` in the Target, and its shape"
            raise ShapeError(f"needs a target of classes (L), and its target is {written(target.shape)}", hint=hint)
        if target.classes and target.classes != x.shape[1]:
            message = f"is given {x.shape[1]} scores, and its target has {target.classes} classes"
            raise ShapeError(message, hint="class 0 is the blank and counts on both sides")
        if mask is not None:
            check_mask(mask.shape, x.shape[0])

    def link(self) -> Layer:
        return Softmax()


def _check_classes(x: Signal, target: Signal, axis: int) -> None:
    """Scores along `axis`, and an index of theirs at every position."""
    check_axis(axis, x.shape)
    if target.values != "index":
        hint = "say `classes` in the Target"
        raise ShapeError("needs a target of classes, and its target holds numbers", hint=hint)
    axis %= len(x.shape)
    wanted, scores = (*x.shape[:axis], *x.shape[axis + 1 :]), x.shape[axis]
    if not _fit(wanted, target.shape):
        found = written(target.shape)
        raise ShapeError(f"needs a target of {written(wanted)} for scores of {written(x.shape)}, not {found}")
    if target.classes and scores != target.classes:
        raise ShapeError(f"is given {scores} scores, and its target has {target.classes} classes")


def _check_two_classes(target: Signal) -> None:
    if target.values == "index" and target.classes > 2:
        raise ShapeError(
            f"needs a target of 2 classes or of numbers, and its target has {target.classes} classes",
            hint="softmax_cross_entropy takes one class out of several",
        )


def _check_numbers(target: Signal) -> None:
    if target.values == "index":
        raise ShapeError("needs a target of numbers, and its target holds classes")


def _check_vectors(a: Signal, b: Signal) -> None:
    """Vectors of one length along the last axis."""
    if not a.shape or not _fit(a.shape, b.shape):
        raise ShapeError(f"compares vectors of one length, and is given {written(a.shape)} and {written(b.shape)}")


def _check_same(x: Shape, target: Shape) -> None:
    if not _fit(x, target):
        raise ShapeError(f"needs a target of {written(x)}, as its input is, not {written(target)}")


def _check_equal(x: Shape, target: Shape) -> None:
    """Equal but for axes of length 1: a column of numbers may stand against one output a sample."""
    if not _fit(tuple(n for n in x if n != 1), tuple(n for n in target if n != 1)):
        raise ShapeError(f"needs a target of {written(x)}, as its input is, not {written(target)}")


def _fit(a: Shape, b: Shape) -> bool:
    return len(a) == len(b) and all(m == n or -1 in (m, n) for m, n in zip(a, b, strict=True))
