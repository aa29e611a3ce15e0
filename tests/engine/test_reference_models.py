"""The gallery's reference models: the published sizes, both backends, and SqueezeNet's eye for photographs."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.active import active
from engine.backends import BACKENDS, available, backend
from engine.backends.base import Plan
from engine.layers.data import Input, Target
from engine.layers.loss import Loss
from engine.model import Model
from engine.network import Network
from engine.opening import gallery, open_model
from engine.prediction import predictor
from engine.report import report_of
from engine.weights import read_weights

SHARED = Path(__file__).parents[3] / "shared"
CAFFE = SHARED / "fixtures" / "caffe" / "bvlc_shapes.json"
PHOTOS = SHARED / "data" / "photos" / "imagenet20"

# torchvision: https://docs.pytorch.org/vision/stable/models.html, its GFLOPS are multiply-accumulates.
PARAMS = {
    "alexnet": 60_965_224,  # Caffe's bvlc_alexnet
    "autoencoder": 2_837_314,  # Hinton and Salakhutdinov's 784-1000-500-250-30 and back
    "densenet121": 7_978_856,  # torchvision
    "efficientnet_b0": 5_288_548,  # torchvision
    "googlenet": 6_998_552,  # Caffe's bvlc_googlenet, deploy
    "googlenet_train": 13_378_280,  # and train_val: 3,188,840 and 3,190,888 more for the auxiliary classifiers
    "mobilenet_v1": 4_231_976,  # shicai's Caffe model without its running averages
    "mobilenet_v2": 3_504_872,  # torchvision
    "resnet18": 11_689_512,  # torchvision
    "resnet50": 25_557_032,  # torchvision
    "siamese": 431_102,  # Caffe's mnist_siamese
    "squeezenet": 1_235_496,  # DeepScale's Caffe model, and torchvision
    "vgg16": 138_357_544,  # torchvision, and the caffemodel of Simonyan and Zisserman
    "vit_tiny": 5_717_416 - 384,  # Touvron et al.'s DeiT-Ti without its class token and that token's place
}
MACS = {
    "alexnet": 0.724e9,  # Krizhevsky et al. 2012 with their two groups, as Netscope counts bvlc_alexnet
    "densenet121": 2.83e9,  # torchvision
    "efficientnet_b0": 0.386e9,  # torchvision; the paper rounds it to 0.39
    "googlenet": 1.58e9,  # Caffe's shapes: the paper's 1.5 is a budget
    "mobilenet_v1": 0.569e9,  # Howard et al. 2017, table 4
    "mobilenet_v2": 0.30e9,  # Sandler et al. 2018, table 4
    "resnet18": 1.81e9,  # torchvision
    "resnet50": 4.09e9,  # torchvision
    "vgg16": 15.47e9,  # torchvision
}
IN_CAFFE = {
    "alexnet": "bvlc/models/bvlc_alexnet/deploy.prototxt",
    "googlenet": "bvlc/models/bvlc_googlenet/deploy.prototxt",
    "mobilenet_v1": "mobilenet/mobilenet_deploy.prototxt",
    "squeezenet": "squeezenet_v1.1/deploy.prototxt",
}
SMALL = {
    "alexnet": 67,
    "densenet121": 64,
    "efficientnet_b0": 64,
    "googlenet": 64,
    "googlenet_train": 80,
    "mobilenet_v1": 64,
    "mobilenet_v2": 64,
    "resnet18": 64,
    "resnet50": 64,
    "squeezenet": 48,
    "unet": 32,
    "vgg16": 32,
    "vit_tiny": 64,
}
"""Pictures of this size take little time and still pass through every layer of the large models."""
HEAVY = {"alexnet", "vgg16"}
"""Whatever the pictures' size, their dense layers have tens of millions of weights."""


def model_of(name: str) -> Model:
    return open_model(f"gallery:{name}").model


def with_size(network: Network, size: int) -> Network:
    """With pictures, and what is to be said of each of their pixels, of another size."""
    channels = network["image"].layer.sizes[0]
    network = network.set_layer("image", Input(sizes=(channels, size, size)))
    masks = (node for node in network.nodes if isinstance(node.layer, Target) and node.layer.sizes)
    for node in masks:
        network = network.set_layer(node.name, replace(node.layer, sizes=(size, size)))
    return network


@pytest.mark.parametrize(("name", "params"), PARAMS.items())
def test_the_number_of_parameters_is_the_published_one(name: str, params: int) -> None:
    assert report_of(model_of(name)).params == params


@pytest.mark.parametrize(("name", "macs"), MACS.items())
def test_the_multiply_accumulates_are_the_published_ones(name: str, macs: float) -> None:
    assert report_of(model_of(name)).macs == pytest.approx(macs, rel=0.01)


def test_squeezenet_has_torchvisions_multiply_accumulates_on_its_smaller_pictures() -> None:
    model = model_of("squeezenet")
    at_224 = replace(model, network=with_size(model.network, 224))
    assert report_of(at_224).macs == pytest.approx(0.35e9, rel=0.01)


@pytest.mark.skipif(not CAFFE.is_file(), reason="needs the shapes that Caffe tells, in ../shared")
@pytest.mark.parametrize(("name", "file"), IN_CAFFE.items())
def test_a_model_of_caffes_costs_what_caffes_own_shapes_cost(name: str, file: str) -> None:
    told = json.loads(CAFFE.read_text(encoding="utf-8"))[file]["TEST"]
    averages = ("BatchNorm",)  # Caffe keeps them with the weights
    params = sum(math.prod(blob) for _, kind, blobs in told["layers"] if kind not in averages for blob in blobs)
    macs = sum(
        math.prod(blobs[0]) * math.prod(told["blobs"][layer][2:])
        for layer, kind, blobs in told["layers"]
        if kind in ("Convolution", "InnerProduct")
    )
    report = report_of(model_of(name))
    assert (report.params, report.macs) == (params, macs)


def test_the_auxiliary_classifiers_are_not_deployed() -> None:
    whole, deployed = model_of("googlenet_train"), model_of("googlenet")
    kept = replace(whole, network=whole.network.remove([n.name for n in whole.network.nodes if n.phase == "train"]))
    assert report_of(kept).params == report_of(deployed).params
    assert [n.layer.weight for n in whole.network.nodes if isinstance(n.layer, Loss)] == [1, 0.3, 0.3]


@pytest.mark.parametrize("name", gallery())
def test_every_model_has_a_shape_and_a_cost_at_every_node(name: str) -> None:
    model = model_of(name)
    report = report_of(model)
    assert not [problem for problem in report.problems if problem.severity == "error"]
    assert all(node.outputs or isinstance(model.network[at].layer, Loss) for at, node in report.nodes.items())
    assert report.params > 0
    assert report.macs > 0


def fed(network: Network, samples: int) -> dict[str, Any]:
    """Random samples for every input and target."""
    random = np.random.default_rng(0)
    drawn = {}
    for node in network.nodes:
        if isinstance(node.layer, (Input, Target)):
            (signal,) = node.layer.outputs()
            shape = (samples, *(16 if axis < 0 else axis for axis in signal.shape))
            is_index = signal.values == "index"
            drawn[node.name] = (
                random.integers(0, signal.classes, shape) if is_index else random.normal(size=shape).astype(np.float32)
            )
    return drawn


CANCELLED = {"siamese": {"left_place/dense2/bias", "left_place/place/bias"}}
"""Weights that cannot learn: the distance of two places stays as it is when both are moved alike."""


def learns(name: str, engine: str, size: int, samples: int) -> None:
    """One step of training moves every weight, and what is told afterwards is finite."""
    if engine not in available():
        pytest.skip(f"{engine} is not installed")
    model = model_of(name)
    network = active(with_size(model.network, size) if size else model.network)
    program = backend(engine).build(network, replace(model.recipe, accumulate=1), Plan(engine))
    batch = fed(network, samples)
    before = program.weights()
    outcome = program.train_step(batch, 0.01, 0).fetch()
    assert np.isfinite(outcome.loss)
    still = {at for at, weight in program.weights().items() if np.array_equal(weight, before[at])}
    assert still == CANCELLED.get(name, set())
    assert np.isfinite(program.evaluate(batch).fetch().loss)


@pytest.mark.parametrize("engine", BACKENDS)
@pytest.mark.parametrize("name", [pytest.param(it, marks=pytest.mark.soak if it in HEAVY else []) for it in gallery()])
def test_every_model_takes_a_step_of_training(name: str, engine: str) -> None:
    """The large models on small pictures: on theirs a step takes long."""
    learns(name, engine, SMALL.get(name, 0), samples=4)


@pytest.mark.soak
@pytest.mark.parametrize("engine", BACKENDS)
@pytest.mark.parametrize("name", SMALL)
def test_the_large_models_take_a_step_on_pictures_of_full_size(name: str, engine: str) -> None:
    learns(name, engine, 0, samples=2)


def test_squeezenets_weights_are_those_that_it_takes() -> None:
    opened = open_model("gallery:squeezenet")
    assert opened.problems == ()
    weights = read_weights(opened.weights)
    assert sum(array.size for array in weights.values()) == report_of(opened.model).params
    assert {array.dtype for array in weights.values()} == {np.dtype(np.float32)}


@pytest.mark.skipif(not PHOTOS.is_dir(), reason="needs the photographs in ../shared")
@pytest.mark.parametrize("engine", BACKENDS)
def test_squeezenet_knows_what_is_on_photographs(engine: str) -> None:
    """The class is the last number of a file's name; the weights' authors' own code has as many of them right."""
    if engine not in available():
        pytest.skip(f"{engine} is not installed")
    opened = open_model("gallery:squeezenet")
    names = next(feed.labels for feed in opened.model.data.feeds if feed.node == "class")
    asked = predictor(opened, Plan(engine))
    places = []
    for photo in sorted(PHOTOS.glob("*.jpg")):
        (answer,) = asked.answers(asked.prepared({"image": photo}), top=5)
        told = [best["label"] for best in answer["top"]]
        wanted = names[int(photo.stem.rsplit("_", 1)[1])]
        places.append(told.index(wanted) if wanted in told else 5)
    assert len(places) == 20
    assert places.count(0) >= 13
    assert max(places) < 5
