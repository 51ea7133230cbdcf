"""Posteriors on a cube and on a sphere, against integrals, `torch.distributions` and their definitions."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Beta, Uniform, kl_divergence

from molvae.errors import SettingsError
from molvae.models.bottleneck import HypercubeBottleneck, HypersphereBottleneck
from molvae.models.posteriors import BOXES, HALF_SIDE, POWER_SPHERICALS
from molvae.models.uniform_prior import UniformCubePrior, UniformSpherePrior


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def spherical(dim: int, kappa: float, number: int = 1) -> tuple[Tensor, Tensor]:
    """Mean and log-variance of a power spherical distribution of a concentration, so many times."""
    direction = torch.randn(dim, generator=generator(3), dtype=torch.float64)
    mean = direction / direction.norm() * dim**0.5
    variance = 2 * (dim - 1) / (dim - 1 + kappa)
    return mean.expand(number, dim), torch.full((number, dim), math.log(variance), dtype=torch.float64)


def test_a_boxs_kl_divergence_is_that_of_torch_distributions() -> None:
    posterior = HypercubeBottleneck(6, 4)(torch.randn(50, 6, generator=generator()) * 3)
    half = HALF_SIDE * torch.exp(0.5 * posterior.log_variance)
    truth = kl_divergence(
        Uniform(posterior.mean - half, posterior.mean + half, validate_args=False),
        Uniform(-HALF_SIDE - 1e-5, HALF_SIDE + 1e-5),
    )
    assert truth.isfinite().all(), "every box is in the cube"
    torch.testing.assert_close(posterior.kl_divergence, truth, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kappa", [0.0, 0.3, 5.0, 400.0])
def test_a_power_sphericals_kl_divergence_is_the_integral_on_the_circle(kappa: float) -> None:
    angles = (torch.arange(200_000, dtype=torch.float64) + 0.5) / 200_000 * 2 * math.pi
    density = torch.cos(angles / 2).abs() ** (2 * kappa)  # (1 + cos)^kappa, but for a factor
    density /= density.mean() * 2 * math.pi
    truth = (torch.special.xlogy(density, 2 * math.pi * density)).mean() * 2 * math.pi
    found = POWER_SPHERICALS.kl_divergence(*spherical(2, kappa)).sum()
    torch.testing.assert_close(found, truth, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(("dim", "kappa"), [(3, 2.0), (8, 30.0), (128, 5_000.0)])
def test_a_power_sphericals_kl_divergence_is_what_its_draws_say(dim: int, kappa: float) -> None:
    mean, log_variance = spherical(dim, kappa, 20_000)
    draws = POWER_SPHERICALS.draw(mean, log_variance, generator(1))
    density = POWER_SPHERICALS.log_densities(draws, mean[:1], log_variance[:1])[:, 0]
    log_area = math.log(2) + dim / 2 * math.log(math.pi) - math.lgamma(dim / 2)
    error = 4 * float(density.std()) / len(draws) ** 0.5
    found = float(POWER_SPHERICALS.kl_divergence(mean[:1], log_variance[:1]).sum())
    assert found == pytest.approx(float(density.mean()) + log_area, abs=error)


def test_a_power_sphericals_density_integrates_to_one_on_the_sphere() -> None:
    places = UniformSpherePrior(3).sample(200_000, generator(2)).double()
    density = POWER_SPHERICALS.log_densities(places, *spherical(3, 4.0)).exp()
    assert float(density.mean()) * 4 * math.pi == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize(("dim", "kappa"), [(2, 3.0), (3, 1.0), (16, 40.0), (128, 5_000.0)])
def test_power_spherical_draws_have_the_direction_length_and_spread_that_are_stated(
    dim: int, kappa: float
) -> None:
    mean, log_variance = spherical(dim, kappa, 40_000)
    draws = POWER_SPHERICALS.draw(mean, log_variance, generator(4))
    torch.testing.assert_close(draws.norm(dim=1), torch.full((40_000,), dim**0.5, dtype=torch.float64))
    resultant = draws.mean(dim=0) / dim**0.5
    assert float(resultant.norm()) == pytest.approx(kappa / (dim - 1 + kappa), abs=0.01)
    assert float(resultant @ mean[0] / resultant.norm() / dim**0.5) == pytest.approx(1.0, abs=1e-3)
    spread = (draws - mean).square().mean()
    assert float(spread) == pytest.approx(float(log_variance[0, 0].exp()), rel=0.02)
    cosine = draws @ mean[0] / dim
    truth = Beta((dim - 1) / 2 + kappa, (dim - 1) / 2)
    assert float(cosine.var()) == pytest.approx(4 * float(truth.variance), rel=0.05)


def test_box_draws_fill_the_box_and_no_more() -> None:
    mean, log_variance = torch.tensor([[0.5, -1.0]]), torch.tensor([[-2.0, -4.0]])
    draws = BOXES.draw(mean.expand(40_000, 2), log_variance.expand(40_000, 2), generator())
    half = HALF_SIDE * torch.exp(0.5 * log_variance)
    assert ((draws - mean).abs() <= half + 1e-6).all()
    torch.testing.assert_close(draws.std(dim=0), torch.exp(0.5 * log_variance)[0], rtol=0.02, atol=0)
    density = BOXES.log_densities(torch.cat([draws[:9], mean + 2 * half]), mean, log_variance)[:, 0]
    assert density[:9].exp().tolist() == pytest.approx([1 / float((2 * half).prod())] * 9)
    assert density[9] == -torch.inf


def test_the_gradient_of_a_draw_is_that_of_its_mean_square_deviation() -> None:
    mean, log_variance = spherical(16, 40.0, 20_000)
    told = log_variance[0, 0].clone().requires_grad_()
    draws = POWER_SPHERICALS.draw(mean, told.expand(20_000, 16), generator(5))
    (draws - mean).square().mean().backward()
    assert told.grad is not None  # of exp(log-variance) by the log-variance: itself
    assert float(told.grad) == pytest.approx(float(told.exp().detach()), rel=0.02)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e4])
@pytest.mark.parametrize("bottleneck", [HypercubeBottleneck, HypersphereBottleneck])
def test_gradients_are_finite_however_large_the_features(
    bottleneck: type[HypercubeBottleneck] | type[HypersphereBottleneck], scale: float
) -> None:
    module = bottleneck(6, 128)
    posterior = module(torch.randn(64, 6, generator=generator()) * scale)
    assert (posterior.kl_divergence >= 0).all()
    (posterior.sample(generator()).square().sum() + posterior.kl_divergence.sum()).backward()
    for name, weight in module.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.isfinite().all(), name


@pytest.mark.parametrize("bottleneck", [HypercubeBottleneck, HypersphereBottleneck])
def test_a_box_and_a_power_spherical_start_as_narrow_as_a_gaussian(
    bottleneck: type[HypercubeBottleneck] | type[HypersphereBottleneck],
) -> None:
    posterior = bottleneck(6, 32)(torch.zeros(2, 6))
    torch.testing.assert_close(posterior.log_variance, torch.full((2, 32), -3.0), rtol=0, atol=1e-4)


def test_what_is_off_a_cube_or_sphere_is_moved_to_the_nearest_place() -> None:
    far = torch.randn(20, 5, generator=generator()) * 4
    assert BOXES.nearest(far).abs().max() <= HALF_SIDE
    placed = POWER_SPHERICALS.nearest(far)
    torch.testing.assert_close(placed.square().sum(dim=1), torch.full((20,), 5.0))
    for family, own in ((BOXES, UniformCubePrior(5)), (POWER_SPHERICALS, UniformSpherePrior(5))):
        draws = own.sample(7, generator())
        torch.testing.assert_close(family.nearest(draws), draws)


def test_uniform_priors_have_the_power_of_a_standard_normal() -> None:
    for prior in (UniformCubePrior(8), UniformSpherePrior(8)):
        draws = prior.sample(20_000, generator())
        assert float(draws.square().mean()) == pytest.approx(1.0, abs=0.02)
        assert float(draws.mean(dim=0).abs().max()) < 0.03
    told = UniformCubePrior(2).log_prob(torch.tensor([[0.0, 1.7], [0.0, 1.8]]))
    assert told.tolist() == pytest.approx([-math.log(12.0), -math.inf])


def test_one_latent_makes_no_hypersphere() -> None:
    with pytest.raises(SettingsError, match='latent_dim is "1"; a hypersphere needs at least 2'):
        HypersphereBottleneck(6, 1)
