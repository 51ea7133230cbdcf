"""Fit a prior to molecules that samples should be like: those of training, or some 500 of your own.

A VAE's molecules go in as one draw of q(z|x) each, others as their codes, and each molecule once. Some are
held out, and how likely they are under each of the model's priors is printed: the prior under which they are
likeliest knows best where such molecules lie. Rows that the model can't read are listed in the model folder,
in prior-NAME.ledger.csv.

The prior "language-model" is not fitted to latents but to the molecules as SMILES: a draw is one that it
writes, encoded. One that the model has already, from its base model for instance, is where the fit begins; a
new one needs many thousands of molecules. The fit is long, and goes on where it was broken off when the
command is given again. The prior "conditional" is one more such language model, which is told properties of
what it is to write: sample --target tells it what is wanted.
"""

import argparse
import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from molvae.chem.properties import property_name
from molvae.commands.encoding import ledger_path, read_rows, refused_line
from molvae.commands.opening import MOLECULES_HELP, add_model
from molvae.commands.reconstruct import FileSettings
from molvae.commands.tables import SmilesRows, in_columns, read_smiles
from molvae.data.bulk import properties_of
from molvae.data.dataset import IndexArray
from molvae.errors import OutputExistsError, SettingsError
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.model_folder import load_model, model_path, save_model
from molvae.generation.molecules import Readable
from molvae.generation.prior_fitting import FittedPriorName, PriorSettings
from molvae.generation.prior_measuring import FittedModel, fit_and_measure
from molvae.generation.priors import CONDITIONAL
from molvae.generation.sampling import posterior_draws
from molvae.generation.told_properties import ToldProperties
from molvae.interfaces import FloatArray
from molvae.settings import add_flags, gather, to_dict
from molvae.training.language_model_fitting import first_language_model, fit_language_model

#: Latents that a prior is fitted to at most, and minutes that a language model is fitted, unless it is said.
MAX_LATENTS, LANGUAGE_MODEL_MINUTES = 100_000, 60.0
#: What a fit of a language model that was broken off leaves in the folder.
CHECKPOINTS = {
    "language-model": "prior-language-model.checkpoint.safetensors",
    CONDITIONAL: "prior-conditional.checkpoint.safetensors",
}
#: What a language model is told unless it is said.
TOLD_PROPERTIES = ("logP", "QED", "SA", "MW", "TPSA")


@dataclass(frozen=True, kw_only=True)
class FitPriorSettings:
    """What is fitted to what."""

    prior: Literal[FittedPriorName, "language-model", "conditional"] = field(
        metadata={"help": "what to fit; it takes the place of one of that name"}
    )
    told: tuple[str, ...] = field(
        default=(),
        metadata={
            "help": "a property that RDKit computes, for conditional; may be given again; by itself "
            f"{', '.join(TOLD_PROPERTIES)}"
        },
    )
    max_molecules: int | None = field(
        default=None,
        metadata={
            "help": "molecules of FILE that are used at most, drawn by the seed; 100,000 unless it is said, "
            "and all of them for a language model"
        },
    )
    default: bool = field(
        default=False, metadata={"help": "draw from it from now on unless another prior is asked for"}
    )

    @property
    def num_molecules(self) -> int | None:
        """Molecules of FILE that are used at most; None for all."""
        if self.max_molecules is None and not self.writes:
            return MAX_LATENTS
        return self.max_molecules

    @property
    def writes(self) -> bool:
        """Whether it is a language model."""
        return self.prior in ("language-model", CONDITIONAL)

    @property
    def told_names(self) -> list[str]:
        """The properties that a language model is told, each once, as they are spelled; or none."""
        if self.prior != CONDITIONAL:
            return []
        return list(dict.fromkeys(property_name(name) for name in self.told or TOLD_PROPERTIES))

    def __post_init__(self) -> None:
        if self.told and self.prior != CONDITIONAL:
            raise SettingsError(
                f'told is "{", ".join(self.told)}", and the prior "{self.prior}" is told nothing; leave it '
                f"out, or give --prior {CONDITIONAL}"
            )
        for name in self.told:
            property_name(name)
        if self.max_molecules is not None and self.max_molecules < 1:
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
    """Reads, fits, saves, and prints how well the prior knows the molecules held out."""
    chosen: FitPriorSettings
    file_settings: FileSettings
    settings: PriorSettings
    chosen, file_settings, settings = gather(
        (FitPriorSettings, FileSettings, PriorSettings),
        arguments.table,
        vars(arguments),
        arguments.table_where,
    )
    folder = _folder(arguments.model, arguments.out, chosen)
    model = load_model(arguments.model)
    molecules = read_smiles(arguments.file, file_settings.smiles_column)
    molecules = _some(molecules, chosen.num_molecules, settings.seed)
    folder.mkdir(parents=True, exist_ok=True)
    readable = read_rows(model, molecules, arguments.file, folder / f"prior-{chosen.prior}")
    if line := refused_line(readable.refused, folder / f"prior-{chosen.prior}"):
        print(line)
    fitted: _Fitted | None
    if chosen.prior == "language-model" or chosen.prior == CONDITIONAL:
        checkpoint = folder / CHECKPOINTS[chosen.prior]
        fitted = _fit_language_model(model, readable, settings, checkpoint, chosen.told_names)
    else:
        fitted = _fit_to_latents(model, chosen.prior, readable, settings)
    if fitted is None:
        print("the fit was broken off; the same command goes on with it")
        return
    record = {"file": arguments.file.name, **fitted.record, "settings": to_dict(settings)}
    records = {**model.facts.get("priors", {}), chosen.prior: record}
    model = dataclasses.replace(fitted.model, facts={**fitted.model.facts, "priors": records})
    if chosen.default:
        model = model.with_default_prior(chosen.prior)
    save_model(model, folder)
    if chosen.writes:
        (folder / CHECKPOINTS[chosen.prior]).unlink(missing_ok=True)
    print(f"{chosen.prior} fitted to {record['molecules']:,} molecules in {record['seconds']:.0f} s")
    print(fitted.said)
    if others := _fitted_elsewhere(records, record):
        print(f"fitted to other molecules, which may hold some of these: {', '.join(others)}")
    print(f"default prior: {model.default_prior}")
    print(f"model folder: {folder}")


class _Fitted(NamedTuple):
    """A model with its new prior, what is put on record of the fit, and what is said of it."""

    model: MoleculeModel
    record: dict[str, Any]
    said: str


def _fit_to_latents(
    model: MoleculeModel, name: FittedPriorName, readable: Readable, settings: PriorSettings
) -> _Fitted:
    fitted = fit_and_measure(model, name, _latents(model, readable, settings.seed), settings)
    record = {
        "molecules": fitted.num_fitted,
        "seconds": round(fitted.seconds, 1),
        "log_density": fitted.log_densities[name],
    }
    said = (
        f"mean log-density of {fitted.num_held_out:,} molecules held out, in nats a latent vector:\n"
        f"{_table(fitted)}"
    )
    return _Fitted(fitted.model, record, said)


def _fit_language_model(
    model: MoleculeModel,
    readable: Readable,
    settings: PriorSettings,
    checkpoint: Path,
    told_names: Sequence[str],
) -> _Fitted | None:
    """Told these properties, or none; None if the user interrupted it."""
    smiles = [readable.smiles[place] for place in _each_once(readable)]
    values = properties_of(smiles, told_names) if told_names else None
    properties = None if values is None else ToldProperties.of(told_names, values)
    first, arrays = first_language_model(model, smiles, settings.seed, properties)
    fitted = fit_language_model(
        first.network,
        arrays,
        settings.lasting(LANGUAGE_MODEL_MINUTES),
        settings.seed,
        checkpoint,
        None if values is None or first.properties is None else first.properties.told(values),
    )
    if not fitted.is_complete:
        return None
    record = {
        "molecules": fitted.num_fitted,
        "seconds": round(fitted.state.seconds, 1),
        "steps": fitted.state.step,
        "nats": fitted.state.nats,
    }
    said = (
        f"nats a molecule, of {fitted.num_held_back:,} held out: {fitted.state.nats:.2f} "
        f"({fitted.state.step:,} steps)"
    )
    writes = dataclasses.replace(first, network=fitted.model)
    if told_names:
        said += f", told some of {', '.join(told_names)}"
        return _Fitted(dataclasses.replace(model, conditional=writes), record | {"told": told_names}, said)
    return _Fitted(dataclasses.replace(model, language_model=writes), record, said)


def _folder(model: Path, out: Path | None, chosen: FitPriorSettings) -> Path:
    """Where the model goes.

    Raises:
        OutputExistsError: for another folder that holds more than a fit that was broken off.
        SettingsError: for a model that comes with molvae and no other folder.
    """
    if out is None and model_path(model) != model:
        raise SettingsError(f'"{model}" comes with molvae, and is not changed; give --out OTHER_DIR')
    if out is None or out.absolute() == model.absolute():
        return model
    own = {*CHECKPOINTS.values(), ledger_path(Path(f"prior-{chosen.prior}")).name}
    if out.exists() and (not out.is_dir() or {path.name for path in out.iterdir()} - own):
        raise OutputExistsError(f'"{out}" exists and is not empty; give another folder')
    return out


def _some(molecules: SmilesRows, size: int | None, seed: int) -> SmilesRows:
    """At most `size` of the rows, in their order; all for None."""
    if size is None or len(molecules.rows) <= size:
        return molecules
    places = np.sort(np.random.default_rng(seed).choice(len(molecules.rows), size, replace=False))
    return molecules._replace(
        rows=[molecules.rows[place] for place in places], smiles=[molecules.smiles[place] for place in places]
    )


def _each_once(readable: Readable) -> IndexArray:
    """Where each molecule comes first."""
    return np.sort(np.unique(readable.smiles, return_index=True)[1])


def _latents(model: MoleculeModel, readable: Readable, seed: int) -> FloatArray:
    """One draw of q(z|x) `(N, L)` a molecule, each molecule once; its code where q(z|x) is a point."""
    posterior = model.posterior_of(readable.arrays.subset(_each_once(readable)))
    return posterior_draws(*posterior, 1, seed, model.posterior_family)[:, 0]


def _fitted_elsewhere(records: Mapping[str, Mapping[str, Any]], record: Mapping[str, Any]) -> list[str]:
    """The priors that may know molecules held out now, as they came from another draw or file."""

    def source(of: Mapping[str, Any]) -> tuple[Any, ...]:
        return of["file"], of["molecules"], of["settings"]["seed"]

    return [name for name, other in records.items() if source(other) != source(record)]


def _table(fitted: FittedModel) -> str:
    """A line a prior, the likeliest first."""
    table = pd.DataFrame({"prior": fitted.log_densities.keys(), "nats": fitted.log_densities.values()})
    return in_columns(table.sort_values("nats", ascending=False, kind="stable"), decimals=2)
