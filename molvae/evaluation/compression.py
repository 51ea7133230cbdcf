"""Latents in, how many bits they take to store out: an autoencoder as a compressor.

A latent is a real number and would take any number of bits; so it is rounded to multiples of a step first.
What the decoder makes of the rounded latents says whether the step was fine enough.
"""

import numpy as np
import numpy.typing as npt

from molvae.errors import SettingsError
from molvae.interfaces import FloatArray


def rounded(latents: FloatArray, step: float) -> npt.NDArray[np.float64]:
    """Returns latents `(N, L)` rounded to the nearest multiples of a step, in the latents' unit.

    Raises:
        SettingsError: the step is not above 0.

    Example:
        >>> rounded(np.array([[0.2, 0.8]]), 0.5).tolist()
        [[0.0, 1.0]]
    """
    return _levels(latents, step) * step


def code_bits(latents: FloatArray, step: float) -> float:
    """Returns bits a molecule that latents `(N, L)` take once rounded: the sum of the latents' entropies.

    The length that an ideal coder reaches which knows how often each level of each latent occurs, and nothing
    of how latents go together; so it is a bound from above. From `N` molecules no latent seems to hold more
    than log2 N bits, so give far more molecules than a latent has levels.

    Args:
        latents: `(N, L)`.
        step: of the rounding, in the latents' unit: a share of their spread for models to be compared at.

    Raises:
        SettingsError: the step is not above 0.

    Source: Shannon, Bell Syst. Tech. J. 27 (1948) 379, theorem 9.

    Example:
        >>> code_bits(np.array([[0.0, 7.0], [1.0, 7.0], [2.0, 7.0], [3.0, 7.0]]), 1.0)
        2.0
    """
    return float(sum(_entropy(column) for column in _levels(latents, step).T))


def _levels(latents: FloatArray, step: float) -> npt.NDArray[np.float64]:
    if not step > 0:
        raise SettingsError(f'step is "{step}"; give a length above 0')
    levels: npt.NDArray[np.float64] = np.rint(np.asarray(latents, np.float64) / step)
    return levels


def _entropy(levels: npt.NDArray[np.float64]) -> float:
    """Returns the entropy of how often levels occur, in bits."""
    _, counts = np.unique(levels, return_counts=True)
    shares = counts / counts.sum()
    return float(-(shares * np.log2(shares)).sum())


def bits_of(nats: float) -> float:
    """Returns bits of nats: a VAE's KL divergence and reconstruction loss together bound its bits a molecule.

    Source: Hinton and van Camp 1993 (COLT, 5), the bits-back argument.

    Example:
        >>> round(bits_of(np.log(8)), 6)
        3.0
    """
    return float(nats / np.log(2))
