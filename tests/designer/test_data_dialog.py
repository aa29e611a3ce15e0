"""The data dialogue: a source is chosen, what it gives is shown, and what is wrong with it is said in words."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

import resources
from designer.bundled import NAME, bundled, entry
from designer.data_dialog import NO_COLUMN, NOTHING_TO_FEED, DataDialog, idle_fields
from designer.panels.data import DataPanel
from designer.samples import preview
from designer.window import Window
from engine.data.sources import NPZ, ImageFolder
from engine.data.spec import DataSpec, Feed, Split
from engine.data.suggest import suggest_spec
from engine.layers.data import Input, Target
from engine.model import Model
from engine.network import Network
from engine.node import Node
from engine.opening import open_model
from engine.schema.read import read as read_schema
from tests.engine.data.databases import framed, packed, png, raw, save_database

PATIENCE = 20_000


@pytest.fixture
def offer(window: Window, qtbot: QtBot) -> Iterator[Callable[..., DataDialog]]:
    """Opens the dialogue for a model, LeNet where none is given."""
    made: list[DataDialog] = []

    def make(model: Model | None = None, source: Path | None = None) -> DataDialog:
        dialog = DataDialog(model or window.desk.document.model, Path("/nowhere"), window, source)
        made.append(dialog)
        dialog.open()
        return dialog

    yield make
    for dialog in made:
        dialog.close()
        for background in (dialog._guesser, dialog._columns, dialog._reader):
            background.wait()


def without_data(window: Window) -> Model:
    return replace(window.desk.document.model, data=DataSpec())


def read(dialog: DataDialog, qtbot: QtBot) -> None:
    """Wait for the preview."""
    qtbot.waitUntil(lambda: dialog.samples.count() > 0, timeout=PATIENCE)


def test_every_bundled_data_set_is_offered_with_what_it_is_and_can_be_opened() -> None:
    assert {"digits.npz", "penguins.csv", "textures", "persuasion.txt", "fashion"} <= set(bundled())
    assert all(words for words in bundled().values())
    assert all(entry(name).exists() for name in bundled())
    assert entry("fashion").is_file()
    assert entry("textures").is_dir()


def test_without_a_source_it_offers_what_ships_and_cannot_be_accepted(
    offer: Callable[..., DataDialog], window: Window
) -> None:
    dialog = offer(without_data(window))
    assert dialog.offers.isVisible()
    assert not dialog.tabs.isVisible()
    assert not dialog.ok.isEnabled()


def test_a_click_on_bundled_data_chooses_feeds_and_split_and_names_them_wherever_the_program_is(
    offer: Callable[..., DataDialog], window: Window, qtbot: QtBot
) -> None:
    dialog = offer(without_data(window))
    row = next(item for item in map(dialog.offers.list.item, range(9)) if item.data(NAME) == "digits.npz")
    spot = dialog.offers.list.visualItemRect(row).center()
    QTest.mouseClick(dialog.offers.list.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    read(dialog, qtbot)
    spec = dialog.spec()
    assert [source.rule for source in spec.sources] == [NPZ("bundled:digits.npz")]
    assert {feed.node: feed.column for feed in spec.feeds} == {"image": "x", "digit": "y"}
    assert spec.split == Split(validation=0.2, stratified=True)
    assert dialog.words.text() == "1,438 train · 359 validation"
    assert dialog.ok.isEnabled()


def test_the_source_that_there_is_is_shown_at_once_and_unchanged(
    offer: Callable[..., DataDialog], window: Window, qtbot: QtBot
) -> None:
    dialog = offer()
    read(dialog, qtbot)
    assert dialog.source.text() == "digits.npz"
    assert dialog.spec() == window.desk.document.model.data


def test_a_file_of_one_s_own_is_chosen_by_name(
    offer: Callable[..., DataDialog], window: Window, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.npz"
    rng = np.random.default_rng(0)
    np.savez(file, pictures=rng.random((40, 1, 28, 28), np.float32), classes=np.arange(40) % 10, other=np.zeros(40))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(file), ""))
    dialog = offer(without_data(window))
    dialog._choose_file()
    read(dialog, qtbot)
    assert {feed.node: feed.column for feed in dialog.spec().feeds} == {"image": "pictures", "digit": "classes"}
    assert dialog.samples.count() == 24


def test_another_column_is_chosen_from_those_that_there_are(
    offer: Callable[..., DataDialog], window: Window, qtbot: QtBot, tmp_path: Path
) -> None:
    file = tmp_path / "mine.npz"
    values = np.random.default_rng(0).random((40, 1, 28, 28), np.float32)
    np.savez(file, a=values, b=values[::-1], y=np.arange(40) % 10)
    dialog = offer(without_data(window), file)
    read(dialog, qtbot)
    combo = dialog._combos["image"]
    qtbot.waitUntil(lambda: combo.findText("b") >= 0, timeout=PATIENCE)
    assert {combo.itemText(place) for place in range(combo.count())} >= {"a", "b", "y"}
    combo.setCurrentText("b")
    combo.activated.emit(combo.currentIndex())
    assert next(feed.column for feed in dialog.spec().feeds if feed.node == "image") == "b"

    white = next(entry for entry in dialog.findChildren(QLineEdit) if entry.accessibleName() == "White")
    white.selectAll()
    QTest.keyClicks(white, "3")
    QTest.keyClick(white, Qt.Key.Key_Return)
    prepared = next(feed for feed in dialog.spec().feeds if feed.node == "image")
    assert (prepared.column, prepared.white) == ("b", 3.0)  # the preparation's form leaves the column alone


def test_a_node_that_nothing_feeds_asks_for_a_column(
    offer: Callable[..., DataDialog], window: Window, qtbot: QtBot
) -> None:
    model = window.desk.document.model
    dialog = offer(replace(model, data=replace(model.data, feeds=())))
    qtbot.waitUntil(lambda: dialog._combos["image"].count() > 1, timeout=PATIENCE)
    assert dialog._combos["image"].currentText() == NO_COLUMN
    qtbot.waitUntil(lambda: dialog.words.property("tone") == "bad", timeout=PATIENCE)
    assert "image" in dialog.words.text()


def test_data_can_be_chosen_before_there_is_a_network(offer: Callable[..., DataDialog], qtbot: QtBot) -> None:
    dialog = offer(Model(), entry("digits.npz"))
    qtbot.waitUntil(lambda: NOTHING_TO_FEED in dialog.words.text(), timeout=PATIENCE)
    assert dialog.words.text().endswith("Columns: x, y")
    assert dialog.spec().sources
    assert dialog.ok.isEnabled()


def folder_of_pictures(tmp_path: Path) -> Path:
    """Two classes of four pictures each."""
    folder = tmp_path / "pictures"
    for name in ("brick", "grass"):
        (folder / name).mkdir(parents=True)
        for path in sorted(resources.path("data", "textures", name).iterdir())[:4]:
            shutil.copy(path, folder / name)
    return folder


def test_a_folder_of_class_folders_is_read_and_a_target_of_too_few_classes_is_told(
    offer: Callable[..., DataDialog], window: Window, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_of_pictures(tmp_path)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    dialog = offer(without_data(window))
    dialog._choose_folder()
    qtbot.waitUntil(lambda: bool(dialog.spec().sources), timeout=PATIENCE)
    rule = dialog.spec().sources[0].rule
    assert isinstance(rule, ImageFolder)
    assert rule.mode == "gray"  # as the network's input has one channel
    read(dialog, qtbot)


def test_a_damaged_picture_is_named_and_what_was_chosen_before_stays(
    offer: Callable[..., DataDialog], window: Window, qtbot: QtBot, tmp_path: Path
) -> None:
    folder = folder_of_pictures(tmp_path)
    whole = next((folder / "brick").iterdir()).read_bytes()
    (folder / "grass" / "torn.png").write_bytes(whole[: len(whole) // 2])
    dialog = offer()
    read(dialog, qtbot)
    before = dialog.spec()
    dialog.choose(folder)
    qtbot.waitUntil(lambda: "torn.png" in dialog.words.text(), timeout=PATIENCE)
    assert dialog.words.text().startswith("pictures: 1 of 9 pictures cannot be read")
    assert dialog.words.property("tone") == "bad"
    assert dialog.spec() == before


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("noise.bin", b"\x00\x01\x02" * 100, "noise.bin is no kind of data that is known"),
        ("empty.csv", b"", "empty.csv"),
        ("torn.npz", b"PK\x03\x04torn", "torn.npz"),
    ],
)
def test_a_file_that_is_no_data_is_refused_in_words(
    offer: Callable[..., DataDialog],
    window: Window,
    qtbot: QtBot,
    tmp_path: Path,
    name: str,
    content: bytes,
    says: str,
) -> None:
    (tmp_path / name).write_bytes(content)
    dialog = offer(without_data(window), tmp_path / name)
    qtbot.waitUntil(lambda: dialog.words.property("tone") == "bad", timeout=PATIENCE)
    assert says in dialog.words.text()
    assert "Traceback" not in dialog.words.text()
    assert not dialog.ok.isEnabled()


def test_the_split_is_edited_and_read_again(offer: Callable[..., DataDialog], window: Window, qtbot: QtBot) -> None:
    dialog = offer()
    read(dialog, qtbot)
    before = dialog.words.text()
    dialog._change_split(Split(validation=0.5, stratified=True))
    qtbot.waitUntil(lambda: "validation" in dialog.words.text() and dialog.words.text() != before, timeout=PATIENCE)
    train, validation = (int(part.split()[0]) for part in dialog.words.text().split(" · "))
    assert train + validation == 1797
    assert abs(train - validation) <= 10  # each of ten classes is halved on its own


def panel_of(window: Window) -> DataPanel:
    window.sides.show("data")
    shown: DataPanel = window.sides.docks["data"].view
    return shown


def test_the_panel_shows_samples_classes_and_sizes(window: Window, qtbot: QtBot) -> None:
    panel = panel_of(window)
    qtbot.waitUntil(lambda: panel.samples.count() == 24, timeout=PATIENCE)
    assert panel.heading.text() == "digits.npz"
    assert panel.facts.text().splitlines() == ["1,438 train", "359 validation"]
    assert sum(count for _, count in panel.balance._bars._counts) == 1438
    assert panel.samples.item(0).text() in "0123456789"
    assert not panel.samples.item(0).icon().isNull()


def test_the_panel_says_which_file_is_missing(window: Window, qtbot: QtBot) -> None:
    document = window.desk.document
    panel = panel_of(window)
    source = replace(document.model.data.sources[0], rule=NPZ("/nowhere/digits.npz"))
    document.edit("Spoil", replace(document.model, data=replace(document.model.data, sources=(source,))))
    qtbot.waitUntil(lambda: "/nowhere/digits.npz" in panel.words.text(), timeout=PATIENCE)
    assert panel.words.property("tone") == "bad"
    assert panel.words.isVisible()


@pytest.mark.parametrize("answer", [QDialog.DialogCode.Accepted, QDialog.DialogCode.Rejected])
def test_only_ok_changes_the_model_and_as_one_step(
    window: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, answer: QDialog.DialogCode
) -> None:
    document = window.desk.document
    before = document.model
    split = Split(validation=0.5)

    def answered(dialog: DataDialog) -> int:
        dialog._change_split(split)
        dialog._reader.wait()
        return int(answer)

    monkeypatch.setattr(DataDialog, "exec", answered)
    panel_of(window).open_dialog()
    if answer == QDialog.DialogCode.Accepted:
        assert document.model.data.split == split
        assert document.history.undoText() == "Choose data"
        document.history.undo()
    assert document.model == before
    assert not document.history.canUndo()


def test_letters_are_shown_as_the_text_that_they_are(make_window: Callable[[str], Window], qtbot: QtBot) -> None:
    panel = panel_of(make_window("gallery:char_lstm"))
    qtbot.waitUntil(lambda: panel.samples.count() > 0, timeout=PATIENCE)
    text = resources.path("data", "persuasion.txt").read_text("utf-8").replace("\n", "↵")
    read, _, expected = panel.samples.item(5).text().partition("   →   ")
    assert len(read) == 64
    assert read in text
    assert expected[:-1] == read[1:]
    assert dict(panel.balance._bars._counts)["space"] > 10_000


def test_numbers_stand_in_columns(make_window: Callable[[str], Window], qtbot: QtBot) -> None:
    panel = panel_of(make_window("gallery:penguins_mlp"))
    qtbot.waitUntil(lambda: panel.samples.count() > 0, timeout=PATIENCE)
    lines = [panel.samples.item(row).text() for row in range(panel.samples.count())]
    assert len({line.index("→") for line in lines}) == 1
    assert {line.split()[-1] for line in lines} == {"Adelie", "Chinstrap", "Gentoo"}


TAGS = """
netwright: 1
name: "Tags"
node { name: "steps" input { shape: [-1, 2] } }
node { name: "mask" input { shape: [-1] } }
node { name: "tags" target { classes: 3 shape: [-1] } }
node { name: "read" from: "steps" from: "mask=mask" lstm { units: 4 sequence: true } }
node { name: "score" from: "read" dense { units: 3 } }
node { name: "loss" from: "score" from: "tags" softmax_cross_entropy { ignore_index: -1 } }
data {
  source { npz { path: "a.npz" series { name: "x" lengths: "n" } series { name: "y" lengths: "n" } } }
  feed { node: "steps" column: "x" bucketed: true transform { pad { length: 5 } } }
  feed { node: "mask" mask_of: "steps" }
  feed { node: "tags" column: "y" label: "a" label: "b" label: "c" transform { pad { length: 5 } } }
}
"""


def test_sequences_show_where_they_end_and_a_mask_what_it_is_of(
    offer: Callable[..., DataDialog], tmp_path: Path, qtbot: QtBot
) -> None:
    np.savez(tmp_path / "a.npz", x=np.ones((6, 2)), n=np.array([2, 4]), y=np.array([0, 1, 0, 1, 0, 1]))
    model = read_schema(TAGS.replace("a.npz", str(tmp_path / "a.npz"))).model
    dialog = offer(model)
    read(dialog, qtbot)
    assert dialog._combos["mask"].currentText() == "mask of steps"
    assert dialog.samples.item(0).text().endswith("ab–––")
    assert "the training part has no sample" not in dialog.words.text()


PIXELS = np.random.default_rng(0).integers(0, 256, (10, 12, 12, 3), dtype=np.uint8)


def _listed(folder: Path) -> Path:
    for number, pixels in enumerate(PIXELS):
        Image.fromarray(pixels).save(folder / f"{number}.png")
    (folder / "list.csv").write_text("file,kind\n" + "".join(f"{n}.png,k{n % 2}\n" for n in range(len(PIXELS))))
    return folder / "list.csv"


def _parquet(folder: Path) -> Path:
    table = {"image": [png(pixels) for pixels in PIXELS], "kind": [f"k{n % 2}" for n in range(len(PIXELS))]}
    pq.write_table(pa.table(table), folder / "a.parquet")
    return folder / "a.parquet"


def _records(folder: Path) -> Path:
    (folder / "a.rec").write_bytes(b"".join(framed(packed(png(one), n % 2)) for n, one in enumerate(PIXELS)))
    return folder / "a.rec"


def _database(folder: Path) -> Path:
    return save_database(folder / "db", [raw(one, n % 2) for n, one in enumerate(PIXELS)])


@pytest.mark.parametrize("make", [_listed, _parquet, _records, _database])
def test_pictures_from_whatever_they_lie_in_are_shown_and_feed_the_network(
    offer: Callable[..., DataDialog], window: Window, qtbot: QtBot, tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    dialog = offer(without_data(window), make(tmp_path))
    read(dialog, qtbot)
    assert dialog.words.text().splitlines()[0] == "8 train · 2 validation"
    assert dialog.samples.count() == 8
    assert {feed.node for feed in dialog.spec().feeds} == {"image", "digit"}
    assert dialog.tabs.count() == 3


def test_masks_are_told_by_what_covers_most_of_them(tmp_path: Path) -> None:
    for name, pixels in (("images", PIXELS), ("masks", np.repeat(np.array([[0, 1, 1, 1]] * 3, np.uint8), 3, axis=1))):
        (tmp_path / name).mkdir()
        for number in range(len(PIXELS)):
            Image.fromarray(pixels[number] if name == "images" else np.repeat(pixels, 4, axis=0)).save(
                tmp_path / name / f"{number}.png"
            )
    nodes = (Node("image", (), Input(sizes=(3, 12, 12))), Node("mask", (), Target(classes=2, sizes=(12, 12))))
    network = Network(nodes)
    shown = preview(suggest_spec(tmp_path, network), network, tmp_path)
    assert shown.samples[0].label == "1 75%, 0 25%"
    assert shown.samples[0].picture is not None
    assert shown.counts == {"0": 8 * 36, "1": 8 * 108}


def test_a_node_s_feed_asks_only_for_what_means_something_there() -> None:
    network = open_model("gallery:lenet").model.network
    image, digit = network["image"], network["digit"]
    assert idle_fields(image, Feed("image")) == ("labels", "mask_of", "bucketed")
    assert idle_fields(digit, Feed("digit")) == ("white", "mask_of", "bucketed")
    assert "white" not in idle_fields(digit, Feed("digit", white=16.0))
    steps = Node("steps", (), Input(sizes=(-1,)))
    assert idle_fields(steps, Feed("steps")) == ("labels", "white")
