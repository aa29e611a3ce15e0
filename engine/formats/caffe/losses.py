"""Losses, each with the factor that makes Caffe's own of it, and what is reported besides them."""

from __future__ import annotations

from dataclasses import replace

from engine.formats.caffe.activations import softmax_axis
from engine.formats.caffe.building import NoLayer, Site, rule
from engine.formats.caffe.message import Message
from engine.layers.activation import Softmax
from engine.layers.base import Shape, volume
from engine.layers.data import Target
from engine.layers.loss import Contrastive, MeanSquaredError, SigmoidCrossEntropy, SoftmaxCrossEntropy
from engine.node import Link
from engine.training.metrics import Accuracy, MetricRule, TopK
from engine.training.recipe import Metric


def _factor(site: Site) -> float:
    """`loss_weight`; 1 where nothing is said."""
    weights = site.message.all("loss_weight")
    if weights and weights[0] < 0:
        raise NoLayer("its loss_weight is less than 0")
    return float(weights[0]) if weights else 1.0


@rule("SoftmaxWithLoss", "SoftmaxLoss")
def softmax_loss(site: Site) -> tuple[Link, ...]:
    given, axis = site.param("loss_param"), site.axis(softmax_axis(site))
    shape = site.shape()
    classes = max(0, shape[axis]) if shape is not None and axis < len(shape) else 0
    _answer(site, 1, classes, () if shape is None else (*shape[:axis], *shape[axis + 1 :]))
    weight = _factor(site) * _by_normalization(site, given, "VALID", _positions(shape, axis))
    layer = SoftmaxCrossEntropy(
        weight=weight,
        ignore_index=given.get("ignore_label") if given.has("ignore_label") else None,
        axis=-1 if shape is not None and axis == len(shape) - 1 else axis,
    )
    loss = site.put(layer, *site.inputs[:2])
    if len(site.tops) < 2:
        return (loss,)
    return (loss, site.put(Softmax(axis=axis), site.inputs[0], suffix="_probability"))


def _positions(shape: Shape | None, axis: int) -> int:
    return 1 if shape is None else volume((*shape[:axis], *shape[axis + 1 :]))


def _by_normalization(site: Site, given: Message, default: str, positions: int) -> float:
    """What the mean over all positions is to be multiplied by (LossLayer::GetNormalizer)."""
    kind = default
    if given.has("normalization"):
        kind = str(given.get("normalization"))
    elif given.has("normalize"):
        kind = "VALID" if given.get("normalize") else "BATCH_SIZE"
    ignores = given.has("ignore_label")
    if kind in ("FULL", "BATCH_SIZE") and ignores:
        site.approximated("positions that are passed over do not count in the mean; there they do")
    if kind == "NONE":
        count = max(1, site.building.batch)
        site.approximated(f"is a sum there: the mean times {count} samples, as the file's batches have them")
        return float(count * positions)
    return float(positions) if kind == "BATCH_SIZE" else 1.0


def _answer(site: Site, place: int, classes: int, sizes: Shape | None = None) -> None:
    """Says of a Target what this loss wants of it."""
    name = site.inputs[place].node if place < len(site.inputs) else ""
    node = site.building.nodes.get(name)
    if node is None or not isinstance(node.layer, Target):
        return
    layer = replace(node.layer, classes=max(node.layer.classes, classes))
    if (sizes is not None and volume(sizes) == volume(layer.sizes)) or (sizes and not layer.sizes):
        layer = replace(layer, sizes=sizes or ())
    site.building.change(name, layer)


def _known(site: Site) -> Shape:
    """The shape of what is compared, whichever input tells it. Raises NoLayer."""
    shapes = (site.shape(place) for place in range(2))
    known = next((shape for shape in shapes if shape is not None and -1 not in shape), None)
    if known is None:
        raise NoLayer("the shape of its input is not known")
    return known


@rule("EuclideanLoss")
def euclidean(site: Site) -> Link:
    """Σ (a − b)² / 2N: half the values of a sample times the mean over all."""
    shape = _known(site)
    _answer(site, 1, 0, shape)
    return site.put(MeanSquaredError(weight=_factor(site) * volume(shape) / 2))


@rule("SigmoidCrossEntropyLoss")
def sigmoid_loss(site: Site) -> Link:
    given, shape = site.param("loss_param"), _known(site)
    if given.has("ignore_label"):
        raise NoLayer("it passes over a label")
    _answer(site, 1, 0, shape)
    values = volume(shape)
    weight = _by_normalization(site, given, "BATCH_SIZE", values)
    return site.put(SigmoidCrossEntropy(weight=_factor(site) * weight), *site.inputs[:2])


@rule("ContrastiveLoss")
def contrastive(site: Site) -> Link:
    given = site.param("contrastive_loss_param")
    if given.get("legacy_version"):
        raise NoLayer("its legacy version takes the margin from the square of the distance")
    _answer(site, 2, 2, ())
    return site.put(Contrastive(weight=_factor(site), margin=given.get("margin")))


@rule("Accuracy")
def accuracy(site: Site) -> tuple[Link, ...]:
    """A metric of the recipe; its blob is fed to nothing."""
    given, building = site.param("accuracy_param"), site.building
    k = int(given.get("top_k"))
    shape = site.shape()
    axis = site.axis(int(given.get("axis")))
    _answer(site, 1, max(0, shape[axis]) if shape is not None and axis < len(shape) else 0)
    if given.has("ignore_label"):
        site.approximated("positions that are passed over are those that the loss passes over")
    metric: MetricRule = Accuracy() if k == 1 else TopK(k=k)
    found = Metric(rule=metric, inputs=site.inputs[:2])
    if found not in building.metrics:
        building.metrics.append(found)
    return ()


@rule("Silence")
def silence(site: Site) -> tuple[Link, ...]:
    """It only keeps Caffe from printing blobs that feed nothing."""
    return ()
