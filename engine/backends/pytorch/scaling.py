"""The factor on the loss that keeps small gradients above nought in float16. Micikevicius et al. 2018, 3.2."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

FIRST = 2.0**16
PATIENCE = 2000
"""After so many steps in a row with finite gradients the factor doubles."""


class Scaling:
    """A factor that finds its size: where a gradient is not finite, the step is not taken and the factor halves.

    All of it stays on the device, so that no step waits for it. The number of a step, which some optimisers' formulas
    have in them, counts those that were not taken too.
    """

    def __init__(self, device: torch.device) -> None:
        self._states = {
            "scaling/factor": torch.full((1,), FIRST, device=device),
            "scaling/since": torch.zeros(1, device=device),  # steps since it changed
            "scaling/skipped": torch.zeros(1, device=device),
        }

    @property
    def factor(self) -> Tensor:
        """What the loss is multiplied with."""
        return self._states["scaling/factor"][0]

    def states(self) -> dict[str, Tensor]:
        """What the next steps depend on."""
        return self._states

    def step(self, gradients: list[Tensor], changing: Sequence[Tensor], take: Callable[[list[Tensor]], None]) -> None:
        """Takes a step with the gradients divided by the factor; puts `changing` back where one was not finite."""
        is_finite = torch.stack(torch._foreach_norm(gradients, torch.inf)).isfinite().all()
        before = [tensor.clone() for tensor in changing]
        take(list(torch._foreach_mul(gradients, 1 / self.factor)))
        for tensor, old in zip(changing, before, strict=True):
            tensor.copy_(torch.where(is_finite, tensor, old))
        self._follow(is_finite)

    def _follow(self, is_finite: Tensor) -> None:
        factor, since, skipped = self._states.values()
        since.add_(1).mul_(is_finite)
        is_due = since >= PATIENCE
        factor.mul_(torch.where(is_finite, 1 + is_due.float(), 0.5))
        since.mul_(~is_due)
        skipped.add_(~is_finite)
