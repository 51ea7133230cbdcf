"""What a model does on molecules it was not trained on, and the alarm for a collapsed latent space."""

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from molvae.data.dataset import IndexArray, TokenArrays
from molvae.interfaces import FloatArray
from molvae.models.autoencoder import Autoencoder
from molvae.models.bottleneck import Posterior
from molvae.models.noise import draw_levels

#: A latent whose mean varies by more than this over the data is active (Burda et al. 2016, appendix C).
ACTIVE_VARIANCE = 0.01
#: Below any of these the latents carry too little of a molecule to be of use.
LEAST_KL, LEAST_RISE = 15.0, 5.0
#: A model that gives back so many unseen molecules reads its latents, however few nats a small library needs.
HEALTHY_RECONSTRUCTION = 0.5
#: Molecules scored at once.
BATCH_SIZE = 512


class ValidationReport(NamedTuple):
    """Measurements on held-out molecules.

    Attributes:
        reconstruction_loss: nats a molecule, decoded from the posterior's mean.
        reconstruction: share of molecules that greedy decoding of the mean gives back exactly.
        kl_divergence: nats a molecule.
        active_units: latents that vary with the molecule.
        nll_rise: nats a molecule that the loss rises by when latents are shuffled among molecules.
        property_loss: the head's, nats a molecule; 0 without a head.
        property_r2: for each property the share of its variance that the head explains (for a yes/no
            property, of the 0/1 labels by the probability); NaN where fewer than two were measured.
        mixed_loss: nats a molecule, decoded at noise levels as training meets them at last; without levels,
            the reconstruction_loss.
        unconditional_loss: nats a molecule, decoded from nothing but noise: the language model's; NaN
            without levels.
    """

    reconstruction_loss: float
    reconstruction: float
    kl_divergence: float
    active_units: int
    nll_rise: float
    property_loss: float
    property_r2: tuple[float, ...]
    mixed_loss: float = math.nan
    unconditional_loss: float = math.nan


@torch.no_grad()
def validate(
    model: Autoencoder, arrays: TokenArrays, indices: IndexArray, targets: FloatArray | None, seed: int
) -> ValidationReport:
    """Measures a model on the molecules at `indices`; `targets` `(N, P)` are standardised, NaN unknown."""
    device = next(model.parameters()).device
    ordered = indices[np.argsort(-arrays.lengths[indices], kind="stable")]
    partners = _partners(len(ordered), seed)
    means, log_nlls, exact, kls, mixed, unconditional = [], [], [], [], [], []
    generator = torch.Generator(device).manual_seed(seed)
    parts = [ordered[at : at + BATCH_SIZE] for at in range(0, len(ordered), BATCH_SIZE)]
    batches = [_to_torch(arrays, part, device) for part in parts]
    for token_ids, lengths in batches:
        posterior = model.encode(token_ids, lengths)
        scores = model.decoder(posterior.mean, token_ids, lengths)
        means.append(posterior.mean)
        log_nlls.append(scores.nll)
        exact.append(scores.is_exact.float())
        kls.append(posterior.kl_divergence.sum(dim=1))
        if posterior.levels is not None:
            drawn = draw_levels(len(lengths), device, generator)
            mixed.append(_noisy_nll(model, posterior, token_ids, lengths, drawn, generator))
            ones = torch.ones_like(drawn)
            unconditional.append(_noisy_nll(model, posterior, token_ids, lengths, ones, generator))
    mean, nll = torch.cat(means), torch.cat(log_nlls)
    shuffled = mean[torch.from_numpy(partners).to(device)].split(BATCH_SIZE)
    foreign = torch.cat([model.decoder(z, *batch).nll for z, batch in zip(shuffled, batches, strict=True)])
    loss, r2 = 0.0, tuple[float, ...]()
    if model.head is not None and targets is not None:
        goal = torch.from_numpy(np.asarray(targets[ordered], dtype=np.float32)).to(device)
        loss = float(model.head.loss(mean, goal))
        r2 = _r_squared(model.head(mean)[0], goal)
    return ValidationReport(
        reconstruction_loss=float(nll.mean()),
        reconstruction=float(torch.cat(exact).mean()),
        kl_divergence=float(torch.cat(kls).mean()),
        active_units=int((mean.var(dim=0, correction=0) > ACTIVE_VARIANCE).sum()),
        nll_rise=float((foreign - nll).mean()),
        property_loss=loss,
        property_r2=r2,
        mixed_loss=float(torch.cat(mixed).mean()) if mixed else float(nll.mean()),
        unconditional_loss=float(torch.cat(unconditional).mean()) if unconditional else math.nan,
    )


def _noisy_nll(
    model: Autoencoder,
    posterior: Posterior,
    token_ids: Tensor,
    lengths: Tensor,
    levels: Tensor,
    generator: torch.Generator,
) -> Tensor:
    """Nats `(B,)` of molecules decoded from one draw of their latents at levels `(B,)`."""
    latents = posterior.at_levels(levels).sample(generator)
    nll: Tensor = model.decoder(latents, token_ids, lengths, levels=levels).nll
    return nll


def collapse_alarm(report: ValidationReport, *, is_variational: bool, latent_dim: int) -> str:
    """A sentence that says what is wrong and what to change, or "" if nothing is.

    Example:
        >>> report = ValidationReport(18.0, 0.0, 0.1, 1, 0.0, 0.0, ())
        >>> collapse_alarm(report, is_variational=True, latent_dim=128).split(":")[0]
        'the latents tell too little'
    """
    if report.reconstruction >= HEALTHY_RECONSTRUCTION:
        return ""
    if report.nll_rise >= LEAST_RISE and (not is_variational or report.kl_divergence >= LEAST_KL):
        return ""
    seen = (
        f"{report.active_units} of {latent_dim} latents are active, and giving a molecule the latents of "
        f"another costs only {report.nll_rise:.1f} nats"
    )
    if not is_variational:
        return f"the decoder ignores the latents: {seen}; train longer or raise token_dropout"
    if report.kl_divergence >= LEAST_KL:
        return f"the decoder does not read the latents yet: {seen}; train longer"
    return (
        f"the latents tell too little: KL {report.kl_divergence:.1f} nats a molecule, {seen}; if that stays "
        "so, the latent space has collapsed: lower kl_weight, or set free_bits to 25"
    )


def _partners(num_molecules: int, seed: int) -> IndexArray:
    """For each molecule another one, drawn at random: everyone's neighbor on one random circle."""
    circle = np.random.default_rng(seed).permutation(num_molecules)
    partners = np.empty_like(circle)
    partners[circle] = np.roll(circle, 1)
    return partners


def _to_torch(arrays: TokenArrays, indices: IndexArray, device: torch.device) -> tuple[Tensor, Tensor]:
    batch = arrays.batch(indices)
    return torch.from_numpy(batch.token_ids).to(device), torch.from_numpy(batch.lengths).to(device)


def _r_squared(prediction: Tensor, goal: Tensor) -> tuple[float, ...]:
    values = []
    for said, true in zip(prediction.T, goal.T, strict=True):
        known = ~true.isnan()
        if int(known.sum()) < 2:
            values.append(float("nan"))
            continue
        residual = ((said - true)[known] ** 2).sum()
        total = ((true[known] - true[known].mean()) ** 2).sum()
        values.append(float(1 - residual / total) if total > 0 else float("nan"))
    return tuple(values)
