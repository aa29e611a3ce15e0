"""Data that are wrong in many ways: `netwright train` says one clear sentence each, and makes no run of them."""

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.cli.verb import perform

MODEL = """
netwright: 1
node {{ name: "x" input {{ {input} }} }}
node {{ name: "y" target {{ {target} }} }}
node {{ name: "flat" from: "x" {layer} {{ }} }}
node {{ name: "score" from: "flat" {score} }}
node {{ name: "loss" from: "score" from: "y" softmax_cross_entropy {{ {loss} }} }}
recipe {{ optimizer {{ sgd {{ }} }} batch_size: 4 epochs: 1 }}
data {{ {source} {split} feed {{ node: "x" {x} }} feed {{ node: "y" column: "{y}" }} }}
"""
random = np.random.default_rng(1)
X, Y = random.normal(size=(12, 1, 8, 8)), np.arange(12) % 3
PICTURE = random.integers(0, 256, (8, 8, 3), dtype=np.uint8)


@dataclass(frozen=True)
class Kind:
    """What a network wants that learns from one kind of data, and where these lie."""

    source: str
    input: str = "shape: [1, 8, 8]"
    x: str = 'column: "x"'
    y: str = "y"
    target: str = "classes: 3"
    layer: str = "flatten"
    score: str = "dense { units: 3 }"
    loss: str = ""
    split: str = ""

    def model(self) -> str:
        return MODEL.format(**vars(self))


NPZ = Kind('source { npz { path: "a.npz" } }')
TABLE = Kind('source { csv { path: "t.csv" } }', "shape: [2]", 'columns: ["a", "b"]')
NUMBERS = Kind('source { csv { path: "t.csv" column { name: "b" kind: number } } }', "shape: [2]", TABLE.x)
GROUPED = Kind(TABLE.source, "shape: [2]", TABLE.x, split='split { validation: 0.5 group: "patient" }')
FOLDER = Kind('source { image_folder { path: "p" } }', "shape: [3, 8, 8]", 'column: "image"', "label")
GRAY = Kind(FOLDER.source, "shape: [1, 8, 8]", 'column: "image"', "label")
IDX = Kind('source { idx { images: "i" labels: "l" } }', x='column: "image"', y="label")
TEXT = Kind(
    'source { text { path: "t.txt" length: 8 } }', "shape: [8] values: index classes: 3",
    target="classes: 3 shape: [8]", layer="embedding",
)  # fmt: skip
SPELLED = Kind(
    TEXT.source.replace("length: 8", 'length: 8 vocabulary: "abc"'), TEXT.input, target=TEXT.target, layer="embedding"
)
MASKS = Kind(
    'source { mask_folders { images: "i" masks: "m" } }',
    "shape: [3, 8, 8]",
    'column: "image"',
    "mask",
    "classes: 3 shape: [8, 8]",
    "relu",
    "conv2d { filters: 3 kernel: 1 }",
    "axis: 0",
)

Make = Callable[[Path], object]


def npz(**arrays: np.ndarray) -> Make:
    return lambda folder: np.savez(folder / "a.npz", **arrays)


def changed_byte(place: int, save: Callable[..., object] = np.savez) -> Make:
    def make(folder: Path) -> None:
        save(folder / "a.npz", x=X, y=Y)
        content = bytearray((folder / "a.npz").read_bytes())
        content[place] ^= 255
        (folder / "a.npz").write_bytes(content)

    return make


def cut_archive(folder: Path) -> None:
    np.savez(folder / "a.npz", x=X, y=Y)
    (folder / "a.npz").write_bytes((folder / "a.npz").read_bytes()[:-300])


def table(text: str, encoding: str = "utf-8") -> Make:
    return lambda folder: (folder / "t.csv").write_text(text, encoding=encoding)


def text(content: bytes) -> Make:
    return lambda folder: (folder / "t.txt").write_bytes(content)


def pictures(folder: Path) -> None:
    for name in "abc":
        (folder / "p" / name).mkdir(parents=True)
        for number in range(2):
            Image.fromarray(PICTURE).save(folder / "p" / name / f"{number}.jpg")


def cut_picture(folder: Path) -> None:
    pictures(folder)
    path = folder / "p" / "b" / "1.jpg"
    path.write_bytes(path.read_bytes()[:200])


def idx(head: bytes = bytes((0, 0, 8, 3)), images: int = 12, labels: int = 12) -> Make:
    def make(folder: Path) -> None:
        (folder / "i").write_bytes(head + struct.pack(">3I", images, 8, 8) + bytes(12 * 64))
        (folder / "l").write_bytes(bytes((0, 0, 8, 1)) + struct.pack(">I", labels) + bytes(labels))

    return make


def masks(folder: Path) -> None:
    for name, size in (("i", 8), ("m", 6)):
        (folder / name).mkdir()
        Image.fromarray(PICTURE[:size, :size] if name == "i" else PICTURE[:size, :size, 0] % 3).save(
            folder / name / "0.png"
        )


def with_nan() -> np.ndarray:
    found = X.copy()
    found[5, 0, 1, 1] = np.nan
    return found


WRONG: dict[str, tuple[Kind, Make, str]] = {
    "a picture that is cut off": (FOLDER, cut_picture, "1 of 6 pictures cannot be read (b/1.jpg: "),
    "pictures with other channels": (GRAY, pictures, "p: x: needs 1x8x8, and column 'image' gives 3x8x8"),
    "an empty folder": (FOLDER, lambda folder: (folder / "p").mkdir(), "p holds no folder of pictures"),
    "empty folders in it": (FOLDER, lambda folder: (folder / "p" / "a").mkdir(parents=True), "p hold no pictures"),
    "a folder that is not there": (FOLDER, lambda folder: None, "there is no "),
    "nothing where a number should be": (
        TABLE,
        table("a,b,y\n1,2,0\n3,,1\n"),
        "t.csv: column 'b' has no value in 1 row, first in line 3",
    ),
    "no number in an array": (
        NPZ,
        npz(x=with_nan(), y=Y),
        "a.npz: x: column 'x' holds values that are no numbers (NaN or infinite), first in row 5",
    ),
    "text in a column of numbers": (
        NUMBERS,
        table("a,b,y\n1,2,0\n3,x,1\n"),
        "t.csv: column 'b' holds 'x', not a number, in line 3",
    ),
    "text where nothing says that there are numbers": (
        TABLE,
        table("a,b,y\n1,2,0\n3,x,1\n"),
        "t.csv: x: needs 2, and column 'a' + 'b' gives 3",
    ),
    "a label out of range": (
        NPZ,
        npz(x=X, y=np.append(Y[:-1], 7)),
        "a.npz: y: takes 0 to 2, and column 'y' holds 0 to 7, first 7 in row 11",
    ),
    "labels that count from 1": (
        NPZ,
        npz(x=X, y=Y + 1),
        "a.npz: y: takes 0 to 2, and column 'y' holds 1 to 3, first 3 in row 2",
    ),
    "a label below nought": (
        NPZ,
        npz(x=X, y=Y - 1),
        "a.npz: y: takes 0 to 2, and column 'y' holds -1 to 1, first -1 in row 0",
    ),
    "half a label": (
        NPZ,
        npz(x=X, y=np.append(Y[:-1], 0.5)),
        "a.npz: y: needs whole numbers below 3, and column 'y' holds 0.5 in row 11",
    ),
    "a text that is too short": (TEXT, text(b"abc"), "t.txt has 3 characters: no window of 8 and one more"),
    "a character that the vocabulary lacks": (
        SPELLED,
        text(b"abcabcabcz" * 3),
        "t.txt: the vocabulary lacks 'z', first needed for character 9",
    ),
    "a text in another encoding": (
        TEXT,
        text("abc\u00e4".encode("latin-1") * 9),
        "t.txt is not a text in UTF-8: it holds the byte 0xe4, which is not UTF-8",
    ),
    "a table in another encoding": (
        TABLE,
        table("a,b,y\n1,2,\u00e4\n", "latin-1"),
        "t.csv is not a table that can be read: it holds the byte 0xe4, which is not UTF-8",
    ),
    "a folder in place of a file": (
        NPZ,
        lambda folder: (folder / "a.npz").mkdir(),
        "a.npz is not a NumPy archive that can be read: Is a directory",
    ),
    "an archive that is cut off": (
        NPZ,
        cut_archive,
        "a.npz is not a NumPy archive that can be read: File is not a zip file",
    ),
    "an archive with a changed byte": (
        NPZ,
        changed_byte(500),
        "a.npz is not a NumPy archive that can be read: Bad CRC-32 for file 'x.npy'",
    ),
    "a packed archive with a changed byte": (
        NPZ,
        changed_byte(200, np.savez_compressed),
        "a.npz is not a NumPy archive that can be read: Error -3 ",
    ),
    "an array of Python objects": (
        NPZ,
        npz(x=X, y=np.array([0, "a", None] * 4, object)),
        "a.npz is not a NumPy archive that can be read: y.npy holds Python objects, which are not read",
    ),
    "an array of complex numbers": (
        NPZ,
        npz(x=X + 1j, y=Y),
        "the array 'x' of a.npz holds complex128, neither numbers nor texts",
    ),
    "columns of unequal lengths": (
        NPZ,
        npz(x=X, y=Y[:-1]),
        "the arrays of a.npz have different lengths: x 12, y 11",
    ),
    "an IDX file that begins otherwise": (
        IDX,
        idx(head=bytes((0, 1, 8, 3))),
        "i is not an IDX file that can be read: it begins with 00 01 08 03, not with ",
    ),
    "an IDX file that promises more": (
        IDX,
        idx(images=13),
        "i is not an IDX file that can be read: its head promises 832 values, and it has 768",
    ),
    "fewer labels than images": (IDX, idx(labels=11), "i has 12 images and l 11 labels"),
    "rows of unequal lengths": (
        TABLE,
        table("a,b,y\n1,2,0\n3,4\n5,6,1\n"),
        "t.csv has 3 columns, but not in line 3, which has 2",
    ),
    "another delimiter": (
        TABLE,
        table("a;b;y\n1;2;0\n"),
        "t.csv has one column, 'a;b;y': another sign stands between its cells",
    ),
    "a column twice": (TABLE, table("a,a,y\n1,2,0\n"), "t.csv has the column 'a' more than once"),
    "a table without rows": (TABLE, table("a,b,y\n"), "t.csv has no rows"),
    "no column to group by": (
        GROUPED,
        table("a,b,y\n1,2,0\n3,4,1\n"),
        "t.csv: split by group: there is no column 'patient', there are 'a', 'b', 'y'",
    ),
    "a mask of another size": (MASKS, masks, "0.png is 8x8 and its mask 6x6"),
}


@pytest.mark.parametrize("name", WRONG)
def test_one_sentence_tells_what_is_wrong_and_no_run_is_made(name: str, tmp_path: Path, capfd) -> None:
    kind, make, wanted = WRONG[name]
    make(tmp_path)
    model = tmp_path / "m.txtpb"
    model.write_text(kind.model())
    assert perform("train", [str(model), "--run", str(tmp_path / "run")]) == 1
    out, err = capfd.readouterr()
    told = [line for line in err.splitlines() if line.startswith("error: ")]
    assert len(told) == 1, err
    assert wanted in told[0]
    assert "Traceback" not in err
    assert out == ""
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["a label out of range", "rows of unequal lengths", "a picture that is cut off"])
def test_the_same_stands_in_the_json_answer(name: str, tmp_path: Path, capfd) -> None:
    kind, make, wanted = WRONG[name]
    make(tmp_path)
    model = tmp_path / "m.txtpb"
    model.write_text(kind.model())
    assert perform("train", [str(model), "--run", str(tmp_path / "run"), "--json"]) == 1
    (line,) = capfd.readouterr().out.splitlines()
    answer = json.loads(line)
    (problem,) = answer["problems"]
    assert problem["severity"] == "error"
    assert problem["message"] in answer["error"]
    assert wanted.rpartition("y: ")[2] in problem["message"]
