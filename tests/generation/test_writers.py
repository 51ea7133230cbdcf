"""What a language model of SMILES writes, what of it is kept, and how it is saved."""

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch

from molvae.data.tokenizer import SmilesTokenizer
from molvae.data.workers import WorkerPool
from molvae.errors import ModelFolderError
from molvae.generation.language_model_prior import LanguageModelPrior
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.told_properties import ToldProperties
from molvae.generation.writers import SmilesLanguageModel, SmilesWriter
from molvae.models.language_model import LanguageModel

KNOWN = ["CCO", "OCC", "c1ccccc1", "C[Si](C)(C)C", "C1CC"]


@pytest.fixture
def language_model() -> SmilesLanguageModel:
    tokenizer = SmilesTokenizer.learn(KNOWN, 3)
    torch.manual_seed(0)
    network = LanguageModel(tokenizer.vocab_size, 8, 16).eval().requires_grad_(False)
    return SmilesLanguageModel(network, tokenizer, 12)


def writes(language_model: SmilesLanguageModel, texts: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets it write these, the last of which it does not end."""
    arrays = language_model.tokens_of(texts)
    batch = arrays.batch(np.arange(len(texts)))
    lengths = torch.from_numpy(batch.lengths)
    lengths[-1] = language_model.max_length + 1
    drafts = torch.from_numpy(batch.token_ids), lengths
    monkeypatch.setattr(LanguageModel, "write", lambda *_: drafts)


def test_what_rdkit_and_the_model_can_not_read_is_thrown_away(
    language_model: SmilesLanguageModel, tiny_model: MoleculeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes(language_model, [*KNOWN, "CCO"], monkeypatch)
    writer = SmilesWriter(language_model, tiny_model.curation)
    drafts = writer.drafts(6, torch.Generator())
    assert drafts == KNOWN
    with WorkerPool(0) as pool:
        (read,) = writer.read(pool, iter([drafts]))
    assert read[:2] == [("[C][C][O]", "CCO"), ("[C][C][O]", "CCO")]
    assert read[-1] == ("", "")
    unseen = tiny_model.tokenizer.unseen_symbols(read[3].selfies)
    assert unseen, "a symbol of silicon, which the autoencoder has never seen"
    prior = LanguageModelPrior(tiny_model.network, tiny_model.tokenizer, writer)
    with WorkerPool(0) as pool:
        batches = list(prior.batches(4, None, pool))
    assert sum(len(some.latents) for some in batches) == 4
    codes = np.concatenate([some.latents for some in batches])
    ethanol, benzene = tiny_model.encode(["CCO", "c1ccccc1"])
    np.testing.assert_allclose(codes, np.stack([ethanol, ethanol, benzene, ethanol]), atol=1e-5)
    for some in batches:
        assert some.molecules.items() <= {(one.selfies, one.smiles) for one in (read[0], read[2])}


def test_it_is_told_what_is_wanted_of_the_properties_that_it_knows(
    language_model: SmilesLanguageModel, tiny_model: MoleculeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    properties = ToldProperties.of(["logP", "QED"], np.array([[1.0, 0.2], [3.0, 0.6]]))
    told = dataclasses.replace(
        language_model, network=language_model.network.telling(2), properties=properties
    )
    asked: list[torch.Tensor] = []
    write = LanguageModel.write

    def writing(self: LanguageModel, *arguments: Any) -> tuple[torch.Tensor, torch.Tensor]:
        asked.append(arguments[-1])
        return write(self, *arguments)

    monkeypatch.setattr(LanguageModel, "write", writing)
    for wanted in ({"logP": 4.0, "SA": 2.0}, {}):
        SmilesWriter(told, tiny_model.curation, wanted).drafts(2, torch.Generator())
    assert [request.tolist() for request in asked] == [[2.0, 0.0, 1.0, 0.0], [0.0] * 4]
    assert told.can_be_told(["SA", "QED"])
    assert not told.can_be_told(["SA"])
    assert not language_model.can_be_told(["logP"])


def test_what_it_writes_follows_from_the_seed(language_model: SmilesLanguageModel) -> None:
    one, two = (language_model.network.write(20, 12, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(one[0], two[0])


def test_a_language_model_comes_back_from_its_state(language_model: SmilesLanguageModel) -> None:
    state, facts = language_model.network.state_dict(), language_model.to_json()
    again = SmilesLanguageModel.from_state(state, facts)
    assert (again.tokenizer.tokens, again.max_length) == (language_model.tokenizer.tokens, 12)
    batch = torch.tensor([[5, 6]]), torch.tensor([2])
    assert torch.equal(again.network(*batch).nll, language_model.network(*batch).nll)
    properties = ToldProperties.of(["logP", "QED"], np.array([[1.0, 0.5], [3.0, np.nan]]))
    told = dataclasses.replace(
        language_model, network=language_model.network.telling(2), properties=properties
    )
    assert SmilesLanguageModel.from_state(told.network.state_dict(), told.to_json()).properties == properties
    with pytest.raises(ModelFolderError, match=r"not those of a language model of SMILES; fit it again"):
        SmilesLanguageModel.from_state(state, {})
    fewer = dataclasses.replace(language_model, tokenizer=SmilesTokenizer.learn(["CC"], 0))
    with pytest.raises(ModelFolderError, match=r"is of \d+ tokens, its tokenizer has 5; take it"):
        SmilesLanguageModel.from_state(state, fewer.to_json())
