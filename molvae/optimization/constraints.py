"""What every molecule of a search must keep: settings in, a list of checks out, each naming what is broken.

A constraint is kept or broken, with nothing between; what is good to have is a property of the goal instead.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

from rdkit import Chem

from molvae.chem.alerts import pains_of, reactive_groups_of
from molvae.chem.fingerprints import morgan_bits, nearest_tanimoto
from molvae.chem.molecules import murcko_scaffold, parse_smiles, quotable, silenced_rdkit
from molvae.chem.synthetic_accessibility import synthetic_accessibility
from molvae.errors import MoleculeError, SettingsError

#: What of a constraint a molecule breaks, in a few words; "" if it keeps it.
Check = Callable[[Chem.Mol], str]


@dataclass(frozen=True, kw_only=True)
class ConstraintSettings:
    """What every molecule must keep.

    Attributes:
        must_have: SMARTS of groups, all of which must be there.
        must_not_have: SMARTS of groups, none of which may be there.
        leads: SMILES of molecules to stay close to.
        min_similarity: smallest ECFP4 Tanimoto similarity (2,048 bits) to the nearest lead.
        scaffold: SMILES of a molecule whose Bemis-Murcko scaffold must be there, whole, whatever is on it.
        min_heavy_atoms: fewest atoms other than hydrogen.
        max_heavy_atoms: most atoms other than hydrogen.
        pains: whether PAINS are kept out.
        reactive: whether reactive groups are kept out.
        max_sa: highest synthetic accessibility score, from 1 (easy) to 10 (hard).
        elements: symbols of the elements that may occur, hydrogen always among them; none for any.
    """

    must_have: tuple[str, ...] = ()
    must_not_have: tuple[str, ...] = ()
    leads: tuple[str, ...] = ()
    min_similarity: float | None = None
    scaffold: str | None = None
    min_heavy_atoms: int | None = None
    max_heavy_atoms: int | None = None
    pains: bool = True
    reactive: bool = True
    max_sa: float | None = None
    elements: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for smarts in self.must_have:
            _pattern("must_have", smarts)
        for smarts in self.must_not_have:
            _pattern("must_not_have", smarts)
        for smiles in self.leads:
            _molecule("leads", smiles)
        if self.min_similarity is not None and not (0 <= self.min_similarity <= 1 and self.leads):
            raise SettingsError(
                f'min_similarity is "{self.min_similarity:g}" to {len(self.leads)} leads; give a number '
                "from 0 to 1, and the SMILES of at least one lead"
            )
        if self.scaffold is not None:
            _scaffold(self.scaffold)
        self._check_size()
        if self.max_sa is not None and not 1 <= self.max_sa <= 10:
            raise SettingsError(f'max_sa is "{self.max_sa:g}"; the SA score is from 1 to 10')
        for symbol in self.elements:
            _atomic_number(symbol)

    def _check_size(self) -> None:
        smallest = 1 if self.min_heavy_atoms is None else self.min_heavy_atoms
        largest = math.inf if self.max_heavy_atoms is None else self.max_heavy_atoms
        if not 1 <= smallest <= largest:
            raise SettingsError(
                f'min_heavy_atoms is "{self.min_heavy_atoms}" and max_heavy_atoms "{self.max_heavy_atoms}"; '
                "give whole numbers of at least 1, the smaller one as the minimum"
            )

    def checks(self) -> list[Check]:
        """The checks that there are to make, in the order of the settings; PAINS last, as they take long."""
        checks = [_must_have(smarts) for smarts in self.must_have]
        checks += [_must_not_have(smarts) for smarts in self.must_not_have]
        if self.min_similarity is not None:
            checks.append(_similar(self.leads, self.min_similarity))
        if self.scaffold is not None:
            checks.append(_has_scaffold(self.scaffold))
        if self.min_heavy_atoms is not None:
            checks.append(_at_least("min_heavy_atoms", self.min_heavy_atoms))
        if self.max_heavy_atoms is not None:
            checks.append(_at_most("max_heavy_atoms", self.max_heavy_atoms, Chem.Mol.GetNumHeavyAtoms))
        if self.reactive:
            checks.append(_without("reactive", reactive_groups_of))
        if self.max_sa is not None:
            checks.append(_at_most("max_sa", self.max_sa, synthetic_accessibility))
        if self.elements:
            checks.append(_of_elements(self.elements))
        if self.pains:
            checks.append(_without("pains", pains_of))
        return checks


#: What the constraints are called where one is broken; the leads themselves are none.
CONSTRAINTS = frozenset(entry.name for entry in fields(ConstraintSettings)) - {"leads"}


def broken_constraints(mol: Chem.Mol, checks: Sequence[Check]) -> str:
    """The constraints that a molecule breaks, each by its key and what broke it; "" if it keeps them all.

    Example:
    >>> checks = ConstraintSettings(max_heavy_atoms=3, elements=("C", "O")).checks()
    >>> broken_constraints(parse_smiles("CCCN"), checks)
    'max_heavy_atoms: 4; elements: N'
    """
    with silenced_rdkit():
        return "; ".join(broken for check in checks if (broken := check(mol)))


def keeps_all(smiles: str, checks: Sequence[Check]) -> bool:
    """Whether a valid SMILES keeps all constraints; what the first one refuses is not asked of the others."""
    mol = parse_smiles(smiles)
    with silenced_rdkit():
        return not any(check(mol) for check in checks)


def _pattern(key: str, smarts: str) -> Chem.Mol:
    with silenced_rdkit():
        pattern = Chem.MolFromSmarts(smarts) if smarts else None
    if pattern is None:
        raise SettingsError(f'{key} holds "{quotable(smarts)}", which is no SMARTS; mend it')
    return pattern


def _molecule(key: str, smiles: str) -> Chem.Mol:
    try:
        return parse_smiles(smiles)
    except MoleculeError as error:
        raise SettingsError(f"{key}: {error}; give SMILES") from error


def _scaffold(smiles: str) -> Chem.Mol:
    _molecule("scaffold", smiles)
    scaffold = murcko_scaffold(smiles)
    if not scaffold:
        raise SettingsError(f'scaffold is "{smiles}", which has no ring; for a chain give must_have')
    return parse_smiles(scaffold)


def _atomic_number(symbol: str) -> int:
    try:
        with silenced_rdkit():
            return int(Chem.GetPeriodicTable().GetAtomicNumber(symbol))
    except RuntimeError as error:
        raise SettingsError(
            f'elements holds "{symbol}", which is no element; give symbols, such as "C", "N" and "Cl"'
        ) from error


def _must_have(smarts: str) -> Check:
    pattern = _pattern("must_have", smarts)
    return lambda mol: "" if mol.HasSubstructMatch(pattern) else f"must_have: {smarts}"


def _must_not_have(smarts: str) -> Check:
    pattern = _pattern("must_not_have", smarts)
    return lambda mol: f"must_not_have: {smarts}" if mol.HasSubstructMatch(pattern) else ""


def _similar(leads: Sequence[str], least: float) -> Check:
    prints = morgan_bits([_molecule("leads", smiles) for smiles in leads])

    def check(mol: Chem.Mol) -> str:
        similarity = float(nearest_tanimoto([mol], prints)[0])
        # Single precision: a similarity of 2/5 is not to fall short of 0.4.
        return "" if similarity >= least - 1e-6 else f"min_similarity: {similarity:.3f}"

    return check


def _has_scaffold(smiles: str) -> Check:
    scaffold = _scaffold(smiles)
    return lambda mol: "" if mol.HasSubstructMatch(scaffold) else "scaffold"


def _at_least(key: str, least: int) -> Check:
    return lambda mol: "" if mol.GetNumHeavyAtoms() >= least else f"{key}: {mol.GetNumHeavyAtoms()}"


def _at_most(key: str, most: float, measure: Callable[[Chem.Mol], float]) -> Check:
    def check(mol: Chem.Mol) -> str:
        value = measure(mol)
        return "" if value <= most else f"{key}: {value:.4g}"

    return check


def _without(key: str, groups_of: Callable[[Chem.Mol], list[str]]) -> Check:
    def check(mol: Chem.Mol) -> str:
        groups = groups_of(mol)
        return f"{key}: {', '.join(groups)}" if groups else ""

    return check


def _of_elements(symbols: Sequence[str]) -> Check:
    allowed = {1, *(_atomic_number(symbol) for symbol in symbols)}

    def check(mol: Chem.Mol) -> str:
        others = {atom.GetSymbol() for atom in mol.GetAtoms() if atom.GetAtomicNum() not in allowed}
        return f"elements: {', '.join(sorted(others))}" if others else ""

    return check
