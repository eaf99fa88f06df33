"""Problems and solutions as bytes (NumPy's `.npz`), to be kept or handed to another process."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from matching.engine.pairs import Pairs
from matching.engine.problem import Problem
from matching.engine.solution import Certificate, Solution

_PLAIN = "plain"  # the entry that holds what is not an array, as JSON


def pack(thing: Problem | Solution | Pairs, *, small: bool = True) -> bytes:
    """All fields; `small` costs time and saves up to nine tenths of the bytes."""
    arrays: dict[str, Any] = {}
    plain: dict[str, Any] = {}
    for field in fields(thing):
        value = getattr(thing, field.name)
        if isinstance(value, np.ndarray):
            arrays[field.name] = value
        elif isinstance(value, tuple) and value and isinstance(value[0], np.ndarray):
            arrays |= {f"{field.name}.{place}": part for place, part in enumerate(value)}
        else:
            plain[field.name] = asdict(value) if isinstance(value, Certificate) else value
    arrays[_PLAIN] = np.frombuffer(json.dumps(plain).encode(), dtype=np.uint8)
    out = io.BytesIO()
    (np.savez_compressed if small else np.savez)(out, **arrays)
    return out.getvalue()


def unpack_problem(data: bytes) -> Problem:
    """The problem that was packed, checked anew."""
    return Problem(**_fields(data))


def unpack_pairs(data: bytes) -> Pairs:
    """The candidate pairs that were packed."""
    return Pairs(**_fields(data))


def unpack_solution(data: bytes) -> Solution:
    """The solution that was packed, with the certificate it had; whoever does not trust it certifies again."""
    found = _fields(data)
    told = found["certificate"]
    certificate = Certificate(**{name: _tuple(value) for name, value in told.items()})
    return Solution(**{**found, "certificate": certificate})


def _fields(data: bytes) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with np.load(io.BytesIO(data), allow_pickle=False) as packed:
        for name in packed.files:
            if name == _PLAIN:
                plain = json.loads(packed[name].tobytes())
                found |= {key: _tuple(value) for key, value in plain.items()}
            elif "." in name:
                key = name.split(".")[0]
                found[key] = (*found.get(key, ()), packed[name])
            else:
                found[name] = packed[name]
    return found


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
