"""Molecules in, pictures out: SVG of one or of a grid, and outlines small enough for thousands on a page."""

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from rdkit import Chem
from rdkit.Chem import rdDepictor
from rdkit.Chem.Draw import rdMolDraw2D

from molvae.chem.molecules import parse_smiles, silenced_rdkit
from molvae.errors import MoleculeError

#: Side of the square that an outline fits into.
OUTLINE_SIZE = 100
#: Pixels.
LINE_WIDTH = 1.4
#: A plain line as RDKit writes it: its path and its color.
_LINE = re.compile(
    r"<path (?:class='[^']*' )?d='([^']*)' style='fill:none;[^']*?stroke:(#\w{6});"
    rf"stroke-width:{LINE_WIDTH}px;(?![^']*dasharray)[^']*' />\n"
)
_ORDERS = {Chem.BondType.SINGLE: 1, Chem.BondType.DOUBLE: 2, Chem.BondType.TRIPLE: 3}


class Outline(NamedTuple):
    """A molecule as lines, for a page to draw.

    Attributes:
        atoms: `(x, y, label)`, from 0 to `OUTLINE_SIZE`, y downwards; carbon has the label "".
        bonds: `(atom, atom, order)`.
    """

    atoms: list[tuple[int, int, str]]
    bonds: list[tuple[int, int, int]]

    def to_json(self) -> str:
        """As compact JSON: `[atoms, bonds]`."""
        return json.dumps([self.atoms, self.bonds], separators=(",", ":"))


def molecule_svg(smiles: str, width: int = 220, height: int = 160) -> str:
    """A drawing of a molecule, `width` by `height` pixels, on a transparent ground.

    Raises:
        MoleculeError: the SMILES can't be parsed.

    >>> molecule_svg("CCO").startswith("<svg")
    True
    """
    mol = parse_smiles(smiles)
    drawer = rdMolDraw2D.MolDraw2DSVG(width, height)
    options = drawer.drawOptions()
    options.clearBackground = False
    options.bondLineWidth = LINE_WIDTH
    options.padding = 0.06
    options.fixedBondLength = 24
    with silenced_rdkit():
        rdMolDraw2D.PrepareAndDrawMolecule(drawer, mol)
    drawer.FinishDrawing()
    text: str = drawer.GetDrawingText()
    return _compact(text[text.index("<svg") :])


def _compact(svg: str) -> str:
    """The same drawing, all lines of a color as one path: a third of the size."""
    lines: dict[str, list[str]] = defaultdict(list)
    for path, color in _LINE.findall(svg):
        lines[color].append(path)
    paths = "".join(
        f"<path d='{''.join(parts)}' fill='none' stroke='{color}' stroke-width='{LINE_WIDTH}'/>\n"
        for color, parts in lines.items()
    )
    others = _LINE.sub("", svg)
    head, _, rest = others.partition("<!-- END OF HEADER -->\n")
    head = re.sub(r"\s+(version|baseProfile|xmlns:\w+|xml:space)='[^']*'", "", head)
    return " ".join(head.split()) + paths + re.sub(r"(?<=[\d.])\n(?=[A-Z])", "", rest)


def outline(smiles: str) -> Outline:
    """The lines of a molecule's drawing, as RDKit lays it out.

    Raises:
        MoleculeError: the SMILES can't be parsed.

    >>> outline("CO")
    Outline(atoms=[(0, 50, ''), (100, 50, 'OH')], bonds=[(0, 1, 1)])
    """
    mol = parse_smiles(smiles)
    with silenced_rdkit():
        Chem.Kekulize(mol, clearAromaticFlags=True)
        rdDepictor.Compute2DCoords(mol)
    points = mol.GetConformer().GetPositions()[:, :2]
    points[:, 1] *= -1
    low, high = points.min(axis=0), points.max(axis=0)
    scale = OUTLINE_SIZE / max(float((high - low).max()), 1.0)
    middle = (low + high) / 2
    placed = ((points - middle) * scale + OUTLINE_SIZE / 2).round().astype(int).tolist()
    atoms = [(x, y, _label(atom)) for (x, y), atom in zip(placed, mol.GetAtoms(), strict=True)]
    bonds = [
        (bond.GetBeginAtomIdx(), bond.GetEndAtomIdx(), _ORDERS.get(bond.GetBondType(), 1))
        for bond in mol.GetBonds()
    ]
    return Outline(atoms, bonds)


def outlines(smiles: Sequence[str]) -> list[Outline]:
    """The outline of each molecule, an empty one for what can't be parsed."""
    return [_outline_or_none(text) for text in smiles]


def _outline_or_none(smiles: str) -> Outline:
    try:
        return outline(smiles)
    except MoleculeError:
        return Outline([], [])


def _label(atom: Chem.Atom) -> str:
    """What stands at an atom: its symbol with hydrogens and charge; nothing at a plain carbon."""
    charge, hydrogens = atom.GetFormalCharge(), atom.GetTotalNumHs()
    if atom.GetAtomicNum() == 6 and charge == 0 and atom.GetDegree() > 0:
        return ""
    count = "" if hydrogens < 2 else str(hydrogens)
    size = "" if abs(charge) < 2 else str(abs(charge))
    sign = "+" if charge > 0 else "-"
    return f"{atom.GetSymbol()}{f'H{count}' if hydrogens else ''}{f'{size}{sign}' if charge else ''}"
