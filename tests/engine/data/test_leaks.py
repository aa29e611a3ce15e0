"""Samples that are in the training part and in a held-out part, and classes that are in none."""

import shutil

import numpy as np
from PIL import Image

from engine.data import encoded, leaks
from engine.data.dataset import Data, open_data
from engine.data.sources import CSV, NPZ, ImageFolder
from engine.data.spec import Source, Split
from engine.data.transforms import Resize
from engine.data.unseen import unseen
from tests.engine.data.made import network, save_npz, save_pictures, spec, steps

random = np.random.default_rng(1)


def told(data: Data) -> list[str]:
    return [problem.message for problem in leaks.leaks(data)]


def arrays(folder, train: np.ndarray, held_out: np.ndarray) -> Data:
    save_npz(folder, "t.npz", x=train, y=np.zeros(len(train), int))
    save_npz(folder, "v.npz", x=held_out, y=np.ones(len(held_out), int))
    return open_data(spec(Source(NPZ("t.npz"), "train"), Source(NPZ("v.npz"), "validation")), network(), folder)


def test_rows_that_are_in_both_parts_are_named(tmp_path) -> None:
    train, held_out = random.normal(size=(20, 1, 8, 8)), random.normal(size=(5, 1, 8, 8))
    held_out[3] = train[17]
    (found,) = told(arrays(tmp_path, train, held_out))
    assert found == "1 row of the validation part is also in the training part: v.npz, row 3 = t.npz, row 17"


def test_parts_that_share_nothing_are_not_spoken_of(tmp_path) -> None:
    assert told(arrays(tmp_path, random.normal(size=(20, 1, 8, 8)), random.normal(size=(5, 1, 8, 8)))) == []


def test_the_bundled_digits_have_no_sample_twice() -> None:
    data = spec(NPZ("bundled:digits.npz"), split=Split(validation=0.2, stratified=True))
    assert told(open_data(data, network())) == []


def test_of_many_rows_it_is_told_how_many_were_looked_at(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(leaks, "ROWS", 10)
    train = np.zeros((40, 1, 8, 8))
    (found,) = told(arrays(tmp_path, train, train[:20]))
    assert found.startswith("10 rows of the validation part (10 of 20 looked at) are also in the training part ")
    assert "(10 of 40 looked at): v.npz, row 0 = " in found
    assert found.endswith(", …")


def test_the_same_file_under_two_names_is_found_without_decoding_it(tmp_path, monkeypatch) -> None:
    pictures = [Image.fromarray(random.integers(0, 256, (9, 9, 3), dtype=np.uint8)) for _ in range(8)]
    save_pictures(tmp_path / "train", a=pictures[:3], b=pictures[3:6])
    save_pictures(tmp_path / "held", a=pictures[6:7], b=pictures[7:])
    shutil.copy(tmp_path / "train" / "b" / "1.png", tmp_path / "held" / "a" / "copy.png")
    monkeypatch.setattr(encoded, "KEPT", 0)
    sources = [Source(ImageFolder(str(tmp_path / name)), part) for name, part in (("train", "train"), ("held", "test"))]
    folders = spec(*sources, x="image", y="label", transforms=steps(Resize(size=(8, 8))))
    data = open_data(folders, network((3, 8, 8), 2))
    monkeypatch.setattr(encoded, "picture", None)
    (found,) = told(data)
    assert found == "1 row of the test part is also in the training part: held, a/copy.png = train, b/1.png"


def test_rows_of_a_table_are_the_same_where_all_inputs_are(tmp_path) -> None:
    (tmp_path / "t.csv").write_text("a,b,y\n" + "".join(f"{n // 2},{n % 2},0\n" for n in range(30)) + "0,0,1\n1,7,1\n")
    data = spec(CSV("t.csv"), columns=("a", "b"), split=Split(validation=0.4, seed=2))
    parts = open_data(data, network((2,), 2), tmp_path)
    rows = {part: [(n // 2, n % 2) for n in range(30)] + [(0, 0), (1, 7)] for part in ("train", "validation")}
    shared = [
        r
        for r in parts.part("validation").rows
        if rows["train"][r] in {rows["train"][t] for t in parts.part("train").rows}
    ]
    assert len(told(parts)) == bool(shared)


def test_an_empty_folder_is_a_class_without_a_sample(tmp_path) -> None:
    save_pictures(tmp_path, a=[Image.new("RGB", (8, 8))], b=[], c=[Image.new("RGB", (8, 8))])
    data = open_data(spec(ImageFolder(str(tmp_path)), x="image", y="label"), network((3, 8, 8), 3))
    assert [problem.message for problem in unseen(data)] == ["the training part has no sample of 'b'"]


def test_classes_without_a_training_sample_are_named(tmp_path) -> None:
    save_npz(tmp_path, "t.npz", x=random.normal(size=(6, 1, 8, 8)), y=np.array([0, 1, 2, 0, 1, 2]))
    save_npz(tmp_path, "v.npz", x=random.normal(size=(2, 1, 8, 8)), y=np.array([3, 0]))
    sources = Source(NPZ("t.npz"), "train"), Source(NPZ("v.npz"), "validation")
    (found,) = unseen(open_data(spec(*sources, labels=("a", "b", "c", "d", "e")), network(classes=5), tmp_path))
    told = "the training part has no sample of 'd', 'e'; held-out parts have samples of 1 of them"
    assert (found.node, found.message, found.severity) == ("digit", told, "warning")
