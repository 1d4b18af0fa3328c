"""Gives captures to tshark with our dissector, and looks at what it shows."""

import json
import os
import pathlib
import re
import struct
import subprocess
import tempfile
import unittest

import frames_pb2
from banjie_client import PREFACE, CallFailed, Connection, Frame, crc32c
from capture import CLIENT, SERVER, Chunk, Relay, joined, split, write_capture
from certificates import Certificates
from server_process import METHODS, REALM, Server

SCRIPT = "Protocol/wireshark/banjie.lua"
VECTORS = pathlib.Path("Protocol/vectors")
LONG = 300_000
# What differs between captures of the same exchange that are cut into other segments.
PLACES = {"banjie.request_in", "banjie.reply_in", "banjie.cancel_in", "banjie.message_in", "banjie.time"}


def tshark(connections, *arguments):
    """What tshark prints of the connections; fails when the script does."""
    with tempfile.TemporaryDirectory(prefix="banjie-capture-") as folder:
        path = pathlib.Path(folder, "exchange.pcap")
        write_capture(path, connections)
        run = subprocess.run(
            ["tshark", "-2", "-r", path, "-X", "lua_script:" + SCRIPT, *arguments],
            capture_output=True, text=True, timeout=120, env=os.environ | {"TZ": "UTC", "HOME": folder})
    assert run.returncode == 0, run.stderr
    for text in (run.stdout, run.stderr):
        assert "Lua Error" not in text and "banjie.lua:" not in text, text
    return run.stdout


def values(tree, name):
    """All values of this name in a tree, in order."""
    found = []
    for key, value in tree.items() if isinstance(tree, dict) else ():
        for element in value if isinstance(value, list) else [value]:
            if key == name:
                found.append(element)
            found += values(element, name)
    return found


def frames(connections, *arguments):
    """The trees of all frames, in the order in which tshark shows them."""
    text = tshark(connections, "-T", "json", "--no-duplicate-keys", "-J", "banjie", *arguments)
    return [
        frame for packet in json.loads(text) for frame in values(packet, "banjie.frame")]


def of_type(all_frames, number):
    return [frame for frame in all_frames if int(frame["banjie.type"], 0) == number]


def value(tree, name):
    """The one value of this name in a tree."""
    found = values(tree, name)
    assert len(found) == 1, f"{len(found)} of {name} in {tree}"
    return found[0]


def without_places(tree):
    if isinstance(tree, list):
        return [without_places(element) for element in tree]
    if isinstance(tree, dict):
        return {key: without_places(element) for key, element in tree.items() if key not in PLACES}
    return tree


def is_good(frame):
    return value(frame, "banjie.header_checksum.status") == "1" == value(frame, "banjie.payload_checksum.status")


class Exchange(unittest.TestCase):
    """A real client and a real server."""

    @classmethod
    def setUpClass(cls):
        server = Server()
        try:
            relay = Relay(server.address)
            cls.secret = (server.data / "operator.secret").read_text().strip()
            cls.tool(relay, server)
            cls.client(relay)
            relay.close()
        finally:
            server.remove()
        cls.connections = relay.connections
        cls.frames = frames(cls.connections)

    @staticmethod
    def tool(relay, server):
        host, port = relay.address
        environment = os.environ | {
            "BANJIE_SERVER": f"{host}:{port}", "BANJIE_LOGIN": "operator",
            "BANJIE_SECRET_FILE": str(server.data / "operator.secret")}
        for arguments in (
                ["deadline", "arm", "--limit", "20", "--rungs", "YELLOW", "--rungs", "RED", "--label", "m1"],
                ["admin", "person", "put", "zhang", "--name", "张三丰", "--roles", "APPLICANT"],
                ["admin", "credential", "issue", "zhang", "--out", str(server.folder / "zhang")]):
            subprocess.run([os.environ["BANJIE"], *arguments], env=environment, check=True, capture_output=True)
        subprocess.run(
            [os.environ["BANJIE"], "clock", "advance", "--to", "2026-04-10T09:00:00"],
            env=environment, check=True, capture_output=True)
        with subprocess.Popen(
                [os.environ["BANJIE"], "deadline", "watch", "--after", "0"],
                env=environment, stdout=subprocess.PIPE) as watch:
            watch.stdout.readline()
            watch.terminate()
        Exchange.issued = (server.folder / "zhang").read_text().strip()

    @classmethod
    def client(cls, relay):
        connection = Connection(relay.address, REALM, METHODS)
        try:
            connection.sign_in("operator", "wrong")
        except CallFailed as failure:
            assert failure.reason == "WRONG_CREDENTIALS"
        connection.sign_in("operator", cls.secret)
        connection.ping(b"anybody?")
        for _ in range(2):
            connection.call("Deadlines/Arm", request_id=b"dissector", limit=3, unit=1)
        connection.call("Deadlines/Explain", deadline=1)
        try:
            connection.call("Deadlines/Get", deadline=999)
        except CallFailed as failure:
            assert failure.reason == "NO_SUCH_DEADLINE"
        long, short = (connection.start("Diagnostics/Echo", payload=bytes(size)) for size in (LONG, 5))
        connection.finish(short)
        assert connection.finish(long).message.payload == bytes(LONG)
        connection.cancel(connection.start("Deadlines/ListDue", limit=10))
        connection.ping(b"all done")
        connection.close()

    def calls(self, method, among=None):
        return [
            frame for frame in of_type(among or self.frames, 0x10) if frame.get("banjie.method") == method]

    def replies(self, method, among=None):
        return [
            frame for frame in of_type(among or self.frames, 0x12) if frame.get("banjie.method") == method]

    def test_checksums_hold(self):
        self.assertGreater(len(self.frames), 30)
        self.assertTrue(all(is_good(frame) for frame in self.frames))

    def test_handshake(self):
        hellos = of_type(self.frames, 0x01)
        self.assertEqual(len(hellos), 2 * len(self.connections))
        for hello in hellos:
            self.assertEqual(value(hello, "banjie.hello.realm"), REALM)
            self.assertEqual(value(hello, "banjie.hello.max_frame"), "65536")
        text = tshark(self.connections, "-Y", "banjie.preface", "-T", "fields", "-e", "banjie.preface")
        self.assertEqual(text.split(), [PREFACE.hex()] * len(self.connections))

    def test_request_by_names(self):
        request = value(self.calls("Deadlines/Arm")[0], "banjie.ArmRequest")
        self.assertEqual(request["banjie.ArmRequest.limit"], "20")
        self.assertEqual(request["banjie.ArmRequest.rungs"], ["2", "3"])
        self.assertEqual(request["banjie.ArmRequest.label"], "m1")
        text = tshark(self.connections, "-V", "-Y", 'banjie.ArmRequest.rungs == "YELLOW"')
        for line in ("limit: 20", "unit: WORKING (1)", "rungs: YELLOW (2)", "rungs: RED (3)", "Service: Deadlines"):
            self.assertIn(line, text)

    def test_reply_by_names(self):
        text = tshark(self.connections, "-V", "-Y", "banjie.DeadlineExplanation")
        # The server's clock began at 09:00 of 2 March 2026, a Monday, and time goes on.
        self.assertRegex(text, r"start: 2026-03-02T09:0\d:\d\d\+08:00")
        for line in ("due: 2026-03-30", "what: charged", "clock: FREE (17)"):
            self.assertIn(line, text)
        explanation = value(self.replies("Deadlines/Explain")[0], "banjie.DeadlineExplanation")
        view = value(explanation, "banjie.DeadlineExplanation.deadline")
        self.assertEqual(value(view, "banjie.DeadlineView.due"), "2026-03-30")
        self.assertGreater(len(values(explanation, "banjie.ExplainedDay.day")), 20)

    def test_request_and_reply_are_matched(self):
        numbers = tshark(
            self.connections, "-Y", "banjie.type == 0x10 && !banjie.cancel_in",
            "-T", "fields", "-e", "frame.number", "-e", "banjie.reply_in")
        pairs = dict(line.split("\t") for line in numbers.splitlines() if "," not in line)
        self.assertGreater(len(pairs), 5)
        back = tshark(
            self.connections, "-Y", "banjie.type == 0x12", "-T", "fields",
            "-e", "frame.number", "-e", "banjie.request_in", "-e", "banjie.time")
        matched = 0
        for line in back.splitlines():
            end, request, seconds = line.split("\t")
            if "," in request or request not in pairs:
                continue  # several ENDs in one packet
            self.assertEqual(pairs[request], end)
            self.assertGreater(float(seconds), 0)
            self.assertLess(float(seconds), 60)
            matched += 1
        self.assertGreater(matched, 5)

    def test_filters(self):
        def count(filter):
            return len(tshark(self.connections, "-Y", filter).splitlines())
        # Three calls and their three replies, each in a packet of its own.
        self.assertEqual(count('banjie.method == "Deadlines/Arm"'), 6)
        self.assertEqual(count('banjie.method == "Deadlines/Arm" && banjie.flags.replayed == 1'), 1)
        self.assertEqual(count('banjie.failure.reason == "NO_SUCH_DEADLINE"'), 1)
        self.assertEqual(count('banjie.status == "NOT_FOUND"'), 1)
        self.assertEqual(count('banjie.service == "Cases"'), 0)
        self.assertEqual(count("banjie.ArmRequest.limit > 5"), 1)
        self.assertEqual(count('banjie.DeadlineView.due > "2026-03-20" && banjie.ArmRequest.label'), 0)

    def test_failure(self):
        end, = self.replies("Deadlines/Get")
        self.assertEqual(value(end, "banjie.status"), "5")
        failure = value(end, "banjie.failure")
        self.assertEqual(failure["banjie.failure.reason"], "NO_SUCH_DEADLINE")
        self.assertEqual(failure["banjie.failure.outcome"], "1")
        text = tshark(self.connections, "-V", "-Y", "banjie.failure.reason == NO_SUCH_DEADLINE")
        self.assertIn("Status: NOT_FOUND (5)", text)
        self.assertIn("NO_SUCH_DEADLINE: There is no such deadline.", text)
        self.assertIn("outcome: NOT_PROCESSED (1)", text)

    def test_long_messages_are_joined(self):
        call, = [frame for frame in self.calls("Diagnostics/Echo") if values(frame, "banjie.fragment.offset")]
        self.assertEqual(value(call, "banjie.metadata.total_length"), str(LONG + 4))
        fragments = [
            frame for frame in of_type(self.frames, 0x11) if frame.get("banjie.method") == "Diagnostics/Echo"]
        for direction in ("EchoRequest", "EchoReply"):
            whole, = [frame for frame in fragments if values(frame, f"banjie.{direction}.payload")]
            self.assertEqual(len(value(whole, f"banjie.{direction}.payload").split(":")), LONG)
            self.assertEqual(value(whole, "banjie.flags.last"), "1")
        offsets = [int(value(frame, "banjie.fragment.offset")) for frame in fragments]
        self.assertEqual(offsets.count(0), 1)  # the reply's; the request's first part is in CALL
        self.assertEqual({value(frame, "banjie.message_length") for frame in fragments}, {str(LONG + 4)})

    def test_cancel(self):
        cancel, = of_type(self.frames, 0x13)
        self.assertEqual(cancel["banjie.method"], "Deadlines/ListDue")
        call, = self.calls("Deadlines/ListDue")
        # Its END may have been on its way.
        self.assertGreater(len(values(call, "banjie.cancel_in")) + len(values(call, "banjie.reply_in")), 0)

    def test_watch(self):
        call, = self.calls("Deadlines/Watch")
        self.assertEqual(value(call, "banjie.flags.stream"), "1")
        self.assertEqual(value(call, "banjie.flags.half_close"), "1")
        self.assertEqual(value(call, "banjie.WatchFiredRequest.after"), "0")
        events = [frame for frame in of_type(self.frames, 0x11) if frame["banjie.method"] == "Deadlines/Watch"]
        self.assertGreaterEqual(len(events), 1)
        for event in events:
            self.assertEqual(value(event, "banjie.flags.first"), "1")
            self.assertEqual(len(values(event, "banjie.FiredEvent")), 1)
            self.assertEqual(value(event, "banjie.request_in"), value(events[0], "banjie.request_in"))

    def test_secrets_are_not_shown(self):
        for form in (["-V"], ["-T", "json"]):
            text = tshark(self.connections, *form, "-Y", "banjie.credentials || banjie.Credential")
            self.assertIn("(a secret, never shown)", text)
            self.assertNotIn(self.secret, text)
            self.assertNotIn(self.issued, text)
        people = 'banjie.method == "Directory/PutPerson"'
        self.assertNotIn("张三丰", tshark(self.connections, "-V", "-Y", people))
        shown = tshark(self.connections, "-o", "banjie.personal:true", "-V", "-Y", people)
        self.assertIn("张三丰", shown)

    def test_any_segments(self):
        expected = [without_places(frame) for frame in self.frames]
        expected.sort(key=json.dumps)
        for cut in (joined, lambda chunks: split(joined(chunks), 1_000)):
            other = [without_places(frame) for frame in frames([cut(chunks) for chunks in self.connections])]
            self.assertEqual(sorted(other, key=json.dumps), expected)

    def test_every_byte_in_a_segment_of_its_own(self):
        short = [chunks for chunks in self.connections if sum(len(chunk.data) for chunk in chunks) < 2_000]
        self.assertGreaterEqual(len(short), 3)
        expected = [without_places(frame) for frame in frames(short)]
        other = [without_places(frame) for frame in frames([split(chunks, 1) for chunks in short])]
        self.assertEqual(sorted(other, key=json.dumps), sorted(expected, key=json.dumps))

    def test_a_capture_that_begins_late(self):
        chunks = self.connections[0]
        late = frames([chunks[2:]])
        self.assertEqual(
            [without_places(frame) for frame in self.calls("Deadlines/Arm", late)],
            [without_places(frame) for frame in self.calls("Deadlines/Arm", frames([chunks]))])


class Encrypted(unittest.TestCase):
    """An exchange under TLS, whose keys Wireshark is given."""

    def test_tls(self):
        certificates = Certificates()
        self.addCleanup(certificates.remove)
        server = Server(options=certificates.server_options)
        self.addCleanup(server.remove)
        relay = Relay(server.address)
        context = certificates.context()
        context.keylog_filename = str(certificates.folder / "keys")
        connection = Connection(relay.address, REALM, METHODS, context=context)
        connection.call("Diagnostics/Echo", payload=bytes(40_000))
        connection.close()
        relay.close()
        self.assertEqual(frames(relay.connections), [])
        opened = frames(relay.connections, "-o", f"tls.keylog_file:{certificates.folder}/keys")
        self.assertTrue(all(is_good(frame) for frame in opened))
        reply, = [frame for frame in of_type(opened, 0x12)]
        self.assertEqual(reply["banjie.method"], "Diagnostics/Echo")
        self.assertEqual(len(value(reply, "banjie.EchoReply.payload").split(":")), 40_000)


class Broken(unittest.TestCase):
    """What can't be looked at, and is marked."""

    good = Frame(0x04, payload=b"anybody?").encode()

    def exchange(self, *parts):
        return [[Chunk(CLIENT, part, 1_700_000_000 + index) for index, part in enumerate(parts)]]

    def test_header_checksum(self):
        spoilt = bytearray(self.good)
        spoilt[4] ^= 1
        exchange = self.exchange(PREFACE + self.good, bytes(spoilt) + self.good, self.good)
        first, second = frames(exchange)
        self.assertTrue(is_good(first))
        self.assertEqual(value(second, "banjie.header_checksum.status"), "0")
        text = tshark(exchange, "-V")
        self.assertIn("The header's checksum doesn't hold (W2)", text)
        self.assertIn("Nothing behind a broken frame is looked at (W10)", text)
        self.assertEqual(len(tshark(exchange, "-Y", "banjie.skipped.behind").splitlines()), 2)
        self.assertEqual(len(tshark(exchange, "-Y", "banjie.header_checksum.bad").splitlines()), 1)

    def test_payload_checksum(self):
        exchange = self.exchange(PREFACE + self.good[:-1] + b"!")
        frame, = frames(exchange)
        self.assertEqual(value(frame, "banjie.header_checksum.status"), "1")
        self.assertEqual(value(frame, "banjie.payload_checksum.status"), "0")
        self.assertEqual(values(frame, "banjie.opaque"), [])
        self.assertIn(f"should be 0x{crc32c(b'anybody!'):08x}", tshark(exchange, "-V"))
        self.assertEqual(len(tshark(exchange, "-Y", "banjie.payload_checksum.bad").splitlines()), 1)

    def test_a_message_that_does_not_decode(self):
        number = METHODS["Deadlines/Arm"].number
        exchange = self.exchange(
            PREFACE + Frame(0x10, 1, payload=struct.pack("<I", number) + b"\x2a\x7fx").encode())
        self.assertIn("ArmRequest doesn't decode, at byte 0", tshark(exchange, "-V"))
        self.assertEqual(len(tshark(exchange, "-Y", "banjie.malformed").splitlines()), 1)

    def test_another_protocol_on_the_port(self):
        exchange = self.exchange(b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n")
        self.assertEqual(frames(exchange), [])
        self.assertIn("The capture began within a frame", tshark(exchange, "-V"))

    def test_streams(self):
        number, request, *_ = METHODS["Deadlines/Arm"]
        one, two, three = (request(limit=limit, label="x" * 9).SerializeToString() for limit in (1, 2, 3))
        total = len(two)
        exchange = self.exchange(
            PREFACE + Frame(0x10, 1, 1, 0, 0, struct.pack("<I", number) + one).encode(),
            Frame(0x11, 1, 4, 0, total, two[:1]).encode() + Frame(0x11, 1, 0, 0, total, two[1:3]).encode()
            + Frame(0x11, 1, 1, 0, total, two[3:]).encode() + Frame(0x11, 1, 7, 0, total, three).encode(),
            Frame(0x14, 1, 0, 0, 4_096).encode() + Frame(0x14, 0, 0, 0, 8_192).encode())
        exchange[0].append(Chunk(SERVER, Frame(0x12, 1).encode(), 1_700_000_009))
        call, first, second, last, whole, window, connection_window, end = frames(exchange)
        self.assertEqual(value(call, "banjie.flags.stream"), "1")
        limits = [values(frame, "banjie.ArmRequest.limit") for frame in (call, first, second, last, whole)]
        self.assertEqual(limits, [["1"], [], [], ["2"], ["3"]])
        self.assertEqual(value(whole, "banjie.flags.half_close"), "1")
        self.assertEqual(value(whole, "banjie.flags.first"), "1")
        self.assertEqual(value(window, "banjie.credit"), "4096")
        self.assertEqual(window["banjie.method"], "Deadlines/Arm")
        self.assertEqual(value(connection_window, "banjie.credit"), "8192")
        self.assertEqual(values(end, "banjie.DeadlineView"), [])
        self.assertEqual(value(end, "banjie.time"), "9.000000000")


def read_vector(path):
    text = path.read_text()
    return bytes.fromhex(re.sub(r"#.*", "", text))


class Vectors(unittest.TestCase):
    """The frames of Protocol/vectors, whose meaning their first lines tell."""

    @staticmethod
    def sender(path):
        return SERVER if re.match(r"hello-server|auth-(accepted|refused)|end|goaway|reply|error", path.stem) else CLIENT

    def dissect(self, path):
        return [[Chunk(self.sender(path), read_vector(path), 1_700_000_000)]]

    def test_good_ones(self):
        """What one side sends; the others' frames among them are taken for answers all the same."""
        paths = sorted(VECTORS.glob("*.hex"))
        self.assertGreater(len(paths), 15)
        for path in paths:
            with self.subTest(path.name):
                exchange = self.dissect(path)
                all_frames = frames(exchange)
                self.assertGreater(len(all_frames), 0)
                self.assertTrue(all(is_good(frame) for frame in all_frames))
                self.assertNotIn("can't be what its type says", tshark(exchange, "-V"))

    def test_fields_of_frames(self):
        """Every field that the vectors' messages within frames have is shown by its name."""
        expected = {
            "hello-client": ("hello", frames_pb2.Hello), "hello-server": ("hello", frames_pb2.Hello),
            "auth": ("credentials", frames_pb2.Credentials), "auth-accepted": ("signed_in", frames_pb2.SignedIn),
            "auth-refused": ("failure", frames_pb2.Failure), "end-failure": ("failure", frames_pb2.Failure),
            "error": ("farewell", frames_pb2.Farewell), "goaway-first": ("farewell", frames_pb2.Farewell),
        }
        for stem, (name, kind) in expected.items():
            with self.subTest(stem):
                data = read_vector(VECTORS / f"{stem}.hex").removeprefix(PREFACE)
                length, = struct.unpack_from("<I", data)
                message = kind.FromString(data[24:24 + length])
                frame = frames(self.dissect(VECTORS / f"{stem}.hex"))[0]
                for field, content in message.ListFields():
                    shown = values(frame, f"banjie.{name}.{field.name}")
                    if field.name == "secret":
                        self.assertEqual(shown, ["(a secret, never shown)"])
                    elif field.message_type:
                        self.assertEqual(len(values(frame, f"banjie.{name}.{field.name}")), len(content))
                    else:
                        repeated = content if field.is_repeated else [content]
                        self.assertEqual(shown, [str(element) for element in repeated])

    def test_messages_within_frames_are_those_of_the_document(self):
        script = pathlib.Path(SCRIPT).read_text()
        kinds = {
            "hello": frames_pb2.Hello, "credentials": frames_pb2.Credentials, "signed_in": frames_pb2.SignedIn,
            "farewell": frames_pb2.Farewell, "metadata": frames_pb2.CallMetadata, "failure": frames_pb2.Failure,
            "failure_detail": frames_pb2.Failure.Detail,
        }
        for name, kind in kinds.items():
            table = re.search(rf"schema\.messages\.{name} = {{(.*?)\n}}", script, re.DOTALL).group(1)
            fields = re.findall(r'\{ (\d+), "(\w+)"', table)
            self.assertEqual(
                [(int(number), field) for number, field in fields],
                [(field.number, field.name) for field in kind.DESCRIPTOR.fields])

    def test_broken_ones(self):
        opening, = self.dissect(VECTORS / "hello-client.hex")
        opening += self.dissect(VECTORS / "hello-server.hex")[0]
        marks = {
            "header-checksum": "header_checksum.bad", "payload-checksum": "payload_checksum.bad",
            "length-top-byte": "length.bad", "too-long": "length.bad", "ping-short": "malformed",
            "call-short": "malformed", "settings": "type.unknown", "unknown-type": "type.unknown",
        }
        for path in sorted((VECTORS / "broken").glob("*.hex")):
            with self.subTest(path.name):
                exchange = [opening + self.dissect(path)[0]]
                self.assertGreater(len(frames(exchange)), 2)
                if mark := marks.pop(path.stem, None):
                    self.assertEqual(len(tshark(exchange, "-Y", "banjie." + mark).splitlines()), 1)
        self.assertEqual(marks, {})


if __name__ == "__main__":
    unittest.main()
