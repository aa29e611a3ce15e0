"""Checkpoints: whole at every instant, the same bytes for the same weights."""

import contextlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.errors import Unreadable
from engine.training.checkpoints import Checkpoints, Snapshot
from engine.weights import fitting, read_weights, write_weights

WEIGHTS = {"b/weight": np.arange(6, dtype=np.float32).reshape(2, 3), "a/bias": np.ones(2, np.float32)}
SNAPSHOT = Snapshot(WEIGHTS, {"b/weight/momentum": np.zeros((2, 3), np.float32)}, {"step": 7, "loss": 0.1 + 0.2})


def test_a_checkpoint_is_read_as_it_was_written(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    assert checkpoints.load("last") is None
    checkpoints.save("last", SNAPSHOT)
    kept = checkpoints.load("last")
    assert kept is not None
    assert kept.position == SNAPSHOT.position
    for name, array in WEIGHTS.items():
        np.testing.assert_array_equal(kept.weights[name], array)
    np.testing.assert_array_equal(kept.state["b/weight/momentum"], np.zeros((2, 3)))


def test_the_same_weights_are_the_same_bytes_in_whatever_order(tmp_path: Path) -> None:
    write_weights(tmp_path / "a", WEIGHTS)
    write_weights(tmp_path / "b", dict(reversed(WEIGHTS.items())))
    write_weights(tmp_path / "c", {name: np.asfortranarray(array) for name, array in WEIGHTS.items()})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() == (tmp_path / "c").read_bytes()


class KilledError(Exception):
    pass


@pytest.mark.parametrize("at", range(12))
def test_whenever_it_is_killed_one_whole_checkpoint_is_there(
    at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save("last", SNAPSHOT)
    later = Snapshot(WEIGHTS, {}, {"step": 8})
    calls = iter(range(1000))

    def dies(real: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            if next(calls) == at:
                raise KilledError
            return real(*arguments, **options)

        return call

    with monkeypatch.context() as patch:
        for name in ("rename", "mkdir", "unlink", "rmdir", "fsync"):
            patch.setattr(os, name, dies(getattr(os, name)))
        with contextlib.suppress(KilledError):
            checkpoints.save("last", later)
    kept = checkpoints.load("last")
    assert kept is not None
    assert kept.position["step"] in (7, 8)
    checkpoints.save("last", Snapshot(WEIGHTS, {}, {"step": 9}))
    kept = checkpoints.load("last")
    assert kept is not None
    assert kept.position["step"] == 9


def test_a_file_that_holds_no_weights_is_said_to(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    path.write_bytes(b"not weights")
    with pytest.raises(Unreadable, match="is not a safetensors file"):
        read_weights(path)
    with pytest.raises(Unreadable, match="cannot be read"):
        read_weights(tmp_path / "nothing")


def test_weights_that_do_not_fit_are_named() -> None:
    given = {"a/bias": np.ones(2), "b/weight": np.ones((3, 3)), "c/weight": np.ones(1)}
    wanted = {"a/bias": np.zeros(2), "b/weight": np.zeros((2, 3)), "d/weight": np.zeros(4)}
    fit, problems = fitting(given, wanted, "old.safetensors")
    assert list(fit) == ["a/bias"]
    assert [problem.message for problem in problems] == [
        "old.safetensors has other shapes, which begin anew: b/weight is (3, 3), not (2, 3)",
        "old.safetensors lacks weights, which begin anew: d/weight",
        "old.safetensors holds weights that the network has not: c/weight",
    ]
    assert {problem.severity for problem in problems} == {"warning"}
