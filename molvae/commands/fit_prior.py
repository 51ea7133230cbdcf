"""Fit a prior to molecules that samples should be like: those of training, or some 500 of your own.

A VAE's molecules go in as one draw of q(z|x) each, others as their codes, and each molecule once. Some are
held out, and how likely they are under each of the model's priors is printed: the prior under which they are
likeliest knows best where such molecules lie. Rows that the model can't read are listed in the model folder,
in prior-NAME.ledger.csv.
"""

import argparse
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from molvae.commands.encoding import Encoded, encode_rows, refused_line
from molvae.commands.opening import MOLECULES_HELP, add_model
from molvae.commands.reconstruct import FileSettings
from molvae.commands.tables import SmilesRows, in_columns, read_smiles
from molvae.errors import OutputExistsError, SettingsError
from molvae.generation.model_folder import load_model, save_model
from molvae.generation.prior_fitting import FittedPriorName, PriorSettings
from molvae.generation.prior_measuring import FittedModel, fit_and_measure
from molvae.generation.sampling import posterior_draws
from molvae.interfaces import FloatArray
from molvae.settings import add_flags, gather, to_dict


@dataclass(frozen=True, kw_only=True)
class FitPriorSettings:
    """What is fitted to what."""

    prior: FittedPriorName = field(metadata={"help": "what to fit; it takes the place of one of that name"})
    max_molecules: int = field(
        default=100_000, metadata={"help": "molecules of FILE that are used at most, drawn by the seed"}
    )
    default: bool = field(
        default=False, metadata={"help": "draw from it from now on unless another prior is asked for"}
    )

    def __post_init__(self) -> None:
        if self.max_molecules < 1:
            raise SettingsError(f'max_molecules is "{self.max_molecules}"; it must be at least 1')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the model, the molecules, what to fit and where to save it."""
    add_model(parser)
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help=f"molecules, those of training or some that samples should be like; {MOLECULES_HELP}",
    )
    parser.add_argument(
        "--out", type=Path, metavar="OTHER_DIR", help="save the model with its new prior there, and leave DIR"
    )
    for settings in (FitPriorSettings, FileSettings, PriorSettings):
        add_flags(parser, settings)


def run(arguments: argparse.Namespace) -> None:
    """Encodes, fits, saves, and prints what each prior says of the molecules held out."""
    chosen: FitPriorSettings
    file_settings: FileSettings
    settings: PriorSettings
    chosen, file_settings, settings = gather(
        (FitPriorSettings, FileSettings, PriorSettings),
        arguments.table,
        vars(arguments),
        arguments.table_where,
    )
    folder = _folder(arguments.model, arguments.out)
    model = load_model(arguments.model)
    molecules = read_smiles(arguments.file, file_settings.smiles_column)
    molecules = _some(molecules, chosen.max_molecules, settings.seed)
    folder.mkdir(parents=True, exist_ok=True)
    ledger = folder / f"prior-{chosen.prior}"
    encoded = encode_rows(model, molecules, arguments.file, ledger)
    if line := refused_line(encoded, ledger):
        print(line)
    fitted = fit_and_measure(model, chosen.prior, _latents(encoded, settings.seed), settings)
    record = {
        "file": arguments.file.name,
        "molecules": fitted.num_fitted,
        "seconds": round(fitted.seconds, 1),
        "log_density": fitted.log_densities[chosen.prior],
        "settings": to_dict(settings),
    }
    records = {**model.facts.get("priors", {}), chosen.prior: record}
    model = dataclasses.replace(fitted.model, facts={**fitted.model.facts, "priors": records})
    if chosen.default:
        model = model.with_default_prior(chosen.prior)
    save_model(model, folder)
    print(f"{chosen.prior} fitted to {fitted.num_fitted:,} molecules in {fitted.seconds:.0f} s")
    print(f"mean log-density of {fitted.num_held_out:,} molecules held out, in nats a latent vector:")
    print(_table(fitted))
    if others := _fitted_elsewhere(records, record):
        print(f"fitted to other molecules, which may hold some of these: {', '.join(others)}")
    print(f"default prior: {model.default_prior}")
    print(f"model folder: {folder}")


def _folder(model: Path, out: Path | None) -> Path:
    """Where the model goes. Raises OutputExistsError for another folder that holds something."""
    if out is None or out.absolute() == model.absolute():
        return model
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputExistsError(f'"{out}" exists and is not empty; give another folder')
    return out


def _some(molecules: SmilesRows, size: int, seed: int) -> SmilesRows:
    """At most `size` of the rows, in their order."""
    if len(molecules.rows) <= size:
        return molecules
    places = np.sort(np.random.default_rng(seed).choice(len(molecules.rows), size, replace=False))
    return molecules._replace(
        rows=[molecules.rows[place] for place in places], smiles=[molecules.smiles[place] for place in places]
    )


def _latents(encoded: Encoded, seed: int) -> FloatArray:
    """One draw of q(z|x) `(N, L)` a molecule, each molecule once; its code where q(z|x) is a point."""
    _, first = np.unique(encoded.smiles, return_index=True)
    places = np.sort(first)
    return posterior_draws(encoded.means[places], encoded.spreads[places], 1, seed)[:, 0]


def _fitted_elsewhere(records: Mapping[str, Mapping[str, Any]], record: Mapping[str, Any]) -> list[str]:
    """The priors that may know molecules held out now, as they came from another draw or file."""

    def source(of: Mapping[str, Any]) -> tuple[Any, ...]:
        return of["file"], of["molecules"], of["settings"]["seed"]

    return [name for name, other in records.items() if source(other) != source(record)]


def _table(fitted: FittedModel) -> str:
    """A line a prior, the likeliest first."""
    table = pd.DataFrame({"prior": fitted.log_densities.keys(), "nats": fitted.log_densities.values()})
    return in_columns(table.sort_values("nats", ascending=False, kind="stable"), decimals=2)
