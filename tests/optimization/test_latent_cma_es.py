"""CMA-ES over the toy's latents: subspaces, restarts, and what becomes of repeats."""

import numpy as np
import pytest

from molvae.errors import SettingsError
from molvae.optimization.latent_cma_es import CMASettings, LatentCMAES
from molvae.optimization.oracle import BudgetedOracle
from molvae.optimization.search import search
from tests.tables import ORACLES, ToyLatentModel, toy_levels, toy_smiles

MIDDLE = toy_smiles([2] * 12)
WIDE = CMASettings(min_cma_radius=1.0, max_cma_radius=1.0)


def test_a_generation_searches_a_subspace_around_the_start() -> None:
    model = ToyLatentModel()
    optimizer = LatentCMAES(model, [MIDDLE], 0, CMASettings(subspace_dim=3))
    optimizer.tell(optimizer.ask(1), np.array([0.0]))
    proposals = optimizer.ask(12)
    assert proposals.latents is not None
    assert np.linalg.matrix_rank(proposals.latents - model.encode([MIDDLE]), tol=1e-8) == 3
    assert set(proposals.parents) == {MIDDLE}


def test_a_run_that_stands_still_gives_way_to_one_at_another_good_molecule() -> None:
    optimizer = LatentCMAES(ToyLatentModel(), [MIDDLE], 0, CMASettings(cma_patience=2, cma_prior_share=0.0))
    optimizer.tell(optimizer.ask(1), np.array([5.0]))
    parents = []
    for _ in range(20):
        proposals = optimizer.ask(12)
        parents.append(proposals.parents[0])
        optimizer.tell(proposals, np.zeros(len(proposals.smiles)))
    assert parents[0] == MIDDLE
    assert 2 < len(set(parents)) < 12


def test_small_batches_fill_the_same_generation() -> None:
    optimizer = LatentCMAES(ToyLatentModel(), [MIDDLE], 0, WIDE)
    optimizer.tell(optimizer.ask(1), np.array([0.0]))
    sizes = []
    for _ in range(4):
        proposals = optimizer.ask(5)
        sizes.append(len(proposals.smiles))
        optimizer.tell(proposals, np.arange(len(proposals.smiles), dtype=np.float64))
    assert sizes == [5, 5, 2, 5], "a generation is 12 molecules"


def test_known_molecules_are_not_proposed_again() -> None:
    optimizer = LatentCMAES(ToyLatentModel(latent_dim=2), [toy_smiles([2, 2])], 0, WIDE)
    seen: list[str] = []
    for _ in range(4):
        proposals = optimizer.ask(6)
        seen.extend(
            smiles for smiles, name in zip(proposals.smiles, proposals.operator, strict=True) if name == "cma"
        )
        optimizer.tell(proposals, np.zeros(len(proposals.smiles)))
    assert len(seen) == len(set(seen)) > 4


def test_an_exhausted_space_ends_the_search_and_not_in_a_loop() -> None:
    model = ToyLatentModel(latent_dim=2)
    result = search(LatentCMAES(model, [], 0), BudgetedOracle(ORACLES["linear"], 30))
    assert result.stop_reason == "stalled"
    assert toy_levels(result.molecules[0].call.smiles) == [4, 4]


def test_latents_that_decode_to_nothing_are_left_out_and_survived() -> None:
    model = ToyLatentModel(max_norm=4.0)
    assert model.decode(model.sample_latents(100, np.random.default_rng(0))).count("") > 10
    optimizer = LatentCMAES(model, [MIDDLE], 0)
    result = search(optimizer, BudgetedOracle(ORACLES["linear"], 100))
    assert "" not in [entry.call.smiles for entry in result.molecules]
    assert len(result.molecules) == 100


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"subspace_dim": 0}, 'subspace_dim is "0"'),
        ({"cma_population": 2}, 'cma_population is "2": give at least 3'),
        ({"min_cma_radius": 0.0}, 'min_cma_radius is "0.0"'),
        ({"cma_patience": 0}, 'cma_patience is "0"'),
        ({"num_cma_centers": 0}, 'num_cma_centers is "0"'),
        ({"cma_prior_share": -0.5}, 'cma_prior_share is "-0.5": give a share from 0 to 1'),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, float], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        CMASettings(**settings)  # type: ignore[arg-type]
    assert message in str(caught.value)
