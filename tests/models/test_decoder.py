"""Teacher forcing against step by step, greedy decoding against `is_exact`, and what must change nothing."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from molvae.models.decoder import END, NUM_SPECIAL, PAD, START, UNKNOWN, GRUDecoder

LENGTHS = torch.tensor([3, 6, 1, 4])
VOCAB_SIZE = 9


@pytest.fixture(params=[1, 2], ids=["one layer", "two layers"])
def decoder(request: pytest.FixtureRequest) -> GRUDecoder:
    torch.manual_seed(0)
    decoder = GRUDecoder(VOCAB_SIZE, embedding_dim=5, hidden_dim=8, num_layers=request.param, latent_dim=3)
    for name, parameter in decoder.named_parameters():
        if "bias" in name:
            nn.init.normal_(parameter, std=0.5)
    with torch.no_grad():
        decoder.logits.weight.mul_(8)
        decoder.logits.bias[[PAD, START, UNKNOWN]] -= 30.0  # training teaches this: they are never right
    return decoder


@pytest.fixture
def batch() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(NUM_SPECIAL, VOCAB_SIZE, (4, 6), generator=generator)
    return torch.randn(4, 3, generator=generator), ids


def stepwise_logits(decoder: GRUDecoder, latents: Tensor, inputs: list[int]) -> Tensor:
    """Logits `(T, V)` of one molecule, read token by token as generation reads them."""
    conditions = decoder._conditions(latents[None])
    states = [state for _, _, state in conditions]
    constants = [constant for _, constant, _ in conditions]
    logits = []
    for token in inputs:
        states, scores = decoder._step(decoder.gates.table()[[token]], constants, states)
        logits.append(scores[0])
    return torch.stack(logits)


def test_teacher_forced_scores_equal_those_of_stepwise_logits(
    decoder: GRUDecoder, batch: tuple[Tensor, Tensor]
) -> None:
    latents, ids = batch
    nll = decoder(latents, ids, LENGTHS).nll
    for row, length in enumerate(LENGTHS.tolist()):
        tokens = ids[row, :length].tolist()
        logits = stepwise_logits(decoder, latents[row], [START, *tokens])
        truth = functional.cross_entropy(logits, torch.tensor([*tokens, END]), reduction="sum")
        torch.testing.assert_close(nll[row], truth)


def test_what_stands_behind_a_molecule_changes_nothing(
    decoder: GRUDecoder, batch: tuple[Tensor, Tensor]
) -> None:
    latents, ids = batch
    nll = decoder(latents, ids, LENGTHS).nll
    behind = torch.arange(6) >= LENGTHS[:, None]
    for value in (PAD, END, 8):
        assert torch.equal(decoder(latents, ids.masked_fill(behind, value), LENGTHS).nll, nll)
    assert torch.equal(decoder(latents, functional.pad(ids, (0, 3), value=5), LENGTHS).nll, nll)


def test_a_batch_of_one_equals_a_row_of_a_batch_in_any_order(
    decoder: GRUDecoder, batch: tuple[Tensor, Tensor]
) -> None:
    latents, ids = batch
    nll = decoder(latents, ids, LENGTHS).nll
    for row in range(4):
        alone = decoder(latents[[row]], ids[[row]], LENGTHS[[row]]).nll
        torch.testing.assert_close(alone[0], nll[row])
    order = torch.tensor([1, 3, 0, 2])
    torch.testing.assert_close(decoder(latents[order], ids[order], LENGTHS[order]).nll, nll[order])


def test_exact_means_that_greedy_decoding_gives_the_molecule_back(decoder: GRUDecoder) -> None:
    latents = 3 * torch.randn(300, 3, generator=torch.Generator().manual_seed(2))
    found, lengths = decoder.generate(latents, max_length=8)
    ended = (lengths >= 1) & (lengths <= 8)
    assert ended.sum() > 10
    found, lengths, latents = found[ended].clone(), lengths[ended].clone(), latents[ended]
    assert decoder(latents, found, lengths).is_exact.all()
    other = found.clone()
    other[:, 0] = NUM_SPECIAL + (other[:, 0] - NUM_SPECIAL + 1) % (VOCAB_SIZE - NUM_SPECIAL)
    assert not decoder(latents, other, lengths).is_exact.any()


def test_greedy_decoding_of_a_row_does_not_depend_on_the_others(decoder: GRUDecoder) -> None:
    latents = 3 * torch.randn(20, 3, generator=torch.Generator().manual_seed(3))
    found, lengths = decoder.generate(latents, max_length=7)
    for row in range(20):
        alone, length = decoder.generate(latents[[row]], max_length=7)
        assert torch.equal(alone[0], found[row])
        assert length[0] == lengths[row]


def test_a_molecule_that_does_not_end_is_cut_and_its_length_says_so(decoder: GRUDecoder) -> None:
    with torch.no_grad():
        decoder.logits.bias[END] = -1e9
    found, lengths = decoder.generate(torch.randn(3, 3), max_length=4)
    assert lengths.tolist() == [5, 5, 5]
    assert (found >= NUM_SPECIAL).all()


def test_special_tokens_other_than_the_end_are_never_generated(decoder: GRUDecoder) -> None:
    with torch.no_grad():
        decoder.logits.bias[[PAD, START, UNKNOWN]] = 80.0
    generator = torch.Generator().manual_seed(4)
    for temperature in (0.0, 2.0):
        found, lengths = decoder.generate(
            torch.randn(50, 3), max_length=6, temperature=temperature, generator=generator
        )
        inside = torch.arange(6) < lengths[:, None]
        assert (found[inside] >= NUM_SPECIAL).all()
        assert (found[~inside] == PAD).all()


def test_tokens_are_drawn_with_their_probabilities_at_a_temperature(decoder: GRUDecoder) -> None:
    latents = torch.ones(1, 3)
    logits = stepwise_logits(decoder, latents[0], [START])[0]
    logits[[PAD, START, UNKNOWN]] = -torch.inf
    truth = functional.softmax(logits / 1.5, dim=0)
    found, lengths = decoder.generate(
        latents.expand(40_000, 3), max_length=1, temperature=1.5, generator=torch.Generator().manual_seed(5)
    )
    first = torch.where(lengths == 0, END, found[:, 0])
    shares = torch.bincount(first, minlength=VOCAB_SIZE) / 40_000
    torch.testing.assert_close(shares, truth.detach(), rtol=0, atol=0.01)


def test_a_hidden_token_is_read_as_unknown_and_still_has_to_be_told(
    decoder: GRUDecoder, batch: tuple[Tensor, Tensor]
) -> None:
    latents, ids = batch
    dropout = torch.zeros_like(ids, dtype=torch.bool)
    dropout[1, 2] = True
    nll = decoder(latents, ids, LENGTHS, dropout).nll
    plain = decoder(latents, ids, LENGTHS).nll
    torch.testing.assert_close(nll[[0, 2, 3]], plain[[0, 2, 3]])
    tokens = ids[1].tolist()
    logits = stepwise_logits(decoder, latents[1], [START, *tokens[:2], UNKNOWN, *tokens[3:]])
    truth = functional.cross_entropy(logits, torch.tensor([*tokens, END]), reduction="sum")
    torch.testing.assert_close(nll[1], truth)


def test_a_slip_takes_another_token_once_and_the_likeliest_else(
    decoder: GRUDecoder, batch: tuple[Tensor, Tensor]
) -> None:
    latents = batch[0].repeat(50, 1)
    slips = torch.arange(len(latents)) % 3
    plain, _ = decoder.generate(latents, max_length=6)
    ids, lengths = decoder.generate(
        latents, max_length=6, temperature=1.0, slips=slips, generator=torch.Generator().manual_seed(3)
    )
    for row, slip in enumerate(slips.tolist()):
        before, after = plain[row].tolist(), ids[row].tolist()
        assert after[:slip] == before[:slip]
        if slip > 0 and before[slip - 1] == PAD:
            continue  # it had ended
        assert after[slip] != before[slip] or (before[slip] == PAD) != (lengths[row] == slip)
        tokens = [START, *after[: int(lengths[row])]]
        logits = stepwise_logits(decoder, latents[row], tokens)
        logits[:, [PAD, START, UNKNOWN]] = -torch.inf
        best = logits.argmax(dim=1).tolist()
        written = [*after[: int(lengths[row])], END]
        differing = [step for step in range(min(len(written), 6)) if written[step] != best[step]]
        assert differing == [slip]
