"""What `netwright summary` tells of the memory that a training takes."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from engine.cli.sizes import size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.memory import Account
    from engine.opening import Opened

GB = 1e9


def account(opened: Opened, batch: int) -> Account:
    """The tensors held; `batch` 0 is the recipe's."""
    from engine.memory import account_of

    return account_of(opened.model, batch)


def data_of(found: Account) -> dict[str, int]:
    """The account in plain values, with its total."""
    return asdict(found) | {"total": found.total}


def measured(source: str, opened: Opened, batch: int, limit: float, engine: str, device: str) -> dict[str, Any]:
    """The peak with this batch and the largest that fits into `limit` gigabytes, from trial steps.

    Under the plan that is likely the best: which one is, a training only finds out when it begins.
    """
    from engine.active import active
    from engine.training import planning
    from engine.training.peak import peaks_of

    wishes = planning.Wishes(engine, device, compiled=False)
    planning.check(wishes)
    plan = planning.candidates(wishes, active(opened.model.network), opened.model.recipe.precision)[0]
    peaks = peaks_of(source, plan, limit * GB)
    return {
        "engine": plan.backend,
        "device": peaks.device,
        "precision": plan.precision,
        "peak": peaks.at(batch),
        "limit": round(limit * GB),
        "largest_batch": peaks.largest(limit * GB),
    }


def lines(found: Account, trial: Mapping[str, Any] | None) -> Iterator[str]:
    """The same for people."""
    parts = [f"{name} {size(count)}" for name, count in asdict(found).items() if name != "batch" and count]
    yield f"Training with batches of {found.batch:,} holds {size(found.total)}: {', '.join(parts)}."
    if trial:
        where = f"{trial['engine']} on {trial['device']}, {trial['precision']}"
        yield f"The peak with {where}: {size(trial['peak'])}."
        largest, limit = trial["largest_batch"], size(trial["limit"])
        yield f"The largest batch that fits in {limit}: {largest:,}." if largest else f"No batch fits in {limit}."
