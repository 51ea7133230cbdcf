"""Where training runs, and in what precision."""

from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch

from molvae.errors import SettingsError


def choose_device(name: Literal["auto", "cpu", "cuda"]) -> torch.device:
    """The device of that name; `auto` is a GPU if there is one.

    Raises:
        SettingsError: if a GPU is asked for and there is none.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise SettingsError('device is "cuda", but torch sees no GPU here; use "auto" or "cpu"')
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def choose_precision(name: Literal["auto", "float32", "bfloat16"], device: torch.device) -> torch.dtype:
    """The type of matrix products; `auto` is bfloat16 where the hardware multiplies it natively."""
    if name != "auto":
        return torch.float32 if name == "float32" else torch.bfloat16
    if device.type == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.bfloat16 if native else torch.float32


def autocast(device: torch.device, dtype: torch.dtype) -> AbstractContextManager[object]:
    """The context in which matrix products are of that type."""
    if dtype == torch.float32:
        return nullcontext()
    return torch.autocast(device.type, dtype)
