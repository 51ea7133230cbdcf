"""Predict properties of the molecules of a file with the model's head.

Every row of the file is in the table; the prediction is empty for one that the model can't read. The file's
other columns stand between SMILES and predictions, as they are; one whose name is taken gets its number
behind it, as in "row (column 1)". Where the file has a column of the property's name, its values are read as
numbers, and the error is printed.
"""

import argparse
from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from molvae.commands.encoding import encode_rows, known_line, refused_line
from molvae.commands.opening import add_model_and_file, open_model
from molvae.commands.reconstruct import FileSettings
from molvae.commands.tables import SmilesRows, in_columns, read_smiles, write_table
from molvae.data.values import Kind, UnreadableValueError, read_value
from molvae.errors import InputError
from molvae.generation.latent_model import MoleculeModel
from molvae.interfaces import FloatArray, Predictions
from molvae.studies.molecule_tables import prediction_columns


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the model, the file, and where the table goes."""
    add_model_and_file(parser, FileSettings)


def run(arguments: argparse.Namespace) -> None:
    """Predicts, and prints how good it was where the file knows the truth."""
    settings, model = open_model(arguments, FileSettings)
    if model.scaler is None:
        raise InputError(f'the model in "{arguments.model}" predicts no property; train one with --property')
    molecules = read_smiles(arguments.file, settings.smiles_column, model.property_names)
    encoded = encode_rows(model, molecules, arguments.file, arguments.out)
    shape = (len(molecules.rows), len(model.property_names))
    everywhere = Predictions(np.full(shape, np.nan), np.full(shape, np.nan))
    for whole, part in zip(everywhere, model.predict(encoded.means), strict=True):
        whole[encoded.readable.places] = part
    measured = {
        name: _measured(cells, model.scaler.kinds[model.property_names.index(name)])
        for name, cells in molecules.cells.items()
        if name in model.property_names
    }
    predicted = prediction_columns(model, everywhere)
    table: dict[str, Sequence[int] | Sequence[str] | FloatArray] = {
        "row": molecules.rows,
        "smiles": molecules.smiles,
    }
    for name, cells in molecules.cells.items():
        table[_free_name(name, {*table, *predicted}, molecules)] = measured.get(name, cells)
    write_table(pd.DataFrame(table | predicted), arguments.out)
    print(
        f"{len(encoded.rows):,} of {len(molecules.rows):,} rows predicted: {', '.join(model.property_names)}"
    )
    if line := refused_line(encoded.readable.refused, arguments.out):
        print(line)
    if measured:
        print(in_columns(_errors(model, measured, everywhere)))
        if line := known_line(model, encoded):
            print(line)
    print(f"predictions: {arguments.out}")


def _free_name(name: str, taken: Collection[str], molecules: SmilesRows) -> str:
    """The name of a column of the file, with the column's number behind it where it is taken."""
    return f"{name} (column {molecules.columns.index(name) + 1})" if name in taken else name


def _measured(cells: list[str], kind: Kind) -> FloatArray:
    """The values of a column; NaN for a cell without one."""
    values = np.full(len(cells), np.nan)
    for row, cell in enumerate(cells):
        try:
            values[row] = read_value(cell, kind)
        except UnreadableValueError:
            continue
    return values


def _errors(model: MoleculeModel, measured: dict[str, FloatArray], said: Predictions) -> pd.DataFrame:
    """How far predictions are from the values of the file: R2 and RMSE, or for yes/no the accuracy."""
    assert model.scaler is not None
    lines = []
    for name, truth in measured.items():
        index = model.property_names.index(name)
        known = ~np.isnan(truth) & ~np.isnan(said.mean[:, index])
        goal, prediction = truth[known], said.mean[known, index]
        line: dict[str, object] = {"property": name, "rows": int(known.sum())}
        if model.scaler.is_binary[index]:
            accuracy = float(((prediction > 0.5) == goal).mean()) if known.any() else np.nan
            line |= {"R2": np.nan, "RMSE": np.nan, "accuracy": accuracy}
        else:
            line |= {"R2": r_squared(goal, prediction), "RMSE": _rmse(goal, prediction), "accuracy": np.nan}
        lines.append(line)
    return pd.DataFrame(lines).dropna(axis="columns", how="all")


def r_squared(truth: FloatArray, prediction: FloatArray) -> float:
    """The share of the variance of `truth` `(N,)` that is explained; NaN where nothing varies."""
    total = float(((truth - truth.mean()) ** 2).sum()) if len(truth) else 0.0
    return 1 - float(((truth - prediction) ** 2).sum()) / total if total > 0 else float("nan")


def _rmse(truth: FloatArray, prediction: FloatArray) -> float:
    return float(np.sqrt(((truth - prediction) ** 2).mean())) if len(truth) else float("nan")
