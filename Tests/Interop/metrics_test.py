"""Reads a real server's metrics over HTTP, as Prometheus does, and has promtool judge them."""

import os
import re
import subprocess
import unittest
import urllib.error
import urllib.request

import common_pb2
from banjie_client import CallFailed
from server_process import Server

# 2026-03-10T01:00:00 in Shanghai: what was due by the end of the day before is overdue since an hour.
AN_HOUR_TOO_LATE = 1773075600


class Metrics(unittest.TestCase):
    def setUp(self):
        self.server = Server(options=["--metrics", "127.0.0.1:0"])
        self.addCleanup(self.server.remove)

    def scrape(self, path="/metrics"):
        url = f"http://{self.server.words['metrics']}{path}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            self.assertEqual(answer.headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
            return answer.read()

    def test_promtool_finds_nothing_to_mend(self):
        """After calls of every kind and outcome, so that every series is there."""
        operator = self.server.connect("operator")
        self.addCleanup(operator.close)
        for _ in range(3):
            operator.call("Diagnostics/Echo", payload=b"x")
        operator.call("Diagnostics/Status")
        operator.call("Admin/ConfirmClock")
        operator.call("Deadlines/Arm", limit=5, unit=common_pb2.LIMIT_UNIT_WORKING)
        fired = operator.call("Admin/AdvanceClock", to=AN_HOUR_TOO_LATE).fired
        with self.assertRaises(CallFailed):
            operator.call("Deadlines/Get", deadline=7)
        with self.assertRaises(CallFailed):
            self.server.connect("operator", "no-such-secret")
        text = self.scrape()
        judged = subprocess.run(
            [os.environ["PROMTOOL"], "check", "metrics"], input=text, capture_output=True, timeout=30)
        self.assertEqual((judged.returncode, judged.stdout, judged.stderr), (0, b"", b""))
        for series in [
                'banjie_calls_total{service="Diagnostics",method="Echo",status="OK"} 3',
                'banjie_calls_total{service="Deadlines",method="Get",status="NOT_FOUND"} 1',
                'banjie_call_duration_seconds_count{kind="command"} 3',
                f"banjie_firing_lag_seconds_count {fired}",
                'banjie_queue_depth{queue="commands"} 0',
                'banjie_sign_ins_total{outcome="accepted"} 1',
                'banjie_sign_ins_total{outcome="wrong_credentials"} 1',
        ]:
            self.assertIn(series + "\n", text.decode())
        self.assertRegex(text.decode(), r"\nbanjie_commit_duration_seconds_count [1-9]")

    def test_series_have_names_of_their_own(self):
        names = [line.rsplit(" ", 1)[0] for line in self.scrape().decode().splitlines() if line[0] != "#"]
        self.assertEqual(len(names), len(set(names)))
        for name in names:
            self.assertRegex(name, re.compile(r'(banjie|process)_[a-z_]+(\{([a-z]+="[^"]*",?)+\})?$'))

    def test_nothing_else_is_there(self):
        with self.assertRaises(urllib.error.HTTPError) as refused:
            self.scrape("/")
        self.assertEqual(refused.exception.code, 404)
        refused.exception.close()


if __name__ == "__main__":
    unittest.main()
