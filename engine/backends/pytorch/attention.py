"""The rules of attention and of what tells it positions."""

from __future__ import annotations

import functools
import math

import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere
from torch import Tensor

from engine.backends.positions import HIDDEN, sinusoids
from engine.backends.pytorch.rules import Function, Place, function
from engine.errors import ShapeError
from engine.layers.attention import MultiHeadAttention
from engine.layers.embedding import PositionalEncoding


@function.register
def multi_head_attention(layer: MultiHeadAttention, place: Place) -> Function:
    def linear(name: str, x: Tensor) -> Tensor:
        return F.linear(x, place.weights[f"{name}_weight"], place.weights.get(f"{name}_bias"))

    def heads(name: str, x: Tensor) -> Tensor:
        return linear(name, x).reshape(*x.shape[:2], layer.heads, -1).transpose(1, 2)

    def attend(x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        seen = x if context is None else context
        query, key, value = heads("query", x), heads("key", seen), heads("value", seen)
        if mask is None:
            found = F.scaled_dot_product_attention(query, key, value, is_causal=layer.causal)
        else:
            scores = (query @ key.transpose(-1, -2)).float() / math.sqrt(query.shape[-1])
            found = torch.softmax(scores.masked_fill(_hidden(layer, mask, x.shape[1]), HIDDEN), -1).to(value) @ value
        return linear("output", found.transpose(1, 2).flatten(-2))

    return attend


def _hidden(layer: MultiHeadAttention, mask: Tensor, steps: int) -> Tensor:
    """True among the scores (batch, heads, T, S) where one may not look."""
    hidden = (mask == 0)[:, None, None] if mask.ndim == 2 else (mask == 0)[:, None]
    if layer.causal:
        hidden = hidden | torch.ones(steps, mask.shape[-1], dtype=torch.bool, device=mask.device).triu(1)
    return hidden


@function.register
def positional_encoding(layer: PositionalEncoding, place: Place) -> Function:
    def learned(x: Tensor) -> Tensor:
        if x.shape[1] > layer.length:
            message = f"has vectors for {layer.length} positions, and is fed with {x.shape[1]}"
            raise ShapeError(message, node=place.site.name)
        return x + place.weights["weight"][: x.shape[1]]

    @functools.cache
    def waves(steps: int, features: int) -> Tensor:
        return torch.from_numpy(sinusoids(steps, features)).to(place.device)

    def fixed(x: Tensor) -> Tensor:
        return x + waves(*x.shape[1:]).to(x)

    return learned if layer.kind == "learned" else fixed
