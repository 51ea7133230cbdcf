"""A molecule in, its synthetic accessibility out: RDKit's contributed SA score, read safely.

The score's table of fragments comes with RDKit as a pickle, and a pickle can run any code when it is read.
So the file's SHA-256 is compared with the known ones first, and nothing else is ever unpickled.

Source: Ertl and Schuffenhauer, J. Cheminform. 1 (2009) 8, in RDKit's implementation (Contrib/SA_Score),
which adds a correction for symmetric molecules and caps the macrocycle penalty.
"""

import hashlib
import importlib.util
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from rdkit import RDConfig
from rdkit.Chem import Mol, rdFingerprintGenerator

from molvae.chem.molecules import standardize
from molvae.errors import InputError, MissingFileError

SCORER_FILE = "sascorer.py"
FRAGMENTS_FILE = "fpscores.pkl.gz"

# SHA-256 of the fragment tables that RDKit ships; one so far.
KNOWN_FRAGMENTS = frozenset({"10dcef9340c873e7b987924461b0af5365eb8dd96be607203debe8ddf80c1e73"})
# Table values of environments that hardly any compound has; -3.1 is that of one met once.
RARE = -1.5


def synthetic_accessibility(mol: Mol) -> float:
    """SA, the synthetic accessibility score, from 1 (easy) to 10 (hard) (unitless); NaN without atoms.

    Raises:
        MissingFileError: this RDKit was installed without its Contrib folder.
        InputError: RDKit's table of fragments is not the published one.
    """
    score = _load_scorer(Path(RDConfig.RDContribDir) / "SA_Score")(mol)
    return float("nan") if score is None else float(score)


def rare_environments(mol: Mol) -> frozenset[int]:
    """Atoms with all their neighbors, as RDKit numbers them, that hardly any of a million compounds has.

    By the table of the SA score, charges neutralized, as its compounds are. One or two of a hundred molecules
    of MOSES have any, and so have most of what is drawn at random with a pencil.

    Example:
        >>> from rdkit import Chem
        >>> [len(rare_environments(Chem.MolFromSmiles(text))) for text in ("CCSCC", "CC#SCC")]
        [0, 2]

    Raises:
        MissingFileError: as `synthetic_accessibility`.
        InputError: as `synthetic_accessibility`.
    """
    commonness = _load_fragments(Path(RDConfig.RDContribDir) / "SA_Score")
    found = _environments().GetSparseCountFingerprint(standardize(mol, neutralize=True)).GetNonzeroElements()
    return frozenset(key for key in found if commonness.get(key, -10.0) < RARE)


@lru_cache(maxsize=1)
def _environments() -> rdFingerprintGenerator.FingerprintGenerator64:
    return rdFingerprintGenerator.GetMorganGenerator(radius=1)


def _load_scorer(folder: Path) -> Callable[[Mol], float | None]:
    """Returns `calculateScore` of the scorer in `folder`, once its table of fragments is known."""
    scorer: Callable[[Mol], float | None] = _load_module(folder).calculateScore
    return scorer


def _load_fragments(folder: Path) -> Mapping[int, float]:
    """Returns how common fragments are, by the logarithm to base 10."""
    fragments: Mapping[int, float] = _load_module(folder)._fscores
    return fragments


@lru_cache(maxsize=1)
def _load_module(folder: Path) -> ModuleType:
    """Returns the scorer in `folder` with its table read."""
    scorer_path, fragments_path = folder / SCORER_FILE, folder / FRAGMENTS_FILE
    for path in (scorer_path, fragments_path):
        if not path.is_file():
            raise MissingFileError(
                f'the SA score needs "{path}", which this RDKit lacks: '
                "reinstall it with `pip install --force-reinstall rdkit`"
            )
    found = hashlib.sha256(fragments_path.read_bytes()).hexdigest()
    if found not in KNOWN_FRAGMENTS:
        raise InputError(
            f'"{fragments_path}" is not a published table of SA fragments (SHA-256 "{found}") and was not '
            "opened: reinstall RDKit with `pip install --force-reinstall rdkit`"
        )
    spec = importlib.util.spec_from_file_location("molvae_sascorer", scorer_path)
    if spec is None or spec.loader is None:
        raise InputError(f'"{scorer_path}" can\'t be loaded as a Python module: reinstall RDKit')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.readFragmentScores(str(fragments_path))
    return module
