"""Forwards and backwards as one graph that inductor compiles."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from engine.backends.batches import AS_IT_IS
from engine.backends.phases import Phase
from engine.backends.pytorch.precision import Precision
from engine.backends.pytorch.runner import Runner, Values, computed, learn
from engine.errors import NetwrightError, Unsupported


class Compiled:
    """What `learn` does, for inputs of exactly the shapes of `given`.

    torch traces both passes, so one graph holds them and whatever can be fused is, also across the two. Every random
    choice in it is still drawn from torch's generator.
    """

    def __init__(
        self,
        phase: Phase,
        tensors: Mapping[str, Tensor],
        learned: Sequence[str],
        precision: Precision,
        given: Mapping[str, Tensor],
        factor: Tensor | None,
    ) -> None:
        self._inputs = {name: (tensor.shape, tensor.stride()) for name, tensor in given.items()}
        self._weights = [tensor.detach() for tensor in tensors.values()]  # the same memory, without a history
        self._kept = computed(phase)
        device = next(iter(given.values())).device

        def step(*flat: Tensor) -> list[Tensor]:
            weights = {name: flat[n].detach().requires_grad_(name in learned) for n, name in enumerate(tensors)}
            inputs = dict(zip(given, flat[len(weights) :], strict=False))
            runner = Runner(phase.graph, weights, self._kept, is_training=True, device=device)
            times = None if factor is None else flat[-1]
            values, gradients = learn(runner, phase, inputs, [weights[name] for name in learned], precision, times)
            return [*values.values(), *gradients]

        self._step = compiled(step, self._flat(given, factor))

    def takes(self, given: Mapping[str, Tensor]) -> bool:
        """Whether the inputs are of the shapes that it was compiled for."""
        return all(given[name].shape == shape for name, (shape, _) in self._inputs.items())

    def __call__(self, given: Mapping[str, Tensor], factor: Tensor | None) -> tuple[Values, list[Tensor]]:
        with torch.no_grad():
            made = self._step(*self._flat(given, factor))
        return dict(zip(self._kept, made, strict=False)), list(made[len(self._kept) :])

    def _flat(self, given: Mapping[str, Tensor], factor: Tensor | None) -> list[Tensor]:
        inputs = [_laid_out(given[name], *place) for name, place in self._inputs.items()]
        return [*self._weights, *inputs, *([] if factor is None else [factor])]


def _laid_out(tensor: Tensor, shape: torch.Size, stride: tuple[int, ...]) -> Tensor:
    """`tensor` as what is compiled reads it: a batch may be a view, its values in any order."""
    return tensor if tensor.stride() == stride else tensor.new_empty_strided(shape, stride).copy_(tensor)


def compiled(step: Callable[..., list[Tensor]], examples: list[Tensor]) -> Callable[..., Any]:
    """`step`, compiled for tensors like `examples`, and tried. Raises Unsupported where that cannot be done here."""
    import torch._inductor
    from torch.fx.experimental.proxy_tensor import make_fx

    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # advice to those who wrote the network
        try:
            with torch.enable_grad():
                graph = make_fx(step, tracing_mode="fake", _allow_non_fake_inputs=True)(*examples)
            function = torch._inductor.compile(graph, [*examples])
            function(*(example.clone() for example in examples))
        except NetwrightError:
            raise
        except Exception as error:  # whatever its compilers say
            text = str(error).strip().partition("\n")[0]
            raise Unsupported(f"torch does not compile this network here: {text}", hint=AS_IT_IS) from None
    return function
