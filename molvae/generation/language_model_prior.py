"""A prior over latents without a density to fit: what a language model writes, encoded.

Codes that hold a whole molecule are close to a hash of it, and no density in 128 dimensions is learned from
some of them. What molecules look like is learned better where they are text: p(z) is the integral over
molecules x of p(x), a language model's, times the encoder's z of x. The language model is one that was fitted
for it (`fit-prior`), else the decoder itself at noise level 1, where latents tell nothing (`writers`).

Of what it writes the slips of its grammar are thrown away, and how many is said.
"""

import logging
import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from molvae.data.dataset import TokenArrays
from molvae.data.tokenizer import Tokenizer
from molvae.data.workers import WorkerPool
from molvae.errors import InputError
from molvae.generation.decoding import Codes, joined, pool_for
from molvae.generation.encoding import encode_tokens
from molvae.generation.writers import Reading, Writer
from molvae.models.autoencoder import Autoencoder

logger = logging.getLogger(__name__)

#: Molecules written at once: of many wanted, and at least.
BATCH_SIZE, MIN_BATCH = 1000, 64
#: A model that writes so many drafts for each that is kept can't be drawn from.
MAX_DRAFTS = 200
#: How few of the drafts are expected to be kept at most, when more are asked for.
MIN_SHARE = 0.25


class LanguageModelPrior:
    """Codes `(B, L)` of molecules that a language model writes.

    Args:
        network: in evaluation mode; its encoder makes the codes.
        tokenizer: SELFIES <-> ids, of the encoder.
        writer: the language model.
    """

    name = "language-model"

    def __init__(self, network: Autoencoder, tokenizer: Tokenizer, writer: Writer) -> None:
        self.network = network
        self.tokenizer = tokenizer
        self.writer = writer

    def sample(self, num_samples: int, generator: torch.Generator | None = None) -> Tensor:
        """Draws `(num_samples, L)`; `generator` is only asked for a seed.

        Raises:
            InputError: hardly anything that the language model writes is kept.
        """
        with pool_for(num_samples) as pool:
            codes = joined(self.batches(num_samples, generator, pool), self.network.settings.latent_dim)
        return torch.from_numpy(codes.latents)

    def batches(
        self, num_samples: int, generator: torch.Generator | None, pool: WorkerPool
    ) -> Iterator[Codes]:
        """As `sample`, some at a time, and the molecules whose codes these are; the pool reads them."""
        seed = int(torch.randint(2**62, (1,), generator=generator))
        return map(self._encoded, self._written(num_samples, torch.Generator().manual_seed(seed), pool))

    def _encoded(self, molecules: Sequence[Reading]) -> Codes:
        arrays = TokenArrays.of(self.tokenizer.to_ids_batch([one.selfies for one in molecules]))
        return Codes(encode_tokens(self.network, arrays)[0], {one.selfies: one.smiles for one in molecules})

    def _written(
        self, num_wanted: int, generator: torch.Generator, pool: WorkerPool
    ) -> Iterator[list[Reading]]:
        """So many molecules that were written, and that the encoder can read, some at a time."""
        num_kept = num_drafts = 0
        batch_size = min(BATCH_SIZE, max(num_wanted, MIN_BATCH))
        max_drafts = MAX_DRAFTS * max(num_wanted, MIN_BATCH)
        while num_kept < num_wanted and num_drafts < max_drafts:
            share = max(num_kept / num_drafts, MIN_SHARE) if num_drafts else 1.0
            num_batches = math.ceil((num_wanted - num_kept) / share / batch_size)
            drafts = (self.writer.drafts(batch_size, generator) for _ in range(num_batches))
            for read in self.writer.read(pool, drafts):
                num_drafts += batch_size
                kept = [one for one in read if one.selfies and self._can_encode(one.selfies)]
                if some := kept[: num_wanted - num_kept]:
                    num_kept += len(some)
                    yield some
        if num_kept < num_wanted:
            raise InputError(
                f"of {num_drafts:,} molecules that the language model wrote only {num_kept:,} could be "
                'kept: it has not learned to write; train it longer, or choose the prior "gaussian"'
            )
        level = (
            logging.INFO if num_wanted >= MIN_BATCH else logging.DEBUG
        )  # an optimizer asks for a few, often
        logger.log(level, "%s drafts for %s molecules of the prior", f"{num_drafts:,}", f"{num_wanted:,}")

    def _can_encode(self, selfies: str) -> bool:
        return not self.tokenizer.unseen_symbols(selfies)
