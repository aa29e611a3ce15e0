"""How a network is trained: the recipe, the loop and the run's folder."""
