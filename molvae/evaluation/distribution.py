"""Molecules in, what kind of sample they are out: the MOSES metrics that need no reference.

Every metric but validity is taken over the valid molecules only, each as often as it occurs; so read it
beside the validity, which a notation that always decodes (SELFIES) makes 1 by construction.

Source: Polykovskiy et al., Front. Pharmacol. 11 (2020) 565644 ("MOSES"); where the paper and the published
code of the benchmark differ, the code is followed, since the published figures come from it.
"""

from collections.abc import Callable, Collection, Iterable, Sequence, Sized
from contextlib import suppress
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
from rdkit.Chem import Mol
from scipy.stats import wasserstein_distance

from molvae.chem.fingerprints import BitArray, morgan_bits, tanimoto_blocks
from molvae.chem.molecules import parse_smiles
from molvae.chem.properties import PropertyArray, num_aromatic_rings
from molvae.chem.traits import FINGERPRINT_BITS, FINGERPRINT_RADIUS
from molvae.errors import InputError, MoleculeError

# More molecules than this are subsampled for internal diversity: 10,000 make 100 million pairs, in seconds.
MAX_DIVERSITY_MOLECULES = 10_000
# Rings above this size are macrocycles, as in the SA score.
LARGEST_COMMON_RING = 8

Membership = Collection[str] | Callable[[str], bool]
_Items = TypeVar("_Items", bound=Sized)


class PropertyDistribution(NamedTuple):
    """How a property is distributed in a sample, in the property's own unit.

    Attributes:
        mean: the average.
        sd: the standard deviation (of the sample, with N in the denominator).
        wasserstein: the Wasserstein-1 (earth mover's) distance to the reference; NaN without one.
    """

    mean: float
    sd: float
    wasserstein: float


def valid_molecules(smiles: Iterable[str]) -> list[Mol]:
    """Returns the molecules among the SMILES, in their order; those that can't be parsed are left out."""
    mols = []
    for text in smiles:
        with suppress(MoleculeError):
            mols.append(parse_smiles(text))
    return mols


def validity(smiles: Sequence[str]) -> float:
    """Returns the share of SMILES that are molecules (they parse, and every valence is possible).

    Raises:
        InputError: there is no SMILES.
    """
    return len(valid_molecules(_some(smiles))) / len(smiles)


def uniqueness(canonical: Sequence[str], first: int | None = None) -> float:
    """Returns the share of distinct molecules among the `first` ones ("unique@k"), or among all.

    Args:
        canonical: canonical SMILES of valid molecules.
        first: how many of them count; with fewer there, or None, all do.

    Raises:
        InputError: there is no molecule.
    """
    counted = _some(canonical)[:first]
    return len(set(counted)) / len(counted)


def novelty(canonical: Sequence[str], training: Membership) -> float:
    """Returns the share of the distinct molecules that are not in the training set.

    Args:
        canonical: canonical SMILES of valid molecules.
        training: canonical SMILES of the training set, or a function that says whether one is in it.

    Raises:
        InputError: there is no molecule.
    """
    distinct = set(_some(canonical))
    if callable(training):
        return sum(not training(text) for text in distinct) / len(distinct)
    return len(distinct.difference(training)) / len(distinct)


def internal_diversity(
    mols: Sequence[Mol], *, power: int = 1, max_molecules: int = MAX_DIVERSITY_MOLECULES, seed: int = 0
) -> float:
    """Returns how unlike one another the molecules are, from 0 to 1 ("IntDiv", with `power` 2 "IntDiv2").

    It is exact up to `max_molecules`; of more, that many are drawn at random with `seed`. From 10,000, the
    standard error of the draw is below .001.

    Raises:
        InputError: there is no molecule.
    """
    return internal_diversities(mols, (power,), max_molecules=max_molecules, seed=seed)[0]


def internal_diversities(
    mols: Sequence[Mol],
    powers: Sequence[int],
    *,
    max_molecules: int = MAX_DIVERSITY_MOLECULES,
    seed: int = 0,
) -> list[float]:
    """Returns `internal_diversity` at each of the powers, for little more than the cost of one.

    Raises:
        InputError: there is no molecule.
    """
    rows = _drawn_rows(len(_some(mols)), max_molecules, seed)
    chosen = [mols[row] for row in rows]
    return _diversities_of_bits(
        morgan_bits(chosen, radius=FINGERPRINT_RADIUS, num_bits=FINGERPRINT_BITS), powers
    )


def fingerprint_diversities(
    bits: BitArray, powers: Sequence[int], *, max_molecules: int = MAX_DIVERSITY_MOLECULES, seed: int = 0
) -> list[float]:
    """Returns `internal_diversities` of molecules whose fingerprints `(N, num_bits)` are known.

    Raises:
        InputError: there is no fingerprint.
    """
    return _diversities_of_bits(bits[_drawn_rows(len(_some(bits)), max_molecules, seed)], powers)


def _drawn_rows(num_molecules: int, max_molecules: int, seed: int) -> npt.NDArray[np.intp]:
    if num_molecules <= max_molecules:
        return np.arange(num_molecules)
    return np.sort(np.random.default_rng(seed).choice(num_molecules, max_molecules, replace=False))


def _diversities_of_bits(bits: BitArray, powers: Sequence[int]) -> list[float]:
    """Returns 1 - mean_i (mean_j T_ij^p)^(1/p) for each power p, the pairs i = j included.

    The paper takes the power 1/p after both means; the benchmark's code, followed here, between them.
    """
    totals = np.zeros(len(powers))
    for _, block in tanimoto_blocks(bits, bits):
        for column, power in enumerate(powers):
            totals[column] += ((block**power).mean(axis=1, dtype=np.float64) ** (1 / power)).sum()
    return [float(1 - total / len(bits)) for total in totals]


def ring_statistics(mols: Sequence[Mol]) -> dict[str, float]:
    """Returns what rings the molecules have, counted in the smallest set of smallest rings.

    Keys: `aromatic_share`, of molecules with an aromatic ring; `mean_rings` and `mean_aromatic_rings` a
    molecule; `ring_size_3_share` to `ring_size_6_share`, `ring_size_7_or_more_share` and
    `macrocycle_share` (above 8 atoms, so within 7 or more), each of all the rings; NaN without a ring.

    Raises:
        InputError: there is no molecule.
    """
    ring_sizes = [[len(ring) for ring in mol.GetRingInfo().AtomRings()] for mol in _some(mols)]
    return statistics_of_rings(ring_sizes, [int(num_aromatic_rings(mol)) for mol in mols])


def statistics_of_rings(ring_sizes: Sequence[Sequence[int]], num_aromatic: Sequence[int]) -> dict[str, float]:
    """Returns `ring_statistics` of molecules by the sizes of their rings and how many of them are aromatic.

    Raises:
        InputError: there is no molecule.
    """
    num_rings = np.array([len(rings) for rings in _some(ring_sizes)])
    aromatic_rings = np.array(num_aromatic)
    sizes = np.array([size for rings in ring_sizes for size in rings])

    def share(matches: npt.NDArray[np.bool_]) -> float:
        return float(matches.mean()) if len(sizes) else float("nan")

    return {
        "aromatic_share": float((aromatic_rings > 0).mean()),
        "mean_rings": float(num_rings.mean()),
        "mean_aromatic_rings": float(aromatic_rings.mean()),
        **{f"ring_size_{size}_share": share(sizes == size) for size in (3, 4, 5, 6)},
        "ring_size_7_or_more_share": share(sizes >= 7),
        "macrocycle_share": share(sizes > LARGEST_COMMON_RING),
    }


def property_distribution(
    values: PropertyArray, reference: PropertyArray | None = None
) -> PropertyDistribution:
    """Returns mean and sd of values `(N,)`, and their Wasserstein-1 distance to reference values `(M,)`.

    The distance is the area between the two cumulative distributions, in the property's unit: what MOSES
    publishes since its version 0.3. (Older tables hold squared differences of moments.)

    Raises:
        InputError: there is no value.
    """
    known = _some(values)
    distance = float("nan") if reference is None else float(wasserstein_distance(known, _some(reference)))
    return PropertyDistribution(float(np.mean(known)), float(np.std(known)), distance)


def _some(items: _Items) -> _Items:
    """Returns the items, once it is known that there is one."""
    if len(items) == 0:
        raise InputError("a sample without molecules can't be measured: give at least one")
    return items
