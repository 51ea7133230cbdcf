"""Evolution of the toy's latents: what moves them, what is never proposed twice, and what is taught."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pytest

from molvae.errors import SettingsError
from molvae.interfaces import Proposals
from molvae.optimization.evolution import LATENT_OPERATORS, Evolution, EvolutionSettings
from molvae.optimization.moves import Candidate
from molvae.optimization.objectives import Evaluations, Objective
from molvae.optimization.oracle import BudgetedOracle
from molvae.optimization.recombination import CROSSOVERS, recombined
from molvae.optimization.search import SearchResult, search
from tests.tables import ORACLES, TeachableToy, ToyLatentModel, toy_smiles

MIDDLE = toy_smiles([2] * 12)


def run(
    model: ToyLatentModel, budget: int, oracle: str = "peak", seed: int = 0, **settings: object
) -> SearchResult:
    chosen = EvolutionSettings(**settings)  # type: ignore[arg-type]
    optimizer = Evolution(model, [], seed, chosen, LATENT_OPERATORS)
    return search(optimizer, BudgetedOracle(ORACLES[oracle], budget), batch_size=20)


def test_the_first_are_draws_of_the_prior_and_all_others_have_a_parent() -> None:
    result = run(ToyLatentModel(), 120, first_draws=30)
    calls = sorted((entry.call for entry in result.molecules), key=lambda call: call.number)
    assert {call.operator for call in calls[:30]} == {"prior"}
    assert {call.operator for call in calls[30:]} == {"noise", "crossover"}
    assert all(call.parent for call in calls[30:])


def test_graphs_are_edited_and_molecules_that_the_model_can_not_read_are_parents_all_the_same() -> None:
    optimizer, generator = Evolution(ToyLatentModel(), [MIDDLE], 0), np.random.default_rng(0)
    operators: set[str] = set()
    parents: set[str] = set()
    rows: dict[bool, set[str]] = {True: set(), False: set()}
    for _ in range(12):
        proposals = optimizer.ask(20)
        assert proposals.latents is not None
        for latent, operator in zip(proposals.latents, proposals.operator, strict=True):
            rows[bool(np.isnan(latent).all())].add(operator)
        operators.update(proposals.operator)
        parents.update(proposals.parents)
        optimizer.tell(proposals, generator.uniform(size=len(proposals.smiles)))
    assert operators == {"start", "noise", "crossover", "prior", "graph-crossover", "mutation"}
    assert rows[True] == {"graph-crossover", "mutation"}
    assert any(parent.count("N") != 1 for parent in parents if parent)


def test_only_known_operators_are_taken() -> None:
    with pytest.raises(SettingsError, match='"wave" are no operators: choose some of noise, crossover, slip'):
        Evolution(ToyLatentModel(), [], 0, operators=("noise", "wave"))


def test_a_given_molecule_takes_the_place_of_draws_of_the_prior() -> None:
    optimizer = Evolution(ToyLatentModel(), [MIDDLE], 0)
    optimizer.tell(optimizer.ask(4), np.array([1.0]))
    proposals = optimizer.ask(10)
    for operator, parent in zip(proposals.operator, proposals.parents, strict=True):
        assert parent == ("" if operator == "prior" else MIDDLE)


def test_a_start_without_a_score_is_bred_from_until_something_has_one() -> None:
    def half(smiles: Sequence[str]) -> Evaluations:
        scores = ORACLES["peak"].function(smiles).scores
        return Evaluations(np.where([text == MIDDLE for text in smiles], np.nan, scores), {})

    optimizer = Evolution(ToyLatentModel(), [MIDDLE], 0, operators=LATENT_OPERATORS)
    result = search(optimizer, BudgetedOracle(Objective(name="half", function=half), 40), batch_size=10)
    calls = sorted((entry.call for entry in result.molecules), key=lambda call: call.number)
    assert len(calls) == 39
    assert {call.parent for call in calls[:10]} == {MIDDLE}


def test_where_nothing_ever_has_a_score_draws_of_the_prior_come_by_whole_batches() -> None:
    nothing = Objective(name="no", function=lambda smiles: Evaluations(np.full(len(smiles), np.nan), {}))
    optimizer = Evolution(ToyLatentModel(), [], 0, EvolutionSettings(first_draws=10))
    result = search(optimizer, BudgetedOracle(nothing, 60), batch_size=10)
    assert result.num_failed == 60
    assert result.num_batches < 10


@pytest.mark.parametrize("model_class", [ToyLatentModel, TeachableToy])
def test_no_molecule_is_proposed_twice(model_class: type[ToyLatentModel]) -> None:
    optimizer = Evolution(model_class(), [MIDDLE], 0)
    seen: list[str] = []
    for _ in range(8):
        proposals = optimizer.ask(15)
        seen.extend(proposals.smiles)
        optimizer.tell(proposals, np.arange(len(proposals.smiles), dtype=np.float64))
    assert "" not in seen
    assert len(set(seen)) == len(seen) > 80


def test_shuffled_latents_find_less() -> None:
    """The control: the same search without what the latents of good molecules tell."""
    pairs = [
        (run(ToyLatentModel(), 200, seed=seed), run(ToyLatentModel(), 200, seed=seed, shuffled_latents=True))
        for seed in range(4)
    ]
    gains = [evolved.curve[-1] - control.curve[-1] for evolved, control in pairs]
    assert np.mean(gains) > 3


def test_where_all_scores_are_equal_or_missing_new_molecules_are_still_found() -> None:
    optimizer = Evolution(ToyLatentModel(), [], 0, EvolutionSettings(first_draws=10))
    seen: set[str] = set()
    for step in range(10):
        proposals = optimizer.ask(10)
        scores = np.where(np.arange(len(proposals.smiles)) % 2 == step % 2, 0.0, np.nan)
        optimizer.tell(proposals, scores)
        seen.update(proposals.smiles)
    assert len(seen) > 80


def test_a_copy_is_taught_the_best_so_often_as_is_set() -> None:
    model = TeachableToy()
    result = run(model, 200, lessons=0.1, first_draws=20)
    (student,) = model.students
    assert len(student.lessons) == 20
    scores = {entry.call.smiles: entry.call.score for entry in result.molecules}
    last = [scores[smiles] for smiles in student.lessons[-1]]
    assert np.mean(last) > np.quantile(list(scores.values()), 0.75)
    assert {entry.call.operator for entry in result.molecules} == {"prior", "noise", "crossover", "slip"}
    without = TeachableToy()
    run(without, 60, lessons=0)
    assert without.students[0].lessons == []


def test_a_copy_that_finds_nothing_better_is_made_anew() -> None:
    model = TeachableToy()
    optimizer = Evolution(model, [MIDDLE], 0, EvolutionSettings(patience=30))
    for _ in range(11):
        proposals = optimizer.ask(10)
        optimizer.tell(proposals, np.zeros(len(proposals.smiles)))
    assert len(model.students) == 3, "ten are better than nothing; then 30 are not, and elsewhere 30 more"


def test_a_search_that_finds_nothing_better_looks_elsewhere_until_it_does() -> None:
    settings = EvolutionSettings(patience=40, first_draws=20)
    optimizer = Evolution(ToyLatentModel(), [], 0, settings, LATENT_OPERATORS)
    memory = optimizer._memory
    stuck: list[str] = []
    for _ in range(200):
        proposals = optimizer.ask(16)
        if memory.detour.is_on:
            break
        optimizer.tell(proposals, np.zeros(len(proposals.smiles)))
        stuck += proposals.smiles
    best = memory.elites[:10]
    assert all(memory.detour.is_near(smiles) for smiles in best)
    assert not all(memory.detour.is_near(smiles) for smiles in stuck)
    away = 0
    for _ in range(10):
        proposals = optimizer.ask(16)
        if memory.is_away:
            away += 1
            assert not any(memory.detour.is_near(smiles) for smiles in proposals.smiles if smiles)
    assert away > 3
    optimizer.tell(proposals, np.ones(len(proposals.smiles)))
    assert not memory.detour.is_on


def test_a_front_that_shrinks_for_a_better_molecule_is_no_reason_to_make_the_copy_anew() -> None:
    model = TeachableToy()
    optimizer = Evolution(model, [MIDDLE], 0, EvolutionSettings(patience=30), LATENT_OPERATORS, [None, None])
    for batch in range(12):
        proposals = optimizer.ask(10)
        optimizer.tell(proposals, np.full((len(proposals.smiles), 2), 0.01 * (batch + 1)))
    assert len(model.students) == 1


def test_early_batches_are_small_and_grow_with_what_was_told() -> None:
    optimizer = Evolution(ToyLatentModel(), [], 0, EvolutionSettings(first_draws=40), LATENT_OPERATORS)
    told, sizes = 0, []
    while told < 700:
        proposals = optimizer.ask(64)
        optimizer.tell(proposals, np.linspace(0, 1, len(proposals.smiles)))
        told += len(proposals.smiles)
        sizes.append(len(proposals.smiles))
    assert sizes[0] == 40
    assert set(sizes[1:14]) == {16}
    assert sizes == [sizes[0], *sorted(sizes[1:])]
    assert sizes[-1] > 35


@pytest.mark.parametrize("way", CROSSOVERS)
def test_children_lie_between_their_parents_and_are_as_long(
    way: Literal["line", "mask", "blocks"],
) -> None:
    generator = np.random.default_rng(0)
    first, second = generator.standard_normal((2, 200, 64))
    first *= 8 / np.linalg.norm(first, axis=1, keepdims=True)
    second *= 8 / np.linalg.norm(second, axis=1, keepdims=True)
    children = recombined(first, second, way, generator)
    np.testing.assert_allclose(np.linalg.norm(children, axis=1), 8)
    nearer = np.linalg.norm(children - first, axis=1) < np.linalg.norm(children - second, axis=1)
    assert nearer.mean() > 0.75
    assert (np.linalg.norm(children - second, axis=1) < np.linalg.norm(first - second, axis=1)).mean() > 0.8


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"first_draws": 0}, 'first_draws is "0"; it must be at least 1'),
        ({"candidates": 0}, 'candidates is "0"'),
        ({"patience": 0}, 'patience is "0"'),
        ({"lessons": -0.1}, 'lessons is "-0.1"'),
        ({"free_share": 1.5}, 'free_share is "1.5"; it must be from 0 to 1'),
        ({"noise_level": 2.0}, 'noise_level is "2.0"'),
        ({"min_step": 0.0}, 'min_step is "0.0"'),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, float], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        EvolutionSettings(**settings)  # type: ignore[arg-type]
    assert message in str(caught.value)


@pytest.mark.parametrize("starts", [[], [MIDDLE]])
def test_what_is_not_allowed_is_never_proposed_while_anything_else_is_found(starts: list[str]) -> None:
    def has_no_iodine(smiles: str) -> bool:
        return "I" not in smiles

    optimizer = Evolution(ToyLatentModel(), starts, 0, is_allowed=has_no_iodine)
    oracle = BudgetedOracle(ORACLES["linear"], 200)
    search(optimizer, oracle, batch_size=20)
    assert len(oracle.history) == 200
    assert all(has_no_iodine(call.smiles) for call in oracle.history)
    free = BudgetedOracle(ORACLES["linear"], 200)
    search(Evolution(ToyLatentModel(), starts, 0), free, batch_size=20)
    assert not all(has_no_iodine(call.smiles) for call in free.history), "or else nothing was forbidden"


@pytest.mark.parametrize(
    ("starts", "aims", "settings", "expected"),
    [
        ([], [], {}, 6),
        ([MIDDLE], [], {}, 6),
        ([], [None, None], {}, 6),
        ([MIDDLE], [None, None], {}, 24),
        ([MIDDLE], [None, None], {"candidates": 3}, 3),
    ],
)
def test_a_front_that_is_sought_from_molecules_is_chosen_among_more(
    starts: list[str],
    aims: list[None],
    settings: dict[str, Any],
    expected: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[int] = []
    candidates = Evolution.candidates

    def counted(self: Evolution, num_made: int, num_enough: int) -> list[Candidate]:
        made.append(num_made)
        return candidates(self, num_made, num_enough)

    monkeypatch.setattr(Evolution, "candidates", counted)
    chosen = EvolutionSettings(first_draws=10, **settings)
    optimizer = Evolution(ToyLatentModel(), starts, 0, chosen, LATENT_OPERATORS, aims)
    for _ in range(2):
        proposals = optimizer.ask(10)
        shape = (len(proposals.smiles), len(aims)) if aims else len(proposals.smiles)
        optimizer.tell(proposals, np.full(shape, 0.5))
    assert made == [10 * expected]


def test_where_nothing_allowed_is_found_what_is_not_is_proposed_one_at_a_time() -> None:
    optimizer = Evolution(ToyLatentModel(), [], 0, is_allowed=lambda _: False)
    assert len(optimizer.ask(20).smiles) == 1
    oracle = BudgetedOracle(ORACLES["failing"], 5)
    assert search(optimizer, oracle, batch_size=4).stop_reason == "budget spent"


def test_what_is_allowed_is_looked_for_among_many_draws() -> None:
    def is_rare(smiles: str) -> bool:
        return smiles.count("I") >= 3

    for size in (1, 10):
        optimizer = Evolution(ToyLatentModel(), [], 0, is_allowed=is_rare)
        asked = [text for _ in range(3) for text in optimizer.ask(size).smiles]
        assert len(asked) == 3 * size
        assert all(is_rare(text) for text in asked)
    free = [text for _ in range(3) for text in Evolution(ToyLatentModel(), [], 0).ask(10).smiles]
    assert sum(is_rare(text) for text in free) <= 3


@pytest.mark.parametrize("num_aims", [0, 2])
def test_a_start_that_is_not_allowed_says_nothing_against_what_is_like_it(num_aims: int) -> None:
    lead, alike = toy_smiles([4] * 12), toy_smiles([4] * 11 + [3])
    others = [toy_smiles([level % 2, level % 3] * 6) for level in range(6)]
    told = [lead, *others, *(toy_smiles([0] * place + [1] * (12 - place)) for place in range(1, 11))]
    optimizer = Evolution(
        ToyLatentModel(), [lead], 0, aims=[None] * num_aims, is_allowed=lambda smiles: smiles != lead
    )
    scores = np.linspace(0.1, 0.2, len(dict.fromkeys(told)))
    scores[0] = -1.0
    rows = list(dict.fromkeys(told))
    proposals = Proposals(rows, None, ["start"] * len(rows), [""] * len(rows))
    optimizer.tell(proposals, np.tile(scores[:, None], (1, num_aims)) if num_aims else scores)
    worse = toy_smiles([1, 0, 0, 1] * 3)
    assert optimizer._screen.choose([worse, alike], 1) == [1]
