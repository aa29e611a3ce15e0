"""Modules that torch lacks, or has with other conventions: what a written `model.py` needs of them goes along."""

# What is written is meant to be read, not to satisfy the strictest checks.
# mypy: disable-error-code="no-any-return, no-untyped-call, arg-type"

from __future__ import annotations

import math

import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere
from torch import Tensor, nn


class Constant(nn.Module):
    """The same numbers for every sample."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.register_buffer("values", torch.zeros(shape))
        self.values: Tensor

    def forward(self, x: Tensor) -> Tensor:
        return self.values.expand(len(x), *self.values.shape)


class SinusoidalPositions(nn.Module):
    """Adds sines at even and cosines at odd features (Vaswani et al. 2017, 3.5): (N, T, F)."""

    def forward(self, x: Tensor) -> Tensor:
        steps, features = torch.arange(x.shape[1], device=x.device), torch.arange(x.shape[2], device=x.device)
        rates = 10000.0 ** -((features // 2 * 2).double() / x.shape[2])
        return x + torch.sin(steps[:, None] * rates + features % 2 * (math.pi / 2)).to(x)


class LearnedPositions(nn.Module):
    """Adds a learned vector for each position: (N, T, F)."""

    def __init__(self, length: int, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(length, features) * 0.02)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.weight[: x.shape[1]]


class SeparableConv2d(nn.Module):
    """Each channel convolved alone, then all of them mixed."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        dilation: int | tuple[int, int] = 1,
        multiplier: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        inner = in_channels * multiplier
        self.depth = nn.Conv2d(
            in_channels, inner, kernel_size, stride, padding, dilation, groups=in_channels, bias=False
        )
        self.point = nn.Conv2d(inner, out_channels, kernel_size=1, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.point(self.depth(x))


class DropWhole(nn.Module):
    """Dropout that keeps or drops all values along some axes together."""

    def __init__(self, rate: float, axes: tuple[int, ...]) -> None:
        super().__init__()
        self.rate, self.axes = rate, axes

    def forward(self, x: Tensor) -> Tensor:
        lengths = [1 if axis in self.axes else length for axis, length in enumerate(x.shape)]
        return x * F.dropout(x.new_ones(lengths), self.rate) if self.training else x


class GaussianNoise(nn.Module):
    """Noise while training."""

    def __init__(self, deviation: float) -> None:
        super().__init__()
        self.deviation = deviation

    def forward(self, x: Tensor) -> Tensor:
        return x + self.deviation * torch.randn_like(x) if self.training else x


class Attention(nn.Module):
    """softmax(q kᵀ / √d) v of every head (Vaswani et al. 2017, 3.2): (N, T, F) and a context (N, S, C) → (N, T, F).

    A mask (N, S) or (N, T, S) holds 0 where nobody looks.
    """

    def __init__(
        self, features: int, heads: int, context: int | None = None, causal: bool = False, bias: bool = True
    ) -> None:
        super().__init__()
        seen = features if context is None else context
        self.heads, self.causal = heads, causal
        self.query = nn.Linear(features, features, bias)
        self.key = nn.Linear(seen, features, bias)
        self.value = nn.Linear(seen, features, bias)
        self.output = nn.Linear(features, features, bias)

    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        seen = x if context is None else context
        query, key, value = self.split(self.query(x)), self.split(self.key(seen)), self.split(self.value(seen))
        if mask is None:
            found = F.scaled_dot_product_attention(query, key, value, is_causal=self.causal)
        else:
            scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
            found = torch.softmax(scores.masked_fill(self.hidden(mask, x.shape[1]), -1e30), -1) @ value
        return self.output(found.transpose(1, 2).flatten(-2))

    def split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def hidden(self, mask: Tensor, steps: int) -> Tensor:
        hidden = (mask == 0)[:, None, None] if mask.ndim == 2 else (mask == 0)[:, None]
        ahead = torch.ones(steps, mask.shape[-1], dtype=torch.bool, device=mask.device).triu(1)
        return hidden | ahead if self.causal else hidden


class MaskedRecurrent(nn.Module):
    """A recurrent layer over the steps that a mask (N, T) counts; behind them its states are 0."""

    def __init__(
        self,
        kind: type[nn.RNNBase],
        input_size: int,
        hidden_size: int,
        sequence: bool,
        layers: int = 1,
        bidirectional: bool = False,
        **options: str,
    ) -> None:
        super().__init__()
        self.directions, self.units, self.sequence = 1 + bidirectional, hidden_size, sequence
        widths = [input_size] + [hidden_size * self.directions] * (layers - 1)
        self.ways = nn.ModuleList(
            kind(width, hidden_size, batch_first=True, **options) for width in widths for _ in range(self.directions)
        )

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        steps = torch.arange(x.shape[1], device=x.device)
        lengths = (mask != 0).sum(1, keepdim=True)
        counts = steps < lengths
        turned = torch.where(counts, lengths - 1 - steps, steps)[..., None]
        for first in range(0, len(self.ways), self.directions):
            states = [self.ways[first](x)[0]]
            if self.directions == 2:
                backwards = self.ways[first + 1](self.turn(x, turned))[0]
                states.append(self.turn(backwards, turned))
            x = torch.cat(states, dim=-1)
        x = x * counts[..., None]
        if self.sequence:
            return x
        last = x[torch.arange(len(x), device=x.device), (lengths[:, 0] - 1).clamp(min=0)]
        return torch.cat((last[:, : self.units], x[:, 0, self.units :]), dim=-1)

    def turn(self, x: Tensor, places: Tensor) -> Tensor:
        return x.gather(1, places.expand(-1, -1, x.shape[2]))


class CountedMean(nn.Module):
    """The mean of each window over the cells that count: the image's, and with `counts` those of the padding too."""

    def __init__(self, pool: nn.Module, padding: tuple[int, ...], beyond: tuple[int, ...], counts: bool) -> None:
        super().__init__()
        self.pool, self.padding, self.beyond, self.counts = pool, padding, beyond, counts

    def forward(self, x: Tensor) -> Tensor:
        cells = F.pad(torch.ones_like(x[:1, :1]), self.padding, value=float(self.counts))
        values = F.pad(F.pad(x, self.padding), self.beyond)
        return self.pool(values) / self.pool(F.pad(cells, self.beyond))


class Scale(nn.Module):
    """A learned factor and a learned constant for each place of some axes."""

    def __init__(self, shape: tuple[int, ...], behind: int, scale: bool = True, shift: bool = True) -> None:
        super().__init__()
        self.behind = (1,) * behind
        self.scale = nn.Parameter(torch.ones(shape)) if scale else None
        self.shift = nn.Parameter(torch.zeros(shape)) if shift else None

    def forward(self, x: Tensor) -> Tensor:
        if self.scale is not None:
            x = x * self.scale.reshape(*self.scale.shape, *self.behind)
        return x if self.shift is None else x + self.shift.reshape(*self.shift.shape, *self.behind)


def extended(x: Tensor, sides: tuple[tuple[int, int], ...], mode: str) -> Tensor:
    """More cells at the ends of axes, mirrored at the last cell (`reflect`), or repeating it (`edge`)."""
    for axis, (before, behind) in enumerate(sides, 1):
        places, last = torch.arange(-before, x.shape[axis] + behind, device=x.device), x.shape[axis] - 1
        inside = places.clamp(0, last) if mode == "edge" else last - (last - places.abs()).abs()
        x = x.index_select(axis, inside)
    return x
