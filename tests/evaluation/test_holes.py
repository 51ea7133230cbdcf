"""Round trips through spaces whose holes are known: a grid of molecules, and a code that is lost."""

from collections.abc import Sequence

import numpy as np
import pytest

from molvae.errors import InputError
from molvae.evaluation.holes import RoundTrip, cycle_errors, idempotence, round_trip
from molvae.interfaces import FloatArray
from tests.tables import ToyLatentModel


def decode_chain(latents: FloatArray) -> list[str]:
    """A chain of as many carbons as the latent is long, rounded; nothing below .5."""
    return ["C" * round(float(row[0])) for row in latents]


def encode_chain(smiles: Sequence[str]) -> FloatArray:
    """The number of carbons; what is longer than four can't be read."""
    return np.array([[float(len(text)) if len(text) <= 4 else np.nan] for text in smiles])


def test_a_space_without_holes_comes_back_to_where_it_began() -> None:
    model = ToyLatentModel()
    smiles = model.decode(model.sample_latents(20, np.random.default_rng(1)))
    trip = round_trip(model.encode(smiles), model.decode, model.encode)
    np.testing.assert_allclose(cycle_errors(trip, 0.1), 0, atol=1e-9)
    assert idempotence(trip).all()


def test_between_the_points_of_a_grid_the_error_is_the_distance_to_the_nearest() -> None:
    trip = round_trip(np.array([[1.0], [2.25], [0.1], [6.0]]), decode_chain, encode_chain)
    assert trip.smiles == ["C", "CC", "", "CCCCCC"]
    # In units of half a carbon; nothing was decoded at .1, and the last chain can't be read.
    np.testing.assert_allclose(cycle_errors(trip, 0.5), [0, 0.5, np.nan, np.nan])
    np.testing.assert_array_equal(idempotence(trip), [True, True, False])


def test_in_a_rotated_grid_of_molecules_the_mean_squared_error_is_that_of_rounding() -> None:
    model = ToyLatentModel(latent_dim=6, max_norm=100)
    latents = np.random.default_rng(2).uniform(-1.5, 1.5, (300, 6)) @ model._rotation
    errors = cycle_errors(round_trip(latents, model.decode, model.encode), 1.0)
    # Six levels, each rounded by a uniform error of variance 1 / 12.
    assert np.mean(errors**2) == pytest.approx(0.5, rel=0.1)


def test_a_decoder_that_writes_what_the_encoder_puts_elsewhere_is_not_idempotent() -> None:
    trip = round_trip(np.array([[1.0], [2.0], [3.0]]), decode_chain, lambda smiles: np.ones((len(smiles), 1)))
    np.testing.assert_array_equal(idempotence(trip), [True, False, False])
    np.testing.assert_allclose(trip.cycle_lengths, [0, 1, 2])


def test_the_encoder_is_not_asked_for_what_is_no_molecule() -> None:
    def refuses(smiles: Sequence[str]) -> FloatArray:
        raise AssertionError

    trip = round_trip(np.zeros((2, 1)), decode_chain, refuses)
    assert np.isnan(trip.cycle_lengths).all()
    assert len(idempotence(trip)) == 0


def test_a_unit_of_no_length_is_refused() -> None:
    with pytest.raises(InputError, match="above 0"):
        cycle_errors(RoundTrip(np.zeros((1, 1)), ["C"], np.zeros((1, 1)), ["C"]), 0.0)
