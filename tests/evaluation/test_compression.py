"""Bits that latents take, where the entropy is known."""

import numpy as np
import pytest

from molvae.errors import SettingsError
from molvae.evaluation.compression import bits_of, code_bits, rounded


def test_levels_that_are_equally_common_take_the_logarithm_of_their_number() -> None:
    levels = np.stack(np.meshgrid(np.arange(8.0), np.arange(4.0)), axis=-1).reshape(-1, 2)
    assert code_bits(levels, 1.0) == pytest.approx(3 + 2)
    assert code_bits(levels, 2.0) < code_bits(levels, 1.0)
    assert code_bits(levels, 100.0) == 0


@pytest.mark.parametrize("step", [0.1, 0.5])
def test_a_gaussian_latent_takes_its_differential_entropy_and_the_logarithm_of_the_step(step: float) -> None:
    draws = 3 * np.random.default_rng(1).standard_normal((50_000, 2))
    # 1/2 log2(2 pi e sigma^2) - log2(step) a latent (Cover and Thomas, theorem 8.3.1).
    expected = 2 * (0.5 * np.log2(2 * np.pi * np.e * 9) - np.log2(step))
    assert code_bits(draws, step) == pytest.approx(expected, abs=0.02)


def test_rounding_moves_a_latent_by_half_a_step_at_most_and_is_done_once() -> None:
    draws = np.random.default_rng(2).standard_normal((100, 3))
    once = rounded(draws, 0.3)
    assert np.abs(once - draws).max() <= 0.15 + 1e-12
    np.testing.assert_allclose(rounded(once, 0.3), once)
    assert code_bits(once, 0.3) == code_bits(draws, 0.3)


def test_a_step_of_no_length_is_refused() -> None:
    with pytest.raises(SettingsError, match="above 0"):
        code_bits(np.zeros((2, 2)), 0.0)
    assert bits_of(np.log(2)) == pytest.approx(1)
