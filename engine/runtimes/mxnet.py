"""Symbols as MXNet itself loads and runs them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.backends import backend
from engine.errors import Unreadable
from engine.formats.mxnet import arrays_beside
from engine.runtimes import Array, Batch

_OUTPUT = "_output"
"""What MXNet puts behind the name of an operator that has one output."""


def open_file(file: Path) -> Symbols:
    """Raises Unreadable for a file that MXNet refuses, Unsupported where MXNet is not installed."""
    backend("mxnet")
    from engine.backends.gluon.framework import mx

    beside = arrays_beside(file)
    try:
        arrays = {} if beside is None else mx.nd.load(str(beside))
        return Symbols(mx.sym.load(str(file)), arrays, beside)
    except (mx.MXNetError, OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
        raise Unreadable(f"is not a symbol that MXNet runs ({reason})", file=str(file)) from None


class Symbols:
    """A symbol with its arrays, as gluon's SymbolBlock imports them."""

    def __init__(self, symbol: Any, arrays: Any, beside: Path | None) -> None:
        from engine.backends.gluon.framework import mx

        held = {name.partition(":")[2] for name in arrays}
        self.name = f"mxnet {mx.__version__}"
        self.inputs = tuple(name for name in symbol.list_inputs() if name not in held)
        self.outputs = tuple(name.removesuffix(_OUTPUT) for name in symbol.list_outputs())
        self._symbol, self._arrays, self._beside = symbol, arrays, beside
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that inputs are of any type
            self._block = mx.gluon.SymbolBlock(symbol, [mx.sym.var(name) for name in self.inputs])
        if beside is not None:
            self._block.collect_params().load(str(beside), cast_dtype=True, dtype_source="saved", ignore_extra=True)

    def run(self, batch: Batch, outputs: Sequence[str]) -> list[Array]:
        """The values of `outputs`."""
        from engine.backends.gluon.framework import mx

        made = self._block(*(mx.nd.array(batch[name]) for name in self.inputs))
        values = dict(zip(self.outputs, made if isinstance(made, list | tuple) else [made], strict=True))
        return [values[name].asnumpy() for name in outputs]

    def showing(self, names: Sequence[str]) -> tuple[Symbols, tuple[str, ...]]:
        """The same with the values `names`, as far as it has them, as outputs; and their names."""
        from engine.backends.gluon.framework import mx

        inner = self._symbol.get_internals()
        there = set(inner.list_outputs())
        shown = tuple(name for name in names if f"{name}{_OUTPUT}" in there)
        group = mx.sym.Group([inner[f"{name}{_OUTPUT}"] for name in shown])
        return Symbols(group, self._arrays, self._beside), shown
