"""From a curated table to arrays: every molecule accounted for, and the training part alone learned from."""

import csv
from pathlib import Path

import numpy as np
import pytest

from molvae.data.curated import Curated
from molvae.data.curation import curate
from molvae.data.preparation import Prepared, TokenizerSettings, prepare
from molvae.data.splitting import SplitSettings
from molvae.data.tokenizer import Tokenizer
from molvae.errors import InputError, SettingsError

ALKANES = ["C" * length for length in range(2, 22)]


def curated_table(folder: Path, smiles: list[str]) -> Curated:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "table.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["smiles", "size"])
        writer.writerows([text, len(text)] for text in smiles)
    return curate(folder / "table.csv", folder / "cache", property_columns=["size"], num_workers=0)


def prepared(curated: Curated, folder: Path, base: Tokenizer | None = None, **split: float) -> Prepared:
    settings = SplitSettings(**({"valid_rate": 0.2, "test_rate": 0.2} | split))  # type: ignore[arg-type]
    return prepare(curated, folder / "tokens", settings, TokenizerSettings(num_merges=5), base)


def bromide_held_out(folder: Path, smiles: list[str]) -> Prepared:
    """Molecules of which one is a bromide, divided so that it is not in the training part."""
    curated = curated_table(folder, smiles)
    for seed in range(50):
        found = prepared(curated, folder, split_seed=seed)
        if found.num_unseen:
            return found
    raise AssertionError("no seed holds the bromide out")


def test_ids_are_those_of_every_curated_molecule(tmp_path: Path, drug_smiles: list[str]) -> None:
    curated = curated_table(tmp_path, drug_smiles)
    result = prepared(curated, tmp_path, base=Tokenizer.learn([], 0, ["[C]"]))
    texts = [text for (batch,) in curated.iter_batches(("selfies",)) for text in batch]
    for index in np.concatenate(result.split).tolist():
        (ids,) = result.arrays.batch(np.array([index])).token_ids
        assert result.tokenizer.to_text(ids.tolist()) == texts[index]
    assert result.num_kept == sum(map(len, result.split))


def test_a_property_without_a_value_in_the_training_part_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("smiles,rare\n" + "".join(f"{text},{'1.5' * (text == 'CC')}\n" for text in ALKANES))
    curated = curate(path, tmp_path / "cache", property_columns=["rare"], num_workers=0)
    for seed in range(50):
        result = prepared(curated, tmp_path, split_seed=seed)
        if 0 not in result.split.train:
            break
    with pytest.raises(InputError, match=r'property column "rare" has 0 known values in the training part'):
        result.scaler()


def test_a_symbol_outside_the_training_part_drops_its_molecule_and_is_in_the_ledger(tmp_path: Path) -> None:
    result = bromide_held_out(tmp_path, [*ALKANES, "CCBr"])
    assert result.summary_line() == "21 rows: 20 kept, 1 dropped"
    assert result.arrays.lengths[20] == 0
    assert all(20 not in part for part in result.split)
    with result.ledger_path.open(newline="") as file:
        (line,) = csv.DictReader(file)
    assert line == {
        "row": "21",
        "smiles": "CCBr",
        "reason": "unseen symbol",
        "detail": "not in the training part: [Br]",
    }


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("BrCC", "BrCC"),
        ("C(C)Br ethyl bromide", "C(C)Br ethyl bromide"),
        ("BrCC " + "x" * 195, "BrCC " + "x" * 195),
        ("BrCC " + "x" * 196, "BrCC " + "x" * 192 + "..."),
        ("BrCC " + "\x01" * 300, "BrCC " + "\\x01" * 192 + "..."),
    ],
)
def test_the_ledger_shows_the_molecule_as_it_was_given(given: str, shown: str, tmp_path: Path) -> None:
    result = bromide_held_out(tmp_path, [*ALKANES, given])
    with result.ledger_path.open(newline="") as file:
        (line,) = csv.DictReader(file)
    assert (line["smiles"], line["reason"]) == (shown, "unseen symbol")


def test_the_summary_counts_every_row_once_unseen_symbols_among_them(tmp_path: Path) -> None:
    rows = [*ALKANES, "CCBr", "C(C)Br", "C1CC", "bad", ""]
    result = bromide_held_out(tmp_path, rows)
    summary, before = result.summary(), result.curated.summary()
    assert summary["summary"] == "25 rows: 20 kept, 5 dropped"
    assert summary["dropped"] == {"empty": 1, "unparseable": 2, "duplicate": 1, "unseen symbol": 1}
    assert summary["num_rows"] == summary["num_kept"] + sum(summary["dropped"].values())
    same = before.keys() - {"summary", "num_kept", "dropped"}
    assert summary.keys() == before.keys()
    assert {name: summary[name] for name in same} == {name: before[name] for name in same}


def test_a_second_call_finds_the_arrays_and_other_settings_make_others(tmp_path: Path) -> None:
    curated = curated_table(tmp_path, ALKANES)
    first = prepared(curated, tmp_path)
    (first.folder / "mark").touch()
    assert (prepared(curated, tmp_path).folder / "mark").exists()
    assert prepared(curated, tmp_path, split_seed=1).folder != first.folder
    assert {path.suffix for path in (tmp_path / "tokens").iterdir()} == {""}


def test_scales_come_from_the_training_part_alone(tmp_path: Path) -> None:
    result = prepared(curated_table(tmp_path, ALKANES), tmp_path)
    scaler = result.scaler()
    assert scaler is not None
    sizes = np.array([len(ALKANES[index]) for index in result.split.train])
    assert scaler.names == ("size",)
    assert scaler.means == pytest.approx((sizes.mean(),))
    assert scaler.deviations == pytest.approx((sizes.std(),))


def test_a_given_tokenizer_keeps_its_ids_and_takes_up_symbols_of_the_training_part(tmp_path: Path) -> None:
    base = Tokenizer.learn(["[C][C][O]", "[C][C]"], 1)
    curated = curated_table(tmp_path, [*ALKANES, *("N" + text for text in ALKANES)])
    result = prepared(curated, tmp_path, base=base)
    assert result.tokenizer.tokens == (*base.tokens, "[N]")
    assert result.num_unseen == 0


def test_nothing_left_to_validate_on_is_refused_and_leaves_no_folder_behind(tmp_path: Path) -> None:
    curated = curated_table(tmp_path, ["CC", "NN"])
    with pytest.raises(InputError) as caught:
        prepared(curated, tmp_path)
    assert str(caught.value) == (
        "2 rows: 2 kept, 0 dropped: no molecule is left to train or to validate on; "
        "give more molecules or raise valid_rate"
    )
    assert list((tmp_path / "tokens").iterdir()) == []


def test_negative_merges_are_refused() -> None:
    with pytest.raises(SettingsError, match='num_merges is "-3"; it must be 0 or more'):
        TokenizerSettings(num_merges=-3)
