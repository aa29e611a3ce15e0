"""torch's DataLoader over Pillow, as its tutorials write it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from loaders.task import DEVIATION, MEAN, SIDE, Epoch, Task


class Folder(Dataset):
    """Every picture with its class."""

    def __init__(self, task: Task) -> None:
        self.files, self.how = task.files, task.how
        self.classes = sorted({file.parent.name for file in self.files})
        self.mean, self.deviation = (torch.tensor(values).view(3, 1, 1) for values in (MEAN, DEVIATION))

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, place: int) -> tuple[torch.Tensor, int]:
        image = self._sized(Image.open(self.files[place]).convert("RGB"))
        if torch.rand(()) < 0.5:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        values = torch.from_numpy(np.array(image)).permute(2, 0, 1).float()
        return (values - self.mean) / self.deviation, self._label(self.files[place])

    def _sized(self, image: Image.Image) -> Image.Image:
        if self.how == "resize":
            return image.resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        left, top = (int(torch.randint(0, have - SIDE + 1, ())) for have in image.size)
        return image.crop((left, top, left + SIDE, top + SIDE))

    def _label(self, file: Path) -> int:
        return self.classes.index(file.parent.name)


def loader_of(task: Task) -> DataLoader:
    """One worker process for each thread, which stay from epoch to epoch."""
    return DataLoader(
        Folder(task), task.batch, shuffle=True, num_workers=task.threads, persistent_workers=True, prefetch_factor=2
    )


def data_loader(task: Task) -> Epoch:
    """`DataLoader`, its batches as they come."""
    loader = loader_of(task)

    def epoch(_: int) -> Iterable[int]:
        return (len(images) for images, _ in loader)

    return epoch
