"""Functions and a program that stand for a user's oracle, well behaved and otherwise."""

import math
import os
import subprocess
import sys
import time
from typing import Any


def lengths(smiles: list[str]) -> list[int]:
    return [len(text) for text in smiles]


def columns(smiles: list[str]) -> dict[str, Any]:
    sys.stdout.write("a library that talks\n")
    return {"length": lengths(smiles), "carbons": tuple(text.count("C") for text in smiles)}


def troubled(smiles: list[str]) -> list[float | None]:
    """Hangs on bromine, crashes on iodine, raises on chlorine; NaN for fluorine, None for oxygen."""
    if any("Br" in text for text in smiles):
        time.sleep(60)
    if any("I" in text for text in smiles):
        os._exit(9)
    if any("Cl" in text for text in smiles):
        raise ValueError("no\nchlorine")
    odd = {"F": math.nan, "O": None}
    return [odd.get(text, float(len(text))) for text in smiles]


def only_one(smiles: list[str]) -> list[float]:
    return [1.0]


def odd(smiles: list[str]) -> dict[str, list[Any]]:
    """No columns for chlorine, another one for bromine, text for fluorine."""
    if any("Cl" in text for text in smiles):
        return {}
    if any("Br" in text for text in smiles):
        return {"error": ["bromine"] * len(smiles)}
    return {"score": ["soluble" if "F" in text else str(len(text)) for text in smiles]}


def infinite(smiles: list[str]) -> list[float]:
    """As a program may say that it found nothing."""
    return [-math.inf if "F" in text else math.inf if "Cl" in text else float(len(text)) for text in smiles]


def asks_a_program(smiles: list[str]) -> list[float]:
    """Has a program count, which reads all that it is given; and reads from its own input."""
    assert not sys.stdin.read()
    counted = "import sys; print(len(sys.stdin.read()))"
    return [
        float(subprocess.run([sys.executable, "-c", counted], stdout=subprocess.PIPE, check=True).stdout)
        for _ in smiles
    ]


class Table:
    """As much of a pandas DataFrame as an oracle's answer needs."""

    columns = ("length",)

    def __init__(self, smiles: list[str]) -> None:
        self._smiles = smiles

    def items(self) -> list[tuple[str, list[int]]]:
        return [("length", lengths(self._smiles))]


def table(smiles: list[str]) -> Table:
    return Table(smiles)


def leaves(smiles: list[str]) -> list[float]:
    sys.exit("enough")


_NOT_A_FUNCTION = 3


def program(behavior: str) -> None:
    """Reads SMILES from standard input and writes a CSV; skips fluorine, and misbehaves as it is told."""
    smiles = sys.stdin.read().split()
    if behavior == "troubled":
        if "CBr" in smiles:
            time.sleep(60)
        if "CCl" in smiles:
            sys.exit("no license for chlorine")
    if behavior == "unnamed":
        lines = ["length", *(str(len(text)) for text in smiles)]
    else:
        rows = [f'{text},{len(text)},"a, b"' for text in reversed(smiles) if text != "CF"]
        lines = ["SMILES,length,remark", *rows]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    program(sys.argv[1] if len(sys.argv) > 1 else "")
