"""The flow where it can be worked out, and what it learns of a shape that no Gaussian has."""

import math
import time

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from molvae.models import flow_fitting
from molvae.models.fit_length import FitLength
from molvae.models.flow_fitting import fit_flow, matching_loss
from molvae.models.flow_prior import FlowPrior, VelocityField
from molvae.models.prior import GaussianPrior


def half_circles(num_samples: int, seed: int) -> Tensor:
    """Two half circles that reach into each other, `(B, 2)`, with noise of .1."""
    generator = torch.Generator().manual_seed(seed)
    angle = torch.rand(num_samples, generator=generator) * math.pi
    upper = torch.rand(num_samples, generator=generator) < 0.5
    across = torch.where(upper, angle.cos(), 1 - angle.cos())
    along = torch.where(upper, angle.sin(), 0.5 - angle.sin())
    return torch.stack([across, along], dim=1) + 0.1 * torch.randn(num_samples, 2, generator=generator)


@pytest.fixture(scope="module")
def fitted() -> FlowPrior:
    return fit_flow(FlowPrior(2, 64, 2), half_circles(4000, 0), FitLength(steps=1000))


def energy_distance(one: Tensor, two: Tensor) -> float:
    """2 E|x - y| - E|x - x'| - E|y - y'| (Szekely & Rizzo 2013), 0 for samples of the same distribution."""
    return float(
        2 * torch.cdist(one, two).mean() - torch.cdist(one, one).mean() - torch.cdist(two, two).mean()
    )


def awake(prior: FlowPrior) -> FlowPrior:
    """The prior with a field of random weights, the last layers' too."""
    generator = torch.Generator().manual_seed(9)
    for weight in prior.field.parameters():
        weight.normal_(generator=generator).mul_(0.3)
    return prior


def test_a_flow_that_has_learned_nothing_is_the_gaussian_of_the_latents() -> None:
    latents = torch.randn(5000, 3, generator=torch.Generator().manual_seed(0)) @ torch.tensor(
        [[1.0, 0.0, 0.0], [0.8, 0.5, 0.0], [-0.3, 0.2, 0.1]]
    ) + torch.tensor([1.0, -2.0, 0.5])
    prior = FlowPrior(3, 8, 1)
    prior.whiten_by(latents)
    gaussian = MultivariateNormal(latents.mean(dim=0), torch.cov(latents.t()))
    torch.testing.assert_close(
        prior.log_prob(latents[:50]), gaussian.log_prob(latents[:50]), rtol=0, atol=0.05
    )
    samples = prior.sample(20_000, torch.Generator().manual_seed(1))
    torch.testing.assert_close(samples.mean(dim=0), latents.mean(dim=0), rtol=0, atol=0.03)
    torch.testing.assert_close(torch.cov(samples.t()), torch.cov(latents.t()), rtol=0, atol=0.03)


def test_the_trace_is_that_of_the_jacobian_written_out() -> None:
    prior = awake(FlowPrior(4, 8, 2))
    points = torch.randn(3, 4, generator=torch.Generator().manual_seed(0))
    velocity, trace = prior._velocity_and_trace(points, 0.3)
    torch.testing.assert_close(velocity, prior._velocity(points, 0.3))
    for row in range(3):
        jacobian = torch.autograd.functional.jacobian(
            lambda point: prior._velocity(point[None], 0.3)[0], points[row]
        )
        assert float(trace[row]) == pytest.approx(float(torch.trace(jacobian)), abs=1e-4)


def test_the_density_of_what_was_learned_integrates_to_one(fitted: FlowPrior) -> None:
    axis = torch.linspace(-3, 4, 120)
    grid = torch.cartesian_prod(axis, axis)
    mass = float(fitted.log_prob(grid).double().exp().sum() * (axis[1] - axis[0]) ** 2)
    assert mass == pytest.approx(1, abs=0.02)


def test_a_shape_that_no_gaussian_has_is_learned(fitted: FlowPrior) -> None:
    unseen = half_circles(2000, 1)
    gaussian = GaussianPrior(2).fit(half_circles(4000, 0))
    assert float((fitted.log_prob(unseen) - gaussian.log_prob(unseen)).mean()) > 0.3
    generator = torch.Generator().manual_seed(2)
    told = [energy_distance(prior.sample(2000, generator), unseen) for prior in (fitted, gaussian)]
    assert told[0] < 0.4 * told[1]


def test_the_loss_of_the_field_that_is_known_to_be_best_is_least() -> None:
    """Between two standard normals nothing is to be added to the field's own velocity."""
    generator = torch.Generator().manual_seed(0)
    points, noise = (torch.randn(20_000, 3, generator=generator) for _ in range(2))
    times = torch.rand(20_000, generator=generator)
    field = VelocityField(3, 8, 1).requires_grad_(False)
    least = float(matching_loss(field, points, noise, times))
    # The variance of x_1 - x_0 given x_t is 1 / ((1 - t)^2 + t^2), whose mean over t is pi / 2.
    assert least == pytest.approx(math.pi / 2, abs=0.02)
    field.last.bias.add_(0.3)
    assert float(matching_loss(field, points, noise, times)) == pytest.approx(least + 0.09, abs=0.02)


def test_a_few_latents_are_not_learned_by_heart() -> None:
    latents = torch.randn(40, 6, generator=torch.Generator().manual_seed(0))
    prior = fit_flow(FlowPrior(6, 64, 2), latents, FitLength(steps=150))
    unseen = torch.randn(200, 6, generator=torch.Generator().manual_seed(1))
    gaussian = GaussianPrior(6).fit(latents).log_prob(unseen).mean()
    assert float(prior.log_prob(unseen).mean()) > float(gaussian) - 1


@pytest.mark.parametrize("num_latents", [4, 6])
def test_fewer_latents_than_dimensions_or_a_dead_one_can_still_be_fitted(num_latents: int) -> None:
    latents = torch.randn(num_latents, 8, generator=torch.Generator().manual_seed(2))
    latents[:, 3] = 0.25
    prior = fit_flow(FlowPrior(8, 16, 1), latents, FitLength(steps=3))
    samples = prior.sample(100, torch.Generator().manual_seed(3))
    assert samples.isfinite().all()
    assert prior.log_prob(samples).isfinite().all()
    torch.testing.assert_close(samples[:, 3], torch.full((100,), 0.25), rtol=0, atol=0.05)


def test_seed_and_steps_fix_the_fit_whatever_else_is_drawn() -> None:
    fits = []
    for seed in (1, 1, 2):
        torch.rand(3)
        fits.append(fit_flow(FlowPrior(2, 16, 1), half_circles(100, 0), FitLength(steps=30), seed))
    first, again, other = (fit.log_prob(half_circles(5, 3)) for fit in fits)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_minutes_end_a_fit_too(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(np.arange(0, 1e6, 10.0))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    steps = []
    monkeypatch.setattr(flow_fitting, "_average", lambda *_: steps.append(1))
    fit_flow(FlowPrior(2, 8, 1), half_circles(50, 0), FitLength(minutes=2))
    assert len(steps) <= 12


def test_three_latents_are_too_few() -> None:
    with pytest.raises(ValueError, match="a flow needs at least 4 latents, got 3"):
        fit_flow(FlowPrior(2, 8, 1), torch.zeros(3, 2), FitLength(steps=1))
