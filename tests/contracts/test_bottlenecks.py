"""What every bottleneck must do, so that one can stand where another stood."""

import pytest
import torch

from molvae.models.autoencoder import Autoencoder, AutoencoderSettings
from molvae.models.bottleneck import BOTTLENECKS

EVERY = pytest.mark.parametrize("name", list(BOTTLENECKS))


def network(name: str) -> Autoencoder:
    torch.manual_seed(0)
    sizes = {"embedding_dim": 6, "encoder_dim": 5, "decoder_dim": 7, "latent_dim": 4, "head_dim": 5}
    return Autoencoder(AutoencoderSettings(bottleneck=name, **sizes), 9, [False])  # type: ignore[arg-type]


@EVERY
def test_shapes_are_those_of_the_latents_and_all_is_float32(name: str) -> None:
    posterior = BOTTLENECKS[name](6, 4)(torch.randn(3, 6))
    for part in (posterior.mean, posterior.log_variance, posterior.kl_divergence, posterior.sample()):
        assert part.shape == (3, 4)
        assert part.dtype == torch.float32


@EVERY
def test_the_kl_divergence_is_never_negative(name: str) -> None:
    posterior = BOTTLENECKS[name](6, 4)(torch.randn(200, 6) * 10)
    assert (posterior.kl_divergence >= 0).all()


@EVERY
def test_the_same_generator_draws_the_same_latents(name: str) -> None:
    posterior = BOTTLENECKS[name](6, 4)(torch.randn(3, 6))
    draws = [posterior.sample(torch.Generator().manual_seed(5)) for _ in range(2)]
    assert torch.equal(*draws)
    assert draws[0].isfinite().all()


@EVERY
def test_every_weight_of_the_network_gets_a_gradient(name: str) -> None:
    model = network(name)
    losses = model(torch.randint(4, 9, (6, 5)), torch.tensor([5, 4, 3, 2, 1, 5]), torch.randn(6, 1))
    (losses.reconstruction_loss + losses.kl_divergence + losses.property_loss).backward()
    without = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.isfinite().all()]
    assert without == []


def test_two_networks_differ_in_the_bottleneck_and_in_nothing_else() -> None:
    gaussian, plain = (network(name).state_dict() for name in ("gaussian", "deterministic"))
    assert {name for name in gaussian.keys() ^ plain.keys() if not name.startswith("bottleneck.")} == set()
