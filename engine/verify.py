"""Runs an exported file elsewhere, on the inputs that our engine gets, and compares what comes out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.active import active, deployment, outputs_of
from engine.backends import available, backend
from engine.backends.base import Plan, Program
from engine.conversion import refuse_errors, weights_for
from engine.data.dataset import open_data
from engine.errors import NetwrightError
from engine.layers.base import Signal
from engine.layers.data import Input
from engine.network import Network
from engine.opening import Opened
from engine.runtimes import Array, Batch, Runtime, open_runtime

TOLERANCE = 1e-4
"""Of max|a − b| / max|b|, one output at a time."""
LENGTH = 7
"""Stands for any length."""
LARGE = 100.0
BATCHES = (1, 3)


@dataclass(frozen=True)
class Difference:
    """Where two runtimes disagree: on which input, in which value, at which place of it, and what each of them says."""

    input: str
    value: str
    index: tuple[int, ...]
    expected: float
    found: float


@dataclass(frozen=True)
class Verdict:
    """How far a runtime is from our engine on the same inputs; no `first_difference` where it is near enough."""

    runtime: str
    engine: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    max_abs_error: float
    max_rel_error: float
    first_difference: Difference | None = None
    notes: tuple[str, ...] = ()


def verify(file: Path, against: Opened, weights: Path | None = None, tolerance: float = TOLERANCE) -> Verdict:
    """Compares an exported file with the model that it was made from. Raises Unreadable and NetwrightError."""
    refuse_errors(against)
    runtime = open_runtime(file)
    network = active(against.model.network)
    outputs = _outputs(runtime, network)
    engine = _engine()
    arrays, notes = weights_for(against, weights)
    program = backend(engine).build(network, against.model.recipe, Plan(engine), arrays)
    batches = dict(inputs_for(against, network))
    pairs = [(name, _both(program, runtime, batch, outputs)) for name, batch in batches.items()]
    found = {name: _compared(outputs, *both, _scores(network)) for name, both in pairs}
    errors = [error for compared in found.values() for error in compared]
    wrong = next((name for name, compared in found.items() if any(rel > tolerance for _, rel in compared)), None)
    return Verdict(
        runtime.name,
        engine,
        tuple(batches),
        outputs,
        max_abs_error=max(absolute for absolute, _ in errors),
        max_rel_error=max(relative for _, relative in errors),
        first_difference=None if wrong is None else _first(program, runtime, wrong, batches[wrong], network, tolerance),
        notes=notes,
    )


def inputs_for(opened: Opened, network: Network) -> Iterator[tuple[str, Batch]]:
    """What both are fed with: samples of the data where they are there, zeros, random and large values."""
    inputs = {node.name: node.layer.outputs()[0] for node in network.nodes if isinstance(node.layer, Input)}
    random = np.random.default_rng(0)
    for size in BATCHES:
        for name, factor in (("zeros", 0.0), ("random values", 1.0), ("large values", LARGE)):
            drawn = {node: _drawn(signal, size, factor, random) for node, signal in inputs.items()}
            yield f"{name}, batch of {size}", drawn
        yield from ((f"data, batch of {size}", batch) for batch in _samples(opened, size))


def _drawn(signal: Signal, size: int, factor: float, random: np.random.Generator) -> Array:
    shape = (size, *(LENGTH if axis < 0 else axis for axis in signal.shape))
    if signal.values == "index":
        return random.integers(0, signal.classes if factor and signal.classes else 1, shape)
    return (factor * random.standard_normal(shape)).astype(np.float32)


def _samples(opened: Opened, size: int) -> Iterator[Batch]:
    """A batch of real samples; none where the model names no data, or they are not here."""
    if not opened.model.data.sources:
        return
    try:
        data = open_data(opened.model.data, opened.model.network, opened.base)
    except NetwrightError:  # what is wrong with the data is not what is asked here
        return
    part = data.part("validation" if "validation" in data.parts else "train").plain()
    yield from (batch for _, batch in zip(range(1), part.batches(size), strict=False))


def _outputs(runtime: Runtime, network: Network) -> tuple[str, ...]:
    """What is compared. Raises NetwrightError where file and model do not belong together."""
    deployed = deployment(network)
    wanted = {node.name for node in deployed.network.nodes if isinstance(node.layer, Input)}
    if set(runtime.inputs) != wanted:
        names = " and ".join(", ".join(sorted(group)) or "nothing" for group in (runtime.inputs, wanted))
        raise NetwrightError(f"the file and the model take different inputs: {names}")
    ours = {str(link) for link in outputs_of(deployed)} | {node.name for node in deployed.network.nodes}
    shared = tuple(name for name in runtime.outputs if name in ours)
    if not shared:
        raise NetwrightError(f"the file gives {', '.join(runtime.outputs)}, and the model has none of these")
    return shared


def _engine() -> str:
    """torch where it is there, else mxnet."""
    found = available()
    if not found:
        raise NetwrightError("neither torch nor mxnet is installed here, so there is nothing to compare with")
    return "torch" if "torch" in found else found[0]


def _both(program: Program, runtime: Runtime, batch: Batch, names: tuple[str, ...]) -> tuple[list[Array], list[Array]]:
    ours = program.predict(batch, names)
    return [ours[name] for name in names], runtime.run(batch, names)


def _scores(network: Network) -> Mapping[str, str]:
    """The scores that each appended softmax or sigmoid is fed with."""
    deployed = deployment(network)
    return {str(link): str(fed) for link, fed in zip(deployed.outputs, deployed.fed, strict=True) if link != fed}


def _compared(
    names: Sequence[str], ours: Sequence[Array], theirs: Sequence[Array], scores: Mapping[str, str]
) -> list[tuple[float, float]]:
    """The errors of all values. A probability hands on the error of its score, and is measured by the size of that."""
    largest = {name: _largest(array) for name, array in zip(names, ours, strict=True)}
    sizes = (largest.get(scores.get(name, ""), 0.0) for name in names)
    return list(map(_errors, ours, theirs, sizes))


def _largest(array: Array) -> float:
    """max|b| of what is finite."""
    return float(np.abs(array[np.isfinite(array)].astype(np.float64)).max(initial=0.0))


def _errors(ours: Array, theirs: Array, size: float) -> tuple[float, float]:
    """max|a − b| and max|a − b| / max|b|, of `size` at least; infinite where shapes differ or only one is finite."""
    if ours.shape != theirs.shape or not np.array_equal(np.isfinite(ours), np.isfinite(theirs)):
        return np.inf, np.inf
    finite = np.isfinite(ours)
    a, b = theirs[finite].astype(np.float64), ours[finite].astype(np.float64)
    absolute = float(np.abs(a - b).max(initial=0.0))
    return absolute, absolute / max(_largest(b), size, float(np.finfo(np.float32).tiny))


def _first(
    program: Program, runtime: Runtime, name: str, batch: Batch, network: Network, tolerance: float
) -> Difference | None:
    """The first value, in the order of execution, that differs: the layer that makes it is the one to look at."""
    deployed = deployment(network).network
    shown, names = runtime.showing([node.name for node in deployed.order])
    ours, theirs = _both(program, shown, batch, names)
    compared = _compared(names, ours, theirs, _scores(network))
    for value, a, b, (_, relative) in zip(names, ours, theirs, compared, strict=True):
        if relative > tolerance:
            return _difference(name, value, a, b)
    return None


def _difference(name: str, value: str, ours: Array, theirs: Array) -> Difference:
    if ours.shape != theirs.shape:
        return Difference(name, value, (), np.nan, np.nan)
    with np.errstate(invalid="ignore"):
        distances = np.abs(ours.astype(np.float64) - theirs)
    place = np.unravel_index(int(np.argmax(np.where(np.isnan(distances), np.inf, distances))), ours.shape)
    index = tuple(int(axis) for axis in place)
    return Difference(name, value, index, float(ours[index]), float(theirs[index]))
