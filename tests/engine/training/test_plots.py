"""Pictures and tables of a run's report."""

import csv
from pathlib import Path

from PIL import Image

from engine.training.messages import Epoch, Progress, Started, Story
from engine.training.plots import save_confusion, save_curves


def story() -> Story:
    told = Story()
    told.add([Started(0.0, "run", {}, 2, 10)])
    told.add(Progress(0.1 * n, n, 1, 1 / (1 + n), {"accuracy": n / 20}, 0.1, 100.0) for n in range(1, 20))
    told.add([Epoch(1.0, 10, 1, {"loss": 0.5, "accuracy": 0.5}, {"loss": 0.4, "accuracy": 0.6})])
    told.add([Epoch(2.0, 20, 2, {"loss": 0.3, "accuracy": 0.7}, {})])
    return told


def test_every_metric_has_a_picture_and_all_numbers_are_in_a_table(tmp_path: Path) -> None:
    saved = save_curves(story(), tmp_path / "report")
    assert {path.name for path in saved} == {"epochs.csv", "loss.png", "accuracy.png"}
    for path in saved:
        if path.suffix == ".png":
            with Image.open(path) as image:
                assert image.size[0] > 400
                assert len(image.convert("RGB").getcolors(10**6)) > 10  # something is drawn
    with (tmp_path / "report" / "epochs.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {
        "epoch": "1", "step": "10", "train_loss": "0.5", "train_accuracy": "0.5",
        "validation_loss": "0.4", "validation_accuracy": "0.6",
    }  # fmt: skip
    assert rows[1]["validation_loss"] == ""


def test_a_confusion_is_drawn_and_stands_in_a_file(tmp_path: Path) -> None:
    counts = [[1, 1, 0], [0, 1, 0], [1, 0, 0]]
    save_confusion(counts, ["a", "b", "ü"], tmp_path / "confusion.png")
    with (tmp_path / "confusion.csv").open(encoding="utf-8") as file:
        assert list(csv.reader(file))[1:] == [["a", "1", "1", "0"], ["b", "0", "1", "0"], ["ü", "1", "0", "0"]]
    with Image.open(tmp_path / "confusion.png") as image:
        assert image.size[0] > 300
