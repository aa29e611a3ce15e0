"""What is made of arrays alone is computed while reading: it is an array too."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from engine.errors import NetwrightError
from engine.formats.mxnet.reshaping import coded
from engine.formats.mxnet.values import Array, Given, Unmapped
from engine.formats.mxnet.words import Words

LARGEST = 2**26
"""Numbers in an array that is made while reading."""

Fold = Callable[[Words, Sequence[Array]], Array]


def _sliced(said: Words, arrays: Sequence[Array]) -> Array:
    axis = said.whole("axis")
    places: list[slice] = [slice(None)] * arrays[0].ndim
    places[axis] = slice(said.whole("begin"), said.maybe("end"))
    return arrays[0][tuple(places)]


FOLDS: dict[str, Fold] = {
    "Reshape": lambda said, arrays: arrays[0].reshape(coded(arrays[0].shape, said.wholes("shape"))),
    "expand_dims": lambda said, arrays: np.expand_dims(arrays[0], said.whole("axis")),
    "squeeze": lambda said, arrays: np.squeeze(arrays[0], said.wholes("axis") or None),
    "Flatten": lambda said, arrays: arrays[0].reshape(len(arrays[0]), -1),
    "transpose": lambda said, arrays: np.transpose(arrays[0], said.wholes("axes") or None),
    "SwapAxis": lambda said, arrays: np.swapaxes(arrays[0], said.whole("dim1"), said.whole("dim2")),
    "Concat": lambda said, arrays: np.concatenate(arrays, said.whole("dim", 1)),
    "_rnn_param_concat": lambda said, arrays: np.concatenate(arrays, said.whole("dim", 1)),
    "slice_axis": _sliced,
    "broadcast_add": lambda said, arrays: arrays[0] + arrays[1],
    "broadcast_sub": lambda said, arrays: arrays[0] - arrays[1],
    "broadcast_mul": lambda said, arrays: arrays[0] * arrays[1],
    "_plus_scalar": lambda said, arrays: arrays[0] + said.real("scalar"),
    "_minus_scalar": lambda said, arrays: arrays[0] - said.real("scalar"),
    "_rminus_scalar": lambda said, arrays: said.real("scalar") - arrays[0],
    "_mul_scalar": lambda said, arrays: arrays[0] * said.real("scalar"),
    "_copy": lambda said, arrays: arrays[0],
}
FOLDS |= {"reshape": FOLDS["Reshape"], "concat": FOLDS["Concat"], "swapaxes": FOLDS["SwapAxis"]}
FOLDS |= {"identity": FOLDS["_copy"], "flatten": FOLDS["Flatten"]}

FILLED: dict[str, Callable[[Words], float]] = {
    "_zeros": lambda said: 0.0,
    "_ones": lambda said: 1.0,
    "_full": lambda said: said.real("value"),
}
"""What makes an array of one number."""


def filled(kind: str, said: Words) -> Given:
    """An array of one number, whose shape may be left open."""
    dims, number = said.wholes("shape"), FILLED[kind](said)
    if dims and min(dims) > 0 and _size(dims) <= LARGEST:
        return Given(np.full(dims, number, np.float32), dims, fill=number)
    return Given(None, dims or None, fill=number)


def folded(kind: str, said: Words, inputs: Sequence[Given]) -> Given:
    """What an operator makes of arrays; without values where one of them has none. Raises Unmapped."""
    arrays = [given.array for given in inputs if given.array is not None]
    if len(arrays) < len(inputs):
        return Given()
    if kind in ("_copy", "identity"):
        return inputs[0]
    if sum(array.size for array in arrays) > LARGEST:
        raise Unmapped("its arrays are too large to be put together while reading")
    try:
        made = FOLDS[kind](said, arrays)
    except (ValueError, IndexError, NetwrightError) as error:
        raise Unmapped(f"its arrays do not go together ({error})") from None
    return Given(made, made.shape)


def _size(dims: Sequence[int]) -> int:
    size = 1
    for length in dims:
        size *= length
    return size
