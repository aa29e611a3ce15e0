"""Numbers and shapes as they are read: thousands separated, three figures, units spelled once."""

from __future__ import annotations

from collections.abc import Sequence

FACTORS = ((1e12, "T"), (1e9, "G"), (1e6, "M"))
BYTES = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def count(value: int) -> str:
    """431080 → `431,080`."""
    return f"{value:,}"


def short(value: int) -> str:
    """2293000 → `2.29 M`; below a million with all its figures."""
    return next((f"{_three(value / factor)} {unit}" for factor, unit in FACTORS if value >= factor), f"{value:,}")


def size(value: int) -> str:
    """12800 → `12.8 kB`."""
    return next((f"{_three(value / factor)} {unit}" for factor, unit in BYTES if value >= factor), f"{value} B")


def shape(axes: Sequence[int]) -> str:
    """(20, 12, 12) → `20 × 12 × 12`; an axis of any length is `any`, a single number is `1`."""
    return " × ".join("any" if axis < 0 else f"{axis:,}" for axis in axes) or "1"


def _three(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"
