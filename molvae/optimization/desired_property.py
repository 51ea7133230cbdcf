"""One property of a goal and where it should go: what a `[[property]]` table of a goal file says.

Alone in a goal it is sought as it is; with a curve, or beside others, it becomes a desirability.
"""

import math
from dataclasses import dataclass
from typing import Literal

from molvae.errors import SettingsError
from molvae.optimization.desirability import Curve
from molvae.optimization.objectives import Direction, PropertyGoal

Source = Literal["rdkit", "predicted", "oracle", "leads"]

#: The one property whose source are the goal's leads: the ECFP4 Tanimoto similarity to the nearest of them.
SIMILARITY = "similarity"

#: What a column of values is called, by where they come from: columns of two sources never get mixed up.
COLUMN_PREFIXES: dict[Source, str] = {
    "rdkit": "",
    "predicted": "predicted_",
    "oracle": "oracle_",
    "leads": "lead_",
}
#: What the column of that is called.
LEAD_SIMILARITY = COLUMN_PREFIXES["leads"] + SIMILARITY
#: Where a curve begins and ends unless told, for columns that have natural bounds.
NATURAL_BOUNDS = {
    "QED": (0.0, 1.0),
    "SA": (1.0, 10.0),
    "fraction_csp3": (0.0, 1.0),
    LEAD_SIMILARITY: (0.0, 1.0),
}


@dataclass(frozen=True, kw_only=True)
class DesiredProperty:
    """One property of a goal, and where it should go: to just one of `maximize` ... `range`.

    Attributes:
        name: the property, in the words of whoever computes, predicts or measures it.
        source: "rdkit" computes it, "predicted" by the model's head, "oracle" is the user's own, and "leads"
            is for the "similarity" to the nearest of the leads in the goal's constraints.
        maximize: the higher the better.
        minimize: the lower the better.
        target: the value to come close to.
        range: the lowest and the highest value that are as good as any between them.
        low: for `maximize` the value of desirability 0, for `minimize` that of 1.
        high: for `maximize` the value of desirability 1, for `minimize` that of 0.
        tolerance: the distance from `target` at which the desirability is 0.
        slack: the distance from `range` at which the desirability is 0; half its width unless told.
        shape: exponent of the curve: above 1 only what is close to the best counts, below 1 little is asked.
        weight: how much the property counts beside the others.
    """

    name: str = ""
    source: Source = "rdkit"
    maximize: bool = False
    minimize: bool = False
    target: float | None = None
    range: tuple[float, ...] | None = None
    low: float | None = None
    high: float | None = None
    tolerance: float | None = None
    slack: float | None = None
    shape: float = 1.0
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not self.name:
            raise SettingsError('"name" is missing; give the name of a property, such as name = "QED"')
        if self.source == "leads" and self.name != SIMILARITY:
            raise SettingsError(
                f'"{self.name}" has source = "leads", which gives only the property "{SIMILARITY}"'
            )
        aim = self._only_aim()
        for key, value, aims in (
            ("low", self.low, ("maximize", "minimize")),
            ("high", self.high, ("maximize", "minimize")),
            ("tolerance", self.tolerance, ("target",)),
            ("slack", self.slack, ("range",)),
        ):
            if value is not None and aim not in aims:
                raise SettingsError(
                    f'{self.name} has {key} = "{value:g}" and {aim}; {key} goes with {" or ".join(aims)} only'
                )
        if self.range is not None and not (len(self.range) == 2 and self.range[0] < self.range[1]):
            raise SettingsError(
                f'range of {self.name} is "{list(self.range)}"; give two numbers, the smaller one first'
            )
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise SettingsError(
                f'low of {self.name} is "{self.low:g}" and high "{self.high:g}"; low must be below high'
            )
        for key, value in (
            ("tolerance", self.tolerance),
            ("slack", self.slack),
            ("shape", self.shape),
            ("weight", self.weight),
        ):
            if value is not None and not value > 0:
                raise SettingsError(f'{key} of {self.name} is "{value:g}"; it must be above 0')

    def _only_aim(self) -> str:
        given = {
            "maximize": self.maximize,
            "minimize": self.minimize,
            "target": self.target is not None,
            "range": self.range is not None,
        }
        aims = [aim for aim, is_given in given.items() if is_given]
        if len(aims) != 1:
            raise SettingsError(
                f'{self.name} has "{len(aims)}" aims ({", ".join(aims) or "none"}); give one of '
                "maximize = true, minimize = true, target = VALUE and range = [LOW, HIGH]"
            )
        return aims[0]

    @property
    def column(self) -> str:
        """What the column of its values is called."""
        return COLUMN_PREFIXES[self.source] + self.name

    @property
    def desirability_column(self) -> str:
        """What the column of its desirability is called."""
        return f"{self.column}_desirability"

    def plain_goal(self) -> PropertyGoal | None:
        """The goal without a curve, whose score is the value itself; None if a curve is asked for."""
        ends = (self.low, self.high, self.tolerance, self.range)
        if any(end is not None for end in ends) or self.shape != 1:
            return None
        direction: Direction = "target" if self.target is not None else "maximize"
        return PropertyGoal(
            property_name=self.name,
            direction="minimize" if self.minimize else direction,
            target=self.target,
        )

    def curve(self) -> Curve:
        """The desirability curve.

        Raises:
            SettingsError: where the values that it begins and ends at are neither given nor natural.
        """
        if self.range is not None:
            lowest, highest = self.range
            slack = (highest - lowest) / 2 if self.slack is None else self.slack
            return Curve(lowest - slack, lowest, highest, highest + slack)
        if self.target is not None:
            if self.tolerance is None:
                raise SettingsError(
                    f'target of {self.name} needs "tolerance", the distance at which the desirability is 0, '
                    "unless it stands alone and has no curve"
                )
            return Curve(self.target - self.tolerance, self.target, self.target, self.target + self.tolerance)
        low, high = self._bounds()
        if self.minimize:
            return Curve(-math.inf, -math.inf, low, high)
        return Curve(low, high, math.inf, math.inf)

    def _bounds(self) -> tuple[float, float]:
        """The values of desirability 0 and 1, the smaller one first."""
        natural = NATURAL_BOUNDS.get(self.column)
        low = natural[0] if self.low is None and natural else self.low
        high = natural[1] if self.high is None and natural else self.high
        if low is None or high is None or not low < high:
            ends = "1 and 0" if self.minimize else "0 and 1"
            raise SettingsError(
                f'{self.name} needs "low" and "high", the values of desirability {ends}, low below high, '
                "unless it stands alone and has no curve"
            )
        return low, high
