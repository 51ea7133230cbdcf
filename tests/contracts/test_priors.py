"""What every prior must do, so that one can stand where another stood."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from molvae.models.fit_length import FitLength
from molvae.models.flow_fitting import fit_flow
from molvae.models.flow_prior import FlowPrior
from molvae.models.mixture_prior import MixturePrior
from molvae.models.prior import FITTED_PRIORS, PRIORS, FittedPrior, GaussianPrior, StandardNormalPrior

LATENT_DIM = 3


def latents(num_latents: int = 300) -> Tensor:
    """Standard normal, so that every prior can know it."""
    return torch.randn(num_latents, LATENT_DIM, generator=torch.Generator().manual_seed(0))


#: name -> a prior fitted to `latents`
FITS: dict[str, Callable[[], FittedPrior]] = {
    "gaussian": lambda: GaussianPrior(LATENT_DIM).fit(latents()),
    "mixture": lambda: MixturePrior(LATENT_DIM, 3).fit(latents()),
    "flow": lambda: fit_flow(FlowPrior(LATENT_DIM, 16, 1), latents(), FitLength(steps=20)),
}
EVERY = pytest.mark.parametrize("name", list(PRIORS))
EVERY_FITTED = pytest.mark.parametrize("name", list(FITTED_PRIORS))


def prior_of(name: str) -> StandardNormalPrior | FittedPrior:
    return FITS[name]() if name in FITS else StandardNormalPrior(LATENT_DIM)


@EVERY
def test_shapes_are_those_of_the_latents_and_all_is_float32(name: str) -> None:
    prior = prior_of(name)
    for num_samples in (0, 1, 7):
        samples = prior.sample(num_samples, torch.Generator().manual_seed(1))
        assert samples.shape == (num_samples, LATENT_DIM)
        densities = prior.log_prob(samples)
        assert densities.shape == (num_samples,)
        assert samples.dtype == densities.dtype == torch.float32
        assert samples.isfinite().all()
        assert densities.isfinite().all()


@EVERY
def test_a_seeded_generator_fixes_the_samples(name: str) -> None:
    prior = prior_of(name)
    one, again, other = (prior.sample(6, torch.Generator().manual_seed(seed)) for seed in (7, 7, 8))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


@EVERY
def test_a_density_of_one_is_that_in_a_batch(name: str) -> None:
    prior, batch = prior_of(name), latents(80)
    alone = torch.cat([prior.log_prob(row[None]) for row in batch[::20]])
    torch.testing.assert_close(alone, prior.log_prob(batch)[::20], rtol=1e-4, atol=1e-4)


@EVERY
def test_standard_normal_latents_are_about_as_likely_as_they_are(name: str) -> None:
    unseen = torch.randn(500, LATENT_DIM, generator=torch.Generator().manual_seed(5))
    truth = StandardNormalPrior(LATENT_DIM).log_prob(unseen).mean()
    assert float((truth - prior_of(name).log_prob(unseen).mean()).abs()) < 0.15


@EVERY_FITTED
def test_the_state_is_all_that_a_fitted_prior_is(name: str) -> None:
    prior = FITS[name]()
    again = FITTED_PRIORS[name].sized_as(prior.state_dict())
    again.load_state_dict(prior.state_dict())
    assert again.name == name
    assert torch.equal(again.log_prob(latents(5)), prior.log_prob(latents(5)))
    samples = [one.sample(4, torch.Generator().manual_seed(1)) for one in (prior, again)]
    assert torch.equal(*samples)


@EVERY_FITTED
def test_the_state_of_something_else_is_no_prior(name: str) -> None:
    with pytest.raises(KeyError):
        FITTED_PRIORS[name].sized_as({"logits.weight": torch.zeros(3, 3)})
