"""Draws of posteriors and priors."""

import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from rdkit import Chem

from molvae.errors import SettingsError
from molvae.generation import sampling
from molvae.generation.decoding import Codes
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.membership import MoleculeKeys
from molvae.generation.sampling import check_draws, draw_molecules, posterior_draws


def test_posterior_draws_have_the_mean_and_the_spread_that_are_stated() -> None:
    mean = np.array([[0.0, 100.0, -3.0], [1e-3, 7.0, 0.0]], dtype=np.float32)
    spread = np.array([[1.0, 5.0, 0.0], [1e-3, 0.1, 30.0]], dtype=np.float32)
    draws = posterior_draws(mean, spread, 20_000, seed=1)
    assert draws.shape == (2, 20_000, 3)
    assert draws.dtype == np.float32
    # the standard error of a mean is spread / sqrt(20,000), that of a spread spread / sqrt(40,000)
    assert (np.abs(draws.mean(axis=1, dtype=np.float64) - mean) <= 4 * spread / 141 + 1e-5).all()
    np.testing.assert_allclose(draws.std(axis=1, dtype=np.float64), spread, rtol=0.02)


def test_posterior_draws_are_independent_of_each_other() -> None:
    draws = posterior_draws(np.zeros((2, 2)), np.ones((2, 2)), 20_000)
    columns = draws.transpose(0, 2, 1).reshape(4, 20_000)
    np.testing.assert_allclose(np.corrcoef(columns), np.eye(4), atol=0.03)


def test_the_draws_of_a_model_follow_from_its_posterior_and_the_seed(tiny_model: MoleculeModel) -> None:
    smiles = ["CCO", "CCOc1ccccc1"]
    mean, spread = tiny_model.posterior(smiles)
    draws = tiny_model.posterior_samples(smiles, 4000, seed=2)
    np.testing.assert_allclose((draws.mean(axis=1) - mean) / spread, 0, atol=0.07)
    np.testing.assert_allclose(draws.std(axis=1), spread, rtol=0.07)
    np.testing.assert_array_equal(draws, tiny_model.posterior_samples(smiles, 4000, seed=2))
    assert not np.array_equal(draws, tiny_model.posterior_samples(smiles, 4000, seed=3))


@pytest.mark.parametrize("temperature", [0.0, 0.1])
def test_unique_molecules_have_no_repeats_where_others_do(
    temperature: float, tiny_model: MoleculeModel
) -> None:
    plain = tiny_model.sample(200, temperature=temperature)
    assert len(set(plain)) < len(plain) == 200
    unique = tiny_model.sample(40, temperature=temperature, unique=True)
    assert len(set(unique)) == len(unique) == 40


def test_novel_molecules_hold_no_training_molecule_where_others_do(
    tiny_model: MoleculeModel, tiny_csv: Path
) -> None:
    known = {Chem.CanonSmiles(text) for text in pd.read_csv(tiny_csv)["smiles"]}
    made = tiny_model.sample(200, temperature=0.5)[5]
    model = dataclasses.replace(tiny_model, training_keys=MoleculeKeys.of([*known, made]))
    assert made in model.sample(200, temperature=0.5)
    novel = model.sample(200, temperature=0.5, novel=True)
    assert len(novel) == 200
    assert not {*known, made} & set(novel)


def test_a_sample_follows_from_its_seed_alone(tiny_model: MoleculeModel) -> None:
    one, again, other = (tiny_model.sample(30, temperature=1, seed=seed) for seed in (4, 4, 5))
    assert one == again != other
    torch.rand(3)
    assert tiny_model.sample(30, temperature=1, seed=4) == one


def test_a_greedy_sample_is_the_prior_decoded(tiny_model: MoleculeModel) -> None:
    latents = tiny_model.sample_latents(40, np.random.default_rng(6))
    decoded = tiny_model.decode(latents)
    draws = draw_molecules(tiny_model, 40, seed=6)
    valid = list(filter(None, decoded))
    assert draws.smiles[: len(valid)] == valid
    assert draws.num_valid == 40 <= draws.num_draws


@pytest.mark.parametrize("num_samples", [-1, 2.5, float("inf")])
def test_a_number_of_molecules_that_is_none_is_refused(num_samples: float, tiny_model: MoleculeModel) -> None:
    with pytest.raises(SettingsError, match=r"num_samples is .*; give a whole number from 0 up"):
        tiny_model.sample(num_samples)  # type: ignore[arg-type]


def test_checked_draws_are_all_that_is_drawn_and_say_what_strict_sampling_keeps(
    tiny_model: MoleculeModel,
) -> None:
    checked = check_draws(tiny_model, 60, temperature=0.7, seed=3)
    assert len(checked.smiles) == len(checked.is_strict) == 60
    valid = [text for text in checked.smiles if text]
    assert valid == tiny_model.sample(60, temperature=0.7, seed=3)[: len(valid)]
    strict = [text for text, is_strict in zip(*checked, strict=True) if is_strict]
    assert 0 < len(strict) < 60
    kept = tiny_model.sample(60, temperature=0.7, strict=True, seed=3)
    assert kept[: len(strict)] == strict


def test_a_second_round_asks_for_what_is_missing_by_the_share_that_was_kept(
    tiny_model: MoleculeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    draw = sampling.prior_batches

    def counted(model: MoleculeModel, num_draws: int, *others: Any) -> Iterator[Codes]:
        asked.append(num_draws)
        return draw(model, num_draws, *others)

    monkeypatch.setattr(sampling, "prior_batches", counted)
    monkeypatch.setattr(sampling, "decode_latents", half_of_them)
    assert len(tiny_model.sample(200)) == 200
    assert asked == [200, 210]


def half_of_them(_model: MoleculeModel, codes: Iterable[Codes], *_others: Any) -> list[str]:
    """Every second latent decodes to a molecule."""
    return ["CC" if row % 2 else "" for some in codes for row in range(len(some.latents))]
