"""SMILES to ids, and what is said of those that can't go."""

import pytest
from rdkit import Chem

from molvae.chem.notation import selfies_to_smiles, smiles_to_selfies
from molvae.data.screening import CurationSettings
from molvae.data.tokenizer import Tokenizer
from molvae.errors import MoleculeError, UnseenSymbolError
from molvae.generation import molecules
from molvae.generation.decoding import to_texts
from molvae.generation.molecules import read_molecules, refusal_error

READ = ["CCO", "Oc1ccccc1", "CC(=O)N1CCOCC1", "CCCCCCCCCC"]
SETTINGS = CurationSettings(elements=("C", "N", "O", "I"), max_symbols=20, max_smiles_length=200)

#: what is refused -> the reason in the ledger, and how the error for it alone goes on
REFUSED = {
    "": ("empty", "it is empty"),
    "   ": ("empty", "it is empty"),
    "C1CC": ("unparseable", "it can't be parsed (it is not SMILES syntax)"),
    "C(C)(C)(C)(C)C": (
        "unparseable",
        "it can't be parsed (Explicit valence for atom # 0 C, 5, is greater than permitted)",
    ),
    "CS(=O)Cl": ("element", "it holds an element that the model was not made for (Cl S)"),
    "*CC": ("element", "it holds an element that the model was not made for (*)"),
    "C" * 21: ("too long", "it is too long for the model (21 symbols, at most 20)"),
    "C" * 201: ("too long", "it is too long for the model (201 characters, at most 200)"),
    "CI(=O)=O": ("selfies", "SELFIES can't hold it (SELFIES can't hold \"CI(=O)=O\": "),
    "CC:CC": ("round trip", 'SELFIES turns it into another molecule (SELFIES turns "CC:CC" into "CC=CC")'),
    "C#N": ("unseen symbol", 'the SELFIES symbol "[#N]" never occurred in the training data'),
}


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    """Knows the symbols of `READ`, and a few merges."""
    return Tokenizer.learn([smiles_to_selfies(text) for text in READ], num_merges=4)


def test_what_can_be_read_is_canonical_and_comes_back_from_its_ids(tokenizer: Tokenizer) -> None:
    readable = read_molecules(["OCC", "c1ccccc1O a name", " CC(=O)N1CCOCC1 "], tokenizer, SETTINGS)
    assert readable.refused == []
    assert readable.smiles == [Chem.CanonSmiles(text) for text in READ[:3]]
    assert readable.places.tolist() == [0, 1, 2]
    batch = readable.arrays.batch(readable.places)
    selfies = to_texts(batch.token_ids, batch.lengths, tokenizer)
    assert [selfies_to_smiles(text) for text in selfies] == readable.smiles


def test_of_fragments_the_largest_is_read(tokenizer: Tokenizer) -> None:
    assert read_molecules(["O.CCO.[Na+]"], tokenizer, SETTINGS).smiles == ["CCO"]


@pytest.mark.parametrize("chunk_size", [3, 500])
def test_refused_molecules_are_named_with_their_places_and_reasons(
    chunk_size: int, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(molecules, "CHUNK_SIZE", chunk_size)
    mixed = [READ[0], *REFUSED, READ[1]]
    readable = read_molecules(mixed, tokenizer, SETTINGS)
    assert readable.smiles == READ[:2]
    assert readable.places.tolist() == [0, len(mixed) - 1]
    assert [refusal.place for refusal in readable.refused] == list(range(1, len(mixed) - 1))
    assert [refusal.smiles for refusal in readable.refused] == list(REFUSED)
    assert [refusal.reason for refusal in readable.refused] == [reason for reason, _ in REFUSED.values()]
    assert len(readable.arrays) == 2


@pytest.mark.parametrize("smiles", REFUSED)
def test_the_error_for_a_refused_molecule_says_which_it_is_and_why_in_one_line(
    smiles: str, tokenizer: Tokenizer
) -> None:
    (refusal,) = read_molecules([READ[0], smiles], tokenizer, SETTINGS).refused
    error = refusal_error(refusal)
    shown = smiles if len(smiles) <= 200 else f"{smiles[:197]}..."
    assert str(error).startswith(f'"{shown}" (molecule 2) cannot be encoded: {REFUSED[smiles][1]}')
    assert "\n" not in str(error)
    assert type(error) is (UnseenSymbolError if refusal.reason == "unseen symbol" else MoleculeError)


def test_nothing_to_read_is_nothing_read(tokenizer: Tokenizer) -> None:
    smiles, places, arrays, refused = read_molecules([], tokenizer, SETTINGS)
    assert (smiles, places.tolist(), len(arrays), refused) == ([], [], 0, [])
