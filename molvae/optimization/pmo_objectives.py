"""The 20 objectives of the PMO benchmark that need RDKit alone: a molecule in, a score from 0 to 1 out.

Source: Brown et al., J. Chem. Inf. Model. 59 (2019) 1096 (GuacaMol); Gao et al., NeurIPS 2022 (PMO), in whose
edition the constants are. They agree with the scores that the published implementation (PyTDC) gives since
its version 0.3.7, but for one flaw: there deco_hop and scaffold_hop spoil one another in one process.

Before, what should have been the number of all atoms in a formula was read from the SMILES. The four
objectives that ask for a formula have that flaw in `PREVIOUS_SCORES`, under the names that PyTDC has given
them since. The benchmark's own tables are of those: of random molecules their sum is 7.41, where the mended
objectives give more by 1.6. Later methods were measured with either.
"""

from collections.abc import Callable, Sequence

import numpy as np

from molvae.chem.molecules import parse_smiles
from molvae.chem.properties import drug_likeness, log_p, num_aromatic_rings, num_rings, polar_surface_area
from molvae.errors import SettingsError
from molvae.optimization.objectives import Evaluations, Objective
from molvae.optimization.score_terms import (
    Examined,
    Score,
    as_in,
    at_least,
    at_most,
    atom_pairs,
    bell,
    bertz_complexity,
    clipped,
    ecfp4,
    ecfp6,
    fcfp4,
    geometric_mean,
    has,
    isomer,
    isomer_by_smiles,
    lacks,
    mean,
    num_atoms,
    pharmacophore,
    similarity,
    value,
)

CELECOXIB = "CC1=CC=C(C=C1)C1=CC(=NN1C1=CC=C(C=C1)S(N)(=O)=O)C(F)(F)F"
TROGLITAZONE = "Cc1c(C)c2OC(C)(COc3ccc(CC4SC(=O)NC4=O)cc3)CCc2c(C)c1O"
THIOTHIXENE = "CN(C)S(=O)(=O)c1ccc2Sc3ccccc3C(=CCCN4CCN(C)CC4)c2c1"
ALBUTEROL = "CC(C)(C)NCC(O)c1ccc(O)c(CO)c1"
MESTRANOL = "COc1ccc2[C@H]3CC[C@@]4(C)[C@@H](CC[C@@]4(O)C#C)[C@@H]3CCc2c1"
CAMPHOR = "CC1(C)C2CCC1(C)C(=O)C2"
MENTHOL = "CC(C)C1CCC(C)CC1O"
TADALAFIL = "O=C1N(CC(N2C1CC3=C(C2C4=CC5=C(OCO5)C=C4)NC6=C3C=CC=C6)=O)C"
SILDENAFIL = "CCCC1=NN(C2=C1N=C(NC2=O)C3=C(C=CC(=C3)S(=O)(=O)N4CCN(CC4)C)OCC)C"
OSIMERTINIB = "COc1cc(N(C)CCN(C)C)c(NC(=O)C=C)cc1Nc2nccc(n2)c3cn(C)c4ccccc34"
FEXOFENADINE = "CC(C)(C(=O)O)c1ccc(cc1)C(O)CCCN2CCC(CC2)C(O)(c3ccccc3)c4ccccc4"
RANOLAZINE = "COc1ccccc1OCC(O)CN2CCN(CC(=O)Nc3c(C)cccc3C)CC2"
PERINDOPRIL = "O=C(OCC)C(NC(C(=O)N1C(C(=O)O)CC2CCCCC12)C)CCC"
AMLODIPINE = r"Clc1ccccc1C2C(=C(/N/C(=C2/C(=O)OCC)COCCN)C)\C(=O)OC"
SITAGLIPTIN = "Fc1cc(c(F)cc1F)CC(N)CC(=O)N3Cc2nnc(n2CC3)C(F)(F)F"
ZALEPLON = "O=C(C)N(CC)C1=CC=CC(C2=CC=NC3=C(C=NN23)C#N)=C1"
# Two more molecules: the one whose properties valsartan_smarts wants, and the one that is to be hopped from.
SITAGLIPTIN_ISOMER = "NC(CC(=O)N1CCn2c(nnc2C(F)(F)F)C1)Cc1cc(F)c(F)cc1F"
QUINAZOLINE = "CCCOc1cc2ncnc(Nc3ccc4ncsc4c3)c2cc1S(=O)(=O)C(C)(C)C"

VALSARTAN_SMARTS = "CN(C=O)Cc1ccc(c2ccccc2)cc1"
SULFONE_SMARTS = "CS([#6])(=O)=O"
BENZOTHIAZOLE_SMARTS = "[#7]-c1ccc2ncsc2c1"
SCAFFOLD_SMARTS = "[#7]-c1n[c;h1]nc2[c;h1]c(-[#8])[c;h0][c;h1]c12"
DECORATION_SMARTS = "[#6]-[#6]-[#6]-[#8]-[#6]~[#6]~[#6]~[#6]~[#6]-[#7]-c1ccc2ncsc2c1"


def _scores_of_formulas(isomer_score: Callable[..., Score]) -> dict[str, Score]:
    """The four objectives that ask for a formula, in one of the two ways to tell how near one is."""
    return {
        "isomers_c7h8n2o2": isomer_score(C=7, H=8, N=2, O=2),
        "isomers_c9h10n2o2pf2cl": isomer_score(C=9, H=10, N=2, O=2, P=1, F=2, Cl=1),
        "sitagliptin_mpo": geometric_mean(
            bell(0, 0.1, similarity(ecfp4, SITAGLIPTIN)),
            as_in(SITAGLIPTIN, 0.2, log_p),
            as_in(SITAGLIPTIN, 5, polar_surface_area),
            isomer_score(C=16, H=15, F=6, N=5, O=1),
        ),
        "zaleplon_mpo": geometric_mean(similarity(ecfp4, ZALEPLON), isomer_score(C=19, H=17, N=3, O=2)),
    }


_SCORES: dict[str, Score] = {
    "albuterol_similarity": clipped(0.75, similarity(fcfp4, ALBUTEROL)),
    "amlodipine_mpo": geometric_mean(similarity(ecfp4, AMLODIPINE), bell(3, 0.5, value(num_rings))),
    "celecoxib_rediscovery": similarity(ecfp4, CELECOXIB),
    "deco_hop": mean(
        clipped(0.85, similarity(pharmacophore, QUINAZOLINE)),
        lacks(SULFONE_SMARTS),
        lacks(BENZOTHIAZOLE_SMARTS),
        has(SCAFFOLD_SMARTS),
    ),
    "fexofenadine_mpo": geometric_mean(
        clipped(0.8, similarity(atom_pairs, FEXOFENADINE)),
        at_least(90, 10, value(polar_surface_area)),
        at_most(4, 1, value(log_p)),
    ),
    "median1": geometric_mean(similarity(ecfp4, CAMPHOR), similarity(ecfp4, MENTHOL)),
    "median2": geometric_mean(similarity(ecfp6, TADALAFIL), similarity(ecfp6, SILDENAFIL)),
    "mestranol_similarity": clipped(0.75, similarity(atom_pairs, MESTRANOL)),
    "osimertinib_mpo": geometric_mean(
        clipped(0.8, similarity(fcfp4, OSIMERTINIB)),
        at_most(0.85, 0.1, similarity(ecfp6, OSIMERTINIB)),
        at_least(100, 10, value(polar_surface_area)),
        at_most(1, 1, value(log_p)),
    ),
    "perindopril_mpo": geometric_mean(
        similarity(ecfp4, PERINDOPRIL), bell(2, 0.5, value(num_aromatic_rings))
    ),
    "qed": value(drug_likeness),
    "ranolazine_mpo": geometric_mean(
        clipped(0.7, similarity(atom_pairs, RANOLAZINE)),
        at_least(95, 20, value(polar_surface_area)),
        at_least(7, 1, value(log_p)),
        bell(1, 1, num_atoms("F")),
    ),
    "scaffold_hop": mean(
        clipped(0.75, similarity(pharmacophore, QUINAZOLINE)), has(DECORATION_SMARTS), lacks(SCAFFOLD_SMARTS)
    ),
    "thiothixene_rediscovery": similarity(ecfp4, THIOTHIXENE),
    "troglitazone_rediscovery": similarity(ecfp4, TROGLITAZONE),
    "valsartan_smarts": geometric_mean(
        has(VALSARTAN_SMARTS),
        as_in(SITAGLIPTIN_ISOMER, 5, polar_surface_area),
        as_in(SITAGLIPTIN_ISOMER, 0.2, log_p),
        as_in(SITAGLIPTIN_ISOMER, 30, bertz_complexity),
    ),
}
PMO_SCORES = dict(sorted((_SCORES | _scores_of_formulas(isomer)).items()))
PREVIOUS = "_prev"
PREVIOUS_SCORES = {name + PREVIOUS: score for name, score in _scores_of_formulas(isomer_by_smiles).items()}
ALL_SCORES = PMO_SCORES | PREVIOUS_SCORES
#: The 20 tasks that the benchmark's own tables are of.
PUBLISHED_TASKS = tuple(
    name + PREVIOUS if name + PREVIOUS in PREVIOUS_SCORES else name for name in PMO_SCORES
)


def pmo_score(name: str, smiles: str) -> float:
    """The score of one molecule, from 0 to 1.

    Raises:
        SettingsError: there is no objective of that name.
        MoleculeError: the SMILES can't be read.

    Example:
        >>> pmo_score("albuterol_similarity", "CC(C)(C)NCC(O)c1ccc(O)c(CO)c1")
        1.0
    """
    return _find(name)(Examined(parse_smiles(smiles)))


def pmo_objective(name: str) -> Objective:
    """The objective of that name, for an oracle.

    Raises:
        SettingsError: there is no objective of that name.
    """
    score = _find(name)

    def evaluate(smiles: Sequence[str]) -> Evaluations:
        scores = [score(Examined(parse_smiles(text))) for text in smiles]
        return Evaluations(scores=np.array(scores, dtype=np.float64), values={})

    return Objective(name=name, function=evaluate)


def _find(name: str) -> Score:
    if name not in ALL_SCORES:
        raise SettingsError(f'there is no PMO task "{name}": choose one of {", ".join(ALL_SCORES)}')
    return ALL_SCORES[name]
