"""What chance does to images and sequences, compared with Pillow, colorsys and formulas written out."""

import colorsys
import math
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from engine.data import augmenting
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
from engine.data.dataset import open_data
from engine.data.preparing import prepared
from engine.data.sources import NPZ
from engine.data.transforms import RandomCrop, RandomFlip, Reshape, Scale
from engine.data.warping import FILTERS
from engine.errors import ShapeError
from tests.engine.data.made import network, save_npz, spec, steps

random = np.random.default_rng(1)
IMAGES = random.integers(0, 256, (4, 3, 20, 16)).astype(np.uint8)
MANY = np.tile(IMAGES[:1], (600, 1, 1, 1))
DRAWS = Draws.at(np.arange(4), seed=1, epoch=0)
LOTS = Draws.at(np.arange(600), seed=1, epoch=0)
WHITE = np.full((600, 1, 20, 20), 255, np.uint8)


@pytest.mark.parametrize("filter", sorted(FILTERS))
def test_a_turned_image_is_pillows(filter) -> None:
    found = apply(RandomRotation(degrees=60, filter=filter, fill=9), IMAGES, DRAWS)
    for image, turned, angle in zip(IMAGES, found, DRAWS.around(60), strict=True):
        pillow = Image.fromarray(image[1]).rotate(angle, Image.Resampling(FILTERS[filter]), fillcolor=9)
        # Pillow rounds its matrix: a pixel that comes from the edge of two may be taken from either.
        assert np.mean(np.abs(turned[1].astype(int) - np.asarray(pillow)) > 1) < 0.01


def test_turns_go_both_ways_up_to_the_angle_that_is_told() -> None:
    angles = LOTS.around(30)
    assert angles.min() == pytest.approx(-30, abs=0.5)
    assert angles.max() == pytest.approx(30, abs=0.5)


def test_an_affine_map_without_reach_changes_nothing() -> None:
    assert np.array_equal(apply(RandomAffine(), IMAGES, DRAWS), IMAGES)


def test_an_image_is_scaled_about_its_middle() -> None:
    (found,) = apply(RandomAffine(scale=(0.5, 0.5)), WHITE[:1], DRAWS.only(0))
    wanted = np.zeros((20, 20), np.uint8)
    wanted[5:15, 5:15] = 255
    assert np.array_equal(found[0] > 127, wanted > 127)


def test_a_slanted_image_keeps_its_rows_and_moves_them_by_their_distance_from_the_middle() -> None:
    image = np.zeros((1, 1, 21, 41), np.float32)
    image[0, 0, :, 20] = 1
    (found,) = apply(RandomAffine(shear=40), image, DRAWS.only(0))
    (angle,) = DRAWS.only(0).around(40, 1)
    middles = found[0] @ np.arange(41) / found[0].sum(axis=1)
    assert np.allclose(middles - 20, (10 - np.arange(21)) * math.tan(math.radians(angle)), atol=1e-3)


def test_an_image_is_moved_by_at_most_the_share_that_is_told() -> None:
    found = apply(RandomAffine(translate=(0.25, 0.0)), WHITE, LOTS)[:, 0] > 127
    left = found.any(axis=2).sum(axis=1)
    assert left.min() == 15
    assert found.any(axis=1).all()


def test_values_that_are_no_bytes_are_turned_as_they_are() -> None:
    values = random.normal(0, 1000, (4, 2, 9, 9))
    found = apply(RandomRotation(degrees=90, filter="nearest", fill=-1), values, DRAWS)
    assert found.dtype == np.float32
    assert set(found.ravel()) <= set(values.astype(np.float32).ravel()) | {np.float32(-1)}


def test_a_piece_of_random_size_is_pillows() -> None:
    rule = RandomResizedCrop(size=(7, 9), area=(0.2, 0.6))
    tops, lefts, heights, widths = augmenting._rectangles(DRAWS, (20, 16), rule.area, rule.aspect)
    for number, found in enumerate(apply(rule, IMAGES, DRAWS)):
        top, left, height, width = tops[number], lefts[number], heights[number], widths[number]
        cut = Image.fromarray(IMAGES[number].transpose(1, 2, 0)).crop((left, top, left + width, top + height))
        wanted = np.asarray(cut.resize((9, 7), Image.Resampling.BILINEAR))
        assert np.array_equal(found.transpose(1, 2, 0), wanted)


def test_pieces_have_the_areas_aspects_and_places_that_are_told() -> None:
    tops, lefts, heights, widths = augmenting._rectangles(LOTS, (200, 300), (0.1, 0.9), (0.5, 2))
    kept = heights > 0
    assert kept.mean() > 0.99
    area, aspect = (heights * widths / 60000)[kept], (widths / np.maximum(1, heights))[kept]
    assert area.min() > 0.09
    assert area.max() < 0.91
    assert aspect.min() > 0.49
    assert aspect.max() < 2.03
    assert (tops + heights <= 200).all()
    assert (lefts + widths <= 300).all()
    assert np.std(tops[kept]) > 20


def test_where_no_piece_fits_it_is_the_middle() -> None:
    wide = np.zeros((1, 1, 10, 200), np.float32)
    wide[..., 95:105] = 1
    (found,) = apply(RandomResizedCrop(size=(4, 4), area=(1, 1), aspect=(1, 1)), wide, DRAWS.only(0))
    assert np.array_equal(found, np.ones((1, 4, 4)))


def test_squares_are_put_out_around_every_pixel_and_may_reach_over_the_edge() -> None:
    out = apply(CutOut(size=6), WHITE, LOTS)[:, 0] == 0
    sizes = out.sum(axis=(1, 2))
    assert set(np.unique(sizes)) <= {a * b for a in range(3, 7) for b in range(3, 7)}
    assert sizes.max() == 36
    assert out.any(axis=0).all()


def test_rectangles_are_put_out_in_the_share_of_images_that_is_told() -> None:
    out = apply(RandomErasing(probability=0.3, area=(0.05, 0.2)), WHITE, LOTS)[:, 0] == 0
    sizes = out.mean(axis=(1, 2))
    assert np.mean(sizes > 0) == pytest.approx(0.3, abs=0.05)
    assert sizes[sizes > 0].min() > 0.03
    assert sizes.max() < 0.25
    assert all(mask[np.ix_(mask.any(axis=1), mask.any(axis=0))].all() for mask in out)


@pytest.mark.parametrize(
    ("name", "enhance"),
    [("brightness", ImageEnhance.Brightness), ("contrast", ImageEnhance.Contrast), ("saturation", ImageEnhance.Color)],
)
def test_brightness_contrast_and_saturation_are_pillows(name, enhance) -> None:
    which = ("brightness", "contrast", "saturation").index(name)
    found = apply(ColorJitter(**{name: 0.8}, white=255), IMAGES, DRAWS)
    for image, changed, factor in zip(IMAGES, found, DRAWS.between((0.2, 1.8), which), strict=True):
        pillow = enhance(Image.fromarray(image.transpose(1, 2, 0))).enhance(factor)
        assert np.abs(changed.transpose(1, 2, 0) - np.asarray(pillow)).max() < 2  # it rounds the mean and each pixel


def test_a_hue_turns_the_colours_of_yiq_and_leaves_brightness_alone() -> None:
    found = apply(ColorJitter(hue=0.5, white=1e9), IMAGES + 1000.0, DRAWS)
    for image, changed, share in zip(IMAGES + 1000.0, found, DRAWS.around(0.5, 3), strict=True):
        before, after = (colorsys.rgb_to_yiq(*one[:, 3, 4]) for one in (image, changed))
        turned = complex(*before[1:]) * complex(math.cos(2 * math.pi * share), math.sin(2 * math.pi * share))
        assert after == pytest.approx((before[0], turned.real, turned.imag), abs=2)


def test_grey_stays_grey_whatever_the_colours_do() -> None:
    grey = np.repeat(IMAGES[:, :1], 3, axis=1)
    found = apply(ColorJitter(saturation=0.9, hue=0.5), grey, DRAWS)
    assert np.abs(found - grey).max() < 0.2
    assert np.array_equal(apply(ColorJitter(saturation=0.9, hue=0.5), grey[:, :1], DRAWS), grey[:, :1])


def test_no_colour_is_brighter_than_white_or_darker_than_black() -> None:
    found = apply(ColorJitter(brightness=0.9, contrast=0.9, white=1), IMAGES / np.float32(255), DRAWS)
    assert found.min() == 0
    assert found.max() == 1


def test_what_white_is_follows_from_the_feed_and_from_what_scales_it(tmp_path) -> None:
    save_npz(tmp_path, x=IMAGES, y=np.arange(4))
    jitter = ColorJitter(brightness=0.9)
    data = spec(NPZ("a.npz"), transforms=steps(Scale(by=1 / 255), train=(jitter, Scale(by=2), jitter)))
    rules = open_data(data, network((3, 20, 16)), tmp_path).spec.feeds[0].transforms
    assert [step.rule.white for step in rules if isinstance(step.rule, ColorJitter)] == pytest.approx([1, 2])


def test_a_picture_and_its_mask_of_classes_stay_together_in_a_batch(tmp_path) -> None:
    classes = IMAGES[:, 0].astype(np.int64) // 32
    save_npz(tmp_path, x=IMAGES, y=classes)
    rules = (RandomRotation(degrees=30), RandomFlip(), RandomResizedCrop(size=(20, 16)))  # bilinear, as they come
    nearest = (replace(rules[0], filter="nearest"), rules[1], replace(rules[2], filter="nearest"))
    data = spec(NPZ("a.npz"), transforms=steps(*nearest))
    data = replace(
        data, feeds=(data.feeds[0], replace(data.feeds[1], transforms=steps(Reshape(size=(1, 20, 16)), *rules)))
    )
    part = open_data(data, network((3, 20, 16), 8, target=(20, 16)), tmp_path).part("train")
    for batch in part.batches(2, seed=1, epoch=3, shuffle=True):
        assert np.array_equal(batch["image"][:, 0] // 32, batch["digit"])


def test_noise_has_the_deviation_that_is_told_and_no_pattern() -> None:
    noise = apply(Noise(deviation=3), np.zeros((50, 40, 5)), Draws.at(np.arange(50), 1, 0))
    assert noise.std() == pytest.approx(3, rel=0.02)
    assert noise.mean() == pytest.approx(0, abs=0.1)
    flat = noise.reshape(50, -1)
    assert abs(np.corrcoef(flat)[np.triu_indices(50, 1)]).max() < 0.35


CHANCES = (
    RandomFlip(),
    RandomCrop(size=(9, 9), padding=2),
    RandomRotation(degrees=40, filter="nearest"),
    RandomAffine(degrees=20, translate=(0.2, 0.2), scale=(0.7, 1.5), shear=20, filter="nearest"),
    RandomResizedCrop(size=(8, 8), filter="nearest"),
    CutOut(size=5),
    RandomErasing(),
)


@pytest.mark.parametrize("rule", CHANCES, ids=lambda rule: type(rule).__name__)
def test_a_picture_and_its_mask_meet_the_same_chance(rule) -> None:
    masks = IMAGES[:, :1].astype(np.int64) // 10
    picture = prepared([ColorJitter(), Scale(by=1), rule], IMAGES, DRAWS)
    mask = prepared([rule], masks, DRAWS)
    assert np.array_equal(np.asarray(picture)[:, :1] // 10, mask)


@pytest.mark.parametrize("rule", [*CHANCES, ColorJitter(brightness=0.5), Noise()], ids=lambda rule: type(rule).__name__)
def test_chance_follows_from_seed_epoch_and_row_alone(rule) -> None:
    def at(seed: int, epoch: int) -> np.ndarray:
        return np.asarray(prepared([rule], MANY[:50], Draws.at(np.arange(50), seed, epoch)))

    assert np.array_equal(at(1, 2), at(1, 2))
    assert not np.array_equal(at(1, 2), at(1, 3))
    assert not np.array_equal(at(1, 2), at(2, 2))


@pytest.mark.parametrize(
    ("rule", "shape", "message"),
    [
        (RandomRotation(), (10,), "takes images (channels, height, width), not 10"),
        (ColorJitter(), (4, 8, 8), "takes images of 1 or 3 channels, not 4"),
        (RandomAffine(scale=(2, 1)), (3, 8, 8), "its scale goes from 2 down to 1: the least comes first"),
        (RandomErasing(area=(0.5, 0.1)), (3, 8, 8), "its area goes from 0.5 down to 0.1: the least comes first"),
        (RandomResizedCrop(aspect=(2, 1)), (3, 8, 8), "its aspect goes from 2 down to 1: the least comes first"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(rule, shape, message) -> None:
    with pytest.raises(ShapeError) as error:
        rule.shape(shape)
    assert str(error.value) == message
