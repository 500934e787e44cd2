# What the programs use of pyarrow, which has no types of its own, and is not installed where `make check` runs.

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

class Table:
    num_columns: int
    num_rows: int
    column_names: list[str]
    @classmethod
    def from_pylist(cls, mapping: Sequence[Mapping[str, Any]]) -> Table: ...
    def to_pylist(self) -> list[dict[str, Any]]: ...

def concat_tables(tables: Iterable[Table], *, promote_options: Literal["none", "default", "permissive"] = ...) -> Table: ...
