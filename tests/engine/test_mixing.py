"""What can be blended of a network, and why not."""

import pytest

from engine.mixing import Shares, blended, mixable
from engine.network import Network
from engine.schema.read import read

BEGIN = """
netwright: 1
node { name: "x" input { shape: [4] } }
node { name: "y" target { classes: 3 } }
node { name: "t" target { shape: [3] } }
node { name: "score" from: "x" dense { units: 3 } }
"""


def drawn(*nodes: str) -> Network:
    return read("\n".join((BEGIN, *(f"node {{ {text} }}" for text in nodes)))).model.network


ENTROPY = 'name: "loss" from: "score" from: "y" softmax_cross_entropy { }'
ERROR = 'name: "error" from: "score" from: "t" huber { }'


def test_an_index_becomes_a_share_for_every_class() -> None:
    network = drawn(ENTROPY, ERROR)
    assert mixable(network).shares == {"y": Shares(3, 0)}
    assert [blended(network)[name].layer.outputs()[0].shape for name in "yt"] == [(3,), (3,)]
    assert [blended(network)[name].layer.outputs()[0].values for name in "yt"] == ["number", "number"]


def test_the_shares_stand_where_the_classes_of_the_scores_do() -> None:
    network = drawn(
        'name: "map" input { shape: [5, 8, 9] }',
        'name: "mask" target { classes: 5 shape: [8, 9] }',
        'name: "loss" from: "map" from: "mask" softmax_cross_entropy { axis: 0 ignore_index: 2 }',
    )
    assert mixable(network).shares == {"mask": Shares(5, 0, 2)}
    assert blended(network)["mask"].layer.outputs()[0].shape == (5, 8, 9)


def test_a_decision_is_its_own_share() -> None:
    network = drawn(
        'name: "side" target { classes: 2 shape: [3] }',
        'name: "loss" from: "score" from: "side" sigmoid_cross_entropy { }',
    )
    assert mixable(network).shares == {"side": Shares()}
    assert blended(network)["side"].layer.outputs()[0].shape == (3,)


@pytest.mark.parametrize(
    ("nodes", "at", "message"),
    [
        (['name: "loss" from: "score" from: "y" focal { }'], "loss", "focal has none that could be blended"),
        (['name: "loss" from: "score" from: "t" hinge { }'], "loss", "hinge has none that could be blended"),
        (
            ['name: "loss" from: "score" from: "x" from: "y" contrastive { }'],
            "loss",
            "contrastive has none that could be blended",
        ),
        (
            ['name: "loss" from: "score" from: "score" mean_squared_error { }'],
            "loss",
            "that of this loss does not come with the data",
        ),
        (
            ['name: "words" input { shape: [7] values: index classes: 9 }', 'name: "e" from: "words" embedding { }'],
            "words",
            "mix_up blends numbers, and this holds indices",
        ),
        (
            [ENTROPY, 'name: "other" from: "score" from: "y" softmax_cross_entropy { ignore_index: 0 }'],
            "y",
            "its losses do not agree on them",
        ),
        (
            [
                'name: "steps" input { shape: [5, 8] }',
                'name: "there" input { shape: [5] }',
                'name: "it" from: "steps" from: "mask=there" multi_head_attention { heads: 2 }',
            ],
            "it",
            "a mask of two samples is neither's",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else "",
)
def test_what_cannot_be_blended_is_named(nodes: list[str], at: str, message: str) -> None:
    found = mixable(drawn(*nodes)).problems
    assert [problem.node for problem in found if message in problem.message] == [at]
