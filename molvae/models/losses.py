"""The terms that training minimises, each in nats a molecule.

loss = reconstruction_loss + kl_weight * max(kl_divergence, free_bits) + property_weight * property_loss
       + fingerprint_weight * fingerprint_loss
"""

from typing import NamedTuple

import torch
from torch import Tensor


class Losses(NamedTuple):
    """A batch's terms, scalars in nats a molecule, and its share of exact reconstructions.

    Attributes:
        reconstruction_loss: minus the log-probability of a molecule given its latents.
        kl_divergence: from q(z|x) to the prior, summed over the latents.
        property_loss: what the head is trained on (`PropertyHead.lesson`); 0 without a head.
        exact_rate: share of molecules right at every step under teacher forcing.
        kl_by_unit: `(L,)`, the KL divergence of each latent.
        fingerprint_loss: what the latents don't tell of the molecule's fragments; 0 without fingerprints.
    """

    reconstruction_loss: Tensor
    kl_divergence: Tensor
    property_loss: Tensor
    exact_rate: Tensor
    kl_by_unit: Tensor
    fingerprint_loss: Tensor


def total_loss(
    losses: Losses, *, kl_weight: float, free_bits: float, property_weight: float, fingerprint_weight: float
) -> Tensor:
    """What is minimised, a scalar in nats a molecule.

    Args:
        losses: a batch's terms.
        kl_weight: beta (Higgins et al. 2017).
        free_bits: nats of KL divergence that cost nothing: a floor on the whole of it, not on each latent
            (Kingma et al. 2016, arXiv 1606.04934, section 4.2, with one group).
        property_weight: how much the head's errors count.
        fingerprint_weight: how much a nat of the fingerprints counts.
    """
    paid = torch.clamp(losses.kl_divergence, min=free_bits)
    told = property_weight * losses.property_loss + fingerprint_weight * losses.fingerprint_loss
    return losses.reconstruction_loss + kl_weight * paid + told
