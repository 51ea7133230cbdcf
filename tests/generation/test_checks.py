"""What is said of latents, lists, numbers and seeds that a model can't use."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from molvae.errors import InputError, SettingsError
from molvae.generation.checks import check_from_zero, latent_rows, listed
from molvae.generation.latent_model import MoleculeModel


@pytest.mark.parametrize(
    ("latents", "message"),
    [
        (np.zeros((2, 3)), "latents have shape (2, 3); this model's have 16 columns, one row a molecule"),
        (np.zeros(15), "latents have shape (1, 15); this model's have 16 columns, one row a molecule"),
        (
            np.zeros((2, 1, 16)),
            "latents have shape (2, 1, 16); this model's have 16 columns, one row a molecule",
        ),
        ([], "latents have shape (1, 0); this model's have 16 columns, one row a molecule"),
        ([[math.nan] + [0] * 15], "latents hold NaN or infinity; leave those rows out"),
        ([[0] * 15 + [-math.inf]], "latents hold NaN or infinity; leave those rows out"),
        (np.full((1, 16), 1e40), "latents hold NaN or infinity; leave those rows out"),
        (
            [["a"] * 16],
            "latents are no array of numbers, one row a molecule: could not convert string to float: 'a'",
        ),
    ],
)
def test_latents_that_no_model_of_sixteen_has_are_refused_by_all_that_takes_latents(
    latents: Any, message: str, tiny_model: MoleculeModel
) -> None:
    for refuses in (
        tiny_model.decode,
        tiny_model.predict,
        lambda rows: tiny_model.predict_gradient(rows, "QED"),
    ):
        with pytest.raises(InputError) as caught:
            refuses(latents)
        assert str(caught.value) == message


@pytest.mark.parametrize("latents", [[[0.0] * 16, [0.0]], torch.zeros(2, 16, requires_grad=True), object()])
def test_what_is_no_array_of_numbers_is_refused_in_one_line(latents: Any) -> None:
    with pytest.raises(InputError, match="latents are no array of numbers, one row a molecule: ") as caught:
        latent_rows(latents, 16)
    assert "\n" not in str(caught.value)


def test_latents_are_taken_as_rows_or_as_one_and_copied() -> None:
    rows = np.arange(6, dtype=np.float32).reshape(2, 3)
    for same in (rows, rows.tolist(), pd.DataFrame(rows), torch.from_numpy(rows), rows.astype(np.float64)):
        assert latent_rows(same, 3).tolist() == rows.tolist()
    assert latent_rows(rows[1], 3).tolist() == [[3, 4, 5]]
    assert latent_rows(np.zeros((0, 3)), 3).shape == (0, 3)
    latent_rows(rows, 3)[0, 0] = 9
    assert rows[0, 0] == 0


@pytest.mark.parametrize(
    ("smiles", "message"),
    [
        ("CCO", '"CCO" is one text; give a list of SMILES, such as ["CCO"]'),
        ("CCO\nCCN", '"CCO\\nCCN" is one text; give a list of SMILES, such as ["CCO\\nCCN"]'),
        (
            pd.DataFrame({"CC": ["CCO"]}),
            "SMILES have the shape (1, 1); give one column alone, such as table.",
        ),
        (np.array("CCO"), "SMILES have the shape (); give one column alone, such as table.smiles"),
    ],
)
def test_what_is_no_list_of_smiles_is_refused(smiles: Any, message: str, tiny_model: MoleculeModel) -> None:
    for refuses in (tiny_model.readable, tiny_model.encode, tiny_model.posterior, tiny_model.reconstruct):
        with pytest.raises(InputError) as caught:
            refuses(smiles)
        assert str(caught.value).startswith(message)
        assert "\n" not in str(caught.value)


def test_smiles_come_as_a_list_an_array_a_series_or_one_after_another() -> None:
    smiles = ["CCO", "CCN"]
    for same in (smiles, tuple(smiles), np.array(smiles), pd.Series(smiles, index=[7, 3]), iter(smiles)):
        assert listed(same) == smiles  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [-1, math.nan, math.inf, -math.inf])
def test_a_number_that_can_not_be_a_count_a_seed_or_a_temperature_is_refused(value: float) -> None:
    with pytest.raises(SettingsError) as caught:
        check_from_zero("temperature", value)
    assert str(caught.value) == f'temperature is "{value}"; give a number from 0 up'


def test_all_that_draws_refuses_what_it_can_not_draw_with(tiny_model: MoleculeModel) -> None:
    latents = np.zeros((1, 16))
    for draws, name in (
        (lambda: tiny_model.decode(latents, temperature=-1), "temperature"),
        (lambda: tiny_model.decode(latents, seed=-1), "seed"),
        (lambda: tiny_model.sample(-1), "num_samples"),
        (lambda: tiny_model.sample(2, temperature=-1), "temperature"),
        (lambda: tiny_model.sample(2, seed=-1), "seed"),
        (lambda: tiny_model.posterior_samples(["CCO"], -1), "num_draws"),
        (lambda: tiny_model.posterior_samples(["CCO"], 2, seed=-1), "seed"),
        (lambda: tiny_model.neighbors("CCO", 2, seed=-1), "seed"),
    ):
        kind = "whole number" if name.startswith("num_") else "number"
        with pytest.raises(SettingsError, match=f'{name} is "-1"; give a {kind} from 0 up'):
            draws()
