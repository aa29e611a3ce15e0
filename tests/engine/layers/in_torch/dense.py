"""Dense layers, embeddings and attention, in torch's own words."""

import math

from engine.layers.attention import MultiHeadAttention
from engine.layers.dense import Bilinear, Dense
from engine.layers.embedding import Embedding, PositionalEncoding
from tests.engine.layers.in_torch.rules import F, rule, torch


@rule(Dense)
def dense(layer, weights, x):
    return F.linear(x, weights["weight"], weights.get("bias"))


@rule(Bilinear)
def bilinear(layer, weights, a, b):
    return F.bilinear(a, b, weights["weight"], weights.get("bias"))


@rule(Embedding)
def embedding(layer, weights, x):
    return F.embedding(x, weights["weight"])


@rule(PositionalEncoding)
def positional_encoding(layer, weights, x):
    if layer.kind == "learned":
        return x + F.embedding(torch.arange(x.shape[1]), weights["weight"])
    features = x.shape[2]
    # As in torch's tutorial of the transformer: waves by exponentials of logarithms.
    places = torch.arange(x.shape[1], dtype=x.dtype)[:, None]
    rates = torch.exp(torch.arange(0, features, 2, dtype=x.dtype) * (-math.log(10000.0) / features))
    waves = torch.zeros(x.shape[1], features, dtype=x.dtype)
    waves[:, 0::2] = torch.sin(places * rates)
    waves[:, 1::2] = torch.cos(places * rates[: features // 2])
    return x + waves


@rule(MultiHeadAttention)
def attention(layer, weights, x, context=None, mask=None):
    context = x if context is None else context
    features, width = x.shape[2], context.shape[2]
    made = torch.nn.MultiheadAttention(
        features, layer.heads, bias=layer.bias, kdim=width, vdim=width, batch_first=True, dtype=x.dtype
    )
    parts = ("query", "key", "value")
    with torch.no_grad():
        if width == features:
            made.in_proj_weight.copy_(torch.cat([weights[f"{part}_weight"] for part in parts]))
        else:
            for part in parts:
                getattr(made, f"{part[0]}_proj_weight").copy_(weights[f"{part}_weight"])
        made.out_proj.weight.copy_(weights["output_weight"])
        if layer.bias:
            made.in_proj_bias.copy_(torch.cat([weights[f"{part}_bias"] for part in parts]))
            made.out_proj.bias.copy_(weights["output_bias"])
        seen = torch.ones(len(x), x.shape[1], context.shape[1], dtype=torch.bool)
        seen = seen.tril() if layer.causal else seen
        seen = seen if mask is None else seen & (mask != 0).reshape(len(x), -1, context.shape[1])
        hidden = torch.where(seen, 0.0, -1e30).to(x.dtype)
        return made(x, context, context, attn_mask=hidden.repeat_interleave(layer.heads, 0), need_weights=False)[0]
