"""The head fitted to latents that stand still, where the answer is known."""

import numpy as np
import torch

from molvae.models.property_head import PropertyHead
from molvae.training.head_fitting import LEAST_LABELLED, refit_head


def linear_case(num_molecules: int) -> tuple[torch.Tensor, np.ndarray]:
    """Latents far from standard scale, and one property that is linear in them, standardised."""
    latents = 5 + 30 * torch.randn(num_molecules, 4, generator=torch.Generator().manual_seed(0))
    values = ((latents - 5) / 30) @ torch.tensor([0.5, -0.5, 0.5, 0.5])
    return latents, values[:, None].double().numpy()


def test_a_linear_property_is_learned_whatever_the_scale_of_the_latents() -> None:
    latents, targets = linear_case(400)
    head = PropertyHead(4, 16, 3, [False])
    assert refit_head(head, latents[:300], targets[:300], seed=0)
    with torch.no_grad():
        mean, variance = head(latents[300:])
    error = mean.numpy() - targets[300:]
    assert 1 - (error**2).mean() / targets[300:].var() > 0.95
    assert bool((variance > 0).all())


def test_molecules_without_a_label_change_nothing() -> None:
    latents, targets = linear_case(60)
    some = targets.copy()
    some[40:] = np.nan
    heads = []
    for rows, values in ((latents[:40], targets[:40]), (latents, some)):
        head = PropertyHead(4, 8, 2, [False])
        assert refit_head(head, rows, values, seed=3)
        heads.append(head)
    for first, second in zip(heads[0].parameters(), heads[1].parameters(), strict=True):
        torch.testing.assert_close(first, second)


def test_too_few_labels_leave_the_head_as_it_was() -> None:
    latents, targets = linear_case(LEAST_LABELLED - 1)
    head = PropertyHead(4, 8, 2, [False])
    before = [parameter.clone() for parameter in head.parameters()]
    assert not refit_head(head, latents, targets, seed=0)
    assert all(torch.equal(a, b) for a, b in zip(before, head.parameters(), strict=True))


def test_more_members_than_labels_are_all_fitted() -> None:
    latents, targets = linear_case(24)
    head = PropertyHead(4, 8, 40, [False])
    assert refit_head(head, latents, targets, seed=0)
    with torch.no_grad():
        assert bool(torch.isfinite(head(latents)[0]).all())
