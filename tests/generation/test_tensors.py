"""Tensors on disk."""

from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import nn

from molvae.errors import ModelFolderError
from molvae.generation.tensors import load_weights, read_tensors, tensor_bytes, write_tensors

TENSORS = {
    "floats": torch.tensor([[0.1, -torch.inf], [torch.nan, 3e-45]]),
    "counts": torch.arange(5, dtype=torch.int64),
    "turned": torch.arange(6.0).reshape(2, 3).t(),
    "none": torch.empty(0, 4),
}
FACTS = {"step": 7, "words": ["ä", None], "loss": 0.1}


def test_tensors_and_facts_come_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "a.safetensors"
    write_tensors(path, TENSORS, FACTS)
    tensors, facts = read_tensors(path)
    assert facts == FACTS
    assert tensors.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        assert tensors[name].dtype == tensor.dtype
        assert torch.equal(tensors[name].nan_to_num(), tensor.nan_to_num())
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_tensors_that_share_their_memory_are_written_each(tmp_path: Path) -> None:
    shared = torch.arange(4.0)
    write_tensors(tmp_path / "a.safetensors", {"all": shared, "half": shared[:2]}, {})
    assert read_tensors(tmp_path / "a.safetensors")[0]["half"].tolist() == [0, 1]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"text",
        tensor_bytes(TENSORS, FACTS)[:-1],
        safetensors.torch.save({"of": torch.ones(2)}),
        safetensors.torch.save({"of": torch.ones(2)}, metadata={"facts": "{"}),
    ],
)
def test_a_file_of_another_kind_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelFolderError) as caught:
        read_tensors(path)
    assert str(caught.value) == f'"{path}" is truncated or not a file of molvae; take it from a backup'


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match=r'nowhere\.safetensors" is missing'):
        read_tensors(tmp_path / "nowhere.safetensors")


@pytest.mark.parametrize(
    ("weights", "reason"),
    [
        ({"weight": torch.zeros(2, 9), "bias": torch.zeros(2)}, "size mismatch for weight: "),
        ({"weight": torch.zeros(2, 3)}, 'Missing key(s) in state_dict: "bias". '),
        (
            {"weight": torch.zeros(2, 3), "bias": torch.zeros(2), "more": torch.zeros(1)},
            'Unexpected key(s) in state_dict: "more". ',
        ),
    ],
)
def test_weights_that_do_not_fit_are_refused_in_one_line(
    weights: dict[str, torch.Tensor], reason: str
) -> None:
    with pytest.raises(ModelFolderError) as caught:
        load_weights(nn.Linear(3, 2), weights)
    message = str(caught.value)
    assert message.startswith(f"the weights do not fit the network: {reason.strip()}")
    assert "\n" not in message
