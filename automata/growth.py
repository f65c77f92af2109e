"""Arrays that double: the one place where the engine's tables grow.

A kernel writes within capacity; the driver grows the table and calls again. Growing makes a longer copy with an equal prefix and
leaves the old array untouched, so a reader that still holds it sees valid data.
"""

from __future__ import annotations

import numpy as np


def grown(array: np.ndarray, size: int, fill: int = 0) -> np.ndarray:
    """Return ``array`` if it has room for ``size`` entries along axis 0, else a copy of at least double length.

    Parameters
    ----------
    array : ndarray[capacity, ...]
    size : int
        Entries needed.
    fill : int
        Value of the new entries.
    """
    capacity = array.shape[0]
    if size <= capacity:
        return array
    longer = np.full((max(size, 2 * capacity), *array.shape[1:]), fill, dtype=array.dtype)
    longer[:capacity] = array
    return longer
