"""How much a molecule may improve on the best, and which of many make a batch."""

import itertools

import numpy as np
import pytest
from rdkit.Chem import rdFingerprintGenerator
from rdkit.DataStructs import TanimotoSimilarity

from molvae.chem.molecules import parse_smiles
from molvae.chem.properties import log_p
from molvae.errors import SettingsError
from molvae.optimization.batches import choose_batch
from molvae.optimization.constraints import ConstraintSettings
from molvae.optimization.desired_property import DesiredProperty
from molvae.optimization.goal import Goal
from molvae.optimization.judge import Judge, Outlook
from molvae.optimization.measured_goal import MeasuredGoal
from tests.conftest import DRUGS

SMILES = list(DRUGS.values())
UP = DesiredProperty(name="activity", source="predicted", maximize=True)
GOAL = MeasuredGoal(Goal(properties=(UP,)), ["activity"])


def alike(left: str, right: str) -> float:
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    return float(
        TanimotoSimilarity(*(generator.GetFingerprint(parse_smiles(text)) for text in (left, right)))
    )


def outlook(means: list[float], spreads: list[float]) -> Outlook:
    """Of molecules that tell nothing of each other."""
    return Outlook(np.array([means]), np.diag(spreads)[None] ** 2, np.array([0.01]))


def test_expected_improvement_is_what_draws_improve_by() -> None:
    means, spreads = np.array([[0.0, 1.0, 2.0, -1.0]]), np.array([[1.0, 0.5, 1e-9, 2.0]])
    computed = np.full((1, 4), np.nan)
    drawn = means[0] + spreads[0] * np.random.default_rng(0).standard_normal((200_000, 4))
    for sign, wanted in ((1, UP), (-1, DesiredProperty(name="activity", source="predicted", minimize=True))):
        goal = MeasuredGoal(Goal(properties=(wanted,)), ["activity"])
        found = goal.improvements(sign * means, spreads, computed, 0.5)
        assert found == pytest.approx(np.maximum(drawn - 0.5, 0).mean(axis=0), abs=0.01)
    target = DesiredProperty(name="activity", source="predicted", target=1.0)
    found = MeasuredGoal(Goal(properties=(target,)), ["activity"]).improvements(
        means, spreads, computed, -0.5
    )
    assert found == pytest.approx(np.maximum(0.5 - abs(drawn - 1.0), 0).mean(axis=0), abs=0.02)


def test_desirabilities_of_what_is_measured_and_what_is_computed_make_one_score() -> None:
    activity = DesiredProperty(name="activity", source="predicted", maximize=True, low=0.0, high=10.0)
    lipophilicity = DesiredProperty(name="logP", range=(1.0, 3.0))
    goal = MeasuredGoal(Goal(properties=(lipophilicity, activity)), ["toxicity", "activity"])
    computed = goal.computed(["CCO", SMILES[3]])
    assert computed[0].tolist() == pytest.approx([log_p(parse_smiles(text)) for text in ("CCO", SMILES[3])])
    scores = goal.scores(np.array([[9.0, 9.0], [5.0, 5.0]]), computed)
    logp_desirability = 1 - (1.0 - computed[0, 0])
    assert scores[0] == pytest.approx(np.sqrt(0.5 * max(logp_desirability, 0)))
    assert scores[1] == pytest.approx(np.sqrt(0.5 * np.clip(4.0 - computed[0, 1], 0, 1)))


def test_likeness_to_the_leads_is_known_before_anything_is_measured() -> None:
    activity = DesiredProperty(name="activity", source="predicted", maximize=True, low=0.0, high=10.0)
    likeness = DesiredProperty(name="similarity", source="leads", maximize=True)
    wanted = Goal(properties=(activity, likeness), constraints=ConstraintSettings(leads=(SMILES[3],)))
    goal = MeasuredGoal(wanted, ["activity"])
    computed = goal.computed([SMILES[3], "C"])
    assert np.isnan(computed[0]).all()
    assert computed[1].tolist() == [1.0, 0.0]
    assert goal.scores(np.array([[5.0, 5.0]]), computed).tolist() == [0.5**0.5, 0.0]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (
            DesiredProperty(name="logP", maximize=True),
            "no property of the goal is measured: give one of activity",
        ),
        (DesiredProperty(name="other", source="predicted", maximize=True), '"other" is not measured'),
    ],
)
def test_a_goal_without_anything_measured_is_refused(wanted: DesiredProperty, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        MeasuredGoal(Goal(properties=(wanted,)), ["activity"])


def test_the_surest_good_one_and_the_least_known_are_chosen_before_what_is_surely_bad() -> None:
    smiles = [SMILES[place] for place in (0, 7, 12, 22)]
    batch = choose_batch(
        GOAL, smiles, outlook([2.0, 0.0, 0.0, 0.9], [0.1, 3.0, 0.1, 0.1]), 1.0, 3, max_similarity=0.7
    )
    assert batch.places[:2] == [0, 1]
    assert batch.improvements[0] == pytest.approx(1.0, abs=0.01)


def test_no_two_of_a_batch_are_too_much_alike_however_good() -> None:
    chains = ["c1ccccc1" + "C" * length for length in range(4, 12)]
    smiles = [*chains, *SMILES[:10]]
    means = [*np.linspace(5, 6, len(chains)).tolist(), *[0.0] * 10]
    batch = choose_batch(GOAL, smiles, outlook(means, [0.5] * len(smiles)), 0.0, 6, max_similarity=0.6)
    chosen = [smiles[place] for place in batch.places]
    assert len(chosen) == 6
    assert chosen[0] == chains[-1]
    assert max(alike(*pair) for pair in itertools.pairwise(chosen)) <= 0.6
    assert sum(text in chains for text in chosen) < 3
    few = choose_batch(GOAL, chains, outlook(means[:8], [0.5] * 8), 0.0, 6, max_similarity=0.6)
    assert len(few.places) < 6, "fewer, rather than any that are alike"


def test_what_is_under_way_is_kept_away_from_and_believed() -> None:
    chains = ["c1ccccc1" + "C" * length for length in (6, 7)]
    smiles = [chains[0], chains[1], SMILES[0]]
    free = choose_batch(GOAL, smiles[1:], outlook([5.0, 0.0], [1.0, 1.0]), 0.0, 1, max_similarity=0.6)
    assert free.places == [0]
    told = choose_batch(
        GOAL, smiles, outlook([5.0, 5.0, 0.0], [1.0] * 3), 0.0, 1, max_similarity=0.6, num_pending=1
    )
    assert told.places == [1]


def test_a_chosen_molecule_leaves_less_to_learn_from_its_likes() -> None:
    """Two families as promising as each other: believing in one's member makes the other's turn."""
    one, other = ["CCCCCCO", "CCCCCCCO", "CCCCCCCCO"], ["c1ccncc1C", "c1ccncc1CC", "c1ccncc1CCC"]
    judge = Judge([one[0], other[0]], np.ones((2, 1)), np.ones((2, 1)))
    candidates = [*one[1:], *other[1:]]
    batch = choose_batch(GOAL, candidates, judge.expect(candidates), 1.0, 2, max_similarity=1.0)
    assert {place // 2 for place in batch.places} == {0, 1}


def test_where_nothing_is_measured_a_batch_is_as_diverse_as_can_be() -> None:
    chains = ["c1ccccc1" + "C" * length for length in range(4, 12)]
    smiles = [*chains, "CC(=O)Nc1ccc(O)cc1", "O=C1NC(=O)C(c2ccccc2)(c2ccccc2)N1"]
    judge = Judge([], np.zeros((0, 1)), np.zeros((0, 1)))
    batch = choose_batch(GOAL, smiles, judge.expect(smiles), 0.0, 3, max_similarity=0.9)
    assert {8, 9} <= set(batch.places)
