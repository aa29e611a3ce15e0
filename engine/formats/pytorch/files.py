"""The files of an export to PyTorch: `model.py`, `weights.safetensors` and, where it can be, `train.py`."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import DataError, Unsupported
from engine.formats.pytorch import written
from engine.formats.pytorch.training import script
from engine.schema.files import replace_file
from engine.weights import write_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.model import Model

MODEL, WEIGHTS, TRAIN = "model.py", "weights.safetensors", "train.py"


def write(
    folder: Path, model: Model, weights: Mapping[str, NDArray[Any]], base: Path, *, force: bool = False
) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Writes `model`, whose paths are relative to `base`, into `folder`; the files, and what is not in them.

    Raises Unsupported before anything is written, FileExistsError and OSError.
    """
    module = written(model.network, weights, model.name, model.head)
    texts = {MODEL: module.text}
    notes: tuple[str, ...] = ("the drawing stays behind",)
    try:
        texts[TRAIN] = script(model, base, module)
    except (Unsupported, DataError) as error:
        notes = (f"train.py is not written: {error}", *notes)
    there = [folder / name for name in (*texts, WEIGHTS) if (folder / name).exists()]
    if there and not force:
        raise FileExistsError(errno.EEXIST, "is there already; --force writes over it", str(there[0]))
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        replace_file(folder / name, text.encode())
    write_weights(folder / WEIGHTS, module.states)
    return tuple(folder / name for name in (*texts, WEIGHTS)), notes
