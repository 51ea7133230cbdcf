"""A trained model in use: molecules in, molecules and latents out, and the folder it lives in."""
