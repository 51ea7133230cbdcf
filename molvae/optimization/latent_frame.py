"""Units of a latent space: where its prior lies, how wide it is along each axis, and how far out it reaches.

In: a `LatentModel`. Out: latents in the prior's standard deviations, so that a step has the same meaning for
a VAE, whose prior is close to N(0, I), and for an autoencoder, whose codes have a scale of their own.
"""

import numpy as np

from molvae.interfaces import FloatArray, LatentModel

NUM_DRAWS = 1024


class LatentFrame:
    """The prior's center and spread, measured on draws from it.

    Attributes:
        typical_norm: the median distance of a draw from the center, in standard deviations (about sqrt(L)).
        trust_norm: the distance that search does not go beyond: the largest among the draws.
    """

    def __init__(self, model: LatentModel, generator: np.random.Generator) -> None:
        draws = np.asarray(model.sample_latents(NUM_DRAWS, generator), dtype=np.float64)
        self._center = draws.mean(axis=0)
        spread = draws.std(axis=0)
        # A unit the prior hardly uses keeps a small, safe scale: steps along it do next to nothing.
        self._spread = np.maximum(spread, 1e-3 * spread.max() + 1e-12)
        norms = np.linalg.norm(self.to_units(draws), axis=1)
        self.typical_norm = float(np.median(norms))
        self.trust_norm = float(norms.max())

    def to_units(self, latents: FloatArray) -> FloatArray:
        """Latents `(B, L)` as points `(B, L)` in standard deviations from the prior's center."""
        points: FloatArray = (np.asarray(latents, dtype=np.float64) - self._center) / self._spread
        return points

    def to_latents(self, points: FloatArray) -> FloatArray:
        """Points `(B, L)` back to latents `(B, L)`."""
        latents: FloatArray = points * self._spread + self._center
        return latents

    def slope_in_units(self, slope: FloatArray) -> FloatArray:
        """A slope in latents `(B, L)` as a slope in points `(B, L)`, by the chain rule."""
        slope_in_units: FloatArray = slope * self._spread
        return slope_in_units

    def hold(self, points: FloatArray, origins: FloatArray) -> FloatArray:
        """Points `(B, L)` pulled back to the trust norm, or to their origin's norm where that is larger."""
        limits = np.maximum(self.trust_norm, np.linalg.norm(origins, axis=1))
        norms = np.linalg.norm(points, axis=1)
        held: FloatArray = points * np.minimum(1.0, limits / np.maximum(norms, 1e-12))[:, None]
        return held


def random_directions(num_directions: int, dim: int, generator: np.random.Generator) -> FloatArray:
    """Unit vectors `(num_directions, dim)`, uniform on the sphere."""
    vectors = generator.standard_normal((num_directions, dim))
    norms: FloatArray = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / norms


def log_uniform(low: float, high: float, size: int, generator: np.random.Generator) -> FloatArray:
    """Numbers `(size,)` between two bounds, each factor equally likely."""
    return np.exp(generator.uniform(np.log(low), np.log(high), size=size))
