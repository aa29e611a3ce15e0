"""Checkpoints: folders that are written beside and renamed whole, so that one is there at every instant."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import RunError
from engine.weights import read_note, read_weights, write_weights

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Arrays = Mapping[str, NDArray[Any]]

WEIGHTS = "weights.safetensors"
STATE = "state.safetensors"


@dataclass(frozen=True)
class Snapshot:
    """A training at one instant: weights, the optimiser's state, and where it stands in plain numbers."""

    weights: Mapping[str, NDArray[np.float32]]
    state: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    position: Mapping[str, Any] = field(default_factory=dict)


class Checkpoints:
    """The checkpoints of a run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, name: str, snapshot: Snapshot) -> None:
        """Puts `snapshot` in the place of the checkpoint `name`. Raises RunError where it cannot be written."""
        new, old = self._beside(name)
        shutil.rmtree(new, ignore_errors=True)
        try:
            new.mkdir(parents=True)
            write_weights(new / WEIGHTS, snapshot.weights)
            write_weights(new / STATE, snapshot.state, snapshot.position)
        except OSError as error:
            shutil.rmtree(new, ignore_errors=True)
            told = f"the checkpoint {name!r} cannot be written: {error.strerror or error}"
            hint = "the last one is kept: make room, then go on with --resume" if self.path("last") else ""
            raise RunError(told, file=str(self.folder.parent), hint=hint) from None
        place = self.folder / name
        if place.exists():
            shutil.rmtree(old, ignore_errors=True)
            place.rename(old)
        new.rename(place)
        shutil.rmtree(old, ignore_errors=True)

    def path(self, name: str) -> Path | None:
        """The folder of the checkpoint `name`; None where none was written."""
        place, (_, old) = self.folder / name, self._beside(name)
        # Killed between the two renames: the former one is still whole.
        return next((path for path in (place, old) if (path / STATE).exists()), None)

    def load(self, name: str) -> Snapshot | None:
        """The checkpoint `name`; None where none was written."""
        path = self.path(name)
        if path is None:
            return None
        state = path / STATE
        return Snapshot(read_weights(path / WEIGHTS), read_weights(state), read_note(state))

    def _beside(self, name: str) -> tuple[Path, Path]:
        return self.folder / f".{name}-new", self.folder / f".{name}-old"
