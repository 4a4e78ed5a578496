"""The releases that ``uv sync`` installs from a ``uv.lock`` for one interpreter."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, TypeVar

import cattrs
from cattrs import Converter, transform_error
from cattrs.gen import make_dict_structure_fn, override
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from versect.source.gathered import Gathered, lines_of, shown

_FORMAT: Final = 1
_GROUP: Final = "dev"
"""The group that ``uv sync`` installs unless ``tool.uv.default-groups`` names others; a lock does
not say which those are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edge:
    """What something depends on."""

    name: str
    version: str | None = None
    source: Mapping[str, str] | None = None
    marker: str | None = None
    extra: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    """The same, as the manifest calls it."""


_Groups = Mapping[str, tuple[_Edge, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Package:
    """One ``[[package]]``."""

    name: str
    version: str | None = None
    source: Mapping[str, str]
    resolution_markers: tuple[str, ...] = ()
    dependencies: tuple[_Edge, ...] = ()
    optional_dependencies: _Groups = field(default_factory=dict)
    dev_dependencies: _Groups = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manifest:
    """``[manifest]``: what a workspace or a script has beside packages."""

    members: tuple[str, ...] = ()
    requirements: tuple[_Edge, ...] = ()
    dependency_groups: _Groups = field(default_factory=dict)


def read(name: str, text: str, table: Mapping[str, Any], found: Gathered) -> None:
    """Gather what is reached from the project at the lock's root.

    Its dependencies and those of its group ``dev`` are followed, other groups and its extras are
    not: so does ``uv sync``. Without a project at the root, every member of the workspace counts.

    Args:
        name: The file's, for messages.
        text: What stands in it.
        table: The text as TOML.
        found: Takes the releases, the notes and the faults.

    """
    if table.get("version") != _FORMAT:
        found.fault(name, f"of version {table.get('version')} of the format; {_FORMAT} is known")
        return
    try:
        found.suits(name, SpecifierSet(str(table.get("requires-python", ""))))
    except InvalidSpecifier as error:
        found.fault(name, str(error))
    entries = table.get("package", [])
    lines = lines_of(text, "[[package]]")
    packages = []
    for number, entry in enumerate(entries if isinstance(entries, list) else [entries]):
        inline = len(lines) <= number
        place = f"{name}: package[{number}]" if inline else f"{name}:{lines[number]}"
        package = _structured(place, entry, _Package, found)
        if package is not None:
            packages.append((place, package))
    manifest = _structured(name, table.get("manifest", {}), _Manifest, found)
    if manifest is not None and not found.faults:
        _Walk(name, packages, manifest, found).from_the_root()


class _Walk:
    """Follows a lock's dependencies, each package and each of its extras once."""

    def __init__(
        self, name: str, packages: list[tuple[str, _Package]], manifest: _Manifest, found: Gathered
    ) -> None:
        self._name = name
        self._packages = packages
        self._manifest = manifest
        self._found = found
        self._conflict = ""
        self._pending: deque[tuple[str, _Edge]] = deque()
        self._seen: set[tuple[int, str | None]] = set()

    def from_the_root(self) -> None:
        """Gather everything that is reached."""
        roots = [
            number
            for number, (_, package) in enumerate(self._packages)
            if "." in (package.source.get("editable"), package.source.get("virtual"))
        ] or [
            number
            for number, (_, package) in enumerate(self._packages)
            if package.name in self._manifest.members
        ]
        groups = [self._manifest.dependency_groups]
        self._follow(self._name, self._manifest.requirements)
        for number in roots:
            package = self._packages[number][1]
            # A marker names an active group so where groups are declared to be in conflict.
            self._conflict = f"group-{len(package.name)}-{package.name}-{_GROUP}"
            self._reach(number, None)
            groups.append(package.dev_dependencies)
        for group in groups:
            self._follow(self._name, group.get(_GROUP, ()))
        if not roots and not self._pending:
            self._found.fault(self._name, "there is no project at its root")
        self._note_what_is_left_out(roots, groups)
        while self._pending:
            place, edge = self._pending.popleft()
            if self._holds(place, edge.marker):
                for number in self._targets(place, edge):
                    for part in (None, *edge.extra, *edge.extras):
                        self._reach(number, part)

    def _reach(self, number: int, extra: str | None) -> None:
        """Take a package, or the dependencies of one of its extras."""
        if (number, extra) in self._seen:
            return
        self._seen.add((number, extra))
        place, package = self._packages[number]
        if extra is not None:
            self._follow(place, package.optional_dependencies.get(extra, ()))
            return
        self._follow(place, package.dependencies)
        if "registry" in package.source and package.version is not None:
            self._found.add(place, package.name, package.version)
        else:
            origin = " ".join(word for pair in package.source.items() for word in pair)
            self._found.leave_out(place, f"{package.name} ({origin})")

    def _follow(self, place: str, edges: tuple[_Edge, ...]) -> None:
        self._pending.extend((place, edge) for edge in edges)

    def _targets(self, place: str, edge: _Edge) -> list[int]:
        """Give the packages that an edge means: one, unless the lock is no lock of uv's.

        An edge of a package names version and source where its name is not enough; an edge of
        the manifest leaves it to the markers for which each package was resolved.
        """
        named = [
            number
            for number, (_, package) in enumerate(self._packages)
            if package.name == edge.name
            and edge.version in (None, package.version)
            and edge.source in (None, package.source)
        ]
        if not named:
            wanted = f"{edge.name} {edge.version or ''}".strip()
            self._found.fault(place, f"{shown(wanted)} is not among the packages")
        if len(named) < 2:
            return named
        return [number for number in named if self._resolved_for_this(number)]

    def _resolved_for_this(self, number: int) -> bool:
        place, package = self._packages[number]
        markers = package.resolution_markers
        return not markers or any(self._holds(place, marker) for marker in markers)

    def _holds(self, place: str, marker: str | None) -> bool:
        return self._found.applies(place, marker, extra=self._conflict)

    def _note_what_is_left_out(self, roots: list[int], groups: list[_Groups]) -> None:
        named = {group for one in groups for group in one}
        extras = {extra for n in roots for extra in self._packages[n][1].optional_dependencies}
        has = f"with the group {_GROUP}" if _GROUP in named else "without a group"
        left = [f"group {group}" for group in sorted(named - {_GROUP})]
        left += [f"extra {extra}" for extra in sorted(extras)]
        without = f"; left out: {', '.join(left)}" if left else ""
        self._found.notes.append(f"{self._name}: read as uv sync installs it, {has}{without}")


_Table = TypeVar("_Table", _Package, _Manifest)


def _structured(place: str, entry: object, kind: type[_Table], found: Gathered) -> _Table | None:
    try:
        return _CONVERTER.structure(entry, kind)
    except Exception as error:  # noqa: BLE001 - cattrs groups whatever was wrong
        name = kind.__name__.strip("_").lower()
        for message in transform_error(error, path=name, format_exception=_wrong):
            found.fault(place, message)
        return None


def _wrong(error: BaseException, _: type[Any] | None) -> str:
    return f"lacks {error}" if isinstance(error, KeyError) else "is of another type"


def _text(value: object, _: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _converter() -> Converter:
    converter = cattrs.Converter()
    converter.register_structure_hook(str, _text)
    for table in (_Edge, _Package, _Manifest):
        renamed = {f.name: override(rename=f.name.replace("_", "-")) for f in fields(table)}
        hook = make_dict_structure_fn(table, converter, **renamed)  # type: ignore[arg-type]
        converter.register_structure_hook(table, hook)
    return converter


_CONVERTER: Final = _converter()
