"""Writing a model in another format: which weights go along, which files are made, what could not be carried over."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.active import active, deployment
from engine.errors import NetwrightError, SchemaError, Unsupported
from engine.flat import flat_of
from engine.formats import Format
from engine.model import Model
from engine.opening import Opened
from engine.report import report_of
from engine.schema.files import SUFFIX, replace_file, save

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Weights = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Wish:
    """What is asked for: where to, with which weights, in which version of the format."""

    out: Path
    weights: Path | None = None
    opset: int | None = None
    force: bool = False


@dataclass(frozen=True)
class Converted:
    """The files that were written, and what is not in them."""

    files: tuple[Path, ...]
    notes: tuple[str, ...] = ()


def convert(opened: Opened, to: Format, wish: Wish) -> Converted:
    """Writes `opened` in the format `to`. Raises NetwrightError, Unsupported and OSError; then nothing is written."""
    writer = _WRITERS.get(to.name)
    if writer is None:
        raise Unsupported(f"{to.title} is read, but not written")
    return writer(opened, wish)


def refusal(model: Model, to: Format) -> str:
    """Why `model`, which has no errors, cannot be written in the format `to`; "" where it can. A trial, slow."""
    check = _CHECKS.get(to.name)
    try:
        if check is not None:
            check(model)
    except NetwrightError as error:
        return str(error)
    return ""


def weights_for(opened: Opened, given: Path | None) -> tuple[Weights, tuple[str, ...]]:
    """Weights for every layer that is deployed: those given, those that go with the model, else the first ones."""
    from engine.backends.graph import graph_of
    from engine.backends.weights import beginning
    from engine.weights import read_weights

    file = given or opened.weights
    if file is not None:
        return read_weights(file), ()
    parameters = graph_of(deployment(opened.model.network).network).parameters
    seed = opened.model.recipe.seed
    note = f"the model has no weights yet: these are the first ones, drawn from seed {seed}"
    return beginning(parameters, {}, seed), (note,) if parameters else ()


def refuse_errors(opened: Opened) -> None:
    """Raises SchemaError where the network itself cannot run; what only its training lacks does no harm."""
    errors = tuple(p for p in report_of(opened.model).problems if p.severity == "error" and p.node)
    if errors:
        raise SchemaError(errors, file=str(opened.path))


def _place(wish: Wish, opened: Opened, suffix: str) -> Path:
    """The file to write: the one that is named, or one named for the model in the folder that is."""
    is_folder = wish.out.is_dir() or not wish.out.suffix
    name = (opened.path.stem if opened.path.stem != "model" else opened.model.name) or "model"
    place = wish.out / f"{name}{suffix}" if is_folder else wish.out
    if place.exists() and not wish.force:
        raise FileExistsError(errno.EEXIST, "is there already; --force writes over it", str(place))
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def _to_onnx(opened: Opened, wish: Wish) -> Converted:
    from engine.formats.onnx import OPSET, export
    from engine.formats.properties import properties_of

    refuse_errors(opened)
    model = opened.model
    weights, notes = weights_for(opened, wish.weights)
    exported = export(
        model.network,
        weights,
        name=model.name,
        opset=wish.opset or OPSET,
        properties=properties_of(model, _labels(opened)),
    )
    place = _place(wish, opened, ".onnx")
    replace_file(place, exported.SerializeToString())
    return Converted((place,), (*notes, *_left_out(opened)))


def _to_mxnet(opened: Opened, wish: Wish) -> Converted:
    from engine.backends import backend

    backend("mxnet")
    from engine.formats.mxnet.files import write

    refuse_errors(opened)
    weights, notes = weights_for(opened, wish.weights)
    place = _place(wish, opened, "-symbol.json")
    files = write(place, opened.model, weights, _labels(opened), force=wish.force)
    return Converted(files, (*notes, *_left_out(opened, "MXNet")))


def _to_caffe(opened: Opened, wish: Wish) -> Converted:
    from engine.formats.caffe.files import write
    from engine.formats.caffe.writing import exported

    refuse_errors(opened)
    weights, notes = weights_for(opened, wish.weights)
    net, arrays = exported(opened.model.network, weights, opened.model.name)
    place = _place(wish, opened, ".prototxt")
    return Converted(write(place, net, arrays, force=wish.force), (*notes, *_left_out(opened, "Caffe's deploy file")))


def _to_pytorch(opened: Opened, wish: Wish) -> Converted:
    from engine.backends.graph import graph_of
    from engine.backends.weights import beginning
    from engine.formats.pytorch.files import write

    refuse_errors(opened)
    model = opened.model
    weights, notes = weights_for(opened, wish.weights)
    parameters = graph_of(active(model.network)).parameters
    given = {name: array for name, array in weights.items() if name in parameters}
    folder = wish.out.parent if wish.out.suffix == ".py" else wish.out
    whole = beginning(parameters, given, model.recipe.seed)  # what only training needs may be missing
    files, more = write(folder, model, whole, opened.base, force=wish.force)
    return Converted(files, (*notes, *more))


def _labels(opened: Opened) -> Mapping[str, tuple[str, ...]]:
    """The classes' names that a run found in its data."""
    from engine.training.runs import Run, is_run

    return {name: tuple(labels) for name, labels in Run(opened.base).labels.items()} if is_run(opened.base) else {}


def _left_out(opened: Opened, title: str = "ONNX") -> tuple[str, ...]:
    network = flat_of(opened.model.network).network
    deployed = deployment(network).network
    gone = [node.name for node in network.nodes if node.name not in deployed]
    nodes = (f"what only training needs is left out: {', '.join(gone)}",) if gone else ()
    return (*nodes, f"recipe, data and drawing stay behind: {title} holds a network as it is deployed")


def _to_schema(opened: Opened, wish: Wish) -> Converted:
    from engine.data.places import located
    from engine.weights import read_weights, write_weights

    place = _place(wish, opened, SUFFIX)
    model = opened.model
    file = wish.weights or opened.weights
    weights = None if file is None else read_weights(file)
    notes: tuple[str, ...] = ()
    if place.parent.resolve() != opened.base.resolve():
        moved = located(model.data, opened.base)
        notes = ("paths of data are absolute now, for the file lies elsewhere",) if moved != model.data else ()
        model = replace(model, data=moved)
    beside = place.with_suffix(".safetensors")
    if weights is not None:
        write_weights(beside, weights)
        model = replace(model, weights=beside.name)
    save(model, place)
    return Converted((place,) if weights is None else (place, beside), notes)


def _check_onnx(model: Model) -> None:
    from engine.formats.onnx import check

    check(model.network)


def _check_caffe(model: Model) -> None:
    from engine.formats.caffe.writing import check

    check(model.network)


def _check_mxnet(model: Model) -> None:
    from engine.backends.graph import graph_of
    from engine.formats.mxnet.limits import check

    check(graph_of(deployment(model.network).network))


_CHECKS: dict[str, Callable[[Model], None]] = {"caffe": _check_caffe, "onnx": _check_onnx, "mxnet": _check_mxnet}

_WRITERS: dict[str, Callable[[Opened, Wish], Converted]] = {
    "netwright": _to_schema,
    "caffe": _to_caffe,
    "onnx": _to_onnx,
    "mxnet": _to_mxnet,
    "pytorch": _to_pytorch,
}
