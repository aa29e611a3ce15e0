"""Networks in few words, for tests."""

from __future__ import annotations

from engine.layers import Layer
from engine.layers.activation import ReLU
from engine.layers.convolution import Conv2D
from engine.layers.data import Input, Target
from engine.layers.dense import Dense
from engine.layers.loss import SoftmaxCrossEntropy
from engine.layers.pooling import MaxPool2D
from engine.layers.reshape import Flatten
from engine.network import Network
from engine.node import Link, Node


def node(name: str, sources: str, layer: Layer, **more: object) -> Node:
    """A node fed by `sources`, links between spaces."""
    return Node(name=name, inputs=tuple(map(Link.parse, sources.split())), layer=layer, **more)


def network(*nodes: Node | tuple[str, str, Layer]) -> Network:
    """A network of nodes, or of what `node` takes."""
    return Network(tuple(given if isinstance(given, Node) else node(*given) for given in nodes))


def lenet() -> Network:
    """Caffe's LeNet (examples/mnist/lenet_train_test.prototxt)."""
    return network(
        ("image", "", Input(sizes=(1, 28, 28))),
        ("digit", "", Target(classes=10)),
        ("conv1", "image", Conv2D(filters=20, kernel=5)),
        ("pool1", "conv1", MaxPool2D(kernel=2, stride=2, rounding="ceil")),
        ("conv2", "pool1", Conv2D(filters=50, kernel=5)),
        ("pool2", "conv2", MaxPool2D(kernel=2, stride=2, rounding="ceil")),
        ("flat", "pool2", Flatten()),
        ("ip1", "flat", Dense(units=500)),
        ("relu1", "ip1", ReLU()),
        ("ip2", "relu1", Dense(units=10)),
        ("loss", "ip2 digit", SoftmaxCrossEntropy()),
    )
