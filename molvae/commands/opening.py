"""How commands begin that take a model, and a file through it: their arguments, and the model to use."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from molvae.commands.tables import WRITERS, add_out_flags, check_out
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.model_folder import load_model, pretrained_names
from molvae.settings import add_flags, gather

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

SettingsT = TypeVar("SettingsT", bound="DataclassInstance")

MOLECULES_HELP = "CSV, TSV, .smi (gzipped or not) or Parquet"


def add_model(parser: argparse.ArgumentParser, also: str = "") -> None:
    """Adds the model: DIR, and to its help what else may be given."""
    names = " or ".join(pretrained_names())
    known = f", or the name of one that comes with molvae: {names}" if names else ""
    parser.add_argument("model", type=Path, metavar="DIR", help=f"model folder that train wrote{known}{also}")


def add_model_and_file(
    parser: argparse.ArgumentParser,
    settings: type["DataclassInstance"],
    *,
    file_help: str = MOLECULES_HELP,
    endings: Sequence[str] = tuple(WRITERS),
    out_required: bool = True,
) -> None:
    """Adds DIR, FILE, `--out`, `--overwrite`, and a flag for each setting."""
    add_model(parser)
    parser.add_argument("file", type=Path, metavar="FILE", help=file_help)
    add_out_flags(parser, endings, required=out_required)
    add_flags(parser, settings)


def open_model(
    arguments: argparse.Namespace, settings_class: type[SettingsT]
) -> tuple[SettingsT, MoleculeModel]:
    """The settings and the model, once it is sure that the result can go where it should.

    Raises:
        SettingsError: as `molvae.settings.gather` does.
        InputError: as `check_out` does.
        OutputExistsError: as `check_out` does.
        ModelFolderError: as `load_model` does.
    """
    settings: SettingsT
    (settings,) = gather((settings_class,), arguments.table, vars(arguments), arguments.table_where)
    check_out(arguments.out, arguments.overwrite)
    return settings, load_model(arguments.model)
