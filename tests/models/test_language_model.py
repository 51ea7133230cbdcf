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


def test_one_that_may_be_told_something_makes_nothing_of_it_at_first(
    model: LanguageModel,
) -> None:
    told = model.telling(2)
    batch = torch.tensor([[A, B]]), torch.tensor([2])
    assert torch.equal(told(*batch).nll, model(*batch).nll)
    assert torch.equal(told(*batch, torch.tensor([[3.0, -1.0, 1.0, 1.0]])).nll, model(*batch).nll)
    again = LanguageModel.sized_as(told.state_dict())
    again.load_state_dict(told.state_dict())
    assert again.told_dim == 4


def test_what_it_is_told_decides_what_it_writes(model: LanguageModel) -> None:
    told = model.telling(1).train()
    token_ids, lengths = torch.tensor([[A, A], [A, B], [A, A], [A, B]]), torch.tensor([2, 2, 2, 2])
    known = torch.tensor([[-1.0, 1.0], [1.0, 1.0], [0.0, 0.0], [0.0, 0.0]])
    optimizer = torch.optim.Adam(told.parameters(), lr=0.02)
    for _ in range(150):
        optimizer.zero_grad()
        told(token_ids, lengths, known).nll.mean().backward()
        optimizer.step()
    told.eval()
    shares = {}
    for name, request in {"A": [-1.0, 1.0], "B": [1.0, 1.0], "any": [0.0, 0.0]}.items():
        ids, _ = told.write(2000, 5, torch.Generator().manual_seed(0), torch.tensor(request))
        shares[name] = float((ids[:, 1] == B).float().mean())
    assert shares["A"] < 0.02
    assert shares["B"] > 0.98
    assert shares["any"] == pytest.approx(0.5, abs=0.06)
