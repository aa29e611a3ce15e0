"""What a training measures: each loss, and the metrics of what the losses compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.backends.base import Batch, Outcome
from engine.declare import name_of
from engine.errors import NetwrightError
from engine.layers import loss as catalogue
from engine.layers.data import Input, Target
from engine.layers.loss import Loss
from engine.network import Network
from engine.node import Link
from engine.training.measures import Sums, name_of_metric, sums, value
from engine.training.metrics import Accuracy, MeanAbsoluteError, MetricRule
from engine.training.recipe import Recipe

Array = NDArray[Any]

DEFAULTS: Mapping[type[Loss], MetricRule] = {
    catalogue.SoftmaxCrossEntropy: Accuracy(),
    catalogue.Focal: Accuracy(),
    catalogue.SigmoidCrossEntropy: Accuracy(),
    catalogue.Hinge: Accuracy(),
    catalogue.MeanSquaredError: MeanAbsoluteError(),
    catalogue.MeanAbsoluteError: MeanAbsoluteError(),
    catalogue.Huber: MeanAbsoluteError(),
}
"""What is measured of a loss where the recipe says nothing."""


@dataclass(frozen=True)
class Comparison:
    """A prediction and the target it is compared with; of classes the axis, and which target does not count."""

    prediction: Link
    target: Link
    axis: int = -1
    ignored: int | None = None

    def arrays(self, batch: Batch, outcome: Outcome) -> tuple[Array, Array] | None:
        """Scores and target in the form of `measures`; None where this phase has no such prediction."""
        scores = outcome.outputs.get(str(self.prediction))
        if scores is None:
            return None
        target = np.asarray(batch[self.target.node])
        if target.size == scores.size:
            return scores, target.reshape(scores.shape)
        axis = self.axis + 1 if self.axis >= 0 else self.axis
        scores = np.moveaxis(scores, axis, -1)
        scores, target = scores.reshape(-1, scores.shape[-1]), target.reshape(-1)
        if self.ignored is None:
            return scores, target
        counted = target != self.ignored
        return scores[counted], target[counted]


@dataclass(frozen=True)
class Gauge:
    """One metric of one comparison, under the name it is reported by."""

    name: str
    rule: MetricRule
    comparison: Comparison


@dataclass
class Tally:
    """Sums over batches, for means. Adding up is all it does, so a training can be cut and go on with the same sums."""

    gauges: tuple[Gauge, ...] = ()
    samples: int = 0
    losses: dict[str, float] = field(default_factory=dict)
    metrics: dict[str, Sums] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        """Adds what was counted elsewhere."""
        self.samples += other.samples
        for name, loss in other.losses.items():
            self.losses[name] = self.losses.get(name, 0.0) + loss
        for name, total in other.metrics.items():
            self.metrics[name] = self.metrics[name] + total if name in self.metrics else total

    def count(self, batch: Batch, outcome: Outcome) -> Tally:
        """What one batch adds."""
        samples = len(next(iter(batch.values())))
        losses = {"loss": outcome.loss * samples}
        if len(outcome.losses) > 1:
            losses |= {f"{name}_loss": loss * samples for name, loss in outcome.losses.items()}
        metrics = {}
        for gauge in self.gauges:
            arrays = gauge.comparison.arrays(batch, outcome)
            if arrays is not None:
                metrics[gauge.name] = sums(gauge.rule, *arrays)
        return Tally(self.gauges, samples, losses, metrics)

    def fresh(self) -> Tally:
        """An empty one of the same gauges."""
        return Tally(self.gauges)

    def means(self) -> dict[str, float]:
        """`loss`, each loss where there are several, every metric; nothing where nothing was counted."""
        if not self.samples:
            return {}
        losses = {name: total / self.samples for name, total in self.losses.items()}
        return losses | {g.name: value(g.rule, self.metrics[g.name]) for g in self.gauges if g.name in self.metrics}

    def state(self) -> dict[str, Any]:
        """The sums in plain numbers."""
        return {
            "samples": self.samples,
            "losses": dict(self.losses),
            "metrics": {name: total.tolist() for name, total in self.metrics.items()},
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Goes on with sums from `state`."""
        self.samples = state["samples"]
        self.losses = dict(state["losses"])
        self.metrics = {name: np.array(total, dtype=np.float64) for name, total in state["metrics"].items()}


def gauges_of(network: Network, recipe: Recipe) -> tuple[Gauge, ...]:
    """What is measured of `network` (active nodes only). Raises NetwrightError for a metric that cannot be."""
    losses = _comparisons(network)
    chosen = _asked(network, recipe, losses) if recipe.metrics else _usual(network, losses)
    gauges = [Gauge(name_of_metric(rule), rule, pair) for rule, pair in dict.fromkeys(chosen)]
    several = len({(g.comparison.prediction, g.comparison.target) for g in gauges}) > 1
    return tuple(replace(g, name=f"{g.comparison.prediction}_{g.name}") if several else g for g in gauges)


def watched_outputs(gauges: tuple[Gauge, ...]) -> tuple[str, ...]:
    """The nodes whose outputs the gauges read."""
    return tuple(dict.fromkeys(str(gauge.comparison.prediction) for gauge in gauges))


Compared = tuple[type[Loss], Comparison]
Chosen = tuple[MetricRule, Comparison]


def _comparisons(network: Network) -> list[Compared]:
    found = []
    for node in network.nodes:
        if isinstance(node.layer, Loss):
            wires = {wire.slot: replace(wire, slot="") for wire in node.wires}
            if not wires.keys() >= {"x", "target"}:  # vectors among themselves: no prediction and its target
                continue
            axis, ignored = getattr(node.layer, "axis", -1), getattr(node.layer, "ignore_index", None)
            found.append((type(node.layer), Comparison(wires["x"], wires["target"], axis, ignored)))
    return found


def _usual(network: Network, losses: list[Compared]) -> list[Chosen]:
    return [(DEFAULTS[kind], pair) for kind, pair in losses if kind in DEFAULTS and _is_at_hand(network, pair)]


def _asked(network: Network, recipe: Recipe, losses: list[Compared]) -> list[Chosen]:
    chosen = []
    for metric in recipe.metrics:
        for pair in [_pair(metric.inputs, losses)] if metric.inputs else [pair for _, pair in losses]:
            for name in (pair.prediction.node, pair.target.node):
                if name not in network:
                    raise NetwrightError(f"the metric {name_of(metric.rule)} compares {name!r}, which is not there")
            if not _is_at_hand(network, pair):
                target = pair.target.node
                raise NetwrightError(
                    f"the metric {name_of(metric.rule)} needs a target that comes with the data, not a computed one",
                    node=target,
                )
            chosen.append((metric.rule, pair))
    return chosen


def _pair(links: tuple[Link, ...], losses: list[Compared]) -> Comparison:
    if len(links) != 2:
        raise NetwrightError("a metric's `from` names two nodes, first the prediction, then its target")
    prediction, target = links
    same = (pair for _, pair in losses if (pair.prediction, pair.target) == (prediction, target))
    return next(same, Comparison(prediction, target))


def _is_at_hand(network: Network, pair: Comparison) -> bool:
    """Whether the target comes with the batch as it is."""
    return isinstance(network[pair.target.node].layer, (Input, Target))
