"""Censored cells, and what several measurements of a molecule say together."""

import math

import pytest

from molvae.data.values import MISSING, Bounds, UnreadableValueError, merged_bounds, read_bounds

INF = math.inf


@pytest.mark.parametrize(
    ("cell", "low", "high"),
    [
        ("7.25", 7.25, 7.25),
        (">10", 10.0, INF),
        (" > 10 ", 10.0, INF),
        (">=10", 10.0, INF),
        ("≥ 10", 10.0, INF),
        ("<0.5", -INF, 0.5),
        ("=<-1e-2", -INF, -0.01),
    ],
)
def test_a_censored_cell_says_on_which_side_the_value_is(cell: str, low: float, high: float) -> None:
    assert read_bounds(cell) == (low, high)


@pytest.mark.parametrize("cell", ["", " ", "n/a", "-"])
def test_an_empty_cell_says_nothing(cell: str) -> None:
    assert read_bounds(cell).is_missing


@pytest.mark.parametrize("cell", [">", "> n/a", "~5", ">>5", "inactive", "5 nM", ">inf", "1,5"])
def test_anything_else_is_unreadable(cell: str) -> None:
    with pytest.raises(UnreadableValueError):
        read_bounds(cell)


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        ([Bounds(1, 1), Bounds(2, 2), Bounds(4, 4)], (2, 2)),
        ([Bounds(5, 5), Bounds(9, INF)], (5, 5)),
        ([Bounds(4, INF), Bounds(5, INF)], (5, INF)),
        ([Bounds(-INF, 4), Bounds(-INF, 5), MISSING], (-INF, 4)),
        ([Bounds(4, INF), Bounds(-INF, 6)], (4, 6)),
        ([Bounds(6, INF), Bounds(-INF, 4)], (4, 6)),
    ],
)
def test_known_values_win_by_their_median_and_bounds_by_the_tightest(
    measured: list[Bounds], expected: tuple[float, float]
) -> None:
    assert merged_bounds(measured) == expected
    assert merged_bounds(measured[::-1]) == expected


def test_nothing_and_nothing_is_nothing() -> None:
    assert merged_bounds([]).is_missing
    assert merged_bounds([MISSING, MISSING]).is_missing
