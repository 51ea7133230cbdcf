"""Tokens -> latents, in batches of molecules of like length."""

import numpy as np
import torch

from molvae.data.dataset import TokenArrays
from molvae.interfaces import FloatArray
from molvae.models.autoencoder import Autoencoder

#: Molecules that go through the encoder at once.
ENCODE_BATCH = 512


@torch.no_grad()
def encode_tokens(network: Autoencoder, arrays: TokenArrays) -> tuple[FloatArray, FloatArray]:
    """Means and spreads (standard deviations) of q(z|x), each `(N, L)`.

    Args:
        network: in evaluation mode.
        arrays: the token ids of `N` molecules.
    """
    order = np.argsort(-arrays.lengths, kind="stable")
    means = np.empty((len(arrays), network.settings.latent_dim), dtype=np.float32)
    spreads = np.empty_like(means)
    for start in range(0, len(order), ENCODE_BATCH):
        rows = order[start : start + ENCODE_BATCH]
        batch = arrays.batch(rows)
        posterior = network.encode(torch.from_numpy(batch.token_ids), torch.from_numpy(batch.lengths))
        means[rows] = posterior.mean.numpy()
        spreads[rows] = torch.exp(0.5 * posterior.log_variance).numpy()
    return means, spreads
