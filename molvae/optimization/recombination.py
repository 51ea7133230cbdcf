"""Two latents in, a third between them out.

Codes of a decoder that is told noise levels lie on a sphere, those of others in a ball; so a child gets the
length that lies between its parents' lengths, along whichever way it was made.
"""

from typing import Literal

import numpy as np

from molvae.interfaces import FloatArray

Crossover = Literal["line", "mask", "blocks"]
CROSSOVERS: tuple[Crossover, ...] = ("line", "mask", "blocks")
NUM_BLOCKS = 8


def recombined(
    first: FloatArray, second: FloatArray, way: Crossover, generator: np.random.Generator, share: float = 0.5
) -> FloatArray:
    """Children `(B, L)` of points `(B, L)` and `(B, L)`.

    Args:
        first: the parents that children are the more like.
        second: the other parents.
        way: "line" for a point between both; "mask" for each number from one or the other; "blocks" for
            runs of neighboring numbers from one or the other.
        generator: draws how much comes of which.
        share: of the second parent, at most.
    """
    num_children, dim = first.shape
    shares = share * generator.uniform(size=(num_children, 1))
    if way == "line":
        weights = np.broadcast_to(shares, first.shape)
    elif way == "mask":
        weights = (generator.uniform(size=first.shape) < shares).astype(np.float64)
    else:
        blocks = generator.uniform(size=(num_children, NUM_BLOCKS)) < shares
        weights = blocks[:, np.arange(dim) * NUM_BLOCKS // dim].astype(np.float64)
    children = (1 - weights) * first + weights * second
    lengths = (1 - shares) * _lengths(first) + shares * _lengths(second)
    held: FloatArray = children * lengths / np.maximum(_lengths(children), 1e-12)
    return held


def _lengths(points: FloatArray) -> FloatArray:
    lengths: FloatArray = np.linalg.norm(points, axis=1, keepdims=True)
    return lengths
