"""What the property head says of latents, in the properties' own units."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from molvae.data.dataset import IndexArray
from molvae.data.scaling import PropertyScaler
from molvae.errors import InputError
from molvae.interfaces import FloatArray, Gradient, Predictions
from molvae.models.property_head import PropertyHead

if TYPE_CHECKING:
    from molvae.generation.latent_model import MoleculeModel


def predict_properties(head: PropertyHead, scaler: PropertyScaler, latents: Tensor) -> Predictions:
    """Predictions and spreads of latents `(B, L)`; the spreads as calibrated on held-out molecules."""
    with torch.no_grad():
        mean, variance = (part.double().numpy() for part in head(latents))
    spread = np.sqrt(variance) * np.array(scaler.deviations) * np.array(scaler.spread_factors)
    return Predictions(scaler.unscale(mean), np.where(scaler.is_binary, np.nan, spread))


def predict_smiles(model: "MoleculeModel", smiles: Sequence[str]) -> Predictions:
    """The head's predictions `(N, P)` at the molecules' own codes; NaN for one that can't be encoded."""
    readable = model.readable(smiles)
    is_needed = bool(model.property_names and readable.smiles)
    codes = model.posterior_of(readable.arrays)[0] if is_needed else np.empty((0, model.latent_dim))
    return predict_codes(model, codes, readable.places, len(smiles))


def predict_codes(
    model: "MoleculeModel", codes: FloatArray, places: IndexArray, num_molecules: int
) -> Predictions:
    """The head's predictions `(N, P)` at the codes of those molecules that have one; NaN for the others.

    Args:
        model: predicts.
        codes: `(B, L)`.
        places: of the codes' molecules among the `num_molecules`, `B` of them.
        num_molecules: `N`.
    """
    shape = (num_molecules, len(model.property_names))
    mean, spread = np.full(shape, np.nan), np.full(shape, np.nan)
    if model.property_names and len(codes) > 0:
        mean[places], spread[places] = model.predict(codes)
    return Predictions(mean, spread)


def property_gradient(
    head: PropertyHead, scaler: PropertyScaler, latents: Tensor, property_name: str
) -> Gradient:
    """One predicted property of latents `(B, L)`, `(B,)`, and its slope, `(B, L)`.

    Raises:
        InputError: if the head does not predict this property.
    """
    if property_name not in scaler.names:
        known = ", ".join(scaler.names)
        raise InputError(f'the model does not predict "{property_name}"; it predicts {known}')
    index = scaler.names.index(property_name)
    with torch.enable_grad():
        latents = latents.requires_grad_()
        value = head(latents)[0][:, index] * scaler.deviations[index] + scaler.means[index]
        (slope,) = torch.autograd.grad(value.sum(), latents)
    return Gradient(value.detach().numpy(), slope.numpy())
