"""The whole network: encoder, bottleneck, decoder and, if asked, heads for properties and fingerprints.

`AutoencoderSettings` is what a user chooses; the data decides the vocabulary and the properties. The
bottleneck is an argument: a VAE and a deterministic AE differ in it and in nothing else.
"""

from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor, nn

from molvae.errors import SettingsError
from molvae.models.bottleneck import BOTTLENECKS, Bottleneck, Posterior
from molvae.models.decoder import GRUDecoder
from molvae.models.encoder import GRUEncoder
from molvae.models.fingerprint_head import FingerprintHead
from molvae.models.losses import Losses
from molvae.models.noise import LatentDenoiser, draw_levels
from molvae.models.property_head import PropertyHead

BottleneckName = Literal["gaussian", "deterministic", "regularized", "noisy", "hypercube", "hypersphere"]


@dataclass(frozen=True, kw_only=True)
class AutoencoderSettings:
    """The sizes of the network. The defaults reconstruct 95 % of unseen drug-like molecules."""

    bottleneck: BottleneckName = field(
        default="gaussian",
        metadata={
            "help": "gaussian for a VAE, deterministic for a plain autoencoder, regularized for one whose "
            "codes are held near the origin, noisy for one that is told how noisy its latents are, "
            "hypercube or hypersphere for a VAE with a uniform prior"
        },
    )
    latent_dim: int = field(default=128, metadata={"help": "size of the latent space"})
    embedding_dim: int = field(default=256, metadata={"help": "size of a token's embedding"})
    encoder_dim: int = field(default=256, metadata={"help": "GRU units of the encoder, each direction"})
    decoder_dim: int = field(default=512, metadata={"help": "GRU units of the decoder, each layer"})
    decoder_layers: int = field(default=1, metadata={"help": "GRU layers of the decoder"})
    head_dim: int = field(default=256, metadata={"help": "units of the property head's hidden layers"})
    head_members: int = field(default=5, metadata={"help": "perceptrons in the property head"})
    fingerprint_bits: int = field(
        default=0,
        metadata={"help": "ECFP4 bits to be read off the latents, so that alike molecules lie close"},
    )

    def __post_init__(self) -> None:
        if self.bottleneck not in BOTTLENECKS:
            raise SettingsError(f'bottleneck is "{self.bottleneck}"; choose one of {", ".join(BOTTLENECKS)}')
        sizes = {
            "latent_dim": self.latent_dim,
            "embedding_dim": self.embedding_dim,
            "encoder_dim": self.encoder_dim,
            "decoder_dim": self.decoder_dim,
            "decoder_layers": self.decoder_layers,
            "head_dim": self.head_dim,
            "head_members": self.head_members,
        }
        for name, value in sizes.items():
            if value < 1:
                raise SettingsError(f'{name} is "{value}"; it must be at least 1')
        if self.fingerprint_bits < 0 or self.fingerprint_bits % 8:
            raise SettingsError(
                f'fingerprint_bits is "{self.fingerprint_bits}"; it must be a multiple of 8, or 0 for none'
            )


class Autoencoder(nn.Module):
    """Token ids -> latents -> token ids, and latents -> properties.

    Args:
        settings: the sizes.
        vocab_size: how many token ids there are, special ones included.
        is_binary: for each property of the head whether it is a yes/no one; empty for no head.
    """

    def __init__(self, settings: AutoencoderSettings, vocab_size: int, is_binary: list[bool]) -> None:
        super().__init__()
        self.settings = settings
        self.encoder = GRUEncoder(vocab_size, settings.embedding_dim, settings.encoder_dim)
        self.bottleneck: Bottleneck = BOTTLENECKS[settings.bottleneck](
            self.encoder.feature_dim, settings.latent_dim
        )
        self.decoder = GRUDecoder(
            vocab_size,
            settings.embedding_dim,
            settings.decoder_dim,
            settings.decoder_layers,
            settings.latent_dim,
            LatentDenoiser(settings.latent_dim, settings.decoder_dim)
            if self.bottleneck.is_told_levels
            else None,
        )
        self.head: PropertyHead | None = None
        if is_binary:
            self.head = PropertyHead(settings.latent_dim, settings.head_dim, settings.head_members, is_binary)
        self.fingerprint_head: FingerprintHead | None = None
        if settings.fingerprint_bits:
            self.fingerprint_head = FingerprintHead(settings.latent_dim, settings.fingerprint_bits)

    @property
    def num_weights(self) -> int:
        """How many numbers were learned."""
        return sum(weight.numel() for weight in self.parameters())

    def encode(self, token_ids: Tensor, lengths: Tensor) -> Posterior:
        """q(z|x) of molecules `(B, T)` of `lengths` `(B,)`."""
        posterior: Posterior = self.bottleneck(self.encoder(token_ids, lengths))
        return posterior

    def forward(
        self,
        token_ids: Tensor,
        lengths: Tensor,
        targets: Tensor | None = None,
        fingerprints: Tensor | None = None,
        *,
        token_dropout: float = 0.0,
        corruption: float = 0.0,
        progress: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> Losses:
        """A batch's losses, from one draw of each posterior.

        Args:
            token_ids: `(B, T)`, without start and end tokens.
            lengths: `(B,)`.
            targets: `(B, P)` standardised properties, NaN where unknown; None without a head.
            fingerprints: `(B, F)`, 0 and 1; None without a head for them.
            token_dropout: share of the decoder's inputs that are hidden from it.
            corruption: share of the tokens that the encoder reads as others of the batch.
            progress: how far training is, 0 to 1, on which the noise levels depend.
            generator: where posterior noise and dropout come from.
        """
        dropout = None
        if token_dropout > 0:
            chances = torch.empty(token_ids.shape, device=token_ids.device).uniform_(generator=generator)
            dropout = chances < token_dropout
        rows, levels = self._levels(lengths, progress, generator)
        read = corrupted(token_ids, lengths, corruption, generator) if corruption > 0 else token_ids
        posterior = self.encode(read[rows], lengths[rows])
        drawn = posterior.at_levels(levels[rows]) if levels is not None else posterior
        latents = drawn.sample(generator)
        scores = self.decoder(
            _with_noise(latents, rows, len(lengths), generator), token_ids, lengths, dropout, levels
        )
        property_loss = fingerprint_loss = token_ids.new_zeros((), dtype=torch.float32)
        if self.head is not None and targets is not None:
            property_loss = self.head.lesson(posterior.mean, targets[rows])
        if self.fingerprint_head is not None and fingerprints is not None:
            # From the draw: what is told of a molecule should outlast the noise around its mean.
            told_of = latents if levels is None else posterior.mean
            fingerprint_loss = self.fingerprint_head.loss(told_of, fingerprints[rows])
        kl_by_unit = posterior.kl_divergence.mean(dim=0)
        return Losses(
            scores.nll.mean(),
            kl_by_unit.sum(),
            property_loss,
            scores.is_exact.float().mean(),
            kl_by_unit,
            fingerprint_loss,
        )

    def _levels(
        self, lengths: Tensor, progress: float, generator: torch.Generator | None
    ) -> tuple[Tensor, Tensor | None]:
        """Which rows of a batch are worth encoding, and the noise levels of all, where there are such."""
        if not self.bottleneck.is_told_levels:
            return torch.ones_like(lengths, dtype=torch.bool), None
        levels = draw_levels(len(lengths), lengths.device, generator, progress)
        rows = levels < 1
        rows[0] = True  # the GRU can't read an empty batch
        return rows, levels


def corrupted(
    token_ids: Tensor, lengths: Tensor, rate: float, generator: torch.Generator | None = None
) -> Tensor:
    """Token ids `(B, T)` of which a share was replaced, each by a token of the batch, a common one likelier.

    Source: Vincent et al. 2008 (ICML, 1096), for training on what is corrupted.
    """
    steps = torch.arange(token_ids.shape[1], device=token_ids.device)
    known = token_ids[steps[None, :] < lengths[:, None]]
    chances = torch.empty(token_ids.shape, device=token_ids.device).uniform_(generator=generator)
    draws = torch.empty(token_ids.shape, device=token_ids.device).uniform_(generator=generator)
    others = known[(draws * len(known)).long().clamp(max=len(known) - 1)]
    return torch.where(chances < rate, others, token_ids)


def _with_noise(latents: Tensor, rows: Tensor, num_rows: int, generator: torch.Generator | None) -> Tensor:
    """Latents `(num_rows, L)`: those of the encoded rows, and draws of N(0, I) for the others."""
    if len(latents) == num_rows:
        return latents
    every = torch.empty(num_rows, latents.shape[1], device=latents.device).normal_(generator=generator)
    return every.masked_scatter(rows[:, None], latents)
