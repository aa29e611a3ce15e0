"""What a few lines for exactly this task reach: threads that decode straight into a batch that is used again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from loaders.task import DEVIATION, MEAN, SIDE, Epoch, Task

Decode = Callable[[bytes], Any]
"""Colours (height, width, 3) of a JPEG."""

_MEAN, _SCALE = np.array(MEAN, np.float32).reshape(3, 1, 1), 1 / np.array(DEVIATION, np.float32).reshape(3, 1, 1)


def simplejpeg_threads(task: Task) -> Epoch:
    """libjpeg-turbo through simplejpeg; resized by OpenCV, without smoothing."""
    import simplejpeg

    return _threads(task, simplejpeg.decode_jpeg)


def opencv_threads(task: Task) -> Epoch:
    """The same through OpenCV alone."""
    import cv2

    cv2.setNumThreads(1)
    return _threads(task, lambda content: cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR_RGB))


def _threads(task: Task, decode: Decode) -> Epoch:
    files, sized = task.files, _cut if task.how == "crop" else _resized
    room = deque(np.empty((task.batch, 3, SIDE, SIDE), np.float32) for _ in range(4))

    def one(file: Any, place: Any, random: np.random.Generator) -> None:
        image = sized(decode(file.read_bytes()), random)
        np.copyto(place, image[:, :: random.choice((-1, 1))].transpose(2, 0, 1))
        np.subtract(place, _MEAN, out=place)
        np.multiply(place, _SCALE, out=place)

    def epoch(number: int) -> Iterable[int]:
        random = np.random.default_rng(number)
        order = random.permutation(len(files))
        waiting: deque[list[Any]] = deque()
        with ThreadPoolExecutor(task.threads) as pool:
            for start in range(0, len(files), task.batch):
                room.rotate()
                rows = zip(order[start : start + task.batch], room[0], random.spawn(task.batch), strict=False)
                waiting.append([pool.submit(one, files[row], place, draws) for row, place, draws in rows])
                if len(waiting) > 2:
                    yield _size(waiting.popleft())
            while waiting:
                yield _size(waiting.popleft())

    return epoch


def _size(pieces: list[Any]) -> int:
    for piece in pieces:
        piece.result()
    return len(pieces)


def _cut(image: Any, random: np.random.Generator) -> Any:
    top, left = (int(random.integers(have - SIDE + 1)) for have in image.shape[:2])
    return image[top : top + SIDE, left : left + SIDE]


def _resized(image: Any, _: np.random.Generator) -> Any:
    import cv2

    return cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
