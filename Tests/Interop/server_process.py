"""A real `banjied` process with a store of its own, for tests, and tests of one with a sample city in it."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest

import banjie_client

REALM = "banjie"
METHODS = banjie_client.read_methods("Protocol/proto")
PATIENCE = 30  # seconds for what takes far less


class Server:
    """Started by the initializer; `restart` starts it again on the same store. Without a clock it has the machine's."""

    def __init__(self, clock="2026-03-02T09:00:00", options=(), environment=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="banjie-"))
        self.data, self.options, self.process = self.folder / "data", list(options), None
        self.environment = {**os.environ, **dict(environment)}
        self.restart(clock)

    def restart(self, clock):
        assert self.process is None
        log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(
            [os.environ["BANJIED"], "--listen", "127.0.0.1:0", "--data", self.data, "--clock",
             "virtual:" + clock if clock else "machine"] + self.options,
            env=self.environment, stdout=subprocess.PIPE, stderr=log, text=True)
        log.close()
        watch = threading.Timer(PATIENCE, self.process.kill)
        watch.start()
        line = self.process.stdout.readline()
        watch.cancel()
        self.words = dict(word.split("=", 1) for word in line.split() if "=" in word)
        assert "listen" in self.words, f"banjied isn't ready: {line!r}\n{self.log()}"
        host, port = self.words["listen"].split(",")[0].rsplit(":", 1)
        self.address = host.removeprefix("tls:"), int(port)

    def connect(self, login=None, secret=None, **options):
        connection = banjie_client.Connection(self.address, REALM, METHODS, **options)
        if login:
            connection.sign_in(login, secret or (self.data / "operator.secret").read_text().strip())
        return connection

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self):
        """The exit status; negative when a signal ended it."""
        status = self.process.wait(PATIENCE)
        self.process.stdout.close()
        self.process = None
        return status

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def remove(self):
        """Ends it by SIGTERM and removes its store; tells when it didn't end well."""
        status = 0
        if self.process:
            self.signal(signal.SIGTERM)
            try:
                status = self.wait()
            except subprocess.TimeoutExpired:
                self.process.kill()
                status = self.wait()
        log = self.log()
        shutil.rmtree(self.folder)
        assert status == 0, f"banjied ended with status {status}\n{log[-4000:]}"


class CityTest(unittest.TestCase):
    """With a server that has a small sample city, and a folder."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="bj-")))
        cls.server = Server()
        cls.addClassCleanup(cls.server.remove)
        cls.operator = {"BANJIE_LOGIN": "operator", "BANJIE_SECRET_FILE": str(cls.server.data / "operator.secret")}
        city = cls.folder / "city"
        subprocess.run([os.environ["CITY"], "--seed", "7", "--out", city, "--departments", "6", "--items", "20",
                        "--people", "60", "--applicants", "1"], check=True, capture_output=True, timeout=PATIENCE)
        # In the order in which they build on each other.
        for kind in ("departments", "posts", "people", "items", "powers", "guides", "duties"):
            cls.banjie("import", kind, next(city.glob(kind + ".*")), **cls.operator)

    @classmethod
    def banjie(cls, *arguments, **environment):
        done = cls.run_banjie(*arguments, **environment)
        done.check_returncode()
        return done.stdout

    @classmethod
    def run_banjie(cls, *arguments, **environment):
        """Whatever comes of it."""
        return subprocess.run(
            [os.environ["BANJIE"], *arguments],
            env={"LANG": "C.UTF-8", "BANJIE_SERVER": cls.server.words["listen"], **environment},
            capture_output=True, text=True, timeout=PATIENCE)
