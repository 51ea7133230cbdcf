"""Around a molecule and between two: latents near one that is known, decoded."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from molvae.chem.fingerprints import morgan_bits, tanimoto
from molvae.chem.molecules import parse_smiles
from molvae.errors import SettingsError
from molvae.generation.checks import check_from_zero

if TYPE_CHECKING:
    from molvae.generation.latent_model import MoleculeModel

#: Radii at which neighbors are looked for, in units of the spread of the training molecules' latents.
RADII = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.3)


def neighbors_of(model: "MoleculeModel", smiles: str, num_neighbors: int, seed: int) -> pd.DataFrame:
    """What `MoleculeModel.neighbors` returns: noise grows until twice as many molecules are found as asked.

    Raises:
        MoleculeError: if the SMILES can't be read.
        SettingsError: for fewer than one neighbor, or a seed below 0.
    """
    if num_neighbors < 1:
        raise SettingsError(f'num_neighbors is "{num_neighbors}"; ask for at least 1')
    check_from_zero("seed", seed)
    readable = model.all_readable([smiles])
    query = readable.smiles[0]
    center = model.posterior_of(readable.arrays)[0]
    scale = model.latent_scale
    generator = np.random.default_rng(seed)
    found: dict[str, float] = {}
    for radius in RADII:
        noise = generator.standard_normal((4 * num_neighbors, model.latent_dim))
        for text in model.decode(center + radius * scale * noise):
            if text and text != query:
                found.setdefault(text, radius)
        if len(found) >= 2 * num_neighbors:
            break
    names = list(found)
    fingerprints = morgan_bits([parse_smiles(name) for name in (query, *names)])
    likeness = tanimoto(fingerprints[0], fingerprints[1:])
    table = pd.DataFrame({"smiles": names, "tanimoto": likeness, "radius": list(found.values())})
    table = table.sort_values(["tanimoto", "smiles"], ascending=[False, True], ignore_index=True)
    return table.head(num_neighbors)


def straight_line(model: "MoleculeModel", start: str, end: str, num_steps: int) -> pd.DataFrame:
    """What `MoleculeModel.interpolate` returns.

    Raises:
        MoleculeError: if either SMILES can't be read.
        SettingsError: for fewer than two steps.
    """
    if num_steps < 2:
        raise SettingsError(f'num_steps is "{num_steps}"; two ends need at least 2')
    first, last = model.encode([start, end])
    shares = np.linspace(0, 1, num_steps)
    smiles = model.decode(first + shares[:, None] * (last - first))
    return pd.DataFrame({"step": range(num_steps), "share": shares, "smiles": smiles})
