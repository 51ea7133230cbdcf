"""Any program as an oracle: it reads SMILES, one a line, and writes a CSV."""

import csv
import io
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from molvae.chem.molecules import canonical_or_empty, quotable
from molvae.errors import SettingsError
from molvae.optimization.oracle_process import (
    Columns,
    OracleFailedError,
    end_process,
    number_in,
    open_process,
)

SMILES_COLUMN = "smiles"


class Program:
    """An `OracleProcess` that is started for each list of molecules.

    Args:
        command: the program and its arguments, as on a command line; no shell sees it.
        folder: where it runs.
    """

    def __init__(self, command: str, folder: Path) -> None:
        self._command = command
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        self._is_closed = False

    def start(self) -> None:
        """Makes sure that the program is there.

        Raises:
            SettingsError: it is not.
        """
        try:
            words = shlex.split(self._command)
        except ValueError as error:
            raise SettingsError(f'the oracle "{self._command}" is no command: {error}') from error
        in_folder = bool(words) and Path(words[0]).name != words[0]
        if not words or shutil.which(str(self._folder / words[0]) if in_folder else words[0]) is None:
            raise SettingsError(f'the oracle "{self._command}" can\'t be run; give a program that is there')

    def ask(self, smiles: Sequence[str], timeout: float) -> Columns:
        """What the program writes of molecules. Raises OracleFailedError."""
        if self._is_closed:
            raise OracleFailedError("it was ended")
        try:
            process = open_process(shlex.split(self._command), self._folder, subprocess.PIPE)
        except OSError as error:
            raise OracleFailedError(f"it can't be run: {error.strerror}") from error
        with process:
            self._process = process
            try:
                output, complaints = process.communicate("".join(f"{text}\n" for text in smiles), timeout)
            except subprocess.TimeoutExpired:
                raise OracleFailedError(f"no answer in {timeout:g} s") from None
            finally:
                code = end_process(process)
        if code != 0:
            last_words = [quotable(line) for line in complaints.strip().splitlines()[-1:]]
            raise OracleFailedError(": ".join([f"it ended with exit code {code}", *last_words]))
        return read_columns(output, smiles)

    def close(self) -> None:
        """Ends the program if it runs."""
        self._is_closed = True
        if self._process is not None:
            end_process(self._process)


def read_columns(text: str, smiles: Sequence[str]) -> Columns:
    r"""The columns of numbers in the CSV that a program wrote of molecules; NaN for what is no number.

    The first line names the columns. One called smiles says which molecule a row is of, in any spelling, and
    molecules without a row have no values; without it there must be a row for each molecule, in their order.

    Raises:
        OracleFailedError: it has not one row a molecule, and does not say which row is of which.

    Example:
    >>> read_columns("smiles,energy\nCCO,-5.5\n", ["C", "CCO"])
    {'energy': [nan, -5.5]}
    """
    reader = csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True)
    rows, columns = list(reader), [name for name in reader.fieldnames or () if name]
    names = [name for name in columns if name.lower() != SMILES_COLUMN]
    if len(names) < len(columns):
        (of_smiles, *_) = (name for name in columns if name not in names)
        by_smiles = {(row[of_smiles] or "").strip(): row for row in rows}
        if not by_smiles.keys() >= set(smiles):  # it may write molecules in a way of its own
            by_smiles = {canonical_or_empty(key): row for key, row in by_smiles.items()} | by_smiles
        rows = [by_smiles.get(key, {}) for key in smiles]
    elif len(rows) != len(smiles):
        raise OracleFailedError(
            f"it wrote {len(rows)} rows for {len(smiles)} molecules, and no column smiles to tell them by"
        )
    return {name: [number_in(row.get(name)) for row in rows] for name in names}
