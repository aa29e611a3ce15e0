"""JPEGs decoded without Pillow: bit for bit what Pillow gives, and left to it where they are unusual."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from engine.data.jpeg import usual_jpeg
from engine.data.pictures import picture

PHOTOS = Path(__file__).parents[4] / "shared" / "data" / "photos"
ROW = np.linspace(0, 255, 61, dtype=np.uint8)
COLOURS = np.stack(np.broadcast_arrays(ROW[:43, None], ROW, ROW[::-1] // 2), -1)


def encoded(image: Image.Image, **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", **options)
    return stream.getvalue()


def pillows(content: bytes) -> np.ndarray:
    return np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB"))


@pytest.mark.parametrize("options", [{"quality": 40}, {"quality": 95, "subsampling": 0}, {"progressive": True}])
def test_colours_are_pillows_to_the_bit(options) -> None:
    content = encoded(Image.fromarray(COLOURS), **options)
    assert np.array_equal(usual_jpeg(content), pillows(content))


@pytest.mark.skipif(not PHOTOS.is_dir(), reason="needs the photos beside the repository")
def test_real_photos_are_pillows_to_the_bit() -> None:
    photos = sorted(PHOTOS.glob("*.jpg"))
    assert photos
    for photo in photos:
        assert np.array_equal(usual_jpeg(photo.read_bytes()), pillows(photo.read_bytes()))


def test_brightness_alone_becomes_three_equal_colours() -> None:
    content = encoded(Image.fromarray(COLOURS).convert("L"))
    assert np.array_equal(usual_jpeg(content), pillows(content))


def test_colours_become_the_brightness_that_pillow_makes_of_them() -> None:
    content = encoded(Image.fromarray(COLOURS))
    wanted = np.asarray(Image.open(io.BytesIO(content)).convert("L"))
    assert np.array_equal(picture(io.BytesIO(content), "gray"), wanted[None])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_way_of_turning_a_camera_is_undone(orientation) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(Image.fromarray(COLOURS), exif=exif)
    assert np.array_equal(usual_jpeg(content), pillows(content))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG",
        b"\xff\xd8\xff\xe0 and nothing behind it",
        encoded(Image.fromarray(COLOURS).convert("CMYK")),
        encoded(Image.fromarray(COLOURS))[:-300],
    ],
    ids=["nothing", "another format", "no picture", "four inks", "cut off"],
)
def test_what_is_unusual_or_damaged_is_left_to_pillow(content) -> None:
    assert usual_jpeg(content) is None


def test_a_picture_of_more_pixels_than_pillow_trusts_is_left_to_it(monkeypatch) -> None:
    content = encoded(Image.fromarray(COLOURS))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", COLOURS[..., 0].size - 1)
    assert usual_jpeg(content) is None
