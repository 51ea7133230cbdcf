"""The PMO benchmark on a small corpus: every run made once, those cut short continued, the table by hand."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from molvae.chem.molecules import canonicalize
from molvae.errors import InputError, ModelFolderError, OutputExistsError, SettingsError
from molvae.optimization.evolution import LATENT_OPERATORS, OPERATORS, EvolutionSettings
from molvae.optimization.graph_moves import GRAPH_CROSSOVER, MUTATION
from molvae.optimization.pmo_objectives import pmo_score
from molvae.optimization.sample_efficiency import auc_of_best
from molvae.studies import pmo_run
from molvae.studies.pmo import PmoRequest, auc_table, run_pmo
from molvae.studies.pmo_run import PmoFigures
from tests.conftest import DRUGS

CORPUS = list(DRUGS.values())
EDITS = (GRAPH_CROSSOVER, MUTATION)


def asked(**changes: object) -> PmoRequest:
    """A request of two tasks of 30 calls, made in this process."""
    given: dict[str, object] = {
        "corpus": CORPUS,
        "tasks": ("celecoxib_rediscovery", "isomers_c7h8n2o2"),
        "budget": 30,
        "num_workers": 0,
    }
    return PmoRequest(**(given | changes))  # type: ignore[arg-type]


def made(task: str, optimizer: str, auc: float, auc_flat: float, seed: int = 0) -> PmoFigures:
    return PmoFigures(
        task=task,
        optimizer=optimizer,
        seed=seed,
        auc=auc,
        auc_flat=auc_flat,
        auc_early=auc / 2,
        best_ten=1.0,
        best="C",
        num_calls=2_000,
        num_failed=0,
        seconds_per_call=0.01,
    )


def test_the_figures_are_those_of_the_calls_in_the_ledger(tmp_path: Path) -> None:
    runs = run_pmo(asked(optimizers=("random-corpus",)), tmp_path / "pmo")
    assert [(run.task, run.optimizer, run.seed) for run in runs] == [
        ("celecoxib_rediscovery", "random-corpus", 0),
        ("isomers_c7h8n2o2", "random-corpus", 0),
    ]
    calls = pd.read_csv(tmp_path / "pmo" / "random-corpus" / "celecoxib_rediscovery-0.csv")
    expected = [pmo_score("celecoxib_rediscovery", smiles) for smiles in calls["smiles"]]
    assert calls["score"].tolist() == pytest.approx(expected)
    assert runs[0].auc == runs[0].auc_early == auc_of_best(calls["score"].to_numpy(), 30)
    assert runs[0].best == calls["smiles"][np.argmax(expected)]
    assert runs[0].num_calls == 30
    assert pd.read_csv(tmp_path / "pmo" / "runs.csv")["auc"].tolist() == pytest.approx([r.auc for r in runs])


def test_the_first_calls_have_a_figure_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pmo_run, "EARLY_CALLS", 10)
    (run,) = run_pmo(asked(optimizers=("random-corpus",), tasks=("qed",)), tmp_path / "pmo")
    scores = pd.read_csv(tmp_path / "pmo" / "random-corpus" / "qed-0.csv")["score"].to_numpy()
    assert run.auc_early == auc_of_best(scores[:10], 10) != run.auc


def test_a_search_that_runs_out_of_molecules_keeps_its_last_value(tmp_path: Path) -> None:
    request = asked(corpus=CORPUS[:5], optimizers=("random-corpus",), tasks=("qed",), budget=100)
    (run,) = run_pmo(request, tmp_path / "pmo")
    best = np.mean([pmo_score("qed", smiles) for smiles in CORPUS[:5]])
    assert run.num_calls == 5
    assert run.auc == pytest.approx((5 * best / 2 + 95 * best) / 100)


def test_the_graph_ga_begins_with_the_corpus_and_breeds(tmp_path: Path) -> None:
    run_pmo(asked(optimizers=("graph-ga",), tasks=("qed",), budget=60), tmp_path / "pmo")
    calls = pd.read_csv(tmp_path / "pmo" / "graph-ga" / "qed-0.csv")
    assert set(calls["smiles"][:40]) == {canonicalize(smiles) for smiles in CORPUS}
    assert set(calls["operator"][:40]) == {"start"}
    assert "start" not in set(calls["operator"][40:])


def test_finished_runs_are_not_made_again_and_others_are_added(tmp_path: Path) -> None:
    out = tmp_path / "pmo"
    request = asked(optimizers=("random-corpus",))
    (first, _) = run_pmo(request, out)
    figures = out / "random-corpus" / "celecoxib_rediscovery-0.json"
    figures.write_text(json.dumps(json.loads(figures.read_text()) | {"auc": 0.123}))
    again = run_pmo(asked(optimizers=("random-corpus",), seeds=(0, 1)), out, resume=True)
    assert again[0].auc == 0.123
    assert [run.seed for run in again] == [0, 1, 0, 1]
    assert again[1].auc != first.auc
    with pytest.raises(OutputExistsError):
        run_pmo(request, out)
    assert run_pmo(request, out, overwrite=True)[0].auc == first.auc


@pytest.mark.parametrize(
    ("optimizer", "operators"),
    [
        ("evolution", {"noise", "crossover", "slip", "prior", "graph-crossover", "mutation"}),
        ("latent-evolution", {"noise", "crossover", "slip"}),
        ("latent-only", {"noise", "crossover"}),
        ("latent-shuffled", {"noise", "crossover"}),
        ("evolution-without-edits", {"noise", "crossover", "slip", "prior"}),
    ],
)
def test_evolution_begins_with_draws_of_the_model_and_goes_on_from_them(
    optimizer: str, operators: set[str], tmp_path: Path, tiny_model_dir: Path
) -> None:
    request = asked(optimizers=(optimizer,), tasks=("qed",), budget=90, model=tiny_model_dir)
    run_pmo(request, tmp_path / "pmo")
    calls = pd.read_csv(tmp_path / "pmo" / optimizer / "qed-0.csv", keep_default_na=False)
    assert set(calls["operator"][:40]) == {"prior"}
    assert {"noise"} <= set(calls["operator"][60:]) <= operators
    for row in range(60, 90):
        assert calls["operator"][row] == "prior" or calls["parent"][row] in set(calls["smiles"][:row])


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("evolution", {}),
        ("evolution-unscreened", {"free_share": 1.0}),
        ("evolution-by-fragments", {"descriptors": False}),
        ("evolution-untaught", {"lessons": 0.0}),
        ("evolution-without-latents", {}),
        ("evolution-without-edits", {}),
    ],
)
def test_an_ablation_leaves_out_one_part(
    name: str, changed: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[tuple[EvolutionSettings, set[str]]] = []
    monkeypatch.setattr(pmo_run, "load_model", lambda path: path)
    monkeypatch.setattr(
        pmo_run, "Evolution", lambda _model, _starts, _seed, chosen, named: built.append((chosen, set(named)))
    )
    pmo_run.ALL_OPTIMIZERS[name].build([], 0, Path())
    left_out = {"evolution-without-latents": set(LATENT_OPERATORS), "evolution-without-edits": set(EDITS)}
    assert built == [(EvolutionSettings(**changed), set(OPERATORS) - left_out.get(name, set()))]  # type: ignore[arg-type]


@pytest.mark.parametrize(("optimizer", "operator"), [("cma-es", "cma"), ("random-prior", "prior")])
def test_baselines_on_latents_need_nothing_but_the_model(
    optimizer: str, operator: str, tmp_path: Path, tiny_model_dir: Path
) -> None:
    request = asked(optimizers=(optimizer,), tasks=("qed",), budget=60, model=tiny_model_dir)
    run_pmo(request, tmp_path / "pmo")
    calls = pd.read_csv(tmp_path / "pmo" / optimizer / "qed-0.csv")
    assert calls["operator"].tolist() == 60 * [operator]


def test_runs_of_another_model_do_not_share_a_folder(tmp_path: Path, tiny_model_dir: Path) -> None:
    request = asked(optimizers=("latent-evolution",), tasks=("qed",), budget=5, model=tiny_model_dir)
    run_pmo(request, tmp_path / "pmo")
    with pytest.raises(SettingsError, match=r'run in ".*latent-evolution" had another model'):
        run_pmo(asked(optimizers=("latent-evolution",), budget=5), tmp_path / "pmo", resume=True)


def test_runs_of_an_optimizer_with_other_settings_do_not_share_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(optimizers=("graph-ga",), tasks=("qed",))
    run_pmo(request, tmp_path / "pmo")
    other = pmo_run.ALL_OPTIMIZERS["graph-ga"]._replace(record={"mutation_rate": 0.5})
    monkeypatch.setitem(pmo_run.ALL_OPTIMIZERS, "graph-ga", other)
    with pytest.raises(SettingsError, match=r'had another mutation_rate \("0.067", now "0.5"\)'):
        run_pmo(request, tmp_path / "pmo", resume=True)


def test_a_model_that_is_not_there_costs_no_run(tmp_path: Path) -> None:
    out = tmp_path / "pmo"
    run_pmo(asked(optimizers=("random-corpus",)), out)
    with pytest.raises(ModelFolderError, match="nowhere"):
        run_pmo(asked(optimizers=("evolution",), model=tmp_path / "nowhere"), out, overwrite=True)
    assert list((out / "random-corpus").glob("*.json"))


@pytest.mark.parametrize("optimizer", ["random-corpus", "graph-ga", "latent-evolution"])
def test_a_run_that_was_cut_short_goes_on_as_if_nothing_had_happened(
    optimizer: str, tmp_path: Path, tiny_model_dir: Path
) -> None:
    out = tmp_path / "pmo"
    budget = {"random-corpus": 30, "graph-ga": 60, "latent-evolution": 120}[optimizer]
    request = asked(optimizers=(optimizer,), tasks=("qed",), budget=budget, model=tiny_model_dir)
    (whole,) = run_pmo(request, out)
    ledger = out / optimizer / "qed-0.csv"
    lines = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(b"".join(lines[: len(lines) * 3 // 4]) + lines[-1][:7])
    ledger.with_suffix(".json").unlink()
    (resumed,) = run_pmo(request, out, resume=True)
    assert ledger.read_bytes().splitlines(keepends=True) == lines
    assert (resumed.auc, resumed.best, resumed.num_calls) == (whole.auc, whole.best, whole.num_calls)


def test_runs_side_by_side_are_those_made_one_after_another(tmp_path: Path) -> None:
    alone = run_pmo(asked(optimizers=("random-corpus",)), tmp_path / "alone")
    beside = run_pmo(asked(optimizers=("random-corpus",), num_workers=2), tmp_path / "beside")
    assert [run.auc for run in beside] == [run.auc for run in alone]


def test_runs_of_another_budget_or_corpus_do_not_share_a_folder(tmp_path: Path) -> None:
    run_pmo(asked(optimizers=("random-corpus",)), tmp_path / "pmo")
    with pytest.raises(SettingsError, match='another budget \\("30", now "31"\\)'):
        run_pmo(asked(budget=31), tmp_path / "pmo", resume=True)
    with pytest.raises(SettingsError, match="another corpus"):
        run_pmo(asked(corpus=CORPUS[1:]), tmp_path / "pmo", resume=True)


def test_damaged_figures_are_told_by_their_path(tmp_path: Path) -> None:
    request = asked(optimizers=("random-corpus",), tasks=("qed",))
    run_pmo(request, tmp_path / "pmo")
    figures = tmp_path / "pmo" / "random-corpus" / "qed-0.json"
    for text in ("{", "[]", '{"task": "qed"}'):
        figures.write_text(text)
        with pytest.raises(InputError, match=r'qed-0\.json" holds no figures of a run: delete it'):
            run_pmo(request, tmp_path / "pmo", resume=True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tasks": ("jnk3",)}, 'there is no PMO task "jnk3"'),
        ({"optimizers": ("magic",)}, 'there is no optimizer "magic"'),
        ({"corpus": ()}, '"0" runs are asked for'),
        ({"budget": 0}, 'budget is "0"'),
        ({"seeds": (0, -1)}, 'seed is "-1"'),
        ({"num_workers": -1}, 'num_workers is "-1"'),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        asked(**changes)


def test_the_table_has_means_over_seeds_and_sums_over_tasks() -> None:
    runs = [
        made("qed", "graph-ga", 0.8, 0.7, seed=0),
        made("qed", "graph-ga", 0.6, 0.5, seed=1),
        made("valsartan_smarts", "graph-ga", 0.1, 0.1),
        made("qed", "random-corpus", 0.5, 0.5),
        made("valsartan_smarts", "random-corpus", 0.0, 0.0),
    ]
    table = auc_table(runs).set_index("task")
    assert list(table.columns) == ["graph-ga", "random-corpus"]
    assert table["graph-ga"].to_dict() == pytest.approx(
        {
            "qed": 0.7,
            "valsartan_smarts": 0.1,
            "sum": 0.8,
            "sum without valsartan_smarts": 0.7,
            "sum, stereo variants once": 0.7,
            "sum, first 1,000 calls": 0.4,
        }
    )
    assert table["random-corpus"]["sum"] == 0.5


def test_a_task_as_published_counts_in_the_sum_and_its_mended_twin_in_another() -> None:
    runs = [
        made("zaleplon_mpo", "graph-ga", 0.4, 0.4),
        made("qed", "graph-ga", 0.7, 0.6),
        made("zaleplon_mpo_prev", "graph-ga", 0.1, 0.1),
    ]
    table = auc_table(runs).set_index("task")["graph-ga"]
    assert table["sum"] == pytest.approx(0.8)
    assert table["sum, stereo variants once"] == pytest.approx(0.7)
    assert table["sum, isomers mended"] == pytest.approx(1.1)
    assert "sum without valsartan_smarts" not in table
