"""Bring corrupted molecules back: what a model takes SELFIES or SMILES for, and how sure it is.

SELFIES is read symbol by symbol as it stands; SMILES must be molecules, and the rest goes to the ledger.
"""

import argparse
from dataclasses import dataclass, field

from molvae.commands.encoding import list_refused, refused_line
from molvae.commands.opening import add_model_and_file, open_model
from molvae.commands.tables import TABLE_ENDINGS, read_smiles, write_table
from molvae.generation.denoising import denoise


@dataclass(frozen=True, kw_only=True)
class DenoiseSettings:
    """What is read, and how it is brought back."""

    draws: int = field(default=20, metadata={"help": "draws of q(z|x) for each molecule"})
    temperature: float = field(
        default=0.0,
        metadata={"help": "of the decoder; 0 for the likeliest molecule of each draw"},
    )
    level: float = field(
        default=0.0,
        metadata={"help": "noise laid over the latents, 0 to 1, for a model trained with --bottleneck noisy"},
    )
    seed: int = field(default=0, metadata={"help": "seed of all that is random"})
    smiles_column: str | None = field(
        default=None, metadata={"help": "the column of SELFIES or SMILES; found by itself if it is of SMILES"}
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the model, the file, and where the table goes."""
    file_help = "CSV, TSV, .smi (gzipped or not) or Parquet, with a column of SELFIES or SMILES"
    add_model_and_file(parser, DenoiseSettings, file_help=file_help, endings=TABLE_ENDINGS)


def run(arguments: argparse.Namespace) -> None:
    """Writes row, given, smiles, probability, tanimoto and is_mean."""
    settings, model = open_model(arguments, DenoiseSettings)
    molecules = read_smiles(arguments.file, settings.smiles_column)
    found = denoise(
        model,
        molecules.smiles,
        settings.draws,
        temperature=settings.temperature,
        level=settings.level,
        seed=settings.seed,
    )
    list_refused(found.refused, molecules, arguments.file, arguments.out)
    table = found.table.rename(columns={"place": "row"})
    table["row"] = [molecules.rows[place] for place in table["row"]]
    write_table(table, arguments.out)
    num_read = len(molecules.rows) - len(found.refused)
    print(f"{num_read:,} molecules, {len(table):,} answers in {settings.draws} draws each")
    if line := refused_line(found.refused, arguments.out):
        print(line)
    print(f"table: {arguments.out}")
