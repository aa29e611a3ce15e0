"""Outputs that bring a loss with them: each becomes a loss, and its label a target."""

from __future__ import annotations

from engine.formats.mxnet.operator import Made, Operator, reads
from engine.formats.mxnet.values import Unmapped, Variable
from engine.layers.activation import Sigmoid, Softmax
from engine.layers.base import Layer
from engine.layers.data import Target
from engine.layers.loss import Loss, MeanAbsoluteError, MeanSquaredError, SigmoidCrossEntropy, SoftmaxCrossEntropy


@reads("SoftmaxOutput", "Softmax")
def softmax_output(op: Operator) -> Made:
    is_everywhere = op.set.flag("multi_output")
    axis = 0 if is_everywhere else -1
    for name in ("normalization", "out_grad"):
        op.set.word(name)
    x, keeps = op.x, op.set.flag("preserve_shape")
    if x.shape is not None and axis < 0 and len(x.shape) != 1 and not keeps:
        raise Unmapped("it goes over all values of a sample")
    classes = x.shape[axis] if x.shape and x.shape[axis] > 0 else 0
    smoothing = op.set.real("smooth_alpha")
    if smoothing and classes > 1:  # MXNet spreads it over the other classes, a loss here over all
        smoothing *= classes / (classes - 1)
    if op.set.word("normalization", "null") != "batch" and (is_everywhere or op.set.flag("use_ignore")):
        op.approximated("adds up over all positions, and a loss here is their mean")
    layer = SoftmaxCrossEntropy(
        weight=op.set.real("grad_scale", 1.0),
        label_smoothing=smoothing,
        ignore_index=op.set.whole("ignore_label", -1) if op.set.flag("use_ignore") else None,
        axis=axis,
    )
    op.set.word("ignore_label")
    positions = tuple(n for place, n in enumerate(x.shape) if place != axis % len(x.shape)) if x.shape else ()
    return _answered(op, layer, Softmax(axis=axis), Target(classes=classes, sizes=positions))


@reads("LinearRegressionOutput")
def linear_regression(op: Operator) -> Made:
    # Its gradient is x − t, that of a squared error twice as much.
    layer = MeanSquaredError(weight=0.5 * op.set.real("grad_scale", 1.0))
    return _answered(op, layer, None, Target(sizes=op.x.shape or ()))


@reads("LogisticRegressionOutput")
def logistic_regression(op: Operator) -> Made:
    layer = SigmoidCrossEntropy(weight=op.set.real("grad_scale", 1.0))
    return _answered(op, layer, Sigmoid(), Target(sizes=op.x.shape or ()))


@reads("MAERegressionOutput")
def absolute_regression(op: Operator) -> Made:
    layer = MeanAbsoluteError(weight=op.set.real("grad_scale", 1.0))
    return _answered(op, layer, None, Target(sizes=op.x.shape or ()))


def _answered(op: Operator, loss: Loss, link: Layer | None, target: Target) -> Made:
    """A loss where the operator ends the network and its label comes with the samples, else what it answers."""
    label = op.inputs[1] if len(op.inputs) > 1 else None
    if op.used or not isinstance(label, Variable) or op.x.batch or op.x.merged:
        op.approximated("is no loss here, for its answers are used further, or its label is no variable")
        return op.put(link, shape=op.x.shape) if link else op.x
    answer = op.draft.target(label, target)
    return op.put(loss, op.x, answer)
