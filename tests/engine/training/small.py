"""A small network on real digits that has everything random in it, and trainings of it in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.backends import available

ROOT = Path(__file__).parents[3]


def needs(*engines: str) -> pytest.MarkDecorator:
    """Skips a test where an engine that it is about is not installed."""
    missing = [name for name in engines if name not in available()]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


ENGINES = [pytest.param(name, id=name, marks=needs(name)) for name in ("torch", "mxnet")]
ENGINE = "torch" if "torch" in available() else available()[0]
"""What trains in a test for which any engine will do."""

MODEL = """
netwright: 1
name: "Small"
node { name: "image" input { shape: [1, 8, 8] } }
node { name: "digit" target { classes: 10 } }
node { name: "conv" from: "image" conv2d { filters: 8 kernel: 3 } }
node { name: "norm" from: "conv" batch_norm { } }
node { name: "relu" from: "norm" relu { } }
node { name: "drop" from: "relu" dropout { rate: 0.25 } }
node { name: "flat" from: "drop" flatten { } }
node { name: "score" from: "flat" dense { units: 10 } }
node { name: "loss" from: "score" from: "digit" softmax_cross_entropy { } }
recipe {
  optimizer { sgd { learning_rate: 0.05 momentum: 0.9 weight_decay: 0.0005 } }
  schedule { cosine { } warmup: 20 }
  batch_size: 32 epochs: 3 seed: 3
}
data {
  source { npz { path: "bundled:digits.npz" } }
  split { validation: 0.2 stratified: true }
  feed {
    node: "image" column: "x"
    transform { scale { by: 0.0625 } }
    transform { random_crop { size: [8, 8] padding: 1 } phase: train }
  }
  feed { node: "digit" column: "y" }
}
"""


def model_in(folder: Path, text: str = MODEL) -> Path:
    """The model as a file."""
    path = folder / "small.txtpb"
    path.write_text(text, encoding="utf-8")
    return path


def netwright(*arguments: str | Path, cwd: Path, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """The command line, to its end."""
    return subprocess.run(
        [sys.executable, str(ROOT / "main.py"), *map(str, arguments)],
        cwd=cwd, input=stdin, capture_output=True, text=True, check=False, timeout=240, env=surroundings(),
    )  # fmt: skip


def started(*arguments: str | Path, cwd: Path) -> subprocess.Popen[str]:
    """The command line, under way."""
    command = [sys.executable, str(ROOT / "main.py"), *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=surroundings()
    )


def surroundings() -> dict[str, str]:
    """One thread, as the other test processes have."""
    return os.environ | {"OMP_NUM_THREADS": "1"}


def answer(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The one JSON object of a verb that ended well."""
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1, done.stdout
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def trained(folder: Path, engine: str, *options: str | Path, run: str = "run", text: str = MODEL) -> dict[str, Any]:
    """What `train --json` answers for the model."""
    model = model_in(folder, text)
    return answer(netwright("train", model, "--engine", engine, "--run", folder / run, "--json", *options, cwd=folder))
