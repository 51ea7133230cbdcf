"""The head fitted to latents that stand still, where the answer is known."""

from typing import Any

import numpy as np
import pytest
import torch

from molvae.data.scaling import PropertyScaler
from molvae.interfaces import NORMAL_80
from molvae.models.autoencoder import Autoencoder, AutoencoderSettings
from molvae.models.property_head import PropertyHead
from molvae.training import head_fitting
from molvae.training.gaussian_teacher import LeftOut, teach_head
from molvae.training.head_fitting import Labelled, fit_head, spread_factors
from molvae.training.perceptron_fitting import refit_head


def linear_case(num_molecules: int) -> tuple[torch.Tensor, np.ndarray]:
    """Latents far from standard scale, and one property that is linear in them, standardised."""
    latents = 5 + 30 * torch.randn(num_molecules, 4, generator=torch.Generator().manual_seed(0))
    values = ((latents - 5) / 30) @ torch.tensor([0.5, -0.5, 0.5, 0.5])
    return latents, values[:, None].double().numpy()


def test_a_linear_property_is_learned_whatever_the_scale_of_the_latents() -> None:
    latents, targets = linear_case(400)
    head = PropertyHead(4, 16, 3, [False])
    refit_head(head, latents[:300], targets[:300], seed=0)
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
        refit_head(head, rows, values, seed=3)
        heads.append(head)
    for first, second in zip(heads[0].parameters(), heads[1].parameters(), strict=True):
        torch.testing.assert_close(first, second)


def off_by(scale: float, size: int) -> LeftOut:
    """So many errors of so many spreads, and every fifth value unknown."""
    errors = np.abs(scale * np.random.default_rng(size).standard_normal((size, 1)))
    errors[::5] = np.nan
    return LeftOut(errors, np.ones_like(errors))


NOTHING = LeftOut(np.empty((0, 1)), np.empty((0, 1)))


def factor(held_out: LeftOut, others: LeftOut = NOTHING, *, is_binary: bool = False) -> float:
    (value,) = spread_factors((held_out, others), [is_binary])
    return value


def test_spread_factors_make_the_80_percent_interval_hold_80_percent() -> None:
    assert factor(off_by(3, 2000)) == pytest.approx(3.0, rel=0.05)
    assert factor(off_by(3, 2000), is_binary=True) == 1.0


def test_values_left_out_in_fitting_make_up_for_what_too_few_are_held_out() -> None:
    assert factor(off_by(1, 4000), off_by(3, 4000)) == pytest.approx(1.0, rel=0.06)
    assert factor(off_by(1, 4), off_by(3, 4000)) == pytest.approx(3.0, rel=0.06)
    assert factor(NOTHING, off_by(3, 4000)) == pytest.approx(3.0, rel=0.06)
    assert factor(off_by(1, 4)) == 1.0


def test_however_many_are_left_out_held_out_values_count() -> None:
    some = factor(off_by(1, 60), off_by(3, 60))
    assert 1.2 < some < 2.8
    assert factor(off_by(1, 60), off_by(3, 100_000)) == pytest.approx(some, rel=0.2)


def network_of(head_dim: int, is_binary: list[bool], head_members: int = 3) -> Autoencoder:
    settings = AutoencoderSettings(
        latent_dim=4, encoder_dim=4, decoder_dim=4, head_dim=head_dim, head_members=head_members
    )
    return Autoencoder(settings, 8, is_binary)


def noisy_case(size: int) -> Labelled:
    """Molecules with one property that is a latent and noise of half its spread, standardised."""
    generator = np.random.default_rng(0)
    latents = torch.from_numpy(generator.standard_normal((size, 4)).astype(np.float32))
    targets = latents[:, :1].double().numpy() + 0.5 * generator.standard_normal((size, 1))
    return Labelled(latents, targets / targets.std())


def part(molecules: Labelled, start: int, stop: int | None = None) -> Labelled:
    return Labelled(molecules.latents[start:stop], molecules.targets[start:stop])


def share_inside(network: Autoencoder, scaler: PropertyScaler, molecules: Labelled) -> float:
    """The share of values inside the calibrated 80 % interval."""
    assert network.head is not None
    with torch.no_grad():
        mean, variance = (values.numpy() for values in network.head(molecules.latents))
    reach = NORMAL_80 * np.sqrt(variance) * scaler.spread_factors[0]
    return float((np.abs(molecules.targets - mean) <= reach).mean())


@pytest.mark.parametrize("num_labels", [100, 400])
def test_labels_and_none_held_out_give_an_interval_that_holds_80_percent(
    num_labels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(head_fitting, "FEW_LABELS", 200)
    every, network = noisy_case(num_labels + 2000), network_of(16, [False])
    train, test = part(every, 0, num_labels), part(every, num_labels)
    scaler = PropertyScaler.fit(["y"], ["regression"], train.targets)
    scaler = fit_head(network, train, part(every, 0, 0), train.latents, scaler, seed=0)
    assert 0.7 <= share_inside(network, scaler, test) <= 0.9


def test_a_head_that_fitting_makes_no_better_is_kept() -> None:
    latents, targets = linear_case(200)
    network = network_of(16, [False])
    assert network.head is not None
    refit_head(network.head, latents, targets, seed=0)
    before = [parameter.clone() for parameter in network.head.parameters()]
    scaler = PropertyScaler.fit(["y"], ["regression"], targets)
    nonsense = Labelled(latents[:100], np.random.default_rng(0).permutation(targets[:100]))
    fit_head(network, nonsense, Labelled(latents[100:], targets[100:]), latents, scaler, seed=0)
    assert all(torch.equal(a, b) for a, b in zip(before, network.head.parameters(), strict=True))


def test_a_better_head_is_kept_however_sure_of_itself_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    every, network = noisy_case(300), network_of(16, [False])
    train, held_out = part(every, 0, 100), part(every, 100)
    teach = teach_head

    def too_sure(head: PropertyHead, *rest: Any) -> LeftOut:
        left_out = teach(head, *rest)
        with torch.no_grad():
            head.biases[-1][..., 1] -= 6  # spreads a twentieth of what they were
        return left_out

    monkeypatch.setattr(head_fitting, "teach_head", too_sure)
    scaler = PropertyScaler.fit(["y"], ["regression"], train.targets)
    scaler = fit_head(network, train, held_out, train.latents, scaler, seed=0)
    assert scaler.spread_factors[0] > 5
    assert 0.75 <= share_inside(network, scaler, held_out) <= 0.85
    assert network.head is not None
    with torch.no_grad():
        mean = network.head(held_out.latents)[0].numpy()
    assert np.corrcoef(mean[:, 0], held_out.targets[:, 0])[0, 1] > 0.8


@pytest.mark.parametrize("is_good", [True, False])
def test_a_head_that_was_taken_over_stays_if_a_few_labels_tell_no_more(is_good: bool) -> None:
    every = noisy_case(1000)
    network, few = network_of(16, [False]), part(every, 0, 30)
    assert network.head is not None
    taught = part(every, 100) if is_good else Labelled(every.latents, -every.targets)
    refit_head(network.head, taught.latents, taught.targets, seed=0)
    before = [parameter.clone() for parameter in network.head.parameters()]
    scaler = PropertyScaler.fit(["y"], ["regression"], few.targets)
    fit_head(network, few, part(every, 0, 0), few.latents, scaler, seed=0, is_taken_over=True)
    stays = all(torch.equal(a, b) for a, b in zip(before, network.head.parameters(), strict=True))
    assert stays == is_good


def test_a_property_of_few_labels_beside_one_of_many_is_learned_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head_fitting, "FEW_LABELS", 200)
    every, network = noisy_case(3000), network_of(32, [False, False, True])
    values = every.targets[:, 0]
    few, yes_no = -values.copy(), (values > 0).astype(np.float64)
    few[60:] = yes_no[100:] = np.nan
    targets = np.stack([values, few, yes_no], axis=1)
    train, test = Labelled(every.latents[:2000], targets[:2000]), every.latents[2000:]
    scaler = PropertyScaler.fit("abc", ["regression", "regression", "yes/no"], train.targets)
    scaler = fit_head(network, train, part(every, 0, 0), train.latents, scaler, seed=0)
    assert network.head is not None
    with torch.no_grad():
        mean = network.head(test)[0].numpy()
    truth = every.latents[2000:, 0].numpy()
    for column, sign in ((0, 1), (1, -1), (2, 1)):
        assert sign * np.corrcoef(mean[:, column], truth)[0, 1] > 0.8
    assert scaler.spread_factors[2] == 1.0


def test_one_member_and_a_yes_no_property_divide_by_no_zero() -> None:
    every, network = noisy_case(60), network_of(8, [True], head_members=1)
    train = Labelled(every.latents, (every.targets > 0).astype(np.float64))
    scaler = PropertyScaler.fit(["y"], ["yes/no"], train.targets)
    assert fit_head(network, train, train, train.latents, scaler, seed=0).spread_factors == (1.0,)
