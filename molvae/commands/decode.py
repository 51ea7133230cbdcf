"""Decode latents into molecules.

The latents come from an .npz with an array "latents", or from a .csv with columns z0, z1, ..., as encode
writes them. There is a molecule for each row, in the same order, empty where latents stand for none; the row
and the SMILES that were encoded stand behind it, if the file has them.
"""

import argparse
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from molvae.commands.opening import add_model_and_file, open_model
from molvae.commands.tables import write_table
from molvae.errors import InputError, MissingFileError, SettingsError
from molvae.generation.model_folder import weights_checksum
from molvae.interfaces import FloatArray

#: What encode calls the row and the SMILES of latents, in an .npz or a .csv, and what they are called here.
ORIGIN = {"rows": "row", "row": "row", "smiles": "encoded"}


@dataclass(frozen=True, kw_only=True)
class DecodeSettings:
    """How latents are decoded."""

    temperature: float = field(
        default=0.0, metadata={"help": "0 decodes each latent to its likeliest molecule, 1 draws one"}
    )
    seed: int = field(default=0, metadata={"help": "seed of the draws"})

    def __post_init__(self) -> None:
        for name, value in {"temperature": self.temperature, "seed": self.seed}.items():
            if value < 0:
                raise SettingsError(f'{name} is "{value}"; it must not be negative')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the model, the latents, and where the molecules go."""
    add_model_and_file(parser, DecodeSettings, file_help="latents, in an .npz or a .csv")


def run(arguments: argparse.Namespace) -> None:
    """Decodes, and prints how many latents stand for a molecule."""
    settings, model = open_model(arguments, DecodeSettings)
    given = read_latents(arguments.file, model.latent_dim)
    if given.model not in (None, weights_checksum(arguments.model)):
        raise InputError(
            f'the latents in "{arguments.file}" are of another model than "{arguments.model}", to which they '
            "mean nothing; give the model that encoded them"
        )
    smiles = model.decode(given.latents, temperature=settings.temperature, seed=settings.seed)
    write_table(pd.DataFrame({"smiles": smiles} | given.origin), arguments.out)
    print(f"{sum(text != '' for text in smiles):,} of {len(smiles):,} latents decoded to a molecule")
    print(f"molecules: {arguments.out}")


class Latents(NamedTuple):
    """Latents of a file, and what it says of them.

    Attributes:
        latents: `(N, L)`.
        origin: columns row and encoded (SMILES), `(N,)` each, of those that are there.
        model: the checksum of the weights that made them; None where that is not said.
    """

    latents: FloatArray
    origin: dict[str, npt.NDArray[Any]]
    model: str | None = None


def read_latents(path: Path, latent_dim: int) -> Latents:
    """Latents `(N, latent_dim)` of a file that encode wrote, or one like it.

    Raises:
        MissingFileError: there is no such file.
        InputError: the file holds something else, nothing, or latents of another size.
    """
    if not path.is_file():
        raise MissingFileError(f'there is no file "{path}"; give an .npz or a .csv of latents')
    readers = {".npz": _read_npz, ".csv": _read_csv}
    if path.suffix.lower() not in readers:
        raise InputError(f'"{path}" has an unknown ending "{path.suffix}"; give an .npz or a .csv')
    given = readers[path.suffix.lower()](path)
    latents = given.latents
    if latents.ndim != 2 or latents.shape[1] != latent_dim:
        raise InputError(
            f'"{path}" holds latents of shape {latents.shape}; the model has {latent_dim}, so it needs one '
            "row a molecule and as many columns"
        )
    if len(latents) == 0:
        raise InputError(f'"{path}" holds no latents')
    if not np.isfinite(latents).all():
        row = int(np.flatnonzero(~np.isfinite(latents).all(axis=1))[0]) + 1
        raise InputError(f'"{path}", row {row}: a latent is missing or not finite; leave that row out')
    origin = {name: values for name, values in given.origin.items() if values.shape == latents.shape[:1]}
    return given._replace(origin=origin)


def _read_npz(path: Path) -> Latents:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            if "latents" not in arrays:
                names = ", ".join(arrays) or "none"
                raise InputError(f'"{path}" has no array "latents"; its arrays: {names}')
            origin = {name: arrays[key] for key, name in ORIGIN.items() if key in arrays}
            model = str(arrays["model"]) if "model" in arrays else None
            return Latents(np.asarray(arrays["latents"], dtype=np.float32), origin, model)
    except InputError:
        raise
    except (ValueError, EOFError, zipfile.BadZipFile, AttributeError) as error:
        raise InputError(f'"{path}" is not an .npz of plain arrays; write it with molvae encode') from error


def _read_csv(path: Path) -> Latents:
    try:
        table = pd.read_csv(path)
        names = [f"z{index}" for index in range(sum(_is_latent(name) for name in table.columns))]
        if not names:
            raise InputError(f'"{path}" has no columns z0, z1, ...; write it with molvae encode')
        origin = {name: table[key].to_numpy() for key, name in ORIGIN.items() if key in table}
        return Latents(table[names].to_numpy(dtype=np.float32), origin)
    except InputError:
        raise
    except (KeyError, ValueError) as error:  # a number left out of z0, z1, ..., or a cell that is no number
        raise InputError(f'"{path}" is not a table of latents z0, z1, ...: {error}') from error


def _is_latent(name: str) -> bool:
    return name[:1] == "z" and name[1:].isdigit()
