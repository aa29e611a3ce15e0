"""Memory that is lent to batches."""

import numpy as np

from engine.data.buffers import Buffers


def place(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


def test_memory_is_used_again_when_nobody_holds_it() -> None:
    buffers = Buffers()
    first = buffers.array((4, 3), np.float32)
    where = place(first)
    del first
    assert place(buffers.array((4, 3), np.float32)) == where


def test_memory_is_not_lent_twice_while_a_view_of_a_view_is_held() -> None:
    buffers = Buffers()
    whole = buffers.array((4, 3), np.float32)
    whole[:] = 7
    held = whole[1:][1:, ::-1].view(np.int32)
    del whole
    buffers.array((4, 3), np.float32)[:] = 0
    assert np.all(held.view(np.float32) == 7)


def test_arrays_of_any_shape_and_kind_can_be_written() -> None:
    buffers = Buffers()
    for shape, kind in (((2, 3), np.float32), ((1, 3), np.int64), ((0, 5), np.float32), ((50,), np.int64), ((), "i8")):
        array = buffers.array(shape, kind)
        array[...] = 3
        assert array.shape == shape
        assert array.dtype == kind
        assert array.flags.c_contiguous
        assert array.flags.writeable
