"""Latents of some molecules in, a density that a model can be sampled from out."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from torch import Tensor

from molvae.errors import InputError, ModelFolderError, SettingsError
from molvae.generation.tensors import load_weights
from molvae.models.fit_length import FitLength
from molvae.models.flow_fitting import fit_flow
from molvae.models.flow_prior import FlowPrior
from molvae.models.mixture_prior import MixturePrior
from molvae.models.prior import FITTED_PRIORS, FittedPrior, GaussianPrior

#: Priors that are fitted to latents.
FittedPriorName = Literal["gaussian", "mixture", "flow"]
#: How long a flow is fitted by itself.
FLOW_MINUTES = 5.0


@dataclass(frozen=True, kw_only=True)
class PriorSettings:
    """How a prior is fitted. Steps are repeatable, minutes are not."""

    minutes: float | None = field(
        default=None,
        metadata={"help": "how long a flow or a language model is fitted; 5 and 60 unless it is said"},
    )
    steps: int | None = field(default=None, metadata={"help": "fit one of these for so many steps instead"})
    components: int = field(default=10, metadata={"help": "Gaussians in a mixture"})
    seed: int = field(default=0, metadata={"help": "seed of all that is random"})

    def lasting(self, default_minutes: float) -> FitLength:
        """How long to fit; so many minutes unless it was said."""
        return FitLength(self.minutes or default_minutes, self.steps)

    def __post_init__(self) -> None:
        if self.minutes is not None and not 0 < self.minutes < math.inf:
            raise SettingsError(f'minutes is "{self.minutes}"; it must be above 0')
        if self.steps is not None and self.steps < 1:
            raise SettingsError(f'steps is "{self.steps}"; it must be at least 1')
        if self.components < 1:
            raise SettingsError(f'components is "{self.components}"; a mixture needs at least 1')
        if self.seed < 0:
            raise SettingsError(f'seed is "{self.seed}"; it must not be negative')


def fit_prior(name: FittedPriorName, latents: Tensor, settings: PriorSettings) -> FittedPrior:
    """A prior fitted to latents `(N, L)`.

    Raises:
        InputError: too few latents for it.
        SettingsError: no prior of this name can be fitted.
    """
    if name not in _FITS:
        raise SettingsError(f'prior is "{name}"; one of {", ".join(_FITS)} can be fitted')
    try:
        return _FITS[name](latents, settings)
    except ValueError as error:
        raise InputError(f"{error}; give more molecules") from error


_FITS: dict[str, Callable[[Tensor, PriorSettings], FittedPrior]] = {
    "gaussian": lambda rows, _: GaussianPrior(rows.shape[1]).fit(rows),
    "mixture": lambda rows, settings: MixturePrior(rows.shape[1], settings.components).fit(
        rows, settings.seed
    ),
    "flow": lambda rows, settings: fit_flow(
        FlowPrior(rows.shape[1]), rows, settings.lasting(FLOW_MINUTES), settings.seed
    ),
}


def prior_from_state(name: str, state: Mapping[str, Tensor], latent_dim: int) -> FittedPrior:
    """The fitted prior whose state this is, over `latent_dim` latents.

    Raises:
        ModelFolderError: it is the state of something else.
    """
    try:
        prior = FITTED_PRIORS[name].sized_as(state)
    except KeyError as error:
        raise ModelFolderError(f'the weights are not those of a prior "{name}"') from error
    load_weights(prior, state)
    if prior.latent_dim != latent_dim:
        raise ModelFolderError(
            f'the prior "{name}" is of {prior.latent_dim} latents, the model has {latent_dim}'
        )
    return prior
