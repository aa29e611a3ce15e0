"""What a training measures: each loss, and the metrics of what the losses compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from engine.backends.base import Batch, Outcome
from engine.backends.graph import Source, graph_of
from engine.declare import name_of
from engine.errors import NetwrightError
from engine.layers import loss as catalogue
from engine.layers.base import Signal
from engine.layers.loss import Loss
from engine.network import Network
from engine.training.comparing import Comparison, classes_of, compared, is_at_hand, named
from engine.training.measures import Sums, check_room, sums, value
from engine.training.metrics import Accuracy, MeanAbsoluteError, MetricRule
from engine.training.recipe import Recipe

MOST_CLASSES = 1000
"""Classes up to which there is a table of them."""

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
class Gauge:
    """One metric of one comparison, under the name it is reported by."""

    name: str
    rule: MetricRule
    comparison: Comparison

    def labels(self, known: Mapping[str, Sequence[str]], count: int) -> list[str]:
        """What the `count` classes are called; by their numbers where no name is `known` for the target."""
        names = known.get(self.comparison.target.node, ())[:count]
        return [*names, *map(str, range(len(names), count))]


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
            before: Any = self.metrics.get(name)
            self.metrics[name] = total if before is None else before + total
            check_room(name, self.metrics[name])

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
        return losses | {g.name: value(g.rule, self.metrics[g.name]) for g in self._measured if not g.rule.TABLE}

    def tables(self) -> dict[str, list[list[int]]]:
        """The counts of every metric that is a table, row by row."""
        return {g.name: np.asarray(self.metrics[g.name], np.int64).tolist() for g in self._measured if g.rule.TABLE}

    @property
    def _measured(self) -> Iterator[Gauge]:
        return (gauge for gauge in self.gauges if gauge.name in self.metrics)

    def state(self) -> dict[str, Any]:
        """The sums in plain numbers; of no metric that is measured of the whole."""
        return {
            "samples": self.samples,
            "losses": dict(self.losses),
            "metrics": {name: np.asarray(total).tolist() for name, total in self.metrics.items()},
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Goes on with sums from `state`."""
        self.samples = state["samples"]
        self.losses = dict(state["losses"])
        self.metrics = {name: np.array(total, dtype=np.float64) for name, total in state["metrics"].items()}


def gauges_of(network: Network, recipe: Recipe) -> tuple[Gauge, ...]:
    """What is measured of `network` (active nodes only). Raises NetwrightError for a metric that cannot be."""
    chosen = _asked(network, recipe) if recipe.metrics else _usual(network)
    gauges = [Gauge(rule.called(), rule, pair) for rule, pair in dict.fromkeys(chosen)]
    several = len({(g.comparison.prediction, g.comparison.target) for g in gauges}) > 1
    return tuple(replace(g, name=f"{g.comparison.prediction}_{g.name}") if several else g for g in gauges)


def watched_outputs(gauges: tuple[Gauge, ...]) -> tuple[str, ...]:
    """The nodes whose outputs the gauges read."""
    return tuple(dict.fromkeys(str(gauge.comparison.prediction) for gauge in gauges))


Chosen = tuple[MetricRule, Comparison]


def _usual(network: Network) -> Iterator[Chosen]:
    for loss, pair in compared(network):
        if type(loss) in DEFAULTS and is_at_hand(network, pair):
            yield DEFAULTS[type(loss)], pair


def _asked(network: Network, recipe: Recipe) -> Iterator[Chosen]:
    signals = graph_of(network).signals
    for metric in recipe.metrics:
        rule = metric.rule
        pairs = [named(network, rule, metric.inputs)] if metric.inputs else [pair for _, pair in compared(network)]
        refusals = [_refusal(network, signals, rule, pair) for pair in pairs]
        if all(refusals):  # of several losses a metric takes those that it understands
            raise refusals[0] or NetwrightError(f"the metric {name_of(rule)} finds no prediction and its target")
        yield from ((rule, pair) for pair, refusal in zip(pairs, refusals, strict=True) if refusal is None)


def _refusal(
    network: Network, signals: Mapping[Source, Signal], rule: MetricRule, pair: Comparison
) -> NetwrightError | None:
    """Why `rule` cannot measure this; None where it can."""
    name, target = name_of(rule), pair.target.node
    if not is_at_hand(network, pair):
        return NetwrightError(
            f"the metric {name} needs a target that comes with the data, not a computed one", node=target
        )
    if not set(pair.kinds) & set(rule.COMPARES):
        kinds, wanted = " or ".join(pair.kinds), " or ".join(rule.COMPARES)
        return NetwrightError(f"the metric {name} compares {wanted}, and what {target!r} is compared with is {kinds}")
    scores = signals.get((pair.prediction.node, pair.prediction.output))
    if scores is None:
        return NetwrightError(f"the metric {name} compares {str(pair.prediction)!r}, which is not there")
    classes = classes_of(pair, scores)
    if rule.TABLE and classes > MOST_CLASSES:
        return NetwrightError(f"the metric {name} takes up to {MOST_CLASSES:,} classes, and there are {classes:,}")
    only = getattr(rule, "only", None)
    if only is not None and only >= classes:
        return NetwrightError(f"the metric {name} looks at class {only} only, and the last one is {classes - 1}")
    return None
