"""What a Gaussian process compares of two latents."""

import numpy as np
import torch
from scipy.spatial.distance import pdist

from molvae.models.fingerprint_head import FingerprintHead
from molvae.training.process_inputs import ProcessInputs


def reading_of(latent_dim: int, num_bits: int) -> FingerprintHead:
    torch.manual_seed(0)
    head = FingerprintHead(latent_dim, num_bits)
    torch.nn.init.normal_(head.logits.weight)
    return head


def test_without_fragments_latents_are_compared_in_units_of_their_spread() -> None:
    latents = torch.randn(40, 5, generator=torch.Generator().manual_seed(0)) * 3 + 7
    inputs = ProcessInputs.fit(latents, latents, None, seed=0).of(latents)
    assert np.allclose(inputs.mean(axis=0), 0, atol=1e-6)
    assert np.isclose((inputs**2).sum(axis=1).mean(), 1)
    assert np.allclose(pdist(inputs) / pdist(inputs).max(), pdist(latents) / pdist(latents).max(), atol=1e-6)


def test_with_fragments_molecules_are_as_far_apart_as_what_is_read_of_them() -> None:
    latents, reading = torch.randn(60, 5, generator=torch.Generator().manual_seed(0)), reading_of(5, 32)
    process_inputs = ProcessInputs.fit(latents[:20], latents[20:], reading, seed=0)
    chances = torch.sigmoid(reading.logits(latents)).detach().numpy()
    read, compared = pdist(chances), pdist(process_inputs.of(latents))
    assert np.allclose(compared / compared.max(), read / read.max(), atol=1e-5)
    assert np.isclose((process_inputs.of(latents[:20]) ** 2).sum(axis=1).mean(), 1)


def test_what_no_fragment_tells_of_makes_no_difference() -> None:
    latents, reading = torch.randn(30, 5, generator=torch.Generator().manual_seed(0)), reading_of(5, 16)
    with torch.no_grad():
        reading.logits.weight[:, 4] = 0
    process_inputs = ProcessInputs.fit(latents, latents, reading, seed=0)
    moved = latents + torch.tensor([0.0, 0.0, 0.0, 0.0, 9.0])
    assert np.allclose(process_inputs.of(moved), process_inputs.of(latents))
    assert not np.allclose(process_inputs.of(latents + 1), process_inputs.of(latents))


def test_molecules_that_are_all_alike_give_finite_inputs() -> None:
    alike = torch.ones(6, 5)
    assert np.isfinite(ProcessInputs.fit(alike, alike, reading_of(5, 16), seed=0).of(alike)).all()
    assert np.isfinite(ProcessInputs.fit(alike, alike, None, seed=0).of(alike)).all()
