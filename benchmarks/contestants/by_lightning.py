"""Lightning: torch's modules written by hand, trained by its Trainer."""

from __future__ import annotations

import logging
import warnings
from typing import Any

import pytorch_lightning as lightning
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from contestants.by_torch import MODULES, entered, optimizer_of
from contestants.nets import Net
from contestants.turns import Batches, Clock, Turn

logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
warnings.filterwarnings("ignore", module="pytorch_lightning")


class Learner(lightning.LightningModule):
    """A module with its loss and optimiser."""

    def __init__(self, net: Net) -> None:
        super().__init__()
        self.net = net
        self.module = MODULES[net.name]()

    def training_step(self, batch: tuple[Tensor, Tensor], number: int) -> Tensor:
        x, y = batch
        return torch.nn.functional.cross_entropy(self.module(x), y)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return optimizer_of(self.net, self.module)


class Watch(lightning.Callback):
    """Looks at the clock when the first step begins and when each ends."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.begin = self.end = 0.0

    def on_train_batch_start(self, trainer: Any, module: Any, batch: Any, batch_idx: int) -> None:
        if not batch_idx:
            self.begin = self._clock()

    def on_train_batch_end(self, trainer: Any, module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        self.end = self._clock()


def loop(net: Net) -> Turn:
    """As Lightning has it, without logs, bars and checkpoints."""
    learner = Learner(net)

    def turn(batches: Batches, clock: Clock) -> float:
        watch = Watch(clock)
        trainer = lightning.Trainer(
            accelerator="cpu",
            max_epochs=1,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            callbacks=[watch],
        )
        trainer.fit(learner, DataLoader([tuple(entered(batch)) for batch in batches], batch_size=None))
        return watch.end - watch.begin

    return turn
