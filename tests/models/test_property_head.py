"""The head's losses against torch's own, its mixture by hand, and missing values that teach nothing."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from molvae.models.property_head import PropertyHead


class Saying(PropertyHead):
    """A head whose two members say given means and log-variances, `(M, B, P)`."""

    def __init__(self, mean: list[list[list[float]]], log_variance: list[list[list[float]]]) -> None:
        super().__init__(3, 4, len(mean), is_binary=[False, True])
        self.said = torch.tensor(mean), torch.tensor(log_variance)

    def members(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        return self.said


MEANS = [[[1.0, 0.5]], [[3.0, -1.5]]]
LOG_VARIANCES = [[[0.0, 9.0]], [[1.0, 9.0]]]


def test_the_loss_is_the_sum_of_gaussian_nll_and_binary_cross_entropy() -> None:
    head = Saying(MEANS, LOG_VARIANCES)
    truth = 0.0
    for (mean,), (log_variance,) in zip(MEANS, LOG_VARIANCES, strict=True):
        variance = torch.tensor([log_variance[0]]).exp()
        gaussian = functional.gaussian_nll_loss(torch.tensor([mean[0]]), torch.tensor([2.5]), variance)
        logit = torch.tensor([mean[1]])
        bernoulli = functional.binary_cross_entropy_with_logits(logit, torch.tensor([1.0]))
        truth += (gaussian + bernoulli).item() / 2
    assert head.loss(torch.zeros(1, 3), torch.tensor([[2.5, 1.0]])).item() == pytest.approx(truth)


@pytest.mark.parametrize("variance", [0.01, 1.0, 9.0])
def test_in_training_equal_errors_pull_equally_however_sure_the_head_is(variance: float) -> None:
    mean = torch.tensor([[[1.0, 0.0]]], requires_grad=True)
    log_variance = torch.tensor([[[variance, 1.0]]]).log().requires_grad_()
    head = Saying([[[0.0, 0.0]]], [[[0.0, 0.0]]])
    head.said = mean, log_variance
    head.lesson(torch.zeros(1, 3), torch.tensor([[3.0, torch.nan]])).backward()
    assert mean.grad is not None
    assert log_variance.grad is not None
    assert mean.grad[0, 0, 0].item() == pytest.approx(1.0 - 3.0)
    # The variance is still pulled to the squared error, 4.
    assert log_variance.grad[0, 0, 0].item() == pytest.approx(0.5 * (variance - 4.0))


def test_the_ensemble_is_the_mixture_of_its_members() -> None:
    mean, variance = Saying(MEANS, LOG_VARIANCES)(torch.zeros(1, 3))
    # of N(1, 1) and N(3, e): mean 2, variance (1 + e) / 2 + ((1 - 2)^2 + (3 - 2)^2) / 2
    assert mean[0, 0].item() == pytest.approx(2.0)
    assert variance[0, 0].item() == pytest.approx((1 + torch.e) / 2 + 1)
    probabilities = torch.sigmoid(torch.tensor([0.5, -1.5]))
    assert mean[0, 1].item() == pytest.approx(probabilities.mean().item())


def test_no_latents_give_no_predictions_and_no_warning() -> None:
    mean, variance = PropertyHead(3, 4, 2, is_binary=[False, True])(torch.empty(0, 3))
    assert mean.shape == variance.shape == (0, 2)


def test_a_missing_value_gives_no_gradient() -> None:
    torch.manual_seed(0)
    head = PropertyHead(3, 4, 2, is_binary=[False, True])
    latents = torch.randn(5, 3, requires_grad=True)
    targets = torch.tensor([[1.0, torch.nan]] * 2 + [[torch.nan, torch.nan]] * 3)
    head.loss(latents, targets).backward()
    assert latents.grad is not None
    assert (latents.grad[:2] != 0).any()
    assert (latents.grad[2:] == 0).all()
    last = head.weights[-1].grad
    assert last is not None
    assert (last[:, :, [1, 3]] == 0).all()
    assert (last[:, :, [0, 2]] != 0).any()


def test_a_molecule_without_any_value_does_not_dilute_the_loss() -> None:
    torch.manual_seed(1)
    head = PropertyHead(3, 4, 2, is_binary=[False])
    latents = torch.randn(4, 3)
    targets = torch.tensor([[1.0], [2.0], [torch.nan], [torch.nan]])
    torch.testing.assert_close(head.loss(latents, targets), head.loss(latents[:2], targets[:2]))


def test_without_a_single_value_the_loss_and_its_gradient_are_zero() -> None:
    head = PropertyHead(3, 4, 2, is_binary=[False, True])
    latents = torch.randn(4, 3, requires_grad=True)
    loss = head.loss(latents, torch.full((4, 2), torch.nan))
    loss.backward()
    assert loss.item() == 0
    assert latents.grad is not None
    assert (latents.grad == 0).all()


def test_targets_far_outside_zero_and_one_are_fine_for_a_measured_property() -> None:
    head = PropertyHead(3, 4, 2, is_binary=[False, False])
    assert head.loss(torch.randn(2, 3), torch.tensor([[-50.0, 1e4], [9.0, 0.0]])).isfinite()


def test_it_learns_a_linear_property_and_a_yes_no_one() -> None:
    torch.manual_seed(2)
    head = PropertyHead(3, 16, 3, is_binary=[False, True])
    latents = torch.randn(400, 3)
    targets = torch.stack([latents[:, 0] - latents[:, 1], (latents[:, 2] > 0).float()], dim=1)
    optimizer = torch.optim.Adam(head.parameters(), lr=0.01)
    for _ in range(150):
        optimizer.zero_grad()
        head.loss(latents, targets).backward()
        optimizer.step()
    mean, variance = head(latents)
    assert (mean[:, 0] - targets[:, 0]).std() < 0.2
    assert ((mean[:, 1] > 0.5).float() == targets[:, 1]).float().mean() > 0.95
    assert variance[:, 0].max() < 0.5
