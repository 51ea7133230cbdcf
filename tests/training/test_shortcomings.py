"""What is said of a model that is not fit for use, and that nothing is said of one that is."""

from molvae.training.shortcomings import shortcomings


def test_a_fit_model_has_none_and_nothing_measured_says_nothing() -> None:
    assert list(shortcomings({"reconstruction": 0.5, "property_r2": {"logP": 0.8, "seen once": None}})) == []
    assert list(shortcomings(None)) == []


def test_each_shortcoming_is_a_sentence_with_its_figure_and_what_helps() -> None:
    first, second = shortcomings({"reconstruction": 0.013, "property_r2": {"logP": 0.8, "pIC50": -0.045}})
    assert first.startswith("only 1.3% of held-out molecules come back")
    assert second.startswith("pIC50 is predicted no better than by its mean: R2 -0.04 ")
    assert "--base-model" in first
    assert "--base-model" in second
