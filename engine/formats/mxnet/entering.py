"""What shape a network's inputs have, where its file does not say it: what the weights behind them ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from engine.errors import NetwrightError
from engine.formats.mxnet.recurrent import LAYERS, MODES, features_of
from engine.formats.mxnet.symbols import Entry, Symbol
from engine.formats.mxnet.values import Array
from engine.formats.mxnet.words import Words
from engine.layers.base import Shape, Signal

PASSING = frozenset(
    {"BatchNorm", "Activation", "LeakyReLU", "Dropout", "LRN", "InstanceNorm", "L2Normalization", "relu"}
)
PASSING |= {"Cast", "_copy", "identity", "_plus_scalar", "_minus_scalar", "_mul_scalar", "_div_scalar"}
"""What keeps the shape of its first input."""
SIDES = (224, 28, 32, 299, 227, 64, 96, 112, 128, 256, 384, 512, *range(1, 257))
"""Heights and widths of images, the usual ones first."""
USUAL = 12


@dataclass(frozen=True)
class Entrance:
    """What is known of an input: its signal, and which axis of MXNet's array its samples lie along."""

    signal: Signal | None
    batch: int = 0
    is_said: bool = False


@dataclass(frozen=True)
class Entrances:
    """A symbol and the arrays that its file holds."""

    symbol: Symbol
    arrays: Mapping[str, Array]

    def of(self, place: int) -> Entrance:
        """What is known of the variable at `place`."""
        entry = self.symbol.entries[place]
        user = next(self._followed(place), None)
        try:
            found = _BEHIND.get(user.kind, _nothing)(self, user) if user else Entrance(None)
        except NetwrightError:  # told of the operator when it is read
            found = Entrance(None)
        said = _said(entry)
        if not said:
            return found
        batch = found.batch if len(said) > found.batch else 0
        signal = found.signal or Signal(())
        return Entrance(replace(signal, shape=(*said[:batch], *said[batch + 1 :])), batch, is_said=True)

    @cached_property
    def _users(self) -> Mapping[int, list[int]]:
        users: dict[int, list[int]] = {}
        for place, entry in enumerate(self.symbol.entries):
            for source, _ in entry.inputs[:1]:
                users.setdefault(source, []).append(place)
        return users

    def _followed(self, place: int) -> Iterator[Entry]:
        """The first operators behind a variable that do not keep its shape."""
        waiting, seen = [place], {place}
        while waiting:
            for user in self._users.get(waiting.pop(0), ()):
                entry = self.symbol.entries[user]
                if user in seen:
                    continue
                seen.add(user)
                if entry.kind in PASSING:
                    waiting.append(user)
                elif entry.kind in _BEHIND:
                    yield entry

    def dims(self, entry: Entry, place: int) -> Shape:
        """The shape of an operator's array; empty where it is not known."""
        if place >= len(entry.inputs):
            return ()
        variable = self.symbol.entries[entry.inputs[place][0]]
        array = self.arrays.get(variable.name)
        return array.shape if array is not None else _said(variable)


def _said(entry: Entry) -> Shape:
    """The shape that stands at a variable; -1 where it is left open."""
    try:
        return tuple(n if n > 0 else -1 for n in Words(entry.marks).wholes("__shape__"))
    except NetwrightError:
        return ()


def _nothing(of: Entrances, user: Entry) -> Entrance:
    return Entrance(None)


def _convolved(of: Entrances, user: Entry) -> Entrance:
    weight, said = of.dims(user, 1), Words(user.settings)
    axes = len(said.wholes("kernel"))
    channels = -1
    if len(weight) == axes + 2:
        channels = weight[0] if user.kind == "Deconvolution" else weight[1] * said.whole("num_group", 1)
    return Entrance(Signal((max(channels, -1), *(-1,) * axes)))


def _multiplied(of: Entrances, user: Entry) -> Entrance:
    weight = of.dims(user, 1)
    features = weight[1] if len(weight) == 2 else -1
    is_flat = Words(user.settings).flag("flatten", True)
    return Entrance(Signal((features,) if is_flat else (-1, features)))


def _looked_up(of: Entrances, user: Entry) -> Entrance:
    return Entrance(Signal((-1,), "index", max(0, Words(user.settings).whole("input_dim"))))


def _turned(of: Entrances, user: Entry) -> Entrance:
    """Steps and samples exchanged in front of a recurrent layer."""
    behind = next((it for it in of.symbol.entries if it.kind == "RNN" and it.inputs), None)
    return Entrance(replace(_swept(of, behind), batch=0).signal) if behind else Entrance(None)


def _swept(of: Entrances, user: Entry) -> Entrance:
    said, packed = Words(user.settings), of.dims(user, 1)
    layer = MODES.get(said.word("mode"))
    if layer is None:
        return Entrance(None)
    layer = replace(layer, units=said.whole("state_size"), layers=said.whole("num_layers", 1))
    if layer.layers > LAYERS:
        return Entrance(None)
    layer = replace(layer, bidirectional=said.flag("bidirectional"))
    features = features_of(layer, packed[0]) if len(packed) == 1 else -1
    return Entrance(Signal((-1, features)), batch=1)


_BEHIND = {
    "Convolution": _convolved,
    "Convolution_v1": _convolved,
    "Deconvolution": _convolved,
    "FullyConnected": _multiplied,
    "Embedding": _looked_up,
    "RNN": _swept,
    "SwapAxis": _turned,
    "swapaxes": _turned,
}
"""What an operator says of the samples that enter it."""
