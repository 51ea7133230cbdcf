"""Parsing, canonical SMILES, standardizing and scaffolds."""

import pytest
from rdkit import Chem

from molvae.chem.molecules import (
    canonicalize,
    murcko_scaffold,
    parse_smiles,
    quotable,
    silenced_rdkit,
    standardize,
)
from molvae.errors import MoleculeError


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'can\'t read the SMILES "": it is empty'),
        ("   ", 'can\'t read the SMILES "   ": it is empty'),
        ("C1CC", 'can\'t read the SMILES "C1CC": it is not SMILES syntax'),
        ("C\x00C", 'the character "\\x00" (U+0000) at position 2 does not belong in a SMILES'),
        ("C\u2212C", "(U+2212) at position 2 does not belong in a SMILES"),
        ("CCO ethanol", "a space at position 4 does not belong in a SMILES"),
        ("CN(C)(C)(C)C", "Explicit valence for atom # 1 N, 5, is greater than permitted"),
        ("c1cccc1", "Can't kekulize mol."),
    ],
)
def test_what_is_wrong_with_a_text_is_said_in_one_line(text: str, message: str) -> None:
    with pytest.raises(MoleculeError) as caught:
        parse_smiles(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_over_long_text_is_refused_and_quoted_shortened() -> None:
    with pytest.raises(MoleculeError, match="it has 1,000,000 characters, at most 10,000 are read") as caught:
        parse_smiles("C" * 1_000_000)
    assert len(str(caught.value)) < 300


def test_rdkit_writes_nothing_to_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(MoleculeError):
        parse_smiles("C1CC")
    with silenced_rdkit():
        Chem.MolFromSmiles("CN(C)(C)(C)C")
    assert capfd.readouterr() == ("", "")


def test_two_spellings_of_ethanol_have_one_canonical_smiles() -> None:
    assert canonicalize("OCC") == canonicalize(" C(C)O ") == "CCO"


def test_the_fragment_with_most_heavy_atoms_is_kept_in_any_order() -> None:
    for text in ("CC(=O)[O-].[Na+]", "[Na+].CC(=O)[O-]"):
        assert Chem.MolToSmiles(standardize(parse_smiles(text))) == "CC(=O)[O-]"


def test_of_equally_large_fragments_the_heavier_is_kept_in_any_order() -> None:
    for text in ("CCC.CCO", "CCO.CCC"):
        assert Chem.MolToSmiles(standardize(parse_smiles(text))) == "CCO"


def test_neutralizing_moves_protons_and_leaves_a_quaternary_nitrogen() -> None:
    neutral = standardize(parse_smiles("C[NH2+]CC(=O)[O-]"), neutralize=True)
    assert Chem.MolToSmiles(neutral) == "CNCC(=O)O"
    quaternary = standardize(parse_smiles("C[N+](C)(C)C"), neutralize=True)
    assert Chem.MolToSmiles(quaternary) == "C[N+](C)(C)C"


def test_a_scaffold_is_rings_and_linkers_without_chirality() -> None:
    assert murcko_scaffold("CC(C)Cc1ccc(cc1)[C@@H](C)C(=O)O") == "c1ccccc1"  # ibuprofen
    assert murcko_scaffold("O=C(c1ccccc1)[C@H]1CC[C@@H](C)CC1") == "O=C(c1ccccc1)C1CCCCC1"
    assert murcko_scaffold("CCCC") == ""


def test_control_characters_become_visible_and_long_texts_short() -> None:
    assert quotable("a\tb\nc\u2028") == "a\\tb\\nc\\u2028"
    assert quotable("C" * 201) == "C" * 197 + "..."
    assert quotable("C" * 200) == "C" * 200
