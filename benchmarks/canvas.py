"""The canvas against its budgets: build, pan, zoom and whole view of large networks, an edit in a long chain, layouts.

Run by hand: `python benchmarks/canvas.py`. Frames are painted into a window as large as 1280x800, off the screen.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication

from canvas import edits
from canvas.arrange import arrange
from canvas.style import Style
from canvas.view import Canvas
from engine.layers import CATALOGUE
from engine.model import Model
from engine.network import Network
from engine.node import Link, Node
from engine.report import Report, report_of

ROUNDS = 15
SIZE = (1280, 800)


def layer(name: str, **fields: object) -> object:
    return CATALOGUE.get(name)(**fields)


def chain(count: int) -> Network:
    """Convolutions and activations, one behind the other."""
    nodes = [Node("image", (), layer("input", sizes=(8, 16, 16)))]
    for i in range(count - 1):
        kind = layer("conv2d", filters=8, kernel=3, auto_pad="same") if i % 2 == 0 else layer("relu")
        nodes.append(Node(f"node{i}", (Link(nodes[-1].name),), kind))
    return Network(tuple(nodes))


def residual(count: int) -> Network:
    """Residual blocks with three branches."""
    nodes, last, i = [Node("image", (), layer("input", sizes=(8, 16, 16)))], "image", 0
    while len(nodes) < count - 3:
        ends = []
        for branch in range(3):
            name = f"block{i}/branch{branch}"
            nodes.append(Node(name, (Link(last),), layer("conv2d", filters=8, kernel=3, auto_pad="same")))
            ends.append(Link(name))
        nodes.append(Node(f"block{i}/sum", (*ends, Link(last)), layer("add")))
        last, i = f"block{i}/sum", i + 1
    return Network(tuple(nodes))


def tangle(count: int, seed: int = 1) -> Network:
    """Every fourth node joins two others from a little further up."""
    dice = random.Random(seed)
    nodes = [Node("image", (), layer("input", sizes=(8,)))]
    for i in range(1, count):
        feeders = {max(0, i - 1 - int(dice.expovariate(0.3))) for _ in range(2 if i % 4 == 0 else 1)}
        links = tuple(Link(nodes[feeder].name) for feeder in sorted(feeders))
        nodes.append(Node(f"node{i}", links, layer("add") if len(links) > 1 else layer("relu")))
    return Network(tuple(nodes))


def grid(count: int) -> Model:
    """Short chains side by side: more nodes to be seen at once than any real network has."""
    long = chain(count).nodes
    per = max(10, int(count**0.5))
    nodes = [node if i % per else replace(node, inputs=()) for i, node in enumerate(long)]
    model = Model(network=Network(tuple(nodes)))
    places = [edits.Place(n.name, (i // per) * 272.0, (i % per) * 72.0) for i, n in enumerate(nodes)]
    return replace(model, drawing=replace(model.drawing, places=tuple(places)))


def milliseconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def frame(canvas: Canvas) -> None:
    """Paint what is waiting to be painted, as the event loop would."""
    QApplication.processEvents()


def shown(model: Model, report: Report) -> Canvas:
    canvas = Canvas(Style.dark(), lambda _: "", lambda _: model)
    canvas.resize(*SIZE)
    canvas.show()
    QApplication.processEvents()
    canvas.display(model, report)
    QApplication.processEvents()
    return canvas


def measure_frames(model: Model) -> str:
    report = report_of(model)
    canvas = Canvas(Style.dark(), lambda _: "", lambda _: model)
    canvas.resize(*SIZE)
    canvas.show()
    QApplication.processEvents()

    built = []
    for _ in range(5):
        canvas.display(Model(), Report())
        QApplication.processEvents()
        start = time.perf_counter()
        canvas.display(model, report)
        built.append((time.perf_counter() - start) * 1000)
    canvas.zoom_to(1.0)
    canvas.centerOn(canvas.board.picture.bounds().center())
    QApplication.processEvents()

    def pan() -> None:
        canvas.pan(QPoint(-9, -14))
        frame(canvas)

    def whole_frame() -> None:
        canvas.viewport().update()
        frame(canvas)

    results = [f"build {statistics.median(built):7.1f}", f"pan {milliseconds(pan):5.2f}"]
    for zoom in (1.0, 0.56, 0.3, 0.2):
        canvas.zoom_to(zoom)
        frame(canvas)

        def zoomed(zoom: float = zoom) -> None:
            canvas.zoom_to(canvas.zoom * (1.002 if canvas.zoom <= zoom else 1 / 1.002))
            frame(canvas)

        results.append(f"zoom at {zoom:.0%} {milliseconds(zoomed):5.2f}")
    canvas.fit()
    frame(canvas)
    results.append(f"whole view {milliseconds(whole_frame):5.2f}")
    canvas.close()
    canvas.deleteLater()
    return "  ".join(results)


def measure_edit(count: int) -> str:
    network = chain(count)
    places = arrange(network)
    model = Model(network=network, drawing=places)
    canvas = shown(model, report_of(model))
    canvas.reveal(f"node{count // 2}")
    frame(canvas)
    sizes = iter(range(9, 9999))
    parts: dict[str, list[float]] = {"report": [], "canvas": [], "frame": []}
    current = model
    for _ in range(ROUNDS):
        name = f"node{count // 2 // 2 * 2}"
        current = replace(
            current,
            network=current.network.set_layer(name, layer("conv2d", filters=next(sizes), kernel=3, auto_pad="same")),
        )
        t0 = time.perf_counter()
        report = report_of(current)
        t1 = time.perf_counter()
        canvas.display(current, report)
        t2 = time.perf_counter()
        frame(canvas)
        t3 = time.perf_counter()
        for part, spent in zip(parts, (t1 - t0, t2 - t1, t3 - t2), strict=True):
            parts[part].append(spent * 1000)
    return "  ".join(f"{part} {statistics.median(spent):5.2f}" for part, spent in parts.items())


def main() -> None:
    application = QApplication.instance() or QApplication([])
    print("milliseconds, medians; budgets: build of 1,000 at most 40, a frame at most 8 (16)")
    for count in (1000, 10000):
        model = Model(network=chain(count))
        print(f"{count:6,} in a chain   {measure_frames(replace(model, drawing=arrange(model.network)))}")
        print(f"{count:6,} in a square  {measure_frames(grid(count))}")
    print(f" an edit in the middle of a chain of 1,000: {measure_edit(1000)}")
    for name, make in (("chain", chain), ("residual", residual), ("tangle", tangle)):
        for count in (1000, 10000):
            network = make(count)
            print(f"{count:6,} laid out, {name:8} {milliseconds(lambda n=network: arrange(n), 3):8.1f}")
    del application


if __name__ == "__main__":
    main()
