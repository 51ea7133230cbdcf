"""A search's scores in the order of its calls in, one figure out: how soon its best molecules were good.

The figure is the area under the curve of the mean of the best ten against calls, divided by the budget: how
soon counts as much as how good, and a search whose first ten molecules score 1 comes near 1.

Source: Gao et al., NeurIPS 2022 (PMO), which calls it AUC top-10.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from rdkit import Chem

from molvae.chem.molecules import parse_smiles
from molvae.errors import InputError, SettingsError
from molvae.interfaces import FloatArray

NUM_BEST = 10
#: The curve is looked at after every so many calls, and after the last.
CALLS_PER_POINT = 100


def auc_of_best(scores: FloatArray, budget: int, num_best: int = NUM_BEST) -> float:
    """The area under the mean of the best `num_best` scores so far, from 0 to 1 for scores from 0 to 1.

    Straight lines join the points of the curve, the first one from 0 at no call. After the last call of a
    search that stopped early the curve stays as high as it was. While there are fewer scores than
    `num_best`, the mean is over those that there are.

    Args:
        scores: `(calls,)` in the order of the calls, each of another molecule; NaN counts as 0.
        budget: calls that the search might have made.
        num_best: how many of the best count.

    Raises:
        SettingsError: for a budget or a number below 1.
        InputError: for more scores than the budget allows.

    Example:
        >>> auc_of_best(np.ones(200), budget=200)
        0.75
    """
    return _area(scores, np.arange(len(scores)), budget, num_best)


def auc_of_best_flat(
    smiles: Sequence[str], scores: FloatArray, budget: int, num_best: int = NUM_BEST
) -> float:
    """As `auc_of_best`, but of molecules that differ in stereo marks alone only the best one counts.

    Each of them has cost its call all the same.

    Args:
        smiles: the molecule of each call.
        scores: as for `auc_of_best`.
        budget: as for `auc_of_best`.
        num_best: as for `auc_of_best`.

    Raises:
        SettingsError: as for `auc_of_best`.
        InputError: as for `auc_of_best`.
        MoleculeError: for a SMILES that can't be read.
    """
    numbers: dict[str, int] = {}
    groups = [numbers.setdefault(without_stereo(text), len(numbers)) for text in smiles]
    return _area(scores, np.array(groups, dtype=np.int64), budget, num_best)


def mean_of_best(scores: FloatArray, num_best: int = NUM_BEST) -> float:
    """The mean of the best `num_best` scores `(calls,)`, of all if there are fewer; 0 if there are none."""
    return float(np.sort(_counted(scores))[-num_best:].mean()) if len(scores) else 0.0


def without_stereo(smiles: str) -> str:
    """Canonical SMILES of the molecule without its stereo marks.

    Raises:
        MoleculeError: for a SMILES that can't be read.

    Example:
        >>> without_stereo("C[C@H](N)/C=C/C")
        'CC=CC(C)N'
    """
    return str(Chem.MolToSmiles(parse_smiles(smiles), isomericSmiles=False))


def _area(scores: FloatArray, groups: npt.NDArray[np.int64], budget: int, num_best: int) -> float:
    """The area, of each group (a number from 0 on for each call) only the best score counting."""
    for name, number in {"budget": budget, "number of best molecules": num_best}.items():
        if number < 1:
            raise SettingsError(f'the {name} is "{number}": give at least 1')
    if len(scores) > budget:
        raise InputError(
            f'"{len(scores)}" calls are more than the budget of "{budget}": give a larger budget'
        )
    counted = _counted(scores)
    best_of_group = np.full(len(counted), -np.inf)
    calls, heights = [0], [0.0]
    while calls[-1] < len(counted):
        start, end = calls[-1], min(calls[-1] + CALLS_PER_POINT, len(counted))
        np.maximum.at(best_of_group, groups[start:end], counted[start:end])
        calls.append(end)
        heights.append(mean_of_best(best_of_group[np.isfinite(best_of_group)], num_best))
    under_lines = sum(np.diff(calls) * (np.array(heights[1:]) + heights[:-1]) / 2)  # the trapezoid rule
    return float(under_lines + (budget - calls[-1]) * heights[-1]) / budget


def _counted(scores: FloatArray) -> FloatArray:
    return np.nan_to_num(np.asarray(scores, dtype=np.float64), nan=0.0)
