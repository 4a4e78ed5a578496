"""Runs inside a cell: starts the reproduction, bounds it, ends it whole, reports in one line.

Stdlib only, Python 3.9 or later, imports nothing of versect:
``python -I -S supervisor.py SPEC``, SPEC being a JSON object (see ``supervised.py``).
"""

import ctypes
import json
import os
import resource
import select
import signal
import stat
import subprocess
import sys
import time

CHUNK = 1 << 16
RECORDS = 4 << 20  # bytes of records passed on; a recorder keeps its own bound, a liar does not
TRACE = 8 << 20  # likewise of the tracer's
STRAY_GRACE = 0.5  # seconds that children may outlive the reproduction
LAST_WORDS = 2.0  # seconds for what is left in the pipes of a tree that has ended
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 1, 4, 36


class Stream:
    """One pipe, drained to its end: the head and the tail of it are kept."""

    def __init__(self, pipe, keep):
        self.pipe, self.half = pipe, max(1, keep // 2)
        self.head, self.tail, self.size = bytearray(), bytearray(), 0
        self.ended = False

    def fileno(self):
        return self.pipe.fileno()

    def read(self):
        """Take what is there; called when there is something, or the end."""
        try:
            chunk = os.read(self.fileno(), CHUNK)
        except OSError:
            chunk = b""
        self.ended = not chunk
        self.size += len(chunk)
        room = self.half - len(self.head)
        self.head += chunk[:room]
        self.tail += chunk[room:] if room > 0 else chunk
        if len(self.tail) > 2 * self.half:
            del self.tail[: -self.half]

    def report(self):
        """Give the text kept; the tail is empty when the head holds everything."""
        head, tail = bytes(self.head), bytes(self.tail)
        if self.size <= len(head) + len(tail) and len(tail) <= self.half:
            head, tail = head + tail, b""
        return {
            "head": head.decode("utf-8", "replace"),
            "tail": tail[-self.half :].decode("utf-8", "replace"),
            "size": self.size,
        }


def prctl(option, value):
    """Ask the kernel for something that only Linux has; elsewhere nothing happens."""
    try:
        return ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) == 0
    except (AttributeError, OSError):
        return False


def descendants():
    """Give the process ids below this one, from /proc; empty where there is no /proc."""
    parents = {}
    try:
        names = os.listdir("/proc")
    except OSError:
        return []
    for name in names:
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    fields = file.read().rpartition(b")")[2].split()
            except OSError:
                continue
            if fields[0] != b"Z":
                parents.setdefault(int(fields[1]), []).append(int(name))
    found, queue = [], [os.getpid()]
    while queue:
        children = parents.get(queue.pop(), [])
        found += children
        queue += children
    return found


def reap():
    """Take the exit statuses of adopted children, so that no zombie is left."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def kill_tree(child):
    """Kill everything below this process until nothing is left, fork bombs included."""
    for _ in range(200):
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        below = descendants()
        for signal_number in (signal.SIGSTOP, signal.SIGKILL):  # stopped ones do not fork on
            for pid in below:
                try:
                    os.kill(pid, signal_number)
                except (ProcessLookupError, PermissionError):
                    pass
        child.poll()
        if child.returncode is not None:
            reap()
        if not below:
            return
        time.sleep(0.01)


def written(path, most):
    """Read what the recorder or the tracer wrote, and whether there was more of it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return b"", False
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            return b"", False
        text = file.read(most)
    if status.st_size > most:
        return text[: text.rfind(b"\n") + 1], True
    return text, False


def records(path):
    """Read the recorder's records; whatever else lies there is no record."""
    found = []
    text, more = written(path, RECORDS)
    dropped = int(more)
    for line in text.split(b"\n"):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if isinstance(record, dict):
            found.append(record)
        else:
            dropped += 1
    return found, dropped


def limits(spec):
    """Set the limits that the child inherits; called in the child before the program starts."""

    def apply():
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # one that kills its supervisor goes with it
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if spec.get("file_size"):
            resource.setrlimit(resource.RLIMIT_FSIZE, (spec["file_size"], spec["file_size"]))

    return apply


def ending(child, timed_out, limit):
    """Say how the reproduction ended."""
    if timed_out:
        return {"timed_out": limit}
    if child.returncode < 0:
        try:
            return {"signalled": signal.Signals(-child.returncode).name}
        except ValueError:
            return {"signalled": f"signal {-child.returncode}"}
    return {"exited": child.returncode}


def drain(streams, seconds, *ends):
    """Read what comes within some seconds; returns earlier when something came or an end did.

    No thread does it: after a fork bomb there may be no room for one.
    """
    open_ones = [stream for stream in streams if not stream.ended]
    for stream in select.select([*open_ones, *ends], [], [], max(0.0, seconds))[0]:
        if stream in open_ones:
            stream.read()


def wait(child, streams, spec, parent):
    """Wait for the reproduction; give whether its time ran out. Ends all if the parent died."""
    deadline = time.monotonic() + spec["timeout"]
    ends, longest = watched(child)
    while child.poll() is None:
        now = time.monotonic()
        if now >= deadline:
            kill_tree(child)
            return True
        if spec.get("die_with_parent") and os.getppid() != parent:
            kill_tree(child)
            os._exit(1)
        drain(streams, min(longest, deadline - now), *ends)
    return False


def watched(child):
    """Give what becomes readable when the child ends (Linux), and how long to wait at a time."""
    try:
        return [os.pidfd_open(child.pid)], 0.25
    except (AttributeError, OSError):
        return [], 0.01


def alone():
    """Whether nothing is left below this process, to which the kernel gives every orphan."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return prctl(PR_SET_CHILD_SUBREAPER, 1)
    except (AttributeError, OSError):
        pass
    return False


def supervise(spec, parent):
    """Run one reproduction to its end and give the report."""
    record_file = os.path.join(spec["scratch"], "versect-records.jsonl")
    trace_file = os.path.join(spec["scratch"], "versect-trace.jsonl")
    env = dict(spec["env"])
    if spec.get("recorder"):
        env["VERSECT_RECORDER"] = spec["recorder"]
        env["VERSECT_RECORD"] = record_file
    if spec.get("tracer"):
        env["VERSECT_TRACER"] = spec["tracer"]
        env["VERSECT_TRACE"] = trace_file
    started = time.monotonic()
    try:
        child = subprocess.Popen(
            spec["argv"],
            env=env,
            cwd=spec["cwd"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=limits(spec),  # noqa: PLW1509 - no thread runs
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return {"ending": {"not_started": f"{spec['argv'][0]}: {reason}"}}
    streams = [Stream(child.stdout, spec["output"]), Stream(child.stderr, spec["output"])]
    timed_out = wait(child, streams, spec, parent)
    lived = time.monotonic() - started
    patience = time.monotonic() + STRAY_GRACE
    while not alone() and descendants() and time.monotonic() < patience:
        drain(streams, 0.01)
        reap()
    if not alone():
        kill_tree(child)
    patience = time.monotonic() + LAST_WORDS
    while not all(s.ended for s in streams) and time.monotonic() < patience:
        drain(streams, patience - time.monotonic())
    found, dropped = records(record_file)
    traced, more = written(trace_file, TRACE)  # unparsed: this process shares the cell's memory
    usage = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {
        "ending": ending(child, timed_out, spec["timeout"]),
        "stdout": streams[0].report(),
        "stderr": streams[1].report(),
        "records": found,
        "records_dropped": dropped + int(more),
        "trace": traced.decode("utf-8", "replace"),
        "run": lived,
        "peak_memory": usage * (1 if sys.platform == "darwin" else 1024),
    }


def main():
    """Read the specification, run, print one line."""
    spec = json.loads(sys.argv[1])
    parent = os.getppid()
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    prctl(PR_SET_DUMPABLE, 0)  # the child, of the same user, must not write into our output
    if spec.get("die_with_parent"):
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        signal.signal(signal.SIGTERM, lambda *_: (_end_tree(), os._exit(143)))
    report = {"schema": 1, **supervise(spec, parent)}
    sys.stdout.write(json.dumps(report) + "\n")
    sys.stdout.flush()


def _end_tree():
    for pid in descendants():
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


if __name__ == "__main__":
    main()
