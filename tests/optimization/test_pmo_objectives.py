"""The PMO objectives on molecules whose scores can be worked out by hand, or from RDKit's own numbers."""

import math

import pytest
from rdkit import Chem
from rdkit.Chem import Crippen, Descriptors, GraphDescriptors

from molvae.errors import MoleculeError, SettingsError
from molvae.optimization import pmo_objectives as pmo
from molvae.optimization.pmo_objectives import (
    ALL_SCORES,
    PMO_SCORES,
    PREVIOUS_SCORES,
    PUBLISHED_TASKS,
    pmo_objective,
    pmo_score,
)


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("celecoxib_rediscovery", pmo.CELECOXIB),
        ("troglitazone_rediscovery", pmo.TROGLITAZONE),
        ("thiothixene_rediscovery", pmo.THIOTHIXENE),
        ("albuterol_similarity", pmo.ALBUTEROL),
        ("mestranol_similarity", pmo.MESTRANOL),
        ("isomers_c7h8n2o2", "COc1ccc(N=O)cc1N"),
        ("isomers_c9h10n2o2pf2cl", "CCOP(=O)(c1ccc(Cl)nc1)N1CC1(F)F"),
    ],
)
def test_the_target_itself_scores_one(name: str, target: str) -> None:
    assert pmo_score(name, target) == pytest.approx(1.0, abs=1e-12)


def test_the_writing_of_a_molecule_does_not_matter() -> None:
    written = Chem.MolToSmiles(Chem.MolFromSmiles(pmo.CELECOXIB), rootedAtAtom=9, canonical=False)
    assert pmo_score("celecoxib_rediscovery", written) == 1.0


def test_one_atom_too_few_costs_an_isomer_a_bell_of_its_element_and_one_of_all_atoms() -> None:
    # C6H6N2O2, written for C7H8N2O2: C off by one, H by two, all atoms by three (of width two).
    expected = math.exp(-(1 + 4 + (3 / 2) ** 2) / 2 / 5)
    assert pmo_score("isomers_c7h8n2o2", "Nc1ccc([N+](=O)[O-])cc1") == pytest.approx(expected)


def test_valsartan_is_exactly_zero_without_the_substructure() -> None:
    assert pmo_score("valsartan_smarts", pmo.SITAGLIPTIN_ISOMER) == 0.0


def test_valsartan_with_the_substructure_is_a_mean_of_it_and_three_bells() -> None:
    valsartan = "CCCCC(=O)N(Cc1ccc(-c2ccccc2-c2nn[nH]n2)cc1)[C@@H](C(C)C)C(=O)O"
    mol, ideal = (Chem.MolFromSmiles(text) for text in (valsartan, pmo.SITAGLIPTIN_ISOMER))
    exponents = [
        ((function(mol) - function(ideal)) / width) ** 2 / 2
        for function, width in ((Descriptors.TPSA, 5), (Crippen.MolLogP, 0.2), (GraphDescriptors.BertzCT, 30))
    ]
    expected = math.exp(-sum(exponents) / 4)
    assert expected > 0
    assert pmo_score("valsartan_smarts", valsartan) == pytest.approx(expected, rel=1e-9)


def test_the_molecule_to_hop_from_keeps_what_should_go() -> None:
    # The pharmacophore term is 1, the rest by its structure: it has S, and both unwanted decorations.
    assert pmo_score("deco_hop", pmo.QUINAZOLINE) == pytest.approx((1 + 0 + 0 + 1) / 4)
    # It has the decoration that is to be kept, and the scaffold that is not.
    assert pmo_score("scaffold_hop", pmo.QUINAZOLINE) == pytest.approx((1 + 1 + 0) / 3)


def test_deco_hop_and_scaffold_hop_do_not_spoil_one_another() -> None:
    alone = pmo_score("deco_hop", "CCOc1ccccc1")
    pmo_score("scaffold_hop", "CCOc1ccccc1")
    assert pmo_score("deco_hop", "CCOc1ccccc1") == alone


def test_camphor_scores_the_square_root_of_its_similarity_to_menthol() -> None:
    assert pmo_score("median1", pmo.CAMPHOR) == pytest.approx(pmo_score("median1", pmo.MENTHOL))
    assert 0 < pmo_score("median1", pmo.CAMPHOR) < 1


#: Scores of canonical SMILES by the functions of PyTDC 0.4.1 that have the names of `PREVIOUS_SCORES`.
PREVIOUS = {
    "COc1ccc(N=O)cc1N": (
        0.007446583070924338,
        0.00021659095137688503,
        4.124972827084907e-06,
        4.125327645729735e-13,
    ),
    "CC(=O)Nc1ccc(O)cc1": (
        0.0055165644207607716,
        0.0002960447300568554,
        1.1301517472108032e-07,
        3.0141721139457864e-12,
    ),
    "CCOP(=O)(c1ccc(Cl)nc1)N1CC1(F)F": (
        0.09071795328941251,
        0.01831563888873418,
        5.941079550035646e-07,
        2.8586585939089146e-09,
    ),
    "CN1C(=O)CN=C(c2ccccc2)c2cc(Cl)ccc21": (
        1.0947330657332297e-06,
        6.503239679525935e-05,
        4.916456724650096e-10,
        1.530788303639982e-07,
    ),
    "Nc1nnc(C(F)(F)F)n1CCNC(=O)Cc1cc(F)c(F)cc1F": (
        0.002187491118182885,
        0.004282899694808913,
        0.00016805576986965025,
        8.402537840688685e-07,
    ),
    "CC(C)(C)[C@H]1CCc2c(sc(NC(=O)COc3ccc(Cl)cc3)c2C(N)=O)C1": (
        7.077155389805107e-22,
        3.775134544279098e-11,
        4.533335017536424e-13,
        7.752152611462035e-05,
    ),
}


@pytest.mark.parametrize("smiles", PREVIOUS)
def test_previous_scores_are_those_of_the_implementation(smiles: str) -> None:
    scores = [pmo_score(name, smiles) for name in sorted(PREVIOUS_SCORES)]
    assert scores == pytest.approx(PREVIOUS[smiles], rel=1e-9)


def test_published_tables_are_of_twenty_tasks_four_of_them_as_they_were() -> None:
    assert len(PUBLISHED_TASKS) == 20
    assert set(PREVIOUS_SCORES) <= set(PUBLISHED_TASKS) <= set(ALL_SCORES)
    assert {name.removesuffix("_prev") for name in PUBLISHED_TASKS} == set(PMO_SCORES)


@pytest.mark.parametrize("name", ALL_SCORES)
def test_every_score_is_from_zero_to_one_even_of_an_odd_molecule(name: str) -> None:
    for smiles in (
        "C",
        "[Na+].[Cl-]",
        "[H][H]",
        "OC" * 60,
        "C1CC1[Si](C)(C)C",
        "[O-][N+](=O)C#CS(F)(F)(F)(F)F",
    ):
        assert 0.0 <= pmo_score(name, smiles) <= 1.0


def test_an_objective_bears_its_name_and_scores_a_batch_as_it_scores_each() -> None:
    objective = pmo_objective("zaleplon_mpo")
    smiles = [pmo.ZALEPLON, "CCO"]
    assert objective.name == "zaleplon_mpo"
    assert objective.function(smiles).scores.tolist() == [pmo_score("zaleplon_mpo", text) for text in smiles]


def test_an_unknown_name_is_told_with_all_that_there_are() -> None:
    with pytest.raises(SettingsError, match=r'no PMO task "jnk3": choose one of albuterol_similarity, '):
        pmo_objective("jnk3")


def test_a_text_that_is_no_molecule_is_an_error() -> None:
    with pytest.raises(MoleculeError, match="C1CC"):
        pmo_score("qed", "C1CC")
