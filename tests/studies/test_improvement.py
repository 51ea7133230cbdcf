"""The benchmark of leads: what counts as better, who is held out, and what a folder keeps."""

from pathlib import Path

import pandas as pd
import pytest
from rdkit import Chem
from rdkit.Chem import QED, rdFingerprintGenerator
from rdkit.DataStructs import TanimotoSimilarity

from molvae.errors import SettingsError
from molvae.generation.latent_model import MoleculeModel
from molvae.optimization.goal_objective import goal_objective
from molvae.studies.improvement import (
    ImprovementRequest,
    goal_near,
    improvement_table,
    run_improvement,
    zinc_leads,
)
from tests.command_line import RunMolvae
from tests.conftest import DRUGS

LEAD = "CCOc1ccccc1C(=O)N"
GOOD = "COc1ccc(C(=O)NCc2ccccc2)cc1"


def likeness(first: str, second: str) -> float:
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    prints = [generator.GetFingerprint(Chem.MolFromSmiles(text)) for text in (first, second)]
    return float(TanimotoSimilarity(*prints))


@pytest.mark.parametrize("is_front", [True, False])
@pytest.mark.parametrize("lead", [LEAD, "CCO"])
def test_a_score_is_one_only_where_both_are_reached_and_what_is_not_alike_has_none(
    lead: str, is_front: bool, tiny_model: MoleculeModel
) -> None:
    smiles = [LEAD, GOOD, "CC", "CCO"]
    with goal_objective(goal_near(lead, pareto=is_front), tiny_model) as objective:
        found = objective.function(smiles)
    low, least = (min(0.7, QED.qed(Chem.MolFromSmiles(lead))), 0.2) if is_front else (0.0, 0.0)
    for row, text in enumerate(smiles):
        qed, similarity = QED.qed(Chem.MolFromSmiles(text)), likeness(lead, text)
        good, alike = share(qed, low, 0.9), share(similarity, least, 0.4)
        assert {name: values[row] for name, values in found.values.items()} == pytest.approx(
            {
                "QED": qed,
                "lead_similarity": similarity,
                "QED_desirability": good,
                "lead_similarity_desirability": alike,
            },
            abs=1e-5,
        )
        expected = -1.0 if similarity < 0.2 else (good * alike) ** 0.5
        assert found.scores[row] == pytest.approx(expected, abs=1e-4)
        assert found.reasons[row] == (f"min_similarity: {similarity:.3f}" if similarity < 0.2 else "")
    aims = ("QED_desirability", "lead_similarity_desirability")
    assert objective.aims == (aims if is_front else ())


def share(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))


def test_leads_are_of_the_held_out_hundredth_and_of_middling_qed() -> None:
    smiles = list(DRUGS.values()) * 30
    leads = zinc_leads(smiles, num_leads=5)
    assert 0 < len(leads) <= 5
    assert all(0.7 <= QED.qed(Chem.MolFromSmiles(text)) <= 0.8 for text in leads)
    assert leads == zinc_leads(smiles, num_leads=5)


@pytest.mark.parametrize("optimizer", ["graph-ga", "evolution"])
def test_a_lead_is_sought_around_until_it_is_improved(
    optimizer: str, tmp_path: Path, tiny_model_dir: Path
) -> None:
    request = ImprovementRequest(
        leads=[LEAD, "CCO"], optimizers=(optimizer,), budget=60, num_workers=0, model=tiny_model_dir
    )
    first, second = run_improvement(request, tmp_path / "leads")
    calls = pd.read_csv(tmp_path / "leads" / optimizer / "1.csv")
    assert calls["smiles"][0] == second.lead == "CCO"
    assert second.num_calls == len(calls) == 60
    assert not second.is_improved
    assert second.similarity >= 0.4
    assert first.qed >= QED.qed(Chem.MolFromSmiles(LEAD)) - 1e-9
    assert first.is_improved == (first.qed >= 0.9)
    table = improvement_table([first, second])
    assert table["leads"].tolist() == [2]
    assert table["improved"].tolist() == [(first.is_improved + second.is_improved) / 2]


def test_a_lead_that_the_model_cannot_read_is_not_improved_and_stops_no_other(
    tmp_path: Path, tiny_model_dir: Path
) -> None:
    request = ImprovementRequest(
        leads=["[Xe]", "CCO"], optimizers=("evolution",), budget=30, num_workers=0, model=tiny_model_dir
    )
    unread, read = run_improvement(request, tmp_path / "leads")
    assert (unread.best, unread.is_improved, unread.num_calls) == ("[Xe]", False, 1)
    assert read.num_calls == 30


def test_a_search_ends_once_its_lead_is_improved(tmp_path: Path, tiny_model_dir: Path) -> None:
    best = "CC1CCCN(C(=O)c2ccc(NS(C)(=O)=O)cc2)C1"
    assert QED.qed(Chem.MolFromSmiles(best)) > 0.9
    request = ImprovementRequest(
        leads=[best], optimizers=("graph-ga",), budget=60, num_workers=0, model=tiny_model_dir
    )
    (found,) = run_improvement(request, tmp_path / "leads")
    assert (found.is_improved, found.num_calls) == (True, 1)


def test_finished_leads_are_kept_and_another_budget_is_refused(
    molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path
) -> None:
    leads, out = tmp_path / "leads.smi", tmp_path / "runs"
    leads.write_text(f"{LEAD}\nCCO\n", encoding="utf-8")
    argv = ["benchmark", "improvement", "--corpus", leads, "--model", tiny_model_dir, "--num-workers", 0]
    argv += ["--optimizer", "graph-ga", "--out", out]
    outcome = molvae_command(*argv, "--budget", 30)
    assert outcome.code == 0, outcome.err
    assert "QED 0.9 at a similarity of 0.4 to the lead, 30 calls each, seed 0" in outcome.out
    written = (out / "graph-ga" / "0.json").stat().st_mtime_ns
    assert molvae_command(*argv, "--budget", 30, "--resume").out == outcome.out
    assert (out / "graph-ga" / "0.json").stat().st_mtime_ns == written
    assert "budget" in molvae_command(*argv, "--budget", 31, "--resume").err
    refused = molvae_command(*argv, "--task", "qed")
    assert "improvement has one task and takes one seed" in refused.err


def test_unknown_optimizers_and_no_leads_are_refused() -> None:
    with pytest.raises(SettingsError, match='no optimizer "random-corpus" for leads: choose of'):
        ImprovementRequest(leads=[LEAD], optimizers=("random-corpus",))
    with pytest.raises(SettingsError, match='no optimizer "gradient-ascent" for leads: choose of evolution'):
        ImprovementRequest(leads=[LEAD], optimizers=("gradient-ascent",))
    with pytest.raises(SettingsError, match='num_workers is "-1"'):
        ImprovementRequest(leads=[LEAD], num_workers=-1)
    with pytest.raises(SettingsError, match='"0" runs are asked for'):
        ImprovementRequest(leads=[])
