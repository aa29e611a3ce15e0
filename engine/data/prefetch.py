"""Batches made ahead of their use, in threads: decoding and numpy's arithmetic leave Python's lock to the others."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

A = TypeVar("A")


@dataclass(frozen=True)
class Work(Generic[A]):
    """Something to be made: pieces that threads do in any order, and what there is when all are done."""

    pieces: Sequence[Callable[[], object]]
    result: Callable[[], A]

    def done(self) -> A:
        """All of it, done here and now."""
        for piece in self.pieces:
            piece()
        return self.result()


def prefetched(works: Iterable[Work[A]], ahead: int = 3, threads: int = 1) -> Iterator[A]:
    """The results of `works`, in their order; up to `ahead` of them are on their way."""
    with ThreadPoolExecutor(max_workers=threads, thread_name_prefix="data") as pool:
        waiting: deque[tuple[Work[A], list[Future[object]]]] = deque()
        try:
            for work in works:
                waiting.append((work, [pool.submit(piece) for piece in work.pieces]))
                if len(waiting) > ahead:
                    yield _done(*waiting.popleft())
            while waiting:
                yield _done(*waiting.popleft())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _done(work: Work[A], pieces: list[Future[object]]) -> A:
    for piece in pieces:
        piece.result()
    return work.result()


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
