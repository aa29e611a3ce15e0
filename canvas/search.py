"""Finding a layer by what is typed: by name first, then by its help."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.declare import name_of
from engine.layers import CATALOGUE, Layer

HIDDEN = ("unknown", "block")
"""Families that nobody adds by name."""


@dataclass(frozen=True)
class Choice:
    """A layer that can be added."""

    name: str
    spelling: str
    family: str
    help: str
    layer: type[Layer]


def choices(families: Iterable[str] = ()) -> list[Choice]:
    """All layers that can be added, by family: those of `families` first, in that order."""
    found = [_choice(cls) for _, cls in CATALOGUE.items() if issubclass(cls, Layer) and cls.FAMILY not in HIDDEN]
    order = list(dict.fromkeys((*families, *(choice.family for choice in found))))
    return sorted(found, key=lambda choice: order.index(choice.family))


def matching(offered: list[Choice], typed: str) -> list[Choice]:
    """Those that `typed` finds, best first; all in their order where nothing is typed."""
    words = typed.lower().split()
    if not words:
        return offered
    scored = [(sum(scores), choice) for choice in offered if all(scores := [score(choice, word) for word in words])]
    return [choice for _, choice in sorted(scored, key=lambda pair: -pair[0])]


def score(choice: Choice, word: str) -> float:
    """How well a word finds a layer; 0 where it does not."""
    name = choice.name.lower()
    if name == word:
        return 100.0
    if name.startswith(word):
        return 80.0 + len(word) / len(name)
    if word in name or word in choice.spelling:
        return 60.0 + len(word) / len(name)
    if _is_scattered(word, name):
        return 40.0 + len(word) / len(name)
    if word in choice.family or word in choice.help.lower():
        return 20.0
    return 0.0


def _is_scattered(word: str, name: str) -> bool:
    """Whether the letters of `word` come in `name` in that order, the first one first: `mp2` finds maxpool2d."""
    letters = iter(name)
    return name[:1] == word[:1] and all(letter in letters for letter in word)


def _choice(cls: type[Layer]) -> Choice:
    return Choice(cls.__name__, name_of(cls), cls.FAMILY, " ".join((cls.__doc__ or "").split()), cls)
