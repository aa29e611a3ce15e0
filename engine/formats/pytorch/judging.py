"""Losses and metrics in a written `train.py`: expressions of what the network gives and the batch holds."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping

from engine.backends.graph import Site, Source
from engine.declare import name_of
from engine.errors import Unsupported
from engine.formats.pytorch.rules import batched
from engine.layers.loss import (
    Contrastive,
    CosineSimilarity,
    Dice,
    Focal,
    Hinge,
    Huber,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
    SigmoidCrossEntropy,
    SoftmaxCrossEntropy,
    Triplet,
)
from engine.training.gauges import Gauge
from engine.training.metrics import Accuracy, TopK
from engine.training.metrics import MeanAbsoluteError as MeanDistance


@functools.singledispatch
def loss(layer: Loss, site: Site, values: tuple[str, ...]) -> str:
    """What `layer` computes of `values`, before its weight. Raises Unsupported."""
    raise Unsupported(f"it has no rule for the loss {name_of(layer)}", node=site.name)


@loss.register
def softmax_cross_entropy(layer: SoftmaxCrossEntropy, site: Site, values: tuple[str, ...]) -> str:
    x, target = values
    signals = site.inputs
    if signals[1] is None or signals[0] is None or signals[1].values != "index":
        raise Unsupported("it has no rule for targets with a share of every class", node=site.name)
    options = f", weight=torch.tensor({list(layer.class_weights)})" if layer.class_weights else ""
    options += "" if layer.ignore_index is None else f", ignore_index={layer.ignore_index}"
    options += f", label_smoothing={layer.label_smoothing}" if layer.label_smoothing else ""
    axes, axis = len(signals[0].shape), batched(layer.axis)
    if axes > 1 and axis in (-1, axes):
        x, target = f"{x}.flatten(0, -2)", f"{target}.flatten()"
    elif axes > 1 and axis != 1:
        x = f"{x}.movedim({axis}, 1)"
    return f"F.cross_entropy({x}, {target}{options})"


@loss.register
def sigmoid_cross_entropy(layer: SigmoidCrossEntropy, site: Site, values: tuple[str, ...]) -> str:
    x, target = values
    return f"F.binary_cross_entropy_with_logits({x}, {target}.reshape({x}.shape).float())"


@loss.register
def mean_squared_error(layer: MeanSquaredError, site: Site, values: tuple[str, ...]) -> str:
    x, target = values
    return f"F.mse_loss({x}, {target}.reshape({x}.shape))"


@loss.register
def mean_absolute_error(layer: MeanAbsoluteError, site: Site, values: tuple[str, ...]) -> str:
    x, target = values
    return f"F.l1_loss({x}, {target}.reshape({x}.shape))"


@loss.register
def huber(layer: Huber, site: Site, values: tuple[str, ...]) -> str:
    x, target = values
    return f"F.huber_loss({x}, {target}.reshape({x}.shape), delta={layer.delta})"


@loss.register
def cosine_similarity(layer: CosineSimilarity, site: Site, values: tuple[str, ...]) -> str:
    x, target = values
    return f"1 - F.cosine_similarity({x}, {target}, {batched(layer.axis)}).mean()"


@loss.register
def hinge(layer: Hinge, site: Site, values: tuple[str, ...]) -> str:
    return f"hinge({', '.join(values)})"


@loss.register
def focal(layer: Focal, site: Site, values: tuple[str, ...]) -> str:
    return f"focal({', '.join(values)}, gamma={layer.gamma}, axis={batched(layer.axis)})"


@loss.register
def dice(layer: Dice, site: Site, values: tuple[str, ...]) -> str:
    return f"dice({', '.join(values)}, smooth={layer.smooth})"


@loss.register
def contrastive(layer: Contrastive, site: Site, values: tuple[str, ...]) -> str:
    return f"contrastive({', '.join(values)}, margin={layer.margin})"


@loss.register
def triplet(layer: Triplet, site: Site, values: tuple[str, ...]) -> str:
    return f"triplet({', '.join(values)}, margin={layer.margin})"


def metrics(gauges: tuple[Gauge, ...], values: Mapping[Source, str]) -> Iterator[tuple[str, str]]:
    """The name of every metric that can be printed, and what measures it; the others are left out."""
    for gauge in gauges:
        pair = gauge.comparison
        x = values.get((pair.prediction.node, pair.prediction.output))
        target = values.get((pair.target.node, pair.target.output))
        if x is None or target is None or pair.ignored is not None or pair.link is not None:
            continue
        classes = "classes" in pair.kinds
        if isinstance(gauge.rule, Accuracy):
            yield (
                gauge.name,
                f"accuracy({x}, {target}, {batched(pair.axis)})" if classes else f"decisions({x}, {target})",
            )
        elif isinstance(gauge.rule, TopK) and classes:
            yield gauge.name, f"top_k({x}, {target}, {batched(pair.axis)}, {gauge.rule.k})"
        elif isinstance(gauge.rule, MeanDistance):
            yield gauge.name, f"mean_absolute_error({x}, {target})"
