"""What a training compares: the predictions that losses are fed with, or that a metric names, and their targets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.backends.base import Batch, Outcome
from engine.declare import name_of
from engine.errors import NetwrightError
from engine.layers import loss as catalogue
from engine.layers.activation import Sigmoid, Softmax
from engine.layers.base import Layer, Signal
from engine.layers.data import Input, Target
from engine.layers.loss import Loss
from engine.network import Network
from engine.node import Link
from engine.training.metrics import Compared, MetricRule

Array = NDArray[Any]

KINDS: Mapping[type[Loss], Compared] = {
    catalogue.SoftmaxCrossEntropy: "classes",
    catalogue.Focal: "classes",
    catalogue.KLDivergence: "classes",
    catalogue.SigmoidCrossEntropy: "decisions",
    catalogue.Dice: "decisions",
    catalogue.Hinge: "decisions",
    catalogue.MeanSquaredError: "numbers",
    catalogue.MeanAbsoluteError: "numbers",
    catalogue.Huber: "numbers",
    catalogue.CosineSimilarity: "numbers",
}
"""What the prediction and the target of a loss are; of others nothing can be measured."""

SLIGHT = 1e-300
"""A probability below it counts as it: the logarithm of nought is no number."""


@dataclass(frozen=True)
class Comparison:
    """A prediction and the target it is compared with; of classes the axis, and which target does not count."""

    prediction: Link
    target: Link
    kinds: tuple[Compared, ...]
    """What they can be taken for."""
    axis: int = -1
    ignored: int | None = None
    link: Layer | None = None
    """The softmax or sigmoid that the prediction has been through already."""

    def arrays(self, batch: Batch, outcome: Outcome) -> tuple[Array, Array] | None:
        """Scores and target in the form of `measures`; None where this phase has no such prediction."""
        scores = outcome.outputs.get(str(self.prediction))
        if scores is None:
            return None
        target = np.asarray(batch[self.target.node])
        scores = _unlinked(scores, self.link)
        axis = self.axis + 1 if self.axis >= 0 else self.axis
        if target.size == scores.size:
            target = target.reshape(scores.shape)
            if self.kinds != ("classes",) or scores.shape[axis] == 1:
                return scores, target
            target = target.argmax(axis)  # a share for every class: what has the largest
        scores = np.moveaxis(scores, axis, -1)
        scores, target = scores.reshape(-1, scores.shape[-1]), target.reshape(-1)
        if self.ignored is None:
            return scores, target
        counted = target != self.ignored
        return scores[counted], target[counted]


def compared(network: Network) -> Iterator[tuple[Loss, Comparison]]:
    """What the losses of `network` compare."""
    for node in network.nodes:
        kind = KINDS.get(type(node.layer)) if isinstance(node.layer, Loss) else None
        wires = {wire.slot: replace(wire, slot="") for wire in node.wires}
        if kind is not None and isinstance(node.layer, Loss) and wires.keys() >= {"x", "target"}:
            axis, ignored = getattr(node.layer, "axis", -1), getattr(node.layer, "ignore_index", None)
            yield node.layer, Comparison(wires["x"], wires["target"], (kind,), axis, ignored)


def named(network: Network, rule: MetricRule, links: tuple[Link, ...]) -> Comparison:
    """What the `from` of a metric names. Raises NetwrightError."""
    if len(links) != 2:
        raise NetwrightError("a metric's `from` names two nodes, first the prediction, then its target")
    prediction, target = links
    for name in (prediction.node, target.node):
        if name not in network:
            raise NetwrightError(f"the metric {name_of(rule)} compares {name!r}, which is not there")
    of_losses = (pair for _, pair in compared(network) if (pair.prediction, pair.target) == (prediction, target))
    return next(of_losses, None) or _unjudged(network, prediction, target)


def is_at_hand(network: Network, pair: Comparison) -> bool:
    """Whether the target comes with the batch as it is."""
    return isinstance(network[pair.target.node].layer, (Input, Target))


def classes_of(pair: Comparison, scores: Signal) -> int:
    """How many classes there are, or decisions for a sample or place, for scores of this form."""
    if "classes" in pair.kinds:
        return scores.shape[pair.axis]
    return scores.shape[0] if len(scores.shape) in (1, 3, 4) else 1


def _unjudged(network: Network, prediction: Link, target: Link) -> Comparison:
    """A comparison that no loss makes: what the prediction has been through is seen from its layer."""
    layer, given = network[prediction.node].layer, network[target.node].layer
    link = layer if isinstance(layer, (Softmax, Sigmoid)) else None
    told: Signal | None = given.outputs()[0] if isinstance(given, (Input, Target)) else None
    kinds: tuple[Compared, ...] = ("numbers", "decisions")
    if told is not None and told.values == "index":
        kinds = ("decisions",) if isinstance(layer, Sigmoid) else ("classes",)
    return Comparison(prediction, target, kinds, getattr(link, "axis", -1), link=link)


def _unlinked(values: Array, link: Layer | None) -> Array:
    """The scores that `link` has made `values` of."""
    if link is None:
        return values
    wide = np.maximum(values.astype(np.float64), SLIGHT)
    log: Array = np.log(wide)
    return log - np.log(np.maximum(1 - wide, SLIGHT)) if isinstance(link, Sigmoid) else log
