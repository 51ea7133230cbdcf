"""Which device and which precision a run gets."""

import pytest
import torch

from molvae.errors import SettingsError
from molvae.training.device import autocast, choose_device, choose_precision

CPU = torch.device("cpu")


def test_a_gpu_that_is_not_there_is_refused_with_what_to_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(
        SettingsError, match='device is "cuda", but torch sees no GPU here; use "auto" or "cpu"'
    ):
        choose_device("cuda")
    assert choose_device("auto") == CPU


def test_a_precision_that_is_asked_for_is_taken() -> None:
    assert choose_precision("bfloat16", CPU) == torch.bfloat16
    assert choose_precision("float32", CPU) == torch.float32


@pytest.mark.parametrize(("native", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_auto_takes_bfloat16_where_the_processor_multiplies_it(
    native: bool, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: native)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    assert choose_precision("auto", CPU) == dtype


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_products_inside_autocast_have_the_chosen_type(dtype: torch.dtype) -> None:
    with autocast(CPU, dtype):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype
