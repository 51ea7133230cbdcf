"""Merges worked out by hand, ids there and back, and symbols that were never seen."""

import json

import numpy as np
import pytest

from molvae.chem.notation import smiles_to_selfies
from molvae.data.tokenizer import MAX_TOKENS, NUM_SPECIAL, SmilesTokenizer, Tokenizer
from molvae.errors import ModelFolderError, SettingsError, UnseenSymbolError

# Pairs: CC 3 + 2 + 1 + 1, CO 2, ON 2, CF 1. After CC is merged: (CC)(CC) 1, (CC)C 1, (CC)O 1, CO 1, ON 2,
# (CC)F 1. So CC is learned first and ON second.
TEXTS = ["[C][C][C][C]", "[C][C][C][O][N]", "[C][C][O][N]", "[C][C][F]"]


def learned() -> Tokenizer:
    return Tokenizer.learn(TEXTS, num_merges=2)


def test_the_most_frequent_pairs_are_merged_first() -> None:
    assert learned().tokens == ("[C]", "[F]", "[N]", "[O]", "[C][C]", "[O][N]")
    assert learned().merges == (("[C]", "[C]"), ("[O]", "[N]"))


def test_ids_follow_the_merges() -> None:
    tokenizer = learned()
    named = {token: NUM_SPECIAL + index for index, token in enumerate(tokenizer.tokens)}
    expected = [named[token] for token in ("[C][C]", "[C]", "[O][N]", "[F]")]
    assert tokenizer.to_ids("[C][C][C][O][N][F]").tolist() == expected
    assert tokenizer.vocab_size == 10


def test_without_merges_every_symbol_is_a_token() -> None:
    tokenizer = Tokenizer.learn(TEXTS, num_merges=0)
    assert tokenizer.tokens == ("[C]", "[F]", "[N]", "[O]")
    assert tokenizer.to_ids("[C][C][F]").tolist() == [4, 4, 5]


def test_real_molecules_come_back_and_take_fewer_tokens_with_merges(drug_smiles: list[str]) -> None:
    texts = [smiles_to_selfies(smiles) for smiles in drug_smiles]
    merged, plain = (Tokenizer.learn(texts, num_merges) for num_merges in (150, 0))
    for tokenizer in (merged, plain):
        assert [tokenizer.to_text(ids) for ids in tokenizer.to_ids_batch(texts)] == texts
    lengths = [sum(map(len, t.to_ids_batch(texts))) for t in (merged, plain)]
    assert lengths[0] < 0.6 * lengths[1]


def test_learning_twice_gives_the_same_tokenizer(drug_smiles: list[str]) -> None:
    texts = [smiles_to_selfies(smiles) for smiles in drug_smiles]
    assert Tokenizer.learn(texts, 50).to_json() == Tokenizer.learn(texts, 50).to_json()


def test_a_batch_is_its_molecules_one_by_one() -> None:
    batch = learned().to_ids_batch([*TEXTS, ""])
    assert [ids.tolist() for ids in batch[:-1]] == [learned().to_ids(text).tolist() for text in TEXTS]
    assert batch[-1].tolist() == []
    assert batch[0].dtype == np.uint16


def test_a_tokenizer_comes_back_from_json() -> None:
    again = Tokenizer.from_json(json.loads(json.dumps(learned().to_json())))
    assert (again.tokens, again.merges) == (learned().tokens, learned().merges)
    assert [again.to_ids(text).tolist() for text in TEXTS] == [
        learned().to_ids(text).tolist() for text in TEXTS
    ]


def test_an_extended_tokenizer_keeps_every_id_and_reads_the_new_symbol() -> None:
    old, new = learned(), learned().extended(["[Br]", "[C]", "[=C]"])
    assert new.tokens == (*old.tokens, "[=C]", "[Br]")
    for text in TEXTS:
        assert new.to_ids(text).tolist() == old.to_ids(text).tolist()
    ids = new.to_ids("[C][C][Br][O][N]")
    assert new.to_text(ids) == "[C][C][Br][O][N]"
    assert NUM_SPECIAL + new.tokens.index("[Br]") in ids
    again = Tokenizer.from_json(new.to_json())
    assert again.to_ids("[C][C][Br][O][N]").tolist() == ids.tolist()


def test_symbols_beside_the_texts_are_in_the_vocabulary() -> None:
    assert "[Br]" in Tokenizer.learn(TEXTS, 1, symbols=["[Br]"]).tokens


def test_an_unseen_symbol_is_named() -> None:
    with pytest.raises(UnseenSymbolError) as caught:
        learned().to_ids("[C][Br][C]")
    assert str(caught.value) == (
        'the SELFIES symbol "[Br]" never occurred in the training data, so this molecule cannot be encoded; '
        "train on data that holds it"
    )
    assert learned().unseen_symbols("[Br][C][I][Br]") == ["[Br]", "[I]"]


def test_special_ids_say_nothing() -> None:
    assert learned().to_text([1, 4, 3, 8, 2, 0]) == "[C][C][C]"


def test_more_tokens_than_16_bits_hold_are_refused() -> None:
    names = [f"[{index}]" for index in range(MAX_TOKENS)]
    assert Tokenizer(names, []).to_ids(names[-1]).tolist() == [65535]
    with pytest.raises(SettingsError, match="65533 tokens do not fit into 16 bits; use fewer merges"):
        Tokenizer([*names, "[C]"], [])


def test_nothing_to_learn_on_or_negative_merges_are_refused() -> None:
    with pytest.raises(SettingsError, match='num_merges is "-1"; it must be 0 or more'):
        Tokenizer.learn(TEXTS, -1)
    with pytest.raises(SettingsError, match="there is no molecule to build a tokenizer on"):
        Tokenizer.learn([], 5)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "lacks its tokens or merges"),
        ({"tokens": ["[C]"]}, "lacks its tokens or merges"),
        ({"tokens": ["[C]", "N"], "merges": []}, "lacks its tokens or merges"),
        ({"tokens": ["[C]", "[C]"], "merges": []}, "no SELFIES vocabulary"),
        ({"tokens": ["[C]", ""], "merges": []}, "no SELFIES vocabulary"),
        ({"tokens": ["[C]", "[C][N]"], "merges": []}, "no SELFIES vocabulary"),
        ({"tokens": ["[C]", "[N]"], "merges": [["[C]", "[N]"]]}, "merges do not fit its tokens"),
    ],
)
def test_a_damaged_tokenizer_is_refused(value: object, message: str) -> None:
    with pytest.raises(ModelFolderError, match=f"{message}.*; take it from a backup"):
        Tokenizer.from_json(value)


def test_smiles_are_split_at_atoms_and_come_back(drug_smiles: list[str]) -> None:
    tokenizer = SmilesTokenizer.learn(drug_smiles, 50)
    assert [tokenizer.to_text(ids) for ids in tokenizer.to_ids_batch(drug_smiles)] == drug_smiles
    assert SmilesTokenizer.from_json(tokenizer.to_json()).tokens == tokenizer.tokens
    few = SmilesTokenizer.learn(["CCl", "C[C@H](C)Br"], 0)
    assert few.tokens == ("(", ")", "Br", "C", "Cl", "[C@H]")
    wider = few.extended(["N"])
    assert isinstance(wider, SmilesTokenizer)
    assert wider.to_ids("NC[C@H]").tolist() == [10, 7, 9]
    with pytest.raises(UnseenSymbolError, match=r'the SMILES symbol "\[nH\]" never occurred'):
        few.to_ids("C[nH]")
