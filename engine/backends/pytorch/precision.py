"""What a plan's precision means to torch: what the middle of a network calculates in."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import torch

from engine.backends.base import Plan
from engine.backends.graph import Graph
from engine.backends.refusals import Refusals, always, refuse
from engine.layers.recurrent import LSTM

Precision = Callable[[], contextlib.AbstractContextManager[object]]
"""What a network is run in."""

LOWER = {"bfloat16": torch.bfloat16, "float16": torch.float16}
"""Products of matrices, convolutions and recurrent layers calculate in these; weights and losses stay in float32.

A weight is cast once for a forward pass, however often it is used, and its gradient comes back in float32.
"""

NO_HALVES: Refusals = {LSTM: always}
"""What oneDNN calculates in float16 only on processors with instructions for it."""


def precision_of(plan: Plan) -> Precision:
    """What a network is run in under `plan`."""
    lower = LOWER.get(plan.precision)
    if lower is None:
        return contextlib.nullcontext
    kind = torch.device(plan.device).type
    return lambda: torch.autocast(kind, lower)


def check_precision(plan: Plan, graph: Graph) -> None:
    """Raises Unsupported where the device cannot calculate a layer in the plan's precision."""
    if plan.precision == "float16" and plan.device == "cpu" and not torch.ops.mkldnn._is_mkldnn_fp16_supported():
        refuse(graph, NO_HALVES, "this processor does not calculate these in float16", "bfloat16 or float32 will do")
