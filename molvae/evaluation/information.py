"""Posteriors q(z|x) of a set of molecules in, how much the latents tell of the molecules out, in nats.

A posterior has a mean and a spread (standard deviation) for each latent, both `(N, L)`; it is a Gaussian,
unless another family is given. A deterministic autoencoder's has the spread 0: its KL divergence is
infinite, and of its mutual information only the ceiling can be seen.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from scipy.special import logsumexp

from molvae.errors import InputError
from molvae.generation.sampling import posterior_draws
from molvae.interfaces import FloatArray
from molvae.models.posteriors import GAUSSIANS, PosteriorFamily

#: A latent whose mean varies by more than this over the molecules is active.
ACTIVE_VARIANCE = 0.01
#: Draws compared with all posteriors at once.
BLOCK_ROWS = 1024

_Doubles = npt.NDArray[np.float64]


class Information(NamedTuple):
    """What the latents tell of which molecule it is, in nats a molecule.

    Attributes:
        mutual_information: between the molecule and its latents, estimated.
        ceiling: ln N, which no estimate from N molecules exceeds; one close to it says "at least".
        marginal_kl: from the aggregated posterior to the prior: what is left of the KL divergence. Where the
            mutual information is at its ceiling, this is too large by what that is too small.
    """

    mutual_information: float
    ceiling: float
    marginal_kl: float


def kl_to_standard_normal(means: FloatArray, spreads: FloatArray) -> _Doubles:
    """Returns KL(q(z|x) || N(0, I)) of each molecule `(N,)`, in nats; infinite where a spread is 0.

    Source: Kingma and Welling 2014 (arXiv 1312.6114), appendix B.

    Example:
        >>> kl_to_standard_normal(np.array([[3.0, 4.0]]), np.ones((1, 2)))
        array([12.5])

    Raises:
        InputError: the shapes differ, there is no molecule, or a spread is negative.
    """
    means, spreads = _posteriors(means, spreads)
    with np.errstate(divide="ignore"):
        return 0.5 * (means**2 + spreads**2 - 1 - 2 * np.log(spreads)).sum(axis=1)


def kl_to_prior(
    means: FloatArray, spreads: FloatArray, family: PosteriorFamily = GAUSSIANS
) -> npt.NDArray[np.float64]:
    """Returns KL(q(z|x) || p(z)) of each molecule `(N,)`, in nats, with the family's own prior p(z).

    Raises:
        InputError: as for `kl_to_standard_normal`.

    Example:
        >>> from molvae.models.posteriors import BOXES
        >>> kl_to_prior(np.zeros((1, 2)), np.array([[1.0, 0.5]]), BOXES).round(4)  # half of one side: ln 2
        array([0.6931])
    """
    if family is GAUSSIANS:
        return kl_to_standard_normal(means, spreads)
    mean, log_variance = _tensors(*_posteriors(means, spreads))
    found: npt.NDArray[np.float64] = family.kl_divergence(mean, log_variance).sum(dim=1).numpy()
    return found


def active_units(means: FloatArray) -> int:
    """Returns how many latents are active: the variance of their means `(N, L)` is above .01.

    The bound is for latents that are held to N(0, I) by their KL divergence. The codes of an autoencoder
    may have any scale: see `effective_dimension`, which asks for none.

    Source: Burda et al. 2016 (arXiv 1509.00519), appendix C.

    Example:
        >>> active_units(np.array([[0.0, 1.00], [2.0, 1.01]]))
        1
    """
    return int((np.var(means, axis=0) > ACTIVE_VARIANCE).sum())


def effective_dimension(latents: FloatArray) -> float:
    """Returns the participation ratio of latents `(N, L)`: 1 if they lie on a line, L if in a round cloud.

    (sum of v)^2 / sum of v^2, with the eigenvalues v of their covariance. No scaling of the latents as a
    whole changes it; NaN if all are the same.

    Source: Gao et al. 2017 (bioRxiv 214262), the participation ratio.

    Example:
        >>> round(effective_dimension(np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])), 6)
        2.0
    """
    centered = latents - np.mean(latents, axis=0)
    values = np.linalg.svd(centered, compute_uv=False).astype(np.float64) ** 2
    return float(values.sum() ** 2 / (values**2).sum()) if values.any() else float("nan")


def information(
    means: FloatArray, spreads: FloatArray, seed: int = 0, family: PosteriorFamily = GAUSSIANS
) -> Information:
    """Returns how many nats the latents tell, by one draw of each of N posteriors.

    With z_n drawn from q(z|x_n), the mutual information is the mean of ln q(z_n|x_n) less ln q(z_n), the
    aggregated posterior q(z) being the mean of all N posteriors; and E KL(q(z|x) || p(z)) = I(x; z) +
    KL(q(z) || p(z)). Where all spreads are 0, the limit is taken: ln N if no two molecules share a code.

    Args:
        means: of the posteriors, `(N, L)`.
        spreads: of the posteriors, `(N, L)`, all of them 0 or none.
        seed: of the draws.
        family: what the posteriors are.

    Raises:
        InputError: the shapes differ, there is no molecule, or some spreads are 0 or negative.

    Source: Hoffman and Johnson 2016 ("ELBO surgery", NIPS workshop on approximate Bayesian inference).

    Example:
        >>> told = information(np.array([[0.0], [100.0]]), np.ones((2, 1)))
        >>> round(told.mutual_information, 3), round(told.ceiling, 3)
        (0.693, 0.693)
    """
    means, spreads = _posteriors(means, spreads)
    ceiling = float(np.log(len(means)))
    if not spreads.any():
        _, counts = np.unique(means, axis=0, return_counts=True)
        shared = float((counts * np.log(counts)).sum() / len(means))
        return Information(ceiling - shared, ceiling, float("inf"))
    if not spreads.all():
        raise InputError("some spreads of the posteriors are 0 and others are not: give all of them or none")
    if family is GAUSSIANS:
        latents = means + spreads * np.random.default_rng(seed).standard_normal(means.shape)
    else:
        latents = posterior_draws(means, spreads, 1, seed, family)[:, 0].astype(np.float64)
    tensors = _tensors(means, spreads)
    own, marginal = np.empty(len(means)), np.empty(len(means))
    for start in range(0, len(means), BLOCK_ROWS):
        rows = np.arange(start, min(start + BLOCK_ROWS, len(means)))
        densities = family.log_densities(torch.from_numpy(latents[rows]), *tensors).numpy()
        own[rows] = densities[np.arange(len(rows)), rows]
        marginal[rows] = logsumexp(densities, axis=1) - ceiling
    mutual = float((own - marginal).mean())
    return Information(mutual, ceiling, float(kl_to_prior(means, spreads, family).mean()) - mutual)


def _tensors(means: _Doubles, spreads: _Doubles) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns means and log-variances, as a `PosteriorFamily` takes them."""
    return torch.from_numpy(means), torch.from_numpy(2 * np.log(spreads))


def _posteriors(means: FloatArray, spreads: FloatArray) -> tuple[_Doubles, _Doubles]:
    """Returns both in double precision, once they are known to be posteriors."""
    if means.ndim != 2 or means.shape != spreads.shape or len(means) == 0:
        raise InputError(
            f'means of shape "{means.shape}" and spreads of shape "{spreads.shape}" are no posteriors: '
            "give both as (molecules, latents)"
        )
    if not (spreads >= 0).all():
        raise InputError(f'a spread of the posteriors is "{np.min(spreads)}": give standard deviations')
    return means.astype(np.float64), spreads.astype(np.float64)
