"""Sequences of unequal lengths in training: batches of different lengths, and a mask of the steps that count."""

from pathlib import Path

import numpy as np
import pytest

from engine.active import active
from engine.backends import backend
from engine.backends.base import Plan
from engine.data.dataset import open_data
from engine.opening import open_model
from engine.prediction import predictor
from engine.schema.read import read
from engine.training.checkpoints import Checkpoints
from engine.training.loop import Job, train
from engine.training.messages import Epoch
from engine.weights import write_weights
from tests.engine.training.small import ENGINES

MODEL = """
netwright: 1
name: "Lengths"
node { name: "steps" input { shape: [-1, 2] } }
node { name: "mask" input { shape: [-1] } }
node { name: "kind" target { classes: 2 } }
node { name: "read" from: "steps" from: "mask=mask" LAYER }
node { name: "score" from: "read" dense { units: 2 } }
node { name: "loss" from: "score" from: "kind" softmax_cross_entropy { } }
recipe { optimizer { sgd { learning_rate: 0.5 } } batch_size: 16 epochs: 2 seed: 3 }
data {
  source { npz { path: "a.npz" series { name: "x" lengths: "n" } } }
  split { validation: 0.25 }
  feed { node: "steps" column: "x" BUCKETS transform { pad { PAD } } }
  feed { node: "mask" mask_of: "steps" }
  feed { node: "kind" column: "y" }
}
"""
LAYERS = (
    "lstm { units: 6 bidirectional: true }",
    "gru { units: 6 layers: 2 }",
    "rnn { units: 6 }",
)


def save(folder: Path) -> None:
    """Does a series rise or fall? What is behind its end would say the opposite."""
    random = np.random.default_rng(1)
    lengths = random.integers(3, 8, 64)
    kinds = np.arange(64) % 2
    series = [np.linspace(0, 1, n) * (1 if kind else -1) for n, kind in zip(lengths, kinds, strict=True)]
    flat = np.concatenate(series) + random.normal(0, 0.05, lengths.sum())
    np.savez(folder / "a.npz", x=np.stack((flat, flat**2), axis=1).astype(np.float32), n=lengths, y=kinds)


def losses(folder: Path, engine: str, layer: str, pad: str = "", buckets: str = "") -> list[float]:
    """Of training and validation, epoch by epoch."""
    text = MODEL.replace("LAYER", layer).replace("PAD", pad).replace("BUCKETS", buckets)
    model = read(text).model
    network = active(model.network)
    data = open_data(model.data, network, folder)
    program = backend(engine).build(network, model.recipe, Plan(engine, threads=1))
    told = train(Job(model, program, data, Checkpoints(folder / layer.split()[0] / f"{pad}{buckets}" / "checkpoints")))
    epochs = [message for message in told if isinstance(message, Epoch)]
    return [part["loss"] for epoch in epochs for part in (epoch.train, epoch.validation)]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.split()[0])
@pytest.mark.parametrize("engine", ENGINES)
def test_how_much_is_padded_changes_nothing_where_there_is_a_mask(engine: str, layer: str, tmp_path: Path) -> None:
    save(tmp_path)
    shortest = losses(tmp_path, engine, layer)
    assert losses(tmp_path, engine, layer, pad="length: 9 value: 5") == pytest.approx(shortest, rel=1e-4)
    assert shortest[-2] < shortest[0]


@pytest.mark.parametrize("engine", ENGINES)
def test_batches_of_similar_length_are_trained_with(engine: str, tmp_path: Path) -> None:
    save(tmp_path)
    mixed, similar = losses(tmp_path, engine, LAYERS[0]), losses(tmp_path, engine, LAYERS[0], buckets="bucketed: true")
    assert similar[-2] < similar[0]
    assert similar != mixed


@pytest.mark.parametrize("engine", ENGINES)
def test_who_asks_a_model_gives_no_mask_and_gets_the_answer_that_one_would_give(engine: str, tmp_path: Path) -> None:
    save(tmp_path)
    text = MODEL.replace("LAYER", LAYERS[1]).replace("PAD", "length: 9 value: 5").replace("BUCKETS", "")
    model = read(text).model
    weights = backend(engine).build(active(model.network), model.recipe, Plan(engine, threads=1)).weights()
    write_weights(tmp_path / "w.safetensors", weights)
    (tmp_path / "m.txtpb").write_text(text.replace('name: "Lengths"', 'name: "Lengths" weights: "w.safetensors"'))
    asked = predictor(open_model(tmp_path / "m.txtpb"), Plan(engine, threads=1))
    assert asked.inputs == ("steps",)
    series = np.random.default_rng(1).normal(size=(5, 2)).astype(np.float32)
    batch = asked.prepared({"steps": series})
    assert batch["mask"].tolist() == [[1, 1, 1, 1, 1, 0, 0, 0, 0]]
    unpadded = {"steps": series[None], "mask": np.ones((1, 5), np.float32)}
    (padded,), (plain,) = (list(asked.run(one).values()) for one in (batch, unpadded))
    assert padded == pytest.approx(plain, rel=1e-5)
