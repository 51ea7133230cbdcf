"""An optimiser's state there and back, and what does not fit a network."""

import pytest
import torch
from torch import nn

from molvae.errors import ModelFolderError
from molvae.training.checkpoint import restore_training, training_tensors


def network() -> tuple[nn.Module, torch.optim.Optimizer]:
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 1))
    return model, torch.optim.AdamW(model.parameters(), lr=0.1, fused=True)


def step(model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    optimizer.zero_grad()
    model(torch.ones(2, 3)).square().sum().backward()
    optimizer.step()


def test_a_restored_run_takes_the_same_next_step() -> None:
    model, optimizer = network()
    step(model, optimizer)
    saved = {name: tensor.clone() for name, tensor in training_tensors(model, optimizer).items()}
    step(model, optimizer)
    again, its_optimizer = network()
    restore_training(saved, again, its_optimizer)
    step(again, its_optimizer)
    for tensor, other in zip(model.parameters(), again.parameters(), strict=True):
        assert torch.equal(tensor, other)


def test_what_was_restored_is_a_copy() -> None:
    model, optimizer = network()
    step(model, optimizer)
    saved = {name: tensor.clone() for name, tensor in training_tensors(model, optimizer).items()}
    again, its_optimizer = network()
    restore_training(saved, again, its_optimizer)
    step(again, its_optimizer)
    assert saved["optimizer.0.step"].item() == 1


def test_tensors_of_another_network_are_refused() -> None:
    model, optimizer = network()
    saved = training_tensors(model, optimizer)
    saved["model.0.weight"] = torch.zeros(9, 9)
    with pytest.raises(ModelFolderError, match=r"do not fit the network: size mismatch for 0\.weight"):
        restore_training(saved, model, optimizer)
