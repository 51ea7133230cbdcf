"""The Gaussian posterior against `torch.distributions`, and the deterministic one against a point."""

import torch
from torch.distributions import Normal, kl_divergence

from molvae.models.bottleneck import (
    LOG_VARIANCE_RANGE,
    DeterministicBottleneck,
    GaussianBottleneck,
    Posterior,
    RegularizedBottleneck,
)


def test_the_kl_divergence_is_that_of_torch_distributions() -> None:
    torch.manual_seed(0)
    posterior = GaussianBottleneck(6, 4)(torch.randn(50, 6) * 3)
    spread = torch.exp(0.5 * posterior.log_variance)
    truth = kl_divergence(Normal(posterior.mean, spread), Normal(0.0, 1.0))
    torch.testing.assert_close(posterior.kl_divergence, truth, rtol=1e-5, atol=1e-5)


def test_samples_have_the_posteriors_mean_and_spread() -> None:
    mean, log_variance = torch.tensor([[2.0, -1.0]]), torch.tensor([[0.0, -2.0]])
    many = Posterior(mean.expand(40_000, 2), log_variance.expand(40_000, 2), torch.zeros(40_000, 2))
    drawn = many.sample(torch.Generator().manual_seed(0))
    torch.testing.assert_close(drawn.mean(dim=0), mean[0], rtol=0, atol=0.02)
    torch.testing.assert_close(drawn.std(dim=0), torch.exp(0.5 * log_variance[0]), rtol=0.02, atol=0)


def test_gradients_reach_mean_and_log_variance_through_a_sample() -> None:
    bottleneck = GaussianBottleneck(3, 2)
    bottleneck(torch.randn(5, 3)).sample(torch.Generator().manual_seed(1)).square().sum().backward()
    for layer in (bottleneck.mean, bottleneck.log_variance):
        assert layer.weight.grad is not None
        assert layer.weight.grad.abs().sum() > 0


def test_the_log_variance_stays_within_its_bounds() -> None:
    posterior = GaussianBottleneck(3, 2)(torch.randn(20, 3) * 1e4)
    assert posterior.log_variance.min() >= LOG_VARIANCE_RANGE[0]
    assert posterior.log_variance.max() <= LOG_VARIANCE_RANGE[1]
    assert posterior.kl_divergence.isfinite().all()


def test_a_deterministic_posterior_samples_its_mean_and_costs_nothing() -> None:
    posterior = DeterministicBottleneck(3, 2)(torch.randn(5, 3))
    assert torch.equal(posterior.sample(), posterior.mean)
    assert posterior.kl_divergence.abs().sum() == 0


def test_a_regularized_posterior_is_a_point_that_costs_what_a_gaussians_mean_does() -> None:
    posterior = RegularizedBottleneck(3, 2)(torch.randn(5, 3))
    assert torch.equal(posterior.sample(), posterior.mean)
    truth = kl_divergence(Normal(posterior.mean, 1.0), Normal(0.0, 1.0))
    torch.testing.assert_close(posterior.kl_divergence, truth)
