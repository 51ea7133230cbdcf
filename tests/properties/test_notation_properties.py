"""Any string of the symbols that are used decodes to a molecule, which survives a round trip."""

from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from molvae.chem.notation import CONSTRAINTS, selfies_to_smiles, split_symbols

_ATOMS = [name for name in CONSTRAINTS if name not in ("?", "H", "H+1", "H-1")]
_SYMBOLS = [f"[{bond}{atom}]" for atom in _ATOMS for bond in ("", "=", "#")]
_SYMBOLS += [f"[{bond}{kind}{n}]" for kind in ("Ring", "Branch") for bond in ("", "=", "#") for n in (1, 2)]
_SYMBOLS += ["[C@@H1]", "[C@H1]", "[/C]", "[\\C]", "[N+1]", "[NH1]", "[NH1+1]", "[O-1]"]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(_SYMBOLS), min_size=1, max_size=40))
def test_any_string_of_symbols_that_starts_with_an_atom_is_a_molecule(symbols: list[str]) -> None:
    text = "".join(["[C]", *symbols])
    assert split_symbols(text) == ["[C]", *symbols]
    smiles = selfies_to_smiles(text)
    assert smiles
    assert Chem.MolFromSmiles(smiles) is not None
