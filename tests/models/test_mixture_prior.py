"""The mixture against clumps that are known, and its density against that of torch and of scikit-learn."""

import pytest
import torch
from sklearn.mixture import GaussianMixture
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

from molvae.models.mixture_prior import MixturePrior

WEIGHTS = torch.tensor([0.25, 0.75])
MEANS = torch.tensor([[-6.0, 0.0], [4.0, 3.0]])
FACTORS = torch.tensor([[[1.0, 0.0], [0.5, 0.4]], [[0.3, 0.0], [-0.8, 1.5]]])
TRUTH = MixtureSameFamily(Categorical(WEIGHTS), MultivariateNormal(MEANS, scale_tril=FACTORS))


def drawn(num_samples: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    chosen = (torch.rand(num_samples, generator=generator) > WEIGHTS[0]).long()
    noise = torch.randn(num_samples, 2, 1, generator=generator)
    return MEANS[chosen] + (FACTORS[chosen] @ noise)[..., 0]


def known() -> MixturePrior:
    prior = MixturePrior(2, 2)
    prior.load_state_dict({"weights": WEIGHTS, "means": MEANS, "factors": FACTORS})
    return prior


def test_its_density_is_that_of_torch_distributions() -> None:
    torch.testing.assert_close(known().log_prob(drawn(50)), TRUTH.log_prob(drawn(50)))


def test_two_clumps_are_found_with_their_weights_means_and_covariances() -> None:
    prior = MixturePrior(2, 2).fit(drawn(40_000))
    order = prior.means[:, 0].argsort()
    torch.testing.assert_close(prior.weights[order], WEIGHTS, rtol=0, atol=0.01)
    torch.testing.assert_close(prior.means[order], MEANS, rtol=0, atol=0.03)
    covariances = (prior.factors @ prior.factors.mT)[order]
    torch.testing.assert_close(covariances, FACTORS @ FACTORS.mT, rtol=0, atol=0.06)


def test_samples_fall_into_the_clumps_as_their_weights_say() -> None:
    samples = known().sample(40_000, torch.Generator().manual_seed(1))
    is_first = samples[:, 0] < -2
    assert float(is_first.float().mean()) == pytest.approx(0.25, abs=0.01)
    for part, mean, factor in zip((samples[is_first], samples[~is_first]), MEANS, FACTORS, strict=True):
        torch.testing.assert_close(part.mean(dim=0), mean, rtol=0, atol=0.04)
        torch.testing.assert_close(torch.cov(part.t()), factor @ factor.t(), rtol=0, atol=0.08)


def test_with_many_latents_it_is_the_mixture_of_scikit_learn() -> None:
    latents = drawn(20_000).double()
    theirs = GaussianMixture(2, random_state=0).fit(latents.numpy())
    ours = MixturePrior(2, 2).fit(latents.float())
    expected = torch.from_numpy(theirs.score_samples(latents[:100].numpy()))
    torch.testing.assert_close(ours.log_prob(latents[:100].float()).double(), expected, rtol=0, atol=0.05)


def test_a_clump_of_few_latents_takes_over_the_covariance_of_all() -> None:
    generator = torch.Generator().manual_seed(3)
    latents = torch.randn(1000, 20, generator=generator)
    few = 100 + torch.randn(5, 20, generator=generator)  # five points span 4 of 20 dimensions
    prior = MixturePrior(20, 2).fit(torch.cat([latents, few]))
    covariance = (prior.factors @ prior.factors.mT)[prior.means[:, 0].argmax()]
    assert float(torch.linalg.eigvalsh(covariance)[0]) > 0.5
    unseen = 100 + torch.randn(200, 20, generator=generator)
    assert float(prior.log_prob(unseen).mean()) > -60  # -28 - log 200 at best


def test_the_seed_fixes_the_fit() -> None:
    fits = [MixturePrior(2, 5).fit(drawn(500), seed=seed).means for seed in (1, 1, 2)]
    assert torch.equal(fits[0], fits[1])
    assert not torch.equal(fits[0], fits[2])


def test_fewer_than_two_latents_a_component_are_too_few() -> None:
    with pytest.raises(ValueError, match="a mixture of 5 needs at least 10 latents, got 9"):
        MixturePrior(2, 5).fit(drawn(9))
