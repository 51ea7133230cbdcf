"""A molecule in, the groups in it that a medicinal chemist is warned of out: PAINS and reactive groups.

PAINS disturb many assays whatever their target; reactive groups bind to proteins, or fall apart. The catalogs
are RDKit's own. MOSES judges by an earlier edition of PAINS, which is in `molvae.chem.filters`.

Source: Baell and Holloway, J. Med. Chem. 53 (2010) 2719 (PAINS, 480 patterns); Hann et al., J. Chem. Inf.
Comput. Sci. 39 (1999) 897 (55 patterns of reactive and otherwise unsuitable groups, as ChEMBL 23 keeps them).
"""

from functools import lru_cache

from rdkit.Chem import Mol
from rdkit.Chem.FilterCatalog import FilterCatalog, FilterCatalogParams

_Catalogs = FilterCatalogParams.FilterCatalogs


def pains_of(mol: Mol) -> list[str]:
    """Returns the names of the PAINS that the molecule holds.

    Example:
        >>> from rdkit import Chem
        >>> pains_of(Chem.MolFromSmiles("NCCc1ccc(O)c(O)c1"))
        ['catechol_A(92)']
    """
    return _matches(_pains_catalog(), mol)


def reactive_groups_of(mol: Mol) -> list[str]:
    """Returns the names of the reactive groups that the molecule holds.

    Example:
        >>> from rdkit import Chem
        >>> reactive_groups_of(Chem.MolFromSmiles("CC(=O)Cl"))
        ['R2 Acid halides']
    """
    return _matches(_reactive_catalog(), mol)


@lru_cache(maxsize=1)
def _pains_catalog() -> FilterCatalog:
    return FilterCatalog(FilterCatalogParams(_Catalogs.PAINS))


@lru_cache(maxsize=1)
def _reactive_catalog() -> FilterCatalog:
    return FilterCatalog(FilterCatalogParams(_Catalogs.CHEMBL_Glaxo))


def _matches(catalog: FilterCatalog, mol: Mol) -> list[str]:
    return [str(entry.GetDescription()) for entry in catalog.GetMatches(mol)]
