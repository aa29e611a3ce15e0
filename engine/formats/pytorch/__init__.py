"""PyTorch: a network as a readable `model.py` of classes of its own, with all its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from engine.active import active, deployment
from engine.backends.graph import Graph, Source, graph_of
from engine.formats.pytorch import activations, arranging, pooling  # noqa: F401 - they add rules
from engine.formats.pytorch.calls import RESERVED, title
from engine.formats.pytorch.classes import Classes
from engine.formats.pytorch.limits import refusal
from engine.formats.pytorch.picking import arranged, definitions, imports, taken
from engine.formats.pytorch.rules import Place, rule
from engine.formats.pytorch.tree import Forest, Scope
from engine.formats.pytorch.weights import homes, names_of, states_of, ties
from engine.layers.data import Constant, Input, Target

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.network import Network

MODULES = "modules.py"

HEAD = '''"""{name} in PyTorch. The shapes in comments are those of a batch of N samples.

    from safetensors.torch import load_file

    model = {title}()
    model.load_state_dict(load_file("weights.safetensors"))
"""

from __future__ import annotations

'''


@dataclass(frozen=True)
class Written:
    """A network as a module: the text of `model.py`, the name of its class, and all states of the module by name."""

    text: str
    title: str
    inputs: tuple[str, ...]
    """The Input nodes that it takes, in order."""
    outputs: tuple[Source, ...]
    """What it gives while training; otherwise the first `lasting` of them."""
    lasting: int
    states: Mapping[str, NDArray[Any]]
    modules: Mapping[str, str]
    """For every node that has a module of its own the name of it."""
    names: Mapping[str, str]
    """What each weight is called there."""


def written(network: Network, weights: Mapping[str, NDArray[Any]], name: str = "", note: str = "") -> Written:
    """`network` (drawn, with its blocks) as a module with `weights`. Raises Unsupported and NetwrightError."""
    graph = graph_of(active(network))
    lasting, outputs = _outputs(network, graph)
    scope = _scope(network, graph, lasting, outputs)
    shorter = lasting if len(lasting) < len(outputs) else ()
    classes = Classes(title(name), {title(name), *RESERVED, *definitions(MODULES)})
    classes.add(scope, shorter, list(ties(scope)), note)
    return Written(
        text=_text(name, classes),
        title=classes.root,
        inputs=tuple(node for node, _ in scope.entering),
        outputs=outputs,
        lasting=len(lasting),
        states=states_of(scope, weights),
        modules={home.leaf.site.name: ".".join(home.path) for home in homes(scope)},
        names=names_of(scope),
    )


def _outputs(network: Network, graph: Graph) -> tuple[tuple[Source, ...], tuple[Source, ...]]:
    """What the module gives when deployed, and while training: the same, and then what only its losses need."""
    fed = tuple((link.node, link.output) for link in deployment(network).fed)
    lasting = tuple(dict.fromkeys(fed))
    computed = {site.name for site in graph.sites if not isinstance(site.layer, Input | Target)}
    compared = (source for loss in graph.losses for source in loss.feeds if source[0] in computed)
    return lasting, tuple(dict.fromkeys((*lasting, *compared)))


def _scope(network: Network, graph: Graph, lasting: tuple[Source, ...], outputs: tuple[Source, ...]) -> Scope:
    """The network as scopes, in the order in which it is computed; what only training needs comes last."""
    reached = graph.leading_to(node for node, _ in outputs)
    deployed = {site.name for site in graph.leading_to(node for node, _ in lasting).sites}
    sites = {site.name: site for site in reached.sites if not isinstance(site.layer, Input | Target)}
    inputs = [site.name for site in reached.sites if isinstance(site.layer, Input)]
    constant = next((site for site in sites.values() if isinstance(site.layer, Constant)), None)
    if constant is not None and not inputs:
        raise refusal(constant.layer, constant.name)
    steps = {name: rule(site.layer, Place(site)) for name, site in sites.items()}
    blocks = {block.name: block for block in reversed(network.blocks)}
    forest = Forest(sites, steps, blocks, frozenset(outputs), (inputs[0], 0) if inputs else None)
    whole = forest.scope("", network.nodes)
    late = [item for item in whole.items if not any(site.name in deployed for site in item.sites)]
    items = (*(item for item in whole.items if item not in late), *late)
    entering = {(name, 0): name for name in inputs}
    return replace(whole, items=items, outputs=outputs, entering=entering, only_training=late[0] if late else None)


def _text(name: str, classes: Classes) -> str:
    body = "\n\n\n".join(classes.texts)
    code = "\n\n\n".join((*(part.text for part in taken(MODULES, body)), body)) + "\n"
    head = HEAD.format(name=name.replace('"', "'").replace("\\", "/") or "A network", title=classes.root)
    return f"{head}{arranged(imports(MODULES, code))}\n\n\n{code}"
