"""Folders of class folders of pictures."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import resources
from engine.data import encoded
from engine.data.dataset import open_data
from engine.data.sources import ImageFolder
from engine.data.spec import Source
from engine.data.transforms import Resize
from engine.errors import DataError
from tests.engine.data.made import all_of, complaints, network, save_pictures, spec, steps

RGB = np.random.default_rng(1).integers(0, 256, (6, 5, 3), dtype=np.uint8)


def folder(path: Path, **fields) -> object:
    return spec(ImageFolder(str(path), **fields), x="image", y="label")


def first(path: Path, shape: tuple[int, ...] = (3, 6, 5), **fields) -> np.ndarray:
    return all_of(open_data(folder(path, **fields), network(shape)), "image")[0]


def test_pictures_arrive_with_their_channels_first(tmp_path) -> None:
    save_pictures(tmp_path, a=[Image.fromarray(RGB)])
    assert np.array_equal(first(tmp_path), RGB.transpose(2, 0, 1))


def test_folders_are_classes_in_alphabetical_order(tmp_path) -> None:
    picture = Image.fromarray(RGB)
    save_pictures(tmp_path, zebra=[picture], ant=[picture, picture])
    data = open_data(folder(tmp_path), network((3, 6, 5)))
    assert data.labels["digit"] == ("ant", "zebra")
    assert data.counts["train"]["digit"] == {"ant": 2, "zebra": 1}


def test_stated_classes_are_taken_in_their_order_and_others_left(tmp_path) -> None:
    picture = Image.fromarray(RGB)
    save_pictures(tmp_path, zebra=[picture], ant=[picture], cow=[picture])
    data = open_data(folder(tmp_path, classes=("zebra", "ant")), network((3, 6, 5)))
    assert data.labels["digit"] == ("zebra", "ant")
    assert len(data.part("train")) == 2


def nest(path: Path) -> Path:
    picture = Image.fromarray(RGB)
    save_pictures(path / "cat", black=[picture], white=[picture, picture])
    save_pictures(path, dog=[picture])
    return path


def test_nested_folders_are_classes_by_their_paths(tmp_path) -> None:
    data = open_data(folder(nest(tmp_path), nested=True), network((3, 6, 5)))
    assert data.counts["train"]["digit"] == {"cat/black": 1, "cat/white": 2, "dog": 1}


def test_pictures_in_deeper_folders_belong_to_the_outermost_where_nothing_is_said(tmp_path) -> None:
    data = open_data(folder(nest(tmp_path)), network((3, 6, 5)))
    assert data.counts["train"]["digit"] == {"cat": 3, "dog": 1}


def test_grey_and_palette_pictures_become_colours(tmp_path) -> None:
    grey = Image.fromarray(RGB[..., 0])
    palette = Image.fromarray(RGB).quantize(8)
    save_pictures(tmp_path, a=[grey, palette])
    data = open_data(folder(tmp_path), network((3, 6, 5)))
    both = all_of(data, "image")
    assert np.array_equal(both[0], np.stack([RGB[..., 0]] * 3))
    assert np.array_equal(both[1], np.asarray(palette.convert("RGB")).transpose(2, 0, 1))


def test_colours_become_grey_as_pillow_weighs_them(tmp_path) -> None:
    save_pictures(tmp_path, a=[Image.fromarray(RGB)])
    assert np.array_equal(first(tmp_path, (1, 6, 5), mode="gray")[0], np.asarray(Image.fromarray(RGB).convert("L")))


@pytest.mark.parametrize(("background", "value"), [("white", 255), ("black", 0)])
def test_transparent_pixels_show_the_background_and_not_what_is_hidden_in_them(tmp_path, background, value) -> None:
    picture = np.full((6, 5, 4), 77, np.uint8)
    picture[..., 3] = 0
    picture[0, 0, 3] = 255
    save_pictures(tmp_path, a=[Image.fromarray(picture)])
    found = first(tmp_path, background=background)
    assert found[0, 0, 0] == 77
    assert found[0, 5, 4] == value


def test_half_transparent_pixels_are_mixed(tmp_path) -> None:
    picture = np.zeros((6, 5, 4), np.uint8)
    picture[..., 3] = 128
    save_pictures(tmp_path, a=[Image.fromarray(picture)])
    assert first(tmp_path)[0, 0, 0] == pytest.approx(127, abs=1)


def test_sixteen_bits_are_divided_and_not_clipped(tmp_path) -> None:
    values = np.linspace(0, 65535, 30).astype(np.uint16).reshape(6, 5)
    save_pictures(tmp_path, a=[Image.fromarray(values)])
    assert np.array_equal(first(tmp_path, (1, 6, 5), mode="gray")[0], np.rint(values / 257))


def test_one_bit_pictures_are_black_and_white(tmp_path) -> None:
    save_pictures(tmp_path, a=[Image.fromarray(RGB[..., 0] > 127)])
    assert np.array_equal(first(tmp_path, (1, 6, 5), mode="gray")[0], np.where(RGB[..., 0] > 127, 255, 0))


def test_a_photo_taken_with_the_camera_turned_stands_upright(tmp_path) -> None:
    (tmp_path / "a").mkdir()
    wide = np.zeros((16, 32, 3), np.uint8)
    wide[:, :16] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # the top of the scene is on the picture's right: turn it clockwise
    Image.fromarray(wide).save(tmp_path / "a" / "a.jpg", quality=100, exif=exif)
    found = first(tmp_path, (3, 32, 16))
    assert found[:, :14].min() > 240
    assert found[:, 18:].max() < 15


def test_pictures_of_different_sizes_are_resized_one_by_one(tmp_path) -> None:
    pictures = [Image.fromarray(RGB), Image.fromarray(RGB[:4])]
    save_pictures(tmp_path, a=pictures)
    grey = [Image.fromarray(np.asarray(picture.convert("L"), np.float32)) for picture in pictures]
    data = spec(ImageFolder(str(tmp_path), mode="gray"), x="image", y="label", transforms=steps(Resize(size=(2, 3))))
    found = all_of(open_data(data, network((1, 2, 3))), "image")[:, 0]
    assert np.allclose(found, [np.asarray(picture.resize((3, 2), Image.Resampling.BILINEAR)) for picture in grey])


def test_different_sizes_without_a_resize_are_told(tmp_path) -> None:
    save_pictures(tmp_path, a=[Image.fromarray(RGB), Image.fromarray(RGB[:4])])
    wanted = "image: needs 3x6x5, and column 'image' gives 3x4x5 in a/1.png"
    assert complaints(folder(tmp_path), network((3, 6, 5))) == [wanted]
    wanted = "image: column 'image' has samples of different sizes, 3x6x5 and 3x4x5: a batch needs one"
    assert complaints(folder(tmp_path), network((3, -1, 5))) == [wanted]


def test_unreadable_pictures_are_all_named(tmp_path) -> None:
    save_pictures(tmp_path, a=[Image.fromarray(RGB)] * 3)
    whole = (tmp_path / "a" / "0.png").read_bytes()
    (tmp_path / "a" / "1.png").write_bytes(whole[:-30])
    (tmp_path / "a" / "2.png").write_bytes(b"no picture at all")
    (found,) = complaints(folder(tmp_path), network((3, 6, 5)))
    assert found.startswith("2 of 3 pictures cannot be read (a/1.png: ")
    assert "a/2.png: it is no picture" in found


def test_a_changed_byte_inside_a_picture_is_noticed(tmp_path) -> None:
    save_pictures(tmp_path, a=[Image.fromarray(RGB)])
    path = tmp_path / "a" / "0.png"
    content = bytearray(path.read_bytes())
    content[60] ^= 255
    path.write_bytes(content)
    (found,) = complaints(folder(tmp_path), network((3, 6, 5)))
    assert found.startswith("1 of 1 pictures cannot be read (a/0.png: ")


def test_a_jpeg_that_is_cut_off_is_noticed(tmp_path) -> None:
    (tmp_path / "a").mkdir()
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)).save(
        tmp_path / "a" / "a.jpg"
    )
    content = (tmp_path / "a" / "a.jpg").read_bytes()
    (tmp_path / "a" / "a.jpg").write_bytes(content[: len(content) // 2])
    (found,) = complaints(folder(tmp_path), network((3, 64, 64)))
    assert "a/a.jpg: " in found


@pytest.mark.parametrize(
    ("make", "wanted"),
    [
        (lambda path: None, "there is no {path}"),
        (lambda path: path.mkdir(), "{path} holds no folder of pictures"),
        (lambda path: (path / "a").mkdir(parents=True), "the folders of {path} hold no pictures"),
        (lambda path: path.write_text(""), "{path} is a file, and a folder of class folders is wanted"),
    ],
)
def test_a_folder_that_is_none_is_told(tmp_path, make, wanted) -> None:
    make(tmp_path / "f")
    assert complaints(folder(tmp_path / "f"), network((3, 6, 5))) == [wanted.format(path=tmp_path / "f")]


def test_the_bundled_textures_have_sixty_four_patches_a_class() -> None:
    data = open_data(folder(Path("bundled:textures"), mode="gray"), network((1, 64, 64)))
    assert data.counts["train"]["digit"] == {"brick": 64, "grass": 64, "gravel": 64}
    path = sorted(resources.path("data", "textures", "brick").iterdir())[0]
    assert np.array_equal(all_of(data, "image")[0, 0], np.asarray(Image.open(path).convert("L")))


def test_a_training_and_a_validation_folder_share_their_classes(tmp_path) -> None:
    picture = Image.fromarray(RGB)
    save_pictures(tmp_path / "t", b=[picture], c=[picture])
    save_pictures(tmp_path / "v", c=[picture], a=[picture])
    sources = (Source(ImageFolder("t"), part="train"), Source(ImageFolder("v"), part="validation"))
    data = open_data(spec(*sources, x="image", y="label"), network((3, 6, 5)), tmp_path)
    assert data.labels["digit"] == ("b", "c", "a")
    assert all_of(data, "digit").tolist() == [0, 1]
    assert all_of(data, "digit", "validation").tolist() == [2, 1]
    assert data.part("validation").sample(0).place == "v, a/0.png"


def test_a_picture_that_goes_bad_while_training_is_named(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(encoded, "KEPT", 0)
    save_pictures(tmp_path, a=[Image.fromarray(RGB)])
    data = open_data(folder(tmp_path), network((3, 6, 5)))
    (tmp_path / "a" / "0.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"a/0.png can no longer be read: it is no picture"):
        list(data.part("train").batches(1))
