"""A copy of a model that is taught: it learns, and the model does not."""

import dataclasses

import numpy as np
import pytest
import torch

from molvae.generation.latent_model import MoleculeModel
from molvae.interfaces import FloatArray, StudentModel, Teachable
from molvae.models.autoencoder import Autoencoder, AutoencoderSettings

SMILES = ["CCO", "CCN", "CC(C)O", "c1ccccc1", "CC(=O)O", "CCOC"]


@pytest.fixture(params=["gaussian", "deterministic", "noisy"])
def model(request: pytest.FixtureRequest, tiny_model: MoleculeModel) -> MoleculeModel:
    """An untrained model of each kind."""
    sizes = AutoencoderSettings(
        bottleneck=request.param, latent_dim=8, embedding_dim=16, encoder_dim=16, decoder_dim=32
    )
    torch.manual_seed(0)
    network = Autoencoder(sizes, tiny_model.tokenizer.vocab_size, []).eval().requires_grad_(False)
    return dataclasses.replace(tiny_model, network=network, scaler=None, facts={"latent_scale": 1.0})


def test_a_student_learns_molecules_at_noisy_latents_and_the_model_stays(model: MoleculeModel) -> None:
    assert isinstance(model, Teachable)
    student = model.student()
    assert isinstance(student, StudentModel)
    before = {name: weight.clone() for name, weight in model.network.state_dict().items()}
    latents = model.encode(SMILES)
    generator = np.random.default_rng(0)

    def share_known() -> float:
        drawn = student.decode_around(np.repeat(latents, 20, axis=0), 0.3, 1.0, np.random.default_rng(1))
        return float(np.isin(drawn.smiles, SMILES).mean())

    at_first = share_known()
    for _ in range(400):
        student.learn(SMILES, latents, 0.3, generator)
    assert share_known() > at_first + 0.3
    assert all(torch.equal(weight, before[name]) for name, weight in model.network.state_dict().items())
    np.testing.assert_array_equal(model.encode(SMILES), latents)


def test_what_can_not_be_read_is_left_out_of_a_lesson(model: MoleculeModel) -> None:
    student = model.student()
    latents: FloatArray = np.zeros((2, 8))
    student.learn(["[Pt]", "CCO"], latents, 0.3, np.random.default_rng(0))
    student.learn(["[Pt]"], latents[:1], 0.3, np.random.default_rng(0))


def test_a_generator_decides_every_draw(model: MoleculeModel) -> None:
    student = model.student()
    latents = model.encode(SMILES)
    first, again, other = (
        student.decode_around(latents, 0.5, 1.0, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert first.smiles == again.smiles
    np.testing.assert_array_equal(first.latents, again.latents)
    assert not np.array_equal(first.latents, other.latents)
    slips = [student.decode_with_slips(SMILES, latents, np.random.default_rng(seed)) for seed in (1, 1)]
    assert slips[0] == slips[1]
    assert len(slips[0]) == len(SMILES)
