# cython: language_level=3
"""Functions that take typed memoryviews, for the messages of Cython in the symptom index."""


cdef packed struct Pair:
    int a
    double b


def doubles(double[:] items):
    return items.shape[0]


def pairs(Pair[:] items):
    return items.shape[0]


def sum_of(const double[:] items):
    return sum(items)
