"""What a request costs the server in allocations and system calls, counted: it fails when they grow."""

import os
import re
import signal
import subprocess
import tempfile
import unittest

from server_process import Server

PATIENCE = 60  # seconds for what takes few
WARMING = 2000  # requests after which buffers have the size that they keep


class Counted(Server):
    """A release server whose allocations are counted, and whose system calls can be."""

    def __init__(self):
        counts = tempfile.NamedTemporaryFile(prefix="banjie-")
        counts.write(bytes(8))
        counts.flush()
        self.allocated = counts
        super().__init__(clock=None, options=["--log-level", "error"], environment={
            "LD_PRELOAD": os.path.abspath(os.environ["COUNTING"]), "ALLOCATIONS": counts.name})

    def load(self, kind, connections, in_flight, count):
        subprocess.run(
            [os.environ["LOAD"], kind, "--server", self.words["listen"], "--login", "operator", "--secret-file",
             self.data / "operator.secret", "--quiet", "--connections", str(connections), "--in-flight",
             str(in_flight), "--count", str(count)],
            check=True, stdout=subprocess.DEVNULL, timeout=PATIENCE)

    def allocations(self, *load):
        """For each request: what as many more of them come to, so that what a run costs once isn't counted."""
        *shape, count = load
        self.load(*shape, WARMING)
        marks = [self.count()]
        for times in (1, 2):
            self.load(*shape, times * count)
            marks.append(self.count())
        return (marks[2] - 2 * marks[1] + marks[0]) / count

    def count(self):
        self.allocated.seek(0)
        return int.from_bytes(self.allocated.read(8), "little")

    def system_calls(self, *load):
        """For each request, by name."""
        *shape, count = load
        self.load(*shape, WARMING)
        table = self.folder / "calls"
        with subprocess.Popen(["strace", "-f", "-c", "-o", table, "-p", str(self.process.pid)],
                              stderr=subprocess.PIPE, text=True) as tracer:
            # It says so once it sees every call.
            assert "attached" in tracer.stderr.readline()
            self.load(*shape, count)
            tracer.send_signal(signal.SIGINT)
            tracer.stderr.read()
        calls = {}
        for line in table.read_text().splitlines():
            row = re.match(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", line)
            if row and row[2] != "total":
                calls[row[2]] = int(row[1]) / count
        return calls


class Costs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Counted()
        cls.addClassCleanup(cls.server.remove)

    def expect(self, calls, limits, others=0.1):
        """Each of these calls at most so often, and all others together less than `others`."""
        rest = {name: count for name, count in calls.items() if name not in limits}
        print(f"{self._testMethodName}: { {name: round(count, 2) for name, count in calls.items() if count > 0.05} }")
        for name, limit in limits.items():
            self.assertLessEqual(calls.get(name, 0), limit, name)
        self.assertLess(sum(rest.values()), others, rest)

    def expect_allocations(self, allocations, limit):
        print(f"{self._testMethodName}: {allocations:.2f}")
        self.assertLessEqual(allocations, limit)
        # Something was counted.
        self.assertGreater(allocations, 0.5)

    def test_an_echo_allocates_its_reply(self):
        self.expect_allocations(self.server.allocations("echo", 1, 1, 3000), 1.1)

    def test_echoes_at_once_allocate_their_replies(self):
        self.expect_allocations(self.server.allocations("echo", 8, 32, 30_000), 1.1)

    def test_an_echo_is_waited_for_read_and_sent(self):
        self.expect(self.server.system_calls("echo", 1, 1, 3000),
                    {"epoll_wait": 1.05, "recvfrom": 1.05, "sendto": 1.05})

    def test_an_arm_alone_has_a_commit_of_its_own(self):
        self.expect_allocations(self.server.allocations("arm", 1, 1, 2000), 70)

    def test_arms_at_once_share_commits(self):
        self.expect_allocations(self.server.allocations("arm", 8, 64, 30_000), 21)

    def test_an_arm_is_synced_once(self):
        self.expect(self.server.system_calls("arm", 1, 1, 2000),
                    {"fdatasync": 1.05, "pwrite64": 1.5, "pread64": 1.5, "fcntl": 7, "futex": 3, "epoll_wait": 2.05,
                     "recvfrom": 1.05, "sendto": 1.05, "read": 1.1, "write": 1.1, "getpid": 1.1},
                    others=0.5)

    def test_arms_at_once_cost_few_calls(self):
        calls = self.server.system_calls("arm", 8, 64, 20_000)
        print(f"{self._testMethodName}: {sum(calls.values()):.2f}")
        self.assertLess(calls["fdatasync"], 0.1)
        self.assertLess(sum(calls.values()), 1)


if __name__ == "__main__":
    unittest.main()
