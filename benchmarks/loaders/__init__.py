"""Whom `benchmarks/data.py` measures Netwright's loader against; each module is loaded in a process of its own."""
