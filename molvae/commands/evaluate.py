"""Evaluate a file of sampled molecules: validity, uniqueness, novelty, diversity, rings and properties.

Novelty needs to know what was trained on: give the model, or the file of training molecules. Beside a
--reference, such as molecules held out, each property has its Wasserstein distance from it.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from molvae.chem.molecules import canonicalize
from molvae.chem.properties import property_name
from molvae.commands.tables import (
    TABLE_ENDINGS,
    add_out_flags,
    check_out,
    in_columns,
    read_smiles,
    write_table,
)
from molvae.errors import MoleculeError, SettingsError
from molvae.evaluation.report import DESCRIBED_PROPERTIES, describe_sample
from molvae.generation.membership import MoleculeKeys
from molvae.generation.model_folder import load_model
from molvae.progress import progress
from molvae.settings import add_flags, gather


@dataclass(frozen=True, kw_only=True)
class EvaluateSettings:
    """What is measured."""

    smiles_column: str | None = field(
        default=None, metadata={"help": "column of SMILES of FILE; found by itself"}
    )
    described: tuple[str, ...] = field(
        default=DESCRIBED_PROPERTIES,
        metadata={"help": "a property to describe; may be given again", "flag": "property"},
    )
    seed: int = field(default=0, metadata={"help": "draws the molecules compared for diversity, of many"})

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise SettingsError(f'seed is "{self.seed}"; it must not be negative')
        object.__setattr__(self, "described", tuple(property_name(name) for name in self.described))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the file, what to compare it with, and where the table goes."""
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV, TSV, .smi (gzipped or not) or Parquet")
    known = parser.add_mutually_exclusive_group()
    known.add_argument("--model", type=Path, metavar="DIR", help="the model trained on what is known")
    known.add_argument("--training", type=Path, metavar="FILE", help="the training molecules")
    parser.add_argument("--reference", type=Path, metavar="FILE", help="molecules to compare with")
    add_out_flags(parser, TABLE_ENDINGS)
    add_flags(parser, EvaluateSettings)


def run(arguments: argparse.Namespace) -> None:
    """Prints the table of metrics."""
    settings: EvaluateSettings
    (settings,) = gather((EvaluateSettings,), arguments.table, vars(arguments), arguments.table_where)
    check_out(arguments.out, arguments.overwrite, TABLE_ENDINGS)
    table = describe_sample(
        read_smiles(arguments.file, settings.smiles_column).smiles,
        _known_molecules(arguments.model, arguments.training),
        read_smiles(arguments.reference).smiles if arguments.reference is not None else None,
        property_names=settings.described,
        seed=settings.seed,
    )
    if arguments.out is not None:
        write_table(table, arguments.out)
    print(in_columns(table.dropna(axis="columns", how="all")))


def _known_molecules(model: Path | None, training: Path | None) -> Callable[[str], bool] | None:
    """Says of a canonical SMILES whether it was trained on; None where that is not known."""
    if model is not None:
        return load_model(model).training_keys.__contains__
    if training is not None:
        texts = progress(read_smiles(training).smiles, label="training molecules")
        return MoleculeKeys.of(filter(None, map(_canonical_or_empty, texts))).__contains__
    return None


def _canonical_or_empty(text: str) -> str:
    try:
        return canonicalize(text)
    except MoleculeError:
        return ""
