"""A sample in, its metrics out: by name, or as a table beside those of other samples."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from molvae.evaluation.distribution import (
    Membership,
    fingerprint_diversities,
    novelty,
    property_distribution,
    statistics_of_rings,
    uniqueness,
)
from molvae.evaluation.reference import DESCRIBED_PROPERTIES, ReferenceStatistics, compare
from molvae.evaluation.sample import MaskArray, Sample, read_sample
from molvae.evaluation.similarity import unpacked

UNIQUENESS_SIZES = (1_000, 10_000)
STRICT_RATE = "strict_rate"


def describe_sample(
    smiles: Sequence[str],
    training: Membership | None = None,
    reference: Sequence[str] | None = None,
    *,
    property_names: Sequence[str] = DESCRIBED_PROPERTIES,
    seed: int = 0,
) -> pd.DataFrame:
    """Returns a table of the metrics that take seconds: `metric`, `value`, and the same of the `reference`.

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
    sample = read_sample(smiles, property_names)
    metrics = sample_metrics(sample, training, seed=seed)
    if reference is None:
        return table_of({"value": metrics, "reference": {}})
    other = read_sample(reference, property_names)
    for column, name in enumerate(sample.property_names):
        distance = property_distribution(sample.properties[:, column], other.properties[:, column])
        metrics[f"{name}_wasserstein"] = distance.wasserstein
    return table_of({"value": metrics, "reference": sample_metrics(other, training, seed=seed)})


def sample_metrics(
    sample: Sample,
    training: Membership | None = None,
    references: Mapping[str, ReferenceStatistics] | None = None,
    *,
    seed: int = 0,
) -> dict[str, float]:
    """Returns every metric of a sample by name, in the order of the table.

    Args:
        sample: with activations if there are references.
        training: canonical SMILES of the training set, or a function that says whether one is in it;
            without it there is no novelty.
        references: what to compare with; the name of each is put behind those of its metrics (`fcd_test`),
            unless it is "".
        seed: draws the subsample for internal diversity.

    Raises:
        InputError: there are references, and the sample has no activations.
    """
    canonical = sample.canonical
    metrics = {"num_molecules": float(sample.num_smiles), "validity": len(canonical) / sample.num_smiles}
    metrics["uniqueness"] = uniqueness(canonical)
    for first in UNIQUENESS_SIZES:
        if len(canonical) >= first:
            metrics[f"uniqueness@{first}"] = uniqueness(canonical, first)
    if training is not None:
        metrics["novelty"] = novelty(canonical, training)
    metrics["filters"] = float(sample.passes.mean())
    metrics["internal_diversity"], metrics["internal_diversity_2"] = fingerprint_diversities(
        unpacked(sample.bits), (1, 2), seed=seed
    )
    for name, reference in (references or {}).items():
        suffix = f"_{name}" if name else ""
        metrics |= {metric + suffix: value for metric, value in compare(sample, reference).items()}
    metrics |= statistics_of_rings(
        [traits.ring_sizes for traits in sample.traits],
        [traits.num_aromatic_rings for traits in sample.traits],
    )
    values = sample.properties
    for column, name in enumerate(sample.property_names):
        distribution = property_distribution(values[:, column])
        metrics[f"{name}_mean"], metrics[f"{name}_sd"] = distribution.mean, distribution.sd
    return metrics


def table_of(columns: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    """Returns a table with `metric`, as the first column has them, and a column for each; NaN for none."""
    names = list(next(iter(columns.values())))
    table = pd.DataFrame({"metric": names})
    for column, metrics in columns.items():
        table[column] = [metrics.get(name, np.nan) for name in names]
    return table


def with_and_without(
    sample: Sample, strict: MaskArray, measure: Callable[[Sample], Mapping[str, float]]
) -> pd.DataFrame:
    """Returns the metrics of a sample and those of what is left of it after a strict check.

    How a decoded molecule is checked is the caller's affair. The `strict` column says nothing of validity,
    which is a property of all that was drawn; `strict_rate` in the first line is the share of all SMILES
    that are molecules and passed.

    Args:
        sample: all that was drawn, with whatever `measure` needs of it.
        strict: for each SMILES of the sample, molecule or not, whether it passed; `(num_smiles,)`.
        measure: what is measured of both, e.g. `sample_metrics`.

    Returns:
        A table with the columns `metric`, `all` and `strict`.

    Raises:
        InputError: there are more or fewer verdicts than SMILES, or no molecule passed.
    """
    passed = sample.part(strict)
    rate = len(passed.traits) / sample.num_smiles
    of_passed = {name: value for name, value in measure(passed).items() if name != "validity"}
    return table_of({"all": {STRICT_RATE: rate, **measure(sample)}, "strict": of_passed})
