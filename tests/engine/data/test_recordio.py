"""MXNet's RecordIO, against mxnet.recordio where MXNet is there."""

from pathlib import Path

import numpy as np

from engine.data.dataset import open_data
from engine.data.recordio import MAGIC
from engine.data.sources import RecordIO
from tests.engine.data.databases import framed, packed, png
from tests.engine.data.made import all_of, complaints, network, spec
from tests.engine.training.small import needs

PIXELS = np.random.default_rng(2).integers(0, 256, (6, 5, 4, 3), dtype=np.uint8)


def save(path: Path, labels: list) -> RecordIO:
    path.write_bytes(b"".join(framed(packed(png(one), label)) for one, label in zip(PIXELS, labels, strict=True)))
    return RecordIO(str(path))


def opened(rule: RecordIO):
    return open_data(spec(rule, x="image", y="label"), network((3, 5, 4), 10))


def test_records_are_pictures_with_labels(tmp_path) -> None:
    data = opened(save(tmp_path / "a.rec", [3.0, 1.0, 4.0, 1.0, 5.0, 9.0]))
    assert np.array_equal(all_of(data, "image"), PIXELS.transpose(0, 3, 1, 2))
    assert all_of(data, "digit").tolist() == [3, 1, 4, 1, 5, 9]
    assert data.part("train").sample(2).place == "record 2 of a.rec"


def test_several_labels_are_a_row_and_different_numbers_of_them_series(tmp_path) -> None:
    rule = save(tmp_path / "a.rec", [[1.5, 2.0]] * 6)
    assert rule.open(Path()).columns["label"].take(np.array([1])).tolist() == [[1.5, 2]]
    rule = save(tmp_path / "a.rec", [[1.0], [2.0, 3.0], 4.0, [5.0], [6.0], [7.0, 8.0, 9.0]])
    labels = rule.open(Path()).columns["label"]
    assert labels.shape == (-1,)
    assert [one.tolist() for one in labels.take(np.array([5, 1, 2]))] == [[7, 8, 9], [2, 3], [4]]


def test_an_index_gives_the_order(tmp_path) -> None:
    rule = save(tmp_path / "a.rec", [0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    starts = np.cumsum([0, *(len(framed(packed(png(one), 0.0))) for one in PIXELS)])
    (tmp_path / "a.idx").write_text(f"9\t{starts[4]}\n2\t{starts[1]}\n")
    data = opened(rule)
    assert all_of(data, "digit").tolist() == [4, 1]
    assert [file.name for file in data.files] == ["a.rec", "a.idx"]
    (tmp_path / "a.idx").write_text("no index\n")
    assert complaints(spec(rule, x="image", y="label"), network((3, 5, 4))) == [
        "a.rec is not a RecordIO file that can be read: a.idx is no index of it"
    ]


def test_a_content_that_holds_the_magic_number_is_put_together_again(tmp_path) -> None:
    pixels = png(PIXELS[0])
    content = packed(pixels + b"\0" * (-(24 + len(pixels)) % 4) + MAGIC + MAGIC + b"tail", 7.0)
    assert framed(content).count(MAGIC) == 3
    (tmp_path / "a.rec").write_bytes(framed(content) + framed(packed(png(PIXELS[1]), 2.0)))
    column = RecordIO(str(tmp_path / "a.rec")).open(Path()).columns["image"]
    assert column.originals.original(0).read() == content[24:]
    assert len(column) == 2


def test_damaged_files_are_told_in_a_sentence(tmp_path) -> None:
    rule = save(tmp_path / "a.rec", [1.0] * 6)
    whole = (tmp_path / "a.rec").read_bytes()
    for content, wanted in (
        (whole[:-40], "it is cut off in its last record"),
        (whole[4:], "no record begins at byte 0"),
        (b"", "holds no records"),
    ):
        (tmp_path / "a.rec").write_bytes(content)
        (told,) = complaints(spec(rule, x="image", y="label"), network((3, 5, 4)))
        assert told.endswith(wanted)
    (tmp_path / "a.rec").write_bytes(framed(packed(b"no picture", 1.0)) + whole)
    (told,) = complaints(spec(rule, x="image", y="label"), network((3, 5, 4)))
    assert told == "1 of 7 pictures cannot be read (record 0 of a.rec: it is no picture)"


@needs("mxnet")
def test_what_mxnet_writes_is_read_as_mxnet_reads_it(tmp_path) -> None:
    from engine.backends.gluon.framework import mx

    recordio = mx.recordio
    writer = recordio.MXIndexedRecordIO(str(tmp_path / "a.idx"), str(tmp_path / "a.rec"), "w")
    for key, one in enumerate(PIXELS):
        tail = MAGIC * (key % 3)  # some are written in pieces
        content = png(one)
        label = [float(key), 0.5] if key % 2 else [float(key), 1.5]
        writer.write_idx(
            key, recordio.pack(recordio.IRHeader(0, label, key, 0), content + b"\0" * (-len(content) % 4) + tail)
        )
    writer.close()
    columns = RecordIO(str(tmp_path / "a.rec")).open(Path()).columns
    reader = recordio.MXIndexedRecordIO(str(tmp_path / "a.idx"), str(tmp_path / "a.rec"), "r")
    for row in range(6):
        head, content = recordio.unpack(reader.read_idx(row))
        assert np.array_equal(columns["label"].take(np.array([row]))[0], head.label)
        assert columns["image"].originals.original(row).read() == content
        assert np.array_equal(columns["image"].take(np.array([row]))[0], PIXELS[row].transpose(2, 0, 1))
