"""Batches made ahead of their use."""

import threading
from collections.abc import Callable, Iterator

import pytest

from engine.data.prefetch import Work, prefetched


def works(make: Callable[[int], int], count: int, pieces: int = 1) -> Iterator[Work[int]]:
    """For every number the sum of so many pieces of work on it."""
    for number in range(count):
        made: list[int] = []
        yield Work([lambda number=number, made=made: made.append(make(number))] * pieces, lambda made=made: sum(made))


@pytest.mark.parametrize("threads", [1, 3])
def test_results_come_in_their_order_and_no_more_are_begun_than_told(threads) -> None:
    begun: list[int] = []

    def make(number: int) -> int:
        begun.append(number)
        return number * number

    numbers = prefetched(works(make, 100, pieces=5), ahead=3, threads=threads)
    assert next(numbers) == 0
    assert max(begun) <= 3
    assert list(numbers) == [5 * n * n for n in range(1, 100)]


def test_pieces_of_one_batch_are_done_by_several_threads_at_once() -> None:
    meet = threading.Barrier(2, timeout=10)

    def make(number: int) -> int:
        meet.wait()
        return number

    assert list(prefetched(works(make, 3, pieces=2), threads=2)) == [0, 2, 4]


@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_arrives_where_its_batch_would(threads) -> None:
    numbers = prefetched(works(lambda number: 1 // (2 - number), 5), threads=threads)
    assert next(numbers) == 0
    assert next(numbers) == 1
    with pytest.raises(ZeroDivisionError):
        next(numbers)


def test_whoever_stops_early_leaves_no_thread_behind() -> None:
    numbers = prefetched(works(lambda number: number, 1000), threads=2)
    next(numbers)
    numbers.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("data")]


def test_what_is_done_at_once_is_the_same() -> None:
    assert [work.done() for work in works(lambda number: number, 4, pieces=2)] == [0, 2, 4, 6]
