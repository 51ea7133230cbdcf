"""Two latents in, latents on a path between them out; molecules on a path in, how smooth it is out."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from molvae.errors import InputError
from molvae.evaluation.pairs import pair_similarities
from molvae.interfaces import FloatArray

#: Directions closer than this, in radians, or to being opposite, have no arc between them.
SMALLEST_ANGLE = 1e-6


class PathReport(NamedTuple):
    """What the molecules on a path are like, from one end to the other.

    A jump is 1 less the Tanimoto similarity of two that follow one another; to or from what is no molecule it
    is 1. Compare paths of equally many steps only: more steps make smaller jumps.

    Attributes:
        num_steps: how many latents were decoded, ends included.
        num_distinct: different molecules among them.
        largest_jump: 0 to 1; 0 where all are the same molecule.
        mean_jump: over all that follow one another, 0 to 1.
        detour: the sum of all jumps over the jump from the first to the last, 1 for none; NaN where the ends
            are alike.
        valid_share: of the steps that decode to a molecule.
        strict_share: of the steps that decode to just what the decoder wrote; NaN where that was not asked.
    """

    num_steps: int
    num_distinct: int
    largest_jump: float
    mean_jump: float
    detour: float
    valid_share: float
    strict_share: float


def line(start: FloatArray, end: FloatArray, num_steps: int) -> npt.NDArray[np.float64]:
    """Returns `num_steps` latents `(num_steps, L)` on the straight line between two `(L,)`, both included.

    Raises:
        InputError: for fewer than two steps, or ends of different sizes.

    Example:
        >>> line(np.array([0.0, 0.0]), np.array([2.0, 4.0]), 3).tolist()
        [[0.0, 0.0], [1.0, 2.0], [2.0, 4.0]]
    """
    first, last = _ends(start, end, num_steps)
    return first + np.linspace(0, 1, num_steps)[:, None] * (last - first)


def arc(start: FloatArray, end: FloatArray, num_steps: int) -> npt.NDArray[np.float64]:
    """Returns `num_steps` latents `(num_steps, L)` on the arc around the origin between two `(L,)`.

    The direction turns at an even rate and the length changes at an even rate, so that a path between two
    draws of N(0, I) does not cut through the middle, where hardly any draw lies. A straight line where the
    ends have no angle between them, or are opposite.

    Raises:
        InputError: for fewer than two steps, or ends of different sizes.

    Source: Shoemake 1985 (SIGGRAPH, slerp), section 3.3; White 2016 (arXiv 1609.04468).

    Example:
        >>> arc(np.array([1.0, 0.0]), np.array([0.0, 3.0]), 3).round(3).tolist()
        [[1.0, 0.0], [1.414, 1.414], [0.0, 3.0]]
    """
    first, last = _ends(start, end, num_steps)
    lengths = np.linalg.norm(first), np.linalg.norm(last)
    if min(lengths) == 0:
        return line(start, end, num_steps)
    here, there = first / lengths[0], last / lengths[1]
    angle = float(np.arccos(np.clip(here @ there, -1, 1)))
    if not SMALLEST_ANGLE < angle < np.pi - SMALLEST_ANGLE:
        return line(start, end, num_steps)
    shares = np.linspace(0, 1, num_steps)[:, None]
    directions = (np.sin((1 - shares) * angle) * here + np.sin(shares * angle) * there) / np.sin(angle)
    return ((1 - shares) * lengths[0] + shares * lengths[1]) * directions


def _ends(
    start: FloatArray, end: FloatArray, num_steps: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    if num_steps < 2:
        raise InputError(f'num_steps is "{num_steps}"; two ends need at least 2')
    if start.shape != end.shape or start.ndim != 1:
        raise InputError(f'ends of shape "{start.shape}" and "{end.shape}" have no path between them')
    return start.astype(np.float64), end.astype(np.float64)


def describe_path(smiles: Sequence[str], is_strict: Sequence[bool] | None = None) -> PathReport:
    """Returns what the molecules on a path are like.

    Args:
        smiles: canonical, from one end to the other; "" for a latent that decodes to no molecule.
        is_strict: whether each is just what the decoder wrote, where that is known.

    Raises:
        InputError: there are fewer than two, or not as many verdicts as SMILES.

    Example:
        >>> report = describe_path(["CC", "CC", "", "c1ccccc1"])
        >>> report.num_distinct, report.largest_jump, report.valid_share
        (2, 1.0, 0.75)
    """
    if len(smiles) < 2:
        raise InputError(f'a path of "{len(smiles)}" molecules has no steps: give at least two')
    if is_strict is not None and len(is_strict) != len(smiles):
        raise InputError(f'"{len(is_strict)}" verdicts for "{len(smiles)}" molecules: give one for each')
    jumps = 1 - pair_similarities(smiles[:-1], smiles[1:]).astype(np.float64)
    across = 1 - float(pair_similarities(smiles[:1], smiles[-1:])[0])
    return PathReport(
        num_steps=len(smiles),
        num_distinct=len({*smiles} - {""}),
        largest_jump=float(jumps.max()),
        mean_jump=float(jumps.mean()),
        detour=float(jumps.sum() / across) if across > 0 else float("nan"),
        valid_share=sum(text != "" for text in smiles) / len(smiles),
        strict_share=float("nan") if is_strict is None else sum(is_strict) / len(smiles),
    )


def similarity_to_ends(smiles: Sequence[str]) -> npt.NDArray[np.float32]:
    """Returns the Tanimoto similarity `(N, 2)` of each molecule on a path to its first and its last one.

    Example:
        >>> similarity_to_ends(["CC", "CC", "c1ccccc1"]).tolist()
        [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    """
    ends = [pair_similarities(smiles, [smiles[place]] * len(smiles)) for place in (0, -1)]
    return np.stack(ends, axis=1)
