"""First weights from elsewhere: all that fit by name and shape are taken, the rest is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import NetwrightError
from engine.opening import open_model
from engine.training.begin import Changes, begin
from engine.training.conduct import conduct
from engine.training.messages import Message, Noticed
from engine.training.planning import Wishes
from engine.training.runs import Run
from engine.weights import read_weights, write_weights
from tests.engine.training.small import ENGINE, ENGINES, MODEL

STILL = MODEL.replace("learning_rate: 0.05", "learning_rate: 0")
"""Nothing is learned, so that what it began with is still there at the end."""


def trained(folder: Path, name: str, text: str, engine: str = ENGINE) -> tuple[Run, list[Message]]:
    path = folder / f"{name}.txtpb"
    path.write_text(text, encoding="utf-8")
    wishes = Wishes(engine, threads=1, subset=0.1)
    run, data = begin(open_model(path), Changes(epochs=1), wishes, folder / name, is_folder=False)
    return run, list(conduct(run, data))


def starting(weights: str, text: str = STILL) -> str:
    return text.replace("recipe {", f'recipe {{\n  start {{ weights: "{weights}" }}')


def last(run: Run) -> dict[str, np.ndarray]:
    return read_weights(run.weights("last"))


def notices(told: list[Message]) -> list[str]:
    return [message.message for message in told if isinstance(message, Noticed)]


@pytest.mark.parametrize("engine", ENGINES)
def test_what_fits_is_taken_and_the_rest_is_told(engine: str, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    given = {
        "conv/weight": np.float32(random.normal(size=(8, 1, 3, 3))),
        "score/weight": np.float32(random.normal(size=(3, 288))),
        "old/bias": np.zeros(2, np.float32),
    }
    write_weights(tmp_path / "w.safetensors", given)
    run, told = trained(tmp_path, "tuned", starting("w.safetensors"), engine)
    plain, _ = trained(tmp_path, "plain", STILL, engine)
    found, drawn = last(run), last(plain)
    np.testing.assert_array_equal(found["conv/weight"], given["conv/weight"])
    np.testing.assert_array_equal(found["score/weight"], drawn["score/weight"])
    assert (drawn["conv/weight"] != given["conv/weight"]).all()
    told_of = "\n".join(notices(told))
    assert "score/weight is (3, 288), not (10, 288)" in told_of
    assert "holds weights that the network has not: old/bias" in told_of
    assert "lacks weights, which begin anew: conv/bias" in told_of


def test_a_run_is_started_from_by_its_folder(tmp_path: Path) -> None:
    first, _ = trained(tmp_path, "first", MODEL)
    second, told = trained(tmp_path, "second", starting("first"))
    best = read_weights(first.weights())
    for name in ("conv/weight", "score/weight", "score/bias"):
        np.testing.assert_array_equal(last(second)[name], best[name])
    assert notices(told) == []


def test_a_gallery_model_and_a_file_that_name_their_weights_are_started_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = trained(tmp_path, "first", MODEL)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "w.safetensors").write_bytes(first.weights().read_bytes())
    named = tmp_path / "lib" / "mine.txtpb"
    named.write_text(MODEL.replace('name: "Small"', 'name: "Small"\nweights: "w.safetensors"'), encoding="utf-8")
    monkeypatch.setattr("engine.opening.gallery", lambda: {"mine": named})
    for name, source in (("file", "lib/mine.txtpb"), ("gallery", "gallery:mine")):
        run, _ = trained(tmp_path, name, starting(source))
        np.testing.assert_array_equal(last(run)["conv/weight"], read_weights(first.weights())["conv/weight"])


def test_a_run_that_begins_from_another_does_not_go_back_to_what_that_one_started_from(tmp_path: Path) -> None:
    write_weights(tmp_path / "w.safetensors", {"conv/weight": np.zeros((8, 1, 3, 3), np.float32)})
    first, _ = trained(tmp_path, "first", starting("w.safetensors", MODEL))
    run, _ = begin(open_model(first.path), Changes(), Wishes(), tmp_path / "second", is_folder=False)
    model = open_model(run.model).model
    assert model.recipe.start is None
    assert Path(model.weights) == first.weights()


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        ("nothing.safetensors", "is not there"),
        ("gallery:lenet", "has no weights"),
        ("gallery:lenett", "did you mean|no lenett"),
        ("w.safetensors", "holds no weight that this network has"),
    ],
)
def test_what_cannot_be_started_from_is_said_in_a_sentence(start: str, reason: str, tmp_path: Path) -> None:
    write_weights(tmp_path / "w.safetensors", {"old/bias": np.zeros(2, np.float32)})
    with pytest.raises(NetwrightError, match=reason):
        trained(tmp_path, "run", starting(start))
