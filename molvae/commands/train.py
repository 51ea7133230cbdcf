"""Train a VAE, or a plain autoencoder, on a table of SMILES.

Rows that can't be used are listed in the model folder's ledger.csv. Settings come from flags, or from the
[train] table of a TOML file given with --config.
"""

import argparse
from pathlib import Path

from molvae.commands.curation_report import curation_report
from molvae.data.cache import cache_folder
from molvae.settings import add_flags
from molvae.training.request import PARTS, RunRequest, RunSettings
from molvae.training.run import train_model


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the file, the folder and every setting of training."""
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV, TSV, .smi (gzipped or not) or Parquet")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the model")
    parser.add_argument("--resume", action="store_true", help="go on with the run in DIR")
    parser.add_argument("--overwrite", action="store_true", help="delete DIR first")
    parser.add_argument(
        "--base-model",
        type=Path,
        metavar="DIR",
        help="fine-tune the model in this folder, or a model that comes with molvae, by its name",
    )
    for cls in PARTS.values():
        add_flags(parser, cls)


def run(arguments: argparse.Namespace) -> None:
    """Trains, and prints what came of it."""
    request = RunRequest(
        file=arguments.file,
        out=arguments.out,
        cache=cache_folder(),
        settings=RunSettings.gathered(arguments.table, vars(arguments), arguments.table_where),
        base_model=arguments.base_model,
    )
    model, prepared = train_model(request, resume=arguments.resume, overwrite=arguments.overwrite)
    print("\n".join(curation_report(prepared.summary())))
    facts = model.facts
    print(f"{facts['molecules_seen']:,} molecules seen in {facts['steps']:,} steps, {facts['seconds']:.0f} s")
    print(f"exact reconstruction of held-out molecules: {facts['valid']['reconstruction']:.3f}")
    for name, value in facts["valid"]["property_r2"].items():
        print(f"R2 of {name} on held-out molecules: {'unknown' if value is None else f'{value:.3f}'}")
    if facts["alarm"]:
        print(f"warning: {facts['alarm']}")
    if not facts["is_complete"]:
        print("interrupted: the model so far is saved; go on with the same command and --resume")
    print(f"model folder: {arguments.out}")
