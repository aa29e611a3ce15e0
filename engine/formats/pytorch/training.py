"""The text of `train.py`: a recipe repeated without Netwright, from the same first weights in the same order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.active import executed
from engine.backends.graph import Graph, Source, graph_of
from engine.data.balance import balanced
from engine.data.dataset import Data, open_data
from engine.declare import fields_of, name_of
from engine.errors import NetwrightError, Unsupported
from engine.formats.pytorch import Written, feeding, judging
from engine.formats.pytorch.calls import code, identifier
from engine.formats.pytorch.picking import Import, arranged, imports, taken
from engine.model import Model
from engine.training.gauges import gauges_of
from engine.training.optimizers import (
    LAMB,
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    AdamW,
    Lion,
    NAdam,
    OptimizerRule,
    RMSProp,
)
from engine.training.recipe import Recipe
from engine.training.schedules import Plateau, ScheduleRule

RECIPES = "recipes.py"

HEAD = '''"""Trains {name} as its recipe says: the same first weights, order of samples, augmentation and optimiser.

    python train.py [--epochs N]

It needs torch, numpy, pillow and safetensors. It begins with `weights.safetensors` and writes `trained.safetensors` and
`history.json`, the means of every epoch. What dropout puts out is drawn by torch, not as Netwright draws it.
"""

from __future__ import annotations

'''

MAIN = '''
def rate(step_number: int, steps_per_epoch: int, total: int) -> float:
    """The factor on the learning rate: a warm-up that rises with every step, then the schedule."""
    unit = {unit}
    rising = WARM_UP * unit
    if step_number < rising:
        return (step_number + 1) / rising
    t, length = step_number // unit - WARM_UP, max(1, -(-total // unit) - WARM_UP)
    return {schedule}


def groups(model: nn.Module) -> list[dict[str, Any]]:
    """Weights that learn alike, with their factor on the learning rate."""
    found: dict[tuple[float, float], list[nn.Parameter]] = {{}}
    for name, weight in model.named_parameters():
        factors = FACTORS.get(name, (1.0, 1.0))
        if factors[0] > 0:
            found.setdefault(factors, []).append(weight)
    return [
        {{"params": weights, "factor": factor, "weight_decay": WEIGHT_DECAY * decay}}
        for (factor, decay), weights in found.items()
    ]


class Means:
    """Means over samples of the loss, over what they measure of metrics."""

    def __init__(self) -> None:
        self.sums: dict[str, float] = {{}}
        self.counts: dict[str, int] = {{}}

    def add(self, name: str, total: float, count: int) -> None:
        self.sums[name] = self.sums.get(name, 0.0) + total
        self.counts[name] = self.counts.get(name, 0) + count

    def count(self, loss: Tensor, samples: int, measured: dict[str, tuple[float, int]]) -> None:
        self.add("loss", float(loss) * samples, samples)
        for name, (total, count) in measured.items():
            self.add(name, total, count)

    def values(self) -> dict[str, float]:
        return {{name: total / max(1, self.counts[name]) for name, total in self.sums.items()}}


def validate(model: nn.Module) -> dict[str, float]:
    """The means over the validation part, as when deployed."""
    means = Means()
    model.eval()
    with torch.no_grad():
        for begin in range(0, len(VALIDATION), BATCH_SIZE):
            batch = samples(VALIDATION[begin : begin + BATCH_SIZE], seed=0, epoch=0, training=False)
            loss, measured = judged(model, batch)
            means.count(loss.detach(), len(next(iter(batch.values()))), measured)
    model.train()
    return means.values()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, help="end after so many; the schedule stays")
    last = parser.parse_args().epochs
    torch.manual_seed(SEED)
    model = {title}()
    model.load_state_dict(load_file(HERE / "weights.safetensors"))
    model.train()
    optimizer = {optimizer}
    steps_per_epoch = math.ceil(len(TRAIN) / BATCH_SIZE)
    total = STEPS or EPOCHS * steps_per_epoch
    history = []
    for epoch in range(min(last or total, math.ceil(total / steps_per_epoch))):
        order = np.random.default_rng(number("order", SEED, epoch)).permutation(len(TRAIN))
        means = Means()
        for place in range(min(steps_per_epoch, total - epoch * steps_per_epoch)):
            rows = TRAIN[order[place * BATCH_SIZE : (place + 1) * BATCH_SIZE]]
            batch = samples(rows, SEED, epoch, training=True)
            for group in optimizer.param_groups:
                factor = rate(epoch * steps_per_epoch + place, steps_per_epoch, total)
                group["lr"] = LEARNING_RATE * factor * group["factor"]
            loss, measured = judged(model, batch)
            optimizer.zero_grad()
            loss.backward()
{clipping}            optimizer.step()
            means.count(loss.detach(), len(rows), measured)
        told = {{"epoch": epoch + 1, **means.values()}}
        told |= {{f"validation_{{name}}": value for name, value in validate(model).items()}}
        history.append(told)
        print(", ".join(f"{{name}} {{value:.5g}}" for name, value in told.items()), flush=True)
    save_file(model.state_dict(), HERE / "trained.safetensors")
    (HERE / "history.json").write_text(json.dumps(history, indent=1))


if __name__ == "__main__":
    main()
'''

STANDING = (
    Import("", "argparse"),
    Import("", "json"),
    Import("", "math"),
    Import("pathlib", "Path"),
    Import("typing", "Any"),
    Import("", "numpy as np"),
    Import("", "torch"),
    Import("numpy.typing", "NDArray"),
    Import("safetensors.torch", "load_file"),
    Import("safetensors.torch", "save_file"),
    Import("torch", "Tensor"),
    Import("torch", "nn"),
)
"""What every script imports."""


def script(model: Model, base: Path, written: Written) -> str:
    """`train.py` for `model`, whose paths are relative to `base`. Raises Unsupported for what it cannot repeat."""
    _check(model.recipe)
    if not model.data.sources:
        raise Unsupported("the model names no data")
    model, data = balanced(model, open_data(model.data, model.network, base))
    feeding.check(data)
    model = executed(model)
    graph = graph_of(model.network)
    own = "\n\n\n".join(
        (
            "\n".join((*_constants(model.recipe, graph, written), "", *_source(data))),
            _function(
                "samples(rows: Array, seed: int, epoch: int, training: bool) -> dict[str, Tensor]", data_lines(data)
            ),
            "\n".join(_judging(model, graph, written)),
            _main(model.recipe, written).strip(),
        )
    )
    needed = "\n\n\n".join(part.text for part in taken(RECIPES, own) if part.name != "Array")
    first = arranged((*STANDING, *imports(RECIPES, f"{needed}\n{own}")))
    head = HEAD.format(name=model.name.replace('"', "'") or "a network")
    return f"{head}{first}\n\nfrom model import {written.title}\n\nArray = NDArray[Any]\n\n\n{needed}\n\n\n{own}\n"


def data_lines(data: Data) -> list[str]:
    """The lines that prepare samples."""
    return list(feeding.prepared(data, _reading(data)))


def _reading(data: Data) -> feeding.Reading:
    names = list(dict.fromkeys(feed.feed.column for feed in data.feedings))
    return feeding.reading(data.spec.sources[0].rule, Path(), names)


def _source(data: Data) -> Iterator[str]:
    it = _reading(data)
    yield from it.lines
    yield from feeding.rows(data.spec, it, data)


def _check(recipe: Recipe) -> None:
    """Raises Unsupported for what is in the recipe and cannot be repeated."""
    refused: Mapping[str, bool] = {
        "accumulated gradients": recipe.accumulate > 1,
        "averages of weights": recipe.average is not None,
        "blends of samples (mix-up)": recipe.mix_up is not None,
        "a precision other than float32": recipe.precision != "float32",
        "a rate that waits for validations (plateau)": isinstance(recipe.schedule.rule, Plateau),
    }
    what = next((name for name, is_there in refused.items() if is_there), "")
    if what:
        raise Unsupported(f"it has no rule for {what}")


def _constants(recipe: Recipe, graph: Graph, written: Written) -> Iterator[str]:
    yield "HERE = Path(__file__).parent"
    yield f"SEED, BATCH_SIZE, EPOCHS, STEPS = {recipe.seed}, {recipe.batch_size}, {recipe.epochs}, {recipe.steps}"
    rule = recipe.optimizer.rule
    yield f"LEARNING_RATE, WEIGHT_DECAY, WARM_UP = {rule.learning_rate}, {rule.weight_decay}, {recipe.schedule.warmup}"
    factors = {
        written.names[name]: (float(parameter.rate), float(parameter.decay))
        for name, parameter in graph.parameters.items()
        if parameter.is_trainable and (parameter.rate, parameter.decay) != (1.0, 1.0) and name in written.names
    }
    if not factors:
        yield "FACTORS: dict[str, tuple[float, float]] = {}"
        return
    yield "FACTORS = {  # on learning rate and weight decay, where they are not 1"
    yield from (f"    {code(name)}: {pair}," for name, pair in factors.items())
    yield "}"


def _function(head: str, lines: list[str]) -> str:
    return "\n".join(
        (f"def {head}:", '    """The samples of `rows` as the network takes them."""', *(f"    {it}" for it in lines))
    )


def _judging(model: Model, graph: Graph, written: Written) -> Iterator[str]:
    """The function that runs the network and compares what it gives."""
    names: dict[Source, str] = {}
    for source in written.outputs:
        own = f"{source[0]}_{source[1]}" if source[1] else source[0]
        names[source] = identifier(own, {*names.values(), "model", "batch", "total", "measured"})
    fed = {(site.name, 0): f"batch[{code(site.name)}]" for site in graph.inputs}
    values = {**fed, **names}
    yield "def judged(model: nn.Module, batch: dict[str, Tensor]) -> tuple[Tensor, dict[str, tuple[float, int]]]:"
    yield '    """The sum of all losses, and the sums of every metric."""'
    call = f"model({', '.join(fed[node, 0] for node in written.inputs)})"
    lasting = written.outputs[: written.lasting]
    in_use = [site for site in graph.losses if all(it in fed or it in lasting for it in site.feeds)]
    measured = list(judging.metrics(gauges_of(model.network, model.recipe), {**fed, **{s: names[s] for s in lasting}}))
    if written.lasting == len(written.outputs):
        yield f"    {', '.join(names[source] for source in written.outputs)} = {call}"
        yield f"    total = {_sum(graph.losses, values)}"
    else:
        yield "    if model.training:"
        yield f"        {', '.join(names[source] for source in written.outputs)} = {call}"
        yield f"        total = {_sum(graph.losses, values)}"
        yield "    else:"
        yield f"        {', '.join(names[source] for source in lasting)} = {call}"
        yield f"        total = {_sum(tuple(in_use), values)}"
    yield "    measured = {"
    yield from (f"        {code(name)}: {expression}," for name, expression in measured)
    yield "    }"
    yield "    return total, measured"


def _sum(sites: Any, values: Mapping[Source, str]) -> str:
    terms = []
    for site in sites:
        missing = next((source for source in site.feeds if source not in values), None)
        if missing is not None:
            raise Unsupported("it compares only what the network gives and what the batch holds", node=site.name)
        term = judging.loss(site.layer, site, tuple(values[source] for source in site.feeds))
        terms.append(term if site.layer.weight == 1 else f"{site.layer.weight} * ({term})")
    if not terms:
        raise Unsupported("there is no loss to learn from")
    return " + ".join(terms)


def _main(recipe: Recipe, written: Written) -> str:
    rule, clip = recipe.optimizer.rule, recipe.clip
    clipping = ""
    if clip and clip.value:
        clipping += f"            nn.utils.clip_grad_value_(model.parameters(), {clip.value})\n"
    if clip and clip.norm:
        clipping += f"            nn.utils.clip_grad_norm_(model.parameters(), {clip.norm})\n"
    return MAIN.format(
        unit="steps_per_epoch" if recipe.schedule.per == "epoch" else "1",
        schedule=_schedule(recipe.schedule.rule),
        title=written.title,
        optimizer=_optimizer(rule),
        clipping=clipping,
    )


def _schedule(rule: ScheduleRule) -> str:
    options = "".join(f", {f.name}={code(getattr(rule, f.name))}" for f in fields_of(type(rule)))
    return f"{name_of(rule)}(t, length{options})"


def _betas(rule: Any) -> str:
    return f"betas=({rule.beta1}, {rule.beta2})"


OPTIMIZERS: dict[type[OptimizerRule], Callable[[Any], str]] = {
    SGD: lambda it: f"SGD(groups(model), momentum={it.momentum}, nesterov={it.nesterov}, weight_decay=WEIGHT_DECAY",
    RMSProp: lambda it: f"torch.optim.RMSprop(groups(model), alpha={it.rho}, eps={it.epsilon}",
    Adam: lambda it: f"torch.optim.Adam(groups(model), {_betas(it)}, eps={it.epsilon}",
    AdamW: lambda it: f"torch.optim.AdamW(groups(model), {_betas(it)}, eps={it.epsilon}",
    Adagrad: lambda it: f"torch.optim.Adagrad(groups(model), eps={it.epsilon}",
    Adadelta: lambda it: f"torch.optim.Adadelta(groups(model), rho={it.rho}, eps={it.epsilon}",
    NAdam: lambda it: f"torch.optim.NAdam(groups(model), {_betas(it)}, eps={it.epsilon}, momentum_decay={it.psi}",
    Lion: lambda it: f"Lion(groups(model), {_betas(it)}, weight_decay=WEIGHT_DECAY",
    LAMB: lambda it: f"LAMB(groups(model), {_betas(it)}, eps={it.epsilon}, weight_decay=WEIGHT_DECAY",
}
"""torch's own where their formula is the recipe's."""


def _optimizer(rule: OptimizerRule) -> str:
    made = OPTIMIZERS.get(type(rule))
    if made is None:
        raise NetwrightError(f"PyTorch export has no formula for {name_of(rule)}")
    return f"{made(rule)}, lr=LEARNING_RATE)"
