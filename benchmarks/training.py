"""Training on the CPU: Netwright against loops written by hand, Keras and Lightning, on the same batches in memory.

Run by hand: `python benchmarks/training.py [lenet resnet20 mlp lstm]`. Every contestant has a process of its own. They
take turns of a few steps each, so that what else the machine does meets all alike, and what counts is the median over
the turns of the ratio to the best float32 loop written by hand. The plan that `auto` would choose is measured first, as
a training does it. Keras and Lightning stand in `requirements/bench.txt`; without them there are fewer contestants.
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
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

from contestants.nets import NETS, Net
from contestants.table import OTHERS, Contestant, netwright
from contestants.turns import Clock

from engine.backends import available
from engine.backends.base import Plan
from engine.schema.files import save
from engine.training.planning import Wishes, candidates, set_threads
from engine.training.trial import measure

PEERS = Path(sys.prefix) / "bench"
"""Where `make bench` puts Keras and Lightning: apart, so that nobody else is measured with what they bring."""
WARM_UP = 2
CLOCKS: Mapping[str, Clock] = {"elapsed": time.perf_counter, "processor": time.process_time}
Seconds = dict[str, list[float]]


class Player:
    """A contestant in its process."""

    def __init__(self, net: Net, contestant: Contestant, clock: str) -> None:
        self.contestant = contestant
        command = [sys.executable, __file__, "--serve", contestant.to_json(), "--clock", clock, net.name]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    @cached_property
    def is_there(self) -> bool:
        """Whether it takes part; waits until it is ready. All get ready at the same time, before the first turn."""
        return self._answer() == "ready"

    def turn(self) -> float:
        """Takes a turn; how long it took."""
        assert self._process.stdin
        self._process.stdin.write("turn\n")
        self._process.stdin.flush()
        return float(self._answer())

    def leave(self) -> str:
        """Ends the process; the last of what it complained about."""
        _, complaints = self._process.communicate()
        return complaints.strip().rpartition("\n")[2]

    def _answer(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()


def serve(net: Net, contestant: Contestant, clock: Clock) -> None:
    """Takes a turn for every line on stdin. What frameworks print goes to stderr."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    if contestant.side == "peer":
        sys.path.append(str(PEERS))
    turn, batches = contestant.make(net), net.batches()
    for _ in range(WARM_UP):
        turn(batches, clock)
    answers.write("ready\n")
    for _ in sys.stdin:
        answers.write(f"{turn(batches, clock)}\n")


def chosen(net: Net, precision: str, wishes: Wishes) -> tuple[Plan, ...]:
    """The plans that Netwright knows for the network, as they measure here: the one that `auto` takes is the first."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.txtpb"
        net.write(path.with_name("data.npz"))
        save(net.model(path.with_name("data.npz")), path)
        plans = candidates(wishes, net.model().network, precision)
        return tuple(trial.plan for trial in measure(path, plans, 1.0))


def contestants(net: Net, without: str) -> Iterator[Contestant]:
    """All that take part but those whose name holds `without`."""
    wishes = Wishes(compiled=False if without == "compile" else None)
    plans = dict.fromkeys((*chosen(net, "float32", wishes), *chosen(net, "auto", wishes)))
    for each in (*OTHERS, *map(netwright, plans)):
        if (not each.nets or net.name in each.nets) and not (without and without in each.name):
            yield each


def contest(net: Net, turns: int, clock: str, without: str) -> tuple[list[Contestant], Seconds]:
    """Who took part, and the seconds of every turn of each, all of them in turn."""
    players = [Player(net, each, clock) for each in contestants(net, without)]
    there = [player for player in players if player.is_there]
    seconds: Seconds = {player.contestant.title: [] for player in there}
    for _ in range(turns):
        for player in there:
            seconds[player.contestant.title].append(player.turn())
    for player in players:
        complaint = player.leave()
        if not player.is_there:
            print(f"  {player.contestant.title} does not take part: {complaint}")
    return [player.contestant for player in there], seconds


def report(net: Net, everybody: list[Contestant], seconds: Seconds) -> None:
    """A line for each contestant: samples a second, and its speed over that of the best by hand."""
    medians = {name: statistics.median(turns) for name, turns in seconds.items()}
    hands = [each.title for each in everybody if each.side == "by hand" and each.precision == "float32"]
    best = min(hands, key=medians.__getitem__)
    fastest = min(min(seconds[name]) for name in hands)
    print(f"  {'':<49} samples/s   ratio to {best!r}   of the fastest turns")
    for each in sorted(everybody, key=lambda each: (each.side, medians[each.title])):
        turns = seconds[each.title]
        ratio = statistics.median(b / turn for b, turn in zip(seconds[best], turns, strict=True))
        speed = net.batch * net.steps / medians[each.title]
        print(f"  {each.title:<49} {speed:9.0f}   {ratio:5.3f}   {fastest / min(turns):5.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nets", nargs="*", metavar="|".join(NETS), help="all where none is named")
    parser.add_argument("--turns", type=int, default=25)
    parser.add_argument("--clock", choices=list(CLOCKS), default="elapsed", help="processor: on one thread, less noisy")
    parser.add_argument("--without", default="", metavar="WORD", help="leave out whose name holds it, as `compile`")
    parser.add_argument("--serve", metavar="JSON", help="what the program starts itself with")
    told = parser.parse_args()
    if told.serve:
        serve(NETS[told.nets[0]], Contestant(**json.loads(told.serve)), CLOCKS[told.clock])
        return
    set_threads(1 if told.clock == "processor" else len(os.sched_getaffinity(0)))
    print(f"{', '.join(available())}; {os.environ['OMP_NUM_THREADS']} threads, {told.clock} time")
    for net in (NETS[name] for name in told.nets or NETS):
        print(f"\n{net.name}, batches of {net.batch}", flush=True)
        report(net, *contest(net, told.turns, told.clock, told.without))


if __name__ == "__main__":
    main()
