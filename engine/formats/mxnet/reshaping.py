"""MXNet's Reshape with its codes, and other shapes in general, where samples lie along one axis of an array.

0 copies a length, -1 takes what is left, -2 copies all further lengths, -3 multiplies two, -4 splits one into the two
that follow.
"""

from __future__ import annotations

import math
from dataclasses import replace

from engine.formats.mxnet.operator import Made, Operator, reads
from engine.formats.mxnet.values import Unmapped, Wire
from engine.layers.arranging import Permute
from engine.layers.base import Shape
from engine.layers.reshape import Flatten, Reshape

SAMPLES = 1_000_003
"""Stands for how many samples there are: a prime that no length has as a factor."""
OPEN = (1_000_033, 1_000_037, 1_000_039, 1_000_081)
"""Stand for lengths that are not known."""


@reads("Flatten", "flatten")
def flatten(op: Operator) -> Made:
    x = op.x
    if x.batch or x.merged:
        raise Unmapped("it flattens what has samples in several axes")
    if x.shape is not None and len(x.shape) == 1:
        return op.put(Flatten())
    return op.put(Flatten(), shape=(-1,))


@reads("Reshape", "reshape")
def reshape(op: Operator) -> Made:
    codes, reverse = op.set.wholes("shape"), op.set.flag("reverse")
    target = op.set.wholes("target_shape")
    if not codes and target and max(target):  # before 0.9, 0: what is left
        codes = tuple(-1 if n == 0 and place else n for place, n in enumerate(target))
    if op.set.flag("keep_highest"):
        codes = (0, *codes[1:])
    if op.x.shape is None:
        return _blind(op, codes)
    lengths = arranged(op.x)
    made = coded(tuple(reversed(lengths)), tuple(reversed(codes))) if reverse else coded(lengths, codes)
    return to_lengths(op, tuple(reversed(made)) if reverse else made)


def _blind(op: Operator, codes: tuple[int, ...]) -> Made:
    """Where the shape of what enters is not known."""
    if codes[:1] not in ((0,), (-1,)) or min(codes[1:], default=0) < -1 or 0 in codes[1:]:
        raise Unmapped("the shape of what enters it is not known")
    if codes[1:] == (-1,):
        return op.put(Flatten(), shape=(-1,))
    return op.put(Reshape(sizes=codes[1:]), shape=codes[1:])


def arranged(x: Wire) -> tuple[int, ...]:
    """The lengths of MXNet's array."""
    openings = iter(OPEN)
    shape = [next(openings, 0) if n < 0 else n for n in x.known]
    if 0 in shape:
        raise Unmapped("too many lengths of what enters it are not known")
    if x.merged:
        return (SAMPLES * math.prod(shape[: x.merged]), *shape[x.merged :])
    return (*shape[: x.batch], SAMPLES, *shape[x.batch :])


def coded(lengths: tuple[int, ...], codes: tuple[int, ...]) -> tuple[int, ...]:
    """What the codes make of the lengths of an array. Raises Unmapped."""
    made: list[int] = []
    rest, place = list(lengths), 0
    while place < len(codes):
        code = codes[place]
        taken = {0: 1, -2: len(rest), -3: 2, -4: 1}.get(code, 1 if rest else 0)
        if taken > len(rest):
            raise Unmapped(f"its shape {codes} does not go with what enters it")
        head, rest = rest[:taken], rest[taken:]
        if code == -4:
            made += _split(head[0], codes[place + 1 : place + 3])
            place += 2
        else:
            made += head if code in (0, -2) else [math.prod(head)] if code == -3 else [code]
        place += 1
    return _filled(made, math.prod(lengths), codes)


def _split(length: int, parts: tuple[int, ...]) -> list[int]:
    if len(parts) != 2 or all(part < 1 for part in parts):
        raise Unmapped("its shape does not say into what it splits")
    a, b = parts
    return [length // b if a < 1 else a, length // a if b < 1 else b]


def _filled(made: list[int], size: int, codes: tuple[int, ...]) -> tuple[int, ...]:
    known = math.prod(n for n in made if n != -1)
    if made.count(-1) > 1 or min(made, default=1) < -1 or known == 0 or size % known:
        raise Unmapped(f"its shape {codes} does not go with what enters it")
    filled = tuple(size // known if n == -1 else n for n in made)
    if math.prod(filled) != size:
        raise Unmapped(f"its shape {codes} does not go with what enters it")
    return filled


def to_lengths(op: Operator, made: tuple[int, ...]) -> Wire:
    """What enters, as an array of other lengths. Raises Unmapped where samples would be torn apart."""
    x = op.x
    if x.batch or not made or made[0] % SAMPLES:
        raise Unmapped("it tears samples apart")
    together, rest = made[0] // SAMPLES, tuple(-1 if any(n % it == 0 for it in OPEN) else n for n in made[1:])
    front = _front(x, together)
    shape = (*front, *rest)
    if shape == x.known:
        return replace(x, merged=len(front))
    if shape.count(-1) > 1 or (-1 in x.known and -1 not in shape):
        raise Unmapped("more than one length is not known")
    layer = Flatten() if len(shape) == 1 else Reshape(sizes=shape)
    return replace(op.put(layer, shape=shape), merged=len(front))


def _front(x: Wire, together: int) -> Shape:
    """The axes of a sample that lie with the samples in one axis of the array."""
    if together == 1:
        return ()
    sizes = x.known
    return next((sizes[:n] for n in range(1, len(sizes) + 1) if math.prod(sizes[:n]) == together), (together,))


@reads("transpose")
def transpose(op: Operator) -> Made:
    rank = op.x.rank
    axes = op.set.wholes("axes") or tuple(reversed(range(rank)))
    return permuted(op, tuple(axis % rank for axis in axes))


@reads("swapaxes", "SwapAxis")
def swap_axes(op: Operator) -> Made:
    rank = op.x.rank
    first, second = (op.set.whole(name) % rank for name in ("dim1", "dim2"))
    axes = list(range(rank))
    axes[first], axes[second] = second, first
    return permuted(op, tuple(axes))


def permuted(op: Operator, axes: tuple[int, ...]) -> Wire:
    """The axes of MXNet's array in another order."""
    x = op.x
    if sorted(axes) != list(range(x.rank)) or (x.merged and axes[0] != 0):
        raise Unmapped("it tears samples apart")
    order = (*range(x.merged), *(x.axis(axis) for axis in axes if axis != x.batch))
    batch = axes.index(x.batch)
    if order == tuple(range(len(order))):
        return replace(x, batch=batch)
    plain = replace(x, batch=0)
    return replace(op.put(Permute(axes=order), plain), batch=batch)
