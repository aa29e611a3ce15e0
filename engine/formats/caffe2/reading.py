"""NetDefs as models: operator by operator, with the weights that an init_net fills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from engine.errors import NetwrightError, Unreadable
from engine.formats.caffe import textual
from engine.formats.caffe2 import arranging, losses, plain, weighted, windows
from engine.formats.caffe2.draft import RULES, Draft, Place, Unmapped, Value, Wire
from engine.formats.caffe2.filling import DRAWN, GIVEN, Blob, blobs_of, is_fill
from engine.formats.caffe2.nets import init_beside, net_of, predict_beside
from engine.formats.caffe2.operator import Operator, operators_of
from engine.formats.caffe2.operator import plain as without_arrays
from engine.formats.caffe2.training import is_learning, recipe_of
from engine.formats.imported import Imported
from engine.initializers import Constant
from engine.layers.arranging import Identity
from engine.layers.base import Shape
from engine.layers.data import Input
from engine.layers.unknown import Unknown
from engine.model import Model
from engine.network import Network
from engine.training.recipe import Recipe

__all__ = ["arranging", "losses", "plain", "read", "weighted", "windows"]

SIDES = (-1, 224, 227, 28, 32, 299, 16, 64, 96, 112, 128, 192, 256, 231, 240, 320, 384, 416, 448, 512)
"""Sides of pictures that are tried where no file says them."""
_CHANNELS = ("Conv", "Conv2D", "SpatialBN")


def read(path: Path) -> Imported:
    """A net with the weights beside it; of a file with weights the net beside it. Raises Unreadable, SchemaError."""
    net = net_of(path)
    operators = operators_of(net, str(path))
    beside = init_beside(path)
    if all(op.kind in GIVEN or op.kind in DRAWN or is_learning(op) for op in operators):
        predict = predict_beside(path)
        if predict is None:
            raise Unreadable("holds weights without a network", file=str(path), hint="predict_net goes beside it")
        beside, path, net = path, predict, net_of(predict)
        operators = operators_of(net, str(path))
    fills = operators_of(net_of(beside), str(beside)) if beside else ()
    blobs = blobs_of(fills, str(beside)) | blobs_of((op for op in operators if not is_learning(op)), str(path))
    draft = _fitting(operators, blobs)
    _tell(draft, operators, fills, beside)
    _answers(draft, tuple(net.all("external_output")))
    recipe = recipe_of(operators) if any(map(is_learning, operators)) else Recipe()
    model = Model(name=str(net.get("name")), network=Network(tuple(draft.nodes.values())), recipe=recipe)
    return Imported(model, draft.weights, tuple(draft.notes), beside if draft.weights else None)


def _fitting(operators: Sequence[Operator], blobs: Mapping[str, Blob]) -> Draft:
    """The drawing whose weights fit best, of those with the sides that pictures may have."""
    best: Draft | None = None
    for side in SIDES if any(blob.array is not None for blob in blobs.values()) else (224,):
        draft = _drawn(operators, blobs, side)
        if best is None or (_badness(draft) < _badness(best)):
            best = draft
        if not any(_badness(best)):
            break
    assert best is not None
    for text in best.misfits:
        best.tell("approximated", "", text)
    return best


def _badness(draft: Draft) -> tuple[int, int]:
    return len(draft.misfits), sum(note.fate == "unknown" for note in draft.notes)


def _drawn(operators: Sequence[Operator], blobs: Mapping[str, Blob], side: int) -> Draft:
    draft = Draft(blobs)
    for op in operators:
        if is_learning(op) or is_fill(op):
            continue
        _enter(draft, op, operators, side)
        _place(draft, op)
    return draft


def _enter(draft: Draft, op: Operator, operators: Sequence[Operator], side: int) -> None:
    """The first input of an operator as an input of the network, where nothing makes it."""
    for place, name in enumerate(op.inputs):
        blob = draft.blobs.get(name)
        is_fed = blob is None or isinstance(blob.init, Constant) or name in ("data", "gpu_0/data")
        if name in draft.values or not is_fed or not _is_samples(op, place):
            continue
        shape: Shape = (_channels(op, draft.blobs), side, side)
        is_said = False
        if blob is not None and blob.shape is not None and len(blob.shape) > 1:
            shape, is_said = _sample(blob.shape, op.is_last), True
        elif op.kind in ("FC", "FCTransposed"):
            weight = draft.blobs.get(op.inputs[1]) if len(op.inputs) > 1 else None
            shape = (weight.shape[-1],) if weight and weight.shape else (-1,)
        elif op.kind in ("GenerateProposals", "BBoxTransform"):
            shape = (-1,)
        wire = draft.add(name, Input(sizes=shape))
        draft.values[name] = replace(wire, is_last=op.is_last and len(shape) == 3)
        if op.is_last and len(shape) == 3:
            draft.tell("approximated", name, "takes its channels first, where the file has them last")
        if not is_said:
            draft.tell("approximated", name, "the file does not say its shape; it is one that the weights fit")


def _is_samples(op: Operator, place: int) -> bool:
    """Whether an input that nothing makes is samples rather than weights."""
    if op.kind in ("Sum", "Concat", "Add", "Mul", "Sub", "Div"):
        return True
    if op.kind in ("LabelCrossEntropy", "SoftmaxWithLoss", "Accuracy", "SigmoidCrossEntropyWithLogits"):
        return place == 0
    return place == (1 if op.kind == "Gather" else 0) or op.kind not in RULES


def _sample(shape: Shape, is_last: bool) -> Shape:
    sample = tuple(size or -1 for size in shape[1:])
    return (sample[-1], *sample[:-1]) if is_last and len(sample) == 3 else sample


def _channels(op: Operator, blobs: Mapping[str, Blob]) -> int:
    """How many channels an operator's weights ask for; pictures have 3."""
    blob = blobs.get(op.inputs[1]) if op.kind in _CHANNELS and len(op.inputs) > 1 else None
    if blob is None or not blob.shape:
        return 3
    if op.kind == "SpatialBN":
        return blob.shape[0]
    return blob.shape[-1 if op.is_last else 1] * op.whole("group", 1) if len(blob.shape) > 1 else 3


def _place(draft: Draft, op: Operator) -> None:
    """Draws one operator."""
    place = Place(op, draft, _name(draft, op))
    before = dict(draft.nodes)
    rule = RULES.get(op.kind)
    try:
        if rule is None:
            raise Unmapped("there is no layer that does this")
        made = rule(place)
        told = ", ".join(op.unasked)
        if told and made is not None:
            draft.tell("ignored", place.name, f"{op.kind}: {told}")
    except (Unmapped, NetwrightError, IndexError) as error:
        for name in set(draft.nodes) - set(before):
            del draft.nodes[name]
        made = _unknown(place, str(error))
    values = made if isinstance(made, tuple) else (made,)
    draft.values |= {n: value for n, value in zip(op.outputs, values, strict=False) if value is not None}


def _name(draft: Draft, op: Operator) -> str:
    """Its own name, or that of what it makes; where it writes over its input, with its kind behind it."""
    wanted = op.name or (op.outputs[0] if op.outputs else op.kind)
    return f"{wanted}_{op.kind.lower()}" if wanted in draft.nodes else wanted


def _unknown(place: Place, why: str) -> tuple[Value, ...]:
    op, draft = place.op, place.draft
    wires = [wire for name in op.inputs if isinstance(wire := draft.values.get(name), Wire)]
    text = textual.text_of(without_arrays(op.message))
    layer = Unknown(format="caffe2", type=op.kind, count=max(1, len(op.outputs)), text=text)
    return draft.unknown(place.name, layer, tuple(wires), why)


def _answers(draft: Draft, names: tuple[str, ...]) -> None:
    """What the file calls its outputs ends the network: where it is also used further, behind an Identity."""
    used = {link for node in draft.nodes.values() for link in node.inputs}
    for name in names:
        wire = draft.values.get(name)
        if isinstance(wire, Wire) and wire.link in used:
            draft.add(f"{name}_output", Identity(), wire)


def _tell(draft: Draft, operators: Sequence[Operator], fills: Sequence[Operator], beside: Path | None) -> None:
    """What is told of the file as a whole."""
    kinds = sorted({op.kind for op in operators if is_learning(op)})
    if kinds:
        draft.tell("ignored", "", f"gradients and updates are found anew when it is trained: {', '.join(kinds)}")
    if any(op.message.has("engine") or op.message.has("device_option") for op in operators):
        draft.tell("ignored", "", "engines and devices: they are chosen when a training begins")
    others = sorted({op.kind for op in fills if not is_fill(op) and not is_learning(op)})
    if others:
        draft.tell("ignored", beside.name if beside else "", f"fills by {', '.join(others)} are not read")
    count = len(operators) - sum(map(is_learning, operators))
    draft.tell("mapped", "", f"{count} operators, {len(draft.nodes)} nodes, {len(draft.weights)} weights")
