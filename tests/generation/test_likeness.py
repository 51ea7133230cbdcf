"""The dial of likeness: what it was measured to be, and neighbors that are as alike as asked for."""

import dataclasses
import logging

import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator
from rdkit.DataStructs import TanimotoSimilarity

from molvae.errors import InputError, SettingsError
from molvae.generation.exploration import TOLERANCE, neighbors_of
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.likeness import NUM_DRAWS, RADII, LikenessDial, likeness_to, measure_dial
from molvae.interfaces import FloatArray

QUERY = "CCCCCCCCCC"


class _Chains:
    """A model whose molecules lose the more carbons of ten the more noise there is: 10 a unit."""

    is_told_levels = False
    latent_dim, latent_scale = 400, 1.0
    likeness_dial: LikenessDial | None = None

    def encode(self, smiles: list[str]) -> FloatArray:
        return np.zeros((len(smiles), self.latent_dim))

    def decode(self, latents: FloatArray) -> list[str]:
        lost = np.round(10 * latents.std(axis=1)).astype(int)
        return ["C" * max(10 - number, 0) for number in lost]


def rdkit_tanimoto(first: str, second: str) -> float:
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    return float(
        TanimotoSimilarity(*(generator.GetFingerprint(Chem.MolFromSmiles(t)) for t in (first, second)))
    )


def test_likeness_is_rdkits() -> None:
    others = ["CCO", "CCCCCC", "c1ccccc1"]
    np.testing.assert_allclose(
        likeness_to("CCCO", others), [rdkit_tanimoto("CCCO", text) for text in others], atol=1e-6
    )


def test_the_dial_gives_the_noise_between_those_measured_and_goes_into_json() -> None:
    dial = LikenessDial((0.1, 0.2, 0.4), (0.9, 0.7, 0.3))
    assert dial.noise_for(0.8) == pytest.approx(0.15)
    assert dial.noise_for(0.5) == pytest.approx(0.3)
    assert (dial.noise_for(0.99), dial.noise_for(0.01)) == (0.1, 0.4)
    assert LikenessDial.from_json(dial.to_json()) == dial


def test_a_measured_dial_is_the_mean_likeness_of_other_molecules() -> None:
    dial = measure_dial(_Chains(), [QUERY], seed=0)  # type: ignore[arg-type]
    assert dial is not None
    assert NUM_DRAWS > 1
    first = dial.noise.index(0.3)
    assert dial.tanimoto[first] == pytest.approx(rdkit_tanimoto(QUERY, "C" * 7))
    assert min(dial.noise) >= 0.05  # at less noise the molecule itself comes back
    assert max(dial.noise) < 1.0  # and at more there is none
    assert list(dial.tanimoto) == sorted(dial.tanimoto, reverse=True)
    assert set(dial.noise) <= set(RADII)


def test_a_model_that_knows_one_molecule_has_no_dial() -> None:
    class _One(_Chains):
        def decode(self, latents: FloatArray) -> list[str]:
            return [QUERY] * len(latents)

    assert measure_dial(_One(), [QUERY], seed=0) is None  # type: ignore[arg-type]


def test_a_trained_model_has_a_dial(tiny_model: MoleculeModel) -> None:
    dial = tiny_model.likeness_dial
    assert dial is not None
    assert list(dial.noise) == sorted(dial.noise)
    assert list(dial.tanimoto) == sorted(dial.tanimoto, reverse=True)
    assert all(0 < value < 1 for value in dial.tanimoto)


def test_neighbors_of_a_similarity_are_the_nearest_to_it_and_what_can_not_be_found_is_said(
    tiny_model: MoleculeModel, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    query = "CCOc1ccccc1"
    table = tiny_model.neighbors(query, 5, similarity=0.2, seed=3)
    assert len(set(table["smiles"])) == len(table) == 5
    assert query not in table["smiles"].tolist()
    for text, value in zip(table["smiles"], table["tanimoto"], strict=True):
        assert value == pytest.approx(rdkit_tanimoto(query, text), abs=1e-6)
    assert (table["tanimoto"] - 0.2).abs().max() <= TOLERANCE
    assert "within" not in caplog.text
    assert table.equals(tiny_model.neighbors(query, 5, similarity=0.2, seed=3))
    far = tiny_model.neighbors(query, 5, similarity=0.97, seed=3)
    assert len(far) == 5
    assert 'of 5 neighbors of "CCOc1ccccc1" are within 0.1 of a similarity of 0.97' in caplog.text


def test_a_similarity_that_is_none_and_a_model_without_a_dial_are_refused(tiny_model: MoleculeModel) -> None:
    with pytest.raises(SettingsError, match=r'similarity is "1.0"; give a Tanimoto similarity between'):
        tiny_model.neighbors(QUERY, 3, similarity=1.0)
    old = dataclasses.replace(
        tiny_model, facts={name: value for name, value in tiny_model.facts.items() if name != "likeness"}
    )
    with pytest.raises(InputError, match=r"no dial for similarity: train it anew"):
        neighbors_of(old, QUERY, 3, 0, 0.5)
