"""The pure CMA-ES on functions with published convergence, and its constants on published values."""

from collections.abc import Callable

import numpy as np
import pytest

from molvae.errors import SettingsError
from molvae.interfaces import FloatArray
from molvae.optimization.cma_es import CMAES, default_population


def sphere(points: FloatArray) -> FloatArray:
    values: FloatArray = (points**2).sum(axis=1)
    return values


def ellipsoid(points: FloatArray) -> FloatArray:
    scales = 1e6 ** (np.arange(points.shape[1]) / (points.shape[1] - 1))
    values: FloatArray = (scales * points**2).sum(axis=1)
    return values


def rosenbrock(points: FloatArray) -> FloatArray:
    head, tail = points[:, :-1], points[:, 1:]
    values: FloatArray = (100 * (tail - head**2) ** 2 + (1 - head) ** 2).sum(axis=1)
    return values


def evaluations_to_reach(
    function: Callable[[FloatArray], FloatArray], strategy: CMAES, target: float, limit: int
) -> int:
    """Function evaluations until the best value falls below `target`; `limit` if it never does."""
    used = 0
    while used < limit:
        points = strategy.ask()
        values = function(points)
        used += len(points)
        if values.min() < target:
            return used
        strategy.tell(points, values)
    return limit


@pytest.mark.parametrize(
    ("function", "dim", "separable", "start", "reference"),
    [  # the median evaluations of nine runs of Hansen's own implementation, pycma 4.5.0, in the same settings
        (sphere, 10, False, 3.0, 1640),
        (ellipsoid, 10, False, 3.0, 4210),
        (rosenbrock, 10, False, 0.0, 4950),
        (sphere, 20, True, 3.0, 2616),
        (ellipsoid, 20, True, 3.0, 5040),
    ],
)
def test_convergence_takes_as_many_evaluations_as_in_the_reference_implementation(
    function: Callable[[FloatArray], FloatArray], dim: int, separable: bool, start: float, reference: int
) -> None:
    needed = []
    for seed in range(3):
        generator = np.random.default_rng(seed)
        strategy = CMAES(np.full(dim, start), 1.0 if start else 0.1, generator, separable=separable)
        needed.append(evaluations_to_reach(function, strategy, 1e-9, limit=3 * reference))
    assert 0.8 < np.median(needed) / reference < 1.2


def test_it_is_as_fast_on_a_turned_ellipsoid_as_on_an_upright_one() -> None:
    rotation = np.linalg.qr(np.random.default_rng(5).standard_normal((6, 6)))[0]

    def turned(points: FloatArray) -> FloatArray:
        return ellipsoid(points @ rotation.T)

    upright, rotated = (
        np.median(
            [
                evaluations_to_reach(
                    function, CMAES(np.ones(6), 1.0, np.random.default_rng(seed)), 1e-9, 20000
                )
                for seed in range(3)
            ]
        )
        for function in (ellipsoid, turned)
    )
    assert 0.7 < rotated / upright < 1.4


def test_the_covariance_becomes_the_inverse_hessian() -> None:
    strategy = CMAES(np.ones(4), 1.0, np.random.default_rng(0))
    evaluations_to_reach(ellipsoid, strategy, 1e-12, 20000)
    steps = strategy.ask(4000) - strategy.mean
    deviations = steps.std(axis=0)
    assert np.log10(deviations[:-1] / deviations[1:]) == pytest.approx([1.0, 1.0, 1.0], abs=0.5)


def test_values_are_only_ranked() -> None:
    def path(transform: Callable[[FloatArray], FloatArray]) -> FloatArray:
        strategy = CMAES(np.ones(5), 0.5, np.random.default_rng(1))
        for _ in range(20):
            points = strategy.ask()
            strategy.tell(points, transform(sphere(points)))
        return strategy.mean

    assert path(lambda values: values).tolist() == path(lambda values: np.exp(values) - 7).tolist()


def test_a_point_without_a_value_ranks_worst() -> None:
    def mean_after(missing: float) -> FloatArray:
        strategy = CMAES(np.ones(5), 0.5, np.random.default_rng(1))
        points = strategy.ask()
        values = sphere(points)
        values[values.argmin()] = missing
        strategy.tell(points, values)
        return strategy.mean

    assert mean_after(np.nan).tolist() == mean_after(1e30).tolist()


def test_a_generation_without_any_value_teaches_nothing() -> None:
    strategy = CMAES(np.ones(5), 0.5, np.random.default_rng(1))
    strategy.tell(strategy.ask(), np.full(strategy.population, np.nan))
    assert strategy.mean.tolist() == [1.0] * 5
    assert strategy.step_size == 0.5


@pytest.mark.parametrize(("dim", "population"), [(2, 6), (10, 10), (40, 15), (100, 17)])
def test_the_default_population_is_the_published_one(dim: int, population: int) -> None:
    assert default_population(dim) == population


def test_a_wrong_number_of_points_is_refused() -> None:
    strategy = CMAES(np.ones(5), 0.5, np.random.default_rng(1))
    with pytest.raises(ValueError, match=r"expected points \(8, 5\)"):
        strategy.tell(strategy.ask(3), np.zeros(3))


@pytest.mark.parametrize(
    ("step_size", "population", "message"),
    [(0.0, None, 'step size is "0.0": give a positive'), (1.0, 2, 'population is "2": at least 3')],
)
def test_impossible_settings_are_refused(step_size: float, population: int | None, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        CMAES(np.ones(3), step_size, np.random.default_rng(0), population)
    assert message in str(caught.value)
