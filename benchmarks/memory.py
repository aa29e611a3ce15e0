"""How much memory a training takes on a data set of 5 GB, and on one of a fiftieth of that.

Run by hand: `python benchmarks/memory.py [folder parquet]`. The data are made in a temporary folder; `netwright train`
runs in a process of its own, and what is told is what it and those that it starts have resident (VmRSS), all added up.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1]))

from loaders.ours import CLASSES, node, spec
from loaders.task import SIDE, Task, write_pictures

from engine.data.spec import DataSpec
from engine.model import Model
from engine.network import Network
from engine.node import Node
from engine.schema.files import save
from engine.training.optimizers import SGD
from engine.training.recipe import Optimizer, Recipe

ROOT = Path(__file__).resolve().parents[1]
FEATURES = 128
SAMPLED = 0.1
"""Seconds between two looks at a process."""


@dataclass(frozen=True)
class Case:
    """Data of a kind: made so large in a folder, and what is trained on them for so many steps."""

    make: Callable[[Path, int], DataSpec]
    nodes: tuple[Node, ...]
    batch: int
    steps: int


def folder(place: Path, size: int) -> DataSpec:
    """JPEGs of 50 kB each, a thousand different ones again and again, each with a comment of its own."""
    write_pictures(place / "first", 1000)
    contents = [file.read_bytes() for file in (place / "first").rglob("*.jpg")]
    written = 0
    for number in range(sys.maxsize):
        if written >= size:
            return spec(Task(place / "all", "crop", 64, 2))
        content = contents[number % len(contents)]
        comment = b"\xff\xfe\x00\x0a" + number.to_bytes(8, "big")  # ITU-T T.81, B.2.4.5
        file = place / "all" / f"class{number % CLASSES}" / f"{number:08}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        written += file.write_bytes(content[:2] + comment + content[2:])
    raise AssertionError


def parquet(place: Path, size: int) -> DataSpec:
    """Columns of float32 and one of classes, in row groups of 100,000 rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from engine.data.sources import Parquet
    from engine.data.spec import Feed, Source

    names = tuple(f"f{number:03}" for number in range(FEATURES))
    schema = pa.schema([*((name, pa.float32()) for name in names), ("label", pa.int64())])
    random = np.random.default_rng(0)
    place.mkdir()
    with pq.ParquetWriter(place / "table.parquet", schema, compression="none", use_dictionary=False) as writer:
        for _ in range(max(1, size // (100_000 * FEATURES * 4))):
            values = random.random((FEATURES, 100_000), np.float32)
            writer.write_table(pa.table([*values, random.integers(0, CLASSES, 100_000)], schema=schema))
    feeds = (Feed("row", columns=names), Feed("label", "label"))
    return DataSpec((Source(Parquet(str(place / "table.parquet"))),), feeds=feeds)


LABEL = node("label", "target", classes=CLASSES)
SCORE = (node("ip", "dense", "last", units=CLASSES), node("loss", "softmax_cross_entropy", "ip", "label"))
CASES = {
    "folder": Case(
        folder,
        (
            node("image", "input", sizes=(3, SIDE, SIDE)),
            LABEL,
            node("conv", "conv2d", "image", filters=8, kernel=7, stride=4),
            node("relu", "relu", "conv"),
            node("last", "global_avg_pool", "relu"),
            *SCORE,
        ),
        batch=64,
        steps=150,
    ),
    "parquet": Case(
        parquet,
        (
            node("row", "input", sizes=(FEATURES,)),
            LABEL,
            node("hidden", "dense", "row", units=64),
            node("last", "relu", "hidden"),
            *SCORE,
        ),
        batch=256,
        steps=2000,
    ),
}


def resident(process: int) -> int:
    """Bytes that a process and those that it started have in memory."""
    place = Path(f"/proc/{process}")
    try:
        children = (place / "task" / str(process) / "children").read_text().split()
        told = (place / "status").read_text().partition("VmRSS:")[2].split()
    except OSError:  # it has just ended
        return 0
    return (int(told[0]) * 1024 if told else 0) + sum(resident(int(child)) for child in children)


def watched(command: list[str]) -> Iterator[int]:
    """What `command` has in memory, again and again until it ends."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        yield resident(process.pid)
        time.sleep(SAMPLED)
    if process.returncode:
        sys.exit(f"the training ended with {process.returncode}")


def measure(kind: str, size: int) -> None:
    """Prints a line."""
    case = CASES[kind]
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        data = case.make(place / "data", size)
        recipe = Recipe(optimizer=Optimizer(SGD(learning_rate=0.001)), batch_size=case.batch, steps=case.steps)
        save(Model(name=kind, network=Network(case.nodes), data=data, recipe=recipe), place / "model.txtpb")
        options = ["--engine", "torch", "--layout", "channels_first", "--run", str(place / "run"), "--json"]
        command = [sys.executable, str(ROOT / "main.py"), "train", str(place / "model.txtpb"), *options]
        begin = time.monotonic()
        seen = list(watched(command))
        seconds = time.monotonic() - begin
    quarters = [max(seen[len(seen) * part // 4 : len(seen) * (part + 1) // 4]) / 1e6 for part in range(4)]
    told = " ".join(f"{quarter:7.0f}" for quarter in quarters)
    print(f"  {kind:<8} {size / 1e9:6.1f} GB   {max(seen) / 1e6:7.0f} MB   {told}   {seconds:6.0f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", metavar="|".join(CASES), help="all where none is named")
    parser.add_argument("--gigabytes", type=float, default=5.0)
    told = parser.parse_args()
    print(f"  {'data':<8} {'size':>9}   {'most':>10}   in each quarter of the time   it took")
    for kind in told.kinds or CASES:
        for size in (told.gigabytes / 50, told.gigabytes):
            measure(kind, int(size * 1e9))


if __name__ == "__main__":
    main()
