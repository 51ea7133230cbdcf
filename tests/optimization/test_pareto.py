"""Several aims at once: which are better, what enlarges a front, and a search for one."""

from collections.abc import Sequence

import numpy as np
import pytest
from scipy.stats import qmc

from molvae.errors import InputError
from molvae.interfaces import FloatArray
from molvae.optimization import front_screen
from molvae.optimization.choices import TAKE_AIMS, build_optimizer
from molvae.optimization.front_screen import FrontScreen
from molvae.optimization.objectives import Evaluations, KnownAim, Objective
from molvae.optimization.oracle import BudgetedOracle
from molvae.optimization.pareto import Standings, crowding, fronts, hypervolume
from molvae.optimization.search import SearchResult, search
from tests.tables import OPTIMIZERS, TWO_AIMS, ToyLatentModel, toy_smiles

MIDDLE = toy_smiles([2] * 12)
UNLIKELY = toy_smiles([0] * 12)
#: Both aims cost a call.
NOT_KNOWN = (None, None)


def test_fronts_are_peeled_one_by_one() -> None:
    aims = np.random.default_rng(0).random((200, 3))
    left = np.arange(200)
    expected = np.zeros(200, dtype=int)
    for number in range(1, 200):
        is_dominated = [
            any((aims[other] >= aims[row]).all() and (aims[other] > aims[row]).any() for other in left)
            for row in left
        ]
        expected[left[~np.array(is_dominated)]] = number
        left = left[np.array(is_dominated)]
        if len(left) == 0:
            break
    assert fronts(aims).tolist() == expected.tolist()
    assert fronts(np.empty((0, 2))).tolist() == []


def test_the_hypervolume_is_the_share_of_space_below_the_front() -> None:
    aims = np.random.default_rng(1).random((20, 3))
    points = qmc.Sobol(3, seed=1).random(2**14)
    below = (aims[:, None, :] >= points).all(axis=2).any(axis=0).mean()
    assert hypervolume(aims) == pytest.approx(below, abs=0.01)
    assert hypervolume(np.empty((0, 3))) == 0
    assert hypervolume(np.array([[1.0, 1.0]])) == 1


def test_ends_of_a_front_are_the_least_crowded_also_where_an_aim_is_the_same() -> None:
    aims = np.array([[0.0, 0.5], [0.1, 0.5], [0.9, 0.5], [1.0, 0.5]])
    assert crowding(aims)[[1, 2]].tolist() == pytest.approx([0.9, 0.9])
    assert np.isinf(crowding(aims)[[0, 3]]).all()


def test_a_standing_depends_on_all_that_was_told() -> None:
    standings = Standings()
    assert standings.scores == {}
    standings.tell(["A", "B", "", "C"], np.array([[0.5, 0.5], [0.2, 0.2], [1, 1], [np.nan, 0.1]]))
    assert {name: np.floor(score) for name, score in standings.scores.items()} == {"A": -1, "B": -2}
    standings.tell(["D"], np.array([[0.6, 0.6]]))
    assert {name: np.floor(score) for name, score in standings.scores.items()} == {"D": -1, "A": -2, "B": -3}


def test_a_point_that_several_may_have_is_left_as_often_as_all_of_them_miss_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    smiles = [toy_smiles([level] * 12) for level in range(5)]
    screen = FrontScreen(np.random.default_rng(0), NOT_KNOWN)
    screen.tell(smiles, aims_of(smiles))
    monkeypatch.setattr(front_screen, "MIN_SCORED", 1)
    first, second = np.zeros(front_screen.NUM_POINTS), np.zeros(front_screen.NUM_POINTS)
    first[:100], second[100:114] = (
        0.5,
        1.0,
    )  # one is to get 50 points, the next 25, then 12.5
    monkeypatch.setattr(screen, "_chances", lambda _smiles, _points: np.stack([first] * 4 + [second]))
    assert screen.choose(smiles, 4) == [0, 1, 4, 2]


def test_the_screen_chooses_what_enlarges_the_front_and_no_two_for_the_same() -> None:
    generator = np.random.default_rng(0)
    rows = [generator.integers(0, 5, 12).tolist() for _ in range(60)]
    smiles = [toy_smiles(row) for row in rows]
    screen = FrontScreen(generator, NOT_KNOWN)
    screen.tell(smiles, aims_of(smiles))
    good = [toy_smiles([4] * 12), toy_smiles([0] * 12)]
    poor = [toy_smiles([0, 4] * 6), toy_smiles([1, 3] * 6), toy_smiles([3, 3, 1] * 4)]
    assert {[*poor, *good][place] for place in screen.choose([*poor, *good], 2)} == set(good)
    assert FrontScreen(generator, NOT_KNOWN).choose(smiles, 3) == [0, 1, 2], "nothing is known yet"


def test_an_aim_that_needs_no_call_is_taken_as_it_is() -> None:
    generator = np.random.default_rng(0)
    smiles = [toy_smiles(generator.integers(0, 5, 12).tolist()) for _ in range(60)]

    def low(smiles: Sequence[str]) -> FloatArray:
        """The second aim; nothing that was told hints at what bears no halogen at all being the worst."""
        return np.array([0.0 if text == UNLIKELY else aims_of([text])[0, 1] for text in smiles])

    screens = [FrontScreen(np.random.default_rng(0), aims) for aims in (NOT_KNOWN, (None, low))]
    for screen in screens:
        screen.tell(smiles, aims_of(smiles))
    asked = [toy_smiles([1, 3] * 6), UNLIKELY, toy_smiles([3, 3, 1] * 4)]
    firsts = [asked[screen.choose(asked, 1)[0]] for screen in screens]
    assert firsts[0] == UNLIKELY
    assert firsts[1] != UNLIKELY


@pytest.mark.parametrize("num_aims", [2, 3])
def test_however_little_the_front_leaves_the_screen_sees_who_would_have_it(num_aims: int) -> None:
    chains = {"C" * length: np.ones(num_aims) for length in range(1, 16)}
    for row, aims in enumerate(chains.values()):
        aims[row % num_aims] = 0.99 - 0.01 * row
    asked = {"CCN": 0.98, "CCO": 0.991, "CCCN": 0.985, "CCF": 0.9899}

    def known(column: int) -> KnownAim:
        return lambda smiles: np.array([asked[text] if column == 0 else 1.0 for text in smiles])

    screen = FrontScreen(np.random.default_rng(0), [known(column) for column in range(num_aims)])
    screen.tell(list(chains), np.stack(list(chains.values())))
    assert screen.choose(list(asked), 1) == [1]


def aims_of(smiles: list[str]) -> FloatArray:
    values = TWO_AIMS.function(smiles).values
    return np.stack([values[name] for name in TWO_AIMS.aims], axis=1)


def found(optimizer: str, seed: int, budget: int = 150) -> tuple[SearchResult, float]:
    """A search, and the hypervolume of what it found."""
    built = build_optimizer(optimizer, ToyLatentModel(), TWO_AIMS, [MIDDLE], seed)
    result = search(built, BudgetedOracle(TWO_AIMS, budget), batch_size=10)
    return result, hypervolume(np.array([one.call.aims(TWO_AIMS.aims) for one in result.molecules]))


@pytest.mark.parametrize("optimizer", TAKE_AIMS)
def test_a_search_for_a_front_has_more_of_it_than_random_draws(optimizer: str) -> None:
    gains = []
    for seed in range(3):
        result, volume = found(optimizer, seed)
        ranks = fronts(np.array([one.call.aims(TWO_AIMS.aims) for one in result.molecules]))
        assert (np.diff(ranks) >= 0).all(), "molecules come front by front"
        assert [one.call.smiles for one in result.molecules] == [
            one.call.smiles for one in found(optimizer, seed)[0].molecules
        ]
        oracle = BudgetedOracle(TWO_AIMS, 150)
        model, generator = ToyLatentModel(), np.random.default_rng(seed)
        while oracle.remaining:
            oracle(model.decode(model.sample_latents(10, generator)))
        drawn = hypervolume(np.array([call.aims(TWO_AIMS.aims) for call in oracle.history]))
        gains.append(volume - drawn)
    assert min(gains) > 0


def test_what_seeks_one_score_takes_no_front() -> None:
    for name in OPTIMIZERS:
        if name not in TAKE_AIMS:
            with pytest.raises(InputError, match="seeks one score, and no Pareto front: choose evolution or"):
                build_optimizer(name, ToyLatentModel(), TWO_AIMS, [MIDDLE], 0)


def test_a_broken_constraint_leaves_no_aim_and_patience_waits_for_the_front() -> None:
    oracle = BudgetedOracle(TWO_AIMS, 10)
    best, other, broken = toy_smiles([4] * 12), toy_smiles([0] * 12), toy_smiles([4, 0] * 6)
    oracle([best, MIDDLE])
    assert oracle.calls_since_best == 0, "both are on the front"
    oracle([broken])
    assert oracle.aims([broken, "CCCC", best]).tolist()[0] == [-1, -1]
    assert np.isnan(oracle.aims(["CCCC"])).all()
    assert oracle.calls_since_best == 1
    oracle([other])
    assert oracle.calls_since_best == 0


def test_patience_does_not_wait_where_more_of_the_same_comes_onto_the_front() -> None:
    def full(smiles: Sequence[str]) -> Evaluations:
        all_of_it = np.ones(len(smiles))
        return Evaluations(all_of_it, {"one": all_of_it, "other": all_of_it})

    oracle = BudgetedOracle(Objective(name="full", function=full, aims=("one", "other")), 10)
    oracle([toy_smiles([level] * 12) for level in range(5)])
    assert oracle.calls_since_best == 4
    screen = FrontScreen(np.random.default_rng(0), NOT_KNOWN)
    screen.tell(["C", "CC", "CCC"], np.array([[1.0, 1.0], [1.0, 1.0], [0.5, 1.0]]))
    assert [screen.has_enlarged(text) for text in ("C", "CC", "CCC")] == [True, False, False]
