"""Pictures as arrays: any file and mode that Pillow knows becomes uint8 (channels, height, width), 0 to 255.

The usual JPEGs are decoded by libjpeg-turbo itself, four times as fast and to the same values; Pillow decodes the rest.
In memory the channels of a pixel may stand side by side, as decoders give them.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from os import SEEK_END
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from engine.data.columns import Array
from engine.data.jpeg import orientation, usual_jpeg
from engine.errors import DataError, Problem, reason

Mode = Literal["rgb", "gray", "index"]
"""Colours, brightness, or the numbers that a mask's pixels are (of a palette not its colours)."""
Background = Literal["white", "black"]

_MODES = {"rgb": "RGB", "gray": "L"}
_INDICES = frozenset({"1", "L", "P", "I", "I;16", "I;16B", "I;16L"})  # Pillow's modes with one whole number a pixel
_TAIL = 64  # bytes at a file's end in which the mark of its end is looked for
_ENDS = {"PNG": b"IEND", "JPEG": b"\xff\xd9", "GIF": b";"}


def picture(file: Path | IO[bytes], mode: Mode, background: Background = "white") -> Array:
    """The picture in a file, upright, in `mode`. Raises DataError."""
    with _readable():
        content = file.read_bytes() if isinstance(file, Path) else file.read()
        colours = usual_jpeg(content) if mode != "index" else None
        if colours is None:
            return _by_pillow(content, mode, background)
        return colours.transpose(2, 0, 1) if mode == "rgb" else _array(Image.fromarray(colours).convert("L"))


def _by_pillow(content: bytes, mode: Mode, background: Background) -> Array:
    with Image.open(BytesIO(content)) as image:
        _check_mode(image, mode)
        upright = ImageOps.exif_transpose(image) if _may_be_turned(image) else image
        if mode == "index":
            return np.asarray(upright).astype(np.uint8 if image.mode in ("1", "L", "P") else np.int32)[None]
        return _array(_flat(upright, background).convert(_MODES[mode]))


def examine(file: Path | IO[bytes], mode: Mode = "rgb") -> tuple[int, int]:
    """Height and width of the picture, upright, without decoding it. Raises DataError."""
    with _readable(), Image.open(file) as image:
        _check_mode(image, mode)
        width, height = image.size
        turned = _may_be_turned(image) and orientation(image) >= 5  # from 5 on the sides change places
        _check_end(file, image)
    return (width, height) if turned else (height, width)


def _may_be_turned(image: Image.Image) -> bool:
    return image.format != "PNG"  # its Exif data may stand behind the pixels, and hardly any has them


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except UnidentifiedImageError:
        raise DataError((Problem("it is no picture"),)) from None
    except (OSError, SyntaxError, ValueError, struct.error, zlib.error, Image.DecompressionBombError) as error:
        raise DataError((Problem(reason(error)),)) from None


def _array(image: Image.Image) -> Array:
    array = np.asarray(image)
    return array.transpose(2, 0, 1) if array.ndim == 3 else array[None]


def _flat(image: Image.Image, background: Background) -> Image.Image:
    """Without transparency, 8 bits a channel: 16 bits are divided, not clipped as Pillow would."""
    if image.mode.startswith(("I", "F")):
        return Image.fromarray(_eight_bits(np.asarray(image)))
    if not image.has_transparency_data:
        return image
    layer = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, background), layer)


def _eight_bits(array: Array) -> Array:
    values = array.astype(np.float64)
    if array.dtype.kind == "f" and values.max(initial=0) <= 1:  # floating point pictures are 0 to 1 by custom
        values *= 255
    elif values.max(initial=0) > 255 or array.dtype == np.uint16:
        values /= 257  # 65535 / 255
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _check_mode(image: Image.Image, mode: Mode) -> None:
    if mode == "index" and image.mode not in _INDICES:
        raise ValueError(f"it has the mode {image.mode}, and a mask has one whole number a pixel")


def _check_end(file: Path | IO[bytes], image: Any) -> None:
    if _ENDS.get(image.format, b"") not in _tail(file):
        image.load()  # something may well stand behind the picture: only decoding tells
    elif image.format == "PNG":
        image.verify()  # checks the sum of every chunk


def _tail(file: Path | IO[bytes]) -> bytes:
    if isinstance(file, Path):
        with file.open("rb") as stream:
            return _tail(stream)
    place = file.tell()
    file.seek(max(0, file.seek(0, SEEK_END) - _TAIL))
    tail = file.read()
    file.seek(place)
    return tail
