"""molvae predict."""

import copy
import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import r2_score, root_mean_squared_error

from molvae.generation.latent_model import MoleculeModel
from molvae.generation.model_folder import save_model
from tests.command_line import RunMolvae


def test_the_printed_errors_are_those_of_the_table(
    molvae_command: RunMolvae, tiny_model_dir: Path, tiny_csv: Path, tmp_path: Path
) -> None:
    out = tmp_path / "predictions.csv"
    outcome = molvae_command("predict", tiny_model_dir, tiny_csv, "--out", out)
    table = pd.read_csv(out)
    lines = [line.split() for line in outcome.out.splitlines()]
    assert lines[1] == ["property", "rows", "R2", "RMSE"]
    for name, line in zip(("logP", "QED"), lines[2:], strict=False):
        r2 = r2_score(table[name], table[f"predicted_{name}"])
        rmse = root_mean_squared_error(table[name], table[f"predicted_{name}"])
        assert line == [name, "200", f"{r2:.3f}", f"{rmse:.3f}"]


def test_a_row_that_can_not_be_read_stays_with_an_empty_prediction(
    molvae_command: RunMolvae, tiny_model_dir: Path, tiny_model: MoleculeModel, tmp_path: Path
) -> None:
    path, out = tmp_path / "few.csv", tmp_path / "predictions.csv"
    path.write_text("smiles,QED\nOCC,0.4\nC1CC,0.5\nc1ccccc1O,not known\n", encoding="utf-8")
    outcome = molvae_command("predict", tiny_model_dir, path, "--out", out)
    table = pd.read_csv(out)
    assert table["row"].tolist() == [1, 2, 3]
    assert table["smiles"].tolist() == ["OCC", "C1CC", "c1ccccc1O"]
    assert table["QED"].fillna(-1).tolist() == [0.4, 0.5, -1]
    assert table["predicted_logP"].notna().tolist() == [True, False, True]
    expected = tiny_model.predict(tiny_model.encode(["CCO", "Oc1ccccc1"]))
    np.testing.assert_allclose(table["predicted_logP"].dropna(), expected.mean[:, 0], rtol=1e-5)
    np.testing.assert_allclose(table["predicted_QED_spread"].dropna(), expected.spread[:, 1], rtol=1e-5)
    assert outcome.out.splitlines()[:2] == [
        "2 of 3 rows predicted: logP, QED",
        f"1 rows can't be read by the model: listed in {out}.ledger.csv",
    ]


def test_other_columns_are_carried_through_and_measured_ones_are_numbers(
    molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path
) -> None:
    path, out = tmp_path / "few.csv", tmp_path / "predictions.csv"
    rows = [
        "row;id;QED;drug;smiles;dose",
        "a;007;0,4;OCC;x;1,50",
        "b;;n/a;C1CC;NA",
        "c;010;0.5;c1ccccc1O;;yes",
    ]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    outcome = molvae_command("predict", tiny_model_dir, path, "--out", out, "--smiles-column", "drug")
    assert outcome.code == 0, outcome.err
    table = pd.read_csv(out, dtype=str, keep_default_na=False)
    assert table.columns.tolist()[:7] == [
        *("row", "smiles", "row (column 1)", "id", "QED", "smiles (column 5)", "dose")
    ]
    assert all(name.startswith("predicted_") for name in table.columns[7:])
    assert table.iloc[:, :7].to_numpy().tolist() == [
        ["1", "OCC", "a", "007", "0.4", "x", "1,50"],
        ["2", "C1CC", "b", "", "", "NA", ""],
        ["3", "c1ccccc1O", "c", "010", "0.5", "", "yes"],
    ]
    again = molvae_command("predict", tiny_model_dir, out, "--out", tmp_path / "again.parquet")
    assert again.code == 0, again.err
    twice = pd.read_parquet(tmp_path / "again.parquet")
    assert twice["QED"].dtype == float
    assert twice["predicted_QED (column 10)"].tolist() == table["predicted_QED"].tolist()


def test_a_model_without_a_head_says_so(
    molvae_command: RunMolvae, tiny_model: MoleculeModel, tiny_csv: Path, tmp_path: Path
) -> None:
    network = copy.deepcopy(tiny_model.network)
    network.head = None
    save_model(dataclasses.replace(tiny_model, network=network, scaler=None), tmp_path / "headless")
    outcome = molvae_command("predict", tmp_path / "headless", tiny_csv, "--out", tmp_path / "out.csv")
    assert outcome.code == 1
    assert outcome.err.endswith("predicts no property; train one with --property\n")
