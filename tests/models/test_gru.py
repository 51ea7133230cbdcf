"""The packed GRU against `torch.nn.GRU`, and its hand-written gradient against finite differences."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from molvae.models.gru import GRULayer, Layout, TokenGates

LENGTHS = [[3, 7, 1, 7, 5], [4], [1, 1, 1], [2, 2, 9]]


def torch_gru_like(layer: GRULayer, linear: nn.Linear) -> nn.GRU:
    """`torch.nn.GRU` with the weights of a layer and of the linear map in front of it."""
    gru = nn.GRU(linear.in_features, layer.hidden_dim, batch_first=True)
    width = layer.hidden_dim
    hidden_bias = torch.cat([torch.zeros(2 * width), layer.bias.detach()])
    weights = {
        "weight_ih": linear.weight,
        "bias_ih": linear.bias,
        "weight_hh": layer.weight,
        "bias_hh": hidden_bias,
    }
    for name, weight in weights.items():
        gru.get_parameter(f"{name}_l0").data.copy_(weight.detach())
    return gru


def packed_states(gru: nn.GRU, inputs: Tensor, lengths: Tensor, first: Tensor) -> tuple[Tensor, Tensor]:
    """States `(B, T, H)` and last states `(B, H)` of torch's GRU."""
    packed = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
    states, last = gru(packed, first[None])
    return pad_packed_sequence(states, batch_first=True)[0], last[0]


@pytest.mark.parametrize("lengths", LENGTHS)
def test_states_and_every_gradient_equal_those_of_torch_gru(lengths: list[int]) -> None:
    torch.manual_seed(1)
    size, steps = torch.tensor(lengths), max(lengths)
    layer, linear = GRULayer(6), nn.Linear(5, 18)
    nn.init.normal_(layer.bias)
    gru = torch_gru_like(layer, linear)
    inputs, first = torch.randn(len(lengths), steps, 5), torch.randn(len(lengths), 6)
    state_weights, last_weights = torch.randn(len(lengths), steps, 6), torch.randn(len(lengths), 6)
    states_there, last_there = packed_states(gru, inputs, size, theirs := first.clone().requires_grad_())
    ((states_there * state_weights).sum() + (last_there * last_weights).sum()).backward()

    layout = Layout.of(size)
    ours = first.clone().requires_grad_()
    gates = linear(inputs)[layout.order].transpose(0, 1)[layout.mask]
    constant = torch.zeros(len(lengths), 18)
    states, last = layer(gates, constant, ours[layout.order], layout.batch_sizes)
    packed_weights = state_weights[layout.order].transpose(0, 1)[layout.mask]
    ((states * packed_weights).sum() + (last[layout.inverse] * last_weights).sum()).backward()

    torch.testing.assert_close(states, states_there[layout.order].transpose(0, 1)[layout.mask])
    torch.testing.assert_close(last[layout.inverse], last_there)
    assert ours.grad is not None
    torch.testing.assert_close(ours.grad, theirs.grad)
    torch.testing.assert_close(layer.weight.grad, gru.weight_hh_l0.grad)
    torch.testing.assert_close(linear.weight.grad, gru.weight_ih_l0.grad)
    torch.testing.assert_close(linear.bias.grad, gru.bias_ih_l0.grad)
    its_bias = gru.get_parameter("bias_hh_l0").grad
    assert its_bias is not None
    torch.testing.assert_close(layer.bias.grad, its_bias[12:])


def test_a_constant_share_of_the_gates_is_the_same_as_adding_it_to_every_input() -> None:
    torch.manual_seed(2)
    layer, layout = GRULayer(4), Layout.of(torch.tensor([2, 5, 3]))
    gates, constant, state = torch.randn(10, 12), torch.randn(3, 12), torch.randn(3, 4)
    rows = torch.arange(3).expand(5, 3)[layout.mask]
    with_constant, _ = layer(gates, constant, state, layout.batch_sizes)
    added, _ = layer(gates + constant[rows], torch.zeros(3, 12), state, layout.batch_sizes)
    torch.testing.assert_close(with_constant, added)


def test_the_gradient_agrees_with_finite_differences() -> None:
    torch.manual_seed(3)
    layer, layout = GRULayer(3).double(), Layout.of(torch.tensor([1, 4, 2]))
    inputs = [torch.randn(*shape, dtype=torch.double) for shape in ((7, 9), (3, 9), (3, 3))]

    def run(gates: Tensor, constant: Tensor, state: Tensor, *_: Tensor) -> tuple[Tensor, Tensor]:
        result: tuple[Tensor, Tensor] = layer(gates, constant, state, layout.batch_sizes)
        return result

    leaves = [tensor.requires_grad_() for tensor in inputs] + [layer.weight, layer.bias]
    assert torch.autograd.gradcheck(run, leaves)


def test_a_step_of_generation_equals_a_step_of_training() -> None:
    torch.manual_seed(4)
    layer, layout = GRULayer(5), Layout.of(torch.tensor([3, 3]))
    gates, state = torch.randn(6, 15), torch.randn(2, 5)
    states, _ = layer(gates, torch.zeros(2, 15), state, layout.batch_sizes)
    for step in range(3):
        state = layer.step(gates[2 * step : 2 * step + 2], state)
        torch.testing.assert_close(state, states[2 * step : 2 * step + 2])


def test_a_layout_packs_rows_step_by_step_and_sums_them_in_their_own_order() -> None:
    layout = Layout.of(torch.tensor([1, 3, 2]))
    values = torch.tensor([[10.0, 99, 99], [20, 21, 22], [30, 31, 99]])
    packed = layout.pack(values)
    assert layout.batch_sizes == [3, 2, 1]
    assert packed.tolist() == [20, 30, 10, 21, 31, 22]
    assert layout.sum_by_row(packed).tolist() == [10, 63, 61]


def test_token_gates_are_the_linear_map_of_the_embedding() -> None:
    gates = TokenGates(vocab_size=7, embedding_dim=3, hidden_dim=2)
    ids = torch.tensor([[1, 6, 1], [0, 3, 2]])
    torch.testing.assert_close(gates(ids), gates.linear(gates.embedding(ids)))
