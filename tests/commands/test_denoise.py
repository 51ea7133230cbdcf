"""molvae denoise."""

from pathlib import Path

import pandas as pd

from tests.command_line import RunMolvae


def test_answers_go_to_a_table_and_the_rest_to_the_ledger(
    molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path
) -> None:
    file, out = tmp_path / "given.csv", tmp_path / "answers.csv"
    file.write_text("selfies\n[C][C][O]\nC1CC\nCCOc1ccccc1\n", encoding="utf-8")
    argv = ["denoise", tiny_model_dir, file, "--smiles-column", "selfies", "--draws", 8, "--out", out]
    outcome = molvae_command(*argv)
    assert outcome.code == 0, outcome.err
    table = pd.read_csv(out, keep_default_na=False)
    assert list(table.columns) == ["row", "given", "smiles", "probability", "tanimoto", "is_mean"]
    assert table.groupby("row")["probability"].sum().round(9).tolist() == [1, 1]
    assert table["row"].unique().tolist() == [1, 3]
    ledger = pd.read_csv(f"{out}.ledger.csv")
    assert ledger["row"].tolist() == [2]
    assert f"2 molecules, {len(table)} answers in 8 draws each" in outcome.out
    assert f"1 rows can't be read by the model: listed in {out}.ledger.csv" in outcome.out
    assert molvae_command(*argv).code == 1
