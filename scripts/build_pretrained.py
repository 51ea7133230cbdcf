"""Puts a trained model among those that come with molvae.

    python scripts/build_pretrained.py FOLDER NAME HELD_OUT.csv

Weights are kept in half precision. How many of 2,000 molecules of HELD_OUT come back before and after is
printed, and a folder above 30 MB is refused. The model card, README.md beside it, is written by hand.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

import molvae
from molvae.commands.tables import read_smiles
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.model_folder import PRETRAINED, save_model

MAX_BYTES = 30_000_000
NUM_MOLECULES = 2000


def reconstruction(model: MoleculeModel, smiles: list[str]) -> float:
    """The share of molecules that come back from their codes, those that can't be read counted as lost."""
    table = model.reconstruct(model.readable(smiles).smiles)
    return float(table["same"].sum()) / len(smiles)


def main() -> None:
    """Packs the model named on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="a finished model folder")
    parser.add_argument("name", help="what it will be called")
    parser.add_argument("held_out", type=Path, help="molecules that it was not trained on")
    arguments = parser.parse_args()
    model = molvae.load(arguments.folder)
    smiles = read_smiles(arguments.held_out).smiles
    drawn = np.random.default_rng(0).permutation(len(smiles))[:NUM_MOLECULES]
    smiles = [smiles[place] for place in drawn]
    with tempfile.TemporaryDirectory() as scratch:
        packed = Path(scratch) / arguments.name
        save_model(model, packed, half_precision=True)
        size = sum(path.stat().st_size for path in packed.iterdir())
        if size > MAX_BYTES:
            sys.exit(f"{size:,} bytes are more than {MAX_BYTES:,}: train a smaller network")
        before, after = (reconstruction(each, smiles) for each in (model, molvae.load(packed)))
    save_model(model, PRETRAINED / arguments.name, half_precision=True)
    sys.stdout.write(f"{PRETRAINED / arguments.name}: {size:,} bytes\n")
    sys.stdout.write(f"{len(smiles)} molecules come back: {before:.4f}, in half precision {after:.4f}\n")


if __name__ == "__main__":
    main()
