"""Sequences of unequal lengths: padded, cut, masked, and put together by length."""

from dataclasses import replace

import numpy as np
import pytest

from engine.data import bucketing
from engine.data.applying import apply
from engine.data.chance import Draws, order
from engine.data.dataset import open_data
from engine.data.outside import prepare
from engine.data.preparing import prepared
from engine.data.sequences import Pad, RandomWindow, Truncate
from engine.data.sources import NPZ, Series
from engine.data.spec import Feed, Split, Transform
from engine.data.transforms import Normalize, OneHot
from engine.errors import DataError, ShapeError
from engine.layers.data import Input, Target
from engine.layers.loss import SoftmaxCrossEntropy
from engine.network import Network
from engine.node import Link, Node
from tests.engine.data.made import complaints, network, of, save_npz, spec, steps

random = np.random.default_rng(1)
LENGTHS = random.integers(2, 30, 200)
WORDS = [random.integers(0, 9, length) for length in LENGTHS]
DRAWS = Draws.at(np.arange(200), seed=1, epoch=0)
SOURCE = NPZ("a.npz", (Series("x", "n"), Series("tags", "n")))


def save(folder) -> None:
    flat = np.concatenate(WORDS)
    x = np.stack((flat, np.repeat(np.arange(200), LENGTHS)), axis=1).astype(np.float32)
    save_npz(folder, x=x, tags=flat, n=LENGTHS, y=np.arange(200) % 2)


def masked(*rules, train=(), bucketed=False, mask_shape=(-1,)):
    """A network with a mask and its data."""
    drawn = Network((*network((-1, 2), 2).nodes, Node("mask", (), Input(sizes=mask_shape))))
    data = spec(SOURCE, transforms=steps(*rules, train=train))
    first, second = data.feeds
    return drawn, replace(data, feeds=(replace(first, bucketed=bucketed), second, Feed("mask", mask_of="image")))


def test_sequences_are_padded_to_the_longest_of_the_batch() -> None:
    found = apply(Pad(value=-1), np.array(WORDS[:1]), DRAWS)
    assert np.array_equal(found[0], WORDS[0])
    batch = prepared([Pad(value=-1)], WORDS[:5], DRAWS)
    assert batch.shape == (5, LENGTHS[:5].max())
    for row, word in zip(batch, WORDS, strict=False):
        assert np.array_equal(row[: len(word)], word)
        assert (row[len(word) :] == -1).all()


def test_sequences_are_padded_to_a_length_that_is_stated() -> None:
    assert prepared([Pad(length=40)], WORDS, DRAWS).shape == (200, 40)
    assert prepared([Truncate(length=10), Pad(length=10)], WORDS, DRAWS).shape == (200, 10)


@pytest.mark.parametrize(("keep", "wanted"), [("first", slice(0, 4)), ("last", slice(-4, None))])
def test_the_first_or_last_steps_are_kept(keep, wanted) -> None:
    for found, word in zip(prepared([Truncate(length=4, keep=keep)], WORDS, DRAWS), WORDS, strict=True):
        assert np.array_equal(found, word[wanted])


def test_windows_come_from_every_place_and_short_sequences_stay_whole() -> None:
    series = np.tile(np.arange(10), (200, 1))
    found = apply(RandomWindow(length=4), series, DRAWS)
    assert set(found[:, 0]) == set(range(7))
    assert np.array_equal(found - found[:, :1], np.tile(np.arange(4), (200, 1)))
    assert np.array_equal(apply(RandomWindow(length=12), series, DRAWS), series)


@pytest.mark.parametrize(
    ("rule", "shape", "message"),
    [
        (Pad(), (3, 8, 8), "takes sequences (steps) or (steps, features), not 3x8x8"),
        (Pad(length=5), (6, 2), "cannot be padded to 5 steps: it has 6"),
        (Truncate(), (), "takes sequences (steps) or (steps, features), not a single number"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(rule, shape, message) -> None:
    with pytest.raises(ShapeError) as error:
        rule.shape(shape)
    assert str(error.value) == message


def test_series_of_unequal_lengths_need_padding_and_are_told_so(tmp_path) -> None:
    save(tmp_path)
    drawn, data = masked()
    with pytest.raises(DataError) as error:
        open_data(data, drawn, tmp_path)
    (problem,) = error.value.problems
    assert problem.message.startswith("column 'x' has samples of different sizes, ")
    assert problem.hint == "transform { pad { } } brings them to one"


def test_a_sequence_that_is_longer_than_all_may_be_is_told_with_its_row(tmp_path) -> None:
    save(tmp_path)
    drawn, data = masked(Pad(length=20))
    row = int(np.flatnonzero(LENGTHS > 20)[0])
    assert complaints(data, drawn, tmp_path) == [
        f"image: column 'x', row {row}: cannot be padded to 20 steps: it has {LENGTHS[row]}"
    ]


@pytest.mark.parametrize("rules", [(Pad(),), (Truncate(length=9, keep="last"), Pad()), (Pad(length=30),)])
def test_a_mask_has_a_one_for_each_step_that_is_there(tmp_path, rules) -> None:
    save(tmp_path)
    drawn, data = masked(*rules)
    kept = 9 if len(rules) == 2 else 30
    at = 0
    for batch in open_data(data, drawn, tmp_path).part("train").batches(16):
        assert batch["mask"].shape == batch["image"].shape[:2]
        assert batch["mask"].dtype == np.float32
        lengths = np.minimum(LENGTHS[at : at + 16], kept)
        assert np.array_equal(batch["mask"], np.arange(batch["mask"].shape[1]) < lengths[:, None])
        at += 16


def test_a_mask_goes_through_the_same_windows_as_its_sequence(tmp_path) -> None:
    save(tmp_path)
    drawn, data = masked()
    windows = (Transform(Normalize()), Transform(RandomWindow(length=12), phase="train"), Transform(Pad(value=99)))
    data = replace(data, feeds=(replace(data.feeds[0], transforms=windows), *data.feeds[1:]))
    for batch in open_data(data, drawn, tmp_path).part("train").batches(32, seed=3, epoch=2, shuffle=True):
        assert np.array_equal(batch["mask"], (batch["image"][:, :, 0] != 99).astype(np.float32))


def test_a_mask_of_what_is_not_fed_or_with_a_column_of_its_own_is_told(tmp_path) -> None:
    save(tmp_path)
    drawn, data = masked(Pad())
    first, second, _ = data.feeds
    strange = complaints(replace(data, feeds=(first, second, Feed("mask", mask_of="digits"))), drawn, tmp_path)
    assert strange == ["mask: is the mask of 'digits', which no feed gives anything"]
    both = complaints(replace(data, feeds=(first, second, Feed("mask", "x", mask_of="image"))), drawn, tmp_path)
    assert both == ["mask: its feed is a mask: it has no column and no transforms of its own"]


def test_what_is_given_from_outside_has_a_mask_of_its_own(tmp_path) -> None:
    save(tmp_path)
    drawn, data = masked(Pad(length=30))
    settled = open_data(data, drawn, tmp_path).spec
    series = np.ones((7, 2), np.float32)
    assert prepare(settled, drawn, "image", series).shape == (1, 30, 2)
    mask = prepare(settled, drawn, "mask", series)
    assert np.array_equal(mask, np.arange(30)[None] < 7)


def test_batches_hold_sequences_of_similar_length_each_once(tmp_path) -> None:
    save(tmp_path)
    drawn, data = masked(Pad(), bucketed=True)
    plain, mixed = open_data(masked(Pad())[1], drawn, tmp_path), open_data(data, drawn, tmp_path)
    batches = list(mixed.part("train").batches(16, 1, 0, shuffle=True))
    assert [len(batch["mask"]) for batch in batches] == [16] * 12 + [8]
    rows = np.concatenate([batch["image"][:, 0, 1] for batch in batches]).astype(int)
    assert np.array_equal(np.sort(rows), np.arange(200))
    assert sum(batch["mask"].size for batch in batches) < 1.1 * LENGTHS.sum()
    assert sum(b["mask"].size for b in plain.part("train").batches(16, 1, 0, shuffle=True)) > 1.5 * LENGTHS.sum()
    assert not np.array_equal(rows[:192], rows[:192][np.argsort(LENGTHS[rows[:192]], kind="stable")])


def test_buckets_follow_from_seed_and_epoch_and_go_on_from_any_batch(tmp_path) -> None:
    save(tmp_path)
    drawn, data = masked(Pad(), bucketed=True)
    part = open_data(replace(data, split=Split(validation=0.2)), drawn, tmp_path).part("train")

    def masks(epoch: int, start: int = 0) -> list[list[float]]:
        return [batch["mask"].tolist() for batch in part.batches(16, 1, epoch, shuffle=True, start=start)]

    assert masks(3)[4:] == masks(3, start=4)
    assert masks(3) != masks(4)


def test_pools_of_batches_are_mixed_apart() -> None:
    places = order(100_000, 1, 0)
    lengths = np.random.default_rng(1).integers(1, 500, 100_000)
    found = bucketing.bucketed(places, lengths, 8, 1, 0)
    assert np.array_equal(np.sort(found), np.arange(100_000))
    within = lengths[found].reshape(-1, 8)
    assert np.median(np.ptp(within, axis=1)) < 10
    assert abs(np.corrcoef(np.arange(len(within)), within.mean(axis=1))[0, 1]) < 0.05


def test_two_lengths_to_go_by_are_one_too_many(tmp_path) -> None:
    save(tmp_path)
    drawn, data = masked(Pad())
    data = replace(data, feeds=tuple(replace(feed, bucketed=not feed.mask_of) for feed in data.feeds))
    (found,) = complaints(data, drawn, tmp_path)
    assert found == "more than one feed is bucketed, and batches are put together by one length only"


def tagging(ignored: int | None) -> tuple[Network, object]:
    """A class for every step."""
    drawn = of(Input(sizes=(-1, 2)), Target(classes=9, sizes=(-1,)))
    drawn = drawn.add(Node("loss", (Link("image"), Link("digit")), SoftmaxCrossEntropy(ignore_index=ignored)))
    data = spec(SOURCE, y="tags", transforms=steps(Pad()))
    return drawn, replace(data, feeds=(data.feeds[0], replace(data.feeds[1], transforms=steps(Pad()))))


def test_a_padded_target_holds_what_its_loss_passes_over(tmp_path) -> None:
    save(tmp_path)
    drawn, data = tagging(ignored=-100)
    found = open_data(data, drawn, tmp_path)
    batch = next(found.part("train").batches(16))
    inside = np.arange(LENGTHS[:16].max()) < LENGTHS[:16, None]
    assert (batch["digit"][~inside] == -100).all()
    assert np.array_equal(batch["digit"][inside], np.concatenate(WORDS[:16]))
    assert found.spec.feeds[1].transforms[0].rule == Pad(value=-100)


def test_a_padded_target_whose_loss_counts_every_index_is_told(tmp_path) -> None:
    save(tmp_path)
    drawn, data = tagging(ignored=None)
    assert complaints(data, drawn, tmp_path) == ["digit: column 'tags' is padded, and its loss counts every index"]


def test_one_hot_sequences_are_padded_with_rows_of_noughts(tmp_path) -> None:
    save(tmp_path)
    data = spec(SOURCE, x="tags", transforms=steps(OneHot(classes=9), Pad()))
    batch = next(open_data(data, network((-1, 9), 2), tmp_path).part("train").batches(4))["image"]
    assert np.array_equal(batch.sum(axis=2), np.arange(LENGTHS[:4].max()) < LENGTHS[:4, None])


def test_the_classes_of_the_steps_of_sequences_have_names_and_are_counted(tmp_path) -> None:
    save(tmp_path)
    drawn, data = tagging(ignored=-1)
    named = replace(data.feeds[1], labels=tuple("abcdefghi"))
    found = open_data(replace(data, feeds=(data.feeds[0], named)), drawn, tmp_path)
    assert list(found.counts["train"]["digit"].values()) == np.bincount(np.concatenate(WORDS), minlength=9).tolist()
    assert next(found.part("train").batches(3))["digit"].max() < 9
