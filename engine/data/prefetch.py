"""Batches made ahead of their use, in a thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def prefetched(make: Callable[[A], B], plans: Iterable[A], ahead: int = 3) -> Iterator[B]:
    """`make(plan)` for each of `plans`, in their order; up to `ahead` of them are on their way."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="data") as thread:
        waiting: deque[Future[B]] = deque()
        try:
            for plan in plans:
                waiting.append(thread.submit(make, plan))
                if len(waiting) > ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
