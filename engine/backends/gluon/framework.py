"""MXNet, imported once: quietly, and with what numpy 1.24 and later took from it put back."""

from __future__ import annotations

import os

import numpy as np

# MXNet 1.9.1 says `numpy.bool`, the old name of Python's own.
if "bool" not in vars(np):
    setattr(np, "bool", bool)  # noqa: B010 - numpy's stubs do not know the name

# Operators fused for inference keep copies of weights and do not see all of them change; and it would tell on stderr,
# for every network, how it fuses operators and stores arrays.
os.environ.setdefault("MXNET_SUBGRAPH_BACKEND", "NONE")
os.environ.setdefault("MXNET_SUBGRAPH_VERBOSE", "0")
os.environ.setdefault("MXNET_STORAGE_FALLBACK_LOG_VERBOSE", "0")

import mxnet as mx

__all__ = ["mx"]
