"""How a written `train.py` reads samples and prepares them: one rule a source, one a transform."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.data.augmentations import Noise
from engine.data.columns import Column, Values
from engine.data.combined import Named
from engine.data.dataset import Data
from engine.data.encoded import Pictures
from engine.data.feeding import Feeding, through
from engine.data.places import found
from engine.data.sources import IDX, NPZ, ImageFolder, Text
from engine.data.spec import DataSpec, SourceRule, Split, TransformRule
from engine.data.text import Windows
from engine.data.transforms import (
    CenterCrop,
    ChannelOrder,
    Gray,
    Normalize,
    OneHot,
    RandomCrop,
    RandomFlip,
    Reshape,
    Resize,
    ResizeShorter,
    Scale,
)
from engine.declare import name_of
from engine.errors import Unsupported
from engine.formats.pytorch.calls import code, identifier


@dataclass(frozen=True)
class Reading:
    """Lines that open a source, how many rows it has, and what takes `rows` of each column."""

    lines: tuple[str, ...]
    size: str
    columns: Mapping[str, str]
    whole: Mapping[str, str]
    """What stands for all of a column."""
    overlap: int | None = None
    """Rows at the begin of a part that share something with the part before, where parts are stretches."""


@functools.singledispatch
def reading(rule: SourceRule, base: Path, names: Sequence[str]) -> Reading:
    """How `names` of a source are read. Raises Unsupported."""
    raise Unsupported(f"it has no reader for {name_of(rule)}")


@reading.register
def npz(rule: NPZ, base: Path, names: Sequence[str]) -> Reading:
    if rule.series:
        raise Unsupported("it has no reader for series of unequal lengths")
    path = str(found(base, rule.path))
    return _columns((f"ARCHIVE = np.load({code(path)})",), {name: f"ARCHIVE[{code(name)}]" for name in names})


@reading.register
def of_idx(rule: IDX, base: Path, names: Sequence[str]) -> Reading:
    paths = {"image": rule.images, "label": rule.labels}
    whole = {name: f"idx({code(str(found(base, paths[name])))})" for name in names}
    if "image" in whole:
        whole["image"] += "[:, None]"
    return _columns((), whole)


def _columns(lines: tuple[str, ...], made: Mapping[str, str]) -> Reading:
    inside = ", ".join(f"{code(name)}: {value}" for name, value in made.items())
    columns = {name: f"COLUMNS[{code(name)}]" for name in made}
    taken = {name: f"{column}[rows]" for name, column in columns.items()}
    return Reading((*lines, f"COLUMNS = {{{inside}}}"), f"len({next(iter(columns.values()))})", taken, columns)


@reading.register
def text(rule: Text, base: Path, names: Sequence[str]) -> Reading:
    path = found(base, rule.path)
    if rule.tokens != "character" or rule.vocabulary not in ("", "".join(sorted(set(path.read_text("utf-8-sig"))))):
        raise Unsupported("it reads texts by all of their characters only")
    stride = rule.stride or rule.length
    lines = (f"CODES = characters({code(str(path))})", f"LENGTH, STRIDE = {rule.length}, {stride}")
    window = "CODES[rows[:, None] * STRIDE + np.arange(LENGTH)]"
    taken = {"x": window, "y": window.replace("np.arange(LENGTH)", "np.arange(1, LENGTH + 1)")}
    return Reading(lines, "(len(CODES) - 1 - LENGTH) // STRIDE + 1", taken, {}, rule.length // stride)


@reading.register
def image_folder(rule: ImageFolder, base: Path, names: Sequence[str]) -> Reading:
    if rule.nested:
        raise Unsupported("it has no reader for folders within folders of classes")
    path = str(found(base, rule.path))
    lines = (f"CLASSES = {code(list(rule.classes))}", f"FILES, LABELS = files_of({code(path)}, CLASSES)")
    mode = {"rgb": "RGB", "gray": "L"}[rule.mode]
    taken = {"image": f"picture(FILES[row], {code(mode)}, {code(rule.background)})", "label": "LABELS[rows]"}
    return Reading(lines, "len(FILES)", taken, {"label": "LABELS"})


def check(data: Data) -> None:
    """Raises Unsupported for what cannot be read without Netwright."""
    spec = data.spec
    if len(spec.sources) != 1 or spec.sources[0].part != "all":
        raise Unsupported("it reads a single source, which is divided by a split")
    if spec.split and spec.split.group:
        raise Unsupported("it has no split that keeps groups together")
    for feeding in data.feedings:
        feed = feeding.feed
        if len(feed.names) != 1 or feed.bucketed:
            what = "batches of similar lengths" if feed.bucketed else "masks and several columns for one node"
            raise Unsupported(f"it has no rule for {what}", node=feed.node)
        is_labelled = isinstance(spec.sources[0].rule, ImageFolder)
        _check_column(feeding.column, feed.node, is_labelled=is_labelled)


def _check_column(column: Column, node: str, *, is_labelled: bool) -> None:
    inner = column.inner if isinstance(column, Named) and not column.inner.classes else column
    plain = isinstance(inner, (Values, Windows, Pictures))
    texts = isinstance(inner, Values) and inner.classes and not is_labelled
    if not plain or texts or len(column.missing()):
        raise Unsupported("it reads columns of numbers without gaps, texts and pictures", node=node)


def rows(spec: DataSpec, it: Reading, data: Data) -> Iterator[str]:
    """The lines that divide the rows."""
    split = spec.split or Split()
    shares = (1 - split.validation - split.test, split.validation, split.test)
    if it.overlap is not None:
        yield f"TRAIN, VALIDATION, _ = stretches({it.size}, {shares}, overlap={it.overlap})"
        return
    target = next(feed for feed in data.feedings if feed.want.is_target) if split.stratified else None
    kinds = f", classes={it.whole[target.feed.column]}" if target else ""
    yield f"TRAIN, VALIDATION, _ = divided({it.size}, {shares}, seed={split.seed}{kinds})"


def prepared(data: Data, it: Reading) -> Iterator[str]:
    """The lines of a function that gives `rows` as the network takes them."""
    names: dict[str, str] = {}
    for feeding in data.feedings:
        names[feeding.node] = identifier(feeding.node, {*names.values(), "rows", "draws", "row"})
    if any(step.rule.RANDOM for feeding in data.feedings for step in feeding.feed.transforms):
        yield 'draws = Draws(rows, number("draws", seed, epoch))'
    for feeding in data.feedings:
        yield from _one(feeding, names[feeding.node], it)
    yield "return {"
    for feeding in data.feedings:
        kind = "int64" if feeding.wants.values == "index" else "float32"
        yield f"    {code(feeding.node)}: torch.from_numpy(np.ascontiguousarray({names[feeding.node]}, np.{kind})),"
    yield "}"


def _one(feeding: Feeding, name: str, it: Reading) -> Iterator[str]:
    rules = [(step, rule) for step, rule in zip(feeding.feed.transforms, feeding.rules(True), strict=True)]
    taken = it.columns[feeding.feed.column]
    if isinstance(feeding.column, Pictures):  # of any size: one by one, until all are alike
        steady = next((n for n, (step, rule) in enumerate(rules) if rule.RANDOM or step.phase != "always"), len(rules))
        for _, rule in rules[:steady]:
            taken = transformed(rule, taken, "")
        yield f"{name} = np.concatenate([{taken} for row in rows])"
        rules_left = rules[steady:]
    else:
        yield f"{name} = {taken}"
        rules_left = rules
    for step, rule in rules_left:
        ordinal = sum(type(other) is type(rule) for other in feeding.rules(True)[: _place(feeding, rule)])
        line = transformed(rule, name, f'draws.purpose("{name_of(rule)} {ordinal}")')
        if line == name:
            continue
        if step.phase == "always":
            yield f"{name} = {line}"
        else:
            yield "if training:"
            yield f"    {name} = {line}"
    made = through(feeding.rules(True), feeding.column.shape)
    if len(made) != len(feeding.wants.shape):
        yield f"{name} = {name}.reshape(len(rows){''.join(f', {axis}' for axis in feeding.wants.shape)})"


def _place(feeding: Feeding, rule: TransformRule) -> int:
    return next(place for place, other in enumerate(feeding.rules(True)) if other is rule)


@functools.singledispatch
def transformed(rule: TransformRule, x: str, draws: str) -> str:
    """What makes of a batch `x` what `rule` does. Raises Unsupported."""
    raise Unsupported(f"it has no rule for the transform {name_of(rule)}")


@transformed.register
def _(rule: Scale, x: str, draws: str) -> str:
    return f"{x} * np.float32({rule.by})" + (f" + np.float32({rule.add})" if rule.add else "")


@transformed.register
def _(rule: Normalize, x: str, draws: str) -> str:
    return f"normalized({x}, {code(rule.mean)}, {code(rule.deviation)})"


@transformed.register
def _(rule: Resize, x: str, draws: str) -> str:
    return f"resized({x}, {rule.size}, {code(rule.filter)})"


@transformed.register
def _(rule: ResizeShorter, x: str, draws: str) -> str:
    return f"resized_shorter({x}, {rule.size}, {code(rule.filter)})"


@transformed.register
def _(rule: CenterCrop, x: str, draws: str) -> str:
    return f"center_crop({x}, {rule.size})"


@transformed.register
def _(rule: RandomCrop, x: str, draws: str) -> str:
    return f"random_crop({x}, {rule.size}, {rule.padding}, {draws})"


@transformed.register
def _(rule: RandomFlip, x: str, draws: str) -> str:
    return f"random_flip({x}, {code(rule.axis)}, {draws})"


@transformed.register
def _(rule: Gray, x: str, draws: str) -> str:
    return f"gray({x})"


@transformed.register
def _(rule: ChannelOrder, x: str, draws: str) -> str:
    return f"{x}[:, ::-1]" if rule.order == "bgr" else x


@transformed.register
def _(rule: OneHot, x: str, draws: str) -> str:
    return f"one_hot({x}, {rule.classes})"


@transformed.register
def _(rule: Reshape, x: str, draws: str) -> str:
    return f"{x}.reshape(len({x}), {', '.join(map(str, rule.size))})"


@transformed.register
def _(rule: Noise, x: str, draws: str) -> str:
    return f"noisy({x}, {rule.deviation}, {draws})"
