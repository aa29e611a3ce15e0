"""What happens under a training: files change or vanish, the disk is full. One sentence, and no step is lost."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.backends import backend
from engine.backends.base import Plan
from engine.data import encoded, stream
from engine.data.dataset import open_data
from engine.errors import DataError, RunError
from engine.schema.read import read
from engine.training import checkpoints, loop
from engine.training.checkpoints import Checkpoints
from engine.training.journal import Journal
from engine.training.loop import Job, train
from engine.training.messages import Epoch, Message, Resumed
from engine.weights import write_weights
from tests.engine.training.small import ENGINE

FULL = Path("/dev/full")
MODEL = """
netwright: 1
node { name: "x" input { shape: [3, 6, 6] } }
node { name: "y" target { classes: 2 } }
node { name: "flat" from: "x" flatten { } }
node { name: "score" from: "flat" dense { units: 2 } }
node { name: "loss" from: "score" from: "y" softmax_cross_entropy { } }
recipe { optimizer { sgd { learning_rate: 0.001 momentum: 0.9 } } batch_size: 4 epochs: 3 seed: 3 }
data {
  source { SOURCE }
  feed { node: "x" column: "image" transform { random_flip { } phase: train } }
  feed { node: "y" column: "label" }
}
"""
ARRAYS, FOLDER = 'npz { path: "a.npz" }', 'image_folder { path: "p" }'
random = np.random.default_rng(1)
PICTURES = random.integers(0, 256, (24, 6, 6, 3), dtype=np.uint8)


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is with data that do not fit into memory."""
    monkeypatch.setattr(encoded, "KEPT", 0)
    monkeypatch.setattr(stream, "KEPT", 0)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    np.savez(tmp_path / "a.npz", image=PICTURES.transpose(0, 3, 1, 2), label=np.arange(24) % 2)
    for number, picture in enumerate(PICTURES):
        folder = tmp_path / "p" / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(folder / f"{number}.png")
    return tmp_path


def messages(place: Path, source: str, name: str) -> Iterator[Message]:
    model = read(MODEL.replace("SOURCE", source)).model
    program = backend(ENGINE).build(model.network, model.recipe, Plan(ENGINE, threads=1))
    return train(Job(model, program, open_data(model.data, model.network, place), Checkpoints(place / name)))


def until(told: Iterator[Message], kind: type[Message], do: Callable[[], object]) -> None:
    """The training, with something done when the first message of a kind has come."""
    next(message for message in told if isinstance(message, kind))
    do()
    for _ in told:
        pass


def kept_steps(place: Path, name: str) -> int:
    kept = Checkpoints(place / name).load("last")
    assert kept is not None
    return int(kept.position["step"])


def same_end(place: Path, source: str, name: str) -> None:
    """The training goes on where it was, and ends as one that nothing happened to."""
    assert [message for message in messages(place, source, name) if isinstance(message, Resumed)]
    list(messages(place, source, "whole"))
    ends = [Checkpoints(place / folder).load("last") for folder in (name, "whole")]
    for weight in ends[0].weights:
        assert np.array_equal(ends[0].weights[weight], ends[1].weights[weight])


def test_a_file_that_changes_under_a_training_ends_it_after_the_epoch(place: Path) -> None:
    before = (place / "a.npz").read_bytes()
    with pytest.raises(DataError, match=r"a\.npz has changed while being trained on") as error:
        until(messages(place, ARRAYS, "run"), Epoch, lambda: (place / "a.npz").write_bytes(before))
    assert "resume" in error.value.hint
    assert kept_steps(place, "run") == 6
    same_end(place, ARRAYS, "run")


def test_a_picture_that_vanishes_under_a_training_is_named_and_no_step_is_lost(place: Path, monkeypatch) -> None:
    monkeypatch.setattr(loop, "refuse_changes", lambda stamps: None)  # it vanishes after this look
    hidden = place / "p" / "a" / "0.png"
    with pytest.raises(DataError, match=r"a/0\.png can no longer be read: No such file") as error:
        until(messages(place, FOLDER, "run"), Epoch, lambda: shutil.move(hidden, place / "away"))
    assert len(error.value.problems) == 1
    shutil.move(place / "away", hidden)
    same_end(place, FOLDER, "run")


def test_files_that_vanish_between_epochs_are_named(place: Path) -> None:
    files = [place / "p" / "a" / f"{number}.png" for number in range(0, 24, 2)]
    with pytest.raises(DataError, match=r"a/0\.png, .*, … have vanished while being trained on"):
        until(messages(place, FOLDER, "run"), Epoch, lambda: [file.unlink() for file in files])


@pytest.mark.skipif(not FULL.exists(), reason="only where the system has a device that is always full")
def test_a_full_disk_leaves_the_checkpoint_before_and_the_training_goes_on_from_there(place: Path, monkeypatch) -> None:
    def full(path: Path, *rest: object) -> None:
        write_weights(path if path.name == checkpoints.WEIGHTS else FULL, *rest)

    with pytest.raises(RunError, match="the checkpoint 'best' cannot be written: No space left on device") as error:
        until(messages(place, ARRAYS, "run"), Epoch, lambda: monkeypatch.setattr(checkpoints, "write_weights", full))
    assert error.value.hint == "the last one is kept: make room, then go on with --resume"
    assert error.value.file == str(place)
    assert sorted(path.name for path in (place / "run").iterdir()) == ["last"]
    assert kept_steps(place, "run") == 0
    monkeypatch.setattr(checkpoints, "write_weights", write_weights)
    same_end(place, ARRAYS, "run")


@pytest.mark.skipif(not FULL.exists(), reason="only where the system has a device that is always full")
def test_events_that_cannot_be_written_are_told_in_a_sentence() -> None:
    with pytest.raises(RunError, match="/dev/full: cannot be written: No space left on device"):
        Journal(FULL).append({"event": "started"})
