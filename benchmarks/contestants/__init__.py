"""Who takes part in `benchmarks/training.py`: each framework in a module of its own, the networks in another."""
