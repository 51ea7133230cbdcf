"""The area under the curve of the best ten, by hand."""

import numpy as np
import pytest

from molvae.errors import InputError, MoleculeError, SettingsError
from molvae.optimization.sample_efficiency import auc_of_best, auc_of_best_flat, mean_of_best, without_stereo


def test_the_first_segment_begins_at_zero() -> None:
    # A triangle of 100 calls and 900 calls at full height.
    assert auc_of_best(np.ones(1000), budget=1000) == pytest.approx((50 + 900) / 1000)


def test_a_search_that_stops_early_keeps_its_last_value() -> None:
    assert auc_of_best(np.ones(100), budget=1000) == pytest.approx((50 + 900) / 1000)
    # It need not stop at a hundred: after 130 calls, 100 as a triangle, 30 and then 870 at full height.
    assert auc_of_best(np.ones(130), budget=1000) == pytest.approx((50 + 30 + 870) / 1000)


def test_the_curve_is_looked_at_every_100_calls_and_lines_lie_between() -> None:
    # The best ten are 0 for 100 calls, and 1 from the 110th on, which is seen at 200 only.
    scores = np.concatenate([np.zeros(100), np.ones(100)])
    assert auc_of_best(scores, budget=300) == pytest.approx((0 + 50 + 100) / 300)


def test_only_the_ten_best_so_far_count() -> None:
    scores = np.zeros(300)
    scores[:5] = 1.0  # half of the best ten until the call 200
    scores[200:205] = 0.5
    assert auc_of_best(scores, budget=300) == pytest.approx((25 + 50 + (0.5 + 0.75) / 2 * 100) / 300)


def test_the_order_matters_and_early_is_better() -> None:
    late = np.linspace(0, 1, 500)
    assert auc_of_best(late[::-1].copy(), budget=500) > auc_of_best(late, budget=500)


def test_a_failure_counts_as_zero() -> None:
    scores = np.full(100, np.nan)
    scores[:5] = 1.0
    assert auc_of_best(scores, budget=100) == pytest.approx(0.25)
    assert mean_of_best(scores) == pytest.approx(0.5)


def test_of_fewer_than_ten_molecules_the_mean_is_over_those() -> None:
    assert auc_of_best(np.array([0.2, 0.4]), budget=100) == pytest.approx((0.3 + 98 * 0.3) / 100)


def test_no_call_has_no_area() -> None:
    assert auc_of_best(np.array([]), budget=10) == 0.0


def test_stereo_variants_of_a_molecule_count_once_at_their_best() -> None:
    variants = ["C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", "CC(N)C(=O)O"]
    smiles = [*variants, *("C" * length for length in range(1, 10))]
    scores = np.array([0.7, 0.9, 0.8, *[0.1] * 9])
    # Of the first three the .9 counts; with the nine others there are ten.
    flat = (0.9 + 9 * 0.1) / 10
    assert auc_of_best_flat(smiles, scores, budget=12) == pytest.approx(flat / 2)
    assert auc_of_best(scores, budget=12) == pytest.approx((0.7 + 0.9 + 0.8 + 7 * 0.1) / 10 / 2)


def test_a_stereo_variant_costs_its_call_though_it_does_not_count() -> None:
    smiles = ["F/C=C/F", r"F/C=C\F"] * 100
    assert auc_of_best_flat(smiles, np.ones(200), budget=400) == pytest.approx((50 + 100 + 200) / 400)


def test_without_stereo_variants_both_figures_are_the_same() -> None:
    smiles = ["C" * length for length in range(1, 251)]
    scores = np.random.default_rng(0).uniform(size=250)
    assert auc_of_best_flat(smiles, scores, 300) == pytest.approx(auc_of_best(scores, 300))


def test_marks_of_centers_and_double_bonds_are_taken_off() -> None:
    assert without_stereo(r"F/C=C\[C@H](O)C") == without_stereo("CC(O)C=CF")


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(InputError, match='"11" calls are more than the budget of "10"'):
        auc_of_best(np.zeros(11), budget=10)
    with pytest.raises(SettingsError, match='the budget is "0"'):
        auc_of_best(np.zeros(0), budget=0)
    with pytest.raises(SettingsError, match='the number of best molecules is "0"'):
        auc_of_best(np.zeros(1), budget=1, num_best=0)
    with pytest.raises(MoleculeError, match="C1CC"):
        auc_of_best_flat(["C1CC"], np.zeros(1), budget=1)
