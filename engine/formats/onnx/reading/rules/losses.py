"""Losses: a layer where they are means of scores, else their formula: the target as rows of a table of weights."""

from __future__ import annotations

import numpy as np

from engine.formats.onnx.reading.operator import Made, Operator, reads
from engine.formats.onnx.reading.values import Array, Mixed, Unmapped, Wire
from engine.layers.activation import LogSoftmax, Power
from engine.layers.arranging import Permute, Reduce
from engine.layers.embedding import Embedding
from engine.layers.loss import SoftmaxCrossEntropy
from engine.layers.merge import Divide, Multiply


@reads("SoftmaxCrossEntropyLoss")
def softmax_cross_entropy(op: Operator) -> Made:
    scores, target = op.wire(0), op.wire(1)
    axis = 0 if scores.batch is not None else 1
    if scores.batch is not None and op.get("reduction", "mean") == "mean" and not op.used(1):
        return _layer(op, scores, target)
    logs = op.put(LogSoftmax(axis=axis), scores)
    return _likelihood(op, logs, target, axis), logs


@reads("NegativeLogLikelihoodLoss")
def negative_log_likelihood(op: Operator) -> Made:
    logs, target = op.wire(0), op.wire(1)
    return _likelihood(op, logs, target, 0 if logs.batch is not None else 1)


def _layer(op: Operator, scores: Wire, target: Wire) -> Wire:
    weights = op.given(2)
    classes = scores.shape[0]
    op.draft.target(target.link.node, classes)
    layer = SoftmaxCrossEntropy(
        class_weights=() if weights is None else tuple(map(float, weights)),
        ignore_index=op.get("ignore_index"),
        axis=0 if len(scores.shape) > 1 else -1,
    )
    signal = op.draft.signals[target.link.node][0]
    return op.put(layer, scores, Wire(target.link, signal, target.batch))


def _likelihood(op: Operator, logs: Wire, target: Wire, axis: int) -> Wire:
    """−weight · log of the target's class: each, the sum or the mean. Raises Mixed where samples are summed."""
    reduction = op.get("reduction", "mean")
    if reduction != "none" and logs.batch is not None:
        raise Mixed("sums up samples")
    classes = logs.shape[axis]
    weights = _weights(op, classes)
    rows = _looked_up(op, target, np.diag(weights))
    last = len(logs.shape) - 1
    order = (*range(axis), last, *range(axis, last))
    rows = op.put(Permute(order), rows) if axis != last else rows
    losses = op.put(Power(scale=-1.0), op.put(Reduce("sum", (axis,)), op.put(Multiply(), logs, rows)))
    if reduction == "none":
        return losses
    if reduction == "sum":
        return op.put(Reduce("sum"), losses)
    if (weights == 1).all():
        return op.put(Reduce("mean"), losses)
    counts = op.put(Reduce("sum"), _looked_up(op, target, weights[:, None]))
    return op.put(Divide(), op.put(Reduce("sum"), losses), counts)


def _weights(op: Operator, classes: int) -> Array:
    """A weight for each class; none for what is to be ignored."""
    given = op.given(2)
    weights = np.ones(classes, np.float32) if given is None else np.array(given, np.float32)
    ignored = op.get("ignore_index")
    if ignored is not None:
        if not 0 <= ignored < classes:
            raise Unmapped(f"ignores {ignored}, which is none of {classes} classes")
        weights[ignored] = 0
    return weights


def _looked_up(op: Operator, target: Wire, table: Array) -> Wire:
    op.draft.classes(target.link.node, len(table))
    return op.put(Embedding(classes=len(table), units=table.shape[1]), target, weight=table.astype(np.float32))
