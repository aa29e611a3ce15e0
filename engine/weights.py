"""Weights as files: float arrays named `node/weight` in safetensors, the same bytes for the same weights."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import Problem, Unreadable
from engine.formats import SAMPLE, format_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Arrays = Mapping[str, NDArray[Any]]


def read_weights(path: Path) -> dict[str, NDArray[Any]]:
    """All arrays of a safetensors file, or of a file of another format that holds weights. Raises Unreadable."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        found = format_of(_beginning(path))
        if found is not None and found.is_foreign:
            return dict(found.module().read(path).weights)
        return dict(load(path.read_bytes()))
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}", file=str(path)) from None
    except SafetensorError as error:
        raise Unreadable(f"is not a safetensors file ({error})", file=str(path)) from None


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(SAMPLE)


def read_note(path: Path) -> dict[str, Any]:
    """What was written beside the arrays as `note`; empty where there is none."""
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        note: dict[str, Any] = json.loads((file.metadata() or {}).get("note", "{}"))
        return note


def write_weights(path: Path, weights: Arrays, note: Mapping[str, Any] | None = None) -> None:
    """Writes arrays, and `note` beside them, so that they are on the disk when it returns."""
    import numpy as np
    from safetensors.numpy import save

    arrays = {name: np.ascontiguousarray(weights[name]) for name in sorted(weights)}
    data = save(arrays, None if note is None else {"note": json.dumps(note)})
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def fitting(weights: Arrays, wanted: Arrays, file: str = "") -> tuple[dict[str, NDArray[Any]], tuple[Problem, ...]]:
    """Of `weights` those that `wanted` has in the same shape, and warnings that name the others, on both sides."""
    fit = {name: weights[name] for name, array in wanted.items() if _fits(weights, name, array)}
    unlike = [
        f"{name} is {tuple(weights[name].shape)}, not {tuple(array.shape)}"
        for name, array in wanted.items()
        if name in weights and name not in fit
    ]
    lists = {
        "has other shapes, which begin anew": unlike,
        "lacks weights, which begin anew": [name for name in wanted if name not in weights],
        "holds weights that the network has not": [name for name in weights if name not in wanted],
    }
    return fit, tuple(
        Problem(f"{file or 'the file'} {text}: {_some(names)}", "warning") for text, names in lists.items() if names
    )


def _fits(weights: Arrays, name: str, wanted: NDArray[Any]) -> bool:
    return name in weights and weights[name].shape == wanted.shape


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
