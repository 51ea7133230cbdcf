"""Around a molecule and between two: latents near one that is known, decoded."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from molvae.errors import InputError, SettingsError
from molvae.generation.checks import check_from_zero
from molvae.generation.likeness import decode_around, grid_of, likeness_to
from molvae.interfaces import FloatArray

if TYPE_CHECKING:
    from molvae.generation.latent_model import MoleculeModel

logger = logging.getLogger(__name__)

#: How far from the similarity that was asked for a neighbor may be.
TOLERANCE = 0.1
#: Noise beside the dial's, as shares of it, that is tried too, as no molecule is the average one.
SHARES, NUM_ROUNDS = (1.0, 0.85, 1.15, 0.7, 1.3), 3


def neighbors_of(
    model: "MoleculeModel", smiles: str, num_neighbors: int, seed: int, similarity: float | None = None
) -> pd.DataFrame:
    """What `MoleculeModel.neighbors` returns.

    Without a similarity noise grows until twice as many molecules are found as asked for, and the most
    alike are taken; with one it is near the dial's, and those nearest to what was asked for are.

    Raises:
        MoleculeError: if the SMILES can't be read.
        InputError: a similarity is asked of a model without a dial.
        SettingsError: for fewer than one neighbor, a seed below 0, or a similarity that is none.
    """
    if num_neighbors < 1:
        raise SettingsError(f'num_neighbors is "{num_neighbors}"; ask for at least 1')
    check_from_zero("seed", seed)
    readable = model.all_readable([smiles])
    query = readable.smiles[0]
    center = model.posterior_of(readable.arrays)[0]
    _warn_of_strangers(model, [query], center)
    generator = np.random.default_rng(seed)
    if similarity is None:
        found = _found_nearby(model, query, center, num_neighbors, generator)
    else:
        found = _found_at(model, query, center, num_neighbors, similarity, generator)
    names = list(found)
    likeness = likeness_to(query, names)
    table = pd.DataFrame({"smiles": names, "tanimoto": likeness, "noise": list(found.values())})
    if similarity is not None:
        nearest = np.argsort(np.abs(likeness - similarity), kind="stable")[:num_neighbors]
        table = table.iloc[nearest]
    table = table.sort_values(["tanimoto", "smiles"], ascending=[False, True], ignore_index=True)
    return table.head(num_neighbors)


def _found_nearby(
    model: "MoleculeModel", query: str, center: np.ndarray, num_neighbors: int, generator: np.random.Generator
) -> dict[str, float]:
    """Distinct molecules and the noise that each was found at, from little noise to more."""
    centers = np.repeat(center, 4 * num_neighbors, axis=0)
    found: dict[str, float] = {}
    for noise in grid_of(model):
        for text in decode_around(model, centers, noise, generator):
            if text and text != query:
                found.setdefault(text, noise)
        if len(found) >= 2 * num_neighbors:
            break
    return found


def _found_at(
    model: "MoleculeModel",
    query: str,
    center: np.ndarray,
    num_neighbors: int,
    similarity: float,
    generator: np.random.Generator,
) -> dict[str, float]:
    """Distinct molecules and their noise, until enough of them are as alike as was asked for."""
    if not 0 < similarity < 1:
        raise SettingsError(f'similarity is "{similarity}"; give a Tanimoto similarity between 0 and 1')
    if model.likeness_dial is None:
        raise InputError("the model has no dial for similarity: train it anew with this version of molvae")
    middle = model.likeness_dial.noise_for(similarity)
    grid = grid_of(model)
    near = [min(share * middle, grid[-1]) for share in SHARES * NUM_ROUNDS]
    centers = np.repeat(center, 4 * num_neighbors, axis=0)
    found: dict[str, float] = {}
    num_near = 0
    for noise in (*near, *grid):
        fresh = {text for text in decode_around(model, centers, noise, generator) if text and text != query}
        names = sorted(fresh - found.keys())
        found |= dict.fromkeys(names, noise)
        num_near += int((np.abs(likeness_to(query, names) - similarity) <= TOLERANCE / 2).sum())
        if num_near >= 2 * num_neighbors:
            return found
    num_within = int((np.abs(likeness_to(query, list(found)) - similarity) <= TOLERANCE).sum())
    if num_within < num_neighbors:
        logger.warning(
            'only %d of %d neighbors of "%s" are within %.1f of a similarity of %.2f',
            num_within,
            num_neighbors,
            query,
            TOLERANCE,
            similarity,
        )
    return found


def straight_line(model: "MoleculeModel", start: str, end: str, num_steps: int) -> pd.DataFrame:
    """What `MoleculeModel.interpolate` returns.

    Raises:
        MoleculeError: if either SMILES can't be read.
        SettingsError: for fewer than two steps.
    """
    if num_steps < 2:
        raise SettingsError(f'num_steps is "{num_steps}"; two ends need at least 2')
    readable = model.all_readable([start, end])
    ends = model.posterior_of(readable.arrays)[0]
    _warn_of_strangers(model, readable.smiles, ends)
    first, last = ends
    shares = np.linspace(0, 1, num_steps)
    smiles = model.decode(first + shares[:, None] * (last - first))
    return pd.DataFrame({"step": range(num_steps), "share": shares, "smiles": smiles})


def _warn_of_strangers(model: "MoleculeModel", smiles: Sequence[str], latents: FloatArray) -> None:
    """Says which molecules the model does not give back from their own latents."""
    for given, decoded in zip(smiles, model.decode(latents), strict=True):
        if given != decoded:
            logger.warning(
                'the model makes "%s" of "%s" itself: what it decodes nearby may have little to do with it',
                decoded,
                given,
            )
