"""Which priors a model has: its own, those that were fitted to latents, and what a language model writes."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Literal, cast

import torch
from torch import Tensor

from molvae.errors import SettingsError
from molvae.generation.language_model_prior import LanguageModelPrior
from molvae.generation.writers import SmilesWriter, UnpromptedDecoder, Writer
from molvae.models.bottleneck import HypercubeBottleneck, HypersphereBottleneck
from molvae.models.posteriors import POWER_SPHERICALS, PosteriorFamily
from molvae.models.prior import FITTED_PRIORS, Prior, Sampler, StandardNormalPrior
from molvae.models.uniform_prior import UniformCubePrior, UniformSpherePrior

if TYPE_CHECKING:
    from molvae.generation.latent_model import MoleculeModel

PriorName = Literal[
    "standard-normal", "uniform", "gaussian", "mixture", "flow", "language-model", "conditional"
]
#: That of a language model which is told properties.
CONDITIONAL: Final = "conditional"


def prior_names(model: "MoleculeModel") -> tuple[PriorName, ...]:
    """The names of the priors that a model can be sampled from."""
    fitted = tuple(cast("PriorName", name) for name in model.priors)
    writes = model.language_model is not None or model.is_told_levels
    told = model.conditional is not None
    return (
        _own_name(model),
        *fitted,
        *(("language-model",) if writes else ()),
        *((CONDITIONAL,) if told else ()),
    )


def default_prior(model: "MoleculeModel") -> PriorName:
    """What `MoleculeModel.default_prior` says."""
    names: dict[str, PriorName] = {
        "gaussian": "standard-normal",
        "hypercube": "uniform",
        "hypersphere": "uniform",
        "noisy": "language-model",
    }
    suits = names.get(model.bottleneck, "gaussian")
    return cast("PriorName", model.facts.get("default_prior", suits))


def densities_of(model: "MoleculeModel") -> dict[str, Prior]:
    """The priors of a model that are a density over all of its latent space."""
    own = own_prior(model)
    whole: dict[str, Prior] = {} if isinstance(own, UniformSpherePrior) else {own.name: own}
    return {**whole, **model.priors}


def own_prior(model: "MoleculeModel") -> StandardNormalPrior | UniformCubePrior | UniformSpherePrior:
    """What a bottleneck trains its posteriors towards, fitted to nothing: N(0, I) but for a uniform one."""
    if model.bottleneck == HypercubeBottleneck.name:
        return UniformCubePrior(model.latent_dim)
    if model.bottleneck == HypersphereBottleneck.name:
        return UniformSpherePrior(model.latent_dim)
    return StandardNormalPrior(model.latent_dim)


def _own_name(model: "MoleculeModel") -> PriorName:
    return cast("PriorName", own_prior(model).name)


def sampler_of(model: "MoleculeModel", name: PriorName, wanted: Mapping[str, float] | None = None) -> Sampler:
    """The prior of this name, to draw from; one that can be told properties is told the values wanted.

    Codes of a noisy bottleneck and of a hypersphere's lie on the sphere of radius sqrt(L), and a hypercube's
    in that. So draws of any prior that was fitted to them are moved to the nearest place there.

    Raises:
        SettingsError: the model has no such prior.
    """
    if name not in prior_names(model):
        has = prior_names(model)
        lacking = ", ".join(
            name for name in (*FITTED_PRIORS, LanguageModelPrior.name, CONDITIONAL) if name not in has
        )
        advice = f"; molvae fit-prior makes {lacking}" if lacking else ""
        raise SettingsError(f'prior is "{name}"; choose one of {", ".join(has)}{advice}')
    if name == CONDITIONAL:
        assert model.conditional is not None
        writer = SmilesWriter(model.conditional, model.curation, wanted)
        return LanguageModelPrior(model.network, model.tokenizer, writer)
    if name == "language-model":
        return LanguageModelPrior(model.network, model.tokenizer, _writer_of(model))
    if name not in model.priors:
        return own_prior(model)
    prior = model.priors[name]
    return Placed(prior, POWER_SPHERICALS if model.is_told_levels else model.posterior_family)


def _writer_of(model: "MoleculeModel") -> Writer:
    if model.language_model is not None:
        return SmilesWriter(model.language_model, model.curation)
    return UnpromptedDecoder(model.network, model.tokenizer, model.max_length)


class Placed:
    """Draws of a prior, each moved to the nearest of the latents that a family of posteriors has."""

    def __init__(self, prior: Sampler, family: PosteriorFamily) -> None:
        self.prior = prior
        self.family = family

    def sample(self, num_samples: int, generator: torch.Generator | None = None) -> Tensor:
        """Draws `(num_samples, L)`."""
        return self.family.nearest(self.prior.sample(num_samples, generator))
