"""What a file of MXNet cannot hold, told without MXNet."""

from __future__ import annotations

from engine.backends.graph import Graph
from engine.errors import Unsupported
from engine.layers.activation import Activation
from engine.layers.arranging import Identity
from engine.layers.base import Layer
from engine.layers.convolution import ConvTranspose3D
from engine.layers.data import Input
from engine.layers.dense import Dense
from engine.layers.embedding import Embedding
from engine.layers.recurrent import Recurrent
from engine.layers.regularization import Dropout, DropPath, GaussianNoise, SpatialDropout

OF_ANY_LENGTH: tuple[type[Layer], ...] = (
    *(Input, Activation, Dense, Embedding, Identity, Recurrent),
    *(Dropout, DropPath, GaussianNoise, SpatialDropout),
)
"""Layers whose rules ask for no length."""


def check(graph: Graph) -> None:
    """Raises Unsupported for what no file of MXNet holds."""
    for site in graph.sites:
        signals = (*site.inputs, *site.outputs)
        is_open = any(signal is not None and -1 in signal.shape for signal in signals)
        masked = isinstance(site.layer, Recurrent) and len(site.feeds) > 1
        if is_open and (masked or not isinstance(site.layer, OF_ANY_LENGTH)):
            hint = "give the inputs a shape without -1"
            raise Unsupported("MXNet's operators need known lengths here", node=site.name, hint=hint)
        if isinstance(site.layer, ConvTranspose3D) and max(site.layer.dilation) > 1:
            raise Unsupported("MXNet spreads over volumes only without gaps", node=site.name)
