"""Priors against `torch.distributions`, and a fit that gives back what it was drawn from."""

import pytest
import torch
from torch.distributions import MultivariateNormal

from molvae.models.prior import GaussianPrior, StandardNormalPrior

MEAN = torch.tensor([1.0, -2.0, 0.5])
FACTOR = torch.tensor([[1.0, 0.0, 0.0], [0.8, 0.5, 0.0], [-0.3, 0.2, 0.1]])


def drawn(num_samples: int) -> torch.Tensor:
    noise = torch.randn(num_samples, 3, generator=torch.Generator().manual_seed(0))
    return MEAN + noise @ FACTOR.T


def test_the_standard_normal_has_the_density_of_torch_distributions() -> None:
    latents = drawn(10)
    truth = MultivariateNormal(torch.zeros(3), torch.eye(3)).log_prob(latents)
    torch.testing.assert_close(StandardNormalPrior(3).log_prob(latents), truth)


def test_a_fitted_gaussian_recovers_mean_and_covariance() -> None:
    prior = GaussianPrior(3).fit(drawn(50_000))
    torch.testing.assert_close(prior.mean, MEAN, rtol=0, atol=0.02)
    torch.testing.assert_close(prior.factor @ prior.factor.T, FACTOR @ FACTOR.T, rtol=0, atol=0.02)


def test_its_density_is_that_of_torch_distributions_with_the_sample_covariance() -> None:
    latents = drawn(500).double()
    covariance = torch.cov(latents.T)
    truth = MultivariateNormal(latents.mean(dim=0), covariance).log_prob(latents[:20])
    said = GaussianPrior(3).fit(latents.float()).log_prob(latents[:20].float())
    torch.testing.assert_close(said.double(), truth, rtol=1e-3, atol=1e-3)


def test_samples_of_a_fitted_gaussian_have_its_mean_and_covariance() -> None:
    prior = GaussianPrior(3).fit(drawn(50_000))
    samples = prior.sample(50_000, torch.Generator().manual_seed(1))
    torch.testing.assert_close(samples.mean(dim=0), MEAN, rtol=0, atol=0.03)
    torch.testing.assert_close(torch.cov(samples.T), FACTOR @ FACTOR.T, rtol=0, atol=0.03)


@pytest.mark.parametrize("num_latents", [2, 5])
def test_fewer_latents_than_dimensions_or_a_dead_one_can_still_be_fitted(num_latents: int) -> None:
    latents = torch.randn(num_latents, 8, generator=torch.Generator().manual_seed(2))
    latents[:, 3] = 0.25
    prior = GaussianPrior(8).fit(latents)
    samples = prior.sample(100, torch.Generator().manual_seed(3))
    assert samples.isfinite().all()
    assert prior.log_prob(samples).isfinite().all()
    torch.testing.assert_close(samples[:, 3], torch.full((100,), 0.25), rtol=0, atol=0.02)


def test_one_latent_is_too_few_to_fit() -> None:
    with pytest.raises(ValueError, match="at least 2 latents, got 1"):
        GaussianPrior(4).fit(torch.zeros(1, 4))
