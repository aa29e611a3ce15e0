"""The rules of pooling: windows that torch pads and rounds otherwise are padded before."""

from __future__ import annotations

from typing import Any

from engine.backends import windows
from engine.formats.pytorch.calls import Step, code, even, made
from engine.formats.pytorch.limits import refusal
from engine.formats.pytorch.rules import Place, last_axis_first, padded, rule
from engine.layers.base import Shape
from engine.layers.pooling import AdaptiveAvgPool, AvgPooling, GlobalAvgPool, GlobalMaxPool, MaxPooling, Pooling


@rule.register
def max_pool(layer: MaxPooling, place: Place) -> Step:
    kind = f"nn.MaxPool{len(layer.kernel)}d"
    padding = _own_padding(layer, place)
    if padding is not None:
        return Step("{it}({0})", made(kind, ("kernel_size", even(layer.kernel)), **_options(layer, padding)))
    _, before = padded(_reach(layer, place), ", value=-torch.inf")
    if before == "{0}":  # as much at both ends, but more than torch adds by itself
        before = f"F.pad({{0}}, {last_axis_first(_reach(layer, place))}, value=-torch.inf)"
    return Step(f"{{it}}({before})", made(kind, ("kernel_size", even(layer.kernel)), **_stride(layer)))


@rule.register
def avg_pool(layer: AvgPooling, place: Place) -> Step:
    kind, kernel = f"nn.AvgPool{len(layer.kernel)}d", ("kernel_size", even(layer.kernel))
    padding, image = _own_padding(layer, place), place.shape()[1:]
    if padding is not None and not _is_refused(layer, image):
        counting = {} if layer.count_padding else {"count_include_pad": False}
        return Step("{it}({0})", made(kind, kernel, **_options(layer, padding), **counting))
    pads, reach = layer.pads(place.shape()), _reach(layer, place)
    beyond = tuple(int(all_ - own) for all_, own in zip(reach, pads, strict=True))
    around = {"padding": last_axis_first(pads), "beyond": last_axis_first(beyond)}
    module = made("CountedMean", ("pool", made(kind, kernel, **_stride(layer))), **around, counts=layer.count_padding)
    return Step("{it}({0})", module)


@rule.register
def global_avg_pool(layer: GlobalAvgPool, place: Place) -> Step:
    axes = tuple(range(2, len(place.shape()) + 1))
    return Step(f"{{0}}.mean({code(axes)}{', keepdim=True' if layer.keep_axes else ''})")


@rule.register
def global_max_pool(layer: GlobalMaxPool, place: Place) -> Step:
    kept = ", None" * (len(place.shape()) - 1) if layer.keep_axes else ""
    # Not amax, which lets all of equal values learn.
    return Step("{0}.flatten(2).max(2).values" + (f"[:, :{kept}]" if kept else ""))


@rule.register
def adaptive_avg_pool(layer: AdaptiveAvgPool, place: Place) -> Step:
    sizes = place.site.outputs[0].shape[1:]
    return Step("{it}({0})", made(f"nn.AdaptiveAvgPool{len(sizes)}d", ("output_size", even(sizes))))


def _stride(layer: Pooling) -> dict[str, Any]:
    return {} if layer.strides == layer.kernel else {"stride": even(layer.strides)}


def _options(layer: Pooling, padding: Shape) -> dict[str, Any]:
    rounding = {"ceil_mode": True} if layer.rounding == "ceil" else {}
    return _stride(layer) | ({"padding": even(padding)} if any(padding) else {}) | rounding


def _own_padding(layer: Pooling, place: Place) -> Shape | None:
    """What torch pads by itself: the same at begin and end, at most half a kernel. None: it has to be done before."""
    pads = layer.pads(place.shape())
    axes = len(pads) // 2
    fits = all(2 * pad <= kernel for pad, kernel in zip(pads[:axes], layer.kernel, strict=True))
    return pads[:axes] if fits and pads[:axes] == pads[axes:] else None


def _is_refused(layer: AvgPooling, image: Shape) -> bool:
    """Whether the image may be smaller than the kernel: torch's avg_pool3d then sees no padding."""
    return len(image) == 3 and any(length < cells for length, cells in zip(image, layer.kernel, strict=True))


def _reach(layer: Pooling, place: Place) -> Shape:
    """What to add around the image so that the last windows end where it ends. Raises Unsupported."""
    image = place.shape()[1:]
    if min(image) >= 0:
        return tuple(int(cells) for cells in windows.reach(layer, image))
    if layer.rounding == "floor" and layer.auto_pad != "same":
        return layer.pads(place.shape())
    raise refusal(layer, place.site.name)
