"""The prior of a decoder that is told noise levels: what it writes from nothing but noise, encoded.

At level 1 the latents tell nothing, and the decoder is a language model of molecules. The codes of what it
writes are draws from the density of codes that the model itself believes in: p(z) is the integral of
p(x | level 1) times the encoder's z of x. No other prior has to learn a density in 128 dimensions anew.
"""

import torch
from torch import Tensor

from molvae.models.autoencoder import Autoencoder

#: Molecules written at once.
BATCH_SIZE = 1000
#: A model of which so many batches in a row hold no molecule that ends writes none.
MAX_EMPTY = 20


class LanguageModelPrior:
    """Codes `(B, L)` of molecules that a network writes.

    Args:
        network: in evaluation mode; its decoder is told noise levels.
        max_length: the most tokens a molecule may have; longer ones are written anew.
    """

    name = "language-model"

    def __init__(self, network: Autoencoder, max_length: int) -> None:
        self.network = network
        self.max_length = max_length

    @torch.no_grad()
    def sample(self, num_samples: int, generator: torch.Generator | None = None) -> Tensor:
        """Draws `(num_samples, L)`.

        Raises:
            RuntimeError: the network ends no molecule.
        """
        parts, num_drawn, num_empty = [torch.empty(0, self.network.settings.latent_dim)], 0, 0
        while num_drawn < num_samples:
            codes = self._draw(min(BATCH_SIZE, num_samples - num_drawn), generator)
            num_empty = 0 if len(codes) else num_empty + 1
            if num_empty == MAX_EMPTY:
                raise RuntimeError("the decoder writes no molecule that ends: train it longer")
            parts.append(codes)
            num_drawn += len(codes)
        return torch.cat(parts)

    def _draw(self, num_draws: int, generator: torch.Generator | None) -> Tensor:
        """Codes of those of `num_draws` molecules that ended, in their order."""
        noise = torch.randn(num_draws, self.network.settings.latent_dim, generator=generator)
        ids, lengths = self.network.decoder.generate(
            noise,
            max_length=self.max_length,
            temperature=1.0,
            generator=generator,
            levels=torch.ones(num_draws),
        )
        ended = (lengths > 0) & (lengths <= self.max_length)
        if not bool(ended.any()):
            return noise[:0]
        ids, lengths = ids[ended], lengths[ended]
        return self.network.encode(ids[:, : int(lengths.max())], lengths).mean
