"""torch by hand: the networks as modules, and the loop that its tutorials write, with all that makes it fast."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from contestants.nets import CHARACTERS, Net
from contestants.turns import Batch, Batches, Turn, timed


class Residual(nn.Module):
    """Two convolutions and the shortcut past them."""

    def __init__(self, channels: int, filters: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, filters, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(filters),
            nn.ReLU(inplace=True),
            nn.Conv2d(filters, filters, 3, padding=1, bias=False),
            nn.BatchNorm2d(filters),
        )
        self.shortcut = nn.Sequential()
        if stride > 1:
            self.shortcut = nn.Sequential(nn.Conv2d(channels, filters, 1, stride, bias=False), nn.BatchNorm2d(filters))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu_(self.body(x) + self.shortcut(x))


class Letters(nn.Module):
    """Scores of the next letter at every step, letters second as the loss wants them."""

    def __init__(self) -> None:
        super().__init__()
        self.letters = nn.Embedding(CHARACTERS, 32)
        self.memory = nn.LSTM(32, 256, batch_first=True)
        self.score = nn.Linear(256, CHARACTERS)

    def forward(self, x: Tensor) -> Tensor:
        return self.score(self.memory(self.letters(x))[0]).transpose(1, 2)


def lenet() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 20, 5),
        nn.MaxPool2d(2),
        nn.Conv2d(20, 50, 5),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(800, 500),
        nn.ReLU(inplace=True),
        nn.Linear(500, 10),
    )


def resnet20() -> nn.Module:
    stages = [(16, 16, 1)] * 3 + [(16, 32, 2)] + [(32, 32, 1)] * 2 + [(32, 64, 2)] + [(64, 64, 1)] * 2
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(inplace=True),
        *(Residual(*stage) for stage in stages),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(64, 10),
    )


def mlp() -> nn.Module:
    return nn.Sequential(
        nn.Linear(784, 512),
        nn.ReLU(inplace=True),
        nn.Linear(512, 512),
        nn.ReLU(inplace=True),
        nn.Linear(512, 10),
    )


MODULES = {"lenet": lenet, "resnet20": resnet20, "mlp": mlp, "lstm": Letters}


def optimizer_of(net: Net, module: nn.Module) -> torch.optim.Optimizer:
    """One pass over all weights, in place of several a weight."""
    rate = net.optimizer.learning_rate
    if net.name == "lstm":
        return torch.optim.Adam(module.parameters(), lr=rate, fused=True)
    return torch.optim.SGD(module.parameters(), lr=rate, momentum=0.9, fused=True)


def entered(batch: Batch) -> Iterator[Tensor]:
    """Input and target, not copied."""
    return (torch.from_numpy(array) for array in batch.values())


def loop(net: Net, *, channels_last: bool = False, compiled: bool = False, bfloat16: bool = False) -> Turn:
    layout = torch.channels_last if channels_last else torch.contiguous_format
    module = MODULES[net.name]().to(memory_format=layout)
    optimizer = optimizer_of(net, module)
    criterion = nn.CrossEntropyLoss()
    run = torch.compile(module) if compiled else module
    precision = torch.autocast("cpu", torch.bfloat16) if bfloat16 else contextlib.nullcontext()

    def steps(batches: Batches) -> None:
        for batch in batches:
            x, y = entered(batch)
            if x.ndim == 4:
                x = x.to(memory_format=layout)
            with precision:
                loss = criterion(run(x), y)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            loss.item()

    return timed(steps)
