"""Class weights that are counted in the training part."""

from pathlib import Path

import numpy as np
import pytest

from engine.data.balance import balanced
from engine.data.dataset import Data, open_data
from engine.layers.loss import SoftmaxCrossEntropy
from engine.model import Model
from engine.schema.read import read

TEXT = """
netwright: 1
node { name: "x" input { shape: [2] } }
node { name: "y" target { classes: 4 } }
node { name: "score" from: "x" dense { units: 4 } }
node { name: "loss" from: "score" from: "y" softmax_cross_entropy { balanced: true } }
data {
  source { npz { path: "few.npz" } }
  source { part: validation npz { path: "other.npz" } }
  feed { node: "x" column: "x" }
  feed { node: "y" column: "y" label: "a" label: "b" label: "c" label: "d" }
}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """In training 6 of a, 3 of b, 1 of c and none of d; in validation others."""
    for name, given in (("few", [0] * 6 + [1] * 3 + [2]), ("other", [0, 1, 2, 3] * 5)):
        np.savez(tmp_path / f"{name}.npz", x=np.zeros((len(given), 2), np.float32), y=np.array(given))
    return tmp_path


def settled(folder: Path, text: str = TEXT) -> tuple[Model, Data]:
    model = read(text).model
    return balanced(model, open_data(model.data, model.network, folder))


def loss_of(model: Model) -> SoftmaxCrossEntropy:
    layer = model.network["loss"].layer
    assert isinstance(layer, SoftmaxCrossEntropy)
    return layer


def test_the_rarer_a_class_the_more_it_weighs(folder: Path) -> None:
    model, _ = settled(folder)
    # scikit-learn's compute_class_weight("balanced", classes=[0, 1, 2], y): 0.5555…, 1.1111…, 3.3333…
    assert loss_of(model).class_weights == pytest.approx([10 / 18, 10 / 9, 10 / 3, 1])
    assert not loss_of(model).balanced


def test_all_samples_together_weigh_what_they_did(folder: Path) -> None:
    weights = loss_of(settled(folder)[0]).class_weights
    assert sum(weight * count for weight, count in zip(weights, (6, 3, 1, 0), strict=True)) == pytest.approx(10)


def test_what_the_loss_ignores_is_not_counted(folder: Path) -> None:
    model, _ = settled(folder, TEXT.replace("balanced: true", "balanced: true ignore_index: 0"))
    assert loss_of(model).class_weights == pytest.approx([1, 4 / 6, 4 / 2, 1])


def test_the_weights_are_told(folder: Path) -> None:
    (problem,) = settled(folder)[1].problems
    assert (problem.severity, problem.node) == ("suggestion", "loss")
    assert problem.message == "its classes weigh a 0.5556, b 1.111, c 3.333, d 1"


def test_a_model_without_balanced_losses_stays_as_it_is(folder: Path) -> None:
    model = read(TEXT.replace("balanced: true", "")).model
    data = open_data(model.data, model.network, folder)
    assert balanced(model, data) == (model, data)
