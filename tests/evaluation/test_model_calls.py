"""What a trained model puts in the place of a decoder, an encoder and a denoiser, against its own methods."""

import numpy as np
import pytest

from molvae.chem.notation import smiles_to_selfies
from molvae.evaluation.denoising import measure_denoising
from molvae.evaluation.holes import round_trip
from molvae.evaluation.model_calls import combine_copies, denoiser_of, encoder_of
from molvae.generation.latent_model import MoleculeModel

UNREADABLE = "[Xe]CC"


@pytest.fixture
def molecules(tiny_model: MoleculeModel, drug_smiles: list[str]) -> list[str]:
    """Those of the drugs that the model can read."""
    return tiny_model.readable(drug_smiles).smiles[:8]


def test_what_can_be_read_is_encoded_as_ever_and_the_rest_is_nan(
    tiny_model: MoleculeModel, molecules: list[str]
) -> None:
    found = encoder_of(tiny_model)([molecules[0], UNREADABLE, *molecules[1:]])
    assert np.isnan(found[1]).all()
    np.testing.assert_allclose(
        np.delete(found, 1, axis=0), tiny_model.encode(molecules), rtol=1e-5, atol=1e-5
    )
    assert np.isnan(encoder_of(tiny_model)([UNREADABLE])).all()


def test_a_model_can_be_sent_there_and_back(tiny_model: MoleculeModel) -> None:
    latents = tiny_model.sample_latents(10, np.random.default_rng(1))
    trip = round_trip(latents, tiny_model.decode, encoder_of(tiny_model))
    assert trip.smiles == tiny_model.decode(latents)
    assert np.isnan(trip.cycle_lengths).tolist() == [
        text == "" or bool(tiny_model.readable([text]).refused) for text in trip.smiles
    ]


def test_without_noise_the_first_answer_is_the_models_reconstruction(
    tiny_model: MoleculeModel, molecules: list[str]
) -> None:
    selfies = [smiles_to_selfies(text) for text in molecules]
    answers = denoiser_of(tiny_model)(selfies)
    assert [texts[0] for texts in answers] == tiny_model.reconstruct(molecules)["reconstruction"].tolist()
    assert {len(texts) for texts in answers} == {1}


def test_further_answers_are_draws_of_the_posterior(tiny_model: MoleculeModel, molecules: list[str]) -> None:
    selfies = [smiles_to_selfies(text) for text in molecules]
    answers = denoiser_of(tiny_model, 3, seed=5)(selfies)
    draws = tiny_model.posterior_samples(molecules, 3, seed=5)
    for texts, own in zip(answers, draws, strict=True):
        assert texts[1:] == tiny_model.decode(own)


def test_what_the_model_cannot_read_has_no_answer(tiny_model: MoleculeModel, molecules: list[str]) -> None:
    corrupted = ["", "[C][Xe]", "[Branch1]", smiles_to_selfies(molecules[0])]
    answers = denoiser_of(tiny_model, 2)(corrupted)
    assert answers[:3] == [[""], [""], [""]]
    assert len(answers[3]) == 3
    assert denoiser_of(tiny_model)(corrupted[:2]) == [[""], [""]]
    found = measure_denoising([molecules[0]] * 4, corrupted, denoiser_of(tiny_model, 2))
    assert not found.is_exact[:3].any()


def test_copies_are_combined_by_the_mean_of_their_latents(
    tiny_model: MoleculeModel, molecules: list[str]
) -> None:
    selfies = [smiles_to_selfies(text) for text in molecules]
    copies = [[selfies[0]] * 3, ["", "[Xe]"], [selfies[1], "", selfies[2]]]
    middle = tiny_model.encode(molecules[1:3]).mean(axis=0)
    expected = [*tiny_model.reconstruct(molecules[:1])["reconstruction"], "", *tiny_model.decode(middle)]
    assert combine_copies(tiny_model, copies) == expected
    assert combine_copies(tiny_model, [[""]]) == [""]
