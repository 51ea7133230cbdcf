"""What latents tell, against torch.distributions, closed forms of Gaussian channels, and extreme cases."""

import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence

from molvae.errors import InputError
from molvae.evaluation.information import (
    active_units,
    effective_dimension,
    information,
    kl_to_prior,
    kl_to_standard_normal,
)
from molvae.interfaces import FloatArray
from molvae.models.posteriors import BOXES, HALF_SIDE, POWER_SPHERICALS


def posteriors(num_molecules: int, latent_dim: int, spread: float) -> tuple[FloatArray, FloatArray]:
    """Posteriors of this spread whose aggregate is N(0, I)."""
    draws = np.random.default_rng(5).standard_normal((num_molecules, latent_dim))
    return np.sqrt(1 - spread**2) * draws, np.full_like(draws, spread)


def test_the_kl_is_that_of_torch_distributions() -> None:
    generator = np.random.default_rng(1)
    means, spreads = generator.standard_normal((7, 5)), generator.uniform(0.1, 2, (7, 5))
    q = Normal(torch.from_numpy(means), torch.from_numpy(spreads))
    expected = kl_divergence(q, Normal(torch.tensor(0.0), torch.tensor(1.0))).sum(dim=1)
    np.testing.assert_allclose(kl_to_standard_normal(means, spreads), expected.numpy())


def test_the_kl_of_a_point_is_infinite() -> None:
    assert np.isposinf(kl_to_standard_normal(np.zeros((1, 2)), np.array([[0.0, 1.0]]))).all()


def test_a_latent_is_active_if_its_mean_varies_by_more_than_a_hundredth() -> None:
    standard = np.random.default_rng(2).standard_normal((4000, 3))
    assert active_units(standard * [1.0, 0.2, 0.05]) == 2


def test_the_effective_dimension_is_the_number_of_equal_directions_whatever_the_scale() -> None:
    rotation = np.linalg.qr(np.random.default_rng(3).standard_normal((6, 6)))[0]
    corners = np.concatenate([np.eye(6)[:4], -np.eye(6)[:4]]) @ rotation + 7
    assert effective_dimension(corners) == pytest.approx(4)
    assert effective_dimension(1000 * corners) == pytest.approx(4)
    assert effective_dimension(np.outer(np.arange(5.0), np.ones(6))) == pytest.approx(1)
    assert np.isnan(effective_dimension(np.ones((5, 3))))


@pytest.mark.parametrize(("latent_dim", "spread"), [(1, 0.2), (1, 0.7), (3, 0.5)])
def test_the_mutual_information_of_a_gaussian_channel_is_minus_the_log_of_its_spread(
    latent_dim: int, spread: float
) -> None:
    # I = 1/2 ln(1 / s^2) a latent (Cover and Thomas, chapter 9), and the aggregate is the prior itself.
    found = information(*posteriors(2500, latent_dim, spread), seed=1)
    assert found.mutual_information == pytest.approx(-latent_dim * np.log(spread), abs=0.06)
    assert found.marginal_kl == pytest.approx(0, abs=0.06)


def test_posteriors_that_are_all_the_prior_tell_nothing() -> None:
    found = information(np.zeros((300, 4)), np.ones((300, 4)))
    assert found.mutual_information == pytest.approx(0, abs=1e-9)
    assert found.marginal_kl == pytest.approx(0, abs=1e-9)


def test_molecules_far_apart_reach_the_ceiling_and_no_more() -> None:
    means, spreads = posteriors(200, 16, 0.01)
    found = information(means, spreads)
    assert found.mutual_information == pytest.approx(found.ceiling)
    assert found.ceiling == pytest.approx(np.log(200))
    assert found.marginal_kl == pytest.approx(kl_to_standard_normal(means, spreads).mean() - np.log(200))


def test_of_an_autoencoder_the_information_is_the_ceiling_less_the_codes_that_molecules_share() -> None:
    codes = np.array([[0.0], [1.0], [2.0], [2.0]])
    assert information(codes[:3], np.zeros((3, 1))).mutual_information == pytest.approx(np.log(3))
    # Two of four are one code: entropy of the shares 1/4, 1/4, 1/2.
    assert information(codes, np.zeros((4, 1))).mutual_information == pytest.approx(1.5 * np.log(2))


def test_the_aggregate_of_shifted_posteriors_is_as_far_from_the_prior_as_its_own_kl() -> None:
    means, spreads = posteriors(2500, 1, 0.6)
    # KL(N(2, 1) || N(0, 1)) = 2.
    assert information(means + 2, spreads).marginal_kl == pytest.approx(2, abs=0.1)


def test_boxes_that_fill_the_cube_tell_which_of_them_it_is_and_make_up_the_prior() -> None:
    grid = (np.arange(4) - 1.5) * HALF_SIDE / 2
    means = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    spreads = np.full_like(means, 0.25)  # the cube has 1
    found = information(means, spreads, family=BOXES)
    assert found.mutual_information == pytest.approx(np.log(16))
    assert found.marginal_kl == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(kl_to_prior(means, spreads, BOXES), np.log(16))


def test_power_sphericals_all_around_the_circle_make_up_the_prior() -> None:
    angles = np.arange(3000) / 3000 * 2 * np.pi
    means = np.sqrt(2) * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    spreads = np.full_like(means, 0.2)
    found = information(means, spreads, family=POWER_SPHERICALS)
    assert found.marginal_kl == pytest.approx(0, abs=0.05)
    # So narrow a one is nearly a Gaussian of the angle, whose spread is .2: ln(2 pi) less its entropy.
    truth = np.log(2 * np.pi) - 0.5 * np.log(2 * np.pi * np.e * 0.04)
    assert found.mutual_information == pytest.approx(truth, abs=0.05)


def test_the_draws_follow_from_the_seed() -> None:
    means, spreads = posteriors(50, 2, 0.5)
    first, again, other = (information(means, spreads, seed) for seed in (1, 1, 2))
    assert first == again != other


def test_what_is_no_posterior_is_refused() -> None:
    with pytest.raises(InputError, match="give both as"):
        information(np.zeros((3, 2)), np.zeros((3, 1)))
    with pytest.raises(InputError, match="standard deviations"):
        kl_to_standard_normal(np.zeros((1, 1)), np.full((1, 1), -1.0))
    with pytest.raises(InputError, match="all of them or none"):
        information(np.zeros((2, 1)), np.array([[0.0], [1.0]]))
