"""Which wheels an interpreter takes."""

import pytest
from packaging.tags import Tag, sys_tags

from versect.select.platforms import compatible_tags


@pytest.mark.parametrize(
    ("tag", "taken"),
    [
        ("cp312-cp312-manylinux_2_28_x86_64", True),
        ("cp312-cp312-manylinux2014_x86_64", True),
        ("cp312-cp312-manylinux1_x86_64", True),
        ("cp312-cp312-linux_x86_64", True),
        ("cp37-abi3-manylinux_2_17_x86_64", True),
        ("cp312-none-any", True),
        ("py3-none-any", True),
        ("py2-none-any", False),
        ("cp312-cp312-manylinux_2_29_x86_64", False),
        ("cp312-cp312-manylinux_2_17_aarch64", False),
        ("cp312-cp312-musllinux_1_2_x86_64", False),
        ("cp313-cp313-manylinux_2_17_x86_64", False),
        ("cp313-abi3-manylinux_2_17_x86_64", False),
        ("cp312-cp312t-manylinux_2_17_x86_64", False),
    ],
)
def test_a_glibc_linux_takes_wheels_that_are_no_newer_than_it(tag, taken):
    assert (Tag(*tag.split("-")) in compatible_tags("3.12", "x86_64-manylinux_2_28")) is taken


def test_a_patch_release_changes_nothing():
    platform = "aarch64-manylinux_2_28"
    assert compatible_tags("3.12.1", platform) == compatible_tags("3.12", platform)


def test_this_machine_takes_what_packaging_says():
    import sys

    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert compatible_tags(running, None) == frozenset(sys_tags())


def test_a_platform_that_is_no_glibc_linux_is_refused():
    with pytest.raises(ValueError, match="not of the form"):
        compatible_tags("3.12", "x86_64-unknown-linux-musl")
