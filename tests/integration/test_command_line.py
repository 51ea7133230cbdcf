"""From a table to new molecules on the command line, all settings in one file."""

from pathlib import Path

import pandas as pd

from molvae.generation.model_folder import load_model
from tests.command_line import RunMolvae

SETTINGS = """
[train]
smiles_column = "structure"
properties = ["toxic"]
bottleneck = "deterministic"
latent_dim = 8
embedding_dim = 16
encoder_dim = 16
decoder_dim = 24
head_dim = 8
head_members = 2
num_merges = 0
max_steps = 5
batch_size = 16
num_workers = 0

[sample]
num_samples = 7
temperature = 1.0
computed = ["TPSA"]

[predict]
smiles_column = "structure"

[optimize]
maximize = "QED"
optimizer = "cma-es"
alerts = false
budget = 6
"""


def test_one_settings_file_carries_every_command(
    molvae_command: RunMolvae, drug_smiles: list[str], tmp_path: Path
) -> None:
    settings, file, model = tmp_path / "run.toml", tmp_path / "drugs.tsv", tmp_path / "model"
    settings.write_text(SETTINGS, encoding="utf-8")
    rows = [f"{index}\t{text}\t{'yes' if index % 3 else 'no'}" for index, text in enumerate(drug_smiles)]
    file.write_text("\n".join(["id\tstructure\ttoxic", *rows, "40\tC1CC\tyes"]) + "\n", encoding="utf-8")

    trained = molvae_command("train", file, "--out", model, "--config", settings, "--max-steps", 6)
    assert trained.code == 0
    assert 'SMILES column "structure", 41 rows: 40 kept, 1 dropped' in trained.out
    facts = load_model(model).facts
    assert (facts["steps"], facts["run"]["network"]["bottleneck"]) == (6, "deterministic")
    assert "plain autoencoder" in molvae_command("info", model).out

    sampled = tmp_path / "sample.csv"
    assert molvae_command("sample", model, "--config", settings, "--out", sampled).code == 0
    assert list(pd.read_csv(sampled).columns) == ["smiles", "TPSA", "predicted_toxic"]
    assert len(pd.read_csv(sampled)) == 7
    assert molvae_command("evaluate", sampled, "--model", model).code == 0

    predicted = tmp_path / "predicted.csv"
    outcome = molvae_command("predict", model, file, "--config", settings, "--out", predicted)
    assert outcome.out.splitlines()[2].split() == ["property", "rows", "accuracy"]
    table = pd.read_csv(predicted)
    assert table["predicted_toxic"].dropna().between(0, 1).all()
    assert len(table) == 41

    better = tmp_path / "better"
    outcome = molvae_command("optimize", model, "--config", settings, "--out", better, "--from-file", file)
    assert '"40" starting molecules are more than the budget of "6"' in outcome.err
    argv = ["optimize", model, "--config", settings, "--out", better, "--budget", 12]
    assert molvae_command(*argv, "--from-smiles", drug_smiles[0]).code == 0
    assert len(pd.read_csv(better / "oracle.csv")) == 12
