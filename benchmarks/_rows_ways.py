# SPDX-License-Identifier: Apache-2.0
"""Conversions of a column with pyarrow and numpy that are fast and correct for some types."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime, timezone
from decimal import Context
from typing import Any

import numpy as np
import pyarrow as pa

# From Arrow.


def tolist(values: pa.Array) -> list[Any]:
    found: list[Any] = values.to_numpy(zero_copy_only=False).tolist()
    return found


def tolist_with_nulls(values: pa.Array) -> list[Any]:
    cells = values.fill_null(0).to_numpy(zero_copy_only=False).astype(object)
    cells[values.is_null().to_numpy(zero_copy_only=False)] = None
    found: list[Any] = cells.tolist()
    return found


def datetimes(values: pa.Array) -> list[Any]:
    found: list[Any] = values.to_numpy(zero_copy_only=False).astype("datetime64[us]").tolist()
    return found


def datetimes_in_utc(values: pa.Array) -> list[Any]:
    epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
    return [epoch + delta for delta in values.to_numpy().view("timedelta64[us]").tolist()]


def decimals_of_text(values: pa.Array) -> list[Any]:
    return list(map(Context(prec=38).create_decimal, tolist(values.cast(pa.string()))))


def _slices(values: pa.Array, elements: Any) -> list[Any]:
    offsets = values.offsets.to_numpy().tolist()
    return [elements[start:end] for start, end in itertools.pairwise(offsets)]


def slices_of_list(values: pa.Array) -> list[Any]:
    return _slices(values, tolist(values.values))


def tolist_of_each(values: pa.Array) -> list[Any]:
    return [array.tolist() for array in values.to_numpy(zero_copy_only=False)]


def slices_of_array(values: pa.Array) -> list[Any]:
    return _slices(values, values.values.to_numpy())


def zip_of_fields(values: pa.Array) -> list[Any]:
    return list(zip(*map(tolist, values.flatten()), strict=False))


def dicts_of_slices(values: pa.Array) -> list[Any]:
    entries = list(zip(tolist(values.keys), tolist(values.items), strict=False))
    return list(map(dict, _slices(values, entries)))


def dicts_of_to_pylist(values: pa.Array) -> list[Any]:
    return list(map(dict, values.to_pylist()))


# To Arrow.


def array_of_numpy(values: Sequence[Any], to: pa.DataType) -> pa.Array:
    return pa.array(np.array(values, to.to_pandas_dtype()), to)


def _offsets(values: Sequence[Any]) -> Any:
    offsets = np.zeros(len(values) + 1, "int32")
    np.cumsum(list(map(len, values)), out=offsets[1:])
    return offsets


def lists_of_chain(values: Sequence[Any], to: pa.DataType) -> pa.Array:
    offsets = _offsets(values)
    dtype = to.value_type.to_pandas_dtype()
    elements = np.fromiter(itertools.chain.from_iterable(values), dtype, offsets[-1])
    return pa.ListArray.from_arrays(offsets, pa.array(elements))


def lists_of_concatenation(values: Sequence[Any], to: pa.DataType) -> pa.Array:
    return pa.ListArray.from_arrays(_offsets(values), pa.array(np.concatenate(values)), type=to)


def structs_of_fields(values: Sequence[Any], to: pa.DataType) -> pa.Array:
    columns = zip(zip(*values, strict=False), to, strict=False)
    return pa.StructArray.from_arrays(
        [pa.array(cells, child.type) for cells, child in columns], fields=list(to)
    )
