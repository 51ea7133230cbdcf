"""What a model makes of molecules that a search proposes: whether it knows them, and where it puts them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from molvae.evaluation.scales import neighbor_distances
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.prediction import predict_codes
from molvae.interfaces import FloatArray
from molvae.studies.molecule_tables import prediction_columns

COMES_BACK, CODE_DISTANCE = "comes_back", "code_distance"
#: Draws of the prior that codes are compared with.
NUM_DRAWS = 1_024


def opinion_columns(
    model: MoleculeModel, smiles: Sequence[str], seed: int = 0
) -> dict[str, FloatArray | npt.NDArray[np.bool_]]:
    """Columns for a table of canonical SMILES `(N,)`.

    predicted_NAME and predicted_NAME_spread  what the head says at the molecule's own code, see
        `prediction_columns`
    comes_back  whether decode(encode(molecule)) is the molecule: if not, the model has no place for it
    code_distance  from its code to the nearest of 1,024 draws of the prior; 1 is the median distance from
        one of these to the nearest other, so much more is far from all that the model was trained on

    A molecule that can't be encoded does not come back and has no other value.
    """
    readable = model.readable(smiles)
    comes_back = np.zeros(len(smiles), dtype=np.bool_)
    distance = np.full(len(smiles), np.nan)
    codes: FloatArray = np.empty((0, model.latent_dim))
    if readable.smiles:
        codes = model.posterior_of(readable.arrays)[0]
        back = model.decode(codes)
        same = [one == other for one, other in zip(readable.smiles, back, strict=True)]
        comes_back[readable.places] = same
        distance[readable.places] = _distances(model, codes, seed)
    predictions = predict_codes(model, codes, readable.places, len(smiles))
    return {**prediction_columns(model, predictions), COMES_BACK: comes_back, CODE_DISTANCE: distance}


def _distances(model: MoleculeModel, codes: FloatArray, seed: int) -> FloatArray:
    """From each code `(B, L)` to the nearest draw of the prior, in what is typical among the draws."""
    draws = model.sample_latents(NUM_DRAWS, np.random.default_rng(seed))
    typical = float(np.median(neighbor_distances(draws)))
    nearest: FloatArray = cdist(codes, draws).min(axis=1) / max(typical, 1e-12)
    return nearest
