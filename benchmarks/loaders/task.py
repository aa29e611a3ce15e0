"""What is asked of a loader: every picture of a folder once, as batches that a network could take."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

SIDE = 224
MEAN, DEVIATION = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
"""Of ImageNet's colours."""
PHOTOS = Path(__file__).resolve().parents[3] / "shared" / "data" / "photos"

Epoch = Callable[[int], Iterable[int]]
"""Goes through the folder once, the epoch of that number, and gives the size of every batch."""


@dataclass(frozen=True)
class Task:
    """Pictures in class folders below `folder`, brought to 3x224x224 by a random cut or by resizing; then flipped."""

    folder: Path
    how: Literal["crop", "resize", "train"]
    batch: int
    threads: int

    @property
    def files(self) -> list[Path]:
        """All pictures."""
        return sorted(self.folder.rglob("*.jpg"))


def write_pictures(folder: Path, count: int, classes: int = 10) -> None:
    """Cuts out of real photos, scaled to 500x375 and saved as JPEGs of quality 90."""
    photos = [Image.open(path).convert("RGB") for path in sorted(PHOTOS.rglob("*.jpg"))]
    random = np.random.default_rng(0)
    for number in range(count):
        photo = photos[number % len(photos)]
        width = min(photo.width, photo.height * 4 / 3) * random.uniform(0.6, 1)
        left, top = random.uniform(0, photo.width - width), random.uniform(0, photo.height - width * 3 / 4)
        box = (left, top, left + width, top + width * 3 / 4)
        place = folder / f"class{number % classes}"
        place.mkdir(parents=True, exist_ok=True)
        cut = photo.resize((500, 375), Image.Resampling.BICUBIC, box)
        cut.save(place / f"{number:06}.jpg", quality=90)
