"""Tensors on disk: one safetensors file, replaced whole or not at all, never unpickled."""

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
from torch import Tensor, nn

from molvae.errors import CheckpointError, ModelFolderError


def write_tensors(path: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Writes tensors and JSON facts to `path`, through a temporary file that replaces it in one move.

    Raises:
        CheckpointError: if it can't be written, on a full disk for instance; what was there stays.
    """
    temporary = path.with_name(f".{path.name}.partial")
    plain = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(safetensors.torch.save(plain, metadata={"facts": json.dumps(facts)}))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise CheckpointError(
            f'"{path}" could not be written ({error.strerror or error}); the last complete checkpoint is '
            "intact: free some space, then go on with --resume"
        ) from error


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and facts that `write_tensors` wrote.

    Raises:
        ModelFolderError: if the file is missing, truncated, or of another kind.
    """
    if not path.is_file():
        raise ModelFolderError(f'"{path}" is missing')
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            facts = json.loads((file.metadata() or {})["facts"])
            return {name: file.get_tensor(name) for name in file.keys()}, facts  # noqa: SIM118
    except (safetensors.SafetensorError, KeyError, ValueError, OSError) as error:
        raise ModelFolderError(
            f'"{path}" is truncated or not a file of molvae; take it from a backup'
        ) from error


def load_weights(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Loads weights strictly.

    Raises:
        ModelFolderError: if a name or a shape doesn't fit.
    """
    try:
        model.load_state_dict(dict(weights), strict=True)
    except RuntimeError as error:
        reason = str(error).splitlines()[1 if "\n" in str(error) else 0].strip()
        raise ModelFolderError(f"the weights do not fit the network: {reason}") from error
