"""Where the weights of a network are in its module: names of states, and weights that are one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.formats.pytorch.forward import body_of
from engine.formats.pytorch.tree import Leaf, Scope, Visit

if TYPE_CHECKING:
    from numpy.typing import NDArray

Path = tuple[str, ...]
"""The names that lead to a module, those in lists being numbers."""


@dataclass(frozen=True)
class Home:
    """A layer and the path of its module."""

    leaf: Leaf
    path: Path

    def state(self, name: str) -> str:
        """The name of one of its states."""
        return ".".join((*self.path, name))


def homes(scope: Scope, path: Path = ()) -> Iterator[Home]:
    """Every layer that has a module of its own."""
    body = body_of(scope)
    for item in scope.items:
        own = body.members.get(item)
        if own is None:
            continue
        here = (*path, *own)
        if isinstance(item, Leaf):
            yield Home(item, here)
        elif isinstance(item, Visit):
            yield from homes(item.scope, here)
        elif body.is_shared(item):
            yield from homes(item.scopes[0], here)
        else:
            for index, inner in enumerate(item.scopes):
                yield from homes(inner, (*here, str(index)))


def states_of(scope: Scope, weights: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """All states of the network's module by their names, as `load_state_dict` takes them."""
    found: dict[str, NDArray[Any]] = {}
    for home in homes(scope):
        step = home.leaf.step
        found |= {home.state(step.states[weight]): weights[full] for weight, full in home.leaf.site.weights.items()}
        found |= {home.state(name): values for name, values in step.values.items()}
    return found


def names_of(scope: Scope) -> dict[str, str]:
    """What each weight is called among the states; of one that several layers share the first name."""
    found: dict[str, str] = {}
    for home in homes(scope):
        for weight, full in home.leaf.site.weights.items():
            found.setdefault(full, home.state(home.leaf.step.states[weight]))
    return found


def ties(scope: Scope) -> Iterator[str]:
    """The lines that make weights one which several layers share."""
    owners: dict[str, str] = {}
    for home in homes(scope):
        for weight, full in home.leaf.site.weights.items():
            own = _in_python(home, home.leaf.step.states[weight])
            if full in owners:
                yield f"{own} = {owners[full]}"
            elif full == f"{home.leaf.site.name}/{weight}" or not _has_home(scope, full):
                owners[full] = own
            else:
                yield f"{own} = {_in_python(*_home(scope, full))}"


def _has_home(scope: Scope, full: str) -> bool:
    return any(True for _ in _homes(scope, full))


def _home(scope: Scope, full: str) -> tuple[Home, str]:
    return next(_homes(scope, full))


def _homes(scope: Scope, full: str) -> Iterator[tuple[Home, str]]:
    node, _, weight = full.rpartition("/")
    for home in homes(scope):
        if home.leaf.site.name == node and weight in home.leaf.step.states:
            yield home, home.leaf.step.states[weight]


def _in_python(home: Home, state: str) -> str:
    parts = (f"[{part}]" if part.isdigit() else f".{part}" for part in (*home.path, *state.split(".")))
    return "self" + "".join(parts)
