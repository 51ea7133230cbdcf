"""Paths between latents, and molecules on them, by hand."""

import numpy as np
import pytest

from molvae.errors import InputError
from molvae.evaluation.pairs import pair_similarities
from molvae.evaluation.paths import arc, describe_path, line, similarity_to_ends


def test_a_line_is_walked_in_even_steps() -> None:
    steps = line(np.array([1.0, -1.0]), np.array([3.0, 7.0]), 5)
    np.testing.assert_allclose(np.diff(steps, axis=0), [[0.5, 2.0]] * 4)
    np.testing.assert_allclose(steps[[0, -1]], [[1, -1], [3, 7]])


def test_an_arc_turns_evenly_and_keeps_the_length() -> None:
    generator = np.random.default_rng(1)
    start, end = generator.standard_normal((2, 30))
    end *= np.linalg.norm(start) / np.linalg.norm(end)
    steps = arc(start, end, 9)
    np.testing.assert_allclose(np.linalg.norm(steps, axis=1), np.linalg.norm(start))
    cosines = (steps[:-1] * steps[1:]).sum(axis=1) / (start @ start)
    np.testing.assert_allclose(cosines, cosines[0])
    np.testing.assert_allclose(steps[[0, -1]], [start, end])
    assert np.linalg.norm(line(start, end, 9), axis=1).min() < 0.9 * np.linalg.norm(start)


def test_an_arc_between_ends_of_different_lengths_grows_evenly() -> None:
    steps = arc(np.array([2.0, 0.0]), np.array([0.0, 6.0]), 5)
    np.testing.assert_allclose(np.linalg.norm(steps, axis=1), [2, 3, 4, 5, 6])


@pytest.mark.parametrize("end", [[2.0, 4.0], [-1.0, -2.0], [0.0, 0.0]])
def test_ends_without_an_angle_between_them_are_joined_by_a_line(end: list[float]) -> None:
    start = np.array([1.0, 2.0])
    np.testing.assert_allclose(arc(start, np.array(end), 4), line(start, np.array(end), 4))


def test_a_path_is_described_by_its_jumps() -> None:
    near, far = (1 - pair_similarities(["CCCO"], [text])[0] for text in ("CCCCO", "c1ccccc1"))
    report = describe_path(["CCCO", "CCCO", "CCCCO", "c1ccccc1", "c1ccccc1"], [True, True, True, False, True])
    across = 1 - pair_similarities(["CCCCO"], ["c1ccccc1"])[0]
    assert (report.num_steps, report.num_distinct) == (5, 3)
    assert report.largest_jump == pytest.approx(across)
    assert report.mean_jump == pytest.approx((near + across) / 4)
    assert report.detour == pytest.approx((near + across) / far)
    assert (report.valid_share, report.strict_share) == pytest.approx((1, 0.8))


def test_what_is_no_molecule_is_a_jump_to_nothing_and_back() -> None:
    report = describe_path(["CCO", "", "CCO"])
    assert (report.num_distinct, report.largest_jump, report.mean_jump) == (1, 1, 1)
    assert report.valid_share == pytest.approx(2 / 3)
    assert np.isnan(report.strict_share)
    assert np.isnan(report.detour)


def test_a_path_that_stays_has_no_jump() -> None:
    assert describe_path(["CCO"] * 4)[:4] == (4, 1, 0, 0)


def test_along_a_path_the_first_end_is_left_and_the_last_approached() -> None:
    found = similarity_to_ends(["CCCCCCO", "CCCCCO", "CCCCCN", "CCCCCCN"])
    assert (found[0, 0], found[-1, 1]) == (1, 1)
    assert found[1, 0] > found[2, 0]
    assert found[1, 1] < found[2, 1]


def test_what_is_no_path_is_refused() -> None:
    with pytest.raises(InputError, match="at least 2"):
        line(np.zeros(2), np.ones(2), 1)
    with pytest.raises(InputError, match="no path between them"):
        arc(np.zeros(2), np.ones(3), 5)
    with pytest.raises(InputError, match="at least two"):
        describe_path(["CC"])
    with pytest.raises(InputError, match="one for each"):
        describe_path(["CC", "C"], [True])
