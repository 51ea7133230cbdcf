"""Latents to molecules: what is read of what the decoder writes, and what is told apart as repaired."""

import dataclasses

import numpy as np
import pytest

from molvae.data.tokenizer import Tokenizer
from molvae.generation import decoding
from molvae.generation.decoding import check_stream, decode_stream, to_texts
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
    batches = [["[C][C][O]", "[nonsense]"], [], [f"[N]{size * '[C]'}" for size in range(1, 9)], [""]]
    here = list(decode_stream(iter(batches), total=11))
    assert here == [["CCO", ""], [], ["C" * size + "N" for size in range(1, 9)], [""]]
    monkeypatch.setattr(decoding, "MIN_FOR_WORKERS", 11)
    assert list(decode_stream(iter(batches), total=11)) == here


def test_checking_says_which_were_read_as_they_stand_and_decodes_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batches = [["[C][C][O]", "[C][F][C]"], ["[C][#F]", "[nonsense]", ""]]
    here = list(check_stream(iter(batches), total=5))
    assert here == [[("CCO", True), ("CF", False)], [("CF", False), ("", False), ("", False)]]
    monkeypatch.setattr(decoding, "MIN_FOR_WORKERS", 5)
    assert list(check_stream(iter(batches), total=5)) == here


@pytest.mark.parametrize("num_workers_from", [1, 1000])
def test_what_is_known_is_not_read_again(num_workers_from: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "MIN_FOR_WORKERS", num_workers_from)
    batches = [["[C][C][O]", "[C][F][C]", "[N]"], ["[N]"], [], ["[C][#F]", "[C][C][O]"]]
    known = {"[C][C][O]": "known", "[N]": "known too"}
    checked = [("known", True), ("CF", False), ("known too", True)]
    assert list(check_stream(iter(batches), 6, known)) == [
        checked,
        [("known too", True)],
        [],
        [("CF", False), ("known", True)],
    ]
    assert next(decode_stream(iter(batches), 6, known)) == [smiles for smiles, _ in checked]


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
