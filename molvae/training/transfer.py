"""Weights of one network -> another with more tokens or another head, for fine-tuning."""

import torch

from molvae.errors import ModelFolderError
from molvae.models.autoencoder import Autoencoder


@torch.no_grad()
def transfer_weights(base: Autoencoder, network: Autoencoder, *, with_head: bool) -> None:
    """Copies weights in place. Tokens that `base` lacks keep the rows they have; so does another head.

    Args:
        base: the trained network.
        network: of the same sizes, with at least as many tokens.
        with_head: whether both heads predict the same properties.

    Raises:
        ModelFolderError: if the sizes differ otherwise.
    """
    known = base.state_dict()
    for name, weight in network.state_dict().items():
        if name.startswith("head.") and not with_head:
            continue
        source = known[name]
        rows = len(source) if source.dim() > 0 else 0
        if source.shape[1:] != weight.shape[1:] or rows > len(weight):
            raise ModelFolderError(f'the base model\'s "{name}" does not fit: {source.shape}, {weight.shape}')
        weight[:rows].copy_(source)
