"""Older generations of net files brought to the newest, as upgrade_proto.cpp of BVLC/caffe does."""

from __future__ import annotations

from typing import Any

from engine.errors import Unreadable
from engine.formats.caffe.message import Message, Word

_SPELLED = {
    "ABSVAL": "AbsVal",
    "ACCURACY": "Accuracy",
    "ARGMAX": "ArgMax",
    "BNLL": "BNLL",
    "CONCAT": "Concat",
    "CONTRASTIVE_LOSS": "ContrastiveLoss",
    "CONVOLUTION": "Convolution",
    "DECONVOLUTION": "Deconvolution",
    "DATA": "Data",
    "DROPOUT": "Dropout",
    "DUMMY_DATA": "DummyData",
    "EUCLIDEAN_LOSS": "EuclideanLoss",
    "ELTWISE": "Eltwise",
    "EXP": "Exp",
    "FLATTEN": "Flatten",
    "HDF5_DATA": "HDF5Data",
    "HDF5_OUTPUT": "HDF5Output",
    "HINGE_LOSS": "HingeLoss",
    "IM2COL": "Im2col",
    "IMAGE_DATA": "ImageData",
    "INFOGAIN_LOSS": "InfogainLoss",
    "INNER_PRODUCT": "InnerProduct",
    "LRN": "LRN",
    "MEMORY_DATA": "MemoryData",
    "MULTINOMIAL_LOGISTIC_LOSS": "MultinomialLogisticLoss",
    "MVN": "MVN",
    "POOLING": "Pooling",
    "POWER": "Power",
    "RELU": "ReLU",
    "SIGMOID": "Sigmoid",
    "SIGMOID_CROSS_ENTROPY_LOSS": "SigmoidCrossEntropyLoss",
    "SILENCE": "Silence",
    "SOFTMAX": "Softmax",
    "SOFTMAX_LOSS": "SoftmaxWithLoss",
    "SPLIT": "Split",
    "SLICE": "Slice",
    "TANH": "TanH",
    "WINDOW_DATA": "WindowData",
    "THRESHOLD": "Threshold",
}
"""Layer types of the second generation."""

_V0_TYPES = {
    "accuracy": "ACCURACY",
    "bnll": "BNLL",
    "concat": "CONCAT",
    "conv": "CONVOLUTION",
    "data": "DATA",
    "dropout": "DROPOUT",
    "euclidean_loss": "EUCLIDEAN_LOSS",
    "flatten": "FLATTEN",
    "hdf5_data": "HDF5_DATA",
    "hdf5_output": "HDF5_OUTPUT",
    "im2col": "IM2COL",
    "images": "IMAGE_DATA",
    "infogain_loss": "INFOGAIN_LOSS",
    "innerproduct": "INNER_PRODUCT",
    "lrn": "LRN",
    "multinomial_logistic_loss": "MULTINOMIAL_LOGISTIC_LOSS",
    "pool": "POOLING",
    "relu": "RELU",
    "sigmoid": "SIGMOID",
    "softmax": "SOFTMAX",
    "softmax_loss": "SOFTMAX_LOSS",
    "split": "SPLIT",
    "tanh": "TANH",
    "window_data": "WINDOW_DATA",
}
"""Layer types of the first generation."""

_PARAMETERS = {
    "conv": ("convolution_param", "ConvolutionParameter"),
    "innerproduct": ("inner_product_param", "InnerProductParameter"),
    "pool": ("pooling_param", "PoolingParameter"),
    "dropout": ("dropout_param", "DropoutParameter"),
    "lrn": ("lrn_param", "LRNParameter"),
    "concat": ("concat_param", "ConcatParameter"),
    "data": ("data_param", "DataParameter"),
    "images": ("image_data_param", "ImageDataParameter"),
    "window_data": ("window_data_param", "WindowDataParameter"),
    "hdf5_data": ("hdf5_data_param", "HDF5DataParameter"),
    "infogain_loss": ("infogain_loss_param", "InfogainLossParameter"),
}
"""Where the fields of a layer of the first generation belong."""

_RENAMED = {
    "biasterm": "bias_term",
    "kernelsize": "kernel_size",
    "batchsize": "batch_size",
    "meanfile": "mean_file",
    "cropsize": "crop_size",
    "shuffle_images": "shuffle",
    "det_fg_threshold": "fg_threshold",
    "det_bg_threshold": "bg_threshold",
    "det_fg_fraction": "fg_fraction",
    "det_context_pad": "context_pad",
    "det_crop_mode": "crop_mode",
}
_COMMON = ("name", "type", "blobs", "blobs_lr", "weight_decay", "hdf5_output_param")
_TRANSFORMING = ("scale", "mean_file", "crop_size", "mirror")
_LOADING = {"Data": "data_param", "ImageData": "image_data_param", "WindowData": "window_data_param"}


def upgraded(net: Message, file: str = "") -> tuple[Message, ...]:
    """The layers of a net, in the newest generation; what is given as the net's `input` is an Input layer."""
    old = net.all("layers")
    layers = [*net.all("layer"), *(_newest(layer, file) for layer in _without_paddings(old))]
    return (*_inputs(net), *(_transforming(layer) for layer in layers))


def _newest(old: Message, file: str) -> Message:
    inner = old.get("layer")
    return _from_v1(_from_v0(old, inner, file) if inner.fields else old)


def _without_paddings(old: list[Message]) -> list[Message]:
    """V0's padding layers become the padding of the convolution or pooling that they feed."""
    pads = {
        layer.get("top"): layer for layer in old if layer.has("layer") and layer.get("layer").get("type") == "padding"
    }
    if not pads:
        return old
    kept = []
    for layer in old:
        padding = pads.get(layer.get("bottom")) if layer.has("bottom") else None
        if padding is not None:
            inner = layer.get("layer").with_fields(pad=padding.get("layer").all("pad"))
            layer = layer.with_fields(layer=[inner], bottom=padding.all("bottom"))
        if layer not in pads.values():
            kept.append(layer)
    return kept


def _from_v0(outer: Message, inner: Message, file: str) -> Message:
    kind = inner.get("type")
    if kind not in _V0_TYPES:
        raise Unreadable(f"has a layer of an unknown type, {kind!r}", file=file, line=inner.line)
    made = Message("V1LayerParameter", line=outer.line)
    made.fields = {name: outer.all(name) for name in ("bottom", "top") if outer.has(name)}
    made.fields |= {name: inner.all(name) for name in _COMMON if name != "type" and inner.has(name)}
    made.fields["type"] = [Word(_V0_TYPES[kind])]
    rest = {name: values for name, values in inner.fields.items() if name not in _COMMON}
    if rest:
        field, message = _PARAMETERS.get(kind, ("v0_param", ""))
        made.fields[field] = [Message(message, {_RENAMED.get(name, name): v for name, v in rest.items()}, inner.line)]
    return made


def _from_v1(old: Message) -> Message:
    made = Message("LayerParameter", line=old.line)
    changed = ("type", "blobs_lr", "weight_decay", "param", "blob_share_mode", "layer")
    made.fields = {"name": old.all("name"), "type": [_spelled(old)]}
    if not old.has("name"):
        made.fields["name"] = [""]
    made.fields |= {name: values for name, values in old.fields.items() if name not in changed and name != "name"}
    specs = _specs(old)
    if specs:
        made.fields["param"] = specs
    return made


def _spelled(old: Message) -> str:
    kind = str(old.get("type"))
    return _SPELLED.get(kind, kind)


def _specs(old: Message) -> list[Message]:
    columns = {
        "name": old.all("param"),
        "share_mode": old.all("blob_share_mode"),
        "lr_mult": old.all("blobs_lr"),
        "decay_mult": old.all("weight_decay"),
    }
    count = max(map(len, columns.values()))
    return [
        Message("ParamSpec", {name: [values[place]] for name, values in columns.items() if place < len(values)})
        for place in range(count)
    ]


def _transforming(layer: Message) -> Message:
    """What older data layers say of transforms goes to `transform_param`."""
    field = _LOADING.get(layer.get("type"))
    given = layer.get(field) if field and layer.has(field) else None
    moved = {name: given.all(name) for name in _TRANSFORMING if given.has(name)} if given else {}
    if not moved or given is None or field is None:
        return layer
    transform = layer.get("transform_param")
    made = Message("TransformationParameter", {**transform.fields, **moved}, given.line)
    changed: dict[str, list[Any]] = {field: [given.without(*moved)], "transform_param": [made]}
    return layer.with_fields(**changed)


def _inputs(net: Message) -> tuple[Message, ...]:
    names, shapes, sizes = net.all("input"), net.all("input_shape"), net.all("input_dim")
    if not names:
        return ()
    if not shapes:
        fours = [sizes[place : place + 4] for place in range(0, len(sizes), 4)]
        shapes = [Message("BlobShape", {"dim": four}) for four in fours]
    parameter = Message("InputParameter", {"shape": list(shapes)} if shapes else {})
    fields = {"name": ["input"], "type": ["Input"], "top": list(names), "input_param": [parameter]}
    return (Message("LayerParameter", fields),)
