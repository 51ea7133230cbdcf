"""Around molecules and between two: latents near those that are known, decoded.

What lies around a molecule is found in two ways: noise over its latents, and a slip of the decoder, which
writes one token otherwise. Slips are more alike than what noise finds, noise is found to any distance.
"""

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from molvae.data.dataset import IndexArray
from molvae.errors import InputError, SettingsError
from molvae.generation.checks import check_from_zero
from molvae.generation.likeness import decode_around, decode_with_slips, grid_of, likeness_to
from molvae.interfaces import FloatArray
from molvae.progress import Progress

if TYPE_CHECKING:
    from molvae.generation.latent_model import MoleculeModel

logger = logging.getLogger(__name__)

#: So many are looked for at least: of fewer the same are found, and the most alike of them given.
MIN_NEIGHBORS = 10
#: How far from the similarity that was asked for a neighbor may be.
TOLERANCE = 0.1
#: Noise beside the dial's, as shares of it, that is tried too, as no molecule is the average one; and how
#: often all of it is tried, or all slips.
SHARES, NUM_ROUNDS = (1.0, 0.85, 1.15, 0.7, 1.3), 3
#: Temperatures of the decoder's slips, from what it would have written next to what it hardly would.
SLIPS = (1.0, 1.0, 1.5, 1.5, 2.0, 2.0, 3.0, 3.0)
#: Draws decoded at once, around as many molecules as they are enough for.
BLOCK_DRAWS = 20_000
#: Molecules that a warning names; of more, the others are counted.
MAX_NAMED = 3


class Around(NamedTuple):
    """Molecules to look around: canonical SMILES, latents `(K, L)` and numbers of tokens `(K,)`."""

    queries: Sequence[str]
    centers: FloatArray
    lengths: IndexArray

    def part(self, place: slice) -> "Around":
        """Some of them."""
        return Around(self.queries[place], self.centers[place], self.lengths[place])


class Move(NamedTuple):
    """A way away from a molecule: so much noise; or none, and a slip at a temperature."""

    noise: float
    slip: float | None = None


class Neighbor(NamedTuple):
    """How alike a molecule is to the one it was found around (Tanimoto), and the noise that found it."""

    tanimoto: float
    noise: float


#: What was found around a molecule: canonical SMILES, none of them its own.
Found = dict[str, Neighbor]


def neighbors_of(
    model: "MoleculeModel", smiles: str, num_neighbors: int, seed: int, similarity: float | None = None
) -> pd.DataFrame:
    """What `MoleculeModel.neighbors` returns; errors are those of it."""
    table = neighbors_of_each(model, [smiles], num_neighbors, seed, similarity)
    return table.loc[table["smiles"] != "", ["smiles", "tanimoto", "noise"]]


def neighbors_of_each(
    model: "MoleculeModel",
    smiles: Sequence[str],
    num_neighbors: int,
    seed: int,
    similarity: float | None = None,
) -> pd.DataFrame:
    """What `MoleculeModel.neighbors_of_each` returns; errors are those of it."""
    readable = model.all_readable(smiles)
    centers = model.posterior_of(readable.arrays)[0]
    around = Around(readable.smiles, centers, readable.arrays.lengths)
    return neighbors_around(model, around, num_neighbors, seed, similarity)


def neighbors_around(
    model: "MoleculeModel",
    around: Around,
    num_neighbors: int,
    seed: int,
    similarity: float | None = None,
) -> pd.DataFrame:
    """Distinct molecules decoded from around the latents of others.

    Without a similarity the decoder slips, and then noise grows, until twice as many molecules are found as
    asked for, and the most alike are taken; with one noise is near the dial's, or, where that gives none so
    alike, the decoder slips first; and those nearest to what was asked for are taken.

    Args:
        model: decodes.
        around: the molecules that neighbors are wanted of.
        num_neighbors: how many around each.
        seed: of the noise.
        similarity: how alike they should be; None for as alike as can be found.

    Returns:
        Columns place (from 0, among the queries), query, smiles, tanimoto and noise, the most alike first;
        a query around which nothing else is found has one row, without a neighbor.

    Raises:
        InputError: a similarity is asked of a model without a dial.
        SettingsError: for fewer than one neighbor, a seed below 0, or a similarity that is none.
    """
    if num_neighbors < 1:
        raise SettingsError(f'num_neighbors is "{num_neighbors}"; ask for at least 1')
    check_from_zero("seed", seed)
    moves = _moves_for(model, similarity)
    generator = np.random.default_rng(seed)
    _warn_of_strangers(model, around.queries, around.centers)

    def is_enough(found: Found) -> bool:
        """Whether twice as many were found as asked for, where need be as alike as asked for."""
        num_near = len(found)
        if similarity is not None:
            num_near = sum(abs(one.tanimoto - similarity) <= TOLERANCE / 2 for one in found.values())
        return num_near >= 2 * num_sought

    num_sought = max(num_neighbors, MIN_NEIGHBORS)
    num_draws = 4 * num_sought
    block_size = max(1, BLOCK_DRAWS // num_draws)
    chosen: list[Found] = []
    with Progress(len(around.queries), "neighbors") as bar:
        for start in range(0, len(around.queries), block_size):
            block = around.part(slice(start, start + block_size))
            every = _search(model, block, moves, num_draws, generator, is_enough)
            chosen.extend(_nearest(found, num_neighbors, similarity) for found in every)
            bar.update(len(every))
    if similarity is not None:
        _warn_of_unlike(around.queries, chosen, num_neighbors, similarity)
    return _table_of(around.queries, chosen)


def _moves_for(model: "MoleculeModel", similarity: float | None) -> tuple[Move, ...]:
    """What to try, in order: for a similarity what the dial says, or slips where noise has none so alike."""
    slips = tuple(Move(0.0, temperature) for temperature in SLIPS)
    grid = grid_of(model)
    everything = tuple(map(Move, grid))
    if similarity is None:
        return (*slips, *everything)
    if not 0 < similarity < 1:
        raise SettingsError(f'similarity is "{similarity}"; give a Tanimoto similarity between 0 and 1')
    if model.likeness_dial is None:
        raise InputError("the model has no dial for similarity: train it anew with this version of molvae")
    dial = model.likeness_dial
    middle = dial.noise_for(similarity)
    near = tuple(Move(min(share * middle, grid[-1])) for share in SHARES * NUM_ROUNDS)
    if similarity > dial.tanimoto[0]:
        return (*slips * NUM_ROUNDS, *near, *everything)
    return (*near, *slips, *everything)


def _search(
    model: "MoleculeModel",
    around: Around,
    moves: Sequence[Move],
    num_draws: int,
    generator: np.random.Generator,
    is_enough: Callable[[Found], bool],
) -> list[Found]:
    """What is found around each query, all of them decoded together until each has enough."""
    every: list[Found] = [{} for _ in around.queries]
    lacking = list(range(len(every)))
    for noise, slip in moves:
        centers = np.repeat(around.centers[lacking], num_draws, axis=0)
        if slip is None:
            decoded = decode_around(model, centers, noise, generator)
        else:
            lengths = np.repeat(around.lengths[lacking], num_draws)
            decoded = decode_with_slips(model, centers, lengths, slip, generator)
        for index, place in enumerate(lacking):
            query = around.queries[place]
            own = decoded[index * num_draws : (index + 1) * num_draws]
            fresh = sorted(set(own) - {"", query} - every[place].keys())
            for text, likeness in zip(fresh, likeness_to(query, fresh).tolist(), strict=True):
                every[place][text] = Neighbor(likeness, noise)
        lacking = [place for place in lacking if not is_enough(every[place])]
        if not lacking:
            break
    return every


def _nearest(found: Found, num_neighbors: int, similarity: float | None) -> Found:
    """Those that are the most alike, or the nearest to the similarity; the most alike first."""
    names = sorted(found, key=lambda name: (-found[name].tanimoto, name))
    if similarity is not None:
        nearest = sorted(names, key=lambda name: abs(found[name].tanimoto - similarity))[:num_neighbors]
        names = [name for name in names if name in set(nearest)]
    return {name: found[name] for name in names[:num_neighbors]}


def _table_of(queries: Sequence[str], chosen: Sequence[Found]) -> pd.DataFrame:
    lines = [
        (place, query, name, *neighbor)
        for place, (query, found) in enumerate(zip(queries, chosen, strict=True))
        for name, neighbor in (found or {"": Neighbor(np.nan, np.nan)}).items()
    ]
    return pd.DataFrame(lines, columns=["place", "query", "smiles", "tanimoto", "noise"])


def _warn_of_unlike(
    queries: Sequence[str], chosen: Sequence[Found], num_neighbors: int, similarity: float
) -> None:
    """Says around which molecules too few were found that are as alike as asked for."""
    lines = []
    for query, found in zip(queries, chosen, strict=True):
        num_within = sum(abs(one.tanimoto - similarity) <= TOLERANCE for one in found.values())
        if num_within < num_neighbors:
            lines.append(
                f'only {num_within} of {num_neighbors} neighbors of "{query}" are within {TOLERANCE:.1f} of '
                f"a similarity of {similarity:.2f}"
            )
    _warn_of_each(lines)


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
    _warn_of_each(
        [
            f'the model makes "{decoded}" of "{given}" itself: what it decodes nearby may have little to do '
            "with it"
            for given, decoded in zip(smiles, model.decode(latents), strict=True)
            if given != decoded
        ]
    )


def _warn_of_each(lines: Sequence[str]) -> None:
    """Warns with the first few lines, and says of how many more molecules the same is true."""
    for line in lines[:MAX_NAMED]:
        logger.warning("%s", line)
    if len(lines) > MAX_NAMED:
        logger.warning("and the same of %s other molecules", f"{len(lines) - MAX_NAMED:,}")
