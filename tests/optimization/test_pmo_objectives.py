"""The PMO objectives on molecules whose scores can be worked out by hand, or from RDKit's own numbers."""

import math

import pytest
from rdkit import Chem
from rdkit.Chem import Crippen, Descriptors, GraphDescriptors

from molvae.errors import MoleculeError, SettingsError
from molvae.optimization import pmo_objectives as pmo
from molvae.optimization.pmo_objectives import PMO_SCORES, pmo_objective, pmo_score


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


@pytest.mark.parametrize("name", PMO_SCORES)
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
