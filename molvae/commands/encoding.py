"""The molecules of a file through the encoder; those that it can't read go to a ledger."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, cast

from molvae.commands.tables import SmilesRows
from molvae.data.ledger import Ledger, Reason
from molvae.errors import InputError
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.molecules import Readable, Refusal
from molvae.interfaces import FloatArray


class Encoded(NamedTuple):
    """What a model reads of a file.

    Attributes:
        rows: row numbers of the `K` molecules that it reads.
        smiles: their canonical SMILES.
        means: `(K, L)`.
        spreads: `(K, L)`, standard deviations of q(z|x).
        readable: the same as tokens, and their places among the file's rows.
    """

    rows: list[int]
    smiles: list[str]
    means: FloatArray
    spreads: FloatArray
    readable: Readable


def ledger_path(out: Path) -> Path:
    """Where the rows are listed that are not in `out`."""
    return out.with_name(f"{out.name}.ledger.csv")


def read_rows(model: MoleculeModel, molecules: SmilesRows, path: Path, out: Path | None) -> Readable:
    """What the model reads of the file `path`; the ledger of the rest goes beside `out`, if that is given.

    Raises:
        InputError: if the model can't read any of them.
    """
    readable = model.readable(molecules.smiles)
    list_refused(readable.refused, molecules, path, out)
    return readable


def list_refused(refused: Sequence[Refusal], molecules: SmilesRows, path: Path, out: Path | None) -> None:
    """Writes the ledger of the rows of the file `path` that can't be read, beside `out` if that is given.

    Raises:
        InputError: if none of them can.
    """
    if out is not None:
        with Ledger(ledger_path(out)) as ledger:
            for refusal in refused:
                reason = cast("Reason", refusal.reason)
                ledger.add(molecules.rows[refusal.place], refusal.smiles, reason, refusal.detail)
    if len(refused) == len(molecules.rows):
        first = refused[0]
        raise InputError(
            f'the model can read none of the {len(molecules.rows)} rows of "{path}"; row '
            f"{molecules.rows[first.place]}: {first.reason}, {first.detail}"
        )


def encode_rows(model: MoleculeModel, molecules: SmilesRows, path: Path, out: Path | None) -> Encoded:
    """Encodes what the model reads of the file `path`; as `read_rows`."""
    readable = read_rows(model, molecules, path, out)
    rows = [molecules.rows[place] for place in readable.places]
    return Encoded(rows, readable.smiles, *model.posterior_of(readable.arrays), readable)


def refused_line(refused: Sequence[Refusal], out: Path | None) -> str:
    """One line on the rows that the model can't read; "" if there are none."""
    if not refused:
        return ""
    where = f"listed in {ledger_path(out)}" if out is not None else "give --out for a ledger of them"
    return f"{len(refused)} rows can't be read by the model: {where}"


def known_line(model: MoleculeModel, encoded: Encoded) -> str:
    """One line on the molecules of the model's own table, which it may know by heart; "" without any."""
    num_known = int(model.training_keys.contains(encoded.smiles).sum())
    if num_known == 0:
        return ""
    return f"{num_known:,} of {len(encoded.smiles):,} were in the table of the model: on those it flatters"
