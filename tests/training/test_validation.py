"""A validation's numbers, each computed again the long way; and the words of the collapse alarm."""

import copy

import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence

from molvae.models.autoencoder import Autoencoder
from molvae.training.validation import (
    ValidationReport,
    _partners,
    collapse_alarm,
    validate,
)
from tests.training.tiny_runs import tiny_data, tiny_trainer


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Autoencoder, ValidationReport]:
    model = tiny_trainer(tmp_path_factory.mktemp("run")).model.eval()
    data = tiny_data()
    return model, validate(model, data.arrays, data.valid, data.targets, seed=3)


def test_the_numbers_are_those_of_one_molecule_after_another(
    measured: tuple[Autoencoder, ValidationReport],
) -> None:
    model, report = measured
    data = tiny_data()
    assert data.targets is not None
    assert model.head is not None
    nll, kl, exact, means = [], [], [], []
    for index in data.valid:
        ids, lengths = (torch.from_numpy(part) for part in data.arrays.batch(np.array([index])))
        with torch.no_grad():
            posterior = model.encode(ids, lengths)
            nll.append(model.decoder(posterior.mean, ids, lengths).nll.item())
            normal = Normal(posterior.mean, torch.exp(0.5 * posterior.log_variance))
            kl.append(kl_divergence(normal, Normal(0.0, 1.0)).sum().item())
            found, length = model.decoder.generate(posterior.mean, max_length=20)
            exact.append(bool(length[0] == lengths[0]) and torch.equal(found[0, : lengths[0]], ids[0]))
            means.append(posterior.mean)
    assert report.reconstruction_loss == pytest.approx(np.mean(nll), rel=1e-5)
    assert report.kl_divergence == pytest.approx(np.mean(kl), rel=1e-5)
    assert report.reconstruction == pytest.approx(np.mean(exact))
    latents = torch.cat(means)
    assert report.active_units == int((latents.numpy().var(axis=0) > 0.01).sum())
    goal = data.targets[data.valid, 0]
    known = ~np.isnan(goal)
    with torch.no_grad():
        said = model.head(latents)[0].numpy()[:, 0]
    residual = ((said - goal)[known] ** 2).sum()
    total = ((goal[known] - goal[known].mean()) ** 2).sum()
    assert report.property_r2 == pytest.approx((1 - residual / total,), rel=1e-4)
    assert report.property_loss == pytest.approx(
        model.head.loss(latents, torch.from_numpy(data.targets[data.valid]).float()).item(), rel=1e-5
    )


def test_a_decoder_that_ignores_the_latents_does_not_mind_their_shuffling(
    measured: tuple[Autoencoder, ValidationReport],
) -> None:
    deaf, data = copy.deepcopy(measured[0]), tiny_data()
    with torch.no_grad():
        deaf.decoder.first_states.weight.zero_()
        deaf.decoder.latent_gates.weight.zero_()
    report = validate(deaf, data.arrays, data.valid, None, seed=0)
    assert report.nll_rise == pytest.approx(0.0, abs=1e-4)
    assert report.property_r2 == ()


@pytest.mark.parametrize(
    ("kl", "rise", "is_variational", "words"),
    [
        (
            0.1,
            0.0,
            True,
            ("tell too little", "has collapsed", "kl_weight", "free_bits", "2 of 64"),
        ),
        (40.0, 1.0, True, ("does not read the latents yet", "only 1.0 nats", "train longer")),
        (3.0, 20.0, True, ("the latents tell too little", "KL 3.0 nats")),
        (0.0, 1.0, False, ("the decoder ignores the latents", "token_dropout", "2 of 64")),
    ],
)
def test_the_alarm_says_what_is_wrong_and_what_to_change(
    kl: float, rise: float, is_variational: bool, words: tuple[str, ...]
) -> None:
    report = ValidationReport(18.0, 0.0, kl, 2, rise, 0.0, ())
    alarm = collapse_alarm(report, is_variational=is_variational, latent_dim=64)
    for word in words:
        assert word in alarm


@pytest.mark.parametrize(("kl", "is_variational"), [(40.0, True), (0.0, False)])
def test_the_alarm_is_silent_where_the_latents_are_used(kl: float, is_variational: bool) -> None:
    report = ValidationReport(2.0, 0.9, kl, 60, 30.0, 0.0, ())
    assert collapse_alarm(report, is_variational=is_variational, latent_dim=64) == ""


@pytest.mark.parametrize("num_molecules", [2, 3, 50])
def test_no_molecule_is_given_its_own_latents(num_molecules: int) -> None:
    for seed in range(5):
        partners = _partners(num_molecules, seed)
        assert sorted(partners) == list(range(num_molecules))
        assert (partners != np.arange(num_molecules)).all()
