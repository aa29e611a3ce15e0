"""What a plan cannot have is refused before the first step, by the names of the nodes."""

from __future__ import annotations

import pytest

from engine.backends.graph import graph_of
from engine.backends.refusals import always, refuse
from engine.errors import Unsupported
from engine.layers.activation import ReLU
from engine.layers.data import Input, Target
from engine.layers.dense import Dense
from engine.layers.distributed import TimeDistributed
from engine.layers.loss import CTC, SoftmaxCrossEntropy
from engine.layers.pooling import AdaptiveAvgPool, AvgPool2D, AvgPool3D
from engine.layers.resampling import Upsample
from tests.engine.backends.networks import network, node

MASKS = graph_of(
    network(
        node("x", Input(sizes=(3, 8, 8))),
        node("fine", AvgPool2D(kernel=2), "x"),
        node("nearest", Upsample(), "fine"),
        node("blend", Upsample(mode="bilinear"), "fine"),
        node("parts", AdaptiveAvgPool(sizes=(2, 2)), "x"),
        node("mask", Target(sizes=(8, 8), classes=3)),
        node("loss", SoftmaxCrossEntropy(axis=0), "blend", "mask"),
        node("other", SoftmaxCrossEntropy(axis=-1), "scores", "digit"),
        node("scores", Dense(units=3), "x"),
        node("digit", Target(sizes=(3, 8), classes=3)),
        node("volume", Input(sizes=(1, 4, 4, 4))),
        node("cubes", AvgPool3D(kernel=2), "volume"),
    )
)


def test_nodes_are_named_with_their_layers_also_inside_others() -> None:
    graph = graph_of(network(node("x", Input(sizes=(5, 3))), node("each", TimeDistributed(layer=ReLU()), "x")))
    with pytest.raises(Unsupported, match=r"^these cannot: each \(relu\)") as refused:
        refuse(graph, {ReLU: always}, "these cannot", "others can")
    assert refused.value.hint == "others can"
    refuse(graph, {Dense: always, ReLU: lambda layer, site: False}, "these cannot", "")


def test_what_has_no_algorithm_on_cuda_that_repeats_every_bit_is_told() -> None:
    pytest.importorskip("torch")
    from engine.backends.pytorch.process import IN_ANY_ORDER

    with pytest.raises(Unsupported) as refused:
        refuse(MASKS, IN_ANY_ORDER, "not these", "")
    named = {part.partition(" ")[0] for part in refused.value.message.removeprefix("not these: ").split(", ")}
    assert named == {"blend", "parts", "loss", "cubes"}
    assert CTC in IN_ANY_ORDER


def test_on_the_processor_everything_repeats_every_bit() -> None:
    pytest.importorskip("torch")
    from engine.backends.base import Plan
    from engine.backends.pytorch.process import set_up

    set_up(Plan("torch", deterministic=True), MASKS)
