"""Comparison with a reference set by hand, and its statistics on disk."""

import json
import logging
from pathlib import Path

import numpy as np
import pytest

from molvae.errors import InputError
from molvae.evaluation import reference_cache
from molvae.evaluation.reference import ReferenceStatistics, compare, reference_statistics
from molvae.evaluation.reference_cache import cached_statistics
from molvae.evaluation.sample import read_sample

REFERENCE = ["c1ccccc1-c1ccccc1", "CCO", "c1ccc2ccccc2c1", "CCN"]


@pytest.fixture(scope="module")
def statistics() -> ReferenceStatistics:
    return reference_statistics([*REFERENCE, "C1CC"])


def never(*arguments: object) -> ReferenceStatistics:
    raise AssertionError("nothing should be computed")


def test_a_set_beside_itself_is_as_near_as_can_be(statistics: ReferenceStatistics) -> None:
    metrics = compare(read_sample(REFERENCE, ["logP", "MW"]).with_activations(), statistics)
    assert metrics.pop("fcd") == pytest.approx(0, abs=1e-4)
    distances = {"logP_wasserstein": 0, "MW_wasserstein": 0}
    assert metrics == pytest.approx({"snn": 1, "frag": 1, "scaf": 1, **distances}, abs=1e-6)


def test_a_sample_beside_a_reference_is_worked_out_by_hand(statistics: ReferenceStatistics) -> None:
    # Biphenyl twice: it is in the reference; its scaffold is one of two there. Its fragment, a phenyl,
    # counts 4 beside 2 of it, and one each of CCO, CCN and naphthalene in the reference.
    sample = read_sample(["c1ccccc1-c1ccccc1"] * 2, ["MW"]).with_activations()
    metrics = compare(sample, statistics)
    assert metrics["snn"] == pytest.approx(1)
    assert metrics["scaf"] == pytest.approx(1 / np.sqrt(2))
    assert metrics["frag"] == pytest.approx(4 * 2 / np.sqrt(4**2 * (2**2 + 1 + 1 + 1)))
    # 154.212 Da against 154.212, 46.069, 128.174 and 45.085.
    expected = (0 + (154.212 - 46.069) + (154.212 - 128.174) + (154.212 - 45.085)) / 4
    assert metrics["MW_wasserstein"] == pytest.approx(expected, abs=1e-3)


def test_further_properties_are_added_when_they_are_asked_for(statistics: ReferenceStatistics) -> None:
    more = statistics.with_properties([*REFERENCE, "C1CC"], ["mw", "num_heavy_atoms"])
    assert more.properties["num_heavy_atoms"].tolist() == [12, 3, 10, 3]
    assert statistics.with_properties(REFERENCE, ["MW"]) is statistics


def test_a_comparison_needs_activations_and_a_reference_molecules(statistics: ReferenceStatistics) -> None:
    with pytest.raises(InputError, match=r"no ChemNet activations: take sample\.with_activations"):
        compare(read_sample(REFERENCE, ()), statistics)
    with pytest.raises(InputError, match='none of the "1" SMILES of the reference is a molecule'):
        reference_statistics(["C1CC"])


def same(left: ReferenceStatistics, right: ReferenceStatistics) -> bool:
    arrays = [
        np.array_equal(left.bits, right.bits),
        np.array_equal(left.chemnet.mean, right.chemnet.mean),
        np.array_equal(left.chemnet.covariance, right.chemnet.covariance),
        all(np.array_equal(left.properties[name], right.properties[name]) for name in left.properties),
    ]
    counts = [left.fragments == right.fragments, left.scaffolds == right.scaffolds]
    return all(arrays + counts) and left.properties.keys() == right.properties.keys()


def test_statistics_are_computed_once_for_the_same_smiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = cached_statistics(REFERENCE, tmp_path / "cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference_cache, "reference_statistics", never)
        assert same(first, cached_statistics(REFERENCE, tmp_path / "cache"))
        with pytest.raises(AssertionError):
            cached_statistics(REFERENCE[::-1], tmp_path / "cache")
        patch.setattr(reference_cache, "FORMAT_VERSION", 0)
        with pytest.raises(AssertionError):
            cached_statistics(REFERENCE, tmp_path / "cache")
    assert len(list((tmp_path / "cache").iterdir())) == 1


@pytest.mark.parametrize("name", [reference_cache.ARRAYS, reference_cache.COUNTS, reference_cache.MANIFEST])
@pytest.mark.parametrize("damage", ["cut", "changed", "missing"])
def test_damaged_statistics_are_computed_anew(
    name: str, damage: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = cached_statistics(REFERENCE, tmp_path)
    (folder,) = tmp_path.iterdir()
    content = bytearray((folder / name).read_bytes())
    if damage == "missing":
        (folder / name).unlink()
    else:
        content[len(content) // 2] ^= 1
        (folder / name).write_bytes(content[: len(content) // 2] if damage == "cut" else content)
    with caplog.at_level(logging.WARNING):
        assert same(first, cached_statistics(REFERENCE, tmp_path))
    assert ("is damaged" in caplog.text) == (damage != "missing")
    assert same(first, cached_statistics(REFERENCE, tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
    assert set(json.loads((folder / "manifest.json").read_text())) == {"arrays.npz", "counts.json"}


def test_a_cache_that_cannot_be_written_to_costs_a_warning_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    with caplog.at_level(logging.WARNING):
        assert cached_statistics(REFERENCE, tmp_path / "cache").bits.shape == (4, 128)
    assert "make room, or set MOLVAE_CACHE" in caplog.text
