"""Noise levels: how they are drawn, what they do to a code, and what the decoder makes of being told."""

import math

import pytest
import torch

from molvae.models.autoencoder import Autoencoder, AutoencoderSettings
from molvae.models.bottleneck import NoisyBottleneck
from molvae.models.noise import NOISE_SHARE, LatentDenoiser, clean_share, draw_levels, level_features

CPU = torch.device("cpu")


def noisy_network() -> Autoencoder:
    torch.manual_seed(0)
    return Autoencoder(
        AutoencoderSettings(bottleneck="noisy", latent_dim=6, embedding_dim=5, encoder_dim=5, decoder_dim=8),
        9,
        [],
    )


@pytest.mark.parametrize(("progress", "clean"), [(0.0, 0.6), (0.4, 0.6), (0.7, 0.75), (1.0, 0.9), (1.5, 0.9)])
def test_levels_are_none_all_or_uniform_between_in_their_shares(progress: float, clean: float) -> None:
    assert clean_share(progress) == pytest.approx(clean)
    levels = draw_levels(80_000, CPU, torch.Generator().manual_seed(0), progress)
    assert (levels == 0).float().mean().item() == pytest.approx(clean, abs=0.01)
    assert (levels == 1).float().mean().item() == pytest.approx(NOISE_SHARE * (1 - clean), abs=0.01)
    between = levels[(levels > 0) & (levels < 1)]
    assert between.mean().item() == pytest.approx(0.5, abs=0.02)
    assert between.std().item() == pytest.approx(math.sqrt(1 / 12), abs=0.01)


def test_training_draws_the_levels_of_its_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    def drawn(num_levels: int, _device: object, _generator: object, progress: float) -> torch.Tensor:
        asked.append(progress)
        return torch.zeros(num_levels)

    monkeypatch.setattr("molvae.models.autoencoder.draw_levels", drawn)
    noisy_network()(torch.tensor([[4, 5]]), torch.tensor([2]), progress=0.3)
    assert asked == [0.3]


def test_the_levels_of_the_same_generator_are_the_same() -> None:
    draws = [draw_levels(7, CPU, torch.Generator().manual_seed(3)) for _ in range(2)]
    assert torch.equal(*draws)


def test_a_network_can_tell_levels_apart() -> None:
    told = level_features(torch.linspace(0, 1, 21))
    distances = torch.cdist(told, told) + 10 * torch.eye(21)
    assert distances.min() > 0.1


def test_a_fresh_denoiser_hands_the_latents_on_beside_the_level() -> None:
    denoiser, latents = LatentDenoiser(6, 16), torch.randn(4, 6)
    levels = torch.tensor([0.0, 0.3, 0.9, 1.0])
    read = denoiser(latents, levels)
    assert read.shape == (4, denoiser.output_dim)
    assert torch.equal(read[:, :6], latents)
    assert torch.equal(read[:, 6:], level_features(levels))


def test_a_code_has_the_power_of_the_noise_whatever_the_features() -> None:
    torch.manual_seed(0)
    posterior = NoisyBottleneck(8, 50)(100 * torch.randn(20, 8))
    assert torch.allclose(posterior.mean.square().sum(dim=1), torch.full((20,), 50.0), rtol=1e-5)


@pytest.mark.parametrize("level", [0.0, 0.4, 1.0])
def test_noise_of_a_level_leaves_the_rest_of_the_code_and_the_power(level: float) -> None:
    posterior = NoisyBottleneck(8, 64)(torch.randn(1, 8, generator=torch.Generator().manual_seed(1)))
    repeated = posterior._replace(
        mean=posterior.mean.expand(5000, 64),
        log_variance=posterior.log_variance.expand(5000, 64),
        levels=torch.zeros(5000),
    )
    drawn = repeated.at_levels(torch.full((5000,), level)).sample(torch.Generator().manual_seed(2))
    kept = math.sqrt(1 - level**2) * posterior.mean[0]
    assert torch.allclose(drawn.mean(dim=0), kept, atol=0.08)
    assert drawn.var(dim=0).mean().item() == pytest.approx(level**2, abs=0.01)
    assert drawn.square().sum(dim=1).mean().item() == pytest.approx(64, rel=0.02)


def test_at_full_noise_the_molecule_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    network = noisy_network()
    ids, lengths = torch.tensor([[4, 5, 6], [7, 8, 4]]), torch.tensor([3, 3])
    posterior = network.encode(ids, lengths)
    draws = posterior.at_levels(torch.ones(2)).sample(torch.Generator().manual_seed(0))
    other = posterior._replace(mean=posterior.mean.flip(0)).at_levels(torch.ones(2))
    assert torch.equal(draws, other.sample(torch.Generator().manual_seed(0)))


def test_the_decoder_minds_what_it_is_told() -> None:
    network = noisy_network()
    latents, ids, lengths = torch.randn(1, 6), torch.tensor([[4, 5, 6]]), torch.tensor([3])
    low, high = (network.decoder(latents, ids, lengths, levels=torch.tensor([s])).nll for s in (0.1, 0.9))
    none = network.decoder(latents, ids, lengths).nll
    assert not torch.allclose(low, high)
    assert torch.equal(none, network.decoder(latents, ids, lengths, levels=torch.zeros(1)).nll)


def test_a_batch_is_encoded_where_something_of_the_code_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    network = noisy_network()
    read: list[torch.Tensor] = []
    encode = network.encode
    levels = torch.tensor([1.0, 0.2, 1.0, 0.0, 1.0])
    monkeypatch.setattr("molvae.models.autoencoder.draw_levels", lambda *_: levels)

    def read_by(ids: torch.Tensor, lengths: torch.Tensor) -> object:
        read.append(ids)
        return encode(ids, lengths)

    monkeypatch.setattr(network, "encode", read_by)
    decoder, given = network.decoder, {}

    def score(latents: torch.Tensor, *rest: torch.Tensor) -> object:
        given["latents"], given["levels"] = latents, rest[-1]
        return type(decoder).forward(decoder, latents, *rest)

    monkeypatch.setattr(network.decoder, "forward", score)
    ids = torch.tensor([[4], [5], [6], [7], [8]])
    network(ids, torch.ones(5, dtype=torch.int64), generator=torch.Generator().manual_seed(0))
    assert read[0].flatten().tolist() == [4, 5, 7]  # the first row stands in where all else is noise
    code = encode(ids[3:4], torch.ones(1, dtype=torch.int64)).mean
    assert torch.allclose(given["latents"][3:4], code, atol=1e-6)
    assert torch.equal(given["levels"], levels)
