"""Tells by its beginning whether a file is one of Caffe's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.formats.wire import BYTES, VARINT, Malformed, fields, varint

_ASIDE = re.compile(r"(?:\s|#[^\n]*(?:\n|\Z))*+")
_FIELD = re.compile(r"([A-Za-z_]\w*)\s*(:\s*[{<]|[{<]|:)")
_SCALAR = re.compile(r"""\s*(?:"[^"\n]*"|'[^'\n]*'|\[[^\]]*\]|[^\s{}<>#]+)[;,]?""")

NET = frozenset({"layer", "layers", "input", "input_dim", "input_shape", "force_backward", "state"})
SOLVER = frozenset(
    [
        "net",
        "net_param",
        "train_net",
        "test_net",
        "train_net_param",
        "test_net_param",
        "train_state",
        "test_state",
        "test_iter",
        "test_interval",
        "test_compute_loss",
        "test_initialization",
        "base_lr",
        "display",
        "average_loss",
        "max_iter",
        "iter_size",
        "lr_policy",
        "gamma",
        "power",
        "momentum",
        "weight_decay",
        "regularization_type",
        "stepsize",
        "stepvalue",
        "clip_gradients",
        "snapshot",
        "snapshot_prefix",
        "solver_mode",
        "device_id",
        "random_seed",
        "solver_type",
        "momentum2",
        "rms_decay",
    ]
)
"""Fields that only nets have, and that only solvers have."""


def begins(data: bytes) -> bool:
    """Whether a file that begins with these bytes may be one of Caffe's."""
    if not is_text(data):
        return _is_net(memoryview(data))
    names = tuple(_names(data.decode("utf-8", "ignore").removeprefix("\ufeff")))
    return not {"netwright", "op", "ir_version"}.intersection(names) and bool((NET | SOLVER).intersection(names))


def is_text(data: bytes) -> bool:
    """Whether the bytes are text: a message in protobuf's wire format soon has control characters in it."""
    return not any(byte < 9 or 13 < byte < 32 for byte in data[:512])


def is_solver(names: frozenset[str]) -> bool:
    """Whether a text with these fields is a solver."""
    return bool(SOLVER & names) and not {"layer", "layers"} & names


def _names(text: str) -> Iterator[str]:
    """The names of the fields up to the first message."""
    place = 0
    while True:
        place = _aside(text, place)
        field = _FIELD.match(text, place)
        if field is None:
            return
        yield field[1]
        value = _SCALAR.match(text, field.end()) if field[2] == ":" else None
        if value is None:
            return
        place = value.end()


def _aside(text: str, place: int) -> int:
    found = _ASIDE.match(text, place)
    return found.end() if found else place


def _is_net(data: memoryview) -> bool:
    """NetParameter: a name, inputs and so on, then a `layer` (100), or a `layers` (2) whose type is a number (5)."""
    try:
        for number, kind, value in fields(data):
            if number == 100 and kind == BYTES:
                return True
            if number == 2 and isinstance(value, memoryview):
                return _is_layer(value)
    except Malformed as error:
        return _cut(data[error.place :])
    return False


def _is_layer(content: memoryview) -> bool:
    kinds = {number: kind for number, kind, _ in fields(content)}
    return kinds.get(5) == VARINT or (5 not in kinds and kinds.get(1) == BYTES and 4 not in kinds)


def _cut(data: memoryview) -> bool:
    """Of a net whose beginning is looked at the first layer may be cut off: the key of field 100 (or 2) tells."""
    if bytes(data[:2]) == b"\xa2\x06":
        return True
    return bytes(data[:1]) == b"\x12" and _is_beginning_of_layer(data)


def _is_beginning_of_layer(data: memoryview) -> bool:
    """A `layers` that is longer than what is seen of it: bottom (2), top (3), name (4), then a number for its type."""
    try:
        _, place = varint(data, 1)
        for number, kind, _ in fields(data[place:]):
            if number == 5:
                return kind == VARINT
    except Malformed:
        return False
    return False
