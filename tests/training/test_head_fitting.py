"""The head fitted to latents that stand still, where the answer is known."""

import numpy as np
import pytest
import torch

from molvae.data.scaling import PropertyScaler
from molvae.models.autoencoder import Autoencoder, AutoencoderSettings
from molvae.models.property_head import PropertyHead
from molvae.training.head_fitting import NORMAL_80, Labelled, fit_head, spread_factors
from molvae.training.perceptron_fitting import LEAST_LABELLED, refit_head


def linear_case(num_molecules: int) -> tuple[torch.Tensor, np.ndarray]:
    """Latents far from standard scale, and one property that is linear in them, standardised."""
    latents = 5 + 30 * torch.randn(num_molecules, 4, generator=torch.Generator().manual_seed(0))
    values = ((latents - 5) / 30) @ torch.tensor([0.5, -0.5, 0.5, 0.5])
    return latents, values[:, None].double().numpy()


def test_a_linear_property_is_learned_whatever_the_scale_of_the_latents() -> None:
    latents, targets = linear_case(400)
    head = PropertyHead(4, 16, 3, [False])
    assert refit_head(head, latents[:300], targets[:300], seed=0) is not None
    with torch.no_grad():
        mean, variance = head(latents[300:])
    error = mean.numpy() - targets[300:]
    assert 1 - (error**2).mean() / targets[300:].var() > 0.95
    assert bool((variance > 0).all())


def test_molecules_without_a_label_change_nothing() -> None:
    latents, targets = linear_case(60)
    some = targets.copy()
    some[40:] = np.nan
    heads = []
    for rows, values in ((latents[:40], targets[:40]), (latents, some)):
        head = PropertyHead(4, 8, 2, [False])
        assert refit_head(head, rows, values, seed=3) is not None
        heads.append(head)
    for first, second in zip(heads[0].parameters(), heads[1].parameters(), strict=True):
        torch.testing.assert_close(first, second)


def test_too_few_labels_leave_the_head_as_it_was() -> None:
    latents, targets = linear_case(LEAST_LABELLED - 1)
    head = PropertyHead(4, 8, 2, [False])
    before = [parameter.clone() for parameter in head.parameters()]
    assert refit_head(head, latents, targets, seed=0) is None
    assert all(torch.equal(a, b) for a, b in zip(before, head.parameters(), strict=True))


def test_more_members_than_labels_are_all_fitted() -> None:
    latents, targets = linear_case(24)
    head = PropertyHead(4, 8, 40, [False])
    assert refit_head(head, latents, targets, seed=0) is not None
    with torch.no_grad():
        assert bool(torch.isfinite(head(latents)[0]).all())


def test_spread_factors_make_the_80_percent_interval_hold_80_percent() -> None:
    errors = 3 * np.random.default_rng(0).standard_normal((2000, 1))
    errors[::5] = np.nan
    assert spread_factors([np.abs(errors)], [False]) == pytest.approx((3.0,), rel=0.05)
    assert spread_factors([np.abs(errors)], [True]) == (1.0,)


def test_values_out_of_fold_are_counted_only_where_few_are_held_out() -> None:
    generator = np.random.default_rng(0)
    many, few, out_of_fold = (
        np.abs(scale * generator.standard_normal((size, 1))) for scale, size in ((1, 4000), (1, 4), (3, 4000))
    )
    assert spread_factors([many, out_of_fold], [False]) == pytest.approx((1.0,), rel=0.06)
    assert spread_factors([few, out_of_fold], [False]) == pytest.approx((3.0,), rel=0.06)
    assert spread_factors([few], [False]) == (1.0,)


def test_a_hundred_noisy_labels_and_none_held_out_give_an_interval_that_holds_80_percent() -> None:
    generator = np.random.default_rng(0)
    latents = torch.from_numpy(generator.standard_normal((2100, 4)).astype(np.float32))
    targets = latents[:, :1].double().numpy() + 0.5 * generator.standard_normal((2100, 1))
    network = Autoencoder(
        AutoencoderSettings(latent_dim=4, encoder_dim=4, decoder_dim=4, head_dim=16), 8, [False]
    )
    scaler = PropertyScaler.fit(["y"], ["regression"], targets[:100])
    nothing = Labelled(latents[:0], targets[:0])
    scaler = fit_head(network, Labelled(latents[:100], targets[:100]), nothing, latents[:50], scaler, seed=0)
    assert network.head is not None
    with torch.no_grad():
        mean, variance = (part.numpy() for part in network.head(latents[100:]))
    reach = NORMAL_80 * np.sqrt(variance) * scaler.spread_factors[0]
    assert 0.7 <= (np.abs(targets[100:] - mean) <= reach).mean() <= 0.9


def test_a_head_that_fitting_makes_no_better_is_kept() -> None:
    latents, targets = linear_case(200)
    network = Autoencoder(
        AutoencoderSettings(latent_dim=4, encoder_dim=4, decoder_dim=4, head_dim=16), 8, [False]
    )
    assert network.head is not None
    refit_head(network.head, latents, targets, seed=0)
    before = [parameter.clone() for parameter in network.head.parameters()]
    scaler = PropertyScaler.fit(["y"], ["regression"], targets)
    nonsense = Labelled(latents[:100], np.random.default_rng(0).permutation(targets[:100]))
    fit_head(network, nonsense, Labelled(latents[100:], targets[100:]), latents, scaler, seed=0)
    assert all(torch.equal(a, b) for a, b in zip(before, network.head.parameters(), strict=True))
