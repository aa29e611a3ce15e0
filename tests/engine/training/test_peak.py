"""The peak of a training's memory: the straight line, what a trial prints, and (slowly) whether it foretells."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from engine.backends import resident
from engine.backends.base import Plan
from engine.errors import NetwrightError, RunError
from engine.training import peak
from engine.training.peak import Peaks, peaks_of
from engine.training.planning import as_data
from tests.engine.training.small import ENGINE, ENGINES, model_in, needs

PLAN = Plan(ENGINE, threads=1)


def test_the_largest_batch_is_the_last_that_stays_within_the_limit() -> None:
    peaks = Peaks("cpu", base=300e6, each=2e6)
    largest = peaks.largest(1e9)
    assert largest == 350
    assert peaks.at(largest) <= 1e9 < peaks.at(largest + 1)
    assert peaks.largest(200e6) == 0


def test_two_sizes_give_the_line_through_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peak, "_tried", lambda model, plan, batch: ("cpu", 1000 + 7 * batch))
    found = peaks_of(model_in(tmp_path), PLAN, 8e9)
    assert (found.device, found.at(0), found.at(10)) == ("cpu", 1000, 1070)


def test_trials_stay_within_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []
    monkeypatch.setattr(peak, "_tried", lambda model, plan, batch: tried.append(batch) or ("cpu", batch))
    for limit in (1e8, 8e9):
        peaks_of(model_in(tmp_path), PLAN, limit)
    few, many, fewer, more = tried
    assert few < many
    assert fewer < more
    assert many < more


@pytest.mark.parametrize("engine", ENGINES)
def test_a_trial_prints_the_device_and_its_peak(
    engine: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    peak.serve(json.dumps({"model": str(model_in(tmp_path)), "plan": as_data(Plan(engine, threads=1)), "batch": 4}))
    found = json.loads(capsys.readouterr().out)
    assert found["device"] == "cpu"
    assert found["peak"] == pytest.approx(resident.peak(), rel=0.2)


def test_the_resident_peak_rises_and_never_falls() -> None:
    before = resident.peak()
    block = np.ones(30_000_000)
    during = resident.peak()
    del block
    assert during >= max(before, 240_000_000)
    assert resident.peak() >= 0.99 * during  # the kernel counts by the page only now and then


def test_a_length_that_nothing_tells_is_named(tmp_path: Path) -> None:
    text = """
    netwright: 1
    node { name: "words" input { shape: [-1] values: index classes: 9 } }
    node { name: "table" from: "words" embedding { classes: 9 units: 2 } }
    """
    with pytest.raises(NetwrightError, match="any length"):
        peaks_of(model_in(tmp_path, text), PLAN, 1e9)


def test_a_trial_that_fails_tells_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess((), 1, stdout="loading\n", stderr="Traceback …\nMemoryError: too large\n")
    monkeypatch.setattr(peak.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(RunError, match=r"batch of \d+ did not come to its end: MemoryError: too large"):
        peaks_of(model_in(tmp_path), PLAN, 1e9)


@pytest.mark.soak
@needs("torch")
@pytest.mark.parametrize("name", ["fashion_cnn", "resnet20", "char_lstm", "vit_tiny"])
def test_above_a_gigabyte_the_peak_is_foretold_within_15_percent(name: str) -> None:
    plan, model = Plan("torch"), f"gallery:{name}"
    peaks = peaks_of(model, plan, 8e9)
    for limit in (1.5e9, 3e9):
        batch = peaks.largest(limit)
        _, truth = peak._tried(model, plan, batch)
        assert peaks.at(batch) == pytest.approx(truth, rel=0.15)
