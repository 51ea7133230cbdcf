"""molvae report: one page about a model, or about a search."""

import json
import re
from pathlib import Path

import pandas as pd

from molvae.generation.latent_model import MoleculeModel
from tests.command_line import RunMolvae


def test_a_page_tells_of_a_models_training_latents_samples_and_surroundings(
    molvae_command: RunMolvae, tiny_model_dir: Path, tiny_csv: Path, tmp_path: Path
) -> None:
    out = tmp_path / "page.html"
    argv = ["report", tiny_model_dir, "--out", out, "--data", tiny_csv]
    outcome = molvae_command(*argv, "--molecule", "CCO", "--molecule", "CCOc1ccccc1")
    assert outcome.code == 0, outcome.err
    assert outcome.out == f"report: {out}\n"
    page = out.read_text(encoding="utf-8")
    assert re.findall(r"<h2>(.*?)</h2>", page) == [
        "What it is",
        "How it learned",
        "The latent space",
        "Samples",
        "Properties",
        "Around CCO",
        "Around CCOc1ccccc1",
        "Between two molecules",
    ]
    figures = [
        json.loads(text) for text in re.findall(r'class="figure-data">(.*?)</script>', page, re.DOTALL)
    ]
    outlines = json.loads(re.findall(r'class="figure-outlines">(.*?)</script>', page, re.DOTALL)[1])
    assert len(figures) == 3
    assert len(outlines) == len(figures[1]["data"][0]["text"]) > 100
    assert molvae_command(*argv).code == 1
    assert molvae_command(*argv, "--overwrite").code == 0
    assert "Around CCO<" not in out.read_text(encoding="utf-8")


def test_what_can_not_be_shown_is_refused_before_a_page_is_written(
    molvae_command: RunMolvae, tiny_model: MoleculeModel, tiny_model_dir: Path, tmp_path: Path
) -> None:
    strange = tmp_path / "strange.smi"
    strange.write_text("[Si](C)(C)(C)C\nCCO\n", encoding="utf-8")
    argv = ["report", tiny_model_dir, "--out", tmp_path / "page.html"]
    refused = molvae_command(*argv, "--data", strange)
    assert refused.code == 1
    assert "the model can read 1 of the 2 molecules to be mapped; it takes 10 at least" in refused.err
    assert molvae_command(*argv, "--molecule", "C1CC").code == 1
    assert "unknown ending" in molvae_command("report", tiny_model_dir, "--out", tmp_path / "page.txt").err
    assert list(tmp_path.glob("*page*")) == []


def test_a_search_has_a_page_of_its_calls_and_of_where_the_best_came_from(
    molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path
) -> None:
    folder, out = tmp_path / "better", tmp_path / "page.html"
    argv = ["optimize", tiny_model_dir, "--maximize", "QED", "--budget", 60, "--out", folder]
    outcome = molvae_command(*argv, "--optimizer", "evolution", "--from-smiles", "CCOc1ccccc1")
    assert outcome.out.splitlines()[-1] == f"report: {folder / 'report.html'}"
    ledger = folder / "oracle.csv"
    with ledger.open("a", encoding="utf-8") as file:
        file.write("61,CC")  # a call that is being written
    before = ledger.read_bytes()
    outcome = molvae_command("report", folder, "--out", out)
    assert outcome.code == 0, outcome.err
    assert ledger.read_bytes() == before
    page = out.read_text(encoding="utf-8")
    assert (folder / "report.html").read_text(encoding="utf-8") == page
    assert re.findall(r"<h2>(.*?)</h2>", page) == [
        "What was sought",
        "The best molecules",
        "How it went",
        "What proposed them",
        "Where the best came from",
        "The table",
    ]
    figure = json.loads(re.findall(r'class="figure-data">(.*?)</script>', page, re.DOTALL)[0])
    *operators, best = figure["data"]
    assert sum(len(trace["customdata"]) for trace in operators) == 60
    assert best["name"] == "best so far"
    table = pd.read_csv(folder / "molecules.csv")
    assert f"60 molecules scored, the best {table['QED'].max():.4g}" in page


def test_a_page_shows_values_where_one_is_minimized_and_a_damaged_table_is_told_of(
    molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path
) -> None:
    folder, out = tmp_path / "easy", tmp_path / "page.html"
    argv = ["optimize", tiny_model_dir, "--minimize", "SA", "--budget", 20, "--out", folder]
    assert molvae_command(*argv, "--no-alerts", "--optimizer", "random-prior").code == 0
    assert molvae_command("report", folder, "--out", out).code == 0
    page = out.read_text(encoding="utf-8")
    best = pd.read_csv(folder / "molecules.csv")["SA"].min()
    assert f"20 molecules scored, the best {best:.4g}" in page
    assert "best, by SA." in page
    (folder / "molecules.csv").write_text("", encoding="utf-8")
    outcome = molvae_command("report", folder, "--out", tmp_path / "other.html")
    assert 'molecules.csv" is damaged: write it anew with optimize --resume' in outcome.err
    (folder / "run.json").write_text('{"objective": "minimize SA", "goal": "SA"}', encoding="utf-8")
    outcome = molvae_command("report", folder, "--out", tmp_path / "other.html")
    assert "does not say what the search was for" in outcome.err


def test_what_is_no_search_is_told_so(molvae_command: RunMolvae, tmp_path: Path) -> None:
    folder = tmp_path / "search"
    folder.mkdir()
    header = "call,smiles,score,values,operator,parent,error,objective"
    (folder / "oracle.csv").write_text(header + "\n1,CC,,{},prior,,no,QED\n", encoding="utf-8")
    outcome = molvae_command("report", folder, "--out", tmp_path / "page.html")
    assert "does not say what the search was for" in outcome.err
    record = {"objective": "QED", "goal": {"property": [{"name": "QED", "maximize": True}]}}
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    outcome = molvae_command("report", folder, "--out", tmp_path / "page.html")
    assert outcome.code == 1
    assert "has no molecule with a score" in outcome.err
