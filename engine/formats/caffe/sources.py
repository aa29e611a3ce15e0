"""Where data layers read from, and what they do to each sample: the data section."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from engine.data.sources import CSV, LMDB, TableColumn
from engine.data.spec import SourceRule, Transform, TransformRule
from engine.data.transforms import CenterCrop, ChannelOrder, Gray, Normalize, RandomCrop, RandomFlip, Resize, Scale
from engine.errors import NetwrightError
from engine.formats.caffe.blobs import mean_of
from engine.formats.caffe.building import Building
from engine.formats.caffe.message import Message
from engine.layers.base import Shape

PARAMETERS = {
    "Data": "data_param",
    "ImageData": "image_data_param",
    "HDF5Data": "hdf5_data_param",
    "WindowData": "window_data_param",
    "MemoryData": "memory_data_param",
}
"""Where a data layer says what it reads."""

IMAGES = ("Data", "ImageData", "WindowData")


def near(base: Path, name: str) -> Path:
    """A file that Caffe is told of seen from where it is started: in `base` or any folder above it, else as it is."""
    places = (folder / name for folder in (base, *base.parents))
    return next((place for place in places if place.exists()), base / name)


def source_of(layer: Message, base: Path, building: Building) -> tuple[SourceRule, tuple[str, ...]] | None:
    """The source that a data layer reads, and its columns; None where Netwright does not read such."""
    read = _SOURCES.get(layer.get("type"))
    return read(layer, base, building) if read else None


def _database(layer: Message, base: Path, building: Building) -> tuple[SourceRule, tuple[str, ...]] | None:
    given = layer.get("data_param")
    path = _path(base, given.get("source"))
    if given.get("backend") != "LMDB":
        text = (
            f"reads {given.get('source')!r}, a LevelDB, which Netwright does not: an LMDB with the same name is named"
        )
        building.note("approximated", str(layer.get("name")), text)
    return LMDB(path=path, mode="gray" if layer.get("transform_param").get("force_gray") else "rgb"), ("image", "label")


def _list(layer: Message, base: Path, building: Building) -> tuple[SourceRule, tuple[str, ...]] | None:
    """A line is a file's name, a blank, and a class."""
    given = layer.get("image_data_param")
    root = given.get("root_folder")
    table = CSV(
        path=_path(base, given.get("source")),
        delimiter=" ",
        header=False,
        folder=_path(base, root) if root else "",
        mode="rgb" if given.get("is_color") else "gray",
        columns=(TableColumn(name="1", kind="picture"),),
    )
    return table, ("1", "2")


def _unread(layer: Message, base: Path, building: Building) -> None:
    given = layer.get(PARAMETERS[layer.get("type")])
    name = f" {given.get('source')!r}," if given.has("source") else ""
    text = f"reads{name} {layer.get('type')}, which Netwright does not: name other data (--data, or the data dialogue)"
    building.note("ignored", str(layer.get("name")), text)


_SOURCES: dict[str, Callable[..., tuple[SourceRule, tuple[str, ...]] | None]] = {
    "Data": _database,
    "ImageData": _list,
    "HDF5Data": _unread,
    "WindowData": _unread,
    "MemoryData": _unread,
}


def _path(base: Path, name: str) -> str:
    place = near(base, name)
    return Path(os.path.relpath(place, base)).as_posix() if place.exists() else name


def sizes_of(layer: Message, base: Path, building: Building) -> Shape:
    """The sizes of the pictures that a layer gives, as far as the file tells them."""
    given, transform = layer.get(PARAMETERS[layer.get("type")]), layer.get("transform_param")
    if layer.get("type") == "MemoryData":
        return tuple(given.get(name) for name in ("channels", "height", "width"))
    crop, name = transform.get("crop_size"), str(layer.get("name"))
    mean = _mean(transform, base)
    resized = layer.get("type") == "ImageData"
    height, width = (
        (crop, crop) if crop else (given.get(f"new_{side}") or -1 if resized else -1 for side in ("height", "width"))
    )
    if mean is not None and mean.ndim == 3:
        channels, *image = mean.shape
        return (channels, *((height, width) if crop else image))
    if transform.get("force_gray") or (layer.get("type") == "ImageData" and not given.get("is_color")):
        return (1, height, width)
    if len(transform.all("mean_value")) == 3 or layer.get("type") == "ImageData" or transform.get("force_color"):
        return (3, height, width)
    if crop:
        building.note("approximated", name, "the file does not say how many colours its pictures have: 3 are taken")
        return (3, height, width)
    text = "the file does not say of what size its samples are: data that are named tell it"
    building.note("approximated", name, text)
    return (-1, height, width)


def transforms_of(layer: Message, sizes: Shape, base: Path, building: Building) -> tuple[Transform, ...]:
    """Resized, cropped, mirrored, then (x − mean) · scale, as DataTransformer::Transform does."""
    given, transform = layer.get(PARAMETERS[layer.get("type")]), layer.get("transform_param")
    steps: list[Transform] = []

    def step(rule: TransformRule, phase: Any = "always") -> None:
        steps.append(Transform(rule=rule, phase=phase))

    if layer.get("type") == "ImageData" and given.get("new_height") and given.get("new_width"):
        step(Resize(size=(given.get("new_height"), given.get("new_width"))))
    if transform.get("crop_size"):
        step(RandomCrop(size=transform.get("crop_size")), "train")
        step(CenterCrop(size=transform.get("crop_size")))
    if transform.get("mirror"):
        step(RandomFlip(), "train")
    if transform.get("force_gray") and layer.get("type") == "Data":
        step(Gray())
    if sizes[:1] == (3,):
        step(ChannelOrder(order="bgr"))
    for rule in _calculated(layer, transform, base, building):
        step(rule)
    return tuple(steps)


def _calculated(layer: Message, transform: Message, base: Path, building: Building) -> Sequence[TransformRule]:
    scale = transform.get("scale")
    means = tuple(float(mean) for mean in transform.all("mean_value"))
    if transform.has("mean_file"):
        means = _of_file(layer, transform, base, building)
    if means:
        return (Normalize(mean=means, deviation=(1 / scale if scale else 1.0,)),)
    return (Scale(by=scale),) if scale != 1 else ()


def _of_file(layer: Message, transform: Message, base: Path, building: Building) -> tuple[float, ...]:
    mean, name = _mean(transform, base), str(layer.get("name"))
    if mean is None:
        text = f"there is no {transform.get('mean_file')}, the mean that is taken from its samples: none is"
        building.note("ignored", name, text)
        return ()
    text = f"{transform.get('mean_file')} has a mean for every pixel: the mean of each channel is taken"
    building.note("approximated", name, text)
    return tuple(float(value) for value in mean.reshape(mean.shape[0], -1).mean(axis=1))


def _mean(transform: Message, base: Path) -> Any:
    """The picture in a mean file, (channels, height, width); None where it is not there or none."""
    place = near(base, transform.get("mean_file")) if transform.has("mean_file") else None
    if place is None or not place.is_file():
        return None
    try:
        return mean_of(place)
    except NetwrightError:
        return None
