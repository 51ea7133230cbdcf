"""The properties that a language model is told of what it is to write, in units that it can read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from molvae.interfaces import FloatArray


@dataclass(frozen=True)
class ToldProperties:
    """`P` properties.

    Attributes:
        names: as RDKit's properties are called.
        means: of the molecules that it learned from, in the properties' units.
        deviations: theirs, above 0.
    """

    names: tuple[str, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]

    @classmethod
    def of(cls, names: Sequence[str], values: FloatArray) -> Self:
        """Those of molecules with values `(N, P)`, NaN for what is not known."""
        deviations = np.nanstd(values, axis=0)
        means = np.nanmean(values, axis=0).tolist()
        return cls(tuple(names), tuple(means), tuple(np.where(deviations > 0, deviations, 1.0).tolist()))

    def told(self, values: FloatArray) -> FloatArray:
        """What is told `(B, 2 P)` of molecules with values `(B, P)`; of what is NaN, nothing.

        Example:
            >>> ToldProperties(("logP", "QED"), (2.0, 0.5), (2.0, 0.5)).told(np.array([[4.0, np.nan]]))
            array([[1., 0., 1., 0.]])
        """
        scores = (values - np.array(self.means)) / np.array(self.deviations)
        is_told = np.isfinite(scores)
        return np.hstack([np.where(is_told, scores, 0.0), is_told])

    def request(self, wanted: Mapping[str, float]) -> FloatArray:
        """What is told `(2 P,)` for values wanted, by name; of properties other than these, nothing."""
        return self.told(np.array([[wanted.get(name, np.nan) for name in self.names]]))[0]

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "names": list(self.names),
            "means": list(self.means),
            "deviations": list(self.deviations),
        }

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> Self:
        """Those whose `to_json` this is.

        Raises:
            KeyError: it is that of something else.
        """
        return cls(tuple(facts["names"]), tuple(facts["means"]), tuple(facts["deviations"]))
