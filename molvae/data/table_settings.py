"""What a user says about a table: which of its columns are read, as what, and by how many processes."""

from dataclasses import dataclass, field

from molvae.data.values import Kind
from molvae.errors import SettingsError


@dataclass(frozen=True, kw_only=True)
class TableSettings:
    """What is read of the table.

    Raises:
        SettingsError: a column is declared to be of two kinds, or a number is out of range.
    """

    smiles_column: str | None = field(
        default=None, metadata={"help": "its column of SMILES; found by itself"}
    )
    properties: tuple[str, ...] = field(
        default=(), metadata={"help": "a column of measured values; may be given again", "flag": "property"}
    )
    regression: tuple[str, ...] = field(
        default=(),
        metadata={"help": "a property column of numbers, even if it holds only 0 and 1; may be given again"},
    )
    yes_no: tuple[str, ...] = field(
        default=(),
        metadata={"help": "a property column of yes and no, or 1 and 0; may be given again"},
    )
    num_workers: int | None = field(
        default=None, metadata={"help": "processes beside this one; one a core by itself, 0 for none"}
    )

    def __post_init__(self) -> None:
        if self.num_workers is not None and self.num_workers < 0:
            raise SettingsError(f'num_workers is "{self.num_workers}"; it must be 0 or more')
        for name in self.regression:
            if name in self.yes_no:
                raise SettingsError(f'"{name}" is in both regression and yes_no; leave it in one')

    @property
    def property_kinds(self) -> dict[str, Kind]:
        """The kinds of property columns that are declared, by name."""
        declared: tuple[tuple[Kind, tuple[str, ...]], ...] = (
            ("regression", self.regression),
            ("yes/no", self.yes_no),
        )
        return {name: kind for kind, names in declared for name in names}
