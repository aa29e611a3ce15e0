"""One operator of a NetDef: its blobs, and its arguments with the values that Caffe2 supposes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from engine.errors import Unreadable
from engine.formats.caffe.message import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

HINTS = frozenset(
    (
        "order",
        "exhaustive_search",
        "cudnn_exhaustive_search",
        "use_cudnn",
        "ws_nbytes_limit",
        "engine",
        "deterministic",
        "enable_tensor_core",
        "init_params",
        "float16_compute",
    )
)
"""Arguments that say how something is computed, not what."""


@dataclass
class Operator:
    """An OperatorDef; which arguments were asked for is remembered."""

    message: Message
    asked: set[str] = field(default_factory=set)

    @cached_property
    def kind(self) -> str:
        return str(self.message.get("type"))

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        return tuple(self.message.all("input"))

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        return tuple(self.message.all("output"))

    @cached_property
    def name(self) -> str:
        return str(self.message.get("name"))

    @cached_property
    def arguments(self) -> dict[str, Message]:
        """By name; of two with one name the last."""
        return {str(argument.get("name")): argument for argument in self.message.all("arg")}

    @property
    def unasked(self) -> tuple[str, ...]:
        """Arguments that nobody wanted to know and that say something."""
        return tuple(name for name in self.arguments if name not in self.asked | HINTS)

    def has(self, name: str) -> bool:
        """Whether the argument is given."""
        self.asked.add(name)
        return name in self.arguments

    def whole(self, name: str, default: int = 0) -> int:
        """A whole number."""
        return int(self.arguments[name].get("i")) if self.has(name) else default

    def flag(self, name: str, default: bool = False) -> bool:
        """Whether a whole number is not 0."""
        return bool(self.whole(name, int(default)))

    def real(self, name: str, default: float) -> float:
        """A number; some write whole ones."""
        if not self.has(name):
            return default
        argument = self.arguments[name]
        return float(argument.get("f") if argument.has("f") or not argument.has("i") else argument.get("i"))

    def word(self, name: str, default: str = "") -> str:
        """A text."""
        return _text(self.arguments[name].get("s")) if self.has(name) else default

    def wholes(self, name: str) -> tuple[int, ...]:
        """Whole numbers; none where the argument is missing."""
        return tuple(map(int, self.arguments[name].all("ints"))) if self.has(name) else ()

    def reals(self, name: str) -> NDArray[Any]:
        """Numbers; none where the argument is missing."""
        import numpy as np

        parts = self.arguments[name].all("floats") if self.has(name) else []
        arrays = [part for part in parts if isinstance(part, np.ndarray)]
        return np.concatenate([*arrays, np.asarray([it for it in parts if isinstance(it, float)], np.float32)])

    @property
    def is_last(self) -> bool:
        """Whether the channels come last (NHWC)."""
        return self.word("order", "NCHW") == "NHWC"


def operators_of(net: Message, file: str) -> tuple[Operator, ...]:
    """The operators of a net. Raises Unreadable where there are none."""
    operators = tuple(map(Operator, net.all("op")))
    if not operators:
        raise Unreadable("holds no operators", file=file)
    return operators


def _text(value: Any) -> str:
    return str(value, "utf-8", "replace") if isinstance(value, memoryview) else "" if value is None else str(value)


def plain(message: Message) -> Message:
    """The message without arrays and bytes: what can be written as text."""
    return Message(message.type, {name: _plain(values) for name, values in message.fields.items()}, message.line)


def _plain(values: list[Any]) -> list[Any]:
    made: list[Any] = []
    for value in values:
        if isinstance(value, Message):
            made.append(plain(value))
        elif hasattr(value, "tolist") and not isinstance(value, memoryview):
            made += value.tolist()
        else:
            made.append(_text(value) if isinstance(value, memoryview) else value)
    return made
