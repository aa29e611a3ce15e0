"""What runs exported files that is not our engine: a table of runtimes by format, each loaded when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

from numpy.typing import NDArray

from engine.errors import NetwrightError, Unreadable
from engine.formats import FORMATS, SAMPLE, format_for, format_of

Array = NDArray[Any]
Batch = Mapping[str, Array]

RUNTIMES = {"onnx": "engine.runtimes.onnx", "mxnet": "engine.runtimes.mxnet"}
"""The module that runs the files of a format: `open_file(path)` gives a Runtime."""


class Runtime(Protocol):
    """A file in the runtime of its own world."""

    @property
    def name(self) -> str:
        """The runtime and its version."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """What the file takes: names of nodes of the model that it was made from."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """What the file gives, as links are written."""

    def run(self, batch: Batch, outputs: Sequence[str]) -> list[Array]:
        """The values of `outputs`."""

    def showing(self, names: Sequence[str]) -> tuple[Runtime, tuple[str, ...]]:
        """The same file with the values `names`, as far as it has them, as outputs; and their names."""


def open_runtime(file: Path) -> Runtime:
    """The file in a runtime of its format. Raises Unreadable, and NetwrightError where none is known."""
    try:
        with file.open("rb") as opened:
            found = format_of(opened.read(SAMPLE)) or format_for(file)
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}", file=str(file)) from None
    if found is None or found.name not in RUNTIMES:
        titles = " or ".join(FORMATS[name].title for name in RUNTIMES)
        raise NetwrightError(f"is no file that another runtime runs: {titles}", file=str(file))
    return cast("Runtime", importlib.import_module(RUNTIMES[found.name]).open_file(file))
