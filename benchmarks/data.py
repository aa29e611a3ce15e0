"""Pictures a second, from a folder of JPEGs (500x375, quality 90) to float32 batches 64x3x224x224, on the CPU.

A random cut or resized; then flipped and normalised. `train`: with a training step of a small network for every batch.
Run by hand: `python benchmarks/data.py [crop resize train]`. Every loader has a process of its own; they take turns of
an epoch each, and what counts is the median over the turns of the ratio to Netwright, and the processor time a picture,
which other programs disturb less. OpenCV stands in `requirements/bench.txt`; without it there are fewer contestants.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

from loaders.task import Task, write_pictures

PEERS = Path(sys.prefix) / "bench"

LOADERS = {
    "Netwright": ("ours", "netwright"),
    "torch DataLoader, Pillow": ("by_torch", "data_loader"),
    "MXNet ImageRecordIter": ("by_mxnet", "image_record_iter"),
    "by hand: simplejpeg in threads": ("by_hand", "simplejpeg_threads"),
    "by hand: OpenCV in threads": ("by_hand", "opencv_threads"),
}
TRAININGS = {
    "Netwright": ("training", "fed_by_netwright"),
    "torch DataLoader, Pillow": ("training", "fed_by_data_loader"),
    "nothing is loaded": ("training", "fed_from_memory"),
}
CONTESTS = {"crop": LOADERS, "resize": LOADERS, "train": TRAININGS}
BATCH = 64
TICK = os.sysconf("SC_CLK_TCK")


class Player:
    """A loader in its process."""

    def __init__(self, name: str, task: Task) -> None:
        self.name = name
        request = json.dumps({"name": name, **vars(task), "folder": str(task.folder)})
        command = [sys.executable, __file__, "--serve", request]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
        self.is_there = self._answer() == "ready"

    def turn(self, number: int) -> tuple[float, float]:
        """Seconds of an epoch, and seconds that processors worked for it."""
        assert self._process.stdin
        before = worked(self._process.pid)
        self._process.stdin.write(f"{number}\n")
        self._process.stdin.flush()
        seconds = float(self._answer())
        return seconds, worked(self._process.pid) - before

    def leave(self) -> str:
        """Ends the process; the last of what it complained about."""
        return self._process.communicate()[1].strip().rpartition("\n")[2]

    def _answer(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()


def worked(process: int) -> float:
    """Seconds that a process and those that it started have worked."""
    place = Path(f"/proc/{process}")
    children = (place / "task" / str(process) / "children").read_text().split()
    spent = (place / "stat").read_text().rpartition(")")[2].split()[11:13]  # utime and stime, proc(5)
    return sum(map(int, spent)) / TICK + sum(worked(int(child)) for child in children)


def serve(name: str, task: Task) -> None:
    """Goes through an epoch for every line on stdin. What libraries print goes to stderr."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    sys.path.append(str(PEERS))
    module, function = CONTESTS[task.how][name]
    epoch = getattr(import_module(f"loaders.{module}"), function)(task)
    assert sum(epoch(0)) == len(task.files)  # the first epoch warms up
    answers.write("ready\n")
    for line in sys.stdin:
        begin = time.perf_counter()
        assert sum(epoch(int(line))) == len(task.files)
        answers.write(f"{time.perf_counter() - begin}\n")


def contest(task: Task, turns: int) -> None:
    """Prints a line for each loader."""
    players = [Player(name, task) for name in CONTESTS[task.how]]
    there = [player for player in players if player.is_there]
    told = {player.name: [] for player in there}
    for number in range(1, turns + 1):
        for player in there:
            told[player.name].append(player.turn(number))
    for player in players:
        complaint = player.leave()
        if not player.is_there:
            print(f"  {player.name} does not take part: {complaint}")
    count = len(task.files)
    print(f"  {task.how:<34} pictures/s   the fastest turn   Netwright is   processor ms each")
    for name, seconds in told.items():
        elapsed = [turn for turn, _ in seconds]
        ratio = statistics.median(turn / ours for turn, (ours, _) in zip(elapsed, told["Netwright"], strict=True))
        speeds = count / statistics.median(elapsed), count / min(elapsed)
        each = statistics.median(work for _, work in seconds) / count * 1000
        print(f"  {name:<34} {speeds[0]:10.0f}   {speeds[1]:16.0f}   {ratio:9.2f} x   {each:17.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("how", nargs="*", metavar="|".join(CONTESTS), help="all where none is named")
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--pictures", type=int, default=2048)
    parser.add_argument("--serve", metavar="JSON", help="what the program starts itself with")
    told = parser.parse_args()
    if told.serve:
        asked = json.loads(told.serve)
        serve(asked.pop("name"), Task(**{**asked, "folder": Path(asked["folder"])}))
        return
    with tempfile.TemporaryDirectory() as folder:
        write_pictures(Path(folder), told.pictures)
        for how in told.how or CONTESTS:
            contest(Task(Path(folder), how, BATCH, len(os.sched_getaffinity(0))), told.turns)


if __name__ == "__main__":
    main()
