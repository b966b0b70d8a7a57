"""The greatest or the least of each group of array elements, by several keys."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.intp]


def greatest(groups: NDArray[Any], keys: Sequence[NDArray[Any]]) -> Indices:
    """For each group the index of its greatest element.

    Args:
        groups: by element, the group's number, in any order.
        keys: by element, what elements are compared by; each key decides where the ones before are equal. If all
            are equal, any of the elements is returned.

    Returns:
        One index a group, in the order of the groups' numbers.
    """
    return _extreme(groups, keys, np.maximum)


def least(groups: NDArray[Any], keys: Sequence[NDArray[Any]]) -> Indices:
    """For each group the index of its least element: see :func:`greatest`."""
    return _extreme(groups, keys, np.minimum)


def _extreme(groups: NDArray[Any], keys: Sequence[NDArray[Any]], choose: np.ufunc) -> Indices:
    # Small integers are sorted several times as fast.
    narrow = groups.astype(np.uint16) if len(groups) and groups.max() <= np.iinfo(np.uint16).max else groups
    left: Indices = np.argsort(narrow, kind="stable")
    sorted_groups = groups[left]
    for key in keys:
        starts = _starts(sorted_groups)
        if len(starts) == len(left):
            return left
        values = key[left]
        # Most groups have one element left after the first key.
        best = np.repeat(choose.reduceat(values, starts), np.diff(starts, append=len(left)))
        among_best = values == best
        left, sorted_groups = left[among_best], sorted_groups[among_best]
    return left[_starts(sorted_groups)]


def _starts(sorted_groups: NDArray[Any]) -> Indices:
    """Where each group begins."""
    return np.flatnonzero(np.diff(sorted_groups, prepend=sorted_groups[:1] - 1))
