"""How a study's cells are shared out among machines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.literal import cell_of
from versect.errors import UsageError
from versect.select.shards import Shard, part, shard_of, shared_out


def cells_of(sizes):
    """Give environments with so many cells each, all values of a parameter."""
    return tuple(
        cell_of("3.12", [("size", str(n))], lib=f"1.{minor}")
        for minor, size in enumerate(sizes)
        for n in range(size)
    )


sizes = st.lists(st.integers(1, 9), min_size=1, max_size=30)
counts = st.integers(1, 8)


@given(sizes, counts)
def test_every_cell_is_in_one_part_and_every_environment_too(sizes, of):
    cells = cells_of(sizes)
    parts = shared_out(cells, of)
    assert len(parts) == of
    assert sorted(c.id for one in parts for c in one) == sorted(c.id for c in cells)
    pins = [{cell.pins for cell in one} for one in parts]
    assert sum(map(len, pins)) == len(set().union(*pins))
    assert all(list(one) == sorted(one, key=cells.index) for one in parts)


@given(sizes, counts)
def test_no_part_has_more_than_its_share_and_one_environment(sizes, of):
    parts = shared_out(cells_of(sizes), of)
    assert max(map(len, parts)) < sum(sizes) / of + max(sizes)


@given(st.integers(1, 40), counts)
def test_environments_of_one_size_are_shared_evenly(environments, of):
    full = [len(one) for one in shared_out(cells_of([3] * environments), of)]
    assert max(full) - min(full) in (0, 3)


def test_a_part_is_the_same_on_every_machine():
    cells = cells_of([2, 2, 5, 1])
    one, two = (part(cells, Shard(number=number, of=2)) for number in (1, 2))
    assert [c.id for c in one] == [f"py3.12-lib1.2-size={n}" for n in range(5)]
    assert [c.pins.releases[0][1].micro for c in two] == [0] * 5
    assert {str(c.pins.releases[0][1]) for c in two} == {"1.0", "1.1", "1.3"}


def test_a_shard_is_read_as_it_is_written():
    assert shard_of("2/3") == Shard(number=2, of=3)
    assert str(shard_of("2/3")) == "2/3"


@pytest.mark.parametrize(
    "text", ["", "1", "0/3", "4/3", "1/0", "-1/3", "1/3/3", "a/b", "١/٣", "1/3 "]
)
def test_what_is_no_shard_is_refused(text):
    with pytest.raises(UsageError, match="no shard"):
        shard_of(text)
