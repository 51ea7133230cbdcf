"""The prior of a decoder that is told noise levels: what it writes from nothing but noise, encoded.

At level 1 the latents tell nothing, and the decoder is a language model of molecules. The codes of what it
writes are draws from the density of codes that the model itself believes in: p(z) is the integral of
p(x | level 1) times the encoder's z of x. No other prior has to learn a density in 128 dimensions anew.

What it writes in another way than the molecules it has seen, which are all canonical, is a slip of its
grammar: SELFIES would make some molecule of that too, and mostly an odd one. Such drafts are thrown away, and
how many is said.
"""

import logging
from collections.abc import Iterator

import torch
from torch import Tensor

from molvae.data.dataset import TokenArrays
from molvae.data.tokenizer import Tokenizer
from molvae.data.workers import WorkerPool
from molvae.errors import InputError
from molvae.generation.decoding import MIN_FOR_WORKERS, to_selfies
from molvae.generation.encoding import encode_tokens
from molvae.models.autoencoder import Autoencoder

logger = logging.getLogger(__name__)

#: Molecules written at once: of many wanted, and at least.
BATCH_SIZE, MIN_BATCH = 1000, 64
#: A model that writes so many drafts for each that is kept can't be drawn from.
MAX_DRAFTS = 200


class LanguageModelPrior:
    """Codes `(B, L)` of molecules that a network writes.

    Args:
        network: in evaluation mode; its decoder is told noise levels.
        tokenizer: SELFIES <-> ids.
        max_length: the most tokens a molecule may have; longer ones are thrown away.
    """

    name = "language-model"

    def __init__(self, network: Autoencoder, tokenizer: Tokenizer, max_length: int) -> None:
        self.network = network
        self.tokenizer = tokenizer
        self.max_length = max_length

    def sample(self, num_samples: int, generator: torch.Generator | None = None) -> Tensor:
        """Draws `(num_samples, L)`; `generator` is only asked for a seed.

        Raises:
            InputError: hardly anything that the network writes is kept.
        """
        seed = int(torch.randint(2**62, (1,), generator=generator))
        selfies = self._written(num_samples, torch.Generator().manual_seed(seed)) if num_samples > 0 else []
        arrays = TokenArrays.of([self.tokenizer.to_ids(text) for text in selfies])
        return torch.from_numpy(encode_tokens(self.network, arrays)[0])

    def _written(self, num_wanted: int, generator: torch.Generator) -> list[str]:
        """SELFIES of so many molecules that the network wrote as their canonical form."""
        kept: list[str] = []
        num_drafts = 0
        batch_size = min(BATCH_SIZE, max(num_wanted, MIN_BATCH))
        batches = self._drafts(batch_size, MAX_DRAFTS * max(num_wanted, MIN_BATCH), generator)
        with WorkerPool(0 if num_wanted < MIN_FOR_WORKERS else None) as pool:
            for canonical in pool.stream("canonical", batches):
                num_drafts += batch_size
                kept += filter(None, canonical)
                if len(kept) >= num_wanted:
                    break
        if len(kept) < num_wanted:
            raise InputError(
                f"of {num_drafts:,} molecules that the model wrote only {len(kept):,} were written as it has "
                'seen them, so it has not learned to: train it longer, or choose the prior "gaussian"'
            )
        logger.info("%s drafts for %s molecules of the prior", f"{num_drafts:,}", f"{num_wanted:,}")
        return kept[:num_wanted]

    def _drafts(self, batch_size: int, max_drafts: int, generator: torch.Generator) -> Iterator[list[str]]:
        """Batches of what the network writes and ends."""
        latent_dim = self.network.settings.latent_dim
        for _ in range(0, max_drafts, batch_size):
            ids, lengths = self.network.decoder.generate(
                torch.randn(batch_size, latent_dim, generator=generator),
                max_length=self.max_length,
                temperature=1.0,
                generator=generator,
                levels=torch.ones(batch_size),
            )
            ended = (lengths > 0) & (lengths <= self.max_length)
            yield to_selfies(ids[ended].numpy(), lengths[ended].numpy(), self.tokenizer)
