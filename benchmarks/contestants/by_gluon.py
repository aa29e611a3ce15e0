"""MXNet by hand: Gluon's networks with its Trainer, hybridised or not, and the older Module."""

from __future__ import annotations

from typing import Any

from contestants.nets import CHARACTERS, Net
from contestants.turns import Batches, Turn, timed
from engine.backends.gluon.framework import mx

gluon, nn = mx.gluon, mx.gluon.nn
Block = Any
"""`mxnet.gluon.HybridBlock`; MXNet has no types."""


def stacked(*layers: Block) -> Block:
    block = nn.HybridSequential()
    block.add(*layers)
    return block


class Residual(gluon.HybridBlock):
    """Two convolutions and the shortcut past them."""

    def __init__(self, filters: int, stride: int) -> None:
        super().__init__()
        with self.name_scope():
            self.body = stacked(
                nn.Conv2D(filters, 3, stride, 1, use_bias=False),
                nn.BatchNorm(),
                nn.Activation("relu"),
                nn.Conv2D(filters, 3, 1, 1, use_bias=False),
                nn.BatchNorm(),
            )
            self.shortcut = (
                stacked(nn.Conv2D(filters, 1, stride, use_bias=False), nn.BatchNorm()) if stride > 1 else None
            )

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803 - as Gluon calls it
        return F.Activation(self.body(x) + (self.shortcut(x) if self.shortcut else x), act_type="relu")


class Letters(gluon.HybridBlock):
    """Scores of the next letter at every step; inside, steps come before samples, as its LSTM wants them."""

    def __init__(self) -> None:
        super().__init__()
        with self.name_scope():
            self.letters = nn.Embedding(CHARACTERS, 32)
            self.memory = gluon.rnn.LSTM(256, layout="TNC")
            self.score = nn.Dense(CHARACTERS, flatten=False)

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803 - as Gluon calls it
        return F.swapaxes(self.score(self.memory(self.letters(F.transpose(x)))), 0, 1)


def lenet() -> Block:
    return stacked(
        nn.Conv2D(20, 5),
        nn.MaxPool2D(),
        nn.Conv2D(50, 5),
        nn.MaxPool2D(),
        nn.Flatten(),
        nn.Dense(500, activation="relu"),
        nn.Dense(10),
    )


def resnet20() -> Block:
    stages = [(16, 1)] * 3 + [(32, 2)] + [(32, 1)] * 2 + [(64, 2)] + [(64, 1)] * 2
    return stacked(
        nn.Conv2D(16, 3, 1, 1, use_bias=False),
        nn.BatchNorm(),
        nn.Activation("relu"),
        *(Residual(*stage) for stage in stages),
        nn.GlobalAvgPool2D(),
        nn.Dense(10),
    )


def mlp() -> Block:
    return stacked(nn.Dense(512, activation="relu"), nn.Dense(512, activation="relu"), nn.Dense(10))


BLOCKS = {"lenet": lenet, "resnet20": resnet20, "mlp": mlp, "lstm": Letters}


def loop(net: Net, *, hybridised: bool) -> Turn:
    block, criterion = BLOCKS[net.name](), gluon.loss.SoftmaxCrossEntropyLoss()
    block.initialize(mx.init.Xavier())
    if hybridised:
        for each in (block, criterion):
            each.hybridize(static_alloc=True, static_shape=True)
    rate = net.optimizer.learning_rate
    rule = (
        ("adam", {"learning_rate": rate}) if net.name == "lstm" else ("sgd", {"learning_rate": rate, "momentum": 0.9})
    )
    trainer = gluon.Trainer(block.collect_params(), *rule, kvstore=None)

    def steps(batches: Batches) -> None:
        for batch in batches:
            x, y = (mx.nd.array(array, dtype="float32") for array in batch.values())
            with mx.autograd.record():
                loss = criterion(block(x), y)
            loss.backward()
            trainer.step(net.batch)
        mx.nd.waitall()

    return timed(steps)


def module(net: Net) -> Turn:
    """The networks as symbols. Raises KeyError where there is none here."""
    module = mx.mod.Module(SYMBOLS[net.name](), context=mx.cpu())
    x, y = net.batches()[0].values()
    module.bind([("data", x.shape)], [("softmax_label", y.shape)])
    module.init_params(mx.init.Xavier())
    module.init_optimizer("local", "sgd", (("learning_rate", net.optimizer.learning_rate), ("momentum", 0.9)))

    def steps(batches: Batches) -> None:
        for batch in batches:
            x, y = (mx.nd.array(array) for array in batch.values())
            module.forward_backward(mx.io.DataBatch([x], [y]))
            module.update()
        mx.nd.waitall()

    return timed(steps)


def lenet_symbol() -> Any:
    sym = mx.sym
    x = sym.Convolution(sym.var("data"), kernel=(5, 5), num_filter=20)
    x = sym.Pooling(x, kernel=(2, 2), stride=(2, 2), pool_type="max")
    x = sym.Convolution(x, kernel=(5, 5), num_filter=50)
    x = sym.Pooling(x, kernel=(2, 2), stride=(2, 2), pool_type="max")
    x = sym.Activation(sym.FullyConnected(x, num_hidden=500), act_type="relu")
    return sym.SoftmaxOutput(sym.FullyConnected(x, num_hidden=10), name="softmax")


def mlp_symbol() -> Any:
    x = mx.sym.var("data")
    for _ in range(2):
        x = mx.sym.Activation(mx.sym.FullyConnected(x, num_hidden=512), act_type="relu")
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(x, num_hidden=10), name="softmax")


SYMBOLS = {"lenet": lenet_symbol, "mlp": mlp_symbol}
