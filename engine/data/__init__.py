"""What a network is trained on: sources, transforms, splits and batches. Importing the package fills both families."""

from engine.data import sources, transforms

__all__ = ["sources", "transforms"]
