"""Encoding batches in which some molecules can't be read."""

from collections.abc import Sequence

import numpy as np
import pytest

from molvae.interfaces import FloatArray
from molvae.optimization.lenient_encoding import encode_or_keep, encode_readable
from tests.tables import ToyLatentModel, toy_smiles

UNREADABLE = "CCO"


class Counting(ToyLatentModel):
    """Counts how often it is asked."""

    num_asked = 0

    def encode(self, smiles: Sequence[str]) -> FloatArray:
        self.num_asked += 1
        return super().encode(smiles)


def test_a_molecule_that_can_not_be_encoded_keeps_the_latent_it_came_with() -> None:
    given = np.arange(24, dtype=np.float64).reshape(2, 12)
    encoded = encode_or_keep(ToyLatentModel(), [toy_smiles([1] * 12), UNREADABLE], given)
    assert encoded[0].tolist() == ToyLatentModel().encode([toy_smiles([1] * 12)])[0].tolist()
    assert encoded[1].tolist() == given[1].tolist()


def test_one_among_many_has_no_latent_and_the_others_are_not_asked_about_one_by_one() -> None:
    model, smiles = Counting(), [toy_smiles([number % 3] * 12) for number in range(64)]
    smiles[37] = UNREADABLE
    encoded = encode_readable(model, smiles)
    assert model.num_asked <= 1 + 2 * np.log2(64)
    assert np.flatnonzero(np.isnan(encoded).any(axis=1)).tolist() == [37]
    others = [row for row in range(64) if row != 37]
    expected = ToyLatentModel().encode([smiles[row] for row in others])
    assert encoded[others] == pytest.approx(expected)
