"""Encode the molecules of a file into latents.

An .npz holds the arrays rows, smiles (canonical), latents, and model (a checksum of its weights), and if
asked for spread and draws; a .csv the columns row, smiles, z0, z1, ... Rows that the model can't read are
listed beside it, in OUT.ledger.csv.
"""

import argparse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from molvae.commands.encoding import Encoded, encode_rows, refused_line
from molvae.commands.opening import add_model_and_file
from molvae.commands.tables import check_out, read_smiles, write_table
from molvae.errors import InputError, SettingsError
from molvae.generation.model_folder import load_model, weights_checksum
from molvae.generation.sampling import posterior_draws
from molvae.settings import gather

ENDINGS = (".npz", ".csv")


@dataclass(frozen=True, kw_only=True)
class EncodeSettings:
    """What is written of each molecule."""

    smiles_column: str | None = field(
        default=None, metadata={"help": "its column of SMILES; found by itself"}
    )
    spread: bool = field(default=False, metadata={"help": "the standard deviations of q(z|x) too"})
    draws: int = field(default=0, metadata={"help": "so many draws of q(z|x) too, in an .npz"})
    seed: int = field(default=0, metadata={"help": "seed of the draws"})

    def __post_init__(self) -> None:
        for name, value in {"draws": self.draws, "seed": self.seed}.items():
            if value < 0:
                raise SettingsError(f'{name} is "{value}"; it must not be negative')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the model, the file, what to write and where."""
    add_model_and_file(parser, EncodeSettings, endings=ENDINGS)


def run(arguments: argparse.Namespace) -> None:
    """Encodes, and prints how many rows were, and how many were not."""
    settings: EncodeSettings
    (settings,) = gather((EncodeSettings,), arguments.table, vars(arguments), arguments.table_where)
    out: Path = arguments.out
    check_out(out, arguments.overwrite, ENDINGS)
    if settings.draws and out.suffix.lower() != ".npz":
        raise InputError(f'draws are an array of three dimensions, which "{out}" can\'t hold; end it in .npz')
    model = load_model(arguments.model)
    molecules = read_smiles(arguments.file, settings.smiles_column)
    encoded = encode_rows(model, molecules, arguments.file, out)
    if out.suffix.lower() == ".npz":
        arrays: dict[str, Any] = {"model": np.array(weights_checksum(arguments.model))}
        if settings.spread:
            arrays["spread"] = encoded.spreads
        if settings.draws:
            arrays["draws"] = posterior_draws(
                encoded.means, encoded.spreads, settings.draws, settings.seed, model.posterior_family
            )
        _write_npz(encoded, arrays, out)
    else:
        write_table(_columns(encoded, settings.spread), out)
    print(f"{len(encoded.rows):,} of {len(molecules.rows):,} rows encoded: {model.latent_dim} latents each")
    if line := refused_line(encoded.readable.refused, out):
        print(line)
    print(f"latents: {out}")


def _write_npz(encoded: Encoded, more: dict[str, Any], out: Path) -> None:
    """Writes plain arrays, which load without pickling."""
    partial = out.with_name(f".partial-{out.name}")
    try:
        with partial.open("wb") as file:
            smiles = np.array(encoded.smiles, dtype=np.str_)
            np.savez(file, rows=np.array(encoded.rows), smiles=smiles, latents=encoded.means, **more)
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)


def _columns(encoded: Encoded, with_spread: bool) -> pd.DataFrame:
    names = [f"z{index}" for index in range(encoded.means.shape[1])]
    parts = [
        pd.DataFrame({"row": encoded.rows, "smiles": encoded.smiles}),
        pd.DataFrame(encoded.means, columns=names),
    ]
    if with_spread:
        parts.append(pd.DataFrame(encoded.spreads, columns=[f"{name}_spread" for name in names]))
    return pd.concat(parts, axis=1)
