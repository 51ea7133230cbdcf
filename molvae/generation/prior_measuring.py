"""A prior fitted to most latents of some molecules, and each prior of a model judged by the others."""

import time
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from molvae.errors import InputError
from molvae.generation.prior_fitting import FittedPriorName, PriorSettings
from molvae.generation.priors import densities_of
from molvae.interfaces import FloatArray
from molvae.progress import Progress

if TYPE_CHECKING:
    from molvae.generation.latent_model import MoleculeModel

#: Molecules that are held out, as a share and at most: a flow takes a while to say how likely one is, so they
#: are asked about a few at once.
HELD_OUT, MAX_HELD_OUT, ROWS_AT_ONCE = 0.05, 250, 50


class FittedModel(NamedTuple):
    """A model with a prior that was just fitted.

    Attributes:
        model: the model, with it.
        log_densities: of each prior that is a density, the mean over latents held out, in nats.
        num_fitted: latents that the prior was fitted to.
        num_held_out: latents that were held out.
        seconds: that the fit took.
    """

    model: "MoleculeModel"
    log_densities: dict[str, float]
    num_fitted: int
    num_held_out: int
    seconds: float


def fit_and_measure(
    model: "MoleculeModel", name: FittedPriorName, latents: FloatArray, settings: PriorSettings
) -> FittedModel:
    """Fits a prior to 95 % of latents `(N, L)`, and asks all priors of the model about the others.

    Densities are over all of the latent space, those of a noisy bottleneck's codes too: the step of its draws
    to the sphere comes after.

    Raises:
        InputError: there are too few latents.
    """
    if len(latents) < 2:
        raise InputError("one molecule is too few to fit a prior to; give more molecules")
    order = np.random.default_rng(settings.seed).permutation(len(latents))
    num_held_out = min(MAX_HELD_OUT, max(1, round(HELD_OUT * len(latents))))
    held_out, rest = latents[order[:num_held_out]], latents[order[num_held_out:]]
    started = time.monotonic()
    fitted = model.with_prior(name, rest, settings)
    seconds = time.monotonic() - started
    return FittedModel(fitted, _log_densities(fitted, held_out), len(rest), num_held_out, seconds)


def _log_densities(model: "MoleculeModel", latents: FloatArray) -> dict[str, float]:
    """The mean log-density of latents `(N, L)` under each prior that is a density, in nats."""
    parts = torch.from_numpy(latents).float().split(ROWS_AT_ONCE)
    densities = densities_of(model)
    means = {}
    with Progress(len(densities) * len(parts), "asking the priors about molecules held out") as bar:
        for name, prior in densities.items():
            total = 0.0
            for rows in parts:
                total += float(prior.log_prob(rows).double().sum())
                bar.update()
            means[name] = total / len(latents)
    return means
