"""A symbol and its arrays written as two files that belong together, and read back."""

from __future__ import annotations

import errno
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from engine.errors import NetwrightError
from engine.formats.mxnet.arrays import arrays_of, written
from engine.formats.mxnet.symbols import symbol_of
from engine.formats.mxnet.values import Array
from engine.formats.mxnet.writing import Exported, export
from engine.formats.properties import properties_of
from engine.model import Model
from engine.schema.files import replace_file


def write(
    place: Path, model: Model, weights: Mapping[str, Array], labels: Mapping[str, Sequence[str]], *, force: bool = False
) -> tuple[Path, ...]:
    """`NAME-symbol.json` and `NAME-0000.params`. Raises NetwrightError and OSError; then nothing is written."""
    beside = place.with_name(f"{place.stem.removesuffix('-symbol')}-0000.params")
    if beside.exists() and not force:
        raise FileExistsError(errno.EEXIST, "is there already; --force writes over it", str(beside))
    exported = export(model.network, weights, _marks(model, labels))
    symbol, arrays = exported.text.encode(), written(exported.arrays)
    _check(exported, symbol, arrays, place, beside)
    replace_file(beside, arrays)
    replace_file(place, symbol)
    return place, beside


def _marks(model: Model, labels: Mapping[str, Sequence[str]]) -> dict[str, dict[str, str]]:
    """Texts at inputs and outputs, under names between underscores: MXNet keeps those and does not look at them."""
    marks: dict[str, dict[str, str]] = {}
    for kind, texts in properties_of(model, labels).items():
        for name, value in json.loads(texts).items():
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            marks.setdefault(name, {})[f"__{kind}__"] = text
    return marks


def _check(exported: Exported, symbol: bytes, arrays: bytes, place: Path, beside: Path) -> None:
    """Raises NetwrightError where the files would not hold what was meant."""
    found = arrays_of(arrays, beside)
    same = found.keys() == exported.arrays.keys() and all(
        np.array_equal(np.atleast_1d(exported.arrays[name]), array, equal_nan=True) for name, array in found.items()
    )
    named = {entry.name for entry in symbol_of(symbol, place).entries if entry.is_variable}
    if not same or not named.issuperset(name.partition(":")[2] for name in found):
        raise NetwrightError("would not read back as what was meant", file=str(place))
