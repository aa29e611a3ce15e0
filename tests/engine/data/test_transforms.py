"""What transforms do to samples, compared with Pillow and with formulas written out in numpy."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image

from engine.data.applying import apply
from engine.data.augmentations import (
    ColorJitter,
    CutOut,
    Noise,
    RandomAffine,
    RandomErasing,
    RandomResizedCrop,
    RandomRotation,
)
from engine.data.chance import Draws
from engine.data.preparing import moments, prepared
from engine.data.resampling import resized
from engine.data.sequences import Pad, RandomWindow, Truncate
from engine.data.spec import TRANSFORMS
from engine.data.transforms import (
    CenterCrop,
    ChannelOrder,
    Gray,
    Normalize,
    OneHot,
    RandomCrop,
    RandomFlip,
    Reshape,
    Resize,
    ResizeShorter,
    Scale,
)
from engine.errors import ShapeError

random = np.random.default_rng(1)
IMAGES = random.integers(0, 256, (5, 3, 8, 6)).astype(np.uint8)
SERIES = random.normal(size=(5, 12, 3)).astype(np.float32)
DRAWS = Draws.at(np.arange(5), seed=1, epoch=0)
SAMPLING = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}
EVERY = (
    Scale(by=2),
    Normalize(mean=(1, 2, 3), deviation=(1, 2, 3)),
    Resize(size=(4, 9)),
    CenterCrop(size=(5, 4)),
    RandomCrop(size=(8, 6), padding=1),
    RandomFlip(axis="both"),
    Gray(),
    ChannelOrder(order="bgr"),
    OneHot(classes=256),
    Reshape(size=(-1, 12)),
    ResizeShorter(size=9),
    RandomRotation(degrees=40, fill=7),
    RandomAffine(degrees=20, translate=(0.2, 0.1), scale=(0.8, 1.2), shear=10),
    RandomResizedCrop(size=(5, 7)),
    RandomErasing(probability=0.7),
    CutOut(size=3, count=2, fill=9),
    ColorJitter(brightness=0.3, contrast=0.3, saturation=0.3, hue=0.1),
    Noise(deviation=3),
    Pad(length=20, value=-1),
    Truncate(length=7, keep="last"),
    RandomWindow(length=5),
)


def batch_for(rule) -> np.ndarray:
    return SERIES if rule.STEPS else IMAGES


def test_every_transform_is_tried_here() -> None:
    assert {type(rule) for rule in EVERY} == {cls for _, cls in TRANSFORMS.items()}


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: type(rule).__name__)
def test_the_predicted_shape_is_the_real_one(rule) -> None:
    batch = batch_for(rule)
    assert apply(rule, batch, DRAWS).shape == (5, *rule.shape(batch.shape[1:]))


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: type(rule).__name__)
def test_a_sample_does_not_depend_on_its_neighbours_in_the_batch(rule) -> None:
    batch = batch_for(rule)
    together = prepared([rule], batch, DRAWS)
    alone = [prepared([rule], batch[i : i + 1], DRAWS.only(i))[0] for i in range(5)]
    assert np.array_equal(together, alone)


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: type(rule).__name__)
def test_no_transform_writes_into_what_it_was_given(rule) -> None:
    batch = batch_for(rule)
    before = batch.copy()
    apply(rule, batch, DRAWS)
    assert np.array_equal(batch, before)


def has_ties(have: int, wanted: int) -> bool:
    """Whether a new pixel's centre lies on the edge of two old ones: Pillow's sum of floats takes either."""
    return any((2 * place + 1) * have % (2 * wanted) == 0 for place in range(wanted))


@given(
    have=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    wanted=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    filter=st.sampled_from(sorted(SAMPLING)),
)
def test_resizing_is_pillows(have, wanted, filter) -> None:
    assume(filter != "nearest" or not any(map(has_ties, have, wanted)))
    image = random.normal(size=have).astype(np.float32)
    pillow = np.asarray(Image.fromarray(image).resize(wanted[::-1], SAMPLING[filter]))
    assert np.allclose(resized(image[None, None], *wanted, filter)[0, 0], pillow, atol=1e-5)


def test_resizing_to_the_same_size_changes_nothing() -> None:
    assert np.array_equal(apply(Resize(size=(8, 6)), IMAGES, DRAWS), IMAGES)


def test_scaling_multiplies_and_adds() -> None:
    found = apply(Scale(by=0.5, add=-1), IMAGES, DRAWS)
    assert found.dtype == np.float32
    assert np.array_equal(found, IMAGES * 0.5 - 1)


@pytest.mark.parametrize("shape", [(50, 3, 4, 5), (50, 7), (50, 4, 7), (50,)])
def test_measured_normalization_gives_mean_0_and_deviation_1_for_each_feature(shape) -> None:
    values = random.normal(1000, 3, shape).astype(np.float32)
    mean, deviation = moments([values[:20], values[20:]])
    found = apply(Normalize(mean=mean, deviation=deviation), values, DRAWS)
    axes = (0, 2, 3) if len(shape) == 4 else tuple(range(len(shape) - 1)) or 0
    assert np.allclose(found.mean(axis=axes), 0, atol=1e-3)
    assert np.allclose(found.std(axis=axes), 1, atol=1e-3)


def test_a_feature_that_never_varies_becomes_nought() -> None:
    mean, deviation = moments([np.full((4, 2), 7.0)])
    assert (mean, deviation) == ((7.0, 7.0), (1.0, 1.0))


def test_the_middle_is_cut_out() -> None:
    assert np.array_equal(apply(CenterCrop(size=(4, 2)), IMAGES, DRAWS), IMAGES[:, :, 2:6, 2:4])


def test_a_random_crop_is_a_piece_of_the_padded_image_and_all_places_come_up() -> None:
    images = np.arange(1, 401, dtype=np.float32).reshape(400, 1, 1, 1) * np.ones((1, 1, 2, 2), np.float32)
    found = apply(RandomCrop(size=(2, 2), padding=1), images, Draws.at(np.arange(400), 1, 0))
    kept = {tuple(map(tuple, image != 0)) for image in found[:, 0]}
    padded = np.pad(np.ones((2, 2), bool), 1)
    assert kept == {tuple(map(tuple, padded[top : top + 2, left : left + 2])) for top in range(3) for left in range(3)}


@pytest.mark.parametrize(
    ("axis", "ways"), [("horizontal", {(3,)}), ("vertical", {(2,)}), ("both", {(2,), (3,), (2, 3)})]
)
def test_flips_happen_in_about_every_second_case(axis, ways) -> None:
    images = np.tile(IMAGES[:1], (1000, 1, 1, 1))
    found = apply(RandomFlip(axis=axis), images, Draws.at(np.arange(1000), 1, 0))
    for way in ways:
        share = np.mean([np.array_equal(image, np.flip(IMAGES[0], [axis - 1 for axis in way])) for image in found])
        assert share == pytest.approx(0.5 if axis != "both" else 0.25, abs=0.05)


def test_grey_is_weighed_as_pillow_does() -> None:
    found = apply(Gray(), IMAGES, DRAWS)[:, 0]
    pillow = [np.asarray(Image.fromarray(image.transpose(1, 2, 0)).convert("L")) for image in IMAGES]
    assert np.abs(found - pillow).max() <= 0.51


def test_the_colours_change_places_where_blue_is_to_come_first() -> None:
    red, green, blue = (IMAGES[:, channel] for channel in range(3))
    assert np.array_equal(apply(ChannelOrder(order="bgr"), IMAGES, DRAWS), np.stack((blue, green, red), axis=1))
    assert np.array_equal(apply(ChannelOrder(), IMAGES, DRAWS), IMAGES)


def test_an_index_becomes_a_one_among_noughts() -> None:
    assert apply(OneHot(classes=3), np.array([2, 0]), DRAWS).tolist() == [[0, 0, 1], [1, 0, 0]]


def test_columns_that_are_flipped_alike_are_flipped_together() -> None:
    rules = [RandomFlip(), RandomFlip(axis="vertical")]
    assert np.array_equal(prepared(rules, IMAGES, DRAWS), prepared([Scale(), *rules], IMAGES, DRAWS))


def test_two_flips_of_one_column_are_thrown_apart() -> None:
    draws = Draws.at(np.arange(200), 1, 0)
    images = np.tile(IMAGES[:1], (200, 1, 1, 1))
    found = prepared([RandomFlip(), RandomFlip()], images, draws)
    assert not np.array_equal(found, images)


@pytest.mark.parametrize(
    ("rule", "shape", "message"),
    [
        (Resize(), (10,), "takes images (channels, height, width), not 10"),
        (CenterCrop(size=(9, 2)), (1, 8, 8), "cannot cut 9x2 out of an image of 8x8"),
        (RandomCrop(size=(9, 9), padding=0), (1, 8, 8), "cannot cut 9x9 out of an image of 8x8"),
        (Gray(), (2, 8, 8), "takes images of 1 or 3 channels, not 2"),
        (Normalize(mean=(1, 2)), (3, 8, 8), "has 2 numbers for 3 features"),
        (Reshape(size=(5, 5)), (24,), "cannot bring 24 values to 5x5"),
        (Reshape(size=(-1, 5)), (24,), "cannot bring 24 values to anyx5"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(rule, shape, message) -> None:
    with pytest.raises(ShapeError) as error:
        rule.shape(shape)
    assert str(error.value) == message


def test_draws_follow_from_seed_epoch_purpose_and_row_alone() -> None:
    rows = np.arange(1000)
    draws = Draws.at(rows, 1, 2)
    assert np.array_equal(draws.shares()[500:], Draws.at(rows[500:], 1, 2).shares())
    others = [Draws.at(rows, 2, 2), Draws.at(rows, 1, 3), draws.purpose("crop")]
    assert all(np.mean(other.shares() == draws.shares()) < 0.01 for other in others)


def test_draws_are_even_and_without_pattern() -> None:
    shares = Draws.at(np.arange(100_000), 1, 0).shares()
    counts, _ = np.histogram(shares, 100, (0, 1))
    assert ((counts - 1000) ** 2 / 1000).sum() < 148  # chi-squared, 99 degrees of freedom, one chance in a thousand
    assert abs(np.corrcoef(shares[1:], shares[:-1])[0, 1]) < 0.01
