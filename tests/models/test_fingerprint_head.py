"""Fragments read off latents: the loss by hand, and what it does to a latent space."""

import numpy as np
import pytest
import torch
from torch.distributions import Bernoulli

from molvae.errors import SettingsError
from molvae.models.autoencoder import Autoencoder, AutoencoderSettings
from molvae.models.fingerprint_head import FingerprintHead, unpacked_bits

SIZES = {"latent_dim": 3, "embedding_dim": 4, "encoder_dim": 4, "decoder_dim": 4}


def test_the_loss_is_the_bernoulli_likelihood_of_all_bits_a_molecule() -> None:
    torch.manual_seed(0)
    head, latents = FingerprintHead(3, 16), torch.randn(5, 3)
    bits = (torch.rand(5, 16) < 0.3).to(torch.uint8)
    truth = -Bernoulli(logits=head.logits(latents)).log_prob(bits.float()).sum(dim=1).mean()
    assert head.loss(latents, bits).item() == pytest.approx(truth.item(), rel=1e-5)


def test_unpacking_undoes_what_numpy_packs() -> None:
    bits = np.random.default_rng(0).random((4, 24)) < 0.4
    packed = torch.from_numpy(np.packbits(bits, axis=1))
    assert torch.equal(unpacked_bits(packed), torch.from_numpy(bits.astype(np.uint8)))


def test_a_network_without_fingerprint_bits_has_no_such_head_and_no_such_loss() -> None:
    model = Autoencoder(AutoencoderSettings(**SIZES), 8, [])  # type: ignore[arg-type]
    assert model.fingerprint_head is None
    ids, lengths = torch.tensor([[4, 5]]), torch.tensor([2])
    assert model(ids, lengths, None, torch.ones(1, 8)).fingerprint_loss.item() == 0


def test_the_fingerprint_loss_reaches_the_encoder() -> None:
    torch.manual_seed(0)
    model = Autoencoder(AutoencoderSettings(fingerprint_bits=8, **SIZES), 8, [])  # type: ignore[arg-type]
    losses = model(torch.tensor([[4, 5], [6, 7]]), torch.tensor([2, 2]), None, torch.ones(2, 8))
    losses.fingerprint_loss.backward()
    assert model.bottleneck.mean.weight.grad is not None
    assert model.bottleneck.mean.weight.grad.abs().sum() > 0


def test_bits_that_fill_no_whole_bytes_are_refused() -> None:
    with pytest.raises(SettingsError, match=r'fingerprint_bits is "12"; it must be a multiple of 8'):
        AutoencoderSettings(fingerprint_bits=12)
