"""How good values of a property are, as desirabilities from 0 to 1, and how several make one score.

A desirability curve is a trapezoid: 0 up to a first value, rising to 1 at a second, 1 up to a third, falling
to 0 at a fourth. To maximize is to have no third and fourth value, to minimize no first and second.

Source: Derringer and Suich, J. Qual. Technol. 12 (1980) 214: equations 1 (overall), 2 (one side) and 3 (two).
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from molvae.interfaces import FloatArray


class Curve(NamedTuple):
    """A trapezoid: 0 up to `zero_below`, 1 from `one_from` to `one_to`, 0 from `zero_above` on."""

    zero_below: float
    one_from: float
    one_to: float
    zero_above: float

    def desirability(self, values: FloatArray, shape: float = 1.0) -> FloatArray:
        """Desirabilities of property values, any shape; NaN of NaN.

        Source: Derringer and Suich (1980), equations 2 and 3, `shape` their exponents r, s and t.

        Example:
        >>> Curve(-1.0, 1.0, 3.0, 4.0).desirability(np.array([-2.0, 0.0, 2.0, 3.75]))
        array([0.  , 0.5 , 1.  , 0.25])
        """
        rising = _share(values, self.zero_below, self.one_from)
        falling = _share(-values, -self.zero_above, -self.one_to)
        return np.minimum(rising, falling) ** shape


def _share(values: FloatArray, zero: float, one: float) -> FloatArray:
    """How far values are on the way from `zero` to `one`, from 0 to 1; 1 where there is no such way."""
    if math.isinf(zero):
        return np.where(np.isnan(values), np.nan, 1.0)
    shares: FloatArray = np.clip((values - zero) / (one - zero), 0.0, 1.0)
    return shares


def overall_desirability(desirabilities: FloatArray, weights: Sequence[float]) -> FloatArray:
    """The weighted geometric mean `(B,)` of desirabilities `(P, B)`: 0 as soon as one of them is 0.

    Source: Derringer and Suich (1980), equation 1, with weights as in their J. Qual. Technol. 26 (1994) 60.

    Example:
    >>> overall_desirability(np.array([[0.25, 0.0], [1.0, 1.0]]), [1.0, 1.0])
    array([0.5, 0. ])
    """
    shares = np.array(weights)[:, None] / sum(weights)
    return np.prod(desirabilities**shares, axis=0)
