"""What every optimiser promises, on every oracle of the tables."""

import dataclasses

import numpy as np
import pytest

from molvae.interfaces import LatentModel, Optimizer, Proposals
from molvae.optimization.grafts import GRAFT
from molvae.optimization.graph_moves import GRAPH_CROSSOVER, MUTATION
from molvae.optimization.latent_moves import SLIP
from molvae.optimization.oracle import BudgetedOracle
from molvae.optimization.search import SearchResult, search
from tests.tables import OPTIMIZERS, ORACLES, TeachableToy, ToyLatentModel, toy_smiles

BUDGET = 60
#: What makes molecules without a latent, by optimiser: these may be no toys, and larger ones.
EDITS = {"evolution": {GRAPH_CROSSOVER, MUTATION, GRAFT}}
LEARNERS = [name for name in OPTIMIZERS if name != "random-prior"]


def run(
    optimizer: str, oracle: str, seed: int, budget: int = BUDGET, starts: tuple[str, ...] = ()
) -> SearchResult:
    """A search of the toy, a copy of which may be taught."""
    objective = ORACLES[oracle]
    built = OPTIMIZERS[optimizer](TeachableToy(), objective, starts, seed)
    return search(built, BudgetedOracle(objective, budget), batch_size=10)


def scored(result: SearchResult) -> list[tuple[int, str, str]]:
    """Call number, molecule and origin of each scored molecule, best first."""
    return [(entry.call.number, entry.call.smiles, entry.call.operator) for entry in result.molecules]


def test_the_toy_model_is_a_latent_model_and_inverts_exactly() -> None:
    model = ToyLatentModel()
    assert isinstance(model, LatentModel)
    latents = model.sample_latents(50, np.random.default_rng(0))
    smiles = model.decode(latents)
    assert len(set(smiles)) == 50
    assert model.decode(model.encode(smiles)) == smiles


@pytest.mark.parametrize("oracle", ORACLES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_budget_is_spent_to_the_last_call_and_not_passed(optimizer: str, oracle: str) -> None:
    result = run(optimizer, oracle, seed=1)
    assert result.stop_reason == "budget spent"
    assert len(result.molecules) + result.num_failed == len(result.curve) == BUDGET


@pytest.mark.parametrize("oracle", ["linear", "flaky"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_seed_decides_every_proposal(optimizer: str, oracle: str) -> None:
    first, again, other = (run(optimizer, oracle, seed) for seed in (1, 1, 2))
    assert scored(first) == scored(again)
    assert scored(first) != scored(other)


@pytest.mark.parametrize("oracle", ["linear", "peak", "flaky"])
@pytest.mark.parametrize("optimizer", LEARNERS)
def test_learning_beats_random_draws_from_the_prior(optimizer: str, oracle: str) -> None:
    budget = 150
    gains = [
        run(optimizer, oracle, seed, budget).curve[-1] - run("random-prior", oracle, seed, budget).curve[-1]
        for seed in range(4)
    ]
    assert np.mean(gains) > 0


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_scores_that_are_all_missing_are_survived(optimizer: str) -> None:
    result = run(optimizer, "failing", seed=3, starts=(toy_smiles([2] * 12),))
    assert result.molecules == []
    assert result.num_failed == BUDGET


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_what_may_be_no_answer_costs_no_call_unless_it_was_given(optimizer: str) -> None:
    start = toy_smiles([4] * 12)
    objective = dataclasses.replace(ORACLES["linear"], is_allowed=lambda text: text.count("I") <= 3)
    oracle = BudgetedOracle(objective, BUDGET)
    search(OPTIMIZERS[optimizer](TeachableToy(), objective, [start, toy_smiles([1] * 12)], 3), oracle)
    assert len(oracle.history) == BUDGET
    assert oracle.history[0].smiles == start
    assert max(call.smiles.count("I") for call in oracle.history[1:]) <= 3


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_starting_molecules_are_scored_first_and_bound_the_result(optimizer: str) -> None:
    starts = (toy_smiles([4] * 12), toy_smiles([0] * 12))
    result = run(optimizer, "linear", seed=4, budget=20, starts=starts)
    assert {entry.call.smiles for entry in result.molecules if entry.call.number <= 2} == set(starts)
    assert all(entry.call.operator == "start" for entry in result.molecules if entry.call.number <= 2)
    best = result.molecules[0]
    if optimizer not in EDITS:
        assert best.call.smiles == starts[0], "no toy molecule scores above iodine everywhere"


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("num_proposals", [1, 3, 40])
def test_between_one_and_the_asked_number_are_proposed_with_their_latents(
    optimizer: str, num_proposals: int
) -> None:
    model = TeachableToy()
    built: Optimizer = OPTIMIZERS[optimizer](model, ORACLES["linear"], [toy_smiles([2] * 12)], 5)
    for _ in range(3):
        proposals: Proposals = built.ask(num_proposals)
        assert 1 <= len(proposals.smiles) <= num_proposals
        assert len(proposals.operator) == len(proposals.parents) == len(proposals.smiles)
        assert proposals.latents is not None
        rows = np.flatnonzero(~np.isnan(proposals.latents[:, 0])).tolist()
        exact = [row for row in rows if proposals.operator[row] != SLIP]  # a slip is what the code is not
        assert model.decode(proposals.latents[exact]) == [proposals.smiles[row] for row in exact]
        edits = {name for row, name in enumerate(proposals.operator) if row not in rows}
        assert edits <= EDITS.get(optimizer, set())
        built.tell(proposals, np.arange(len(proposals.smiles), dtype=np.float64))


@pytest.mark.parametrize("optimizer", LEARNERS)
def test_parents_are_molecules_that_were_scored_before(optimizer: str) -> None:
    result = run(optimizer, "linear", seed=6, starts=(toy_smiles([2] * 12),))
    numbers = {entry.call.smiles: entry.call.number for entry in result.molecules}
    children = [entry.call for entry in result.molecules if entry.call.parent]
    assert len(children) > BUDGET / 2
    assert all(numbers[call.parent] < call.number for call in children)
