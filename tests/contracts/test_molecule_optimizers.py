"""What every optimiser without a model promises, on every oracle of real molecules."""

from collections.abc import Sequence

import numpy as np
import pytest

from molvae.chem.molecules import canonicalize
from molvae.optimization.oracle import BudgetedOracle
from molvae.optimization.search import SearchResult, search
from tests.conftest import DRUGS
from tests.tables import MOLECULE_OPTIMIZERS, MOLECULE_ORACLES

BUDGET = 30
STARTS = [canonicalize(smiles) for smiles in DRUGS.values()]
LEARNERS = [name for name in MOLECULE_OPTIMIZERS if name != "random-corpus"]


def run(
    optimizer: str, oracle: str, seed: int, budget: int = BUDGET, starts: Sequence[str] = STARTS
) -> SearchResult:
    """A search among real molecules."""
    built = MOLECULE_OPTIMIZERS[optimizer](starts, seed)
    return search(built, BudgetedOracle(MOLECULE_ORACLES[oracle], budget), batch_size=10)


def scored(result: SearchResult) -> list[tuple[int, str, str, str]]:
    """Call number, molecule, operator and parent of each scored molecule, best first."""
    return [(m.call.number, m.call.smiles, m.call.operator, m.call.parent) for m in result.molecules]


@pytest.mark.parametrize("oracle", MOLECULE_ORACLES)
@pytest.mark.parametrize("optimizer", MOLECULE_OPTIMIZERS)
def test_the_budget_is_spent_to_the_last_call_and_not_passed(optimizer: str, oracle: str) -> None:
    result = run(optimizer, oracle, seed=1)
    assert result.stop_reason == "budget spent"
    assert len(result.molecules) + result.num_failed == len(result.curve) == BUDGET


@pytest.mark.parametrize("optimizer", MOLECULE_OPTIMIZERS)
def test_a_seed_decides_every_proposal(optimizer: str) -> None:
    first, again, other = (run(optimizer, "QED or NaN", seed, starts=STARTS[:20]) for seed in (1, 1, 2))
    assert scored(first) == scored(again)
    assert scored(first) != scored(other)


@pytest.mark.parametrize("oracle", ["QED", "below zero", "QED or NaN"])
@pytest.mark.parametrize("optimizer", LEARNERS)
def test_learning_beats_the_best_of_the_starts(optimizer: str, oracle: str) -> None:
    starts = [DRUGS[name] for name in ("metformin", "choline", "nitroglycerin", "levodopa", "imatinib")]
    curve = run(optimizer, oracle, 1, 100, starts).curve
    assert curve[-1] > np.nanmax(curve[: len(starts)])


@pytest.mark.parametrize("optimizer", LEARNERS)
def test_scores_that_are_all_missing_are_survived(optimizer: str) -> None:
    result = run(optimizer, "failing", seed=3, starts=STARTS[:1])
    assert result.molecules == []
    assert result.num_failed == BUDGET


@pytest.mark.parametrize("optimizer", LEARNERS)
def test_starting_molecules_are_scored_first(optimizer: str) -> None:
    result = run(optimizer, "QED", seed=4, budget=20, starts=STARTS[:12])
    first = {m.call.smiles: m.call.operator for m in result.molecules if m.call.number <= 12}
    assert first == dict.fromkeys(STARTS[:12], "start")


@pytest.mark.parametrize("optimizer", MOLECULE_OPTIMIZERS)
@pytest.mark.parametrize("num_proposals", [1, 3, 40])
def test_between_one_and_the_asked_number_are_proposed_in_canonical_writing(
    optimizer: str, num_proposals: int
) -> None:
    built = MOLECULE_OPTIMIZERS[optimizer](STARTS[:2], 5)
    for _ in range(3):
        proposals = built.ask(num_proposals)
        assert 1 <= len(proposals.smiles) <= num_proposals
        assert len(proposals.operator) == len(proposals.parents) == len(proposals.smiles)
        assert proposals.latents is None
        assert [canonicalize(smiles) for smiles in proposals.smiles] == proposals.smiles
        built.tell(proposals, np.arange(len(proposals.smiles), dtype=np.float64))


@pytest.mark.parametrize("optimizer", LEARNERS)
def test_parents_are_molecules_that_were_scored_before(optimizer: str) -> None:
    result = run(optimizer, "QED", seed=6, starts=STARTS[:4])
    numbers = {m.call.smiles: m.call.number for m in result.molecules}
    children = [m.call for m in result.molecules if m.call.parent]
    assert len(children) == BUDGET - 4
    assert all(numbers[call.parent] < call.number for call in children)
