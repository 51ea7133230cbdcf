"""Density and coverage by hand, of equal sets, and with modes left out."""

import numpy as np
import pytest

from molvae.errors import InputError
from molvae.evaluation.coverage import density_and_coverage


def test_on_a_line_both_are_worked_out_by_hand() -> None:
    # The nearest neighbors of 0, 1, 3, 7 are 1, 1, 2, 4 away. 1.5 is in the balls of 1 and 3, not of 0 and 7;
    # 100 is in none: 2 balls / (k = 1) / 2 generated, and 2 of 4 real ones covered.
    real, generated = np.array([[0.0], [1.0], [3.0], [7.0]]), np.array([[1.5], [100.0]])
    found = density_and_coverage(real, generated, 1)
    assert found.density == pytest.approx(1.0)
    assert found.coverage == pytest.approx(0.5)
    # Two of a real vector's five others are generated, and each of the five may be the nearest.
    assert found.expected_coverage == pytest.approx(2 / 5)


def test_both_are_those_of_the_published_package() -> None:
    # prdc 0.2: compute_prdc(real, generated, 5)
    generator = np.random.default_rng(0)
    real, generated = generator.standard_normal((300, 5)), 1.3 * generator.standard_normal((400, 5)) + 0.2
    assert density_and_coverage(real, generated, 5)[:2] == pytest.approx((0.6215, 0.91))


def test_sets_of_one_distribution_have_density_one_and_the_expected_coverage() -> None:
    generator = np.random.default_rng(1)
    real, generated = generator.standard_normal((2, 1500, 4))
    found = density_and_coverage(real, generated)
    assert found.density == pytest.approx(1, abs=0.05)
    assert found.coverage == pytest.approx(found.expected_coverage, abs=0.02)
    # For sets of equal size about 1 - 2^-k.
    assert found.expected_coverage == pytest.approx(1 - 2**-5, abs=0.001)


def test_half_of_the_modes_left_out_is_half_of_the_coverage_but_all_of_the_density() -> None:
    generator = np.random.default_rng(2)
    modes = np.repeat([-50.0, 50.0], 500)[:, None]
    real = modes + generator.standard_normal((1000, 3))
    generated = -50 + generator.standard_normal((1000, 3))
    found = density_and_coverage(real, generated)
    assert found.coverage == pytest.approx(0.5, abs=0.01)
    assert found.density == pytest.approx(1, abs=0.15)


def test_what_lies_where_nothing_real_is_has_no_density() -> None:
    real = np.random.default_rng(3).standard_normal((50, 2))
    found = density_and_coverage(real, real + 1000)
    assert (found.density, found.coverage) == (0, 0)


def test_balls_need_neighbors() -> None:
    with pytest.raises(InputError, match='no "5" neighbors'):
        density_and_coverage(np.ones((5, 2)), np.ones((9, 2)))
