"""What a search tries to reach: an `Objective` turns canonical SMILES into scores, and higher is better.

In: the name of a property and where it should go. Out: a frozen `Objective` that an oracle counts. The
property is one that RDKit computes; `goal_objective` makes objectives of predicted ones, and of several.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from molvae.chem.fingerprints import morgan_bits, nearest_tanimoto
from molvae.chem.molecules import parse_smiles
from molvae.chem.properties import PROPERTIES, property_function
from molvae.errors import SettingsError
from molvae.interfaces import FloatArray, LatentModel
from molvae.optimization.lenient_encoding import encode_readable

Direction = Literal["maximize", "minimize", "target"]

DIRECTIONS: tuple[Direction, ...] = ("maximize", "minimize", "target")
#: From `B` canonical SMILES to an aim of each, `(B,)`, from 0 to 1; NaN where it is not known.
KnownAim = Callable[[Sequence[str]], FloatArray]
#: The score of what breaks a constraint, where others score from 0 to 1.
BROKEN_SCORE = -1.0


class Evaluations(NamedTuple):
    """What an objective says of `B` molecules.

    Attributes:
        scores: `(B,)`, higher is better, NaN for a failure.
        values: the columns that the scores were made of, by name, each `(B,)` in its own unit.
        reasons: why each molecule has no score, or no better one; "" for no reason, and none at all for none.
    """

    scores: FloatArray
    values: dict[str, FloatArray]
    reasons: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class PropertyGoal:
    """Where one property should go.

    Attributes:
        property_name: the property, in the words of whoever computes or predicts it.
        direction: "maximize", "minimize", or "target".
        target: the value to come close to, in the property's unit; for "target" only.
    """

    property_name: str
    direction: Direction
    target: float | None = None

    def __post_init__(self) -> None:
        if self.direction not in DIRECTIONS:
            raise SettingsError(
                f'the direction of {self.property_name} is "{self.direction}": '
                f"choose one of {', '.join(DIRECTIONS)}"
            )
        if (self.direction == "target") != (self.target is not None):
            raise SettingsError(
                f'{self.property_name} has direction "{self.direction}" and target "{self.target}": '
                'give a target value with the direction "target", and only there'
            )
        if self.target is not None and not math.isfinite(self.target):
            raise SettingsError(
                f'the target of {self.property_name} is "{self.target}": give a finite number'
            )

    def score(self, values: FloatArray) -> FloatArray:
        """Scores of property values, any shape: the value, its negative, or minus its distance to the target.

        Example:
        >>> PropertyGoal(property_name="logP", direction="target", target=2.5).score(np.array([2.0, 3.5]))
        array([-0.5, -1. ])
        """
        if self.direction == "maximize":
            return values
        if self.direction == "minimize":
            return -values
        distances: FloatArray = np.abs(values - self._target)
        return -distances

    def slope(self, values: FloatArray) -> FloatArray:
        """The derivative of `score` at property values, any shape: 1, -1, or 0 just at the target."""
        if self.direction == "maximize":
            return np.ones_like(values)
        if self.direction == "minimize":
            return -np.ones_like(values)
        slopes: FloatArray = -np.sign(values - self._target)
        return slopes

    @property
    def _target(self) -> float:
        """The target of a goal that has one, as `__post_init__` made sure."""
        assert self.target is not None
        return self.target


@dataclass(frozen=True, kw_only=True)
class Objective:
    """A named function of molecules.

    Attributes:
        name: unique to what the function computes: a ledger is only read back for the same name.
        function: canonical SMILES to `Evaluations`; it may raise, and give NaN for single molecules.
        goal: the one property behind it, where there is just one: a gradient can then follow it.
        column: the one column of values that is sought, where there is just one.
        parts: the same as the function, but a part at a time as soon as it is known, so that what took long
            is kept whatever comes next: places among the molecules, and what was found of those. None where
            all is known at once.
        aims: columns of values from 0 to 1 that should each go up, none weighed against another; empty where
            the score says it all.
        is_allowed: whether a canonical SMILES may be an answer at all, which costs no call; None where each
            may.
        known_aims: what gives some of the aims, by name, of a molecule that was not scored: those that need
            no call.
    """

    name: str
    function: Callable[[Sequence[str]], Evaluations]
    goal: PropertyGoal | None = None
    column: str | None = None
    parts: Callable[[Sequence[str]], Iterator[tuple[Sequence[int], Evaluations]]] | None = None
    aims: tuple[str, ...] = ()
    is_allowed: Callable[[str], bool] | None = None
    known_aims: Mapping[str, KnownAim] = field(default_factory=dict)

    def in_parts(self, smiles: Sequence[str]) -> Iterator[tuple[Sequence[int], Evaluations]]:
        """Places among molecules, and what is known of those there; all in one part if there are none."""
        if self.parts is None:
            yield range(len(smiles)), self.function(smiles)
        else:
            yield from self.parts(smiles)


def property_objective(name: str, direction: Direction, target: float | None = None) -> Objective:
    """The objective that takes one RDKit property up, down, or to a target.

    Args:
        name: a property of `molvae.chem.properties`, e.g. "QED", in upper or lower case.
        direction: "maximize", "minimize", or "target".
        target: the value to come close to, in the property's unit, with direction "target".

    Raises:
        SettingsError: for a property that molvae does not compute, an unknown direction, or a target without
            the direction "target".

    Example:
        >>> objective = property_objective("mw", "minimize")
        >>> objective.name
        'minimize MW'
        >>> objective.function(["O"]).scores.round(3)
        array([-18.015])
    """
    compute = property_function(name)
    name = next(known for known in PROPERTIES if known.lower() == name.lower())
    goal = PropertyGoal(property_name=name, direction=direction, target=target)

    def evaluate(smiles: Sequence[str]) -> Evaluations:
        values = np.array([compute(parse_smiles(text)) for text in smiles], dtype=np.float64)
        return Evaluations(scores=goal.score(values), values={name: values})

    described = _described(f"{direction} {name}", target)
    return Objective(name=described, function=evaluate, goal=goal, column=name)


def prediction_function(model: LatentModel, name: str) -> Callable[[Sequence[str]], FloatArray]:
    """A function from SMILES to what the model's head says of one property, NaN for what it can't read.

    Raises:
        SettingsError: for a property that the head does not predict.
    """
    if name not in model.property_names:
        known = ", ".join(model.property_names) or "nothing"
        raise SettingsError(f'the model\'s head does not predict "{name}": it predicts {known}')
    column = model.property_names.index(name)
    return lambda smiles: _predicted(model, smiles, column)


def similarity_function(leads: Sequence[str]) -> Callable[[Sequence[str]], FloatArray]:
    """A function from SMILES to the ECFP4 Tanimoto similarity (2,048 bits) to the nearest of valid SMILES.

    To six decimals: 2/5 is .4, as it would not be in single precision.

    Example:
        >>> similarity_function(["CCO", "c1ccccc1"])(["CCO", "CCC"]).round(3).tolist()
        [1.0, 0.429]
    """
    prints = morgan_bits([parse_smiles(text) for text in leads])

    def similarities(smiles: Sequence[str]) -> FloatArray:
        nearest = nearest_tanimoto([parse_smiles(text) for text in smiles], prints)
        rounded: FloatArray = nearest.astype(np.float64).round(6)
        return rounded

    return similarities


def _predicted(model: LatentModel, smiles: Sequence[str], column: int) -> FloatArray:
    """What the head says of molecules, `(B,)`; NaN for one that the model can't read."""
    predicted = np.full(len(smiles), np.nan)
    latents = encode_readable(model, smiles)
    is_read = np.isfinite(latents).all(axis=1)
    if is_read.any():
        predicted[is_read] = model.predict(latents[is_read]).mean[:, column]
    return predicted


def _described(what: str, target: float | None) -> str:
    return what if target is None else f"{what} {target:g}"
