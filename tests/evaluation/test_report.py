"""The table of a sample's metrics: what stands in it, and beside what."""

import numpy as np
import pytest

from molvae.errors import InputError, SettingsError
from molvae.evaluation.report import describe_sample

SAMPLE = ["CCO", "OCC", "c1ccccc1", "CC(=O)Oc1ccccc1C(=O)O", "not a molecule"]


def test_the_report_holds_each_metric_once_and_ignores_what_does_not_parse() -> None:
    table = describe_sample(SAMPLE, training={"CCO"}).set_index("metric")
    assert table.index.is_unique
    assert table.loc["num_molecules", "value"] == 5
    assert table.loc["validity", "value"] == pytest.approx(4 / 5)
    assert table.loc["uniqueness", "value"] == pytest.approx(3 / 4)
    assert table.loc["novelty", "value"] == pytest.approx(2 / 3)
    assert table.loc["aromatic_share", "value"] == pytest.approx(1 / 2)
    assert table["reference"].isna().all()


def test_the_report_beside_itself_has_equal_columns_and_no_distance() -> None:
    table = describe_sample(SAMPLE, reference=SAMPLE, property_names=["MW"]).set_index("metric")
    distances = [name for name in table.index if name.endswith("_wasserstein")]
    assert distances == ["MW_wasserstein"]
    assert (table.loc[distances, "value"] == 0).all()
    rest = table.drop(index=distances)
    np.testing.assert_array_equal(rest["value"], rest["reference"])


def test_unique_at_k_is_reported_only_for_samples_that_large() -> None:
    large = describe_sample(["C" * length for length in range(1, 11)] * 100, property_names=[])
    assert large.set_index("metric").loc["uniqueness@1000", "value"] == pytest.approx(1 / 100)
    assert "uniqueness@10000" not in set(large["metric"])
    assert "novelty" not in set(large["metric"])


def test_a_sample_without_a_valid_molecule_is_refused() -> None:
    with pytest.raises(InputError, match='none of the "2" SMILES is a molecule'):
        describe_sample(["C1CC", "?"])
    with pytest.raises(InputError, match='none of the "0" SMILES is a molecule'):
        describe_sample([])


def test_a_misspelt_property_is_refused_by_the_report() -> None:
    with pytest.raises(SettingsError, match='unknown property "logp2": did you mean "logP"'):
        describe_sample(SAMPLE, property_names=["logp2"])
