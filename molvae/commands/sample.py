"""Sample new molecules from a model, with their properties.

Without --out the SMILES go to the terminal; with it, a table with properties that RDKit computes, and the
predictions of the model's head, if it has one, as predicted_NAME and predicted_NAME_spread. With --target it
keeps draws that have the values asked for; how far off each is stands in NAME_error.
"""

import argparse
import logging
from dataclasses import dataclass, field
from typing import Any

from molvae.chem.properties import property_name
from molvae.commands.opening import add_model, open_model
from molvae.commands.tables import add_out_flags, write_table
from molvae.errors import SettingsError
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.sampling import SamplerSettings, draw_molecules
from molvae.generation.target_sampling import draw_at_targets
from molvae.generation.targets import read_values
from molvae.settings import add_flags
from molvae.studies.molecule_tables import DEFAULT_PROPERTIES, sample_table
from molvae.studies.target_tables import summary_of, target_table

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class SampleSettings(SamplerSettings):
    """What is sampled."""

    num_samples: int = field(default=1000, metadata={"help": "molecules wanted; -n is the same"})
    greedy: bool = field(default=False, metadata={"help": "the same as --temperature 0"})
    unique: bool = field(default=False, metadata={"help": "no molecule twice"})
    novel: bool = field(default=False, metadata={"help": "no molecule that the model was trained on"})
    strict: bool = field(
        default=False,
        metadata={"help": "only molecules as the decoder wrote them, nothing repaired or cut"},
    )
    computed: tuple[str, ...] = field(
        default=DEFAULT_PROPERTIES,
        metadata={"help": "a computed property for the table; may be given again", "flag": "property"},
    )
    target: tuple[str, ...] = field(
        default=(),
        metadata={
            "help": "NAME=VALUE, what a property should be: recomputed, or predicted where only the head "
            "knows it; may be given again"
        },
    )
    tolerance: tuple[str, ...] = field(
        default=(),
        metadata={
            "help": "NAME=DISTANCE from a target at which a molecule is still kept; a fifth of the "
            "property's spread by itself"
        },
    )
    max_draws: int | None = field(
        default=None,
        metadata={
            "help": "draws after which targets are given up; 100 a molecule, and 10,000 at least, by itself"
        },
    )
    seed: int = field(default=0, metadata={"help": "seed of all that is random"})

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.num_samples < 1:
            raise SettingsError(f'num_samples is "{self.num_samples}"; ask for at least 1 molecule')
        if self.greedy and self.temperature > 0:
            raise SettingsError(
                f'greedy decoding has no temperature "{self.temperature}"; leave one of them out'
            )
        if self.seed < 0:
            raise SettingsError(f'seed is "{self.seed}"; it must not be negative')
        for name in self.computed:
            property_name(name)
        read_values(self.target, "target")
        read_values(self.tolerance, "tolerance")
        if not self.target and (self.tolerance or self.max_draws is not None):
            raise SettingsError("tolerance and max_draws go with a target only; give --target NAME=VALUE too")
        if self.max_draws is not None and self.max_draws < 1:
            raise SettingsError(f'max_draws is "{self.max_draws}"; give at least 1')

    @property
    def how(self) -> dict[str, Any]:
        """How a draw is made and kept, as `draw_molecules` takes it."""
        names = ("temperature", "unique", "novel", "strict", "prior", "level", "seed")
        return {name: getattr(self, name) for name in names}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the model, what to sample, and where to put it."""
    add_model(parser)
    parser.add_argument("-n", type=int, dest="num_samples", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    add_out_flags(parser)
    add_flags(parser, SampleSettings)


def run(arguments: argparse.Namespace) -> None:
    """Samples, and prints the molecules, or where they are and how many of them are new."""
    settings, model = open_model(arguments, SampleSettings)
    if settings.target:
        _run_at_targets(arguments, settings, model)
        return
    draws = draw_molecules(model, settings.num_samples, **settings.how)
    if arguments.out is None:
        print("\n".join(draws.smiles))
        return
    write_table(sample_table(model, draws.smiles, settings.computed), arguments.out)
    distinct = set(draws.smiles)
    num_novel = sum(text not in model.training_keys for text in distinct)
    print(
        f"{settings.num_samples:,} asked for: {len(draws.smiles):,} molecules from {draws.num_draws:,} draws"
    )
    print(f"{draws.num_valid:,} draws valid, {len(distinct):,} molecules unique, {num_novel:,} of them novel")
    if draws.num_strict is not None:
        print(
            f"{draws.num_strict:,} draws as the decoder wrote them ({draws.num_strict / draws.num_draws:.1%})"
        )
    print(f"molecules: {arguments.out}")


def _run_at_targets(arguments: argparse.Namespace, settings: SampleSettings, model: MoleculeModel) -> None:
    """As `run`, with what was asked for beside what was found."""
    draws = draw_at_targets(
        model,
        settings.num_samples,
        read_values(settings.target, "target"),
        tolerances=read_values(settings.tolerance, "tolerance"),
        max_draws=settings.max_draws,
        **settings.how,
    )
    summary = summary_of(draws, settings.num_samples, model.training_keys.__contains__)
    if arguments.out is None:
        print("\n".join(draws.smiles))
        for line in summary:
            logger.info("%s", line)
        return
    write_table(target_table(model, draws, settings.computed), arguments.out)
    print("\n".join([*summary, f"molecules: {arguments.out}"]))
