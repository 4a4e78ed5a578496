"""Where timelines lie: in their folder, whatever a cell's values are."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from versect.forensics.timeline_codec import timeline_file

PLAIN = "py3.12-httpx0.27.2-openai1.55.3-with=aiohttp,openai+aiohttp-strategy=global-loop"


def test_a_cells_id_is_the_name_of_its_file():
    assert timeline_file(Path("r"), PLAIN) == Path("r/timelines", f"{PLAIN}.json")


@pytest.mark.parametrize("value", ["/etc/passwd", "../../x", "a\\b", "a\0b", "x" * 400, "ü" * 300])
def test_no_value_leads_out_of_the_folder_or_is_too_long(value):
    path = timeline_file(Path("r"), f"py3.12-where={value}")
    assert path.parent == Path("r/timelines")
    assert len(path.name.encode()) <= 255


@given(st.lists(st.text(max_size=40), min_size=2, max_size=2, unique=True))
def test_two_cells_never_share_a_file(values):
    one, other = (timeline_file(Path("r"), f"py3.12-p={value}") for value in values)
    assert one != other
