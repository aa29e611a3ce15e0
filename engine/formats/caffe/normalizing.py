"""Values brought to a common scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.formats.caffe.building import NoLayer, Site, rule
from engine.layers.arranging import Reduce
from engine.layers.merge import Subtract
from engine.layers.normalization import LRN, BatchNorm, InstanceNorm, L2Normalize, LayerNorm, Scale
from engine.node import Link

if TYPE_CHECKING:
    from engine.formats.caffe.building import Blobs

RUNNING = ("running_mean", "running_variance")


@rule("BatchNorm")
def batch_norm(site: Site) -> Link:
    """Without scale and shift, which are a layer of their own; the third blob is what the averages are divided by."""
    given = site.param("batch_norm_param")
    fraction, epsilon = given.get("moving_average_fraction"), given.get("eps")
    if given.has("use_global_stats"):
        text = "running averages are used where the network is used, and the batch's own while it is trained"
        site.building.note_of_many("approximated", "batch_norm_param.use_global_stats", text, site.name)
    node = site.put(BatchNorm(momentum=round(1 - fraction, 12), epsilon=epsilon, affine=False))
    site.learns(node, *RUNNING, load=_averages)
    return node


def _averages(blobs: Blobs) -> dict[str, Any]:
    """BatchNormLayer::Forward_cpu: both averages by the third blob, 0 where it is 0."""
    factor = float(blobs[2].reshape(-1)[0]) if len(blobs) > 2 and blobs[2].size else 1.0
    share = 1 / factor if factor else 0.0
    return {name: (blob.reshape(-1) * blob.dtype.type(share)) for name, blob in zip(RUNNING, blobs, strict=False)}


@rule("LRN")
def lrn(site: Site) -> Link:
    given = site.param("lrn_param")
    size, alpha, beta, k = (given.get(name) for name in ("local_size", "alpha", "beta", "k"))
    if given.get("norm_region") == "WITHIN_CHANNEL":  # Caffe's own has no k there
        return site.put(LRN(size=size, alpha=alpha, beta=beta, region="within_channel"))
    return site.put(LRN(size=size, alpha=alpha, beta=beta, k=k))


@rule("MVN")
def mvn(site: Site) -> Link:
    """(x − mean) / (deviation + eps) over positions, or over channels too."""
    given = site.param("mvn_param")
    across, epsilon = bool(given.get("across_channels")), given.get("eps")
    axes = tuple(range(0 if across else 1, len(site.known())))
    if not given.get("normalize_variance"):
        return site.put(
            Subtract(), site.inputs[0], site.put(Reduce(operation="mean", axes=axes, keep_axes=True), suffix="_mean")
        )
    text = "eps is added to the variance, squared, not to the deviation: values hardly differ"
    site.building.note_of_many("approximated", "mvn_param", text, site.name)
    square = max(epsilon**2, 1e-30)
    if across:
        return site.put(LayerNorm(axes=len(axes), epsilon=square, affine=False))
    return site.put(InstanceNorm(epsilon=square, affine=False))


@rule("Normalize")
def normalize(site: Site) -> Link:
    """Of SSD's fork: x / √(Σ x² + eps) over the channels, or over everything, and a factor for each channel."""
    given = site.param("norm_param")
    across = given.get("across_spatial") if given.has("across_spatial") else True
    if given.has("channel_shared") is False or given.get("channel_shared"):
        raise NoLayer("it learns one factor for all channels")
    epsilon = float(given.get("eps")) if given.has("eps") else 1e-10
    inner = site.put(L2Normalize(axes=() if across else (0,), epsilon=epsilon), suffix="_length")
    node = site.put(Scale(shift=False), inner)
    filler = given.get("scale_filler") if given.has("scale_filler") else None
    site.learns(node, "scale", fillers=(filler,))
    return node
