"""Write a minimal root file system around one CPython of this machine, as a tar on stdout.

    python base.py /path/to/python3.12 | docker import - my-base:3.12

For machines without an image registry. In it: the interpreter below /usr/local, where official
images have it, every shared library that it and its extension modules need, certificates, UTC,
and the two users that programs look up. Nothing of site-packages. The same interpreter gives the
same bytes, so a digest tells whether an image is still current.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

PREFIX = "usr/local"
LEFT_OUT = {
    *("__pycache__", "dist-packages", "ensurepip", "idlelib", "lib2to3", "site-packages"),
    *("test", "tests", "tkinter", "turtledemo"),
}
LEFT_OUT_MODULES = re.compile(r"^(_test|_ctypes_test|_tkinter|xx|_xx|_dbm|_gdbm)")
ALWAYS = (
    *("libgcc_s.so.1", "libstdc++.so.6", "libz.so.1", "libexpat.so.1", "libresolv.so.2"),
    *("libnss_dns.so.2", "libnss_files.so.2", "librt.so.1", "libdl.so.2", "libpthread.so.0"),
    *("libutil.so.1", "libm.so.6"),
)
"""Libraries that manylinux wheels may expect of any Linux."""
QUESTION = """
import json, os, sys, sysconfig
v = sysconfig.get_config_vars()
print(json.dumps({
    'python': '%d.%d' % sys.version_info[:2], 'executable': os.path.realpath(sys._base_executable),
    'stdlib': sysconfig.get_path('stdlib'), 'modules': v['DESTSHARED'], 'libraries': v['LIBDIR'],
    'library': v.get('INSTSONAME') if v.get('Py_ENABLE_SHARED') else None,
}))
"""


class Tree:
    """A tar archive that remembers which folders and files it has."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self.archive = archive
        self.names: set[str] = set()

    def add(
        self, name: str, kind: bytes, *, mode: int, content: bytes = b"", link: str = ""
    ) -> None:
        """Add one member, with its folders, once."""
        name = name.strip("/")
        if name in self.names:
            return
        self.names.add(name)
        if "/" in name:
            self.folder(name.rpartition("/")[0])
        member = tarfile.TarInfo(name)
        member.type, member.mode, member.linkname, member.size = kind, mode, link, len(content)
        self.archive.addfile(member, io.BytesIO(content))

    def folder(self, name: str, mode: int = 0o755) -> None:
        """Add a folder."""
        self.add(name, tarfile.DIRTYPE, mode=mode)

    def link(self, name: str, target: str) -> None:
        """Add a symbolic link."""
        self.add(name, tarfile.SYMTYPE, mode=0o777, link=target)

    def text(self, name: str, content: str) -> None:
        """Add a text."""
        self.add(name, tarfile.REGTYPE, mode=0o644, content=content.encode())

    def file(self, source: str | Path, name: str) -> None:
        """Add a file of this machine, readable for all."""
        path = Path(source).resolve()
        mode = 0o755 if os.access(path, os.X_OK) else 0o644
        self.add(name, tarfile.REGTYPE, mode=mode, content=path.read_bytes())


def needed(files: list[str], libraries: str) -> dict[str, str]:
    """Give the shared libraries that files need, by name."""
    found: dict[str, str] = {}
    env = {**os.environ, "LD_LIBRARY_PATH": libraries, "LC_ALL": "C"}
    for start in range(0, len(files), 50):
        argv = ["ldd", *files[start : start + 50]]
        output = subprocess.run(argv, env=env, capture_output=True, text=True, check=False).stdout
        found |= dict(re.findall(r"^\s+(\S+) => (/\S+)", output, re.MULTILINE))
        for loader in re.findall(r"^\s+(/\S*ld-linux\S+)", output, re.MULTILINE):
            found[loader] = loader
    return found


def machine(file: str) -> bytes:
    """Give the part of an ELF header that says for which machine a file is."""
    with Path(file).open("rb") as binary:
        header = binary.read(20)
    return header[4:6] + header[18:20]


def installed_libraries(python: str) -> dict[str, str]:
    """Give this machine's libraries of the interpreter's kind by name, from the loader's cache."""
    program = next((p for p in ("/sbin/ldconfig", "/usr/sbin/ldconfig") if Path(p).exists()), None)
    if program is None:
        return {}
    output = subprocess.run([program, "-p"], capture_output=True, text=True, check=False).stdout
    found: dict[str, str] = {}
    for name, path in re.findall(r"^\s+(\S+) \(libc6[^)]*\) => (\S+)", output, re.MULTILINE):
        if name in ALWAYS and Path(path).exists() and machine(path) == machine(python):
            found.setdefault(name, path)
    return found


def build(python: str, tree: Tree) -> None:
    """Put everything into the tree."""
    answer = subprocess.run([python, "-I", "-c", QUESTION], capture_output=True, check=True)
    facts = json.loads(answer.stdout)
    for name in ("bin", "lib", "sbin"):
        tree.folder(f"usr/{name}")
        tree.link(name, f"usr/{name}")
    # Loaders look in /usr/lib or in /usr/lib64, as their distribution has it.
    tree.link("usr/lib64", "lib")
    tree.link("lib64", "usr/lib64")
    for name in ("dev", "etc", "home", "proc", "root", "run", "sys", "var/tmp"):
        tree.folder(name)
    tree.folder("tmp", 0o1777)
    programs(tree, facts)
    standard_library(tree, facts)
    tree.text(
        "etc/passwd",
        "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/usr/sbin/nologin\n",
    )
    tree.text("etc/group", "root:x:0:\nnogroup:x:65534:\n")
    tree.text("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")
    certificates = Path("/etc/ssl/certs/ca-certificates.crt")
    if certificates.exists():
        tree.file(certificates, "etc/ssl/certs/ca-certificates.crt")
        tree.link("etc/ssl/cert.pem", "certs/ca-certificates.crt")
        tree.link("usr/lib/ssl/cert.pem", "/etc/ssl/cert.pem")
    if Path("/usr/share/zoneinfo/UTC").exists():
        tree.file("/usr/share/zoneinfo/UTC", "usr/share/zoneinfo/UTC")


def programs(tree: Tree, facts: dict[str, str]) -> None:
    """Add the interpreter, a shell, and the libraries of both and of all extension modules."""
    shell = next((p for p in ("/bin/dash", "/bin/sh") if Path(p).exists()), None)
    modules = [
        str(path)
        for path in sorted(Path(facts["modules"]).glob("*.so"))
        if not LEFT_OUT_MODULES.match(path.name)
    ]
    binaries = [facts["executable"], *modules, *([shell] if shell else [])]
    if facts["library"]:
        binaries.append(f"{facts['libraries']}/{facts['library']}")
    libraries = needed(binaries, facts["libraries"])
    known = installed_libraries(facts["executable"])
    extra = [known[name] for name in ALWAYS if name in known]
    libraries |= {Path(path).name: path for path in extra} | needed(extra, facts["libraries"])
    for name, path in sorted(libraries.items()):
        if name.startswith("/"):  # the loader has one place, which every program names
            tree.file(path, f"usr/lib/{Path(name).name}")
        else:
            tree.file(path, f"usr/lib/{name}")
    tree.file(facts["executable"], f"{PREFIX}/bin/python{facts['python']}")
    for name in ("python3", "python"):
        tree.link(f"{PREFIX}/bin/{name}", f"python{facts['python']}")
    if shell:
        tree.file(shell, "usr/bin/sh")


def standard_library(tree: Tree, facts: dict[str, str]) -> None:
    """Add the standard library without its tests, its bytecode and what needs a screen."""
    target = f"{PREFIX}/lib/python{facts['python']}"
    for root, folders, names in os.walk(facts["stdlib"]):
        folders[:] = sorted(f for f in folders if f not in LEFT_OUT and not f.startswith("config-"))
        relative = Path(root).relative_to(facts["stdlib"])
        for name in sorted(names):
            if relative.name == "lib-dynload" and LEFT_OUT_MODULES.match(name):
                continue
            tree.file(Path(root, name), str(target / relative / name))
    tree.folder(f"{target}/site-packages")


def main() -> None:
    """Write the tar."""
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} PYTHON")
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        build(sys.argv[1], Tree(archive))


if __name__ == "__main__":
    main()
