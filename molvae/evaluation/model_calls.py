"""A model in, the plain functions that holes, paths and denoising are measured with out.

Measurements ask for a function and not for a model, so that each can be tested on a case worked out by hand;
here is what a trained model puts in that place.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from molvae.chem.notation import selfies_to_smiles
from molvae.data.dataset import TokenArrays
from molvae.evaluation.denoising import Reconstruct
from molvae.evaluation.holes import Encode
from molvae.generation.sampling import posterior_draws
from molvae.interfaces import FloatArray

if TYPE_CHECKING:
    from molvae.generation.latent_model import MoleculeModel


def encoder_of(model: "MoleculeModel") -> Encode:
    """Returns a function from SMILES to posterior means `(B, L)`, with NaN for what the model can't read.

    A model that decodes a molecule need not be able to read it: it may be too long, or hold a symbol that no
    molecule of the training data has.
    """

    def encode(smiles: Sequence[str]) -> FloatArray:
        latents = np.full((len(smiles), model.latent_dim), np.nan, dtype=np.float32)
        readable = model.readable(smiles)
        if readable.smiles:
            latents[readable.places] = model.posterior_of(readable.arrays)[0]
        return latents

    return encode


def denoiser_of(
    model: "MoleculeModel", num_draws: int = 0, *, temperature: float = 0.0, seed: int = 0
) -> Reconstruct:
    """Returns a function from corrupted SELFIES to answers: what the mean of q(z|x) decodes to, and draws.

    The symbols are encoded as they stand, not as the molecule that they stand for is written. Draws are of
    q(z|x), all the same for a deterministic autoencoder unless the decoder draws too. The answer to a string
    that the model can't read, as it holds no atom or a symbol unknown to it, is "".

    Args:
        model: encodes and decodes.
        num_draws: how many answers there are besides the first.
        temperature: of the decoder, for these draws.
        seed: of the draws.
    """

    def reconstruct(selfies: Sequence[str]) -> list[list[str]]:
        answers = [[""] for _ in selfies]
        places = [place for place, text in enumerate(selfies) if _is_read(model, text)]
        if not places:
            return answers
        arrays = TokenArrays.of(model.tokenizer.to_ids_batch([selfies[place] for place in places]))
        mean, spread = model.posterior_of(arrays)
        for place, text in zip(places, model.decode(mean), strict=True):
            answers[place] = [text]
        if num_draws:
            draws = posterior_draws(mean, spread, num_draws, seed, model.posterior_family)
            rows = draws.reshape(-1, model.latent_dim)
            decoded = model.decode(rows, temperature=temperature, seed=seed)
            for index, place in enumerate(places):
                answers[place] += decoded[index * num_draws : (index + 1) * num_draws]
        return answers

    return reconstruct


def combine_copies(model: "MoleculeModel", copies: Sequence[Sequence[str]]) -> list[str]:
    """Returns what each molecule's corrupted copies stand for together: the mean of their latents, decoded.

    Args:
        model: encodes and decodes.
        copies: for each molecule some SELFIES, each corrupted on its own; those that the model can't read are
            left out.

    Returns:
        Canonical SMILES, one a molecule; "" where none of its copies can be read.
    """
    known = [[text for text in texts if _is_read(model, text)] for texts in copies]
    combined = [""] * len(copies)
    places = [place for place, texts in enumerate(known) if texts]
    if places:
        flat = [text for place in places for text in known[place]]
        latents = model.posterior_of(TokenArrays.of(model.tokenizer.to_ids_batch(flat)))[0]
        ends = np.cumsum([len(known[place]) for place in places])[:-1]
        means = np.stack([part.mean(axis=0) for part in np.split(latents, ends)])
        for place, text in zip(places, model.decode(means), strict=True):
            combined[place] = text
    return combined


def _is_read(model: "MoleculeModel", selfies: str) -> bool:
    return bool(selfies_to_smiles(selfies)) and not model.tokenizer.unseen_symbols(selfies)
