"""The blocks together: what a batch's losses are made of, and what settings are refused."""

import pytest
import torch

from molvae.errors import SettingsError
from molvae.models.autoencoder import Autoencoder, AutoencoderSettings

IDS = torch.tensor([[4, 5, 6, 0], [7, 0, 0, 0], [8, 4, 4, 5]])
LENGTHS = torch.tensor([3, 1, 4])


def network(**changes: object) -> Autoencoder:
    torch.manual_seed(0)
    sizes = {"latent_dim": 4, "embedding_dim": 5, "encoder_dim": 6, "decoder_dim": 7, "head_dim": 5} | changes
    return Autoencoder(AutoencoderSettings(**sizes), 9, [False, True])  # type: ignore[arg-type]


def test_losses_are_means_over_the_molecules_of_the_parts_terms() -> None:
    model = network()
    targets = torch.tensor([[0.5, 1.0], [torch.nan, 0.0], [2.0, torch.nan]])
    losses = model(IDS, LENGTHS, targets, generator=torch.Generator().manual_seed(3))
    posterior = model.encode(IDS, LENGTHS)
    scores = model.decoder(posterior.sample(torch.Generator().manual_seed(3)), IDS, LENGTHS)
    assert model.head is not None
    torch.testing.assert_close(losses.reconstruction_loss, scores.nll.mean())
    torch.testing.assert_close(losses.kl_divergence, posterior.kl_divergence.sum(dim=1).mean())
    torch.testing.assert_close(losses.kl_by_unit, posterior.kl_divergence.mean(dim=0))
    torch.testing.assert_close(losses.property_loss, model.head.lesson(posterior.mean, targets))


def test_without_targets_there_is_no_property_loss() -> None:
    assert network()(IDS, LENGTHS).property_loss.item() == 0


def test_token_dropout_hides_about_its_share_of_tokens_and_follows_the_generator() -> None:
    model = network(bottleneck="deterministic")
    seen: list[torch.Tensor] = []
    model.decoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[3]))
    ids, lengths = torch.randint(4, 9, (200, 20)), torch.full((200,), 20)
    for _ in range(2):
        model(ids, lengths, token_dropout=0.3, generator=torch.Generator().manual_seed(1))
    assert seen[0].float().mean().item() == pytest.approx(0.3, abs=0.03)
    assert torch.equal(seen[0], seen[1])


def test_corruption_replaces_about_its_share_of_what_the_encoder_reads_and_nothing_of_the_target() -> None:
    model = network(bottleneck="deterministic")
    read: list[torch.Tensor] = []
    written: list[torch.Tensor] = []
    model.encoder.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0]))
    model.decoder.register_forward_pre_hook(lambda _, inputs: written.append(inputs[1]))
    ids, lengths = torch.randint(4, 9, (200, 20)), torch.full((200,), 12)
    ids[:, 12:] = 0
    for _ in range(2):
        model(ids, lengths, corruption=0.5, generator=torch.Generator().manual_seed(1))
    assert torch.equal(read[0], read[1])
    assert all(torch.equal(target, ids) for target in written)
    assert (read[0] != ids)[:, :12].float().mean().item() == pytest.approx(0.5 * 4 / 5, abs=0.03)
    assert set(read[0][:, :12].flatten().tolist()) == set(range(4, 9)), "padding is no token to put in"


@pytest.mark.parametrize("name", ["latent_dim", "decoder_dim", "head_members"])
def test_a_size_below_one_is_refused_by_name(name: str) -> None:
    with pytest.raises(SettingsError, match=f'{name} is "0"; it must be at least 1'):
        AutoencoderSettings(**{name: 0})  # type: ignore[arg-type]


def test_an_unknown_bottleneck_is_refused_with_the_choices() -> None:
    with pytest.raises(SettingsError, match='bottleneck is "vae"; choose one of gaussian, deterministic'):
        AutoencoderSettings(bottleneck="vae")  # type: ignore[arg-type]
