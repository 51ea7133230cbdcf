"""Molecules in, the pieces that MOSES counts out: BRICS fragments and scaffolds.

Source: Polykovskiy et al., Front. Pharmacol. 11 (2020) 565644 ("MOSES"); where the paper is silent, the
benchmark's published code is followed.
"""

from rdkit import Chem
from rdkit.Chem.Scaffolds import MurckoScaffold

# Scaffolds of fewer rings say little about a molecule; MOSES doesn't count them.
MIN_SCAFFOLD_RINGS = 2


def brics_fragments(mol: Chem.Mol) -> list[str]:
    """Returns canonical SMILES of the BRICS fragments, each as often as it occurs, with its labeled ends.

    A molecule that no rule cuts is its own fragment.

    Source: Degen et al., ChemMedChem 3 (2008) 1503.

    Example:
        >>> brics_fragments(Chem.MolFromSmiles("CCNC(=O)C"))
        ['[1*]C(C)=O', '[4*]CC', '[5*]N[5*]']
    """
    return str(Chem.MolToSmiles(Chem.FragmentOnBRICSBonds(mol))).split(".")


def ringed_scaffold(mol: Chem.Mol, min_rings: int = MIN_SCAFFOLD_RINGS) -> str:
    """Returns canonical SMILES of the Bemis-Murcko scaffold, "" if it has fewer than `min_rings` rings.

    Stereo marks stay, as in the benchmark's code.

    Source: Bemis and Murcko, J. Med. Chem. 39 (1996) 2887.

    Example:
        >>> ringed_scaffold(Chem.MolFromSmiles("Cc1ccc(Cc2ccccc2)cc1"))
        'c1ccc(Cc2ccccc2)cc1'
        >>> ringed_scaffold(Chem.MolFromSmiles("Cc1ccccc1"))
        ''
    """
    scaffold = MurckoScaffold.GetScaffoldForMol(mol)
    if scaffold.GetRingInfo().NumRings() < min_rings:
        return ""
    return str(Chem.MolToSmiles(scaffold))
