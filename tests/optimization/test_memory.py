"""What an optimiser remembers, and how it draws from it; and the units it measures latents in."""

import numpy as np
import pytest

from molvae.interfaces import FloatArray, Proposals
from molvae.optimization.latent_frame import LatentFrame
from molvae.optimization.memory import Memory
from tests.tables import ToyLatentModel, toy_smiles

SMILES = [toy_smiles([level] * 12) for level in range(5)]


def memory_of(scores: list[float], *, latest_first: bool = False) -> Memory:
    memory = Memory(ToyLatentModel(), [], latest_first=latest_first)
    smiles = SMILES[: len(scores)]
    memory.tell(Proposals(smiles, None, ["x"] * len(smiles), [""] * len(smiles)), np.array(scores))
    return memory


def test_ranks_are_drawn_log_uniformly() -> None:
    drawn = memory_of([1.0, 3.0, 2.0]).draw_elites(30_000, np.random.default_rng(0))
    shares = [drawn.count(SMILES[row]) / 30_000 for row in (1, 2, 0)]
    assert shares == pytest.approx(np.log([2.0, 1.5, 4 / 3]) / np.log(4.0), abs=0.01)


def test_no_elite_is_drawn_beyond_the_limit_or_without_a_score() -> None:
    memory = memory_of([1.0, np.nan, 2.0, 3.0])
    generator = np.random.default_rng(0)
    assert set(memory.draw_elites(200, generator)) == {SMILES[0], SMILES[2], SMILES[3]}
    assert set(memory.draw_elites(200, generator, among=2)) == {SMILES[2], SMILES[3]}
    assert memory_of([np.nan]).draw_elites(5, generator) == []


def test_while_nothing_has_a_score_the_starts_are_the_elites() -> None:
    memory = Memory(ToyLatentModel(), SMILES[:2])
    generator = np.random.default_rng(0)
    drawn = memory.draw_elites(1000, generator, among=1)
    assert 400 < drawn.count(SMILES[0]) < 600
    assert set(drawn) == set(SMILES[:2])
    starts = memory.ask_starts(2)
    assert starts is not None
    memory.tell(starts, np.array([np.nan, np.nan]))
    assert set(memory.draw_elites(50, generator)) == set(SMILES[:2])


@pytest.mark.parametrize(("latest_first", "second"), [(True, SMILES[3]), (False, SMILES[0])])
def test_of_equal_scores_the_latest_or_the_first_is_the_better_elite(latest_first: bool, second: str) -> None:
    memory = memory_of([1.0, 1.0, 2.0, 1.0], latest_first=latest_first)
    drawn = memory.draw_elites(1000, np.random.default_rng(0), among=2)
    assert set(drawn) == {SMILES[2], second}


def test_elites_elsewhere_are_those_unlike_the_ones_that_are_avoided() -> None:
    smiles = ["CCCCCCCCO", "CCCCCCCO", "c1ccc2ncccc2c1", "c1ccncc1", "CCCCCCCN"]
    memory = Memory(ToyLatentModel(), [])
    memory.tell(Proposals(smiles, None, ["x"] * 5, [""] * 5), np.array([5.0, 4, 3, 2, 1]))
    memory.avoid(smiles[:1])
    assert memory.elites == smiles, "nothing changes until the search goes there"
    memory.is_away = True
    assert memory.elites == smiles[2:4]
    assert set(memory.draw_elites(100, np.random.default_rng(0))) == set(smiles[2:4])
    assert memory.best_scores(elsewhere=True).tolist() == [3, 2]
    memory.avoid(smiles[2:3])
    assert memory.elites == smiles[3:4]
    memory.avoid(smiles[3:4])
    assert set(memory.draw_elites(100, np.random.default_rng(0))) == set(smiles), "there is nowhere else"
    memory.avoid_nothing()
    assert not memory.detour.is_near(smiles[0])


def test_starts_are_asked_for_once_and_in_one_spelling() -> None:
    memory = Memory(ToyLatentModel(2), ["NCC", "C(CN)", "NC(F)C"])
    first, second = memory.ask_starts(1), memory.ask_starts(5)
    assert first is not None
    assert second is not None
    assert (first.smiles, second.smiles, memory.ask_starts(5)) == (["CCN"], [toy_smiles([1, 0])], None)


class Stretched(ToyLatentModel):
    """Codes of another scale and center along each axis, as an autoencoder's are."""

    def sample_latents(self, num_samples: int, generator: np.random.Generator) -> FloatArray:
        return 5.0 + np.linspace(0.1, 10.0, 12) * super().sample_latents(num_samples, generator)


def test_a_frame_measures_any_prior_in_its_standard_deviations() -> None:
    model = Stretched()
    frame = LatentFrame(model, np.random.default_rng(0))
    points = frame.to_units(model.sample_latents(20_000, np.random.default_rng(1)))
    assert points.mean(axis=0) == pytest.approx(np.zeros(12), abs=0.1)
    assert points.std(axis=0) == pytest.approx(np.ones(12), abs=0.1)
    assert frame.typical_norm == pytest.approx(np.sqrt(12), rel=0.05)
    assert frame.to_units(frame.to_latents(points)) == pytest.approx(points)


def test_points_are_held_within_trust_but_not_pulled_from_where_they_began() -> None:
    frame = LatentFrame(ToyLatentModel(), np.random.default_rng(0))
    far = np.full((1, 12), 100.0)
    assert np.linalg.norm(frame.hold(far, np.zeros((1, 12)))) == pytest.approx(frame.trust_norm)
    assert frame.hold(far, far) == pytest.approx(far)
    near = np.full((1, 12), 0.1)
    assert frame.hold(near, far).tolist() == near.tolist()
