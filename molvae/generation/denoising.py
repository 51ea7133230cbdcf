"""Corrupted molecules in, what a model takes them for out, each answer with its share of the draws.

A VAE's encoder says a distribution and so may answer in several ways; an autoencoder answers in one, unless
its decoder draws. SELFIES is read as it stands, whatever it says: that is what noise leaves of a molecule.
"""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from molvae.chem.notation import selfies_to_smiles, split_symbols
from molvae.data.dataset import TokenArrays
from molvae.data.tokenizer import IdArray
from molvae.errors import MoleculeError, SettingsError
from molvae.generation.checks import check_from_zero, check_level
from molvae.generation.likeness import likeness_to
from molvae.generation.molecules import Refusal
from molvae.generation.sampling import posterior_at_level, posterior_draws
from molvae.interfaces import FloatArray

if TYPE_CHECKING:
    from molvae.generation.latent_model import MoleculeModel


class Denoised(NamedTuple):
    """Answers and refusals.

    Attributes:
        table: columns place, given, smiles, probability, tanimoto and is_mean; the likeliest first. `given`
            is the canonical SMILES of what was given, `tanimoto` is to that (ECFP4, 2,048 bits), and
            `is_mean` says whether the mean of q(z|x) decodes to the same. A draw that decodes to no molecule
            has the answer "".
        refused: what could not be read.
    """

    table: pd.DataFrame
    refused: list[Refusal]


def denoise(
    model: "MoleculeModel",
    texts: Sequence[str],
    num_draws: int = 20,
    *,
    temperature: float = 0.0,
    level: float = 0.0,
    seed: int = 0,
) -> Denoised:
    """What a model takes SELFIES, or SMILES, for.

    Args:
        model: encodes and decodes.
        texts: SELFIES, read symbol by symbol as they stand, or SMILES, which must be molecules.
        num_draws: draws of q(z|x) a molecule.
        temperature: of the decoder, for these draws.
        level: noise laid over the latents, 0 to 1, where the decoder is told of it.
        seed: of all that is random.

    Raises:
        SettingsError: for fewer than one draw, a temperature or seed below 0, or a level that the model
            knows not.
    """
    if num_draws < 1:
        raise SettingsError(f'num_draws is "{num_draws}"; ask for at least 1')
    check_from_zero("temperature", temperature)
    check_from_zero("seed", seed)
    check_level(level, model.is_told_levels)
    ids, given, places, refused = _read(model, texts)
    if not places:
        return Denoised(_table([]), refused)
    mean, spread = posterior_at_level(*model.posterior_of(TokenArrays.of(ids)), level)
    firsts = model.decode(mean, level=level)
    draws = posterior_draws(mean, spread, num_draws, seed, model.posterior_family)
    decoded = model.decode(
        draws.reshape(-1, model.latent_dim), temperature=temperature, level=level, seed=seed
    )
    rows: list[tuple[int, str, str, float, float, bool]] = []
    for index, place in enumerate(places):
        answers = Counter(decoded[index * num_draws : (index + 1) * num_draws])
        likeness = _likeness(given[index], list(answers))
        for (smiles, count), alike in sorted(
            zip(answers.items(), likeness, strict=True), key=lambda one: (-one[0][1], -one[1], one[0][0])
        ):
            rows.append(
                (place, given[index], smiles, count / num_draws, float(alike), smiles == firsts[index])
            )
    return Denoised(_table(rows), refused)


def _read(
    model: "MoleculeModel", texts: Sequence[str]
) -> tuple[list[IdArray], list[str], list[int], list[Refusal]]:
    """Token ids, canonical SMILES and places of what can be read, and what can't be."""
    ids: list[IdArray] = []
    given: list[str] = []
    places: list[int] = []
    refused: list[Refusal] = []
    for place, text in enumerate(texts):
        if is_selfies(text):
            found = _read_selfies(model, place, text.strip())
        else:
            found = _read_smiles(model, place, text)
        if isinstance(found, Refusal):
            refused.append(found)
            continue
        ids.append(found[0])
        given.append(found[1])
        places.append(place)
    return ids, given, places, refused


def is_selfies(text: str) -> bool:
    """Whether a text is a row of bracketed symbols, more than one.

    >>> is_selfies("[C][C][O]"), is_selfies("[NH4+]"), is_selfies("[O-]C")
    (True, False, False)
    """
    try:
        return len(split_symbols(text.strip())) > 1
    except MoleculeError:
        return False


def _read_selfies(model: "MoleculeModel", place: int, text: str) -> tuple[IdArray, str] | Refusal:
    if unseen := model.tokenizer.unseen_symbols(text):
        return Refusal(place, text, "unseen symbol", " ".join(unseen))
    try:
        smiles = selfies_to_smiles(text)
    except MoleculeError as error:
        return Refusal(place, text, "unparseable", str(error))
    if not smiles:
        return Refusal(place, text, "unparseable", "it stands for no molecule")
    return model.tokenizer.to_ids(text), smiles


def _read_smiles(model: "MoleculeModel", place: int, text: str) -> tuple[IdArray, str] | Refusal:
    readable = model.readable([text])
    if readable.refused:
        return readable.refused[0]._replace(place=place)
    return readable.arrays.tokens, readable.smiles[0]


def _likeness(query: str, smiles: Sequence[str]) -> FloatArray:
    """Tanimoto similarity of each to a molecule, 0 for what is none."""
    found = np.zeros(len(smiles))
    valid = [place for place, text in enumerate(smiles) if text]
    if valid:
        found[valid] = likeness_to(query, [smiles[place] for place in valid])
    return found


def _table(rows: Sequence[tuple[int, str, str, float, float, bool]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["place", "given", "smiles", "probability", "tanimoto", "is_mean"])
