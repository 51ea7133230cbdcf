"""What is said of molecules sampled at targets."""

import numpy as np
import pytest

from molvae.generation.target_sampling import TargetDraws
from molvae.generation.targets import Target
from molvae.studies.target_tables import expected_errors, summary_of

PKI = Target(name="pKi", value=7.0, tolerance=0.5, is_computed=False, head_column=0)


def test_the_expected_error_is_that_of_normal_draws_around_the_prediction() -> None:
    errors, spreads = np.array([0.0, 0.3, -2.0]), np.array([0.5, 0.7, 0.1])
    draws = errors + spreads * np.random.default_rng(0).standard_normal((400_000, 3))
    np.testing.assert_allclose(expected_errors(errors, spreads), np.abs(draws).mean(axis=0), rtol=5e-3)


def test_a_predicted_target_says_what_its_spread_leaves_open() -> None:
    draws = TargetDraws(["CCO", "CCC"], (PKI,), np.array([[7.2], [7.0]]), np.array([[0.6], [0.6]]), 400, 50)
    lines = summary_of(draws, 2, {"CCO"})
    expected = expected_errors(np.array([0.2, 0.0]), np.array([0.6, 0.6])).mean()
    assert lines == [
        "2 asked for: 2 molecules",
        "pKi 7 +- 0.5: predicted mean 7.1, mean absolute error 0.1; "
        f"of true values {expected:.3g} by the head's spreads",
        lines[2],
        "acceptance 0.5%: 400 draws of the prior were made for these, 50 of them decoded",
    ]
    assert lines[2].startswith("uniqueness 1.000, novelty 0.500, internal diversity 0.")


def test_a_yes_no_target_has_no_spread_to_speak_of() -> None:
    draws = TargetDraws(["CCO"], (PKI,), np.array([[0.9]]), np.array([[np.nan]]), 4, 4)
    assert "by the head's spreads" not in summary_of(draws, 1, set())[1]


@pytest.mark.parametrize("num_draws", [0, 300])
def test_nothing_found_is_said_in_words(num_draws: int) -> None:
    empty = np.empty((0, 1))
    lines = summary_of(TargetDraws([], (PKI,), empty, empty, num_draws, 7), 5, set())
    assert lines[:2] == ["5 asked for: 0 molecules", "pKi 7 +- 0.5: no molecule"]
    assert lines[-1].startswith("acceptance")
