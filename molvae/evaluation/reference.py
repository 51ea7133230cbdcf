"""A reference set in, all that is needed of it to compare samples with it out; and the comparison.

Source: Polykovskiy et al., Front. Pharmacol. 11 (2020) 565644 ("MOSES").
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from molvae.chem.properties import PropertyArray, property_name
from molvae.data.bulk import properties_of
from molvae.errors import InputError
from molvae.evaluation.chemnet import Gaussian, activation_batches, frechet_distance, gaussian_of
from molvae.evaluation.distribution import property_distribution
from molvae.evaluation.sample import (
    PackedBits,
    Sample,
    count_fragments,
    count_scaffolds,
    packed_bits,
    traits_of_molecules,
)
from molvae.evaluation.similarity import cosine_similarity, nearest_similarities, unpacked

#: The properties whose distributions MOSES compares.
DESCRIBED_PROPERTIES = ("logP", "QED", "SA", "MW")


@dataclass(frozen=True, kw_only=True)
class ReferenceStatistics:
    """What the metrics need of `M` molecules.

    Attributes:
        chemnet: mean and covariance of ChemNet's activations.
        bits: fingerprints `(M, FINGERPRINT_BITS / 8)`, eight bits a byte.
        fragments: how often each BRICS fragment occurs.
        scaffolds: how many molecules have each scaffold of two rings or more.
        properties: values `(M,)` by name, in the property's own unit.
    """

    chemnet: Gaussian
    bits: PackedBits
    fragments: Mapping[str, int]
    scaffolds: Mapping[str, int]
    properties: Mapping[str, PropertyArray]

    def with_properties(
        self, smiles: Sequence[str], names: Sequence[str], num_workers: int | None = None
    ) -> "ReferenceStatistics":
        """The same with further properties, computed of the SMILES that the statistics are of.

        Raises:
            SettingsError: one of `names` is not a property.
        """
        missing = [name for name in map(property_name, names) if name not in self.properties]
        if not missing:
            return self
        values = properties_of(smiles, missing, num_workers)
        values = values[~np.isnan(values).all(axis=1)]
        added = dict(zip(missing, values.T, strict=True))
        return dataclasses.replace(self, properties={**self.properties, **added})


def reference_statistics(smiles: Sequence[str], num_workers: int | None = None) -> ReferenceStatistics:
    """Returns the statistics of a set of SMILES; those that are no molecules are left out.

    Raises:
        InputError: none is a molecule.
    """
    found = traits_of_molecules(smiles, DESCRIBED_PROPERTIES, num_workers)
    traits = [one for one in found if one is not None]
    if not traits:
        raise InputError(f'none of the "{len(smiles)}" SMILES of the reference is a molecule')
    columns = zip(*(one.properties for one in traits), strict=True)
    return ReferenceStatistics(
        chemnet=gaussian_of(activation_batches([one.smiles for one in traits], "ChemNet, reference")),
        bits=packed_bits(traits),
        fragments=count_fragments(traits),
        scaffolds=count_scaffolds(traits),
        properties={
            name: np.array(column) for name, column in zip(DESCRIBED_PROPERTIES, columns, strict=True)
        },
    )


def compare(sample: Sample, reference: ReferenceStatistics) -> dict[str, float]:
    """Returns by name how near a sample is to a reference; only `fcd` and the distances are better if small.

    `fcd` (Fréchet ChemNet distance), `snn` (mean over the sample of the largest Tanimoto similarity to the
    reference), `frag` and `scaf` (cosines of the counts of fragments and scaffolds), and for each property
    that both have its `_wasserstein` distance. Copies count as often as they occur.

    Raises:
        InputError: the sample has no activations.
    """
    if sample.activations is None:
        raise InputError("the sample has no ChemNet activations: take sample.with_activations()")
    nearest = nearest_similarities(unpacked(sample.bits), unpacked(reference.bits))
    metrics = {
        "fcd": frechet_distance(gaussian_of([sample.activations]), reference.chemnet),
        "snn": float(nearest.mean(dtype=np.float64)),
        "frag": cosine_similarity(count_fragments(sample.traits), reference.fragments),
        "scaf": cosine_similarity(count_scaffolds(sample.traits), reference.scaffolds),
    }
    values = sample.properties
    for column, name in enumerate(sample.property_names):
        if name in reference.properties:
            distance = property_distribution(values[:, column], reference.properties[name]).wasserstein
            metrics[f"{name}_wasserstein"] = distance
    return metrics
