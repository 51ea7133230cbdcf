"""Latents `(B, L)` -> properties `(B, P)` with a spread: a small ensemble of perceptrons.

Each member states a Gaussian a property (or, for a yes/no property, a logit); the ensemble's mean and
variance are those of the mixture of its members.

Source: Lakshminarayanan et al. 2017 (arXiv 1612.01474), sections 2.3 and 2.4; Seitzer et al. 2022 (arXiv
2203.09168), section 4, with beta = 1, for what the latents learn from.
"""

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional

LOG_VARIANCE_RANGE = (-8.0, 4.0)


class PropertyHead(nn.Module):
    """`M` perceptrons of two hidden layers, evaluated side by side, in standardised units.

    Args:
        latent_dim: `L`.
        hidden_dim: units a hidden layer.
        num_members: `M`.
        is_binary: for each of the `P` properties, whether it is a yes/no one.
    """

    is_binary: Tensor

    def __init__(self, latent_dim: int, hidden_dim: int, num_members: int, is_binary: list[bool]) -> None:
        super().__init__()
        sizes = [latent_dim, hidden_dim, hidden_dim, 2 * len(is_binary)]
        pairs = list(itertools.pairwise(sizes))
        self.num_members = num_members
        self.weights = nn.ParameterList(torch.empty(num_members, *pair) for pair in pairs)
        self.biases = nn.ParameterList(torch.empty(num_members, 1, after) for _, after in pairs)
        self.register_buffer("is_binary", torch.tensor(is_binary), persistent=False)
        self.reset()

    @torch.no_grad()
    def reset(self) -> None:
        """Draws the weights anew (He et al. 2015), the last layer's small; no bias."""
        for weight, bias in zip(self.weights, self.biases, strict=True):
            weight.normal_().mul_((2 / weight.shape[1]) ** 0.5)
            bias.zero_()
        self.weights[-1].mul_(0.1)

    @torch.no_grad()
    def shift_inputs(self, center: Tensor, scale: Tensor) -> None:
        """Makes a head of `(z - center) / scale` one of `z`: W (z - c) / s + b = (W / s) z + (b - W c / s).

        Args:
            center: `(L,)`.
            scale: `(L,)`, above 0.
        """
        weight, bias = self.weights[0], self.biases[0]
        weight.div_(scale[None, :, None])
        bias.sub_(torch.einsum("l,mlh->mh", center, weight)[:, None])

    @torch.no_grad()
    def rescale(self, factors: Tensor, shifts: Tensor) -> None:
        """Makes the head say `factors * y + shifts` instead of y, spreads included; yes/no stays as it is.

        Args:
            factors: `(P,)`, above 0.
            shifts: `(P,)`.
        """
        factors = torch.where(self.is_binary, 1.0, factors.float())
        shifts = torch.where(self.is_binary, 0.0, shifts.float())
        num_properties = len(factors)
        weight, bias = self.weights[-1], self.biases[-1]
        weight[..., :num_properties] *= factors
        bias[..., :num_properties] = bias[..., :num_properties] * factors + shifts
        bias[..., num_properties:] += 2 * factors.log()

    def members(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        """What each member says: means (or logits) and log-variances, both `(M, B, P)`."""
        values = latents.expand(len(self.weights[0]), *latents.shape)
        for index, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            values = torch.baddbmm(bias, values, weight)
            if index < len(self.weights) - 1:
                values = functional.silu(values)
        mean, log_variance = values.float().chunk(2, dim=2)
        return mean, log_variance.clamp(*LOG_VARIANCE_RANGE)

    def forward(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        """The ensemble's mean (a probability where yes/no) and variance, both `(B, P)`."""
        mean, log_variance = self.members(latents)
        mean = torch.where(self.is_binary, torch.sigmoid(mean), mean)
        variance = torch.where(self.is_binary, 0.0, log_variance.exp())
        average = mean.mean(dim=0)
        disagreement = (mean - average).square().mean(dim=0)
        return average, variance.mean(dim=0) + disagreement

    def nats(self, latents: Tensor, targets: Tensor) -> Tensor:
        """Each member's negative log-likelihood of each molecule, `(M, B)`, summed over what was measured.

        Args:
            latents: `(B, L)`.
            targets: `(B, P)`, standardised, or 0 and 1; NaN where nothing was measured.
        """
        return self._nats(*self.members(latents), targets, torch.ones(()))

    def _nats(self, mean: Tensor, log_variance: Tensor, targets: Tensor, weight: Tensor) -> Tensor:
        """What `nats` gives for what members say, a Gaussian's times a weight that fits `(M, B, P)`."""
        known = ~targets.isnan()
        goal = torch.where(known, targets, 0.0).expand_as(mean)
        gaussian = 0.5 * (log_variance + (goal - mean) ** 2 * torch.exp(-log_variance)) * weight
        # Where is_binary is false the goal may be any number: clamped, so that no NaN is multiplied by 0.
        bernoulli = functional.binary_cross_entropy_with_logits(mean, goal.clamp(0, 1), reduction="none")
        return (torch.where(self.is_binary, bernoulli, gaussian) * known).sum(dim=2)

    def loss(self, latents: Tensor, targets: Tensor) -> Tensor:
        """Mean negative log-likelihood a labelled molecule, in nats; arguments as for `nats`."""
        return _mean_over_labelled(self.nats(latents, targets), targets)

    def lesson(self, latents: Tensor, targets: Tensor) -> Tensor:
        """What latents and head are trained on: `loss` with each Gaussian's nats times its own variance.

        The likelihood divides an error by the variance, so a property that is known well already pulls at the
        latents the harder, at the cost of all else. Here equal errors pull equally.
        """
        mean, log_variance = self.members(latents)
        nats = self._nats(mean, log_variance, targets, log_variance.detach().exp())
        return _mean_over_labelled(nats, targets)


def _mean_over_labelled(nats: Tensor, targets: Tensor) -> Tensor:
    """Nats `(M, B)` of all members, a labelled molecule."""
    num_labelled = (~targets.isnan()).any(dim=1).sum().clamp(min=1)
    return nats.mean(dim=0).sum() / num_labelled
