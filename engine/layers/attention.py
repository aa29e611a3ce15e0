"""Attention: every position looks at all others and takes what it needs."""

from __future__ import annotations

from typing import Annotated, ClassVar

from engine.errors import ShapeError
from engine.layers.base import ZEROS, Count, Layer, Shape, Slot, Weight, layer, written


@layer
class MultiHeadAttention(Layer):
    """y = W_o · softmax(q kᵀ / √d) v + b_o, q from x, k and v from the context: (T, F) and (S, C) → (T, F).

    Vaswani et al. 2017, 3.2. q = x W_qᵀ + b_q, k and v likewise, each cut into heads of d = F / heads features. Without
    a context x is its own. `mask` (S) or (T, S) holds 0 where nobody looks, anything else where one may; `causal` lets
    position t see none behind t. Weights: `query_weight` (F, F), `key_weight` and `value_weight` (F, C),
    `output_weight` (F, F), and `query_bias` … `output_bias` (F).
    """

    FAMILY: ClassVar[str] = "attention"
    SLOTS: ClassVar[tuple[Slot, ...]] = (
        Slot("x"),
        Slot("context", optional=True),
        Slot("mask", optional=True, values="any"),
    )

    heads: Annotated[Count, "How many parts look for themselves; must divide the features."] = 8
    causal: Annotated[bool, "Whether a position sees only itself and those before it."] = False
    bias: Annotated[bool, "Add a learned constant to queries, keys, values and the output."] = True

    def shape(self, x: Shape, context: Shape | None = None, mask: Shape | None = None) -> Shape:
        seen = _seen(x, context)
        for sequence in (x, seen):
            if len(sequence) != 2 or sequence[1] < 0:
                raise ShapeError(f"needs sequences of steps and features (T, F), and is given {written(sequence)}")
        if x[1] % self.heads:
            raise ShapeError(f"{self.heads} heads do not divide {x[1]} features")
        if mask is not None and not _fits(mask, x[0], seen[0]):
            steps = (x[0], seen[0])
            raise ShapeError(f"needs a mask of {written(steps[1:])} or {written(steps)}, not {written(mask)}")
        return x

    def weights(self, x: Shape, context: Shape | None = None, mask: Shape | None = None) -> tuple[Weight, ...]:
        features, seen = x[1], _seen(x, context)[1]
        widths = {"query": features, "key": seen, "value": seen, "output": features}
        matrices = tuple(Weight(f"{name}_weight", (features, width)) for name, width in widths.items())
        biases = tuple(Weight(f"{name}_bias", (features,), ZEROS) for name in widths)
        return (*matrices, *biases) if self.bias else matrices

    def macs(self, x: Shape, context: Shape | None = None, mask: Shape | None = None) -> int:
        steps, features = max(1, x[0]), x[1]
        seen, width = max(1, _seen(x, context)[0]), _seen(x, context)[1]
        return 2 * steps * features**2 + 2 * seen * width * features + 2 * steps * seen * features

    def brief(self) -> str:
        return f"{self.heads} heads" + (" · causal" if self.causal else "")


def _seen(x: Shape, context: Shape | None) -> Shape:
    """What is looked at."""
    return x if context is None else context


def _fits(mask: Shape, steps: int, seen: int) -> bool:
    """Whether a mask is (S) or (T, S); any length may be every length."""
    wanted = (steps, seen)[-len(mask) :] if mask else ()
    return 0 < len(mask) <= 2 and all(a == b or -1 in (a, b) for a, b in zip(mask, wanted, strict=True))
