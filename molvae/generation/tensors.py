"""Tensors on disk: one safetensors file, replaced whole or not at all, never unpickled."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
from torch import Tensor, nn

from molvae.errors import ModelFolderError
from molvae.whole_files import write_whole


def write_tensors(path: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Writes a checkpoint: tensors and JSON facts, to `path`.

    Raises:
        CheckpointError: if it can't be written, on a full disk for instance; what was there stays.
    """
    remedy = "the last complete checkpoint is intact: free some space, then go on with --resume"
    write_whole({path: tensor_bytes(tensors, facts)}, remedy=remedy)


def tensor_bytes(tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> bytes:
    """Tensors and JSON facts as the content of a safetensors file."""
    plain = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    return safetensors.torch.save(plain, metadata={"facts": json.dumps(facts)})


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and facts of a file that `tensor_bytes` made.

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
