"""A sample in, a table of its metrics out, beside those of a reference sample."""

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd
from rdkit.Chem import MolToSmiles

from molvae.chem.properties import PropertyArray
from molvae.data.bulk import properties_of
from molvae.errors import InputError
from molvae.evaluation.distribution import (
    Membership,
    internal_diversities,
    novelty,
    property_distribution,
    ring_statistics,
    uniqueness,
    valid_molecules,
)

UNIQUENESS_SIZES = (1_000, 10_000)
DESCRIBED_PROPERTIES = ("logP", "QED", "SA", "MW")


def describe_sample(
    smiles: Sequence[str],
    training: Membership | None = None,
    reference: Sequence[str] | None = None,
    *,
    property_names: Sequence[str] = DESCRIBED_PROPERTIES,
    seed: int = 0,
) -> pd.DataFrame:
    """Returns a table of every metric, one a row: `metric`, `value`, and the same of the `reference`.

    Args:
        smiles: the sample, valid or not.
        training: canonical SMILES of the training set (a set, for speed), or a function that says whether
            one is in it; without it there is no novelty.
        reference: SMILES of a sample to compare with, best of the same size; without it `reference` is NaN
            and there are no Wasserstein distances.
        property_names: the properties described, names of `molvae.chem.properties`.
        seed: draws the subsample for internal diversity.

    Raises:
        InputError: the sample or the reference is empty, or holds no valid molecule.
        SettingsError: one of `property_names` is not a property.
    """
    sample = _describe(smiles, training, property_names, seed)
    other = None if reference is None else _describe(reference, training, property_names, seed)
    if other is not None:
        for column, name in enumerate(property_names):
            distance = property_distribution(sample.properties[:, column], other.properties[:, column])
            sample.metrics[f"{name}_wasserstein"] = distance.wasserstein
    metrics = pd.DataFrame({"metric": list(sample.metrics), "value": list(sample.metrics.values())})
    known = {} if other is None else other.metrics
    metrics["reference"] = [known.get(name, float("nan")) for name in sample.metrics]
    return metrics


class _Description(NamedTuple):
    metrics: dict[str, float]
    properties: PropertyArray


def _describe(
    smiles: Sequence[str], training: Membership | None, property_names: Sequence[str], seed: int
) -> _Description:
    """Returns the metrics of one sample by name, in the order of the table, and its properties `(N, P)`."""
    mols = valid_molecules(smiles)
    if not mols:
        raise InputError(f'none of the "{len(smiles)}" SMILES is a molecule: there is nothing to describe')
    canonical = [str(MolToSmiles(mol)) for mol in mols]
    metrics = {"num_molecules": float(len(smiles)), "validity": len(canonical) / len(smiles)}
    metrics["uniqueness"] = uniqueness(canonical)
    for first in UNIQUENESS_SIZES:
        if len(canonical) >= first:
            metrics[f"uniqueness@{first}"] = uniqueness(canonical, first)
    if training is not None:
        metrics["novelty"] = novelty(canonical, training)
    metrics["internal_diversity"], metrics["internal_diversity_2"] = internal_diversities(
        mols, (1, 2), seed=seed
    )
    metrics.update(ring_statistics(mols))
    properties = properties_of(canonical, property_names)
    for column, name in enumerate(property_names):
        distribution = property_distribution(properties[:, column])
        metrics[f"{name}_mean"], metrics[f"{name}_sd"] = distribution.mean, distribution.sd
    return _Description(metrics, properties)
