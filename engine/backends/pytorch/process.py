"""What a plan asks of the whole process: threads, algorithms that repeat every bit, float32 that is float32."""

from __future__ import annotations

import os

import torch

from engine.backends.base import Plan
from engine.backends.graph import Graph, Site
from engine.backends.refusals import Refusals, always, refuse
from engine.layers.base import Layer
from engine.layers.loss import CTC, SoftmaxCrossEntropy
from engine.layers.pooling import AdaptiveAvgPool, AvgPool3D
from engine.layers.resampling import Upsample


def _is_blend(layer: Layer, site: Site) -> bool:
    return isinstance(layer, Upsample) and layer.mode != "nearest"


def _is_over_images(layer: Layer, site: Site) -> bool:
    """Whether torch takes its NLLLoss for images, whose sums on CUDA come in any order."""
    signal = site.inputs[0]
    rank = len(signal.shape) if signal else 0
    return isinstance(layer, SoftmaxCrossEntropy) and layer.axis not in (-1, rank - 1)


IN_ANY_ORDER: Refusals = {
    AvgPool3D: always,
    AdaptiveAvgPool: always,
    Upsample: _is_blend,
    SoftmaxCrossEntropy: _is_over_images,
    CTC: always,
}
"""What has no algorithm on CUDA that repeats every bit: see `torch.use_deterministic_algorithms`."""


def set_up(plan: Plan, graph: Graph) -> None:
    """Makes the process what `plan` says. Raises Unsupported, naming the nodes that keep it from being so."""
    if plan.threads:
        torch.set_num_threads(plan.threads)
    if plan.device.startswith("cuda"):
        _set_up_cuda(plan, graph)


def _set_up_cuda(plan: Plan, graph: Graph) -> None:
    torch.cuda.set_device(plan.device)  # events and graphs are of the current one
    # float32 with 10 bits for the fraction (TF32) is a precision of its own: who wants speed asks for bfloat16.
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.benchmark = not plan.deterministic  # takes the fastest algorithm for each shape
    if plan.deterministic:
        refuse(graph, IN_ANY_ORDER, "no algorithm on CUDA repeats every bit of", "train without --deterministic")
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # torch asks for it
        # Of the ways to compute attention, only the plain one gives the same gradients every time.
        torch.backends.cuda.enable_flash_sdp(False)
        torch.backends.cuda.enable_mem_efficient_sdp(False)
    torch.use_deterministic_algorithms(plan.deterministic)
