"""What is minimised, on numbers that can be summed by hand."""

import pytest
import torch

from molvae.models.losses import Losses, total_loss


def losses(kl_divergence: float) -> Losses:
    reconstruction, kl, prop, exact, fingerprint = torch.tensor([10.0, kl_divergence, 3.0, 0.5, 7.0])
    return Losses(reconstruction, kl, prop, exact, torch.tensor([kl_divergence]), fingerprint)


@pytest.mark.parametrize(
    ("kl_divergence", "free_bits", "expected"),
    [
        (8.0, 0.0, 10 + 0.5 * 8 + 2 * 3 + 0.1 * 7),
        (8.0, 5.0, 10 + 0.5 * 8 + 2 * 3 + 0.1 * 7),
        (4.0, 5.0, 10 + 0.5 * 5 + 2 * 3 + 0.1 * 7),
    ],
)
def test_the_total_is_the_weighted_sum_with_a_floor_under_the_kl(
    kl_divergence: float, free_bits: float, expected: float
) -> None:
    weights = {"kl_weight": 0.5, "property_weight": 2.0, "fingerprint_weight": 0.1}
    total = total_loss(losses(kl_divergence), free_bits=free_bits, **weights)
    assert total.item() == pytest.approx(expected)


@pytest.mark.parametrize(("kl_divergence", "slope"), [(8.0, 0.5), (4.0, 0.0)])
def test_below_the_floor_the_kl_divergence_is_not_pushed_down(kl_divergence: float, slope: float) -> None:
    kl = torch.tensor(kl_divergence, requires_grad=True)
    weights = {"kl_weight": 0.5, "property_weight": 1.0, "fingerprint_weight": 1.0}
    total_loss(losses(0.0)._replace(kl_divergence=kl), free_bits=5.0, **weights).backward()
    assert kl.grad is not None
    assert kl.grad.item() == slope
