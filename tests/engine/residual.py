"""A small residual network written with blocks and, node by node, without; and what the nodes are called in each."""

from engine.blocks import Block, Parameter, Setting, Use
from engine.layers.activation import ReLU
from engine.layers.convolution import Conv2D
from engine.layers.data import Input, Target
from engine.layers.dense import Dense
from engine.layers.loss import SoftmaxCrossEntropy
from engine.layers.merge import Add
from engine.layers.normalization import BatchNorm
from engine.layers.pooling import GlobalAvgPool
from engine.network import Network
from engine.node import Bind
from tests.engine.drawn import network, node


def conv(name, source, **fields):
    bind = (Bind("filters", "channels"),)
    return node(name, source, Conv2D(auto_pad="same", bias=False, **fields), bind=bind)


RESIDUAL = Block(
    "residual",
    (Parameter("channels", whole=8),),
    ("x",),
    ("out",),
    (
        conv("conv1", "x"),
        node("norm1", "conv1", BatchNorm()),
        node("relu1", "norm1", ReLU()),
        conv("conv2", "relu1"),
        node("norm2", "conv2", BatchNorm()),
        node("sum", "norm2 x", Add()),
        node("out", "sum", ReLU()),
    ),
)
NARROWING = Block(
    "narrowing",
    (Parameter("channels", whole=8),),
    ("x",),
    ("out",),
    (
        conv("conv1", "x", stride=2),
        node("norm1", "conv1", BatchNorm()),
        node("relu1", "norm1", ReLU()),
        conv("conv2", "relu1"),
        node("norm2", "conv2", BatchNorm()),
        conv("shortcut", "x", kernel=1, stride=2),
        node("norm3", "shortcut", BatchNorm()),
        node("sum", "norm2 norm3", Add()),
        node("out", "sum", ReLU()),
    ),
)
CHANNELS = (Setting("channels", to="channels"),)
STAGE = Block(
    "stage",
    (Parameter("channels", whole=8), Parameter("blocks", whole=2)),
    ("x",),
    ("rest",),
    (
        node("first", "x", Use("narrowing", set=CHANNELS)),
        node("rest", "first", Use("residual", set=CHANNELS), bind=(Bind("repeat", "blocks - 1"),)),
    ),
)
BLOCKS = (RESIDUAL, NARROWING, STAGE)


def ends(last):
    """What stands behind the stages."""
    return (
        node("mean", last, GlobalAvgPool()),
        node("score", "mean", Dense(units=3)),
        node("digit", "", Target(classes=3)),
        node("loss", "score digit", SoftmaxCrossEntropy()),
    )


def drawn() -> Network:
    """Two repeats of a block, then a stage of three blocks, of which the last two repeat within it."""
    nodes = network(
        ("image", "", Input(sizes=(2, 8, 8))),
        ("stem", "image", Conv2D(filters=4, auto_pad="same")),
        ("stage1", "stem", Use("residual", repeat=2, set=(Setting("channels", whole=4),))),
        ("stage2", "stage1", Use("stage", set=(Setting("channels", whole=6), Setting("blocks", whole=3)))),
        *ends("stage2"),
    ).nodes
    return Network(nodes, BLOCKS)


def written_out() -> Network:
    """The same network, node by node, without a block."""
    nodes = [node("image", "", Input(sizes=(2, 8, 8))), node("stem", "image", Conv2D(filters=4, auto_pad="same"))]
    nodes += plain("a", "stem", 4) + plain("b", "a_out", 4) + narrowing("c", "b_out", 6)
    nodes += plain("d", "c_out", 6) + plain("e", "d_out", 6)
    return Network((*nodes, *ends("e_out")))


PREFIXES = {
    "stage1/0/": "a_",
    "stage1/1/": "b_",
    "stage2/first/": "c_",
    "stage2/rest/0/": "d_",
    "stage2/rest/1/": "e_",
}
"""How what stands in a block is called where the network is written out."""


def plain_name(name: str) -> str:
    prefix = next((prefix for prefix in PREFIXES if name.startswith(prefix)), "")
    return PREFIXES.get(prefix, "") + name.removeprefix(prefix)


def plain(it, source, channels):
    def three(name, source, **fields):
        return node(f"{it}_{name}", source, Conv2D(filters=channels, auto_pad="same", bias=False, **fields))

    return [
        three("conv1", source),
        node(f"{it}_norm1", f"{it}_conv1", BatchNorm()),
        node(f"{it}_relu1", f"{it}_norm1", ReLU()),
        three("conv2", f"{it}_relu1"),
        node(f"{it}_norm2", f"{it}_conv2", BatchNorm()),
        node(f"{it}_sum", f"{it}_norm2 {source}", Add()),
        node(f"{it}_out", f"{it}_sum", ReLU()),
    ]


def narrowing(it, source, channels):
    wide = {node.name: node for node in plain(it, source, channels)}
    conv = Conv2D(filters=channels, auto_pad="same", bias=False, stride=2)
    shortcut = Conv2D(filters=channels, auto_pad="same", bias=False, stride=2, kernel=1)
    wide[f"{it}_conv1"] = node(f"{it}_conv1", source, conv)
    wide[f"{it}_sum"] = node(f"{it}_sum", f"{it}_norm2 {it}_norm3", Add())
    return [
        *wide.values(),
        node(f"{it}_shortcut", source, shortcut),
        node(f"{it}_norm3", f"{it}_shortcut", BatchNorm()),
    ]
