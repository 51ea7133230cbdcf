"""What a batch of measurements is for: values that were measured or are expected in, scores out.

A property of the goal that the laboratory measures (source "predicted") is expected by a `Judge`; any other
is computed by RDKit or from the leads, or predicted by the model's head, and so known before anything is
measured. Higher scores are better: as in `goal_objective`, a plain value or a mean of desirabilities.
"""

from collections.abc import Sequence

import numpy as np
from scipy.stats import norm, qmc

from molvae.chem.properties import compute_properties
from molvae.errors import SettingsError
from molvae.interfaces import FloatArray, LatentModel
from molvae.optimization.desirability import overall_desirability
from molvae.optimization.goal import Goal
from molvae.optimization.objectives import prediction_function, similarity_function

#: Draws that an expectation is taken over where it has no formula: a power of 2, as Sobol's sequence wants.
NUM_DRAWS = 128
#: The quantile of a score that says what may well come of a molecule.
HOPEFUL = 0.84


class MeasuredGoal:
    """A goal, part of which is measured.

    Args:
        goal: what is wanted.
        measured: the `P` properties that the laboratory measures.
        model: its head predicts others; None if there are no others.

    Raises:
        SettingsError: no property of the goal is measured, one comes from an oracle, the head does not
            predict one, or a front is sought.
    """

    def __init__(self, goal: Goal, measured: Sequence[str], model: LatentModel | None = None) -> None:
        if goal.pareto:
            raise SettingsError(
                "a batch is chosen by one score, and the goal asks for a front; leave pareto out"
            )
        self._goal = goal
        self._curves = [] if goal.plain else [wanted.curve() for wanted in goal.properties]
        self._places: list[int | None] = []
        self._functions = {}
        for index, wanted in enumerate(goal.properties):
            if wanted.source == "oracle":
                raise SettingsError(
                    f'"{wanted.name}" comes from an oracle, which only optimize asks; for what is measured '
                    'give source = "predicted"'
                )
            if wanted.source == "leads":
                self._functions[index] = similarity_function(goal.constraints.leads)
            is_measured = wanted.source == "predicted" and wanted.name in measured
            self._places.append(measured.index(wanted.name) if is_measured else None)
            if wanted.source == "predicted" and not is_measured:
                if model is None:
                    raise SettingsError(
                        f'"{wanted.name}" is not measured, and there is no model to predict it'
                    )
                self._functions[index] = prediction_function(model, wanted.name)
        if all(place is None for place in self._places):
            raise SettingsError(
                f"no property of the goal is measured: give one of {', '.join(measured)} with "
                'source = "predicted"'
            )
        normal = qmc.Sobol(len(measured), seed=0).random(NUM_DRAWS)
        self._draws = norm.ppf(np.clip(normal, 1e-6, 1 - 1e-6)).T[:, :, None]

    def computed(self, smiles: Sequence[str]) -> FloatArray:
        """What is known of `M` molecules beforehand, `(G, M)`: the goal's properties, NaN if measured."""
        values = np.full((len(self._places), len(smiles)), np.nan)
        for index, wanted in enumerate(self._goal.properties):
            if wanted.source == "rdkit":
                values[index] = compute_properties(smiles, [wanted.name])[:, 0]
            elif index in self._functions:
                values[index] = self._functions[index](smiles)
        return values

    def scores(self, measured: FloatArray, computed: FloatArray) -> FloatArray:
        """Scores, NaN where a value is missing.

        Args:
            measured: values `(P, ..., M)` of what the laboratory measures.
            computed: `(G, M)`, see `computed`.
        """
        shape = measured.shape[1:]
        values = [
            np.broadcast_to(own, shape) if place is None else measured[place]
            for own, place in zip(computed, self._places, strict=True)
        ]
        if self._goal.plain is not None:
            plain = self._goal.plain.plain_goal()
            assert plain is not None
            return plain.score(values[0])
        desirabilities = [
            curve.desirability(column.ravel(), wanted.shape)
            for curve, column, wanted in zip(self._curves, values, self._goal.properties, strict=True)
        ]
        weights = [wanted.weight for wanted in self._goal.properties]
        return overall_desirability(np.stack(desirabilities), weights).reshape(shape)

    def hopes(self, means: FloatArray, spreads: FloatArray, computed: FloatArray) -> FloatArray:
        """Scores `(M,)` that may well come of molecules with means and spreads `(P, M)`."""
        drawn = self.scores(means[:, None] + spreads[:, None] * self._draws, computed)
        return np.quantile(drawn, HOPEFUL, axis=0)

    def improvements(
        self, means: FloatArray, spreads: FloatArray, computed: FloatArray, best: float
    ) -> FloatArray:
        """How much better than the score `best` molecules are expected to be, `(M,)`, 0 where they are not.

        Source: Jones, Schonlau and Welch 1998, equation 15, where a value is maximized or minimized as it
        is; a mean over draws elsewhere.
        """
        plain = None if self._goal.plain is None else self._goal.plain.plain_goal()
        (place, *_) = self._places
        if plain is not None and plain.direction != "target" and place is not None:
            spread = np.maximum(spreads[place], 1e-12)
            gap = plain.score(means[place]) - best
            return spread * norm.pdf(gap / spread) + gap * norm.cdf(gap / spread)
        drawn = self.scores(means[:, None] + spreads[:, None] * self._draws, computed)
        return np.maximum(drawn - best, 0.0).mean(axis=0)
