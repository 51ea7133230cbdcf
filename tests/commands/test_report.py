"""molvae report: one page about a model."""

import json
import re
from pathlib import Path

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
