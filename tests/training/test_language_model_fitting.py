"""The fit of a language model: it learns, it is repeatable, and it goes on where it was broken off."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

from molvae.data.dataset import TokenArrays
from molvae.errors import InputError, ModelFolderError, OutputExistsError
from molvae.models.fit_length import FitLength
from molvae.models.language_model import LanguageModel
from molvae.training import language_model_fitting
from molvae.training.language_model_fitting import FittedLanguageModel, fit_language_model, some_hidden


@pytest.fixture(scope="module")
def arrays() -> TokenArrays:
    """300 molecules that count up from anywhere."""
    starts = np.random.default_rng(0).integers(4, 8, 300)
    return TokenArrays.of([np.arange(start, 10, dtype=np.uint16) for start in starts])


def fit(
    arrays: TokenArrays, path: Path, *, steps: int | None = 40, minutes: float = 1.0, seed: int = 0
) -> FittedLanguageModel:
    torch.manual_seed(0)
    model = LanguageModel(10, 8, 16)
    return fit_language_model(model, arrays, FitLength(minutes, steps), seed, path / "checkpoint")


def test_nats_of_what_is_held_back_fall_to_those_of_the_data(
    arrays: TokenArrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language_model_fitting, "LEARNING_RATE", 0.02)
    fitted = fit(arrays, tmp_path, steps=400)
    assert (fitted.num_fitted, fitted.num_held_back, fitted.is_complete) == (285, 15, True)
    assert fitted.state.nats == pytest.approx(np.log(4), abs=0.25)  # one of four starts, then no choice
    rows = np.random.default_rng(0).permutation(300)[:15]
    batch = arrays.batch(np.sort(rows))
    with torch.no_grad():
        scores = fitted.model(torch.from_numpy(batch.token_ids), torch.from_numpy(batch.lengths))
    assert float(scores.nll.mean()) == pytest.approx(fitted.state.nats, abs=0.05)  # bfloat16 in the fit


def test_the_best_weights_are_kept_and_not_the_last(
    arrays: TokenArrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language_model_fitting, "LEARNING_RATE", 0.05)
    good = fit(arrays, tmp_path, steps=60)
    assert good.state.nats is not None
    monkeypatch.setattr(language_model_fitting, "learning_rate_factor", lambda _: 50.0)
    ruined = fit(arrays, tmp_path, steps=90)
    assert ruined.state.step == 90
    assert ruined.state.nats == pytest.approx(good.state.nats)


def test_going_on_from_a_good_model_never_leaves_a_worse_one(
    arrays: TokenArrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(language_model_fitting, "LEARNING_RATE", 0.05)
    good = fit(arrays, tmp_path, steps=60)
    before = {name: tensor.clone() for name, tensor in good.model.state_dict().items()}
    monkeypatch.setattr(language_model_fitting, "learning_rate_factor", lambda _: 50.0)
    again = fit_language_model(good.model, arrays, FitLength(1.0, 20), 0, tmp_path / "another")
    assert again.state.nats == pytest.approx(good.state.nats, abs=1e-3)
    assert all(torch.equal(tensor, before[name]) for name, tensor in again.model.state_dict().items())
    assert "no better than it did at first" in caplog.text


def test_a_fit_that_was_broken_off_ends_where_it_would_have_ended(
    arrays: TokenArrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = fit(arrays, tmp_path / "whole")
    asked = threading.Event()
    judge = language_model_fitting._Fit.judge

    def judged(self: language_model_fitting._Fit) -> None:
        judge(self)
        if self.state.step == 17:
            asked.set()

    @contextmanager
    def interruptible() -> Iterator[threading.Event]:
        yield asked

    with monkeypatch.context() as patch:
        patch.setattr(language_model_fitting._Fit, "judge", judged)
        patch.setattr(language_model_fitting, "interruptible", interruptible)
        first = fit(arrays, tmp_path / "broken")
    assert (first.state.step, first.is_complete) == (17, False)
    second = fit(arrays, tmp_path / "broken")
    assert (second.state.step, second.is_complete) == (40, True)
    assert second.state.seconds > first.state.seconds
    for one, other in zip(whole.model.parameters(), second.model.parameters(), strict=True):
        assert torch.equal(one, other)


def test_minutes_end_a_fit(arrays: TokenArrays, tmp_path: Path) -> None:
    fitted = fit(arrays, tmp_path, steps=None, minutes=0.01)
    assert fitted.is_complete
    assert 0.6 <= fitted.state.seconds < 5
    assert fitted.state.step > 1


def test_a_checkpoint_of_something_else_is_refused_and_stays(arrays: TokenArrays, tmp_path: Path) -> None:
    fit(arrays, tmp_path, steps=2)
    content = (tmp_path / "checkpoint").read_bytes()
    with pytest.raises(OutputExistsError, match=r"checkpoint\" is of a fit to other molecules, or with"):
        fit(arrays.subset(np.arange(200)), tmp_path)
    with pytest.raises(OutputExistsError, match="delete the file"):
        fit(arrays, tmp_path, seed=1)
    with pytest.raises(ModelFolderError, match="do not fit the network"):
        fit_language_model(LanguageModel(10, 8, 12), arrays, FitLength(steps=2), 0, tmp_path / "checkpoint")
    assert (tmp_path / "checkpoint").read_bytes() == content


def test_one_molecule_is_too_few(arrays: TokenArrays, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one molecule is too few to fit a prior to; give more"):
        fit(arrays.subset(np.arange(1)), tmp_path)


def test_the_last_step_is_judged_once(
    arrays: TokenArrays, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        fitted = fit(arrays, tmp_path, steps=3)
    told = [line for line in caplog.messages if "held-back" in line]
    assert [line.split(":")[0] for line in told] == ["step 0", "step 1", "step 2", "step 3"]
    assert fitted.state.judgments == 3


def told_of(arrays: TokenArrays) -> np.ndarray:
    """Of each molecule the token that it begins with, as a standard score, and that this is told."""
    starts = arrays.tokens[arrays.offsets[:-1]].astype(np.float64)
    return np.stack([(starts - 5.5) / np.std([4, 5, 6, 7]), np.ones(len(starts))], axis=1)


def test_nats_fall_to_those_of_what_is_not_told(
    arrays: TokenArrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language_model_fitting, "LEARNING_RATE", 0.02)
    torch.manual_seed(0)
    model = LanguageModel(10, 8, 16, num_told=1)
    fitted = fit_language_model(
        model, arrays, FitLength(steps=600), 0, tmp_path / "checkpoint", told_of(arrays)
    )
    first = torch.from_numpy(arrays.batch(np.arange(100)).token_ids)
    lengths = torch.from_numpy(arrays.batch(np.arange(100)).lengths)
    with torch.no_grad():
        told = fitted.model(first, lengths, torch.from_numpy(told_of(arrays)[:100]).float()).nll.mean()
        untold = fitted.model(first, lengths).nll.mean()
    assert float(told) < 0.3
    assert float(untold) == pytest.approx(np.log(4), abs=0.3)
    assert fitted.state.nats is not None
    assert float(told) < fitted.state.nats < float(untold)


def test_a_fit_is_not_gone_on_with_if_something_else_is_told(arrays: TokenArrays, tmp_path: Path) -> None:
    argv = arrays, FitLength(steps=2), 0, tmp_path / "checkpoint"
    told = told_of(arrays)
    fit_language_model(LanguageModel(10, 8, 16, num_told=1), *argv, told)
    with pytest.raises(OutputExistsError, match="delete the file"):
        fit_language_model(LanguageModel(10, 8, 16, num_told=1), *argv, told + 1)


def test_any_number_of_properties_is_hidden_equally_often_and_none_is_told_half() -> None:
    told = np.hstack([np.full((8000, 3), 2.0), np.ones((8000, 3))])
    some = some_hidden(told, np.random.default_rng(0))
    assert (some[:, :3] == 2 * some[:, 3:]).all()
    counts = np.bincount(some[:, 3:].sum(axis=1).astype(int), minlength=4) / 8000
    assert counts.tolist() == pytest.approx([0.25] * 4, abs=0.02)
