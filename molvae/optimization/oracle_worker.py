"""The process that runs a user's Python function on SMILES, so that nothing it does can harm a search.

It is `python -m molvae.optimization.oracle_worker MODULE:FUNCTION` (or FILE.py:FUNCTION), talked to over its
standard streams in lines of JSON: `{"columns": {}}` when the function is loaded, then for each list of SMILES
`{"columns": {NAME: NUMBERS}}`; or else `{"error": TEXT}`. It ends when its input does.
"""

import importlib
import importlib.util
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import IO, Any

from molvae.errors import InputError
from molvae.optimization.oracle_process import number_in
from molvae.settings import unknown

#: The name of the column of a function that returns numbers.
ONLY_COLUMN = "score"


def load_function(where: str) -> Callable[[list[str]], Any]:
    """The function at `MODULE:FUNCTION` or `FILE.py:FUNCTION`.

    The folder of the file, or else the current one, joins the end of the import path.

    Raises:
        InputError: there is no such function.
        Exception: whatever the module raises when it is imported.
    """
    place, colon, name = where.rpartition(":")
    if not (place and colon and name):
        raise InputError(f'"{where}" names no function; write MODULE:FUNCTION or FILE.py:FUNCTION')
    module = _load_file(Path(place)) if place.endswith(".py") else _load_module(place)
    functions = {key: value for key, value in vars(module).items() if callable(value) and key[0] != "_"}
    if name not in functions:
        raise InputError(f'"{place}": {unknown("function", name, functions)}')
    return functions[name]


def _load_module(name: str) -> ModuleType:
    sys.path.append(str(Path.cwd()))
    return importlib.import_module(name)


def _load_file(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise InputError(f'"{path}" is not there')
    sys.path.append(str(path.resolve().parent))
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def columns_of(answer: Any, num_molecules: int) -> dict[str, list[float]]:
    """What a function returned, as columns of numbers; None is NaN, and so is a text that is no number.

    Raises:
        ValueError: a column is not of one number a molecule.
        TypeError: it is no list of numbers at all.

    Example:
    >>> columns_of([1, None], 2)
    {'score': [1.0, nan]}
    """
    # a pandas DataFrame has both, a Series no columns
    is_table = isinstance(answer, Mapping) or (hasattr(answer, "columns") and hasattr(answer, "items"))
    columns = dict(answer.items()) if is_table else {ONLY_COLUMN: answer}
    numbers = {
        str(name): [
            number_in(value) if value is None or isinstance(value, str) else float(value) for value in column
        ]
        for name, column in columns.items()
    }
    for name, column in numbers.items():
        if len(column) != num_molecules:
            raise ValueError(f'{len(column)} values of "{name}" for {num_molecules} molecules')
    return numbers


def serve(where: str, requests: IO[str], answers: IO[str]) -> None:
    """Loads the function, and answers requests until their stream ends."""
    try:
        function = load_function(where)
    except (Exception, SystemExit) as error:  # noqa: BLE001  a module may be anyone's code
        _write({"error": _one_line(error)}, answers)
        return
    _write({"columns": {}}, answers)
    for line in requests:
        smiles: list[str] = json.loads(line)
        answer: dict[str, Any]
        try:
            answer = {"columns": columns_of(function(list(smiles)), len(smiles))}
        except (Exception, SystemExit) as error:  # noqa: BLE001  and so may a function
            answer = {"error": _one_line(error)}
        _write(answer, answers)


def _one_line(error: BaseException) -> str:
    text = str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"
    return " ".join(text.split())


def _write(answer: dict[str, Any], answers: IO[str]) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def main() -> None:
    """Serves on the standard streams; the function, and what it starts, has others.

    What it prints goes to standard error, and where it reads standard input there is nothing: it would take
    the requests, and wait for more.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    serve(sys.argv[1], requests, answers)


if __name__ == "__main__":
    main()
