"""Evaluate sampled molecules: validity, uniqueness, novelty, diversity, filters, rings, properties.

They are those of FILE; without it -n of them are drawn from the prior of the --model. Then it is known which
were molecules as the decoder wrote them: every token used, nothing repaired or cut, and the same when written
in SELFIES again. Any row of SELFIES symbols is repaired into some molecule, so validity says little of a
model; strict_rate says what share of all draws needed no repair, and the column "strict" describes those.

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
from typing import NamedTuple

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
from molvae.errors import InputError, SettingsError
from molvae.evaluation.moses import TEST_PARTS, TRAIN, cached_keys, moses_smiles
from molvae.evaluation.reference import DESCRIBED_PROPERTIES
from molvae.evaluation.report import describe_sample
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.model_folder import load_model
from molvae.generation.sampling import SamplerSettings, check_draws
from molvae.setting_fields import fields_of
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


@dataclass(frozen=True, kw_only=True)
class DrawSettings(SamplerSettings):
    """What is drawn from the model, without a FILE."""

    num_samples: int = field(default=30_000, metadata={"help": "draws of the prior; -n is the same"})

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.num_samples < 1:
            raise SettingsError(f'num_samples is "{self.num_samples}"; ask for at least 1 molecule')


class Measured(NamedTuple):
    """The SMILES to measure, and of a model's draws which are as the decoder wrote them."""

    smiles: list[str]
    strict: list[bool] | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the file or the model, what to compare with, and where the table goes."""
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="CSV, TSV, .smi (gzipped or not) or Parquet"
    )
    known = parser.add_mutually_exclusive_group()
    known.add_argument(
        "--model", type=Path, metavar="DIR", help="the model trained on what is known; sampled without FILE"
    )
    known.add_argument("--training", type=Path, metavar="FILE", help="the training molecules")
    parser.add_argument(
        "--reference", type=Path, metavar="FILE|moses", help='molecules to compare with; or the word "moses"'
    )
    parser.add_argument("-n", type=int, dest="num_samples", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    add_out_flags(parser, TABLE_ENDINGS)
    add_flags(parser, EvaluateSettings)
    add_flags(parser, DrawSettings)


def run(arguments: argparse.Namespace) -> None:
    """Prints the table of metrics, and how long it took."""
    settings: EvaluateSettings
    draws: DrawSettings
    settings, draws = gather(
        (EvaluateSettings, DrawSettings), arguments.table, vars(arguments), arguments.table_where
    )
    check_out(arguments.out, arguments.overwrite, TABLE_ENDINGS)
    _check_what_is_measured(arguments)
    model = None if arguments.model is None else load_model(arguments.model)
    closing: list[str] = []
    if arguments.file is not None:
        measured = Measured(read_smiles(arguments.file, settings.smiles_column).smiles)
    else:
        assert model is not None
        measured = _draws_of(model, draws, settings.seed)
        closing.append(_strict_line(measured))
    if measured.strict is None and arguments.reference is None:
        known = _known_molecules(model, _training_smiles(arguments))
        table = describe_sample(
            measured.smiles, known, property_names=settings.described, seed=settings.seed
        ).dropna(axis="columns", how="all")
    else:
        result = evaluate_sample(_request(arguments, settings, measured, model))
        steps = ", ".join(f"{step} {seconds:.1f}" for step, seconds in result.seconds.items())
        closing.append(f"seconds: {sum(result.seconds.values()):.1f} ({steps})")
        table = result.table
    if arguments.out is not None:
        write_table(table, arguments.out)
    print("\n".join([in_columns(table), *closing]))


def _check_what_is_measured(arguments: argparse.Namespace) -> None:
    """Makes sure that there is something to measure, and that no flag is about something else."""
    if arguments.file is None and arguments.model is None:
        raise InputError("there is nothing to measure: give a FILE of molecules, or a --model to sample from")
    given = [name for name in fields_of(DrawSettings) if name in arguments]
    if arguments.file is not None and given:
        flag = f"--{given[0].replace('_', '-')}"
        raise SettingsError(f'{flag} is about draws of a model: leave "{arguments.file}" out')


def _draws_of(model: MoleculeModel, draws: DrawSettings, seed: int) -> Measured:
    checked = check_draws(
        model,
        draws.num_samples,
        temperature=draws.temperature,
        prior=draws.prior,
        level=draws.level,
        seed=seed,
    )
    return Measured(*checked)


def _strict_line(measured: Measured) -> str:
    num_draws, num_strict = len(measured.smiles), sum(measured.strict or ())
    return (
        f"{num_draws:,} draws, {num_strict:,} as the decoder wrote them ({num_strict / num_draws:.1%}): the "
        'column "all" is what the model does, "strict" what a filter leaves of it'
    )


def _request(
    arguments: argparse.Namespace,
    settings: EvaluateSettings,
    measured: Measured,
    model: MoleculeModel | None,
) -> EvaluationRequest:
    """What the flags ask for: with moses the parts of MOSES, with a file that file, without it nothing."""
    training = _training_smiles(arguments)
    references: dict[str, list[str]] = {}
    peers = {}
    if arguments.reference == MOSES:
        references = {part: moses_smiles(part) for part in TEST_PARTS}
        training = moses_smiles(TRAIN) if training is None else training
    elif arguments.reference is not None:
        reference = read_smiles(arguments.reference).smiles
        if len(reference) > settings.max_reference:
            wanted = settings.max_reference
            logger.warning(
                '%s of the %s molecules of "%s" are taken, drawn at random: --max-reference says how many',
                *(f"{wanted:,}", f"{len(reference):,}", arguments.reference),
            )
            reference = draw(reference, wanted, settings.seed)
        references = {"": reference}
        peers = {"reference": draw(reference, len(measured.smiles), settings.seed)}
    return EvaluationRequest(
        smiles=measured.smiles,
        strict=measured.strict,
        references=references,
        training=training,
        known=_known_molecules(model, training),
        peers=peers,
        property_names=settings.described,
        seed=settings.seed,
        cache=cache_folder(),
    )


def _training_smiles(arguments: argparse.Namespace) -> list[str] | None:
    return None if arguments.training is None else read_smiles(arguments.training).smiles


def _known_molecules(model: MoleculeModel | None, training: list[str] | None) -> Callable[[str], bool] | None:
    """Says of a canonical SMILES whether it was trained on; None where that is not known."""
    if model is not None:
        return model.training_keys.__contains__
    return None if training is None else cached_keys(training, cache_folder()).__contains__
