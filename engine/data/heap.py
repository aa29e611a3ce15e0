"""The C library's memory, told to keep what is freed: loaders take and free the same megabytes for every picture."""

from __future__ import annotations

import ctypes
from functools import cache

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # mallopt(3)
KEPT = 2**29  # bytes at the heap's end that are not given back
LARGE = 2**25  # bytes from which on memory is not of the heap; glibc allows no more


@cache
def keep_freed() -> None:
    """From here on memory comes from what was freed before, not page by page from the system; only glibc can."""
    change = getattr(ctypes.CDLL(None), "mallopt", None)
    if change is not None:
        change(_MMAP_THRESHOLD, LARGE)
        change(_TRIM_THRESHOLD, KEPT)
