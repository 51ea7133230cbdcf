"""A head taught by a Gaussian process: as good as the process, on labels too few for perceptrons."""

import numpy as np
import pytest
import torch
from sklearn.gaussian_process import GaussianProcessRegressor

from molvae.models.fingerprint_head import FingerprintHead
from molvae.models.property_head import PropertyHead
from molvae.training import gaussian_teacher
from molvae.training.gaussian_teacher import Teacher, teach_head
from molvae.training.perceptron_fitting import refit_head


def curved_case(num_labelled: int) -> tuple[torch.Tensor, np.ndarray, np.ndarray]:
    """Latents of 600 molecules, a smooth curved property of them, and the same measured with noise on few."""
    generator = np.random.default_rng(0)
    latents = torch.from_numpy(generator.standard_normal((600, 6)).astype(np.float32))
    truth = np.sin(latents[:, 0].double().numpy()) + 0.5 * np.cos(2 * latents[:, 1].double().numpy())
    truth = ((truth - truth.mean()) / truth.std())[:, None]
    measured = truth + 0.1 * generator.standard_normal(truth.shape)
    return latents, truth, measured[:num_labelled]


def error(head: PropertyHead, latents: torch.Tensor, truth: np.ndarray) -> float:
    with torch.no_grad():
        return float(((head(latents)[0].numpy() - truth) ** 2).mean() / truth.var())


def test_a_taught_head_says_what_the_process_says_and_beats_perceptrons_on_few_labels() -> None:
    latents, truth, measured = curved_case(80)
    head, alone = PropertyHead(6, 64, 3, [False]), PropertyHead(6, 64, 3, [False])
    teach_head(head, latents[:80], measured, latents[:400], None, seed=0)
    refit_head(alone, latents[:80], measured, seed=0)
    teacher = Teacher.fit(latents[:80], measured, latents[:400], None, seed=0)
    means, deviations = teacher.says(latents[400:])
    with torch.no_grad():
        mean, variance = (part.numpy() for part in head(latents[400:]))
    assert np.corrcoef(mean[:, 0], means[:, 0])[0, 1] > 0.98
    assert np.abs(np.log(variance.clip(1e-6)) / 2 - np.log(deviations)).mean() < 0.2
    assert error(head, latents[400:], truth[400:]) < error(alone, latents[400:], truth[400:])


def test_what_is_said_of_a_value_left_out_is_what_a_fit_without_it_says() -> None:
    latents, _, measured = curved_case(30)
    measured[4] = np.nan
    teacher = Teacher.fit(latents[:30], measured, latents, None, seed=0)
    left_out = teacher.left_out(measured)
    kernel, scaled = teacher.processes[0].kernel_, teacher.inputs.of(latents[:30])
    centered, unit = measured[:, 0] - teacher.levels[0], teacher.units[0]
    for left in (0, 7, 29):
        rest = np.delete(np.arange(30), [4, left])
        fixed = GaussianProcessRegressor(kernel, optimizer=None).fit(scaled[rest], centered[rest] / unit)
        mean, deviation = fixed.predict(scaled[[left]], return_std=True)
        assert np.isclose(left_out.errors[left, 0], abs(centered[left] - unit * mean[0]), rtol=1e-4)
        assert np.isclose(left_out.spreads[left, 0], unit * deviation[0], rtol=1e-4)
    assert np.isnan(left_out.errors[4, 0])


def test_a_yes_no_property_is_taught_as_a_probability_and_a_missing_value_is_no_label() -> None:
    latents, truth, measured = curved_case(100)
    targets = np.concatenate([measured, measured > 0], axis=1)
    targets[::2, 0] = np.nan
    head = PropertyHead(6, 64, 3, [False, True])
    left_out = teach_head(head, latents[:100], targets, latents[:400], None, seed=0)
    assert (np.isnan(left_out.errors) == np.isnan(targets)).all()
    with torch.no_grad():
        mean, _ = (part.numpy() for part in head(latents[400:]))
    assert ((mean[:, 1] >= 0) & (mean[:, 1] <= 1)).all()
    assert ((mean[:, 1] > 0.5) == (truth[400:, 0] > 0)).mean() > 0.8
    assert np.corrcoef(mean[:, 0], truth[400:, 0])[0, 1] > 0.6


def test_the_same_seed_teaches_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gaussian_teacher, "NUM_STEPS", 20)
    latents, _, measured = curved_case(40)
    heads = [PropertyHead(6, 8, 2, [False]) for _ in range(2)]
    for head in heads:
        teach_head(head, latents[:40], measured, latents, None, seed=5)
    for first, second in zip(heads[0].parameters(), heads[1].parameters(), strict=True):
        assert torch.equal(first, second)


def test_a_network_that_reads_fragments_teaches_by_them() -> None:
    latents = torch.randn(600, 20, generator=torch.Generator().manual_seed(0))
    fragments = FingerprintHead(20, 8)
    with torch.no_grad():
        fragments.logits.weight.zero_()
        fragments.logits.weight[:, 0] = torch.linspace(1, 6, 8)
        fragments.logits.bias.copy_(torch.linspace(-3, 3, 8))
    truth = (torch.sigmoid(4 * latents[:, :1]) - 0.5).double().numpy() / 0.36
    errors = []
    for reading in (None, fragments):
        head = PropertyHead(20, 64, 3, [False])
        teach_head(head, latents[:60], truth[:60], latents[:400], reading, seed=0)
        errors.append(error(head, latents[400:], truth[400:]))
    assert errors[1] < 0.5 * errors[0]
