"""`banjie watch` in a terminal: it shows what is due, follows changes and kills, and gives the terminal back."""

import os
import signal
import subprocess
import tempfile
import time
import unittest

from server_process import PATIENCE, Server


class Terminal:
    """A tmux server of its own, with one window."""

    def __init__(self, environment):
        self.folder = tempfile.TemporaryDirectory(prefix="bj-")
        self.socket = os.path.join(self.folder.name, "t")
        self.environment = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LC_ALL": "C.UTF-8",
                            "LANG": "C.UTF-8", **environment}
        self.run("-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "20", "sh")

    def run(self, *arguments):
        return subprocess.run(["tmux", "-S", self.socket, *arguments], env=self.environment, check=True,
                              capture_output=True, text=True, timeout=PATIENCE).stdout

    def type(self, *keys):
        self.run("send-keys", *keys)

    def screen(self, *options):
        return self.run("capture-pane", "-p", *options)

    def wait_for(self, condition):
        """The screen once it meets a condition."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            screen = self.screen()
            if condition(screen):
                return screen
            time.sleep(0.05)
        raise AssertionError("the screen never came to that:\n" + self.screen())

    def close(self):
        self.run("kill-server")
        self.folder.cleanup()


class Watch(unittest.TestCase):
    def setUp(self):
        self.server = Server(options=["--listen", "127.0.0.1:0,unix:" + self.path()])
        self.addCleanup(self.server.remove)
        secret = (self.server.data / "operator.secret").read_text().strip()
        self.operator = {"BANJIE_SERVER": "unix:" + self.path(), "BANJIE_LOGIN": "operator",
                         "BANJIE_SECRET": secret}
        self.banjie(self.operator, "directory", "department", "put", "PLAN", "--name", "规划局")
        self.inspector = self.person("inspector", "SUPERVISOR")
        self.clerk = self.person("clerk", "STAFF")
        self.terminal = Terminal(self.inspector)
        self.addCleanup(self.terminal.close)

    def path(self):
        if not hasattr(self, "_socket"):
            folder = tempfile.TemporaryDirectory(prefix="bj-")
            self.addCleanup(folder.cleanup)
            self._socket = os.path.join(folder.name, "s")
        return self._socket

    def banjie(self, who, *arguments):
        done = subprocess.run([os.environ["BANJIE"], *arguments], env={**who, "LANG": "C"}, text=True,
                              capture_output=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def person(self, login, role):
        self.banjie(self.operator, "admin", "person", "put", login, "--name", login, "--department", "PLAN",
                    "--roles", role)
        reply = self.banjie(self.operator, "call", "Directory/IssueCredential", '{"login": "%s"}' % login)
        secret = reply.split('"secret":')[1].split('"')[1]
        return {**self.operator, "BANJIE_LOGIN": login, "BANJIE_SECRET": secret}

    def issue(self, title, days):
        self.banjie(self.inspector, "order", "issue", "PLAN", title, "--content", "x", "--days", str(days))

    def begin(self):
        self.terminal.type(os.environ["BANJIE"] + " watch PLAN", "Enter")

    def test_it_shows_what_is_due_earliest_first_and_follows(self):
        self.issue("a", 5)
        self.begin()
        self.terminal.wait_for(lambda screen: "2026-03-09" in screen and "q to end" in screen)
        self.issue("b", 1)
        screen = self.terminal.wait_for(lambda screen: "2026-03-03" in screen)
        self.assertLess(screen.index("2026-03-03"), screen.index("2026-03-09"))
        self.banjie(self.operator, "clock", "advance", "--to", "2026-03-05T10:00:00")
        screen = self.terminal.wait_for(lambda screen: "RED" in screen)
        self.assertIn("-2", screen)
        line = next(line for line in self.terminal.screen("-e").splitlines() if "RED" in line)
        self.assertRegex(line, "\x1b\\[[0-9;]*31m")
        self.banjie(self.clerk, "order", "receive", "order-2")
        self.banjie(self.clerk, "order", "report", "order-2", "--text", "done")
        self.terminal.wait_for(lambda screen: "order-2" not in screen and "order-1" in screen)

    def test_it_gives_the_terminal_back(self):
        for key in ["q", "C-c"]:
            self.terminal.type("clear; echo before", "Enter")
            self.terminal.wait_for(lambda screen: "\nbefore" in screen or screen.startswith("before"))
            self.begin()
            self.terminal.wait_for(lambda screen: "q to end" in screen)
            self.terminal.type(key)
            screen = self.terminal.wait_for(lambda screen: "q to end" not in screen)
            self.assertIn("before", screen)
            # Typed letters are shown again.
            self.terminal.type("echo after-" + ("1" if key == "q" else "2"), "Enter")
            self.terminal.wait_for(lambda screen: screen.count("after-" + ("1" if key == "q" else "2")) == 2)

    def test_it_goes_on_over_a_kill(self):
        self.begin()
        self.terminal.wait_for(lambda screen: "q to end" in screen)
        self.server.signal(signal.SIGKILL)
        self.server.wait()
        self.terminal.wait_for(lambda screen: "q to end" not in screen and screen.strip())
        self.server.restart("2026-03-02T09:00:00")
        self.terminal.wait_for(lambda screen: "q to end" in screen)
        self.issue("c", 3)
        self.terminal.wait_for(lambda screen: "2026-03-05" in screen)

    def test_a_smaller_window_shows_what_fits(self):
        for number in range(12):
            self.issue(str(number), number + 1)
        self.begin()
        self.terminal.wait_for(lambda screen: "order-12" in screen)
        self.terminal.run("resize-window", "-x", "60", "-y", "8")
        screen = self.terminal.wait_for(lambda screen: "order-12" not in screen and "order-1" in screen)
        self.assertIn("2026-03-03", screen)

    def test_elsewhere_it_writes_lines(self):
        self.issue("a", 5)
        once = self.banjie(self.inspector, "watch", "PLAN", "--once")
        self.assertIn("2026-03-09", once)
        self.assertNotIn("\x1b", once)
        self.assertIn('"items"', self.banjie(self.inspector, "watch", "PLAN", "--json"))
