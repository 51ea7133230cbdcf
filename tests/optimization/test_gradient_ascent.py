"""Gradient ascent on the toy, whose slope is known."""

from collections.abc import Sequence

import numpy as np
import pytest

from molvae.errors import InputError, MoleculeError, SettingsError
from molvae.interfaces import FloatArray, Predictions
from molvae.optimization.gradient_ascent import GradientAscent, GradientSettings
from molvae.optimization.objectives import Direction, Evaluations, Objective, PropertyGoal
from molvae.optimization.oracle import BudgetedOracle
from molvae.optimization.search import search
from tests.tables import ORACLES, TOY_PROPERTY, ToyLatentModel, toy_levels, toy_smiles

MIDDLE = toy_smiles([2] * 12)
NO_NOISE = GradientSettings(min_start_noise=1e-9, max_start_noise=1e-9, gradient_prior_share=0.0)


def goal(direction: Direction, target: float | None = None) -> PropertyGoal:
    return PropertyGoal(property_name=TOY_PROPERTY, direction=direction, target=target)


def toy_value(smiles: str) -> float:
    return float(ORACLES["linear"].function([smiles]).scores[0])


@pytest.mark.parametrize(
    ("direction", "target", "expected"),
    [("maximize", None, 1), ("minimize", None, -1), ("target", -40.0, -1)],
)
def test_walks_go_where_the_goal_is(direction: Direction, target: float | None, expected: int) -> None:
    optimizer = GradientAscent(ToyLatentModel(), goal(direction, target), [MIDDLE], 0, NO_NOISE)
    optimizer.tell(optimizer.ask(1), np.array([0.0]))
    values = np.array([toy_value(smiles) for smiles in optimizer.ask(4).smiles])
    assert (np.sign(values) == expected).all()


def test_a_target_is_come_close_to() -> None:
    target = goal("target", -7.0)

    def distance(smiles: Sequence[str]) -> Evaluations:
        evaluations = ORACLES["linear"].function(smiles)
        return evaluations._replace(scores=target.score(evaluations.scores))

    objective = Objective(name="distance", function=distance, goal=target)
    result = search(GradientAscent(ToyLatentModel(), target, [MIDDLE], 1), BudgetedOracle(objective, 100))
    assert result.curve[0] == -7.0
    assert result.curve[-1] > -0.1


def test_most_proposals_are_those_the_head_likes_best() -> None:
    class Recording(ToyLatentModel):
        """Remembers what was screened."""

        screened: FloatArray = np.empty(0)

        def predict(self, latents: FloatArray) -> Predictions:
            predictions = super().predict(latents)
            self.screened = predictions.mean[:, 0]
            return predictions

    model = Recording()
    optimizer = GradientAscent(model, goal("maximize"), [MIDDLE], 0, GradientSettings(unscreened_share=0.25))
    optimizer.tell(optimizer.ask(1), np.array([0.0]))
    proposed = np.array([toy_value(smiles) for smiles in optimizer.ask(8).smiles])
    best = np.sort(model.screened)[::-1]
    assert len(best) > 8
    assert np.sort(proposed)[::-1][:6] == pytest.approx(best[:6])
    assert (proposed[6:] < best[5]).all()


def test_walks_do_not_leave_the_prior_behind() -> None:
    settings = GradientSettings(num_gradient_steps=100, min_gradient_step=1.0, max_gradient_step=1.0)
    model = ToyLatentModel(max_norm=1e9)
    optimizer = GradientAscent(model, goal("maximize"), [MIDDLE], 0, settings)
    optimizer.tell(optimizer.ask(1), np.array([0.0]))
    latents = optimizer.ask(8).latents
    longest = np.linalg.norm(model.sample_latents(100_000, np.random.default_rng(0)), axis=1).max()
    assert latents is not None
    assert np.linalg.norm(latents, axis=1).max() < 1.1 * longest


def test_walks_start_at_the_best_molecules_so_far() -> None:
    best = toy_smiles([4, 0] * 6)
    optimizer = GradientAscent(ToyLatentModel(), goal("maximize"), [MIDDLE, best], 0, NO_NOISE)
    starts = optimizer.ask(2)
    assert starts.smiles == [MIDDLE, best]
    optimizer.tell(starts, np.array([np.nan, 1.0]))
    proposals = optimizer.ask(4)
    assert set(proposals.parents) == {best}
    assert all(np.abs(np.subtract(toy_levels(text), [4, 0] * 6)).max() <= 2 for text in proposals.smiles)


def test_a_head_without_the_property_is_refused_with_what_it_has() -> None:
    wrong = PropertyGoal(property_name="QED", direction="maximize")
    with pytest.raises(InputError) as caught:
        GradientAscent(ToyLatentModel(), wrong, [], 0)
    assert 'the model\'s head does not predict "QED" (it predicts: toy)' in str(caught.value)


def test_a_start_that_can_not_be_encoded_is_refused() -> None:
    with pytest.raises(MoleculeError, match="has 3 carbons, not 12"):
        GradientAscent(ToyLatentModel(), goal("maximize"), ["NCCC"], 0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_gradient_steps": 0}, 'num_gradient_steps is "0"'),
        ({"min_gradient_step": 0.0}, 'min_gradient_step is "0.0"'),
        ({"min_start_noise": 2.0}, 'min_start_noise is "2.0" and max_start_noise "0.5"'),
        ({"unscreened_share": 1.5}, 'unscreened_share is "1.5": give a share from 0 to 1'),
        ({"caution": -1.0}, 'caution is "-1.0": give 0 or more'),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, float], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        GradientSettings(**settings)  # type: ignore[arg-type]
    assert message in str(caught.value)
