"""A curated table -> what training reads: token ids on disk, a tokenizer, a split, property scales.

The vocabulary comes from the training part alone. A molecule of the other parts (or, with a tokenizer that
is given, of any part) with a symbol outside it is dropped and gets a line in the ledger.
"""

import hashlib
import json
import logging
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from molvae.chem.notation import split_symbols
from molvae.data.cache import fill_folder
from molvae.data.curated import LEDGER_NAME, Curated
from molvae.data.dataset import IndexArray, TokenArrays
from molvae.data.ledger import Ledger
from molvae.data.scaling import PropertyScaler
from molvae.data.splitting import Split, SplitSettings, random_split, scaffold_split
from molvae.data.tokenizer import Tokenizer
from molvae.errors import InputError, SettingsError
from molvae.progress import progress

logger = logging.getLogger(__name__)

#: Raised by one whenever the same input would give other arrays.
FORMAT_VERSION = 2
#: Merges are learned on at most so many molecules; symbols on all.
MAX_MERGE_SAMPLE = 100_000
TOKENIZER_NAME, SPLIT_NAME, SUMMARY_NAME = "tokenizer.json", "split.npz", "summary.json"


@dataclass(frozen=True, kw_only=True)
class TokenizerSettings:
    """How SELFIES symbols become tokens."""

    num_merges: int = field(
        default=480, metadata={"help": "merges of SELFIES symbols to learn; 0 keeps plain symbols"}
    )

    def __post_init__(self) -> None:
        if self.num_merges < 0:
            raise SettingsError(f'num_merges is "{self.num_merges}"; it must be 0 or more')


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """Everything that training needs of a file.

    Attributes:
        curated: the molecules, as text, and their properties.
        folder: where the arrays, the tokenizer and the complete ledger are.
        tokenizer: SELFIES <-> ids.
        arrays: ids of the `N` curated molecules; a molecule that was dropped here has none.
        split: indices of the molecules of each part; one that was dropped here is in none.
        num_unseen: molecules dropped here, for a symbol outside the vocabulary.
    """

    curated: Curated
    folder: Path
    tokenizer: Tokenizer
    arrays: TokenArrays
    split: Split
    num_unseen: int

    @property
    def ledger_path(self) -> Path:
        """The CSV with every row that was dropped, and why."""
        return self.folder / LEDGER_NAME

    @property
    def num_kept(self) -> int:
        """Molecules that came through curation and tokenizing."""
        return self.curated.num_kept - self.num_unseen

    @property
    def dropped(self) -> dict[str, int]:
        """How many rows were dropped, by reason; reasons without a row are absent."""
        unseen: dict[str, int] = {"unseen symbol": self.num_unseen} if self.num_unseen > 0 else {}
        return {**self.curated.dropped, **unseen}

    def smiles_of(self, part: IndexArray) -> list[str]:
        """Canonical SMILES of a part of the split, in the order of the file."""
        chosen = set(part.tolist())
        smiles = (text for (batch,) in self.curated.iter_batches(("smiles",)) for text in batch)
        return [text for index, text in enumerate(smiles) if index in chosen]

    def summary_line(self) -> str:
        """One line: rows, kept, dropped."""
        num_rows = self.curated.num_rows
        return f"{num_rows} rows: {self.num_kept} kept, {num_rows - self.num_kept} dropped"

    def summary(self) -> dict[str, Any]:
        """The summary of the curated table, its counts of rows as they are after tokenizing."""
        counts = {"summary": self.summary_line(), "num_kept": self.num_kept, "dropped": self.dropped}
        return self.curated.summary() | counts

    def scaler(self) -> PropertyScaler | None:
        """Scales of the properties, from the training part; None without properties.

        Raises:
            InputError: fewer than two molecules of the training part have a value of one of them.
        """
        if not self.curated.property_columns:
            return None
        values = np.asarray(self.curated.properties()[self.split.train])
        for name, column in zip(self.curated.property_columns, values.T, strict=True):
            if (num_values := int((~np.isnan(column)).sum())) < 2:
                raise InputError(
                    f'the property column "{name}" has {num_values} known values in the training part, and '
                    "learning takes at least 2: give more, or another split_seed"
                )
        return PropertyScaler.fit(self.curated.property_columns, self.curated.property_kinds, values)


def prepare(
    curated: Curated,
    cache_dir: Path,
    split_settings: SplitSettings,
    tokenizer_settings: TokenizerSettings,
    base: Tokenizer | None = None,
) -> Prepared:
    """Tokenizes a curated table, or finds it tokenized in the cache.

    Args:
        curated: from `molvae.data.curation.curate`.
        cache_dir: the folder that holds token arrays; made if it isn't there.
        split_settings: which molecules are held out.
        tokenizer_settings: how many merges to learn.
        base: a tokenizer to go on with instead of learning one; symbols of the training part that it
            lacks are added to it.

    Raises:
        InputError: if no molecule is left to train or to validate on.
        SettingsError: if the split leaves a part empty.
    """
    identity = {
        "version": FORMAT_VERSION,
        "curated": curated.key,
        "split": asdict(split_settings),
        "tokenizer": asdict(tokenizer_settings) if base is None else base.to_json(),
    }
    key = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]
    folder = cache_dir / f"tokens-{key}"
    fill_folder(
        folder,
        SUMMARY_NAME,
        lambda part: _prepare_into(part, curated, split_settings, tokenizer_settings, base),
    )
    return _open(folder, curated)


def _open(folder: Path, curated: Curated) -> Prepared:
    with np.load(folder / SPLIT_NAME, allow_pickle=False) as parts:
        split = Split(parts["train"], parts["valid"], parts["test"])
    summary: dict[str, Any] = json.loads((folder / SUMMARY_NAME).read_text(encoding="utf-8"))
    tokenizer = Tokenizer.from_json(json.loads((folder / TOKENIZER_NAME).read_text(encoding="utf-8")))
    return Prepared(
        curated=curated,
        folder=folder,
        tokenizer=tokenizer,
        arrays=TokenArrays.open(folder),
        split=split,
        num_unseen=summary["num_unseen"],
    )


def _prepare_into(
    folder: Path,
    curated: Curated,
    split_settings: SplitSettings,
    tokenizer_settings: TokenizerSettings,
    base: Tokenizer | None,
) -> None:
    if split_settings.split == "scaffold":
        smiles = [text for (batch,) in curated.iter_batches(("smiles",)) for text in batch]
        split = scaffold_split(smiles, split_settings)
    else:
        split = random_split(curated.num_kept, split_settings)
    tokenizer = _vocabulary(curated, split, tokenizer_settings, base)
    (folder / TOKENIZER_NAME).write_text(json.dumps(tokenizer.to_json()), encoding="utf-8")
    shutil.copyfile(curated.ledger_path, folder / LEDGER_NAME)
    arrays = _tokenize(curated, tokenizer, folder / LEDGER_NAME)
    arrays.write(folder)
    present = arrays.lengths > 0
    kept = Split(*(part[present[part]] for part in split))
    if min(len(kept.train), len(kept.valid)) == 0:
        raise InputError(
            f"{curated.summary_line()}: no molecule is left to train or to validate on; "
            "give more molecules or raise valid_rate"
        )
    np.savez(folder / SPLIT_NAME, train=kept.train, valid=kept.valid, test=kept.test)
    summary = {"num_unseen": int((~present).sum())}
    (folder / SUMMARY_NAME).write_text(json.dumps(summary), encoding="utf-8")


def _vocabulary(
    curated: Curated, split: Split, settings: TokenizerSettings, base: Tokenizer | None
) -> Tokenizer:
    """A tokenizer for the training part."""
    is_train = np.zeros(curated.num_kept, dtype=bool)
    is_train[split.train] = True
    chosen = np.random.default_rng(0).permutation(split.train)[:MAX_MERGE_SAMPLE]
    in_sample = np.zeros(curated.num_kept, dtype=bool)
    in_sample[chosen] = True
    symbols: set[str] = set()
    sample: list[str] = []
    start = 0
    for (batch,) in curated.iter_batches(("selfies",)):
        for place, text in enumerate(batch, start):
            if is_train[place]:
                symbols.update(split_symbols(text))
            if in_sample[place]:
                sample.append(text)
        start += len(batch)
    if base is not None:
        return base.extended(symbols)
    return Tokenizer.learn(sample, settings.num_merges, symbols)


def _tokenize(curated: Curated, tokenizer: Tokenizer, ledger_path: Path) -> TokenArrays:
    """The ids of every molecule; one with an unseen symbol gets none, and a line in the ledger."""
    parts, lengths = [], []
    batches = curated.iter_batches(("row", "smiles", "selfies", "given"))
    total = -(-curated.num_kept // 10_000)
    with Ledger(ledger_path, append=True) as ledger:
        for rows, smiles, selfies, given in progress(batches, total, "tokenizing (10,000 molecules)"):
            readable = [True] * len(rows)
            for place, text in enumerate(selfies):
                if unseen := tokenizer.unseen_symbols(text):
                    readable[place] = False
                    detail = f"not in the training part: {' '.join(unseen)}"
                    ledger.add(rows[place], given[place] or smiles[place], "unseen symbol", detail)
            known = [text for text, is_known in zip(selfies, readable, strict=True) if is_known]
            ids = iter(tokenizer.to_ids_batch(known))
            molecules = TokenArrays.of(next(ids) if r else np.empty(0, np.uint16) for r in readable)
            parts.append(molecules.tokens)
            lengths.append(molecules.lengths)
    offsets = np.concatenate([[0], np.cumsum(np.concatenate(lengths))]).astype(np.int64)
    return TokenArrays(np.concatenate(parts), offsets)
