"""Screening: the quick way for texts that are canonical already says what the long way says."""

import pytest

from molvae.data import screening
from molvae.data.screening import CurationSettings, Screened, screen_texts

CANONICAL = [
    "CCO",
    "c1ccccc1",
    "C[C@@H](N)C(=O)O",
    "CC(=O)[O-]",
    "F/C=C/F",
    "O=C(O)c1ccccc1",
    "CCCCCCCCCCCC",
    "C[N+](C)(C)C",
]
OTHERS = [
    "OCC",
    "C1=CC=CC=C1",
    "CCO ethanol",
    "CC(=O)[O-].[Na+]",
    "*CC",
    "C[Ge](C)C",
    "[CH3:1]C",
    "c1cccc1",
    "F(C)(C)C",
    "",
    " ",
    "nonsense",
    "C11",
    "Cc1ccccc1c1ccc22cc1",
    "CÖ",
]


@pytest.mark.parametrize(
    "settings",
    [
        CurationSettings(),
        CurationSettings(max_symbols=8),
        CurationSettings(max_smiles_length=8),
        CurationSettings(neutralize=True),
        CurationSettings(elements=("C", "O")),
    ],
)
def test_canonical_texts_come_to_the_same_on_both_ways(
    settings: CurationSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [*CANONICAL * 3, *OTHERS]
    monkeypatch.setattr(screening, "_are_mostly_canonical", lambda *_: True)
    quick = screen_texts(texts, settings)
    monkeypatch.setattr(screening, "_are_mostly_canonical", lambda *_: False)
    assert quick == screen_texts(texts, settings)


def test_texts_that_are_canonical_are_not_read_first(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def noted(text: str, *_others: object) -> Screened:
        read.append(text)
        return Screened("empty")

    monkeypatch.setattr(screening, "_read", noted)
    screened = screen_texts([*CANONICAL * 3, "OCC"], CurationSettings())
    assert [one.smiles for one in screened] == [*CANONICAL * 3, ""]
    assert read == ["OCC"]
    read.clear()
    screen_texts(["OCC", "CCO", "C(C)O"], CurationSettings())
    assert read == ["OCC", "CCO", "C(C)O"], "where few are canonical that would cost more than it saves"
    assert screen_texts([], CurationSettings()) == []
