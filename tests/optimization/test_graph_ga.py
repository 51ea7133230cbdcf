"""The graph GA: who becomes a parent, and what children may be."""

from collections import Counter

import numpy as np
import pytest
from rdkit import Chem

from molvae.errors import MoleculeError, SettingsError
from molvae.optimization.graph_ga import GraphGA, GraphGASettings

STARTS = ["CCOc1ccccc1", "NC(=O)c1ccncc1", "CC(C)CC(N)C(=O)O", "O=C1CCCCN1"]


def told(scores: list[float], **settings: float) -> GraphGA:
    """A GA that has been told the scores of its starts."""
    optimizer = GraphGA(STARTS, 0, GraphGASettings(**settings))  # type: ignore[arg-type]
    optimizer.tell(optimizer.ask(len(STARTS)), np.array(scores))
    return optimizer


def parents_of_children(optimizer: GraphGA) -> Counter[str]:
    return Counter(optimizer.ask(100).parents)


def test_a_parent_is_drawn_in_proportion_to_its_score() -> None:
    counts = parents_of_children(told([0.9, 0.1, 0.0, 0.0]))
    assert set(counts) <= set(STARTS[:2])
    assert counts[STARTS[0]] > 3 * counts[STARTS[1]]


def test_scores_below_zero_are_raised_until_the_worst_is_never_drawn() -> None:
    counts = parents_of_children(told([-1.0, -5.0, -1.0, -1.0]))
    assert set(counts) == {STARTS[0], *STARTS[2:]}


def test_equal_scores_of_zero_are_drawn_evenly() -> None:
    assert set(parents_of_children(told([0.0] * 4))) == set(STARTS)


def test_only_the_best_of_all_stay_in_the_population() -> None:
    optimizer = told([0.9, 0.1, 0.8, 0.2], population_size=2)
    assert set(parents_of_children(optimizer)) == {STARTS[0], STARTS[2]}
    children = optimizer.ask(3)
    optimizer.tell(children, np.array([0.5, 1.0, np.nan]))
    assert set(parents_of_children(optimizer)) == {STARTS[0], children.smiles[1]}


def test_a_molecule_without_a_score_is_no_parent() -> None:
    assert STARTS[0] not in parents_of_children(told([np.nan, 0.1, 0.1, 0.1]))


def test_no_child_has_been_proposed_and_scored_before() -> None:
    optimizer = told([0.1, 0.2, 0.3, 0.4])
    seen = set(STARTS)
    for _ in range(5):
        proposals = optimizer.ask(10)
        assert len(set(proposals.smiles)) == len(proposals.smiles)
        assert not seen & set(proposals.smiles)
        seen |= set(proposals.smiles)
        optimizer.tell(proposals, np.linspace(0, 1, len(proposals.smiles)))


def test_children_are_kept_small() -> None:
    optimizer = told([0.5] * 4, mean_max_atoms=6, max_atoms_spread=0)
    sizes = [Chem.MolFromSmiles(text).GetNumAtoms() for text in optimizer.ask(50).smiles]
    assert max(sizes) == 6


@pytest.mark.parametrize(("rate", "operators"), [(0.0, {"crossover"}), (1.0, {"crossover+mutation"})])
def test_the_mutation_rate_says_how_many_children_are_mutated(rate: float, operators: set[str]) -> None:
    # A ring and a chain can't always be crossed; then there is a mutant.
    assert set(told([0.5] * 4, mutation_rate=rate).ask(30).operator) - {"mutation"} == operators


def test_what_can_not_be_crossed_is_mutated() -> None:
    optimizer = GraphGA(["C"], 0)
    optimizer.tell(optimizer.ask(1), np.array([1.0]))
    proposals = optimizer.ask(5)
    assert set(proposals.operator) == {"mutation"}
    assert len(proposals.smiles) == 5


def test_where_nothing_new_is_found_a_parent_is_proposed_again() -> None:
    optimizer = GraphGA(["CCO"], 0, GraphGASettings(mean_max_atoms=0.5, max_atoms_spread=0))
    optimizer.tell(optimizer.ask(1), np.array([1.0]))
    assert optimizer.ask(3).smiles == ["CCO"]


def test_starts_are_asked_for_once_each_in_their_order() -> None:
    optimizer = GraphGA(["OCC", "CCO", "C"], 0)
    assert [optimizer.ask(1).smiles for _ in range(2)] == [["CCO"], ["C"]]


def test_without_starts_there_is_nothing_to_breed_from() -> None:
    with pytest.raises(SettingsError, match='"0" starting molecules'):
        GraphGA([], 0)
    with pytest.raises(MoleculeError, match="C1CC"):
        GraphGA(["C1CC"], 0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"population_size": 0}, 'population_size is "0"'),
        ({"mutation_rate": 1.5}, 'mutation_rate is "1.5"'),
        ({"mean_max_atoms": 0.0}, 'mean_max_atoms is "0.0"'),
        ({"max_atoms_spread": -1.0}, 'max_atoms_spread "-1.0"'),
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, float], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        GraphGASettings(**settings)  # type: ignore[arg-type]


def test_no_child_is_proposed_that_is_not_allowed_and_where_none_is_the_search_stalls() -> None:
    def has_no_ring(smiles: str) -> bool:
        return "1" not in smiles

    optimizer = GraphGA(STARTS, 0, is_allowed=has_no_ring)
    optimizer.tell(optimizer.ask(len(STARTS)), np.array([0.1, 0.1, 0.9, 0.1]))
    children = optimizer.ask(20)
    assert "crossover" in children.operator
    assert all(has_no_ring(child) for child in children.smiles)
    nothing = GraphGA(STARTS, 0, is_allowed=lambda _: False)
    nothing.tell(nothing.ask(len(STARTS)), np.array([0.1, 0.1, 0.9, 0.1]))
    assert set(nothing.ask(20).smiles) <= set(STARTS)


def test_a_start_that_is_not_allowed_is_no_parent_once_another_is() -> None:
    optimizer = GraphGA(STARTS, 0, is_allowed=lambda smiles: smiles != STARTS[0])
    optimizer.tell(optimizer.ask(len(STARTS)), np.array([-1.0, 0.9, 0.1, 0.0]))
    counts = parents_of_children(optimizer)
    assert set(counts) == set(STARTS[1:3])
    assert counts[STARTS[1]] > 3 * counts[STARTS[2]], "in proportion to scores that -1 does not raise"
