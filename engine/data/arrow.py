"""Arrow's arrays as NumPy's: numbers, lists of one length as axes, lists of several lengths one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as of

from engine.data.columns import Array, Rows, Samples, even
from engine.errors import DataError, Problem
from engine.layers.base import Shape


def is_number(kind: pa.DataType) -> bool:
    """Whether values are numbers, or true and false."""
    return bool(of.is_integer(kind) or of.is_floating(kind) or of.is_boolean(kind) or of.is_decimal(kind))


def is_whole(kind: pa.DataType) -> bool:
    """Whether values are whole numbers."""
    return bool(of.is_integer(kind) or of.is_boolean(kind))


def is_floating(kind: pa.DataType) -> bool:
    """Whether a number may be NaN."""
    return bool(of.is_floating(kind))


def is_text(kind: pa.DataType) -> bool:
    """Whether values are texts, or places in a dictionary."""
    return bool(of.is_string(kind) or of.is_large_string(kind) or of.is_dictionary(kind))


def is_bytes(kind: pa.DataType) -> bool:
    """Whether values are bytes, alone or as the field `bytes` beside a path, as Hugging Face's data sets have them."""
    if of.is_struct(kind):
        return kind.get_field_index("bytes") >= 0 and is_bytes(kind.field("bytes").type)
    return bool(of.is_binary(kind) or of.is_large_binary(kind) or of.is_fixed_size_binary(kind))


def is_list(kind: pa.DataType) -> bool:
    """Whether values are lists, however deep, of numbers in the end."""
    return _inner(kind) is not None and is_number(leaf(kind))


def leaf(kind: pa.DataType) -> pa.DataType:
    """What the innermost lists hold."""
    inner = _inner(kind)
    return kind if inner is None else leaf(inner)


def _inner(kind: pa.DataType) -> pa.DataType | None:
    lists = of.is_list(kind) or of.is_large_list(kind) or of.is_fixed_size_list(kind)
    return kind.value_type if lists else None


def fixed(kind: pa.DataType) -> Shape | None:
    """The shape of lists of fixed length; None where some may differ."""
    if not of.is_fixed_size_list(kind):
        return () if is_number(kind) else None
    rest = fixed(kind.value_type)
    return None if rest is None else (kind.list_size, *rest)


def numbers(array: pa.Array, exact: bool = False) -> Array:
    """Numbers, NaN where there is none; `exact`: whole ones stay so."""
    if of.is_boolean(array.type):
        array = array.cast(pa.uint8())
    if of.is_floating(array.type) or (exact and of.is_integer(array.type)):
        return np.asarray(array.to_numpy(zero_copy_only=False))
    return np.asarray(array.cast(pa.float64()).to_numpy(zero_copy_only=False))


def samples(array: pa.Array) -> Samples:
    """Lists as arrays (rows, …): one array where all have one length, else a list of them; where there is none NaN.

    Raises DataError where lists differ in more than the length of the outermost.
    """
    if is_number(array.type):
        return numbers(array, exact=not array.null_count)
    if not array.null_count:
        inner = samples(array.flatten())
        if isinstance(inner, list):
            raise DataError((Problem("lists differ in more than the length of the outermost"),))
        lengths = _lengths(array)
        if of.is_fixed_size_list(array.type) or len(set(lengths.tolist())) == 1:
            return inner.reshape(len(array), int(lengths[0]) if len(lengths) else 0, *inner.shape[1:])
        return np.split(inner, np.cumsum(lengths)[:-1])
    known = iter(samples(array.drop_null()))
    gap = np.full(fixed(array.type) or (0,), np.nan)
    return even([next(known) if is_there else gap for is_there in array.is_valid().to_pylist()])


def _lengths(array: pa.Array) -> Rows:
    return np.asarray(pc.list_value_length(array).to_numpy(zero_copy_only=False)).astype(np.int64)


def codes(array: pa.Array, names: pa.Array) -> Array:
    """The places of texts among `names`, −1 where there is none."""
    return np.asarray(pc.fill_null(pc.index_in(texts(array), value_set=names), -1).to_numpy(zero_copy_only=False))


def texts(array: Any) -> Any:
    """Numbers and dictionaries as texts too."""
    return array.cast(pa.string())


def absent(array: pa.Array) -> Array:
    """Which values are missing; of numbers also those that are NaN, of pictures those without bytes and path."""
    if not isinstance(array, pa.StructArray):
        return _absent(array)
    fields = [array.field(name) for name in ("bytes", "path") if array.type.get_field_index(name) >= 0]
    return np.asarray(_absent(array) | np.all([_absent(one) for one in fields], axis=0))


def _absent(array: pa.Array) -> Array:
    return np.asarray(array.is_null(nan_is_null=is_floating(array.type)).to_numpy(zero_copy_only=False))


def content(value: pa.Scalar) -> pa.Buffer | str:
    """The bytes of a picture, or where there are none its file's path."""
    if not isinstance(value, pa.StructScalar):
        return value.as_buffer()
    return value["bytes"].as_buffer() if value["bytes"].is_valid else str(value["path"].as_py())
