"""Keys of memories that compare by identity: what did not change is not looked at again."""

from __future__ import annotations

import operator
from typing import Any


class Same:
    """Values that count as equal where they are the same objects. A memory that holds it keeps them alive."""

    __slots__ = ("_hash", "parts")

    def __init__(self, *parts: Any) -> None:
        self.parts = parts
        self._hash = hash(tuple(map(id, parts)))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and all(map(operator.is_, self.parts, other.parts))
