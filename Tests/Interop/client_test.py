"""Calls a real server through the Python client: the journey of a matter, and the calls' rules."""

import datetime
import hashlib
import itertools
import random
import signal
import struct
import threading
import unittest

import cases_pb2
import common_pb2
import deadlines_pb2
import directory_pb2
import frames_pb2
import online_pb2
from banjie_client import CALL, MESSAGE, PING, CallFailed, ConnectionEnded, Frame, Method
from server_process import METHODS, Server

EPOCH = datetime.datetime(1970, 1, 1)
SHANGHAI = 8 * 3600
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def credit_code(body):
    """A unified social credit code: 17 characters and their check character (GB 32100-2015, 5)."""
    total = sum(CREDIT_ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(body))
    return body + CREDIT_ALPHABET[-total % 31]


ITEM = credit_code("11310000MB2F30124") + "4000111001000"


def instant(text):
    """Seconds of the epoch, of a local time in Shanghai."""
    return int((datetime.datetime.fromisoformat(text) - EPOCH).total_seconds()) - SHANGHAI


def local(seconds):
    return (EPOCH + datetime.timedelta(seconds=seconds + SHANGHAI)).isoformat()


def day(text):
    return (datetime.date.fromisoformat(text) - EPOCH.date()).days


def date(days):
    return (EPOCH + datetime.timedelta(days=days)).date().isoformat()


def name(message, field):
    """The name of an enum field's value (of a list's, their names) without its type's prefix."""
    values = message.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number
    prefix = values[0].name.removesuffix("UNSPECIFIED")
    raw = getattr(message, field)
    return values[raw].name.removeprefix(prefix) if isinstance(raw, int) else [
        values[number].name.removeprefix(prefix) for number in raw]


def clocks(view):
    return {name(clock, "clock"): clock for clock in view.clocks}


def cards(view):
    return [(name(card, "clock"), name(card, "kind"), local(card.at)) for card in view.cards]


def without_code(view):
    """A case as others see it than whoever brought it."""
    seen = type(view)()
    seen.CopyFrom(view)
    seen.ClearField("query_code")
    return seen


class Opaque:
    """A request that encodes to the given bytes."""

    def __init__(self, encoded=b""):
        self.encoded = encoded

    def SerializeToString(self):
        return self.encoded


class ServerTest(unittest.TestCase):
    """Each class has a server of its own."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.remove)

    def connect(self, *arguments, **options):
        connection = self.server.connect(*arguments, **options)
        self.addCleanup(connection.close)
        return connection

    def refused(self, expected, connection, method, /, **options):
        with self.assertRaises(CallFailed) as caught:
            connection.call(method, **options)
        self.assertEqual(f"{caught.exception.status}/{caught.exception.reason}", expected)
        return caught.exception

    def furnish(self, operator):
        """Departments, posts, people with credentials, and an item; returns the secrets by login."""
        for code, title in (("LEAD", "牵头部门"), ("GOV", "市政府")):
            operator.call("Directory/PutDepartment", code=code, name=title)
        for code, rank in (("window", 1), ("chief", 5)):
            operator.call("Directory/PutPost", code=code, name=code, department="LEAD", rank=rank)
        operator.call("Directory/PutPost", code="mayor", name="市长", department="GOV", rank=9)
        secrets = {}
        for login, department, post, role in (
                ("clerk", "LEAD", "window", directory_pb2.ROLE_STAFF),
                ("head", "LEAD", "chief", directory_pb2.ROLE_HEAD),
                ("mayor", "GOV", "mayor", directory_pb2.ROLE_GOVERNMENT_HEAD),
                ("zhang", "", "", directory_pb2.ROLE_APPLICANT), ("li", "", "", directory_pb2.ROLE_APPLICANT)):
            operator.call(
                "Directory/PutPerson", login=login, name=login, department=department, post=post, roles=[role])
            secrets[login] = operator.call("Directory/IssueCredential", login=login).secret
        self.publish(operator, 20, 7)
        return secrets

    def publish(self, operator, statutory, promised):
        return operator.call(
            "Directory/PublishItem", code=ITEM, name="食品经营许可", department="LEAD",
            limits=directory_pb2.ItemLimits(statutory=statutory, promised=promised))


class Probes(ServerTest):
    def test_echo(self):
        anonymous = self.connect()
        for length in (0, 1, 64, 65_500, 65_536, 65_537, 2**20):
            payload = random.Random(length).randbytes(length)
            self.assertEqual(anonymous.call("Diagnostics/Echo", payload=payload).payload, payload)
        self.refused("INVALID_ARGUMENT/OUT_OF_RANGE", anonymous, "Diagnostics/Echo", payload=bytes(2**20 + 1))

    def test_echo_in_short_frames(self):
        """A reply in the short fragments that this client asks for."""
        payload = random.Random(1).randbytes(100_000)
        self.assertEqual(self.connect(max_frame=16_384).call("Diagnostics/Echo", payload=payload).payload, payload)

    def test_status(self):
        anonymous = self.connect()
        status = anonymous.call("Diagnostics/Status")
        self.assertTrue(status.virtual_clock and status.writable and status.firing and not status.draining)
        self.assertGreaterEqual(status.now, instant("2026-03-02T09:00:00"))
        self.assertGreaterEqual(status.connections, 1)

    def test_sign_in(self):
        connection = self.connect()
        secret = (self.server.data / "operator.secret").read_text().strip()
        for login, wrong in (("operator", secret + "x"), ("operator", ""), ("nobody", secret), ("", "")):
            with self.assertRaises(CallFailed) as caught:
                connection.sign_in(login, wrong)
            self.assertEqual(caught.exception.status, "UNAUTHENTICATED")
            self.assertEqual(caught.exception.outcome, "not processed")
        self.refused("UNAUTHENTICATED/SIGN_IN_REQUIRED", connection, "Cases/Count")
        signed_in = connection.sign_in("operator", secret)
        self.assertEqual(signed_in.login, "operator")
        self.assertEqual([role.upper() for role in signed_in.roles], ["OPERATOR"])
        connection.call("Cases/Count")
        with self.assertRaises(CallFailed):
            connection.sign_in("operator", "wrong")
        connection.call("Cases/Count")  # W20: a refusal changes nothing

    def test_language(self):
        connection = self.connect()
        secret = (self.server.data / "operator.secret").read_text().strip()
        sentences = set()
        for language in ("", "zh-CN", "tlh"):
            connection.sign_in("operator", secret, language)
            sentences.add(
                self.refused("NOT_FOUND/NO_SUCH_ITEM", connection, "Directory/GetItem", code="x").failure.message)
        self.assertEqual([sentence.isascii() for sentence in sorted(sentences)], [True, False])

    def test_anonymous(self):
        connection = self.connect()
        # A watch that anybody may open doesn't end.
        for method in sorted(set(METHODS) - {"Health/Watch"}):
            with self.subTest(method):
                try:
                    connection.call(method)
                except CallFailed as failure:
                    reason = failure.reason
                else:
                    reason = "answered"
                public = (
                    "Diagnostics/", "Health/", "Reflection/", "Calendar/Due", "Calendar/Minutes",
                    "Calendar/GetVersion", "Campaign/ListPublications", "Certificates/ListAnnouncements",
                    "Certificates/Verify", "Directory/GetItem", "Directory/ListDepartments", "Directory/ListItems",
                    "Directory/ListPosts", "Disclosure/GetGuide", "Disclosure/ListPlates", "Disclosure/ListPowers",
                    "Disclosure/WhoAnswers", "Online/ListAnswers", "Online/Track", "Reviews/RateByToken", "Reviews/Stats",
                    "Supervision/ListNotices")
                self.assertEqual(reason == "SIGN_IN_REQUIRED", not method.startswith(public), reason)

    def test_unknown_method_and_undecodable_message(self):
        connection = self.connect()
        known = METHODS["Diagnostics/Echo"].number
        connection.methods = METHODS | {
            "no method": Method(known + 500, Opaque, Opaque), "no service": Method(99 << 16 | 1, Opaque, Opaque),
            "zero": Method(0, Opaque, Opaque), "undecodable": Method(known, Opaque, Opaque)}
        for method in ("no method", "no service", "zero"):
            failure = self.refused("UNIMPLEMENTED/UNKNOWN_METHOD", connection, method)
            self.assertEqual(failure.outcome, "not processed")
        for broken in (b"\x0a\x05abc", b"\x08\x01", b"\x0b", b"\xff" * 11, b"\x00\x00"):
            failure = self.refused("INVALID_ARGUMENT/UNDECODABLE", connection, "undecodable", encoded=broken)
            self.assertEqual(failure.outcome, "not processed")
        self.assertEqual(connection.call("Diagnostics/Echo", payload=b"on").payload, b"on")

    def test_many_calls_in_flight(self):
        """64 calls at a time; what is answered where it is read overtakes what touches the store."""
        operator = self.connect("operator")
        streams = {}
        for number in range(32):
            code = f"D{number}"
            streams[operator.start("Directory/PutDepartment", code=code, name=code)] = code
            payload = bytes([number]) * number * 500
            streams[operator.start("Diagnostics/Echo", payload=payload)] = payload
        for stream in reversed(streams):
            message = operator.finish(stream).message
            self.assertEqual(getattr(message, "code", None) or message.payload, streams[stream])
        self.assertNotEqual(operator.answers, sorted(operator.answers))

    def test_ping(self):
        connection = self.connect()
        connection.ping(b"8 bytes.")
        connection.ping(bytes(8))
        self.assertEqual(connection.pongs, [b"8 bytes.", bytes(8)])

    def test_timeout(self):
        """W31: the timeout includes the wait for a message's rest."""
        connection = self.connect()
        stream = connection.start("Diagnostics/Echo", payload=bytes(200_000), timeout=200)
        connection.fragments.clear()
        with self.assertRaises(CallFailed) as caught:
            connection.finish(stream)
        self.assertEqual((caught.exception.status, caught.exception.reason), ("DEADLINE_EXCEEDED", "TIMEOUT"))
        self.assertEqual(caught.exception.outcome, "not processed")
        connection.send(Frame(MESSAGE, stream, 0, 0, 200_000 + 3, bytes(1000)))  # W26: on its way
        self.assertEqual(connection.call("Diagnostics/Echo", payload=b"on", timeout=5000).payload, b"on")

    def test_timeout_before_a_command(self):
        """1 ms is over, or isn't, before the store has it; whichever, the answer tells what became of it."""
        operator = self.connect("operator")
        codes = [f"T{number}" for number in range(200)]
        streams = [operator.start("Directory/PutDepartment", code=code, name=code, timeout=1) for code in codes]
        outcomes = set()
        for stream in streams:
            try:
                outcomes.add(operator.finish(stream).message.code[:1])
            except CallFailed as failure:
                self.assertEqual((failure.status, failure.reason), ("DEADLINE_EXCEEDED", "TIMEOUT"))
                outcomes.add(failure.outcome)
        self.assertLessEqual(outcomes, {"T", "not processed", "unknown"})
        self.assertIn("writable: true", str(operator.call("Diagnostics/Status")))

    def test_cancel(self):
        """W33, W34: cancelled calls have no END and let go of their places, 3 000 times over."""
        operator = self.connect("operator")
        for round_ in range(3):
            for number in range(1000):
                stream = operator.start("Diagnostics/Echo", payload=bytes(70_000 if number % 100 == 0 else 10))
                operator.cancel(stream)
            operator.ping(round_.to_bytes(8, "little"))
        self.assertEqual(operator.results, {})
        stream = operator.start("Diagnostics/Echo", payload=bytes(70_000))
        operator.fragments.clear()
        operator.cancel(stream)
        operator.ping(b"no END..")
        self.assertEqual(operator.call("Diagnostics/Echo", payload=b"on").payload, b"on")
        self.assertNotIn(stream, operator.answers)

    def test_cancelled_command_leaves_the_rest_alone(self):
        operator = self.connect("operator")
        for number in range(100):
            code = f"C{number}"
            operator.cancel(operator.start("Directory/PutDepartment", code=code, name=code))
            kept = operator.call("Directory/PutDepartment", code="K" + code, name=code)
            self.assertEqual(kept.code, "K" + code)

    def test_too_many_calls(self):
        """W32: the call beyond max_calls ends alone."""
        connection = self.connect()
        open_ = connection.hello.max_calls
        for _ in range(open_):
            stream = connection.start("Diagnostics/Echo")
            connection.frames[-1] = self.begun(stream)
        failure = self.refused("RESOURCE_EXHAUSTED/TOO_MANY_CALLS", connection, "Diagnostics/Echo")
        self.assertEqual(failure.outcome, "not processed")
        connection.cancel(1)
        self.assertEqual(connection.call("Diagnostics/Echo", payload=b"on").payload, b"on")

    @staticmethod
    def begun(stream):
        """A CALL whose message of 1 000 bytes has only begun."""
        metadata = frames_pb2.CallMetadata(total_length=1000).SerializeToString()
        payload = METHODS["Diagnostics/Echo"].number.to_bytes(4, "little") + metadata + b"x"
        return Frame(CALL, stream, 0, len(metadata), 60_000, payload).encode()

    def test_replies_too_long(self):
        """W38: processed, but the reply is longer than this client takes."""
        connection = self.connect(max_frame=16_384, max_message=16_384)
        failure = self.refused(
            "RESOURCE_EXHAUSTED/REPLY_TOO_LONG", connection, "Diagnostics/Echo", payload=bytes(20_000))
        self.assertEqual(failure.outcome, "processed")
        self.assertEqual(len(connection.call("Diagnostics/Echo", payload=bytes(16_000)).payload), 16_000)

    def test_requests_too_long(self):
        connection = self.connect()
        failure = self.refused(
            "RESOURCE_EXHAUSTED/MESSAGE_TOO_LONG", connection, "Diagnostics/Echo", payload=bytes(4_194_305))
        self.assertEqual(failure.outcome, "not processed")
        self.refused("INVALID_ARGUMENT/OUT_OF_RANGE", connection, "Diagnostics/Echo", payload=bytes(4_194_304 - 5))
        self.assertEqual(connection.call("Diagnostics/Echo", payload=b"on").payload, b"on")


class Window(ServerTest):
    """The window's journey: scenario S01, and on from there."""

    def test_journey(self):
        operator = self.connect("operator")
        secrets = self.furnish(operator)
        zhang, li, clerk, head, mayor = (
            self.connect(login, secrets[login]) for login in ("zhang", "li", "clerk", "head", "mayor"))

        another_check = CREDIT_ALPHABET[(CREDIT_ALPHABET.index(ITEM[17]) + 1) % 31]
        for code in (ITEM[:17] + another_check + ITEM[18:], ITEM[:18] + "0" + ITEM[19:], ITEM[:-1], ITEM + "0"):
            self.refused(
                "INVALID_ARGUMENT/BAD_CODE", operator, "Directory/PublishItem", code=code, name="x", department="LEAD",
                limits=directory_pb2.ItemLimits(statutory=20, promised=7))
        self.refused(
            "INVALID_ARGUMENT/PROMISE_EXCEEDS_STATUTORY", operator, "Directory/PublishItem", code=ITEM, name="x",
            department="LEAD", limits=directory_pb2.ItemLimits(statutory=7, promised=8))
        self.refused(
            "INVALID_ARGUMENT/OUT_OF_RANGE", operator, "Directory/PublishItem", code=ITEM, name="x", department="LEAD")
        item = self.connect().call("Directory/GetItem", code=ITEM)
        self.assertEqual((item.version, item.limits.statutory, item.limits.promised), (1, 20, 7))
        self.refused("NOT_FOUND/NO_SUCH_ITEM", zhang, "Directory/GetItem", code=ITEM, version=9)

        operator.call("Admin/AdvanceClock", to=instant("2026-03-02T10:00:00"))
        self.refused("NOT_FOUND/NO_SUCH_ITEM", zhang, "Cases/Submit", item="nothing")
        self.refused("PERMISSION_DENIED/ROLE_REQUIRED", head, "Cases/Submit", item=ITEM)
        view = zhang.call("Cases/Submit", item=ITEM)
        case = view.case
        self.assertEqual((name(view, "state"), view.applicant, view.department), ("RECEIVED", "z*", "LEAD"))
        self.assertEqual((date(view.effective_receipt), date(clocks(view)["NOTICE"].due)), ("2026-03-02", "2026-03-09"))

        self.refused("PERMISSION_DENIED/ROLE_REQUIRED", zhang, "Cases/Accept", case=case)
        self.refused("NOT_FOUND/NO_SUCH_CASE", clerk, "Cases/Accept", case="nothing")
        self.refused("FAILED_PRECONDITION/STALE_VERSION", clerk, "Cases/Accept", case=case, version=view.version + 7)
        view = clerk.call("Cases/Accept", case=case, version=view.version)
        self.assertEqual((name(view, "state"), date(view.acceptance_date)), ("ACCEPTED", "2026-03-02"))
        self.assertEqual(date(clocks(view)["STATUTORY"].due), "2026-03-30")
        self.assertEqual(date(clocks(view)["PROMISED"].due), "2026-03-11")
        self.assertEqual(name(view, "running_clocks"), ["STATUTORY", "PROMISED"])
        self.assertEqual(name(clocks(view)["NOTICE"], "result"), "ON_TIME")
        self.refused("FAILED_PRECONDITION/WRONG_STATE", clerk, "Cases/Accept", case=case)
        self.assertEqual(zhang.call("Cases/Get", case=case), view)
        self.refused("PERMISSION_DENIED/NOT_APPLICANT", li, "Cases/Get", case=case)
        for clock, days in (("STATUTORY", 20), ("PROMISED", 7)):
            due = zhang.call(
                "Calendar/Due", **{"from": day("2026-03-02")}, days=days, unit=common_pb2.LIMIT_UNIT_WORKING)
            self.assertEqual(due.due, clocks(view)[clock].due)

        self.refused(
            "FAILED_PRECONDITION/CLOCK_NOT_VIRTUAL", operator, "Admin/AdvanceClock", to=instant("2026-03-01T00:00:00"))
        self.refused("PERMISSION_DENIED/ROLE_REQUIRED", clerk, "Admin/AdvanceClock", to=instant("2026-03-12T00:00:00"))
        operator.call("Admin/AdvanceClock", to=instant("2026-03-11T08:59:59"))
        self.assertEqual(cards(clerk.call("Cases/Get", case=case)), [("PROMISED", "REMIND", "2026-03-10T09:00:00")])
        moved = operator.call("Admin/AdvanceClock", to=instant("2026-03-12T10:00:00"))
        self.assertEqual((moved.now, moved.fired), (instant("2026-03-12T10:00:00"), 2))
        view = clerk.call("Cases/Get", case=case)
        expected = [
            ("PROMISED", "REMIND", "2026-03-10T09:00:00"), ("PROMISED", "YELLOW", "2026-03-11T09:00:00"),
            ("PROMISED", "RED", "2026-03-12T00:00:00")]
        self.assertEqual(cards(view), expected)
        self.assertEqual(
            (clocks(view)["PROMISED"].overdue_days, name(clocks(view)["PROMISED"], "result")), (1, "OVERDUE"))
        borne = clerk.call("Cases/Cards", department="LEAD", limit=2)
        self.assertEqual((cards(borne), borne.more), (expected[:2], True))
        self.assertEqual(cards(clerk.call("Cases/Cards", department="LEAD", limit=2, offset=2)), expected[2:])
        self.refused("INVALID_ARGUMENT/OUT_OF_RANGE", clerk, "Cases/Cards", department="LEAD")

        self.refused("PERMISSION_DENIED/HEAD_REQUIRED", clerk, "Cases/Extend", case=case, days=10, reason="复杂")
        self.refused("PERMISSION_DENIED/HEAD_REQUIRED", mayor, "Cases/Extend", case=case, days=10, reason="复杂")
        self.refused("INVALID_ARGUMENT/LIMIT_EXCEEDED", head, "Cases/Extend", case=case, days=11, reason="复杂")
        self.refused("INVALID_ARGUMENT/OUT_OF_RANGE", head, "Cases/Extend", case=case, days=0, reason="复杂")
        self.refused("INVALID_ARGUMENT/REASON_REQUIRED", head, "Cases/Extend", case=case, days=10)
        view = head.call("Cases/Extend", case=case, days=10, reason="复杂")
        self.assertEqual((date(clocks(view)["STATUTORY"].due), view.applicant_notified), ("2026-04-14", True))
        self.refused("FAILED_PRECONDITION/ALREADY_EXTENDED", head, "Cases/Extend", case=case, days=1, reason="复杂")

        clerk.call("Cases/BeginReview", case=case)
        self.refused("INVALID_ARGUMENT/PAUSE_REASON", clerk, "Cases/Pause", case=case, reason=77, planned_days=3)
        view = clerk.call("Cases/Pause", case=case, reason=cases_pb2.PAUSE_REASON_HEARING, planned_days=3)
        self.assertEqual((name(view, "state"), clocks(view)["STATUTORY"].paused), ("SUSPENDED", True))
        operator.call("Admin/AdvanceClock", to=instant("2026-03-17T10:00:00"))
        view = clerk.call("Cases/Resume", case=case)
        due = self.connect().call(
            "Calendar/Due", **{"from": day("2026-03-02")}, days=30, unit=common_pb2.LIMIT_UNIT_WORKING,
            pauses=[{"pause": day("2026-03-12"), "resume": day("2026-03-17")}])
        self.assertEqual(clocks(view)["STATUTORY"].due, due.due)
        self.assertEqual(date(due.due), "2026-04-17")

        self.refused("INVALID_ARGUMENT/UNKNOWN_VALUE", clerk, "Cases/Decide", case=case, result=9, reason="x")
        self.refused(
            "INVALID_ARGUMENT/REMEDIES_REQUIRED", clerk, "Cases/Decide", case=case, reason="x",
            result=cases_pb2.DECISION_DENY)
        self.refused("FAILED_PRECONDITION/WRONG_STATE", clerk, "Cases/Deliver", case=case)
        view = clerk.call("Cases/Decide", case=case, result=cases_pb2.DECISION_GRANT, reason="符合条件")
        self.assertEqual((name(view, "state"), name(view, "decision")), ("DECIDED", "GRANT"))
        self.assertEqual(name(view, "running_clocks"), ["DELIVERY"])
        view = clerk.call("Cases/Deliver", case=case)
        self.assertEqual((name(view, "state"), name(view, "running_clocks")), ("DELIVERED", ["REVIEW"]))
        self.assertEqual(date(clocks(view)["REVIEW"].due), "2026-03-24")
        self.refused("FAILED_PRECONDITION/WRONG_STATE", zhang, "Cases/Withdraw", case=case)
        view = clerk.call("Cases/Archive", case=case)
        self.assertEqual(name(view, "state"), "ARCHIVED")

        self.assertEqual(operator.call("Cases/Count").cases, 1)
        listed = clerk.call("Cases/List", limit=10)
        self.assertEqual(([one.case for one in listed.cases], listed.more), ([case], False))
        head_ = operator.call("Admin/GetAuditHead")
        entries, after = [], 0
        while page := operator.call("Admin/ReadAudit", after=after, limit=5).entries:
            entries += page
            after = page[-1].sequence
        self.assertEqual([entry.sequence for entry in entries], list(range(1, head_.sequence + 1)))
        self.assertEqual(entries[-1].hash, head_.hash)
        self.assertIn("CASE_ACCEPTED", [entry.kind for entry in entries if entry.subject == "case/" + case])
        hash_ = bytes(32)
        for entry in entries:
            canonical = struct.pack("<Qq", entry.sequence, entry.at)
            for text in (entry.actor, entry.kind, entry.subject, entry.detail):
                canonical += struct.pack("<I", len(text.encode())) + text.encode()
            canonical += entry.trace
            hash_ = hashlib.sha256(hash_ + canonical).digest()
            self.assertEqual(entry.hash, hash_)


class ExactlyOnce(ServerTest):
    def test_request_ids(self):
        operator = self.connect("operator")
        secrets = self.furnish(operator)
        zhang, li = self.connect("zhang", secrets["zhang"]), self.connect("li", secrets["li"])
        first = zhang.finish(zhang.start("Cases/Submit", item=ITEM, request_id=b"one"))
        self.assertFalse(first.replayed)
        again = zhang.finish(zhang.start("Cases/Submit", item=ITEM, request_id=b"one"))
        self.assertEqual(again, (first.message, True))
        elsewhere = self.connect("zhang", secrets["zhang"])
        again = elsewhere.finish(elsewhere.start("Cases/Submit", item=ITEM, request_id=b"one"))
        self.assertEqual(again, (first.message, True))
        self.refused("ALREADY_EXISTS/REQUEST_ID_REUSED", zhang, "Cases/Submit", item=ITEM, channel=2, request_id=b"one")
        self.refused(
            "ALREADY_EXISTS/REQUEST_ID_REUSED", zhang, "Cases/Withdraw", case=first.message.case, request_id=b"one")
        other = li.finish(li.start("Cases/Submit", item=ITEM, request_id=b"one"))  # an id is its principal's
        self.assertFalse(other.replayed)
        self.assertNotEqual(other.message.case, first.message.case)
        self.assertEqual(operator.call("Cases/Count").cases, 2)

        # A refusal leaves the id free.
        self.refused("NOT_FOUND/NO_SUCH_ITEM", zhang, "Cases/Submit", item="nothing", request_id=b"two")
        self.assertFalse(zhang.finish(zhang.start("Cases/Submit", item=ITEM, request_id=b"two")).replayed)
        # A query has no use for an id, and isn't refused for it.
        self.assertEqual(zhang.call("Cases/Get", case=first.message.case, request_id=b"one").case, first.message.case)
        # 32 bytes are the longest; the empty id is no id.
        self.assertFalse(zhang.finish(zhang.start("Cases/Submit", item=ITEM, request_id=b"3" * 32)).replayed)
        self.refused("INVALID_ARGUMENT/BAD_METADATA", zhang, "Cases/Submit", item=ITEM, request_id=b"3" * 33)

    def test_the_same_id_at_the_same_time(self):
        """Of many connections that send one request, all get one case."""
        operator = self.connect("operator")
        secrets = self.furnish(operator)
        before = operator.call("Cases/Count").cases
        connections = [self.connect("zhang", secrets["zhang"]) for _ in range(8)]
        streams = [
            (each, each.start("Cases/Submit", item=ITEM, request_id=b"race"))
            for each in connections for _ in range(4)]
        for each in connections:
            each.step(1)
        replies = [each.finish(stream) for each, stream in streams]
        self.assertEqual(len({reply.message.case for reply in replies}), 1)
        self.assertEqual(sum(not reply.replayed for reply in replies), 1)
        self.assertEqual(operator.call("Cases/Count").cases, before + 1)


class Deadlines(ServerTest):
    def test_life(self):
        operator = self.connect("operator")
        working, rungs = common_pb2.LIMIT_UNIT_WORKING, [1, 2, 3, 4]
        start = operator.call("Diagnostics/Status").now

        def arm(limit=5, **fields):
            return operator.call("Deadlines/Arm", limit=limit, unit=working, **fields)

        one = arm(rungs=rungs, label="证照")
        self.assertEqual((name(one, "clock"), name(one, "state"), one.label, one.owner), ("FREE", "RUNNING", "证照", ""))
        self.assertEqual((date(one.due), local(one.overdue_at)), ("2026-03-09", "2026-03-10T00:00:00"))
        self.assertEqual(local(one.next), "2026-03-06T09:00:00")
        self.assertEqual(operator.call("Deadlines/Get", deadline=one.deadline), one)
        explained = operator.call("Deadlines/Explain", deadline=one.deadline)
        self.assertEqual(explained.deadline, one)
        self.assertEqual(
            [(date(line.day), line.what, line.number) for line in explained.days],
            [("2026-03-02", "start", 0), ("2026-03-03", "charged", 1), ("2026-03-04", "charged", 2),
             ("2026-03-05", "charged", 3), ("2026-03-06", "charged", 4), ("2026-03-07", "weekend", 0),
             ("2026-03-08", "weekend", 0), ("2026-03-09", "charged", 5)])

        paused = operator.call("Deadlines/Pause", deadline=one.deadline, reason="听证")
        self.assertEqual(
            (name(paused, "state"), paused.HasField("overdue_at"), paused.HasField("next")), ("PAUSED", False, False))
        self.refused(
            "FAILED_PRECONDITION/ALREADY_PAUSED", operator, "Deadlines/Pause", deadline=one.deadline, reason="x")
        self.refused("INVALID_ARGUMENT/REASON_REQUIRED", operator, "Deadlines/Pause", deadline=one.deadline)
        resumed = operator.call("Deadlines/Resume", deadline=one.deadline)
        self.assertEqual(name(resumed, "state"), "RUNNING")
        self.refused("FAILED_PRECONDITION/NOT_PAUSED", operator, "Deadlines/Resume", deadline=one.deadline)
        extended = operator.call("Deadlines/Extend", deadline=one.deadline, amount=2, reason="复杂")
        self.assertEqual((extended.limit, date(extended.due)), (7, "2026-03-11"))
        self.assertEqual(len(operator.call("Deadlines/Explain", deadline=one.deadline).ledger), 2)

        two, three, four = arm(rungs=[3]), arm(4), arm(0, rungs=[4])
        self.assertEqual(name(operator.call("Deadlines/Complete", deadline=two.deadline), "state"), "COMPLETED")
        self.refused("FAILED_PRECONDITION/WRONG_STATE", operator, "Deadlines/Complete", deadline=two.deadline)
        self.refused(
            "FAILED_PRECONDITION/WRONG_STATE", operator, "Deadlines/Extend", deadline=two.deadline, amount=1,
            reason="x")
        cancelled = operator.call("Deadlines/Cancel", deadline=three.deadline, reason="撤回")
        self.assertEqual(name(cancelled, "state"), "CANCELLED")
        self.refused("NOT_FOUND/NO_SUCH_DEADLINE", operator, "Deadlines/Get", deadline=987_654)
        self.refused("NOT_FOUND/NO_SUCH_DEADLINE", operator, "Deadlines/Get")
        for fields, reason in (
                ({"limit": -1}, "OUT_OF_RANGE"), ({"limit": 100_001}, "OUT_OF_RANGE"),
                ({"label": "x" * 201}, "OUT_OF_RANGE"),
                ({"rungs": [1] * 5}, "OUT_OF_RANGE"), ({"rungs": [9]}, "UNKNOWN_VALUE")):
            self.refused(
                "INVALID_ARGUMENT/" + reason, operator, "Deadlines/Arm", **({"limit": 1, "unit": working} | fields))
        self.refused("INVALID_ARGUMENT/UNKNOWN_VALUE", operator, "Deadlines/Arm", limit=1)

        listed = operator.call("Deadlines/ListDue", limit=1)
        self.assertEqual(([each.deadline for each in listed.deadlines], listed.more), ([four.deadline], True))
        listed = operator.call("Deadlines/ListDue", limit=10, after=four.deadline)
        self.assertEqual(([each.deadline for each in listed.deadlines], listed.more), ([one.deadline], False))
        listed = operator.call("Deadlines/ListDue", limit=10, until=day("2026-03-10"))
        self.assertEqual([each.deadline for each in listed.deadlines], [four.deadline])

        operator.call("Admin/AdvanceClock", to=instant("2026-03-20T00:00:00"))
        self.assertEqual(name(operator.call("Deadlines/Get", deadline=four.deadline), "state"), "EXPIRED")
        ended = operator.call("Deadlines/Get", deadline=one.deadline)
        self.assertEqual(name(ended, "state"), "EXPIRED")
        expected = [
            ("REMIND", "2026-03-10T09:00:00"), ("YELLOW", "2026-03-11T09:00:00"), ("RED", "2026-03-12T00:00:00"),
            ("EXPIRE", "2026-03-12T00:00:00")]
        self.assertEqual([(name(rung, "rung"), local(rung.at)) for rung in ended.fired], expected)
        firings, after = [], 0
        while page := operator.call("Deadlines/ReadFired", after=after, limit=2):
            if not page.firings:
                break
            firings += page.firings
            after = page.next
        self.assertEqual(
            [(firing.deadline, name(firing, "rung"), local(firing.at)) for firing in firings],
            [(four.deadline, "EXPIRE", "2026-03-03T00:00:00")] + [(one.deadline, *each) for each in expected])
        self.assertEqual({firing.label for firing in firings if firing.deadline == one.deadline}, {"证照"})
        sequences = [firing.sequence for firing in firings]
        self.assertEqual(sequences, sorted(set(sequences)))
        minutes = operator.call(
            "Deadlines/Arm", limit=30, unit=common_pb2.LIMIT_UNIT_WORKING_MINUTES, start=instant("2026-03-20T10:00:00"))
        self.assertEqual(local(minutes.overdue_at), "2026-03-20T10:30:01")
        self.assertLess(start, minutes.start)

    def test_owned(self):
        """A case's clock is the office's alone."""
        operator = self.connect("operator")
        secrets = self.furnish(operator)
        zhang, clerk = self.connect("zhang", secrets["zhang"]), self.connect("clerk", secrets["clerk"])
        view = zhang.call("Cases/Submit", item=ITEM)
        deadline = clocks(view)["NOTICE"].deadline
        self.assertEqual(clerk.call("Deadlines/Get", deadline=deadline).owner != "", True)
        clerk.call("Deadlines/Explain", deadline=deadline)
        for method, fields in (
                ("Pause", {"reason": "x"}), ("Resume", {}), ("Extend", {"amount": 1, "reason": "x"}), ("Complete", {}),
                ("Cancel", {"reason": "x"})):
            self.refused("PERMISSION_DENIED/OWNED", clerk, "Deadlines/" + method, deadline=deadline, **fields)
        self.refused("PERMISSION_DENIED/ROLE_REQUIRED", zhang, "Deadlines/Get", deadline=deadline)
        self.assertEqual(zhang.call("Cases/Get", case=view.case), without_code(view))
        own = operator.call("Deadlines/Arm", limit=3, unit=common_pb2.LIMIT_UNIT_WORKING)
        self.refused("PERMISSION_DENIED/NOT_OWNER", clerk, "Deadlines/Cancel", deadline=own.deadline, reason="x")


class Streams(ServerTest):
    """A watch, and an upload: both kinds of streams that the server has, and both directions of credit."""

    def test_watch(self):
        operator = self.connect("operator")
        # Messages that take far more than the windows together.
        label, count = "x" * 200, 8_000
        stream = operator.start("Deadlines/Watch", after=0, label=label)
        watch = operator.messages(stream)
        self.assertFalse(next(watch).HasField("firing"))
        begun = [
            operator.start("Deadlines/Arm", limit=1, unit=common_pb2.LIMIT_UNIT_WORKING, label=label)
            for _ in range(500)]
        armed = []
        for number in range(count):
            armed.append(operator.finish(begun[number]).message.deadline)
            if number + 500 < count:
                begun.append(operator.start(
                    "Deadlines/Arm", limit=1, unit=common_pb2.LIMIT_UNIT_WORKING, label=label))
        operator.call("Admin/AdvanceClock", to=instant("2026-03-10T00:00:00"))
        fired = list(itertools.islice(watch, count))
        self.assertEqual(sorted(event.firing.deadline for event in fired), sorted(armed))
        numbers = [event.sequence for event in fired]
        self.assertEqual(numbers, sorted(set(numbers)))
        operator.cancel(stream)
        after = numbers[-3]
        rest = operator.messages(operator.start("Deadlines/Watch", after=after))
        self.assertEqual([event.sequence for event in itertools.islice(rest, 3)], [after] + numbers[-2:])
        self.assertEqual(
            self.refused(
                "INVALID_ARGUMENT/OUT_OF_RANGE", operator, "Deadlines/Watch", after=1 << 40).failure.field, "after")

    def test_upload_and_download(self):
        operator = self.connect("operator")
        secrets = self.furnish(operator)
        operator.call(
            "Directory/PublishItem", code=ITEM, name="x", department="LEAD",
            limits=directory_pb2.ItemLimits(statutory=20, promised=7))
        zhang = self.connect("zhang", secrets["zhang"])
        case = zhang.call("Cases/Submit", item=ITEM).case
        content = random.Random(7).randbytes(1_000_001)
        parts = [
            online_pb2.MaterialPart(offset=offset, content=content[offset:offset + 65_536])
            for offset in range(0, len(content), 65_536)]
        parts[0].MergeFrom(online_pb2.MaterialPart(
            material=bytes(range(16)), case=case, name="form.pdf", size=len(content),
            digest=hashlib.sha256(content).digest()))
        view = zhang.upload("Online/UploadMaterial", parts)
        self.assertEqual((view.received, view.HasField("completed")), (len(content), True))
        # The same in one message: it is there already, and said so.
        self.assertEqual(zhang.upload("Online/UploadMaterial", parts[:1]), view)
        come = zhang.messages(zhang.start("Online/DownloadMaterial", material=bytes(range(16)), offset=3))
        self.assertEqual(b"".join(part.content for part in come), content[3:])
        parts[0].material = bytes(16)
        parts[1].offset += 1
        with self.assertRaises(CallFailed) as caught:
            zhang.upload("Online/UploadMaterial", parts)
        self.assertEqual(caught.exception.reason, "PART_OUT_OF_ORDER")


class Stops(unittest.TestCase):
    """The end of a server: by request, and by force."""

    furnish, publish = ServerTest.furnish, ServerTest.publish

    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.remove)

    def test_drain(self):
        """W46 to W48: two GOAWAYs, what was accepted is answered, and the process ends well."""
        connection, idle = self.server.connect("operator"), self.server.connect()
        self.addCleanup(connection.close)
        self.addCleanup(idle.close)
        payload = random.Random(2).randbytes(300_000)
        stream = connection.start("Diagnostics/Echo", payload=payload)
        held = list(connection.fragments)
        connection.fragments.clear()
        connection.ping(b"accepted")
        self.server.signal(signal.SIGTERM)
        connection.until(lambda: connection.goaways)
        self.assertEqual(connection.goaways[0][0], 2**31 - 1)
        self.assertEqual(connection.goaways[0][1].code, "DRAINING")
        with self.assertRaises(ConnectionEnded):
            connection.start("Diagnostics/Status")
        connection.until(lambda: len(connection.goaways) == 2)
        self.assertEqual(connection.goaways[1][0], stream)
        late = Frame(CALL, stream + 2, payload=METHODS["Diagnostics/Echo"].number.to_bytes(4, "little"))
        connection.calls[stream + 2], connection.last_stream = next(iter(connection.calls.values())), stream + 2
        connection.send(late)
        with self.assertRaises(CallFailed) as caught:
            connection.finish(stream + 2)
        self.assertEqual((caught.exception.status, caught.exception.reason), ("UNAVAILABLE", "DRAINING"))
        self.assertEqual(caught.exception.outcome, "not processed")
        connection.fragments.extend(held)
        self.assertEqual(connection.finish(stream).message.payload, payload)
        for each in (connection, idle):
            with self.assertRaises(ConnectionEnded) as ended:
                each.until(lambda: False)
            self.assertIsNone(ended.exception.farewell)
        self.assertEqual(idle.goaways[1][0], 0)
        self.assertEqual(self.server.wait(), 0)
        self.server.restart("2026-03-02T10:00:00")

    def test_drain_under_load(self):
        """Whatever the moment, each call is carried out and answered, or refused and not carried out."""
        operator = self.server.connect("operator", wait=60)
        self.addCleanup(operator.close)
        started, carried_out, refused = {}, set(), set()
        while not operator.goaways:
            code = f"L{len(started)}"
            try:
                started[operator.start("Directory/PutDepartment", code=code, name=code)] = code
            except ConnectionEnded:
                break
            if len(started) == 300:
                self.server.signal(signal.SIGTERM)
            operator.step(0 if len(started) < 900 else 1)
        for stream, code in started.items():
            try:
                carried_out.add(operator.finish(stream).message.code)
            except CallFailed as failure:
                self.assertEqual((failure.reason, failure.outcome), ("DRAINING", "not processed"))
                refused.add(code)
        self.assertEqual(self.server.wait(), 0)
        self.server.restart("2026-03-02T12:00:00")
        operator = self.server.connect("operator")
        self.addCleanup(operator.close)
        entries, after = set(), 0
        while page := operator.call("Admin/ReadAudit", after=after, limit=1000).entries:
            entries |= {entry.subject for entry in page if entry.kind == "DEPARTMENT_PUT"}
            after = page[-1].sequence
        self.assertEqual(entries, {"department/" + code for code in carried_out})
        self.assertEqual(len(carried_out) + len(refused), len(started))

    def test_drain_without_pong(self):
        """A client that answers no PING gets the second GOAWAY all the same."""
        connection = self.server.connect()
        self.addCleanup(connection.close)
        connection.take, take = lambda frame: None if frame.type == PING else take(frame), connection.take
        self.server.signal(signal.SIGTERM)
        connection.until(lambda: len(connection.goaways) == 2)
        self.assertEqual(self.server.wait(), 0)

    def test_kill(self):
        """What was acknowledged before SIGKILL is there afterwards, and its replies are replayed."""
        operator = self.server.connect("operator")
        secrets = self.furnish(operator)
        acknowledged, failures, lock = {}, [], threading.Lock()
        enough = threading.Event()

        def submit(worker):
            connection = self.server.connect("zhang", secrets["zhang"], wait=60)
            streams = []
            try:
                for number in itertools.count():
                    identity = f"{worker}-{number}".encode()
                    streams.append((identity, connection.start("Cases/Submit", item=ITEM, request_id=identity)))
                    if len(streams) == 8:
                        identity, stream = streams.pop(0)
                        reply = connection.finish(stream).message
                        with lock:
                            acknowledged[identity] = reply
                            if len(acknowledged) >= 200:
                                enough.set()
            except ConnectionEnded:
                connection.close()
            except Exception as error:
                failures.append(error)
                enough.set()

        workers = [threading.Thread(target=submit, args=(worker,)) for worker in range(4)]
        for worker in workers:
            worker.start()
        self.assertTrue(enough.wait(60))
        self.server.signal(signal.SIGKILL)
        for worker in workers:
            worker.join()
        operator.close()
        self.assertEqual(self.server.wait(), -signal.SIGKILL)
        self.assertEqual(failures, [])
        self.server.restart("2026-03-02T12:00:00")

        zhang = self.server.connect("zhang", secrets["zhang"])
        self.assertEqual(len({view.case for view in acknowledged.values()}), len(acknowledged))
        for identity, view in acknowledged.items():
            self.assertEqual(zhang.call("Cases/Get", case=view.case), without_code(view))
            again = zhang.finish(zhang.start("Cases/Submit", item=ITEM, request_id=identity))
            self.assertEqual(again, (view, True))
        operator = self.server.connect("operator")
        count = operator.call("Cases/Count").cases
        self.assertGreaterEqual(count, len(acknowledged))
        self.assertLessEqual(count, len(acknowledged) + 4 * 8)
        zhang.close()
        operator.close()
