"""Evaluate a file of sampled molecules: validity, uniqueness, novelty, diversity, filters, rings, properties.

With --reference moses: how near they are to the two MOSES test sets, and how new beside its training set,
next to the same figures for as many molecules drawn from the training set (the floor). Another --reference is
a file, such as molecules held out; its floor is drawn from --training. Novelty beside other molecules than
those of MOSES needs --model or --training.
"""

import argparse
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from molvae.chem.properties import property_name
from molvae.commands.tables import (
    TABLE_ENDINGS,
    add_out_flags,
    check_out,
    in_columns,
    read_smiles,
    write_table,
)
from molvae.data.cache import cache_folder
from molvae.errors import SettingsError
from molvae.evaluation.moses import TEST_PARTS, TRAIN, cached_keys, moses_smiles
from molvae.evaluation.reference import DESCRIBED_PROPERTIES
from molvae.evaluation.report import describe_sample
from molvae.generation.model_folder import load_model
from molvae.settings import add_flags, gather
from molvae.studies.evaluation import EvaluationRequest, draw, evaluate_sample

logger = logging.getLogger(__name__)

MOSES = Path("moses")


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
    max_reference: int = field(
        default=200_000, metadata={"help": "most molecules of a reference file; of more, so many are drawn"}
    )
    seed: int = field(
        default=0, metadata={"help": "draws the floor, and the molecules compared for diversity, of many"}
    )

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise SettingsError(f'seed is "{self.seed}"; it must not be negative')
        if self.max_reference < 1:
            raise SettingsError(f'max_reference is "{self.max_reference}"; allow at least 1 molecule')
        object.__setattr__(self, "described", tuple(property_name(name) for name in self.described))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the file, what to compare it with, and where the table goes."""
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV, TSV, .smi (gzipped or not) or Parquet")
    known = parser.add_mutually_exclusive_group()
    known.add_argument("--model", type=Path, metavar="DIR", help="the model trained on what is known")
    known.add_argument("--training", type=Path, metavar="FILE", help="the training molecules")
    parser.add_argument(
        "--reference", type=Path, metavar="FILE|moses", help='molecules to compare with; or the word "moses"'
    )
    add_out_flags(parser, TABLE_ENDINGS)
    add_flags(parser, EvaluateSettings)


def run(arguments: argparse.Namespace) -> None:
    """Prints the table of metrics, and how long it took."""
    settings: EvaluateSettings
    (settings,) = gather((EvaluateSettings,), arguments.table, vars(arguments), arguments.table_where)
    check_out(arguments.out, arguments.overwrite, TABLE_ENDINGS)
    smiles = read_smiles(arguments.file, settings.smiles_column).smiles
    if arguments.reference is None:
        known = _known_molecules(arguments.model, _training_smiles(arguments))
        table = describe_sample(smiles, known, property_names=settings.described, seed=settings.seed)
        table, closing = table.dropna(axis="columns", how="all"), ""
    else:
        result = evaluate_sample(_request(arguments, settings, smiles))
        steps = ", ".join(f"{step} {seconds:.1f}" for step, seconds in result.seconds.items())
        table, closing = result.table, f"\nseconds: {sum(result.seconds.values()):.1f} ({steps})"
    if arguments.out is not None:
        write_table(table, arguments.out)
    print(in_columns(table) + closing)


def _request(
    arguments: argparse.Namespace, settings: EvaluateSettings, smiles: list[str]
) -> EvaluationRequest:
    """What the flags ask for: with moses the parts of MOSES, with a file that file."""
    training = _training_smiles(arguments)
    peers = {}
    if arguments.reference == MOSES:
        references = {part: moses_smiles(part) for part in TEST_PARTS}
        training = moses_smiles(TRAIN) if training is None else training
    else:
        reference = read_smiles(arguments.reference).smiles
        if len(reference) > settings.max_reference:
            wanted = settings.max_reference
            logger.warning(
                '%s of the %s molecules of "%s" are taken, drawn at random: --max-reference says how many',
                *(f"{wanted:,}", f"{len(reference):,}", arguments.reference),
            )
            reference = draw(reference, wanted, settings.seed)
        references = {"": reference}
        peers = {"reference": draw(reference, len(smiles), settings.seed)}
    return EvaluationRequest(
        smiles=smiles,
        references=references,
        training=training,
        known=_known_molecules(arguments.model, training),
        peers=peers,
        property_names=settings.described,
        seed=settings.seed,
        cache=cache_folder(),
    )


def _training_smiles(arguments: argparse.Namespace) -> list[str] | None:
    return None if arguments.training is None else read_smiles(arguments.training).smiles


def _known_molecules(model: Path | None, training: list[str] | None) -> Callable[[str], bool] | None:
    """Says of a canonical SMILES whether it was trained on; None where that is not known."""
    if model is not None:
        return load_model(model).training_keys.__contains__
    return None if training is None else cached_keys(training, cache_folder()).__contains__
