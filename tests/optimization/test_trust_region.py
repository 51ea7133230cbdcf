"""Matern processes, boxes that grow and shrink, and regions of the toy's latents."""

from typing import Literal

import numpy as np
import pytest

from molvae.errors import InputError, SettingsError
from molvae.optimization.matern_process import MaternProcess
from molvae.optimization.oracle import BudgetedOracle
from molvae.optimization.search import search
from molvae.optimization.trust_region import FIRST_LENGTH, MAX_LENGTH, TrustRegion
from molvae.optimization.trust_region_bo import OPERATOR, TrustRegionBO, TrustRegionSettings
from tests.tables import ORACLES, ToyLatentModel, toy_smiles

MIDDLE = toy_smiles([2] * 12)


def waves(points: np.ndarray) -> np.ndarray:
    """A function of the first of the dimensions alone."""
    return np.sqrt(2) * np.sin(4 * points[:, 0])


def test_a_process_finds_which_dimension_counts_and_goes_back_to_the_mean_far_off() -> None:
    generator = np.random.default_rng(0)
    points = generator.uniform(-1, 1, (60, 3))
    process = MaternProcess(points, waves(points))
    new = generator.uniform(-0.9, 0.9, (200, 3))
    means, spreads = process.predict(new)
    assert np.abs(means - waves(new)).mean() < 0.1
    assert process.lengths[0] < 0.3 * process.lengths[1:].min()
    far_mean, far_spread = process.predict(np.full((1, 3), 1e4))
    assert abs(far_mean[0]) < 1e-3
    assert far_spread[0] > 5 * spreads.mean()


def test_drawn_functions_have_the_mean_and_the_spread_that_are_predicted() -> None:
    generator = np.random.default_rng(1)
    points = generator.uniform(-1, 1, (12, 2))
    process = MaternProcess(points, waves(points))
    asked = generator.uniform(-2, 2, (30, 2))
    means, spreads = process.predict(asked)
    draws = process.draw(asked, 4_000, generator)
    assert draws.shape == (4_000, 30)
    np.testing.assert_allclose(draws.mean(axis=0), means, atol=0.1)
    np.testing.assert_allclose(draws.std(axis=0), spreads, atol=0.1)


def test_the_slope_of_the_loss_is_that_of_its_differences() -> None:
    generator = np.random.default_rng(3)
    points = generator.uniform(-1, 1, (15, 3))
    process = MaternProcess(points, waves(points))
    logs = np.array([0.3, -0.5, 1.0, 0.4, -2.0])
    _, slope = process._loss(logs)
    steps = 1e-5 * np.eye(5)
    differences = [(process._loss(logs + step)[0] - process._loss(logs - step)[0]) / 2e-5 for step in steps]
    np.testing.assert_allclose(slope, differences, rtol=1e-4, atol=1e-5)


def test_one_point_and_equal_points_are_enough_and_none_or_nan_is_refused() -> None:
    mean, _ = MaternProcess(np.zeros((5, 2)), np.ones(5)).predict(np.zeros((1, 2)))
    assert 0.5 < mean[0] <= 1
    assert np.isfinite(MaternProcess(np.zeros((1, 2)), np.zeros(1)).predict(np.ones((3, 2)))[1]).all()
    for points, targets in ((np.zeros((0, 2)), np.zeros(0)), (np.zeros((2, 2)), np.array([1.0, np.nan]))):
        with pytest.raises(InputError, match="needs a finite target for each point"):
            MaternProcess(points, targets)


def test_a_box_grows_while_it_pays_and_shrinks_until_it_is_exhausted() -> None:
    region = TrustRegion(4, num_first=2, patience=6, generator=np.random.default_rng(0))
    region.tell(region.first_points(2), np.array([0.0, np.nan]))
    assert region.is_new
    region.tell(region.first_points(2), np.array([0.5, np.nan]))
    assert not region.is_new
    for score in (1.0, 2.0, 3.0, 4.0, 5.0, 6.0):
        region.tell(region.first_points(1), np.array([score]))
    assert region.length == MAX_LENGTH == 2 * FIRST_LENGTH
    lengths = []
    while not region.is_exhausted:
        region.tell(region.first_points(3), np.full(3, np.nan))
        lengths.append(region.length)
    assert lengths == [1.6, 0.8, 0.8, 0.4, 0.4, 0.2, 0.2, 0.1, 0.1, 0.05, 0.05, 0.025]


def test_candidates_lie_in_the_box_around_the_best_point_and_draws_know_a_slope() -> None:
    region = TrustRegion(3, num_first=5, patience=50, generator=np.random.default_rng(0))
    points = region.first_points(40)
    region.tell(points, points[:, 0])
    best = points[points[:, 0].argmax()]
    candidates, functions = region.candidates(20)
    assert np.abs(candidates - best).max() <= region.length / 2
    assert functions.shape == (20, len(candidates))
    chosen = candidates[functions.argmax(axis=1)]
    assert (chosen[:, 0] > best[0]).mean() > 0.9


def test_regions_start_at_the_best_and_find_more_than_the_first_points() -> None:
    settings = TrustRegionSettings(num_regions=2, region_dim=6, region_first=5)
    optimizer = TrustRegionBO(ToyLatentModel(), [MIDDLE], 0, settings)
    result = search(optimizer, BudgetedOracle(ORACLES["linear"], 150), batch_size=10)
    calls = sorted((entry.call for entry in result.molecules), key=lambda call: call.number)
    assert calls[0].smiles == MIDDLE
    assert {call.operator for call in calls[1:]} == {OPERATOR}
    assert calls[1].parent == MIDDLE
    assert max(call.score for call in calls[60:]) > max(call.score for call in calls[:20]) + 1


@pytest.mark.parametrize("subspace", ["random", "principal"])
def test_principal_directions_are_those_in_which_the_best_differ(
    subspace: Literal["random", "principal"],
) -> None:
    model = ToyLatentModel()
    starts = [toy_smiles([first, second, *[2] * 10]) for first in (1, 2, 3) for second in (1, 2, 3)]
    settings = TrustRegionSettings(num_regions=1, region_dim=2, region_subspace=subspace)
    optimizer = TrustRegionBO(model, starts, 0, settings)
    first = optimizer.ask(len(starts))
    optimizer.tell(first, ORACLES["linear"].function(first.smiles).scores)
    asked = optimizer.ask(10)
    assert asked.latents is not None
    origins = model.encode(asked.parents)
    axes = np.linalg.svd(model.encode(starts) - model.encode([MIDDLE]), full_matrices=False)[2][:2]
    moved = asked.latents - origins
    left = np.abs(moved - moved @ axes.T @ axes).max()
    assert (left < 1e-9) == (subspace == "principal")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_regions": 0}, 'num_regions is "0"; it must be at least 1'),
        ({"region_radius": 0.0}, 'region_radius is "0.0"; it must be above 0'),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, float], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        TrustRegionSettings(**settings)  # type: ignore[arg-type]
    assert str(caught.value) == message
