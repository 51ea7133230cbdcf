"""SMILES in, a `Sample` out: every molecule among them looked at once, for all metrics.

What a metric takes of a molecule (its fingerprint, fragments, verdict of the filters, ChemNet activations) is
kept by molecule, so that the metrics of a part of the sample cost no second look.
"""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from molvae.chem.properties import PropertyArray, property_name
from molvae.chem.traits import FINGERPRINT_BITS, MoleculeTraits
from molvae.data.bulk import each_item
from molvae.errors import InputError
from molvae.evaluation.chemnet import ActivationArray, chemnet_activations
from molvae.progress import progress

# A molecule's traits take some milliseconds, so worker processes pay sooner than for other work.
MIN_FOR_WORKERS = 500

PackedBits = npt.NDArray[np.uint8]
MaskArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The `N` molecules among the SMILES of a sample, copies included.

    Attributes:
        rows: the place `(N,)` of each molecule among the SMILES.
        num_smiles: how many SMILES there were, molecules or not.
        traits: of each molecule.
        passes: whether each molecule passes the MOSES filters, `(N,)`.
        property_names: the properties in the traits.
        activations: ChemNet's `(N, 512)`, or None: see `with_activations`.
    """

    rows: npt.NDArray[np.intp]
    num_smiles: int
    traits: Sequence[MoleculeTraits]
    passes: MaskArray
    property_names: tuple[str, ...]
    activations: ActivationArray | None = None

    @property
    def canonical(self) -> list[str]:
        """Canonical SMILES of the molecules."""
        return [traits.smiles for traits in self.traits]

    @property
    def bits(self) -> PackedBits:
        """The fingerprints `(N, FINGERPRINT_BITS / 8)`, eight bits a byte."""
        return packed_bits(self.traits)

    @property
    def properties(self) -> PropertyArray:
        """Values `(N, P)` of the properties, in their own units."""
        values = [traits.properties for traits in self.traits]
        return np.array(values, dtype=np.float64).reshape(len(values), len(self.property_names))

    def with_activations(self) -> Self:
        """The same sample with ChemNet's activations, which take about a millisecond a molecule and core."""
        if self.activations is not None:
            return self
        return dataclasses.replace(self, activations=chemnet_activations(self.canonical))

    def part(self, chosen: MaskArray) -> Self:
        """The molecules of those SMILES that were chosen.

        Args:
            chosen: for each SMILES of the sample, molecule or not, whether it is; `(num_smiles,)`.

        Raises:
            InputError: there are more or fewer choices than SMILES, or no molecule is left.
        """
        if chosen.shape != (self.num_smiles,):
            raise InputError(
                f'"{len(chosen)}" choices for "{self.num_smiles}" SMILES: give one for each, molecule or not'
            )
        kept = np.flatnonzero(chosen[self.rows]).tolist()
        if len(kept) == 0:
            raise InputError(f'none of the "{self.num_smiles}" SMILES that were chosen is a molecule')
        return dataclasses.replace(
            self,
            rows=np.cumsum(chosen)[self.rows[kept]] - 1,
            num_smiles=int(chosen.sum()),
            traits=[self.traits[index] for index in kept],
            passes=self.passes[kept],
            activations=None if self.activations is None else self.activations[kept],
        )


def read_sample(
    smiles: Sequence[str], property_names: Sequence[str], num_workers: int | None = None
) -> Sample:
    """Returns the sample in a list of SMILES, valid or not, without ChemNet's activations.

    Args:
        smiles: the sample, in its order.
        property_names: names of `molvae.chem.properties`.
        num_workers: processes to use, None for one a core; 0 for none beside this one.

    Raises:
        InputError: no SMILES is a molecule.
        SettingsError: one of `property_names` is not a property.
    """
    names = tuple(property_name(name) for name in property_names)
    traits = traits_of_molecules(smiles, names, num_workers)
    rows = np.array([row for row, found in enumerate(traits) if found is not None], dtype=np.intp)
    molecules = [found for found in traits if found is not None]
    if not molecules:
        raise InputError(f'none of the "{len(smiles)}" SMILES is a molecule: there is nothing to describe')
    canonical = [found.smiles for found in molecules]
    verdicts = each_item("filters", canonical, num_workers=num_workers, min_for_workers=MIN_FOR_WORKERS)
    return Sample(
        rows=rows,
        num_smiles=len(smiles),
        traits=molecules,
        passes=np.fromiter(progress(verdicts, len(canonical), "filters"), np.bool_, len(canonical)),
        property_names=names,
    )


def traits_of_molecules(
    smiles: Sequence[str], property_names: Sequence[str], num_workers: int | None = None
) -> list[MoleculeTraits | None]:
    """Returns the traits of each SMILES, None for one that is no molecule, computed on all cores."""
    found = each_item(
        "traits", smiles, property_names, num_workers=num_workers, min_for_workers=MIN_FOR_WORKERS
    )
    return list(progress(found, len(smiles), "molecules"))


def packed_bits(traits: Sequence[MoleculeTraits]) -> PackedBits:
    """Returns the fingerprints `(N, FINGERPRINT_BITS / 8)` in the traits, eight bits a byte."""
    joined = b"".join(found.bits for found in traits)
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, FINGERPRINT_BITS // 8)


def count_fragments(traits: Sequence[MoleculeTraits]) -> Counter[str]:
    """Returns how often each BRICS fragment occurs in all the molecules together."""
    return Counter(fragment for found in traits for fragment in found.fragments)


def count_scaffolds(traits: Sequence[MoleculeTraits]) -> Counter[str]:
    """Returns how many molecules have each scaffold of two rings or more."""
    return Counter(found.scaffold for found in traits if found.scaffold)
