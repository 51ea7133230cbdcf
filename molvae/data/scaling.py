"""Properties in their own units <-> what the head is trained on: zero mean and unit spread.

Yes/no properties stay 0 and 1. A missing value is NaN on both sides.
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from molvae.errors import ModelFolderError
from molvae.interfaces import FloatArray

PropertyKind = Literal["regression", "yes/no"]


class PropertyScaler(NamedTuple):
    """Names, kinds, and for each of the `P` properties the mean and standard deviation taken off.

    Attributes:
        names: the properties' names, as columns are called.
        kinds: "regression" or "yes/no".
        means: in the property's unit; 0 for yes/no.
        deviations: in the property's unit, above 0; 1 for yes/no.
        spread_factors: what a predicted spread is multiplied by, found on molecules held out, so that
            it covers what it should; 1 before that.
    """

    names: tuple[str, ...]
    kinds: tuple[PropertyKind, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]
    spread_factors: tuple[float, ...]

    @classmethod
    def fit(cls, names: Sequence[str], kinds: Sequence[PropertyKind], values: FloatArray) -> "PropertyScaler":
        """Scales so that the known ones of `values` `(N, P)` have mean 0 and deviation 1."""
        means, deviations = [], []
        for kind, column in zip(kinds, values.T, strict=True):
            known = column[~np.isnan(column)]
            deviation = float(known.std()) if len(known) > 1 else 0.0
            # Equal values can differ from their mean by a rounding error, which is no spread.
            is_constant = deviation <= 1e-9 * np.abs(known).max(initial=0.0)
            plain = kind == "yes/no"
            means.append(0.0 if plain or len(known) == 0 else float(known.mean()))
            deviations.append(1.0 if plain or is_constant else deviation)
        return cls(tuple(names), tuple(kinds), tuple(means), tuple(deviations), (1.0,) * len(means))

    @property
    def is_binary(self) -> list[bool]:
        """Which properties are yes/no ones."""
        return [kind == "yes/no" for kind in self.kinds]

    def scale(self, values: FloatArray) -> FloatArray:
        """`(N, P)` in the properties' units -> `(N, P)` standardised."""
        return (values - np.array(self.means)) / np.array(self.deviations)

    def unscale(self, values: FloatArray) -> FloatArray:
        """`(N, P)` standardised -> `(N, P)` in the properties' units."""
        return values * np.array(self.deviations) + np.array(self.means)

    def to_json(self) -> dict[str, Any]:
        """The scaler as JSON values."""
        return {name: list(value) for name, value in self._asdict().items()}

    @classmethod
    def from_json(cls, value: Any) -> "PropertyScaler":
        """The scaler that `to_json` described.

        Raises:
            ModelFolderError: if a column is missing or their lengths differ.
        """
        try:
            columns = [tuple(value[name]) for name in cls._fields]
        except (TypeError, KeyError) as error:
            raise ModelFolderError("the property scaler is incomplete; take it from a backup") from error
        if len({len(column) for column in columns}) > 1:
            raise ModelFolderError("the property scaler's columns differ in length; take it from a backup")
        return cls(*columns)
