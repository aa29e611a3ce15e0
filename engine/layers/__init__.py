"""The catalogue of layers, one module a family; importing the package fills it."""

from engine.layers import dense, unknown
from engine.layers.base import CATALOGUE, Layer, Shape, Signal, Slot, Weight

__all__ = ["CATALOGUE", "Layer", "Shape", "Signal", "Slot", "Weight", "dense", "unknown"]
