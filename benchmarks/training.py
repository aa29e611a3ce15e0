"""LeNet trained on the CPU: Netwright against loops written by hand in the same framework, on the same batches.

Run by hand: `python benchmarks/training.py`. Each framework has a process of its own; in it all contestants take turns,
a few steps each, and what counts is the median over the turns of the ratio to the best loop written by hand. Where
other programs disturb, the ratio of the fastest turns tells more.
"""

from __future__ import annotations

import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from engine.backends import available, backend
from engine.backends.base import Batch, Plan, Program
from engine.layers import CATALOGUE
from engine.model import Model
from engine.network import Network
from engine.node import Link, Node
from engine.training.loop import Job, train
from engine.training.messages import Finished
from engine.training.optimizers import SGD
from engine.training.recipe import METRICS, Metric, Optimizer, Recipe

BATCH, STEPS, TURNS = 64, 12, 40
RATE, MOMENTUM = 0.01, 0.9

Clock = Callable[[], float]
Steps = Callable[[list[Batch]], None]
"""Takes one step for each batch, and returns when all are done."""
Turn = Callable[[list[Batch], Clock], float]
"""The same, and tells how long it took."""


def timed(steps: Steps) -> Turn:
    def turn(given: list[Batch], clock: Clock) -> float:
        begin = clock()
        steps(given)
        return clock() - begin

    return turn


def lenet() -> Network:
    """Caffe's LeNet on 1x28x28."""

    def node(name: str, kind: str, *sources: str, **fields: object) -> Node:
        return Node(name, tuple(map(Link.parse, sources)), CATALOGUE.get(kind)(**fields))

    return Network(
        (
            node("image", "input", sizes=(1, 28, 28)),
            node("digit", "target", classes=10),
            node("conv1", "conv2d", "image", filters=20, kernel=5),
            node("pool1", "max_pool2d", "conv1"),
            node("conv2", "conv2d", "pool1", filters=50, kernel=5),
            node("pool2", "max_pool2d", "conv2"),
            node("flat", "flatten", "pool2"),
            node("ip1", "dense", "flat", units=500),
            node("relu1", "relu", "ip1"),
            node("ip2", "dense", "relu1", units=10),
            node("loss", "softmax_cross_entropy", "ip2", "digit"),
        )
    )


def batches() -> list[Batch]:
    random = np.random.default_rng(0)
    return [
        {"image": random.normal(size=(BATCH, 1, 28, 28)).astype(np.float32), "digit": random.integers(0, 10, BATCH)}
        for _ in range(STEPS)
    ]


# Netwright


def program(plan: Plan) -> tuple[Program, Recipe]:
    recipe = Recipe(
        optimizer=Optimizer(SGD(learning_rate=RATE, momentum=MOMENTUM)),
        batch_size=BATCH,
        epochs=1,
        metrics=(Metric(METRICS.get("accuracy")()),),
    )
    return backend(plan.backend).build(lenet(), recipe, plan), recipe


def netwright_program(plan: Plan) -> Steps:
    """The program alone, its losses fetched one step behind, as the loop does."""
    ours, _ = program(plan)

    def turn(given: list[Batch]) -> None:
        pending = None
        for step, batch in enumerate(given):
            next_one = ours.train_step(batch, RATE, step)
            if pending is not None:
                pending.fetch()
            pending = next_one
        if pending is not None:
            pending.fetch()
        ours.weights()

    return turn


class Fixed:
    """Data that are these batches in this order, and nowhere to keep checkpoints."""

    parts: Mapping[str, Any] = {}

    def __init__(self, given: list[Batch]) -> None:
        self.given = given

    def part(self, name: str) -> Fixed:
        return self

    def __len__(self) -> int:
        return len(self.given) * BATCH

    def batches(self, *_: object, **__: object) -> Iterator[Batch]:
        return iter(self.given)

    def load(self, name: str) -> None:
        return None

    def save(self, name: str, snapshot: object) -> None:
        pass


def netwright_loop(plan: Plan) -> Turn:
    """The whole training loop: metrics, messages, commands; as it measures itself, without checkpoints.

    Its time ends when the last loss is known, a moment before the last weights are.
    """
    ours, recipe = program(plan)
    model = Model(network=lenet(), recipe=recipe)

    def turn(given: list[Batch], clock: Clock) -> float:
        fixed: Any = Fixed(given)
        *_, last = train(Job(model, ours, fixed, fixed, clock=clock))
        if not isinstance(last, Finished):
            raise RuntimeError(f"the training failed: {last}")
        return len(given) * BATCH / last.samples_per_second

    return turn


# By hand


def torch_by_hand(channels_last: bool) -> Steps:
    import torch
    from torch import nn

    net = nn.Sequential(
        nn.Conv2d(1, 20, 5),
        nn.MaxPool2d(2),
        nn.Conv2d(20, 50, 5),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(800, 500),
        nn.ReLU(),
        nn.Linear(500, 10),
    )
    layout = torch.channels_last if channels_last else torch.contiguous_format
    net = net.to(memory_format=layout)
    optimizer = torch.optim.SGD(net.parameters(), lr=RATE, momentum=MOMENTUM)
    criterion = nn.CrossEntropyLoss()

    def turn(given: list[Batch]) -> None:
        for batch in given:
            image = torch.from_numpy(batch["image"]).to(memory_format=layout)
            loss = criterion(net(image), torch.from_numpy(batch["digit"]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss.item()

    return turn


def gluon_by_hand() -> Steps:
    from engine.backends.gluon.framework import mx

    nn, gluon = mx.gluon.nn, mx.gluon
    net = nn.HybridSequential()
    net.add(
        nn.Conv2D(20, 5),
        nn.MaxPool2D(),
        nn.Conv2D(50, 5),
        nn.MaxPool2D(),
        nn.Flatten(),
        nn.Dense(500, activation="relu"),
        nn.Dense(10),
    )
    net.initialize(mx.init.Xavier())
    net.hybridize(static_alloc=True, static_shape=True)
    criterion = gluon.loss.SoftmaxCrossEntropyLoss()
    criterion.hybridize(static_alloc=True, static_shape=True)
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": RATE, "momentum": MOMENTUM})

    def turn(given: list[Batch]) -> None:
        for batch in given:
            image, digit = mx.nd.array(batch["image"]), mx.nd.array(batch["digit"])
            with mx.autograd.record():
                loss = criterion(net(image), digit)
            loss.backward()
            trainer.step(BATCH)
        mx.nd.waitall()

    return turn


def module_by_hand() -> Steps:
    from engine.backends.gluon.framework import mx

    sym = mx.sym
    x = sym.Convolution(sym.var("data"), kernel=(5, 5), num_filter=20)
    x = sym.Pooling(x, kernel=(2, 2), stride=(2, 2), pool_type="max")
    x = sym.Convolution(x, kernel=(5, 5), num_filter=50)
    x = sym.Pooling(x, kernel=(2, 2), stride=(2, 2), pool_type="max")
    x = sym.Activation(sym.FullyConnected(x, num_hidden=500), act_type="relu")
    x = sym.SoftmaxOutput(sym.FullyConnected(x, num_hidden=10), name="softmax")
    module = mx.mod.Module(x, context=mx.cpu())
    module.bind([("data", (BATCH, 1, 28, 28))], [("softmax_label", (BATCH,))])
    module.init_params(mx.init.Xavier())
    module.init_optimizer("local", "sgd", (("learning_rate", RATE), ("momentum", MOMENTUM)))

    def turn(given: list[Batch]) -> None:
        for batch in given:
            data = mx.io.DataBatch([mx.nd.array(batch["image"])], [mx.nd.array(batch["digit"])])
            module.forward_backward(data)
            module.update()
        mx.nd.waitall()

    return turn


CONTESTANTS: dict[str, dict[str, Callable[[], Turn]]] = {
    "torch": {
        "by hand": lambda: timed(torch_by_hand(channels_last=False)),
        "by hand, channels last": lambda: timed(torch_by_hand(channels_last=True)),
        "Netwright's program": lambda: timed(netwright_program(Plan("torch"))),
        "Netwright's program, channels last": lambda: timed(netwright_program(Plan("torch", layout="channels_last"))),
        "Netwright's loop": lambda: netwright_loop(Plan("torch")),
        "Netwright's loop, channels last": lambda: netwright_loop(Plan("torch", layout="channels_last")),
    },
    "mxnet": {
        "by hand, Gluon hybridised": lambda: timed(gluon_by_hand()),
        "by hand, Module": lambda: timed(module_by_hand()),
        "Netwright's program": lambda: timed(netwright_program(Plan("mxnet"))),
        "Netwright's loop": lambda: netwright_loop(Plan("mxnet")),
    },
}

CLOCKS: dict[str, tuple[Clock, Mapping[str, str]]] = {
    "time on all threads": (time.perf_counter, {}),
    "processor time on one thread": (time.process_time, {"OMP_NUM_THREADS": "1"}),
}
"""How it is measured; the second is hardly disturbed by other programs. With it what the process is started with."""


def measure(framework: str, clock: Clock) -> dict[str, list[float]]:
    """Seconds of every turn of every contestant, all of them in turn."""
    given = batches()
    turns = {name: make() for name, make in CONTESTANTS[framework].items()}
    for turn in turns.values():
        turn(given, clock)
    seconds: dict[str, list[float]] = {name: [] for name in turns}
    for _ in range(TURNS):
        for name, turn in turns.items():
            seconds[name].append(turn(given, clock))
    return seconds


def report(title: str, seconds: dict[str, list[float]]) -> None:
    """A line for each contestant: samples a second, and its speed over that of the best by hand."""
    medians = {name: statistics.median(turns) for name, turns in seconds.items()}
    hands = [name for name in seconds if name.startswith("by hand")]
    best, fastest = min(hands, key=medians.__getitem__), min(min(seconds[name]) for name in hands)
    print(f"{title:<40} samples/s   ratio to {best!r}   of the fastest turns")
    for name, turns in seconds.items():
        ratio = statistics.median(b / turn for b, turn in zip(seconds[best], turns, strict=True))
        print(f"  {name:<38} {BATCH * STEPS / medians[name]:9.0f}   {ratio:5.3f}   {fastest / min(turns):5.3f}")


def main() -> None:
    if len(sys.argv) > 1:
        _, framework, clock = sys.argv
        print(json.dumps(measure(framework, CLOCKS[clock][0])))
        return
    for framework, (clock, (_, variables)) in itertools.product(available(), CLOCKS.items()):
        command = [sys.executable, __file__, framework, clock]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | variables)
        report(f"{framework}, {clock}", json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    main()
