"""A table of molecules in, an SDF out: a drawing's coordinates, and every column as a property."""

import io
from pathlib import Path

import pandas as pd
from rdkit import Chem
from rdkit.Chem import rdDepictor

from molvae.chem.molecules import parse_smiles
from molvae.whole_files import write_whole


def write_sdf(table: pd.DataFrame, path: Path, column: str = "smiles") -> None:
    """Writes the molecules of a column, in two dimensions; empty cells become no property.

    Args:
        table: a row a molecule.
        path: the file; it is there whole or not at all.
        column: of SMILES.

    Raises:
        MoleculeError: for one that can't be parsed.
        CheckpointError: the file can't be written.
    """
    content = io.StringIO()
    with Chem.SDWriter(content) as writer:
        for row in table.to_dict("records"):
            mol = parse_smiles(row[column])
            rdDepictor.Compute2DCoords(mol)
            mol.SetProp("_Name", str(row[column]))
            for name, value in row.items():
                if not (pd.isna(value) or value == ""):
                    mol.SetProp(str(name), f"{value:.12g}" if isinstance(value, float) else str(value))
            writer.write(mol)
    write_whole({path: content.getvalue().encode()}, remedy="free some space, or choose another folder")
