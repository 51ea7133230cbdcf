"""Latents `(B, L)` -> fragments: a linear reading of fingerprint bits, so that alike molecules lie close.

A latent space that only has to be decoded may scatter molecules like a hash. What must be read off it
linearly can't: a molecule's fragments become directions, and two molecules that share most of them are
near. It is trained along, and asked once more where a property has few labels: which molecules are alike.

Source: Winter et al. 2019 (Chem. Sci. 10, 1692): properties predicted from the latents while training shape
them into descriptors; here fingerprint bits (Rogers & Hahn 2010) take the place of the properties.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

#: Where the logits start: a bit is set in about one molecule of twenty.
FIRST_LOGIT = -3.0


class FingerprintHead(nn.Module):
    """A linear layer with a logit a bit.

    Args:
        latent_dim: `L`.
        num_bits: `F`.
    """

    def __init__(self, latent_dim: int, num_bits: int) -> None:
        super().__init__()
        self.logits = nn.Linear(latent_dim, num_bits)
        nn.init.constant_(self.logits.bias, FIRST_LOGIT)

    def forward(self, latents: Tensor) -> Tensor:
        """How likely each bit is to be set, `(B, F)`, in a molecule of each of the latents `(B, L)`."""
        return torch.sigmoid(self.logits(latents).float())

    def loss(self, latents: Tensor, fingerprints: Tensor) -> Tensor:
        """Mean negative log-likelihood of a molecule's bits, summed over the bits, in nats.

        Args:
            latents: `(B, L)`.
            fingerprints: `(B, F)`, 0 and 1.
        """
        logits = self.logits(latents).float()
        nats = functional.binary_cross_entropy_with_logits(logits, fingerprints.float(), reduction="sum")
        return nats / max(len(latents), 1)


def unpacked_bits(packed: Tensor) -> Tensor:
    """Bits `(B, F)` of bytes `(B, F / 8)`, the highest bit of a byte first, as NumPy packs them."""
    places = torch.arange(7, -1, -1, device=packed.device, dtype=torch.uint8)
    return ((packed[..., None] >> places) & 1).flatten(start_dim=-2)
