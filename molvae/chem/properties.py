"""Molecules in, properties out: one function each, its unit in its docstring.

`PROPERTIES` names them all; a new property is a function and a line in that table.
`compute_properties` works on whole lists of SMILES, `molvae.data.bulk.properties_of` on all cores.
"""

import difflib
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from rdkit.Chem import QED, Crippen, Descriptors, Mol, rdMolDescriptors

from molvae.chem.molecules import parse_smiles
from molvae.chem.synthetic_accessibility import synthetic_accessibility
from molvae.errors import MoleculeError, SettingsError

PropertyFunction = Callable[[Mol], float]
PropertyArray = npt.NDArray[np.float64]


def log_p(mol: Mol) -> float:
    """Octanol-water partition coefficient, as its logarithm to base 10 (unitless).

    Source: Wildman and Crippen, J. Chem. Inf. Comput. Sci. 39 (1999) 868.
    """
    return float(Crippen.MolLogP(mol))


def drug_likeness(mol: Mol) -> float:
    """QED, the quantitative estimate of drug-likeness, from 0 to 1 (unitless).

    Source: Bickerton et al., Nature Chem. 4 (2012) 90; RDKit's average weights.
    """
    return float(QED.qed(mol))


def molecular_weight(mol: Mol) -> float:
    """Average molecular weight with its hydrogens, in Da."""
    return float(Descriptors.MolWt(mol))


def polar_surface_area(mol: Mol) -> float:
    """TPSA, the topological polar surface area of N and O, in square Angstrom.

    Source: Ertl, Rohde and Selzer, J. Med. Chem. 43 (2000) 3714.
    """
    return float(rdMolDescriptors.CalcTPSA(mol))


def num_hbd(mol: Mol) -> float:
    """Number of hydrogen-bond donors."""
    return float(rdMolDescriptors.CalcNumHBD(mol))


def num_hba(mol: Mol) -> float:
    """Number of hydrogen-bond acceptors."""
    return float(rdMolDescriptors.CalcNumHBA(mol))


def num_rings(mol: Mol) -> float:
    """Number of rings, those of the smallest set of smallest rings."""
    return float(rdMolDescriptors.CalcNumRings(mol))


def num_aromatic_rings(mol: Mol) -> float:
    """Number of rings whose bonds are all aromatic."""
    return float(rdMolDescriptors.CalcNumAromaticRings(mol))


def num_rotatable_bonds(mol: Mol) -> float:
    """Number of rotatable bonds, amide bonds not among them (RDKit's strict definition)."""
    return float(rdMolDescriptors.CalcNumRotatableBonds(mol))


def num_heavy_atoms(mol: Mol) -> float:
    """Number of atoms other than hydrogen."""
    return float(mol.GetNumHeavyAtoms())


def fraction_csp3(mol: Mol) -> float:
    """Share of the carbon atoms that are sp3, from 0 to 1; 0 without carbon."""
    return float(rdMolDescriptors.CalcFractionCSP3(mol))


def largest_ring_size(mol: Mol) -> float:
    """Number of atoms in the largest ring; 0 without a ring."""
    return float(max((len(ring) for ring in mol.GetRingInfo().AtomRings()), default=0))


PROPERTIES: dict[str, PropertyFunction] = {
    "logP": log_p,
    "QED": drug_likeness,
    "SA": synthetic_accessibility,
    "MW": molecular_weight,
    "TPSA": polar_surface_area,
    "num_hbd": num_hbd,
    "num_hba": num_hba,
    "num_rings": num_rings,
    "num_aromatic_rings": num_aromatic_rings,
    "num_rotatable_bonds": num_rotatable_bonds,
    "num_heavy_atoms": num_heavy_atoms,
    "fraction_csp3": fraction_csp3,
    "largest_ring_size": largest_ring_size,
}


def property_name(name: str) -> str:
    """Returns the property's name as `PROPERTIES` spells it; upper and lower case are the same.

    Example:
        >>> property_name("logp")
        'logP'

    Raises:
        SettingsError: there is no property of that name.
    """
    by_lower_case = {known.lower(): known for known in PROPERTIES}
    if name.lower() in by_lower_case:
        return by_lower_case[name.lower()]
    close = difflib.get_close_matches(name.lower(), by_lower_case, n=1)
    advice = (
        f'did you mean "{by_lower_case[close[0]]}"?' if close else f"choose one of {', '.join(PROPERTIES)}"
    )
    raise SettingsError(f'unknown property "{name}": {advice}')


def property_function(name: str) -> PropertyFunction:
    """Returns the property of that name; upper and lower case are the same.

    Example:
        >>> from rdkit import Chem
        >>> property_function("mw")(Chem.MolFromSmiles("O"))
        18.015

    Raises:
        SettingsError: there is no property of that name.
    """
    return PROPERTIES[property_name(name)]


def compute_properties(smiles: Sequence[str], names: Sequence[str]) -> PropertyArray:
    """Returns properties `(N, P)` of `N` SMILES, NaN in the row of one that can't be parsed.

    Example:
        >>> compute_properties(["CCO", "not a molecule"], ["num_heavy_atoms", "num_rings"]).tolist()
        [[3.0, 0.0], [nan, nan]]

    Raises:
        SettingsError: one of `names` is not a property.
    """
    functions = [property_function(name) for name in names]
    values = np.full((len(smiles), len(functions)), np.nan)
    for row, text in enumerate(smiles):
        try:
            mol = parse_smiles(text)
        except MoleculeError:
            continue
        values[row] = [function(mol) for function in functions]
    return values
