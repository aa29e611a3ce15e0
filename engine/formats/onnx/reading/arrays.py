"""Tensors of a file as numpy arrays, those that lie in files beside it too; what is claimed is checked first."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from engine.errors import Unreadable

Array = NDArray[Any]


def array_of(tensor: TensorProto, path: Path) -> Array:
    """The tensor's values. Raises Unreadable where they are not all there."""
    if tensor.data_location == TensorProto.EXTERNAL:
        return _external(tensor, path)
    try:
        _check_type(tensor)
        _check_size(tensor)
        return numpy_helper.to_array(tensor)
    except (ValueError, TypeError, KeyError) as error:
        raise Unreadable(f"the tensor {tensor.name} cannot be read: {_first(error)}", file=str(path)) from None


def _check_type(tensor: TensorProto) -> None:
    if tensor.data_type not in helper.get_all_tensor_dtypes():
        raise ValueError(f"{tensor.data_type} is no type of values")


def _check_size(tensor: TensorProto) -> None:
    """Raises ValueError where the tensor claims more numbers than it holds."""
    claimed = math.prod(tensor.dims)
    held = len(tensor.raw_data) * 2 or max(  # four bits are the smallest value
        len(getattr(tensor, name)) * 2
        for name in ("float_data", "int32_data", "int64_data", "double_data", "uint64_data", "string_data")
    )
    if claimed < 0 or claimed > held:
        raise ValueError(f"it claims {claimed} values and does not hold them")


def _external(tensor: TensorProto, path: Path) -> Array:
    """From a file in the same folder or below: a name that leads elsewhere is refused."""
    entries = {entry.key: entry.value for entry in tensor.external_data}
    folder = path.parent.resolve()
    file = (folder / entries.get("location", "")).resolve()
    if not file.is_relative_to(folder) or file == folder:
        raise Unreadable(f"the tensor {tensor.name} lies outside the file's folder", file=str(path))
    try:
        kind = np.dtype(helper.tensor_dtype_to_np_dtype(tensor.data_type))
        offset, count = int(entries.get("offset", 0)), math.prod(tensor.dims)
        if offset < 0 or count < 0 or offset + count * kind.itemsize > file.stat().st_size:
            raise Unreadable(f"the tensor {tensor.name} is longer than {file.name}, which holds it", file=str(path))
        if not count:
            return np.zeros(tuple(tensor.dims), kind)
        return np.memmap(file, kind, "r", offset, tuple(tensor.dims))
    except OSError as error:
        raise Unreadable(f"the tensor {tensor.name} lies in {file.name}: {error.strerror}", file=str(path)) from None
    except (ValueError, KeyError) as error:
        raise Unreadable(f"the tensor {tensor.name} cannot be read: {_first(error)}", file=str(path)) from None


def _first(error: Exception) -> str:
    return str(error).splitlines()[0][:200]
