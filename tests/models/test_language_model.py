"""A language model is a density over molecules, and writes draws of it."""

import math

import pytest
import torch

from molvae.models.language_model import LanguageModel

END, A, B = 2, 4, 5


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    """A small one that has learned A, A A and A B, the first twice as often as each other."""
    torch.manual_seed(0)
    model = LanguageModel(6, 8, 16, num_layers=2)
    token_ids = torch.tensor([[A, 0], [A, 0], [A, A], [A, B]])
    lengths = torch.tensor([1, 1, 2, 2])
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(150):
        optimizer.zero_grad()
        model(token_ids, lengths).nll.mean().backward()
        optimizer.step()
    return model.eval()


def test_nats_are_those_of_the_shares_it_has_seen(model: LanguageModel) -> None:
    nll = model(torch.tensor([[A, 0], [A, A], [A, B]]), torch.tensor([1, 2, 2])).nll
    torch.testing.assert_close(nll, torch.tensor([math.log(2), math.log(4), math.log(4)]), atol=0.05, rtol=0)


def test_it_writes_molecules_as_often_as_it_has_seen_them(model: LanguageModel) -> None:
    ids, lengths = model.write(4000, 5, torch.Generator().manual_seed(1))
    assert ids.shape == (4000, 5)
    assert float((lengths == 1).float().mean()) == pytest.approx(0.5, abs=0.05)
    two = ids[lengths == 2]
    assert (two[:, 0] == A).float().mean() > 0.98
    assert float((two[:, 1] == A).float().mean()) == pytest.approx(0.5, abs=0.05)
    again, _ = model.write(4000, 5, torch.Generator().manual_seed(1))
    assert torch.equal(ids, again)


def test_a_model_of_the_same_size_takes_its_state(model: LanguageModel) -> None:
    other = LanguageModel.sized_as(model.state_dict())
    other.load_state_dict(model.state_dict())
    assert other.vocab_size == 6
    batch = torch.tensor([[A, B]]), torch.tensor([2])
    assert torch.equal(other(*batch).nll, model(*batch).nll)
    with pytest.raises(KeyError):
        LanguageModel.sized_as({"mean": torch.zeros(3)})


def test_a_wider_one_knows_what_it_knew_and_hardly_ever_writes_the_rest(model: LanguageModel) -> None:
    wider = model.widened(9)
    batch = torch.tensor([[A, B]]), torch.tensor([2])
    assert wider.vocab_size == 9
    torch.testing.assert_close(wider(*batch).nll, model(*batch).nll, atol=0.02, rtol=0)
    ids, _ = wider.write(500, 5, torch.Generator().manual_seed(1))
    assert float((ids >= 6).float().mean()) < 0.01
    assert torch.isfinite(wider(torch.tensor([[8]]), torch.tensor([1])).nll).all()
    assert torch.equal(model.widened(6)(*batch).nll, model(*batch).nll)
