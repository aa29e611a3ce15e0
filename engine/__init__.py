"""The engine: networks, recipes, data and training, without any window."""
