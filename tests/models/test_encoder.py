"""The encoder against torch's bidirectional GRU, and what must not change its features."""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from molvae.models.encoder import GRUEncoder

LENGTHS = torch.tensor([3, 6, 1, 4])


def encoder_and_batch() -> tuple[GRUEncoder, torch.Tensor]:
    torch.manual_seed(0)
    encoder = GRUEncoder(vocab_size=9, embedding_dim=5, hidden_dim=4)
    nn.init.normal_(encoder.forward_layer.bias)
    nn.init.normal_(encoder.backward_layer.bias)
    return encoder, torch.randint(4, 9, (4, 6))


def test_features_equal_the_last_states_of_torchs_bidirectional_gru() -> None:
    encoder, ids = encoder_and_batch()
    gru = nn.GRU(5, 4, batch_first=True, bidirectional=True)
    for suffix, gates, layer in (
        ("", encoder.forward_gates, encoder.forward_layer),
        ("_reverse", encoder.backward_gates, encoder.backward_layer),
    ):
        values = {
            "weight_ih": gates.linear.weight,
            "bias_ih": gates.linear.bias,
            "weight_hh": layer.weight,
            "bias_hh": torch.cat([torch.zeros(8), layer.bias]),
        }
        for name, value in values.items():
            gru.get_parameter(f"{name}_l0{suffix}").data.copy_(value.detach())
    embedded = encoder.forward_gates.embedding(ids)
    packed = pack_padded_sequence(embedded, LENGTHS, batch_first=True, enforce_sorted=False)
    _, last = gru(packed)
    torch.testing.assert_close(encoder(ids, LENGTHS), torch.cat([last[0], last[1]], dim=1))


def test_what_stands_behind_a_molecule_changes_nothing() -> None:
    encoder, ids = encoder_and_batch()
    behind = torch.arange(6) >= LENGTHS[:, None]
    features = encoder(ids, LENGTHS)
    for value in (0, 1, 8):
        assert torch.equal(encoder(ids.masked_fill(behind, value), LENGTHS), features)
    wider = nn.functional.pad(ids, (0, 5), value=7)
    assert torch.equal(encoder(wider, LENGTHS), features)


def test_a_batch_of_one_equals_a_row_of_a_batch() -> None:
    encoder, ids = encoder_and_batch()
    features = encoder(ids, LENGTHS)
    for row in range(4):
        alone = encoder(ids[row : row + 1], LENGTHS[row : row + 1])
        torch.testing.assert_close(alone[0], features[row])


def test_the_order_of_the_rows_does_not_matter() -> None:
    encoder, ids = encoder_and_batch()
    order = torch.tensor([2, 0, 3, 1])
    torch.testing.assert_close(encoder(ids[order], LENGTHS[order]), encoder(ids, LENGTHS)[order])


def test_both_directions_share_one_embedding() -> None:
    encoder, _ = encoder_and_batch()
    embeddings = [module for module in encoder.modules() if isinstance(module, nn.Embedding)]
    assert len(embeddings) == 1
