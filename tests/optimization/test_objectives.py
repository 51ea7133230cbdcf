"""Objectives of one RDKit property, against published and hand-computed values."""

import numpy as np
import pytest

from molvae.errors import SettingsError
from molvae.optimization.objectives import PropertyGoal, prediction_function, property_objective
from tests.tables import TOY_PROPERTY, ToyLatentModel, toy_smiles

WATER_MASS = 18.015


def test_maximizing_gives_the_property_and_minimizing_its_negative() -> None:
    up = property_objective("MW", "maximize").function(["O"])
    down = property_objective("MW", "minimize").function(["O"])
    assert up.scores[0] == pytest.approx(WATER_MASS, abs=1e-3)
    assert down.scores[0] == pytest.approx(-WATER_MASS, abs=1e-3)
    assert up.values["MW"][0] == down.values["MW"][0] == pytest.approx(WATER_MASS, abs=1e-3)


def test_a_target_scores_minus_the_distance_to_it() -> None:
    evaluations = property_objective("MW", "target", 20.0).function(["O", "OO"])
    assert evaluations.scores == pytest.approx([WATER_MASS - 20.0, 20.0 - 34.014], abs=2e-3)


def test_the_name_tells_apart_what_is_computed_differently() -> None:
    names = {
        property_objective("qed", "maximize").name,
        property_objective("QED", "maximize").name,
        property_objective("QED", "target", 0.5).name,
        property_objective("QED", "target", 0.9).name,
        property_objective("logP", "maximize").name,
    }
    assert names == {"maximize QED", "target QED 0.5", "target QED 0.9", "maximize logP"}


@pytest.mark.parametrize("direction", ["maximize", "minimize", "target"])
def test_the_slope_of_a_goal_is_that_of_its_score(direction: str) -> None:
    target = 1.0 if direction == "target" else None
    goal = PropertyGoal(property_name="x", direction=direction, target=target)  # type: ignore[arg-type]
    values, step = np.array([-2.0, 0.5, 3.0]), 1e-6
    measured = (goal.score(values + step) - goal.score(values - step)) / (2 * step)
    assert goal.slope(values) == pytest.approx(measured, abs=1e-6)


@pytest.mark.parametrize(
    ("direction", "target", "message"),
    [
        ("up", None, 'the direction of QED is "up": choose one of maximize, minimize, target'),
        ("target", None, 'QED has direction "target" and target "None": give a target value'),
        ("maximize", 0.9, 'QED has direction "maximize" and target "0.9"'),
        ("target", float("nan"), 'the target of QED is "nan": give a finite number'),
    ],
)
def test_an_impossible_goal_is_refused_with_what_to_do(
    direction: str, target: float | None, message: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        property_objective("QED", direction, target)  # type: ignore[arg-type]
    assert message in str(caught.value)


def test_a_head_is_asked_of_all_at_once_and_what_it_cannot_read_has_no_value() -> None:
    model, readable = ToyLatentModel(), [toy_smiles([1] * 12), toy_smiles([3] * 12)]
    predict = prediction_function(model, TOY_PROPERTY)
    expected = model.predict(model.encode(readable)).mean[:, 0]
    assert predict(readable).tolist() == pytest.approx(expected.tolist())
    assert predict([readable[0], "CC", readable[1]]).tolist() == pytest.approx(
        [expected[0], float("nan"), expected[1]], nan_ok=True
    )
    assert predict([]).tolist() == []


def test_an_unknown_property_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match='unknown property "QEDD"'):
        property_objective("QEDD", "maximize")
