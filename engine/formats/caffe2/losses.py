"""What training nets measure: losses with their targets, and accuracy."""

from __future__ import annotations

from engine.formats.caffe2.draft import Made, Place, Unmapped, Wire, reads
from engine.layers.activation import Softmax
from engine.layers.base import Layer
from engine.layers.data import Target
from engine.layers.loss import SigmoidCrossEntropy, SoftmaxCrossEntropy


def _target(place: Place, n: int, layer: Target) -> Wire:
    """The labels, as what the network should answer."""
    name = place.op.inputs[n]
    known = place.draft.values.get(name)
    if isinstance(known, Wire):
        return known
    place.draft.values[name] = made = place.draft.add(name, layer)
    return made


def _classes(scores: Wire) -> int:
    return max(0, scores.shape[-1]) if scores.signal and scores.shape else 0


@reads("LabelCrossEntropy")
def cross_entropy(place: Place) -> Made:
    x = place.either(0)
    if x.scores is None:
        raise Unmapped("what enters it is no softmax")
    loss = SoftmaxCrossEntropy()
    return place.put(loss, x.scores, _target(place, 1, Target(classes=_classes(x.scores))))


@reads("SoftmaxWithLoss")
def softmax_with_loss(place: Place) -> Made:
    op, x = place.op, place.x
    if len(op.inputs) > 2 or op.flag("label_prob") or op.whole("axis", 1) != 1 or len(x.shape) != 1:
        raise Unmapped("its labels are no indices, or samples have weights")
    answer = place.put(Softmax(), x, mark="softmax")
    loss: Layer = SoftmaxCrossEntropy(weight=op.real("scale", 1.0))
    return answer, place.put(loss, x, _target(place, 1, Target(classes=_classes(x))))


@reads("SigmoidCrossEntropyWithLogits")
def sigmoid_loss(place: Place) -> Made:
    x = place.x
    return place.put(SigmoidCrossEntropy(), x, _target(place, 1, Target(sizes=x.shape)))


@reads("AveragedLoss")
def averaged(place: Place) -> Made:
    x = place.either(0)
    if place.draft.nodes[x.link.node].layer.FAMILY != "loss":
        raise Unmapped("what enters it is no loss")
    return x


@reads("Accuracy")
def accuracy(place: Place) -> Made:
    place.draft.tell("ignored", place.name, "Accuracy measures and computes nothing")
    return None
