"""The table of a sample's metrics: what stands in it, and beside what."""

import numpy as np
import pytest

from molvae.errors import InputError, SettingsError
from molvae.evaluation.reference import reference_statistics
from molvae.evaluation.report import describe_sample, sample_metrics, table_of, with_and_without
from molvae.evaluation.sample import read_sample

SAMPLE = ["CCO", "OCC", "c1ccccc1", "CC(=O)Oc1ccccc1C(=O)O", "not a molecule"]


def test_the_report_holds_each_metric_once_and_ignores_what_does_not_parse() -> None:
    table = describe_sample(SAMPLE, training={"CCO"}).set_index("metric")
    assert table.index.is_unique
    assert table.loc["num_molecules", "value"] == 5
    assert table.loc["validity", "value"] == pytest.approx(4 / 5)
    assert table.loc["uniqueness", "value"] == pytest.approx(3 / 4)
    assert table.loc["novelty", "value"] == pytest.approx(2 / 3)
    assert table.loc["aromatic_share", "value"] == pytest.approx(1 / 2)
    assert table.loc["filters", "value"] == 1.0
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


def test_each_reference_adds_its_metrics_under_its_name() -> None:
    reference = reference_statistics(["CCO", "CCN", "c1ccc(-c2ccccc2)cc1"])
    sample = read_sample(SAMPLE, ["logP"]).with_activations()
    metrics = sample_metrics(sample, references={"": reference, "held_out": reference})
    for name in ("fcd", "snn", "frag", "logP_wasserstein"):
        assert metrics[name] == metrics[f"{name}_held_out"]


def test_a_table_has_a_column_a_sample_and_the_metrics_of_the_first() -> None:
    table = table_of({"value": {"a": 1.0, "b": 2.0}, "floor": {"b": 3.0, "c": 4.0}})
    assert table["metric"].tolist() == ["a", "b"]
    np.testing.assert_array_equal(table["floor"], [np.nan, 3.0])


def test_what_a_strict_check_leaves_is_measured_beside_all_and_never_called_valid() -> None:
    # Of five SMILES three pass, one of which is no molecule; benzene fails, and one ethanol.
    strict = np.array([True, False, False, True, True])
    table = with_and_without(read_sample(SAMPLE, ["logP"]), strict, sample_metrics)
    every, passed = (dict(zip(table["metric"], table[name], strict=True)) for name in ("all", "strict"))
    assert every["strict_rate"] == pytest.approx(2 / 5)
    assert every["validity"] == pytest.approx(4 / 5)
    assert (every["uniqueness"], passed["uniqueness"]) == pytest.approx((3 / 4, 1))
    assert np.isnan([passed.pop("validity"), passed.pop("strict_rate")]).all()
    kept = describe_sample([SAMPLE[0], SAMPLE[3], SAMPLE[4]], property_names=["logP"])
    expected = dict(zip(kept["metric"], kept["value"], strict=True))
    del expected["validity"]
    assert passed == pytest.approx(expected, nan_ok=True)


def test_a_strict_check_that_nothing_passes_is_told() -> None:
    with pytest.raises(InputError, match='none of the "5" SMILES that were chosen is a molecule'):
        with_and_without(read_sample(SAMPLE, ()), np.zeros(5, dtype=np.bool_), sample_metrics)
