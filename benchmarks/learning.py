"""What networks learn: each trained from five seeds with `netwright train`, judged on samples that were held back.

Run by hand: `python benchmarks/learning.py [NAME …] [--seeds N] [--engine NAME]`. Models and data sections that are no
part of the gallery stand in benchmarks/learning/; their data lie beside the repository, and what is not there is left
out. What counts is the mean over the seeds after the last epoch: no epoch is picked by what it is judged by.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "benchmarks" / "learning"


@dataclass(frozen=True)
class Task:
    """One row: what is trained, and what is asked of it."""

    name: str
    command: tuple[str, ...]
    goal: float
    measure: str = "accuracy"
    """`accuracy`, which is to be as large as `goal`; `bits`, the loss in bits a character, as small."""

    def value(self, validation: Mapping[str, float]) -> float:
        """The figure of one training."""
        return validation["loss"] / math.log(2) if self.measure == "bits" else validation[self.measure]

    def is_met(self, mean: float) -> bool:
        """Whether `mean` is what was asked for."""
        return mean <= self.goal if self.measure == "bits" else mean >= self.goal


def with_data(model: str, data: str, *more: str) -> tuple[str, ...]:
    return (model, "--data", str(HERE / f"{data}.txtpb"), *more)


TASKS = (
    Task("digits, LeNet", ("gallery:lenet",), 0.975),
    Task("MNIST 5k, LeNet", with_data("gallery:lenet", "mnist5k"), 0.97),
    Task("Fashion-MNIST 60k, 5 epochs", with_data("gallery:fashion_cnn", "fashion", "--epochs=5"), 0.90),
    Task("penguins, MLP", ("gallery:penguins_mlp",), 0.97),
    Task("adult, MLP", (str(HERE / "adult.txtpb"),), 0.85),
    Task("ItalyPowerDemand, FCN", with_data("gallery:series_cnn", "italy"), 0.94),
    Task("BasicMotions, convolutions", (str(HERE / "basic_motions.txtpb"),), 0.95),
    Task("Persuasion, LSTM", ("gallery:char_lstm",), 2.3, "bits"),
    Task("emoji, SqueezeNet fine-tuned", (str(HERE / "emoji.txtpb"),), 0.75),
)


def trained(task: Task, seed: int, engine: str) -> float:
    """The figure after a whole training of `task` from `seed`."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--json", f"--engine={engine}", f"--seed={seed}", "--run", str(Path(folder, "run"))]
        command = [sys.executable, str(ROOT / "main.py"), "train", *task.command, *options]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return task.value(json.loads(done.stdout)["validation"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="parts of the rows' names; none: all")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--engine", default="auto")
    asked = parser.parse_args()
    print("| | goal | mean | smallest | largest | |\n| --- | --- | --- | --- | --- | --- |", flush=True)
    for task in TASKS:
        if asked.names and not any(name.lower() in task.name.lower() for name in asked.names):
            continue
        try:
            found = [trained(task, seed, asked.engine) for seed in range(1, asked.seeds + 1)]
        except subprocess.CalledProcessError as error:
            print(f"| {task.name} | {task.goal} | did not run: {error.stderr.strip()} | | | |", flush=True)
            continue
        mean = statistics.fmean(found)
        row = (f"{task.goal} {task.measure}", f"{mean:.4f}", f"{min(found):.4f}", f"{max(found):.4f}")
        print(f"| {task.name} | {' | '.join(row)} | {'met' if task.is_met(mean) else 'MISSED'} |", flush=True)


if __name__ == "__main__":
    main()
