"""Keras on torch: its layers, channels first as torch has them, and `fit`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

os.environ["KERAS_BACKEND"] = "torch"

import keras
import torch
from keras import layers

from contestants.nets import CHARACTERS, Net
from contestants.turns import Batches, Clock, Turn

keras.config.set_image_data_format("channels_first")


class Watch(keras.callbacks.Callback):
    """Looks at the clock when the first step begins and when each ends."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self.begin = self.end = 0.0

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if not batch:
            self.begin = self._clock()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.end = self._clock()


def convolved(x: Any, filters: int, kernel: int, stride: int) -> Any:
    """A convolution that keeps the size (but for its stride), and its normalisation."""
    return layers.BatchNormalization(axis=1)(layers.Conv2D(filters, kernel, stride, padding="same", use_bias=False)(x))


def residual(x: Any, filters: int, stride: int) -> Any:
    y = layers.ReLU()(convolved(x, filters, 3, stride))
    y = convolved(y, filters, 3, 1)
    return layers.ReLU()(layers.add([y, convolved(x, filters, 1, stride) if stride > 1 else x]))


def lenet() -> keras.Model:
    return keras.Sequential(
        [
            layers.Input((1, 28, 28)),
            layers.Conv2D(20, 5),
            layers.MaxPooling2D(),
            layers.Conv2D(50, 5),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(500, activation="relu"),
            layers.Dense(10),
        ]
    )


def resnet20() -> keras.Model:
    image = layers.Input((3, 32, 32))
    x = layers.ReLU()(convolved(image, 16, 3, 1))
    for filters, stride in [(16, 1)] * 3 + [(32, 2)] + [(32, 1)] * 2 + [(64, 2)] + [(64, 1)] * 2:
        x = residual(x, filters, stride)
    return keras.Model(image, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))


def mlp() -> keras.Model:
    return keras.Sequential(
        [
            layers.Input((784,)),
            layers.Dense(512, activation="relu"),
            layers.Dense(512, activation="relu"),
            layers.Dense(10),
        ]
    )


def lstm() -> keras.Model:
    return keras.Sequential(
        [
            layers.Input((None,), dtype="int64"),
            layers.Embedding(CHARACTERS, 32),
            layers.LSTM(256, return_sequences=True),
            layers.Dense(CHARACTERS),
        ]
    )


MODELS = {"lenet": lenet, "resnet20": resnet20, "mlp": mlp, "lstm": lstm}


def loop(net: Net) -> Turn:
    """As Keras has it: what it measures besides the loss is nothing."""
    model = MODELS[net.name]()
    rate = net.optimizer.learning_rate
    rule = keras.optimizers.Adam(rate) if net.name == "lstm" else keras.optimizers.SGD(rate, momentum=0.9)
    model.compile(rule, keras.losses.SparseCategoricalCrossentropy(from_logits=True))

    def turn(batches: Batches, clock: Clock) -> float:
        def pairs() -> Iterator[tuple[torch.Tensor, ...]]:
            for batch in batches:
                yield tuple(torch.from_numpy(array) for array in batch.values())

        watch = Watch(clock)
        model.fit(pairs(), steps_per_epoch=len(batches), verbose=0, callbacks=[watch])
        return watch.end - watch.begin

    return turn
