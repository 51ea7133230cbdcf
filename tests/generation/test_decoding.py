"""Latents to molecules: what is read of what the decoder writes, and what is told apart as repaired."""

import dataclasses

import numpy as np
import pytest
import torch

from molvae.data.tokenizer import Tokenizer
from molvae.generation import decoding
from molvae.generation.decoding import Batch, check_stream, decode_stream, pool_for, to_texts
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.sampling import draw_molecules


def test_generated_ids_are_read_up_to_their_end_or_the_last_there_is() -> None:
    tokenizer = Tokenizer.learn(["[C][O]"], num_merges=0)
    carbon, oxygen = (tokenizer.to_ids(symbol)[0] for symbol in ("[C]", "[O]"))
    ids = np.array([[carbon, oxygen, 0, 0], [carbon, carbon, oxygen, oxygen], [0, 0, 0, 0]])
    lengths = np.array([2, 5, 0])
    assert to_texts(ids, lengths, tokenizer) == ["[C][O]", "[C][C][O][O]", ""]


def test_workers_decode_what_this_process_decodes_in_the_same_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = [["[C][C][O]", "[nonsense]"], [], [f"[N]{size * '[C]'}" for size in range(1, 9)], [""]]
    batches = [Batch(some, []) for some in texts]
    with pool_for(11) as pool:
        here = list(decode_stream(batches, pool))
        assert pool.num_workers == 0
    assert here == [["CCO", ""], [], ["C" * size + "N" for size in range(1, 9)], [""]]
    monkeypatch.setattr(decoding, "MIN_FOR_WORKERS", 11)
    num_threads = torch.get_num_threads()
    with pool_for(11) as pool:
        assert list(decode_stream(batches, pool)) == here
        assert pool.num_workers > 0
    assert torch.get_num_threads() == num_threads


def test_checking_says_which_were_read_as_they_stand_and_decodes_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batches = [Batch(some, []) for some in (["[C][C][O]", "[C][F][C]"], ["[C][#F]", "[nonsense]", ""])]
    with pool_for(5) as pool:
        here = list(check_stream(batches, pool))
    assert here == [[("CCO", True), ("CF", False)], [("CF", False), ("", False), ("", False)]]
    monkeypatch.setattr(decoding, "MIN_FOR_WORKERS", 5)
    with pool_for(5) as pool:
        assert list(check_stream(batches, pool)) == here


@pytest.mark.parametrize("num_workers_from", [1, 1000])
def test_what_is_known_is_not_read_again(num_workers_from: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "MIN_FOR_WORKERS", num_workers_from)
    known = {"[C][C][O]": "known", "[N]": "known too"}
    batches = [
        Batch(["[C][C][O]", "[C][F][C]", "[N]"], [], known),
        Batch(["[N]", "[C][C][O]"], [], {"[N]": "known by now"}),
        Batch([], []),
        Batch(["[C][#F]", "[C][C][O]"], [], known),
    ]
    checked = [
        [("known", True), ("CF", False), ("known too", True)],
        [("known by now", True), ("CCO", True)],
        [],
        [("CF", False), ("known", True)],
    ]
    with pool_for(6) as pool:
        assert list(check_stream(batches, pool)) == checked
        assert list(decode_stream(batches, pool)) == [[smiles for smiles, _ in some] for some in checked]


def test_checked_molecules_are_those_decoded_and_what_was_cut_is_not_strict(
    tiny_model: MoleculeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    latents = tiny_model.sample_latents(600, np.random.default_rng(0))
    checked = tiny_model.decode_checked(latents, temperature=1.0, seed=2)
    assert checked.smiles == tiny_model.decode(latents, temperature=1.0, seed=2)
    assert len(checked.is_strict) == 600
    assert 0 < sum(checked.is_strict) < 600
    cut = dataclasses.replace(tiny_model, max_length=1).decode_checked(latents, temperature=1.0, seed=2)
    assert sum(cut.is_strict) < sum(checked.is_strict)
    assert not any(strict for strict, text in zip(cut.is_strict, cut.smiles, strict=True) if len(text) > 30)


def test_strict_sampling_keeps_strict_molecules_and_counts_them(tiny_model: MoleculeModel) -> None:
    draws = draw_molecules(tiny_model, 20, strict=True, temperature=1.0, seed=1)
    assert draws.num_strict is not None
    assert 0 < len(draws.smiles) <= draws.num_strict < draws.num_draws
    assert draw_molecules(tiny_model, 3, temperature=1.0, seed=1).num_strict is None
