"""MXNet, imported once: quietly, and with what numpy 1.24 and later took from it put back."""

from __future__ import annotations

import os
import warnings

import numpy as np

# MXNet 1.9.1 says `numpy.bool`, the old name of Python's own.
if "bool" not in vars(np):
    setattr(np, "bool", bool)  # noqa: B010 - numpy's stubs do not know the name

# Convolutions that it fuses with what follows, for inference, keep copies of weights and miss some of their changes.
# The backend `default` fuses nothing (`NONE` does neither, but says so for every network).
os.environ.setdefault("MXNET_SUBGRAPH_BACKEND", "default")
# How it fuses operators and stores arrays would be told on stderr.
os.environ.setdefault("MXNET_SUBGRAPH_VERBOSE", "0")
os.environ.setdefault("MXNET_STORAGE_FALLBACK_LOG_VERBOSE", "0")

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # of names that it takes from numpy and distutils
    import mxnet as mx

__all__ = ["mx"]
