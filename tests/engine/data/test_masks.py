"""Pictures with masks, from paired folders."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.data.augmentations import RandomRotation
from engine.data.dataset import open_data
from engine.data.outside import prepare
from engine.data.sources import MaskFolders
from engine.data.spec import DataSpec, Feed, Source, Transform
from engine.data.transforms import RandomCrop, RandomFlip, Resize
from engine.layers.data import Input, Target
from engine.layers.loss import SoftmaxCrossEntropy
from engine.network import Network
from engine.node import Link, Node
from tests.engine.data.made import all_of, complaints

RANDOM = np.random.default_rng(3)
COLORS = RANDOM.integers(0, 256, (4, 6, 8, 3), dtype=np.uint8)
MASKS = (COLORS[..., 0] // 86).astype(np.uint8)  # classes 0 to 2 that follow from the red of the same pixel


def network(size: tuple[int, int] = (6, 8), classes: int = 3, ignored: int | None = None) -> Network:
    nodes = (
        Node("image", (), Input(sizes=(3, *size))),
        Node("mask", (), Target(classes=classes, sizes=size)),
        Node("loss", (Link("image"), Link("mask")), SoftmaxCrossEntropy(ignore_index=ignored)),
    )
    return Network(nodes)


def save(folder: Path, masks: np.ndarray = MASKS, palette: bool = False) -> MaskFolders:
    for name in ("images", "masks"):
        (folder / name).mkdir()
    for number, (colors, mask) in enumerate(zip(COLORS, masks, strict=True)):
        Image.fromarray(colors).save(folder / "images" / f"{number}.bmp")
        picture = Image.fromarray(mask)
        if palette:
            picture = picture.convert("P")
            picture.putdata(mask.ravel().tolist())
            picture.putpalette([200, 10, 10, 9, 99, 9, 4, 5, 250])
        picture.save(folder / "masks" / f"{number}.png")
    return MaskFolders("images", "masks")


def spec(rule: MaskFolders, *steps: Transform) -> DataSpec:
    return DataSpec(
        (Source(rule),), feeds=(Feed("image", "image", transforms=steps), Feed("mask", "mask", transforms=steps))
    )


@pytest.mark.parametrize("palette", [False, True])
def test_grey_values_and_numbers_of_a_palette_are_classes(tmp_path, palette) -> None:
    data = open_data(spec(save(tmp_path, palette=palette)), network(), tmp_path)
    assert np.array_equal(all_of(data, "mask"), MASKS)
    assert np.array_equal(all_of(data, "image"), COLORS.transpose(0, 3, 1, 2))
    assert data.counts["train"]["mask"] == dict(zip("012", np.bincount(MASKS.ravel()).tolist(), strict=True))


def test_values_that_are_stated_become_the_classes_in_their_order(tmp_path) -> None:
    grey = np.array([255, 0, 7], np.uint8)[MASKS]
    rule = save(tmp_path, grey)
    stated = MaskFolders(rule.images, rule.masks, values=(255, 0))
    data = open_data(spec(stated), network(classes=2, ignored=255), tmp_path)
    assert np.array_equal(all_of(data, "mask"), np.where(MASKS == 2, 255, MASKS))
    (wrong,) = complaints(spec(stated), network(classes=2), tmp_path)
    assert wrong == "mask: takes 0 to 1, and column 'mask' holds 0 to 255, first 255 in 0.png"


def test_picture_and_mask_are_cropped_and_flipped_alike(tmp_path) -> None:
    steps = tuple(Transform(rule) for rule in (RandomFlip(axis="both"), RandomCrop(size=(4, 5))))
    data = open_data(spec(save(tmp_path), *steps), network((4, 5)), tmp_path)
    seen = set()
    for epoch in range(5):
        (batch,) = data.part("train").batches(4, seed=1, epoch=epoch)
        assert np.array_equal(batch["image"][:, 0] // 86, batch["mask"])
        seen.add(batch["mask"].tobytes())
    assert len(seen) == 5


def test_a_mask_is_resized_without_values_between(tmp_path) -> None:
    data = open_data(spec(save(tmp_path), Transform(Resize(size=(12, 16)))), network((12, 16)), tmp_path)
    assert np.array_equal(all_of(data, "mask"), MASKS.repeat(2, 1).repeat(2, 2))
    assert not np.array_equal(all_of(data, "image"), COLORS.transpose(0, 3, 1, 2).repeat(2, 2).repeat(2, 3))


def test_picture_and_mask_are_turned_alike(tmp_path) -> None:
    step = Transform(RandomRotation(degrees=90, filter="nearest"), phase="train")
    data = open_data(spec(save(tmp_path), step), network(), tmp_path)
    (batch,) = data.part("train").batches(4, seed=1)
    assert not np.array_equal(batch["mask"], MASKS)
    assert np.array_equal(batch["image"][:, 0] // 86, batch["mask"])


def test_masks_of_different_sizes_are_resized_one_by_one(tmp_path) -> None:
    rule = save(tmp_path)
    Image.fromarray(COLORS[0].repeat(2, 0)).save(tmp_path / "images" / "0.bmp")
    Image.fromarray(MASKS[0].repeat(2, 0)).save(tmp_path / "masks" / "0.png")
    resize = Transform(Resize(size=(6, 8), filter="nearest"))
    data = open_data(spec(rule, resize), network(), tmp_path)
    assert np.array_equal(all_of(data, "mask"), MASKS)
    assert sum(data.counts["train"]["mask"].values()) == MASKS.size + MASKS[0].size


def test_what_has_no_partner_is_named(tmp_path) -> None:
    rule = save(tmp_path)
    (tmp_path / "images" / "0.bmp").unlink()
    (tmp_path / "masks" / "3.png").unlink()
    images, masks = tmp_path / "images", tmp_path / "masks"
    assert complaints(spec(rule), network(), tmp_path) == [
        f"1 of {images} have no partner in {masks}: 3.bmp",
        f"1 of {masks} have no partner in {images}: 0.png",
    ]


def test_a_mask_in_colours_or_of_another_size_is_told(tmp_path) -> None:
    rule = save(tmp_path)
    Image.fromarray(COLORS[1]).save(tmp_path / "masks" / "1.png")
    (wrong,) = complaints(spec(rule), network(), tmp_path)
    assert wrong.startswith(
        "1 of 4 pictures cannot be read (1.png: it has the mode RGB, and a mask has one whole number"
    )
    (tmp_path / "images" / "0.bmp").write_bytes(b"nothing")
    assert len(complaints(spec(rule), network(), tmp_path)) == 2  # what is wrong in either folder
    Image.fromarray(COLORS[0]).save(tmp_path / "images" / "0.bmp")
    Image.fromarray(MASKS[1, :4]).save(tmp_path / "masks" / "1.png")
    assert complaints(spec(rule), network(), tmp_path) == ["1.bmp is 6x8 and its mask 4x8"]


def test_a_picture_from_outside_is_prepared_like_those_of_the_data(tmp_path) -> None:
    made = prepare(spec(save(tmp_path)), network(), "image", tmp_path / "images" / "2.bmp", tmp_path)
    assert np.array_equal(made[0], COLORS[2].transpose(2, 0, 1))
