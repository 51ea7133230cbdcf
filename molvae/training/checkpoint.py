"""A run's state as tensors: weights, and what the optimiser knows of each."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from molvae.generation.tensors import load_weights


def training_tensors(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Everything that a step changes: weights, and each weight's state in the optimiser."""
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for index, parameter in enumerate(parameters):
        for name, value in optimizer.state[parameter].items():
            tensors[f"optimizer.{index}.{name}"] = value
    return tensors


def restore_training(
    tensors: Mapping[str, Tensor], model: nn.Module, optimizer: torch.optim.Optimizer
) -> None:
    """Puts back what `training_tensors` took.

    Raises:
        ModelFolderError: if the tensors don't fit the model.
    """
    weights = {
        name.removeprefix("model."): tensor for name, tensor in tensors.items() if name.startswith("model.")
    }
    load_weights(model, weights)
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for name, tensor in tensors.items():
        if name.startswith("optimizer."):
            _, index, key = name.split(".", 2)
            parameter = parameters[int(index)]
            # The count of steps too: a fused optimiser keeps it beside the weights.
            optimizer.state[parameter][key] = tensor.to(parameter.device, copy=True)
