"""Batches: complete, repeatable, from anywhere."""

import tracemalloc

import numpy as np
import pytest
from PIL import Image

import resources
from engine.data import encoded, part, stream
from engine.data.dataset import Data, open_data
from engine.data.sources import NPZ, ImageFolder
from engine.data.spec import Split
from engine.data.transforms import Normalize, RandomCrop, RandomFlip, Resize, Scale
from tests.engine.data.made import all_of, network, save_pictures, spec, steps

DIGITS = spec(
    NPZ("bundled:digits.npz"),
    split=Split(validation=0.2, stratified=True),
    transforms=steps(
        Scale(by=0.0625), Resize(size=(12, 12)), train=(RandomCrop(size=(12, 12), padding=2), RandomFlip())
    ),
)


@pytest.fixture(params=["kept", "made anew"])
def digits(request, monkeypatch) -> Data:
    """Prepared samples are kept in memory, or there is no room for them."""
    if request.param == "made anew":
        monkeypatch.setattr(stream, "KEPT", 0)
    return open_data(DIGITS, network((1, 12, 12)))


def epoch(data: Data, number: int, seed: int = 1, start: int = 0, size: int = 64) -> list[dict[str, np.ndarray]]:
    return list(data.part("train").batches(size, seed, number, shuffle=True, start=start))


def same(one: list[dict[str, np.ndarray]], other: list[dict[str, np.ndarray]]) -> bool:
    return len(one) == len(other) and all(
        np.array_equal(a[node], b[node]) for a, b in zip(one, other, strict=True) for node in a
    )


def test_an_epoch_holds_every_row_once_and_the_last_batch_what_is_left(digits) -> None:
    batches = epoch(digits, 0)
    assert [len(batch["digit"]) for batch in batches] == [64] * 22 + [1438 - 22 * 64]
    assert digits.part("train").count(64) == 23
    labels = np.concatenate([batch["digit"] for batch in batches])
    assert np.bincount(labels).tolist() == list(digits.counts["train"]["digit"].values())


def test_arrays_are_in_one_piece_and_of_the_types_that_networks_take(digits) -> None:
    for batch in epoch(digits, 0):
        assert batch["image"].dtype == np.float32
        assert batch["digit"].dtype == np.int64
        assert all(array.flags.c_contiguous and array.flags.writeable for array in batch.values())


def test_the_same_seed_and_epoch_give_the_same_batches_bit_for_bit(digits) -> None:
    assert same(epoch(digits, 3), epoch(open_data(DIGITS, network((1, 12, 12))), 3))


def test_another_epoch_or_seed_gives_another_order_and_other_crops(digits) -> None:
    first = epoch(digits, 0)
    assert not same(first, epoch(digits, 1))
    assert not same(first, epoch(digits, 0, seed=2))


@pytest.mark.parametrize("start", [1, 7, 22, 23, 30])
def test_batches_from_anywhere_are_the_tail_of_all(digits, start) -> None:
    assert same(epoch(digits, 2, start=start), epoch(digits, 2)[start:])


def test_a_sample_is_prepared_alike_whatever_the_size_of_its_batch(digits) -> None:
    whole = np.concatenate([batch["image"] for batch in epoch(digits, 1, size=64)])
    assert np.array_equal(whole, np.concatenate([batch["image"] for batch in epoch(digits, 1, size=17)]))


def test_without_shuffling_rows_come_in_their_order(digits) -> None:
    archive = np.load(resources.path("data", "digits.npz"))
    assert np.array_equal(all_of(digits, "digit", "validation"), archive["y"][digits.part("validation").rows])


def test_validation_is_not_cropped_or_flipped_and_the_same_in_every_epoch(digits) -> None:
    held_out = digits.part("validation")
    assert same(list(held_out.batches(50, 1, 0)), list(held_out.batches(50, 9, 9)))
    rows = digits.part("train").plain().batches(2000)
    assert not np.array_equal(next(rows)["image"], next(digits.part("train").batches(2000))["image"])


def test_what_is_kept_is_not_changed_by_whoever_uses_a_batch() -> None:
    data = open_data(spec(NPZ("bundled:digits.npz"), transforms=steps(Scale(by=2))), network())
    before = next(data.part("train").batches(10))["image"].copy()
    next(data.part("train").batches(10))["image"][:] = -1
    assert np.array_equal(next(data.part("train").batches(10))["image"], before)


def test_pictures_that_are_too_many_for_memory_are_decoded_again_and_come_out_the_same(tmp_path, monkeypatch) -> None:
    random = np.random.default_rng(1)
    pictures = [Image.fromarray(random.integers(0, 256, (9, 8 + n % 2, 3), dtype=np.uint8)) for n in range(20)]
    save_pictures(tmp_path, a=pictures[:10], b=pictures[10:])
    rules = steps(Resize(size=(6, 6)), Normalize(), train=(RandomFlip(),))
    folder = spec(ImageFolder(str(tmp_path)), x="image", y="label", transforms=rules)
    small = epoch(open_data(folder, network((3, 6, 6), 2)), 1, size=6)
    monkeypatch.setattr(encoded, "KEPT", 0)
    monkeypatch.setattr(stream, "KEPT", 0)
    large = open_data(folder, network((3, 6, 6), 2))
    assert large.feedings[0].column.is_lazy
    assert same(epoch(large, 1, size=6), small)
    assert not large.feedings[0].column.kept


def test_a_sample_shows_where_it_is_from_raw_and_prepared(digits) -> None:
    sample = digits.part("validation").sample(3)
    archive = np.load(resources.path("data", "digits.npz"))
    row = digits.part("validation").rows[3]
    assert sample.place == f"row {row}"
    assert np.array_equal(sample.raw["image"], archive["x"][row])
    assert sample.prepared["image"].shape == (1, 12, 12)
    assert sample.prepared["digit"] == archive["y"][row]


@pytest.fixture
def photos(tmp_path, monkeypatch) -> Data:
    """Four hundred JPEGs of 64x64, too many to be kept."""
    random = np.random.default_rng(1)
    pictures = [Image.fromarray(random.integers(0, 256, (64, 64, 3), dtype=np.uint8)) for _ in range(8)]
    for name in "ab":
        (tmp_path / name).mkdir()
        for number in range(200):
            pictures[number % 8].save(tmp_path / name / f"{number:03}.jpg")
    monkeypatch.setattr(encoded, "KEPT", 0)
    monkeypatch.setattr(stream, "KEPT", 0)
    rules = steps(Scale(by=1 / 255), train=(RandomCrop(size=(64, 64), padding=4), RandomFlip()))
    return open_data(spec(ImageFolder(str(tmp_path)), x="image", y="label", transforms=rules), network((3, 64, 64), 2))


def test_memory_stays_flat_over_ten_times_what_is_made_ahead(photos, monkeypatch) -> None:
    decoded = len(photos.part("train")) * 3 * 64 * 64 * 4
    monkeypatch.setattr(part, "AHEAD", decoded // 10)
    tracemalloc.start()
    try:
        for batch in photos.part("train").batches(16, seed=1, shuffle=True):
            assert batch["image"].any()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < decoded / 2


def test_a_batch_that_is_held_is_not_written_over_by_those_that_follow(photos) -> None:
    batches = photos.part("train").batches(50, seed=1, shuffle=True)
    held = [(batch["image"][::7], batch["image"][::7].copy()) for batch in batches]
    assert all(np.array_equal(now, then) for now, then in held)


@pytest.mark.parametrize(("size", "ahead"), [(1, part.MOST), (1000, 1)])
def test_small_batches_are_made_far_ahead_and_large_ones_one_at_a_time(photos, size, ahead, monkeypatch) -> None:
    told = []

    def prefetched(works, count, threads):
        told.append(count)
        return (work.done() for work in works)

    monkeypatch.setattr(part, "prefetched", prefetched)
    monkeypatch.setattr(part, "AHEAD", 10 * 2**20)
    next(photos.part("train").batches(size))
    assert told == [ahead]
