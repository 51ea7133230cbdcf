"""Where not to look: around the best molecules, once nothing better comes of them.

In: molecules to avoid. Out: which others are like them. A search that has come to an end in one place goes
on among the molecules that are unlike its best ones, until it finds a better one.

Source: Glover 1989 (ORSA J. Comput. 1, 190), tabu search; Blaschke et al. 2020 (J. Cheminform. 12, 68),
a memory of the regions that a molecular search has seen.
"""

from collections.abc import Sequence

from rdkit import DataStructs

from molvae.chem.fingerprints import SparseFingerprint, unhashed_morgan_counts
from molvae.chem.molecules import parse_smiles

#: A molecule of so high a Tanimoto similarity (ECFP4 counts) to one that is avoided is avoided too.
MAX_SIMILARITY = 0.4


class Detour:
    """The molecules around which a search does not look; none at first."""

    def __init__(self) -> None:
        self._avoided: list[SparseFingerprint] = []
        self._is_near: dict[str, bool] = {}

    @property
    def is_on(self) -> bool:
        """Whether any molecule is avoided."""
        return bool(self._avoided)

    def avoid(self, smiles: Sequence[str]) -> None:
        """Avoids valid SMILES, and those that were avoided before."""
        self._avoided += [unhashed_morgan_counts(parse_smiles(text)) for text in smiles]
        self._is_near.clear()

    def end(self) -> None:
        """Avoids nothing any more."""
        self._avoided.clear()
        self._is_near.clear()

    def is_near(self, smiles: str) -> bool:
        """Whether a valid SMILES is like one that is avoided."""
        if self.is_on and smiles not in self._is_near:
            alike = DataStructs.BulkTanimotoSimilarity(
                unhashed_morgan_counts(parse_smiles(smiles)), self._avoided
            )
            self._is_near[smiles] = max(alike) >= MAX_SIMILARITY
        return self._is_near.get(smiles, False)
