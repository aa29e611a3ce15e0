"""The page docs/onnx-operators.md: `python -m tests.engine.formats.onnx_page > docs/onnx-operators.md`."""

from __future__ import annotations

import sys
from collections import defaultdict

import onnx

from tests.engine.formats.onnx_cases import cases, check

HEAD = """# ONNX operators that become layers

Made by `python -m tests.engine.formats.onnx_page > docs/onnx-operators.md`; do not edit it.

The cases are those of `onnx.backend.test` of onnx {version}: all float32 inference cases of one operator of the kind
that layers are made of. Each is read as any file is, all inputs fed, and, where that leaves something unknown, again
with its weights, axes and sizes as arrays of the file, as exporters write them; then the torch backend's numbers are
compared with ONNX's own (difference below 1e-3 of each value and 1e-5). What is not read is kept as an
unknown node with the reason that stands here. No case gives a wrong number.

**{passed} of {total} cases: {share:.1f} %.**

| operator | right | cases | what is refused, and why |
| --- | --- | --- | --- |
"""


def page(engine: str = "torch") -> str:
    """The whole page in Markdown. Raises AssertionError for a wrong number."""
    told: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for case in cases():
        told[case.node.op_type].append((case.name.removeprefix("test_"), check(case, engine)))
    total = sum(map(len, told.values()))
    passed = sum(not why for found in told.values() for _, why in found)
    head = HEAD.format(version=onnx.__version__, passed=passed, total=total, share=100 * passed / total)
    return head + "".join(_row(kind, found) for kind, found in sorted(told.items()))


def _row(kind: str, found: list[tuple[str, str]]) -> str:
    reasons: dict[str, list[str]] = defaultdict(list)
    for name, why in found:
        if why:
            reasons[why.removeprefix(f"{kind}: ")].append(name)
    refused = "; ".join(f"{why} ({', '.join(names)})" for why, names in reasons.items())
    return f"| {kind} | {sum(not why for _, why in found)} | {len(found)} | {refused.replace('|', chr(92) + '|')} |\n"


if __name__ == "__main__":
    sys.stdout.write(page())
