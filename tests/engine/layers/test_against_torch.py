"""The plain numpy reference and the predicted shapes against torch's own functions: two strangers must agree."""

import numpy as np
import pytest

from engine.layers import CATALOGUE
from engine.layers.normalization import BatchNorm
from tests.engine.cases import CASES
from tests.engine.layers.in_torch import (
    arranging,
    convolution,
    dense,
    elementwise,
    losses,
    normalization,
    pooling,
    recurrent,
)
from tests.engine.layers.in_torch.rules import torch, torch_of
from tests.engine.reference import random_input, random_weights, reference, running_averages

FAMILIES = (arranging, convolution, dense, elementwise, losses, normalization, pooling, recurrent)
"""The modules whose rules `torch_of` knows."""

COMPUTED = [case for case in CASES if case.layer.FAMILY != "data"]


def drawn(case):
    weights = random_weights(case.layer, *(signal.shape for signal in case.signals))
    return weights, [random_input(signal, seed=place) for place, signal in enumerate(case.signals)]


def outputs(made):
    return made if isinstance(made, tuple) else (made,)


def tensors(arrays):
    return {name: torch.tensor(array) for name, array in arrays.items()}


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("case", COMPUTED, ids=str)
def test_reference_and_torch_agree(case):
    weights, inputs = drawn(case)
    ours = outputs(reference(case.layer, weights, *inputs))
    theirs = outputs(torch_of(case.layer, tensors(weights), *(torch.tensor(x) for x in inputs)))
    for our, their in zip(ours, theirs, strict=True):
        assert our.shape == tuple(their.shape)
        np.testing.assert_allclose(our, their.numpy(), rtol=1e-9, atol=1e-11)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("case", COMPUTED, ids=str)
def test_the_predicted_shape_is_the_real_one(case):
    weights, inputs = drawn(case)
    theirs = outputs(torch_of(case.layer, tensors(weights), *(torch.tensor(x) for x in inputs)))
    for their, predicted in zip(theirs, case.layer.outputs(*case.signals), strict=True):
        assert tuple(their.shape) == (() if case.layer.FAMILY == "loss" else (2, *predicted.shape))


@pytest.mark.parametrize("case", [c for c in COMPUTED if isinstance(c.layer, BatchNorm)], ids=str)
def test_batch_normalization_agrees_while_training_and_in_what_it_keeps(case):
    weights, (x,) = drawn(case)
    kept = tensors(weights)
    theirs = torch_of(case.layer, kept, torch.tensor(x), training=True).numpy()
    np.testing.assert_allclose(reference(case.layer, weights, x, training=True), theirs, rtol=1e-9, atol=1e-11)
    for name, average in running_averages(case.layer, weights, x).items():
        np.testing.assert_allclose(average, kept[name].numpy(), rtol=1e-9, err_msg=name)


def test_every_layer_that_computes_is_compared():
    special = {"input", "target", "constant", "unknown", "use"}
    compared = {type(case.layer) for case in COMPUTED}
    assert [name for name, kind in CATALOGUE.items() if kind not in compared and name not in special] == []
