"""Many files in a few bytes each."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.data import encoded, fingerprint, image_folder
from engine.data.dataset import open_data
from engine.data.paths import Chained, Paths
from engine.data.sources import ImageFolder
from engine.data.transforms import CenterCrop
from engine.errors import DataError
from tests.engine.data.made import all_of, network, save_pictures, spec, steps

NAMES = ("b/ä.jpg", "a.jpg", "", "c d/\udce4.png")
GREY = Image.fromarray(np.zeros((6, 5), np.uint8))


def test_files_come_back_as_they_were_named() -> None:
    files = Paths(Path("/data"), NAMES)
    assert list(files) == [Path("/data") / name for name in NAMES]
    assert files[-1] == Path("/data") / NAMES[-1]
    assert files[1:3] == (Path("/data/a.jpg"), Path("/data"))
    with pytest.raises(IndexError):
        files[4]


def test_files_of_several_sources_follow_one_another() -> None:
    parts = [Paths(Path("/a"), "xy"), (), [Path("/b/z")]]
    assert list(Chained(parts)) == [Path("/a/x"), Path("/a/y"), Path("/b/z")]


def test_a_hundred_thousand_files_take_a_few_megabytes() -> None:
    files = Paths(Path("/data"), (f"class{number % 1000}/{number:08}.jpg" for number in range(100_000)))
    assert sum(map(sys.getsizeof, vars(files).values())) < 4e6


def test_files_of_a_folder_come_in_the_order_of_their_paths(tmp_path) -> None:
    for name in ("b/c.png", "b-a/x.png", "b/a.PNG", "a.png", "b/.hidden.png", ".c/x.png", "b/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    wanted = sorted(tmp_path / name for name in ("b/c.png", "b-a/x.png", "b/a.PNG", "a.png"))
    assert list(image_folder.pictures_in(tmp_path)) == wanted


def test_of_much_data_the_fingerprint_reads_a_part_and_sees_every_name_and_size(tmp_path, monkeypatch) -> None:
    files = [tmp_path / str(number) for number in range(10)]
    for file in files:
        file.write_bytes(bytes(100))
    monkeypatch.setattr(fingerprint, "MOST", 500)
    before = fingerprint.fingerprint(files)
    files[1].write_bytes(bytes(99) + b"x")
    assert fingerprint.fingerprint(files) == before
    files[2].write_bytes(bytes(99) + b"x")
    changed = fingerprint.fingerprint(files)
    assert changed != before
    files[1].write_bytes(bytes(101))
    assert fingerprint.fingerprint(files) != changed


def large_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, odd: Image.Image) -> object:
    """Pictures of which only every second is looked at before the first step."""
    save_pictures(tmp_path, a=[GREY, odd, GREY, GREY, GREY])
    for name, value in (("HEADS", 4), ("SPREAD", 3), ("KEPT", 0)):
        monkeypatch.setattr(encoded, name, value)
    rules = steps(CenterCrop(size=(4, 4)))
    return open_data(
        spec(ImageFolder(str(tmp_path), mode="gray"), x="image", y="label", transforms=rules), network((1, 4, 4))
    )


def test_what_nobody_looked_at_may_have_another_size(tmp_path, monkeypatch) -> None:
    data = large_folder(tmp_path, monkeypatch, Image.fromarray(np.full((8, 7), 9, np.uint8)))
    assert all_of(data, "image")[:, 0, 0, 0].tolist() == [0, 9, 0, 0, 0]


def test_what_nobody_looked_at_and_does_not_fit_is_named(tmp_path, monkeypatch) -> None:
    data = large_folder(tmp_path, monkeypatch, Image.fromarray(np.zeros((3, 7), np.uint8)))
    with pytest.raises(DataError, match=r"a/1\.png: .*cannot cut 4x4 out of an image of 3x7"):
        all_of(data, "image")
