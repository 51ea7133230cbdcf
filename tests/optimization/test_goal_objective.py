"""Objectives of goals, against values of RDKit and desirabilities worked out by hand."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator
from rdkit.DataStructs import TanimotoSimilarity

from molvae.errors import SettingsError
from molvae.optimization.choices import OPTIMIZERS
from molvae.optimization.constraints import ConstraintSettings
from molvae.optimization.desired_property import DesiredProperty
from molvae.optimization.goal import Goal
from molvae.optimization.goal_objective import goal_objective
from molvae.optimization.memory import START
from molvae.optimization.objectives import Evaluations
from molvae.optimization.oracle import BudgetedOracle
from molvae.optimization.plugin_oracle import OracleSettings
from molvae.optimization.search import search
from tests.tables import ToyLatentModel, toy_smiles

FOLDER = Path(__file__).parent
MASS = DesiredProperty(name="MW", range=(30.0, 40.0), slack=20.0)
SIZE = DesiredProperty(name="num_heavy_atoms", maximize=True, low=0.0, high=4.0, weight=3.0)
MASS_ALONE = DesiredProperty(name="MW", minimize=True, low=100.0, high=900.0)
ENERGY = DesiredProperty(name="score", source="oracle", maximize=True)
TROUBLED = OracleSettings(python="oracle_functions.py:troubled", timeout=2.0, batch=2)
FREE = ConstraintSettings(pains=False, reactive=False)


def evaluated(goal: Goal, smiles: list[str]) -> Evaluations:
    with goal_objective(goal, ToyLatentModel()) as objective:
        return objective.function(smiles)


def test_several_properties_score_the_weighted_mean_of_their_desirabilities() -> None:
    found = evaluated(Goal(properties=(MASS, SIZE)), ["CO", "O", "CCCCCC"])
    assert list(found.values) == ["MW", "num_heavy_atoms", "MW_desirability", "num_heavy_atoms_desirability"]
    assert found.values["MW"] == pytest.approx([32.042, 18.015, 86.178], abs=1e-3)
    assert found.values["MW_desirability"] == pytest.approx([1.0, (18.015 - 10.0) / 20.0, 0.0])
    assert found.values["num_heavy_atoms_desirability"].tolist() == [0.5, 0.25, 1.0]
    assert found.scores == pytest.approx([0.5**0.75, 0.40075**0.25 * 0.25**0.75, 0.0])
    assert list(found.reasons) == ["", "", ""]


def test_one_property_without_a_curve_keeps_its_plain_value_and_one_with_a_curve_does_not() -> None:
    minimize = DesiredProperty(name="num_heavy_atoms", minimize=True)
    plain = evaluated(Goal(properties=(minimize,)), ["CCO", "C"])
    assert plain.scores.tolist() == [-3.0, -1.0]
    assert list(plain.values) == ["num_heavy_atoms"]
    assert evaluated(Goal(properties=(SIZE,)), ["CCO"]).scores.tolist() == [0.75]


def test_a_broken_constraint_is_the_worst_of_all_and_told() -> None:
    constraints = ConstraintSettings(elements=("C", "O"), max_heavy_atoms=3)
    curved = evaluated(Goal(properties=(SIZE,), constraints=constraints), ["CCO", "CCCN"])
    assert curved.scores.tolist() == [0.75, -1.0]
    assert list(curved.reasons) == ["", "max_heavy_atoms: 4; elements: N"]
    assert curved.values["num_heavy_atoms"].tolist() == [3.0, 4.0]
    up = DesiredProperty(name="num_heavy_atoms", maximize=True)
    plain = evaluated(Goal(properties=(up,), constraints=constraints), ["CCO", "CCCN"])
    assert np.isnan(plain.scores).tolist() == [False, True]
    assert list(plain.reasons) == ["", "max_heavy_atoms: 4; elements: N"]
    with goal_objective(Goal(properties=(SIZE,), constraints=constraints), ToyLatentModel()) as objective:
        assert objective.is_allowed is not None
        assert [objective.is_allowed(text) for text in ("CCO", "CCCN")] == [True, False]
    with goal_objective(Goal(properties=(SIZE,), constraints=FREE), ToyLatentModel()) as objective:
        assert objective.is_allowed is None


def test_what_the_head_predicts_is_a_column_of_its_own() -> None:
    model = ToyLatentModel()
    smiles = toy_smiles([2, 3] * 6)
    goal = Goal(
        properties=(DesiredProperty(name="toy", source="predicted", maximize=True),), constraints=FREE
    )
    found = evaluated(goal, [smiles, "CCO"])
    assert found.values["predicted_toy"][0] == pytest.approx(model.predict(model.encode([smiles])).mean[0, 0])
    assert list(found.reasons) == ["", "no value of predicted_toy"]
    unknown = Goal(properties=(DesiredProperty(name="pIC50", source="predicted", maximize=True),))
    with pytest.raises(SettingsError, match='does not predict "pIC50": it predicts toy'):
        evaluated(unknown, ["C"])


def test_likeness_to_the_nearest_lead_is_a_property_and_an_aim_like_any_other() -> None:
    likeness = DesiredProperty(name="similarity", source="leads", maximize=True, low=0.2, high=0.4)
    leads = ConstraintSettings(leads=("CCO", "c1ccccc1N"))
    goal = Goal(properties=(MASS, likeness), constraints=leads, pareto=True)
    with goal_objective(goal, ToyLatentModel()) as objective:
        found = objective.function(["CCN", "OCC", "CCCCCCCl"])
        assert objective.aims == ("MW_desirability", "lead_similarity_desirability")
    expected = [
        max(ecfp4_tanimoto(text, lead) for lead in leads.leads) for text in ("CCN", "OCC", "CCCCCCCl")
    ]
    assert found.values["lead_similarity"] == pytest.approx(expected, abs=1e-6)
    assert found.values["lead_similarity_desirability"] == pytest.approx(
        [min(1, max(0, (value - 0.2) / 0.2)) for value in expected], abs=1e-5
    )
    alone = DesiredProperty(name="similarity", source="leads", maximize=True)
    assert evaluated(Goal(properties=(alone,), constraints=leads), ["OCC"]).scores.tolist() == [1.0]
    assert evaluated(Goal(properties=(alone, SIZE), constraints=leads), ["CCN"]).values[
        "lead_similarity_desirability"
    ] == pytest.approx(expected[:1], abs=1e-6)


def test_aims_that_need_no_call_are_likeness_and_beside_an_oracle_all_that_it_does_not_give() -> None:
    likeness = DesiredProperty(name="similarity", source="leads", maximize=True, low=0.2, high=0.4)
    predicted = DesiredProperty(name="toy", source="predicted", maximize=True, low=-20.0, high=20.0)
    energy = DesiredProperty(name="score", source="oracle", maximize=True, low=0.0, high=4.0)
    leads = ConstraintSettings(leads=(toy_smiles([2] * 12),), pains=False, reactive=False)
    smiles = [toy_smiles([2, 3] * 6), toy_smiles([0] * 12)]
    computed = Goal(properties=(MASS_ALONE, likeness, predicted), constraints=leads, pareto=True)
    scored = replace(computed, properties=(*computed.properties, energy), oracle=TROUBLED, folder=FOLDER)
    for goal, names in (
        (computed, ["lead_similarity"]),
        (scored, ["MW", "lead_similarity", "predicted_toy"]),
        (replace(computed, pareto=False), []),
    ):
        with goal_objective(goal, ToyLatentModel()) as objective:
            assert list(objective.known_aims) == [f"{name}_desirability" for name in names]
            found = objective.function(smiles)
            for name, function in objective.known_aims.items():
                assert function(smiles).tolist() == found.values[name].tolist()


def ecfp4_tanimoto(first: str, second: str) -> float:
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    prints = [generator.GetFingerprint(Chem.MolFromSmiles(text)) for text in (first, second)]
    return float(TanimotoSimilarity(*prints))


def test_the_oracle_is_asked_of_molecules_that_break_nothing_and_its_failures_are_told() -> None:
    goal = Goal(
        properties=(ENERGY,), oracle=TROUBLED, folder=FOLDER, constraints=ConstraintSettings(max_sa=10)
    )
    found = evaluated(goal, ["CC", "CI", "CCBr", "CCl", "CCC", "F"])
    assert list(found.reasons) == [
        "",
        "oracle: its process ended with exit code 9",
        "reactive: R1 Reactive alkyl halides",
        "oracle: ValueError: no chlorine",
        "",
        "no value of oracle_score",
    ]
    assert np.nan_to_num(found.scores, nan=-1).tolist() == [2.0, -1.0, -1.0, -1.0, 3.0, -1.0]


def test_the_ledger_holds_reasons_and_each_batch_as_it_comes_and_a_resumed_oracle_asks_nothing_again(
    tmp_path: Path,
) -> None:
    goal = Goal(properties=(ENERGY,), oracle=TROUBLED, folder=FOLDER, constraints=FREE)
    path, smiles = tmp_path / "oracle.csv", ["CC", "CCl", "CCC", "CCCC"]
    with goal_objective(goal, ToyLatentModel()) as objective:
        oracle = BudgetedOracle(objective, 4, path)
        scores = oracle(smiles)
    assert np.nan_to_num(scores, nan=-1).tolist() == [2.0, -1.0, 3.0, 4.0]
    assert [call.error for call in oracle.history] == ["", "oracle: ValueError: no chlorine", "", ""]
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:3]))
    with goal_objective(goal, ToyLatentModel()) as objective:
        again = BudgetedOracle(objective, 4, path)
        assert again.remaining == 2
        again(smiles)
    assert path.read_bytes() == b"".join(lines)


def test_starts_that_break_a_constraint_stand_in_the_ledger_where_they_were_proposed(tmp_path: Path) -> None:
    constraints = ConstraintSettings(elements=("C",), pains=False, reactive=False)
    goal = Goal(properties=(ENERGY,), oracle=TROUBLED, folder=FOLDER, constraints=constraints)
    smiles = ["CO", "CC", "CCC", "NC", "CCCC", "OC=O", "N"]
    with goal_objective(goal, ToyLatentModel()) as objective:
        parts = [list(places) for places, _ in objective.in_parts(smiles)]
        oracle = BudgetedOracle(objective, 7, tmp_path / "oracle.csv")
        oracle(smiles, [START] * 7)
    assert parts == [[0, 1, 2], [3, 4], [5, 6]]
    assert [call.error for call in oracle.history] == [
        "elements: O",
        "",
        "",
        "elements: N",
        "",
        "elements: O",
        "elements: N",
    ]


def test_a_column_that_the_oracle_does_not_give_ends_the_search_and_costs_no_call(tmp_path: Path) -> None:
    wanted = DesiredProperty(name="affinity", source="oracle", maximize=True)
    goal = Goal(properties=(wanted,), oracle=TROUBLED, folder=FOLDER)
    with (
        pytest.raises(SettingsError, match='unknown column "affinity"; known: score'),
        goal_objective(goal, ToyLatentModel()) as objective,
    ):
        BudgetedOracle(objective, 4, tmp_path / "oracle.csv")(["CC"])
    assert not (tmp_path / "oracle.csv").exists()


@pytest.mark.parametrize("optimizer", ["cma-es", "random-prior"])
@pytest.mark.parametrize("properties", [(SIZE,), (DesiredProperty(name="QED", maximize=True),)])
def test_a_search_in_which_every_molecule_breaks_a_constraint_spends_one_call_on_its_start_and_ends(
    optimizer: str, properties: tuple[DesiredProperty, ...]
) -> None:
    model = ToyLatentModel()
    goal = Goal(properties=properties, constraints=ConstraintSettings(max_heavy_atoms=2))
    with goal_objective(goal, model) as objective:
        oracle = BudgetedOracle(objective, 30)
        built = OPTIMIZERS[optimizer](model, objective, [toy_smiles([2] * 12)], 0, None)
        result = search(built, oracle)
    assert result.stop_reason == "stalled"
    assert (result.num_broken, result.num_failed) == (1, 0)
    assert [call.operator for call in oracle.history] == ["start"]
    assert "max_heavy_atoms" in oracle.history[0].error


def test_what_breaks_a_constraint_is_no_failure_and_is_not_forgotten_with_those(tmp_path: Path) -> None:
    goal = Goal(properties=(DesiredProperty(name="MW", maximize=True),), constraints=ConstraintSettings())
    acyl_chloride, path = "CC(=O)Cl", tmp_path / "oracle.csv"
    with goal_objective(goal, ToyLatentModel()) as objective:
        oracle = BudgetedOracle(objective, 5, path)
        scores = oracle([acyl_chloride, acyl_chloride + "C", "CCO"], ["start", "prior", "prior"])
        assert np.isnan(scores[:2]).all()
        assert [call.smiles for call in oracle.history] == [acyl_chloride, "CCO"]
        first = oracle.history[0]
        assert (first.breaks_constraint, first.has_failed, first.is_answer) == (True, False, False)
        again = BudgetedOracle(objective, 5, path, retry_failed=True)
    assert [call.smiles for call in again.history] == [acyl_chloride, "CCO"]


def test_gradient_ascent_follows_the_head_where_a_goal_is_one_plain_property() -> None:
    model = ToyLatentModel()
    goal = Goal(
        properties=(DesiredProperty(name="toy", source="predicted", maximize=True),), constraints=FREE
    )
    with goal_objective(goal, model) as objective:
        oracle = BudgetedOracle(objective, 60)
        built = OPTIMIZERS["gradient-ascent"](model, objective, [toy_smiles([2] * 12)], 0, None)
        search(built, oracle)
    assert oracle.best is not None
    assert oracle.best.score > oracle.history[0].score + 5
    assert objective.column == "predicted_toy"


def test_a_molecule_without_a_value_has_no_score_however_good_the_others_are() -> None:
    energy = DesiredProperty(name="score", source="oracle", maximize=True, low=0.0, high=4.0)
    goal = Goal(properties=(energy, SIZE), oracle=TROUBLED, folder=FOLDER, constraints=FREE)
    found = evaluated(goal, ["CCCC", "F"])
    assert found.scores[0] == pytest.approx(1.0)
    assert math.isnan(found.scores[1])
    assert found.reasons[1] == "no value of oracle_score"
