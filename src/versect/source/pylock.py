"""The releases that a ``pylock.toml`` (PEP 751) installs for one interpreter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from packaging.pylock import Package, Pylock, PylockValidationError

from versect.source.gathered import Gathered, lines_of


def read(name: str, text: str, table: Mapping[str, Any], found: Gathered) -> None:
    """Gather the packages whose markers hold, without extras and with the default groups.

    Args:
        name: The file's, for messages.
        text: What stands in it.
        table: The text as TOML.
        found: Takes the releases, the notes and the faults.

    """
    head = {key: value for key, value in table.items() if key != "packages"}
    try:
        lock = Pylock.from_dict({**head, "packages": []})
    except PylockValidationError as error:
        found.fault(name, str(error))
        return
    found.suits(name, lock.requires_python)
    if lock.environments and not any(found.applies(name, one) for one in lock.environments):
        found.fault(name, f"made for other platforms: {' or '.join(map(str, lock.environments))}")
    groups = frozenset(lock.default_groups or ())
    for place, package in _packages(name, text, table, found):
        if package.marker is not None and not found.applies(
            place, package.marker, extras=frozenset(), dependency_groups=groups
        ):
            continue
        found.suits(place, package.requires_python)
        if package.is_direct:
            found.leave_out(place, package.name)
        elif package.version is None:
            found.fault(place, f"{package.name} has no version")
        else:
            found.add(place, package.name, package.version)


def _packages(
    name: str, text: str, table: Mapping[str, Any], found: Gathered
) -> Iterator[tuple[str, Package]]:
    """Give each package with its place; read one by one, so that every fault is found."""
    entries = table.get("packages")
    if not isinstance(entries, list):
        found.fault(name, "there is no list of packages")
        return
    lines = lines_of(text, "[[packages]]")
    head = {"lock-version": "1.0", "created-by": "", "packages": []}
    for number, entry in enumerate(entries):
        inline = len(lines) != len(entries)
        place = f"{name}: packages[{number}]" if inline else f"{name}:{lines[number]}"
        try:
            lock = Pylock.from_dict({**head, "packages": [entry]})
        except PylockValidationError as error:
            found.fault(place, str(error).replace("packages[0]", f"packages[{number}]"))
        else:
            yield place, lock.packages[0]
