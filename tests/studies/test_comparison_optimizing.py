"""The search that a latent space is judged by: the same starts and calls for all, and what is told of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import pytest

from molvae.generation.decoding import Checked
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.membership import MoleculeKeys
from molvae.interfaces import FloatArray
from molvae.optimization.pmo_objectives import pmo_score
from molvae.studies.comparison.optimizing import NUM_STARTS, OBJECTIVES, optimization_rows, searched
from molvae.studies.comparison.subjects import Extent, Molecules, Subject


class Collapsed:
    """Decodes to ethanol everywhere; half of what it wrote had to be repaired."""

    latent_dim = 2
    property_names = ()
    training_keys = MoleculeKeys.of(["CCC"])

    def encode(self, smiles: Sequence[str]) -> FloatArray:
        return np.array([[float(len(text)), 0.0] for text in smiles])

    def decode_checked(self, latents: FloatArray) -> Checked:
        return Checked(["CCO"] * len(latents), [row % 2 == 0 for row in range(len(latents))])

    def sample_latents(self, num_samples: int, generator: np.random.Generator) -> FloatArray:
        return generator.standard_normal((num_samples, 2))


@pytest.fixture(scope="module")
def molecules(tiny_csv: Path, tmp_path_factory: pytest.TempPathFactory) -> Molecules:
    smiles = pd.read_csv(tiny_csv)["smiles"].tolist()
    extent = Extent(num_calls=NUM_STARTS + 1, num_searches=2)
    return Molecules(known=smiles[:40], unseen=smiles[40:], cache=tmp_path_factory.mktemp("c"), extent=extent)


def test_a_search_where_all_is_one_molecule_ends_with_its_starts_and_that_one(molecules: Molecules) -> None:
    subject = Subject("collapsed", cast("MoleculeModel", Collapsed()), molecules)
    found = searched(subject, "perindopril_mpo", 0)
    scores = np.sort([pmo_score("perindopril_mpo", text) for text in (*starts(molecules, 0), "CCO")])
    assert found.best_ten == pytest.approx(scores[-10:].mean())
    assert found.strict == pytest.approx(0.5, abs=0.1)
    assert found.new == 1
    assert 0 < found.distinct < 1


def starts(molecules: Molecules, number: int) -> list[str]:
    rows = np.random.default_rng([0, number]).permutation(len(molecules.unseen))[:NUM_STARTS]
    return [molecules.unseen[row] for row in rows.tolist()]


def test_searches_begin_with_other_molecules_and_are_told_with_intervals(molecules: Molecules) -> None:
    subject = Subject("collapsed", cast("MoleculeModel", Collapsed()), molecules)
    rows = optimization_rows(subject)
    assert [row["objective"] for row in rows] == list(OBJECTIVES)
    for row in rows:
        objective = str(row["objective"])
        each = row["best ten each"]
        assert isinstance(each, list)
        assert row["best ten"] == pytest.approx(np.mean(each), abs=1e-6)
        assert (row["calls"], row["searches"]) == (11, 2)
        begun = [[pmo_score(objective, text) for text in starts(molecules, number)] for number in range(2)]
        assert row["best ten of the starts"] == pytest.approx(np.mean(begun))
        assert 0 <= float(str(row["best ten of the data"])) <= 1
    assert set(starts(molecules, 0)) != set(starts(molecules, 1))


def test_a_search_of_starts_alone_proposes_nothing(molecules: Molecules) -> None:
    few = Molecules(
        known=molecules.known, unseen=molecules.unseen, cache=molecules.cache, extent=Extent(num_calls=5)
    )
    found = searched(Subject("collapsed", cast("MoleculeModel", Collapsed()), few), "perindopril_mpo", 1)
    assert np.isnan([found.new, found.strict]).all()
    assert found.best_ten == found.best_start
