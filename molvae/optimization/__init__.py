"""Searching a latent space for molecules that score well: the counted oracle, the loop, the optimisers."""
