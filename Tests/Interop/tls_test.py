"""Calls a real server under TLS through the Python client: W68 to W72."""

import signal
import ssl
import unittest

import banjie_client
from banjie_client import CallFailed, ConnectionEnded
from certificates import Certificates
from server_process import METHODS, REALM, Server


class UnderTLS(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        certificates = Certificates()
        cls.addClassCleanup(certificates.remove)
        certificates.issue("daemon", "URI:banjie:operator")
        cls.context = staticmethod(certificates.context)
        cls.server = Server(options=certificates.server_options)
        cls.addClassCleanup(cls.server.remove)

    def test_calls_of_every_length(self):
        connection = self.server.connect("operator", context=self.context())
        self.addCleanup(connection.close)
        self.assertEqual(connection.socket.version(), "TLSv1.3")
        for length in (0, 1, 16_384, 60_000):
            payload = bytes(range(256)) * (length // 256) + b"x" * (length % 256)
            self.assertEqual(connection.call("Diagnostics/Echo", payload=payload).payload, payload)
        streams = [connection.start("Diagnostics/Echo", payload=bytes([number]) * 50_000) for number in range(100)]
        for number, stream in enumerate(streams):
            self.assertEqual(connection.finish(stream).message.payload, bytes([number]) * 50_000)

    def test_w71_a_certificate_stands_in_for_a_secret(self):
        connection = self.server.connect(context=self.context("daemon"))
        self.addCleanup(connection.close)
        with self.assertRaises(CallFailed):
            connection.sign_in("somebody", "")
        self.assertEqual(connection.sign_in("operator", "").login, "operator")
        self.assertTrue(connection.call("Admin/GetAuditHead").hash)
        bare = self.server.connect(context=self.context())
        self.addCleanup(bare.close)
        with self.assertRaises(CallFailed) as refused:
            bare.sign_in("operator", "")
        self.assertEqual(refused.exception.reason, "WRONG_CREDENTIALS")

    def test_w68_older_versions_and_other_protocols_are_refused(self):
        older = self.context()
        older.maximum_version = ssl.TLSVersion.TLSv1_2
        with self.assertRaises(ssl.SSLError):
            self.server.connect(context=older)
        with self.assertRaises((ConnectionEnded, TimeoutError)):  # in plain
            banjie_client.Connection(self.server.address, REALM, METHODS, wait=2)

    def test_w70_another_authority_is_not_trusted(self):
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.server.connect(context=ssl.create_default_context())

    def test_the_server_says_that_it_ends(self):
        server = Server(options=self.server.options)
        self.addCleanup(server.remove)
        connection = server.connect(context=self.context())
        self.addCleanup(connection.close)
        server.signal(signal.SIGTERM)
        with self.assertRaises(ConnectionEnded) as ended:
            connection.until(lambda: False)
        # An end of the bytes (close_notify), not an error of TLS for want of one.
        self.assertIn("closed the connection", str(ended.exception))


if __name__ == "__main__":
    unittest.main()
