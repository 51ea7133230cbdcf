"""A run on disk: its last state, to go on from, and the weights of its best validation.

last.safetensors   weights, what the optimiser knows of each, and how far the run has come
best.safetensors   weights; always written after the last state, which tells which step's they are
"""

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn

from molvae.generation.tensors import load_weights, read_tensors, write_tensors
from molvae.training.validation import ValidationReport


@dataclasses.dataclass
class RunState:
    """How far a run has come, apart from its weights.

    Attributes:
        step: steps done.
        molecules: molecules seen, repeats counted.
        seconds: time spent in training, over all its sittings.
        worse_in_a_row: validations since the best one.
        best_loss: of the best validation; infinite before the first.
        best_step: when that was.
        best_report: what it measured.
    """

    step: int = 0
    molecules: int = 0
    seconds: float = 0.0
    worse_in_a_row: int = 0
    best_loss: float = math.inf
    best_step: int = 0
    best_report: ValidationReport | None = None

    @property
    def is_best(self) -> bool:
        """Whether the last step's weights are the best."""
        return self.best_report is not None and self.best_step == self.step

    def judge(self, report: ValidationReport, loss: float) -> None:
        """Counts a validation of the last step's weights."""
        if loss < self.best_loss:
            self.best_loss, self.best_step, self.best_report = loss, self.step, report
            self.worse_in_a_row = 0
        else:
            self.worse_in_a_row += 1

    def to_json(self) -> dict[str, Any]:
        """Plain data; the loss of no validation is None, as JSON knows no infinity."""
        facts = dataclasses.asdict(self)
        if self.best_report is None:
            return facts | {"best_loss": None}
        return facts | {"best_report": self.best_report._asdict()}

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> Self:
        """What `to_json` gave."""
        report = facts["best_report"]
        if report is None:
            return cls(**{**facts, "best_loss": math.inf})
        report = ValidationReport(**report | {"property_r2": tuple(report["property_r2"])})
        return cls(**{**facts, "best_report": report})


class Checkpoints:
    """The checkpoints of one run of one network.

    Args:
        folder: where they are, or will be.
        model: the network.
        optimizer: of its weights.
    """

    def __init__(self, folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self.last_path = folder / "last.safetensors"
        self.best_path = folder / "best.safetensors"
        self._model, self._optimizer = model, optimizer

    def save(self, state: RunState) -> None:
        """Writes the last state.

        Raises:
            CheckpointError: it can't be written; the one before it is intact.
        """
        write_tensors(self.last_path, training_tensors(self._model, self._optimizer), state.to_json())

    def save_best(self, state: RunState) -> None:
        """Writes the weights as the best ones; the last state must have been written before.

        Raises:
            CheckpointError: they can't be written; those before them are intact.
        """
        facts = {"step": state.best_step, "loss": state.best_loss}
        write_tensors(self.best_path, self._model.state_dict(), facts)

    def restore(self) -> RunState:
        """Puts the last state back; a run that has none yet is at its beginning.

        Raises:
            ModelFolderError: the file can't be read, or is of another network.
        """
        if not self.last_path.exists():
            return RunState()
        tensors, facts = read_tensors(self.last_path)
        restore_training(tensors, self._model, self._optimizer)
        state = RunState.from_json(facts)
        if state.is_best:  # the run may have been killed before it wrote them
            self.save_best(state)
        return state

    def load_best(self) -> None:
        """Gives the network the best weights.

        Raises:
            ModelFolderError: the file can't be read, or is of another network.
        """
        load_weights(self._model, read_tensors(self.best_path)[0])


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
