"""Models with one mistake each, and what must be said of it: for every check of engine.problems at least one."""

from dataclasses import dataclass, replace

from engine.blocks import Block, Parameter, Setting, Use
from engine.data.sources import NPZ
from engine.data.spec import DataSpec, Feed, Source, Split
from engine.layers.activation import ReLU, Sigmoid, Softmax
from engine.layers.arranging import ArgMax
from engine.layers.convolution import Conv2D
from engine.layers.data import Input, Target
from engine.layers.dense import Dense
from engine.layers.loss import Focal, MeanSquaredError, SigmoidCrossEntropy, SoftmaxCrossEntropy
from engine.layers.normalization import BatchNorm
from engine.layers.pooling import MaxPool2D
from engine.layers.reshape import Flatten
from engine.layers.unknown import Unknown
from engine.model import Model
from engine.network import Network
from engine.node import Bind, Link, WeightRule
from engine.problems import blocks, feeding, learning, naming, sense, shapes, training, wiring
from engine.training.metrics import Accuracy, RocAuc
from engine.training.recipe import Metric, MixUp, Recipe, Stop
from tests.engine.drawn import lenet, network, node

DATA = DataSpec(
    sources=(Source(NPZ("bundled:digits.npz")),),
    split=Split(validation=0.2),
    feeds=(Feed("image", "x"), Feed("digit", "y")),
)
READY = Model(network=lenet(), data=DATA)


def put(name, **changed):
    return replace(READY, network=lenet().change(name, lambda it: replace(it, **changed)))


def fed(name, *sources):
    return put(name, inputs=tuple(map(Link.parse, sources)))


def added(*nodes):
    return replace(READY, network=lenet().add(*nodes))


def recipe(**changed):
    return replace(READY, recipe=Recipe(**changed))


def data(**changed):
    return replace(READY, data=replace(DATA, **changed))


def bare(*nodes):
    return Model(network=network(*nodes))


PAIR = Block(
    "pair",
    (Parameter("channels", whole=500),),
    ("x",),
    ("relu",),
    (node("dense", "x", Dense(), bind=(Bind("units", "channels"),)), node("relu", "dense", ReLU())),
)


def using(use, *there, **changed):
    """LeNet with a block in place of its ReLU."""
    drawn = lenet().change("relu1", lambda it: replace(it, layer=use, **changed))
    return replace(READY, network=replace(drawn, blocks=there or (PAIR,)))


def bound(block, field, to):
    first, *others = block.nodes
    return replace(block, nodes=(replace(first, bind=(Bind(field, to),)), *others))


def shared(**rule):
    return put("ip2", weight=(WeightRule(**rule),))


@dataclass(frozen=True)
class Found:
    """A check, a model that it objects to, and what it must say."""

    check: object
    model: Model
    message: str
    node: str = ""
    severity: str = "error"
    hint: str = ""


BIASED = bare(("x", "", Input(sizes=(3, 9, 9))), node("norm", "conv", BatchNorm()), ("conv", "x", Conv2D(filters=4)))
FROZEN = replace(
    READY,
    network=Network(tuple(replace(it, weight=(WeightRule(learning_rate=0),)) for it in lenet().nodes)),
)
X = ("x", "", Input(sizes=(3,)))

FOUND = (
    Found(
        naming.repeated_names,
        added(node("conv1", "image", Conv2D(filters=20, kernel=5))),
        "there is another node named 'conv1'",
        "conv1",
        hint="call it 'conv3'",
    ),
    Found(naming.unusable_names, added(node("", "image", Flatten())), "a name must not be empty"),
    Found(
        naming.unusable_names,
        added(node("a:b", "image", Flatten())),
        "a name must not hold ':', which separates the parts of a wire",
        "a:b",
    ),
    Found(
        naming.unusable_names,
        added(node("a=b", "image", Flatten())),
        "a name must not hold '=', which separates the parts of a wire",
        "a=b",
    ),
    Found(
        naming.unusable_names,
        added(node("a\nb", "image", Flatten())),
        "a name must not hold control characters",
        "a\nb",
    ),
    Found(
        wiring.missing_sources,
        fed("conv1", "imagge"),
        "one of its inputs is 'imagge', which is not there",
        "conv1",
        hint="did you mean 'image'?",
    ),
    Found(
        wiring.missing_outputs,
        fed("conv1", "image:1"),
        "one of its inputs is output 1 of 'image', which has 1 output",
        "conv1",
        hint="outputs are counted from 0",
    ),
    Found(wiring.free_inputs, fed("conv1"), "its input is free", "conv1"),
    Found(wiring.free_inputs, fed("loss", "ip2"), "its input 'target' is free", "loss"),
    Found(wiring.free_inputs, fed("loss", "target=digit"), "its input 'x' is free", "loss"),
    Found(
        wiring.crowded_inputs,
        fed("loss", "ip2", "digit", "target=digit"),
        "its input 'target' takes one wire and has 2",
        "loss",
    ),
    Found(
        wiring.surplus_inputs,
        fed("conv2", "pool1", "conv1"),
        "it takes one input, and 'conv1' is one too many",
        "conv2",
    ),
    Found(wiring.surplus_inputs, fed("image", "conv1"), "it takes no input, and 'conv1' is one too many", "image"),
    Found(
        wiring.surplus_inputs,
        fed("loss", "ip2", "tagret=digit"),
        "it has no input named 'tagret'",
        "loss",
        hint="did you mean 'target'?",
    ),
    Found(wiring.circles, fed("conv1", "conv1"), "conv1 → conv1 is a circle", "conv1"),
    Found(wiring.circles, fed("conv1", "pool1"), "conv1 → pool1 → conv1 is a circle", "conv1"),
    Found(
        shapes.misfits,
        put("conv2", layer=Conv2D(filters=50, kernel=13)),
        "a 13x13 kernel does not fit an image of 12x12",
        "conv2",
        hint="pool1 gives 20x12x12",
    ),
    Found(
        shapes.misfits,
        put("ip2", layer=Dense(units=11)),
        "is given 11 scores, and its target has 10 classes",
        "loss",
        hint="ip2 gives 11, digit gives a single number",
    ),
    Found(
        shapes.misfits,
        put("loss", layer=MeanSquaredError()),
        "needs a target of numbers, and its target holds classes",
        "loss",
    ),
    Found(
        shapes.placeholders,
        added(node("roi", "conv1", Unknown(type="ROIPooling"))),
        "no layer of the catalogue stands for ROIPooling: it is kept and cannot be trained",
        "roi",
        "warning",
    ),
    Found(
        blocks.refusals,
        added(node("stage", "conv1", Use(block="residual"))),
        "there is no block named 'residual'",
        "stage",
    ),
    Found(blocks.refusals, using(Use("b"), Block("b")), "the block 'b' has no output", "relu1"),
    Found(
        blocks.refusals,
        using(Use("pair", set=(Setting("chanels", whole=3),))),
        "the block 'pair' has no parameter 'chanels'",
        "relu1",
        hint="did you mean 'channels'?",
    ),
    Found(
        blocks.refusals,
        using(Use("pair", set=(Setting("channels", text="many"),))),
        "channels takes a whole number, not 'many'",
        "relu1",
    ),
    Found(
        blocks.refusals,
        using(Use("pair", set=(Setting("channels", to="width"),))),
        "cannot set channels to 'width': there is no parameter 'width'",
        "relu1",
    ),
    Found(
        blocks.refusals,
        using(Use("pair"), bound(PAIR, "units", "channels //")),
        "in the block 'pair' the node 'dense': cannot bind units to 'channels //': "
        "a number or a parameter is missing at its end",
        "relu1",
    ),
    Found(
        blocks.refusals,
        using(Use("pair"), bound(PAIR, "unit", "channels")),
        "in the block 'pair' the node 'dense': cannot bind unit to 'channels': dense has no such field",
        "relu1",
        hint="did you mean 'units'?",
    ),
    Found(
        blocks.refusals,
        using(Use("pair"), bound(PAIR, "units", "channels - 500")),
        "in the block 'pair' the node 'dense': cannot bind units to 'channels - 500': units must be at least 1, not 0",
        "relu1",
    ),
    Found(
        blocks.refusals,
        using(Use("pair"), replace(PAIR, nodes=(node("relu", "x", Use("pair")),))),
        "in the block 'pair' the node 'relu': the block 'pair' would stand in itself: pair → pair",
        "relu1",
    ),
    Found(
        blocks.refusals,
        using(Use("pair", repeat=1_000_000)),
        "it would make more than 20,000 nodes",
        "relu1",
    ),
    Found(
        blocks.repeated_blocks, using(Use("pair"), PAIR, PAIR), "2 blocks are named 'pair', and the first one is used"
    ),
    Found(
        blocks.unused_blocks,
        replace(READY, network=replace(lenet(), blocks=(PAIR,))),
        "the block 'pair' is not used",
        severity="suggestion",
    ),
    Found(
        blocks.idle_circles,
        replace(
            READY,
            network=replace(
                lenet().add(node("u", "u", Use("through")), node("end", "u", ReLU())),
                blocks=(Block("through", (), ("x",), ("x",)),),
            ),
        ),
        "it is fed by 'u', a block on a circle",
        "end",
    ),
    Found(
        blocks.strange_rules,
        using(Use("pair"), PAIR, weight=(WeightRule("dense/wieght", learning_rate=2),)),
        "it has no weight named 'dense/wieght'",
        "relu1",
        hint="did you mean 'dense/weight'?",
    ),
    Found(sense.nothing, Model(), "the network is empty", severity="suggestion"),
    Found(sense.no_input, bare(("conv", "", Conv2D())), "the network has no input"),
    Found(sense.no_loss, bare(X), "the network has no loss: it can be run, but not trained", severity="warning"),
    Found(
        sense.doubled_links,
        bare(X, ("soft", "x", Softmax()), ("t", "", Target(3)), ("loss", "soft t", SoftmaxCrossEntropy())),
        "it computes a softmax itself, and 'soft' has computed one before it",
        "loss",
        "warning",
        "remove 'soft': what is deployed gets its softmax anyway",
    ),
    Found(
        sense.doubled_links,
        bare(X, ("s", "x", Sigmoid()), ("t", "", Target(sizes=(3,))), ("loss", "s t", SigmoidCrossEntropy())),
        "it computes a sigmoid itself, and 's' has computed one before it",
        "loss",
        "warning",
    ),
    Found(
        sense.idle_nodes, added(node("side", "conv1", ReLU())), "it feeds nothing that a loss needs", "side", "warning"
    ),
    Found(
        sense.idle_nodes,
        replace(added(node("answer", "", Target(classes=3))), data=DataSpec()),
        "no loss compares anything with it",
        "answer",
        "warning",
    ),
    Found(
        sense.idle_biases,
        BIASED,
        "its bias has no effect: the batch normalisation behind it takes it away again",
        "conv",
        "suggestion",
        "set bias to false",
    ),
    Found(
        sense.idle_padding,
        put("conv1", layer=Conv2D(filters=20, kernel=5, padding=2, auto_pad="valid")),
        "its padding is not used, for auto_pad is valid",
        "conv1",
        "warning",
    ),
    Found(
        sense.idle_padding,
        put("pool1", layer=MaxPool2D(padding=1, auto_pad="same")),
        "its padding is not used, for auto_pad is same",
        "pool1",
        "warning",
    ),
    Found(
        sense.idle_bypasses,
        put("image", state="bypassed"),
        "it is bypassed and has no input to hand on: what it feeds is left out",
        "image",
        "warning",
    ),
    Found(
        sense.training_only_sources,
        put("ip1", phase="train"),
        "it is fed by 'ip1', which is there only while training, and is not deployed either",
        "relu1",
        "warning",
    ),
    Found(
        learning.uncounted_classes,
        added(node("most", "ip2", ArgMax()), node("again", "ip2 most", SoftmaxCrossEntropy(balanced=True))),
        "its classes cannot be counted, for its target does not come with the data as it is",
        "again",
        hint="say class_weights instead of balanced",
    ),
    Found(
        learning.rules_for_nothing,
        shared(name="wieght"),
        "it has no weight named 'wieght'",
        "ip2",
        hint="did you mean 'weight'?",
    ),
    Found(
        learning.rules_for_nothing,
        put("relu1", weight=(WeightRule(decay=0),)),
        "it has no weights for a rule to hold for",
        "relu1",
        "warning",
    ),
    Found(
        learning.unshareable_weights,
        shared(same_as="ip3"),
        "it shares weights with 'ip3', which is not there",
        "ip2",
        hint="did you mean 'ip2'?",
    ),
    Found(
        learning.unshareable_weights,
        shared(same_as="ip1"),
        "its weight is 10x500, and that of 'ip1' is 500x800",
        "ip2",
    ),
    Found(
        learning.unshareable_weights,
        shared(same_as="relu1"),
        "its weight is 10x500, and that of 'relu1' is not there",
        "ip2",
    ),
    Found(
        learning.unshareable_weights,
        shared(same_as="ip2"),
        "it shares its weight with 'ip2', which shares it with 'ip2' again",
        "ip2",
    ),
    Found(
        learning.nothing_learns,
        FROZEN,
        "nothing learns: every weight is frozen, or there is none",
        severity="warning",
    ),
    Found(training.lengths, recipe(epochs=0), "the recipe has no length"),
    Found(
        training.lengths,
        recipe(epochs=5, steps=100),
        "the recipe says both 5 epochs and 100 steps: the steps hold",
        severity="warning",
    ),
    Found(
        training.stops,
        recipe(stop=Stop("validation_acuracy"), metrics=(Metric(Accuracy()),)),
        "the recipe stops by 'validation_acuracy', which is not measured",
        hint="did you mean 'validation_accuracy'?",
    ),
    Found(training.stops, recipe(stop=Stop("accuracy")), "the recipe stops by 'accuracy', which is not measured"),
    Found(
        training.stops,
        replace(recipe(stop=Stop()), data=replace(DATA, split=None)),
        "the recipe stops by 'validation_loss', and no data are kept for validation",
    ),
    Found(
        training.metric_inputs,
        recipe(metrics=(Metric(Accuracy(), (Link("score"), Link("digit"))),)),
        "the metric accuracy compares 'score', which is not there",
    ),
    Found(
        training.whole_metrics,
        replace(recipe(metrics=(Metric(RocAuc()),)), data=replace(DATA, split=None)),
        "the metric roc_auc is measured of what is validated, and no data are kept for that",
        severity="warning",
        hint="say in the data's split which share is kept for validation",
    ),
    Found(
        training.mixing,
        replace(added(node("focal", "ip2 digit", Focal())), recipe=Recipe(mix_up=MixUp())),
        "mix_up blends targets, and focal has none that could be blended",
        "focal",
    ),
    Found(
        feeding.no_data,
        replace(READY, data=DataSpec()),
        "there are no data to train on yet",
        severity="suggestion",
    ),
    Found(
        feeding.strayed_feeds,
        data(feeds=(*DATA.feeds, Feed("digits", "y"))),
        "the data feed 'digits', which is not there",
        hint="did you mean 'digit'?",
    ),
    Found(
        feeding.strayed_feeds,
        data(feeds=(*DATA.feeds, Feed("conv1", "y"))),
        "the data feed it, and only inputs and targets take data",
        "conv1",
    ),
    Found(
        feeding.repeated_feeds,
        data(feeds=(*DATA.feeds, Feed("digit", "z"))),
        "2 feeds name it, and one can hold",
        "digit",
    ),
    Found(feeding.unfed_nodes, data(feeds=DATA.feeds[:1]), "no column of the data feeds it", "digit"),
    Found(
        feeding.labels,
        data(feeds=(DATA.feeds[0], Feed("digit", "y", labels=("zero", "one")))),
        "the data name 2 labels, and it has 10 classes",
        "digit",
        "warning",
    ),
    Found(
        feeding.splits,
        data(split=Split(validation=0.6, test=0.4)),
        "the split keeps 1 of the data for validation and test, and nothing for training",
    ),
)
