"""Caffe's files: nets and solvers as text, nets with their weights in protobuf's wire format."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.errors import DataError, FieldError, Unreadable
from engine.formats.caffe import binary, textual
from engine.formats.caffe.building import Building
from engine.formats.caffe.data import Data
from engine.formats.caffe.learning import NO_FILLER
from engine.formats.caffe.message import Message
from engine.formats.caffe.net import PLAIN, built
from engine.formats.caffe.phases import States
from engine.formats.caffe.recognition import is_solver, is_text
from engine.formats.caffe.solver import recipe_of, states_of
from engine.formats.caffe.sources import near
from engine.formats.caffe.upgrade import upgraded
from engine.formats.caffe.weights import weights_of
from engine.formats.imported import Imported, Note
from engine.model import Model
from engine.training.recipe import Recipe

WEIGHTS = ".caffemodel"
NET = "NetParameter"


def read(path: Path) -> Imported:
    """A net or a solver as text, or a net with its weights. Raises Unreadable, or SchemaError with all its problems.

    The weights of a text are those of the `.caffemodel` of the same name beside it.
    """
    content = _content(path)
    try:
        if not is_text(content):
            net = binary.message_of(content, NET, path)
            return _imported(net, path, weights=net)
        tree = textual.parsed(_text(content, path), path)
        if is_solver(frozenset(entry.name for entry in tree.entries)):
            return _solved(textual.message_in(tree, "SolverParameter", path), path)
        net = textual.message_in(tree, NET, path)
        return _imported(net, path, weights=_beside(path) or net)
    except FieldError as error:
        raise Unreadable(error.message, file=str(path)) from None


def _imported(
    net: Message, path: Path, *, weights: Message, solver: Message | None = None, states: States = PLAIN
) -> Imported:
    """The model of a net, with the recipe of a solver where there is one."""
    layers = upgraded(net, str(path))
    if not layers and solver is None:
        raise Unreadable("holds no layers: it is no net of Caffe's", file=str(path))
    building, data = built(layers, path.parent, states)
    arrays = weights_of(building, weights, str(path))
    recipe = Recipe(batch_size=data.batch_size or Recipe().batch_size)
    if solver is not None:
        recipe = recipe_of(solver, data.batch_size, building, str(path))
    recipe = replace(recipe, metrics=tuple(building.metrics))
    model = Model(name=str(net.get("name")), network=building.network, recipe=recipe, data=data.spec)
    notes = (note for note in building.notes if not (arrays and note.text.startswith(NO_FILLER)))
    return Imported(_sized(model, path.parent), arrays, (*_summed_up(building, data), *notes))


def _sized(model: Model, base: Path) -> Model:
    """With the sizes of the data's samples, where these are there."""
    if not any((base / getattr(source.rule, "path", "")).exists() for source in model.data.sources):
        return model
    from engine.data.sizing import sized

    try:
        return sized(model, base)
    except DataError:
        return model


def _summed_up(building: Building, data: Data) -> tuple[Note, ...]:
    unknown = sum(node.layer.FAMILY == "unknown" for node in building.nodes.values())
    known = len(building.nodes) - unknown
    return (Note("mapped", "", f"{len(data.layers)} layers became {known} nodes that are known"),) if known else ()


def _solved(solver: Message, path: Path) -> Imported:
    """A solver with the net that it names or holds."""
    states = states_of(solver, notes := Building())
    net, place = _net_of(solver, path)
    if net is None:
        names = [str(name) for field in ("net", "train_net") for name in solver.all(field)]
        text = f"there is no {' or '.join(names) or 'net'}: the recipe alone is read"
        notes.note("approximated", "net", text)
        net = Message(NET)
    imported = _imported(net, place, weights=net, solver=solver, states=states)
    return replace(imported, notes=(*imported.notes, *notes.notes))


def _net_of(solver: Message, path: Path) -> tuple[Message | None, Path]:
    """The net, and the file that paths in it are seen from."""
    for field in ("net_param", "train_net_param"):
        if solver.has(field):
            return solver.get(field), path
    for field in ("net", "train_net"):
        for name in solver.all(field):
            beside = path.parent / Path(str(name)).name
            place = near(path.parent, str(name))
            found = place if place.is_file() else beside
            if found.is_file() and found.resolve() != path.resolve():
                return textual.message_in(textual.parsed(_text(_content(found), found), found), NET, found), path
    return None, path


def _beside(path: Path) -> Message | None:
    """The net with weights of the same name beside a text."""
    place = path.with_suffix(WEIGHTS)
    if not place.is_file() or place == path:
        return None
    return binary.message_of(_content(place), NET, place)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}", file=str(path)) from None


def _text(content: bytes, path: Path) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unreadable(
            f"holds the byte 0x{content[error.start]:02x}, which is not UTF-8", file=str(path), line=line
        ) from None
