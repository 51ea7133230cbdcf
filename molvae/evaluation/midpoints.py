"""Latents and labels in, the places halfway between two molecules out: within a cluster, or between two.

What is decoded between clusters says what lies there; places within a cluster are what to compare it
with, as a midpoint is nearer to the middle than a molecule wherever it is.
"""

import numpy as np
import numpy.typing as npt

from molvae.evaluation.probes import LabelArray, check_labels
from molvae.interfaces import FloatArray


def midpoints_within(
    latents: FloatArray, labels: LabelArray, num_pairs: int, seed: int = 0
) -> npt.NDArray[np.float64]:
    """Returns places `(num_pairs, L)` halfway between two molecules of one label, drawn at random.

    A label is as likely as it is common.

    Args:
        latents: `(N, L)`.
        labels: `(N,)`.
        num_pairs: how many.
        seed: of the draws.

    Raises:
        InputError: a label occurs once only, there is one label, or not one for each of the latents.

    Example:
        >>> line, labels = np.array([[0.0], [2.0], [10.0], [12.0]]), np.array(["a", "a", "b", "b"])
        >>> sorted(set(midpoints_within(line, labels, 20).ravel().tolist()))
        [1.0, 11.0]
    """
    check_labels(latents, labels, 2)
    places = np.arange(len(labels))
    return _midpoints(latents, (labels[:, None] == labels) & (places[:, None] != places), num_pairs, seed)


def midpoints_between(
    latents: FloatArray, labels: LabelArray, num_pairs: int, seed: int = 0
) -> npt.NDArray[np.float64]:
    """Returns places `(num_pairs, L)` halfway between two molecules of different labels, drawn at random.

    Arguments and errors are those of `midpoints_within`.

    Example:
        >>> line, labels = np.array([[0.0], [2.0], [10.0], [12.0]]), np.array(["a", "a", "b", "b"])
        >>> sorted(set(midpoints_between(line, labels, 40).ravel().tolist()))
        [5.0, 6.0, 7.0]
    """
    check_labels(latents, labels, 2)
    return _midpoints(latents, labels[:, None] != labels, num_pairs, seed)


def _midpoints(
    latents: FloatArray, is_pair: npt.NDArray[np.bool_], num_pairs: int, seed: int
) -> npt.NDArray[np.float64]:
    """Returns the middles of pairs: a first molecule as likely as any, then one of its partners."""
    generator = np.random.default_rng(seed)
    firsts = generator.integers(len(latents), size=num_pairs)
    seconds = [generator.choice(np.flatnonzero(is_pair[first])) for first in firsts]
    middles: npt.NDArray[np.float64] = (latents[firsts].astype(np.float64) + latents[seconds]) / 2
    return middles
