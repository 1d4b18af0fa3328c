"""The one-page client calls every kind of method of a real server, and many at a time."""

import asyncio
import hashlib
import random
import unittest

import directory_pb2
import joint_pb2
import online_pb2
from client_test import ITEM, instant, name
from server_process import METHODS, REALM, Server
from small_client import CallFailed, Client


class EveryKind(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.remove)
        cls.secret = (cls.server.data / "operator.secret").read_text().strip()

    async def connect(self, login=None, secret=""):
        client = await Client.connect(*self.server.address, REALM, METHODS, login, secret)
        self.addAsyncCleanup(client.close)
        return client

    async def furnish(self):
        """A lead with a clerk, a department with a daemon, an applicant; their connections."""
        operator = await self.connect("operator", self.secret)
        for code in ("LEAD", "A"):
            await operator.call("Directory/PutDepartment", code=code, name=code)
        people = (
            ("clerk", "LEAD", directory_pb2.ROLE_STAFF), ("daemon", "A", directory_pb2.ROLE_DAEMON),
            ("zhang", "", directory_pb2.ROLE_APPLICANT))
        for login, department, role in people:
            await operator.call(
                "Directory/PutPerson", login=login, name=login, department=department, roles=[role])
            secret = (await operator.call("Directory/IssueCredential", login=login)).secret
            yield await self.connect(login, secret)
        await operator.call(
            "Directory/PublishItem", code=ITEM, name="联办事项", department="LEAD", joint=True,
            limits=directory_pb2.ItemLimits(statutory=45, promised=45))
        yield operator

    async def test_journey(self):
        clerk, daemon, zhang, operator = [client async for client in self.furnish()]
        watch = zhang.watch("Cases/Watch", after=0)
        self.assertFalse((await watch.next()).HasField("change"))

        # Commands and queries.
        case = (await zhang.call("Cases/Submit", item=ITEM, request_id=b"one")).case
        again = await zhang.call("Cases/Submit", item=ITEM, request_id=b"one")
        self.assertEqual(again.case, case)
        await clerk.call("Cases/Accept", case=case)
        self.assertEqual(name(await zhang.call("Cases/Get", case=case), "state"), "ACCEPTED")
        with self.assertRaises(CallFailed) as refused:
            await zhang.call("Cases/Accept", case=case)
        self.assertEqual(refused.exception.reason, "ROLE_REQUIRED")

        # A watch.
        changes = [(await watch.next()).change.what for _ in range(2)]
        self.assertEqual(changes, ["CASE_SUBMITTED", "CASE_ACCEPTED"])

        # An upload that is dearer than all windows together, and its way back.
        content = random.Random(3).randbytes(3_000_001)
        parts = [
            online_pb2.MaterialPart(offset=offset, content=content[offset:offset + 65_536])
            for offset in range(0, len(content), 65_536)]
        parts[0].MergeFrom(online_pb2.MaterialPart(
            material=bytes(range(16)), case=case, name="form.pdf", size=len(content),
            digest=hashlib.sha256(content).digest()))
        view = await zhang.upload("Online/UploadMaterial", parts)
        self.assertTrue(view.HasField("completed"))
        self.assertEqual(await zhang.upload("Online/UploadMaterial", parts[:1]), view)
        come = zhang.watch("Online/DownloadMaterial", material=bytes(range(16)))
        self.assertEqual(b"".join([part.content async for part in come]), content)

        # A session: the daemon of a department.
        session = daemon.session("JointApproval/Attend", joint_pb2.AttendRequest(
            attend=joint_pb2.Attendance(worker="python", capacity=1)))
        asked = [joint_pb2.CoHandler(department="A", role=joint_pb2.CO_HANDLER_ROLE_LICENSOR)]
        await clerk.call("JointApproval/Open", case=case, co=asked, opinion_days=5)
        await clerk.call("JointApproval/Dispatch", case=case)
        task = (await session.next()).task
        self.assertEqual((task.case, name(task, "state")), (case, "PENDING"))
        await session.send(joint_pb2.AttendRequest(sign=joint_pb2.JointRequest(case=case)))
        self.assertEqual(name((await session.next()).acknowledged, "state"), "SIGNED")
        opinion = joint_pb2.OpinionRequest(
            case=case, kind=joint_pb2.OPINION_KIND_AGREE, round=task.round)
        await session.send(joint_pb2.AttendRequest(opinion=opinion))
        self.assertEqual(name((await session.next()).acknowledged, "state"), "AGREE")
        session.finish()
        self.assertIsNone(await session.next())
        concluded = await clerk.call("JointApproval/Conclude", case=case)
        self.assertEqual(name(concluded, "outcome"), "AGREED")

        # What is cancelled says no more, and the connection goes on.
        watch.cancel()
        await operator.call("Admin/AdvanceClock", to=instant("2026-03-03T00:00:00"))
        self.assertEqual((await zhang.call("Diagnostics/Echo", payload=b"on")).payload, b"on")

    async def test_many_at_a_time(self):
        client = await self.connect()
        payloads = [random.Random(number).randbytes(number * 1_500) for number in range(100)]
        replies = await asyncio.gather(
            *(client.call("Diagnostics/Echo", payload=payload) for payload in payloads))
        self.assertEqual([reply.payload for reply in replies], payloads)

    async def test_wrong_secret(self):
        with self.assertRaises(CallFailed) as refused:
            await self.connect("operator", "0" * 64)
        self.assertEqual(refused.exception.reason, "WRONG_CREDENTIALS")

    async def test_the_end_of_the_connection(self):
        client = await self.connect("operator", self.secret)
        watch = client.watch("Deadlines/Watch", after=0)
        await watch.next()
        client.writer.transport.abort()
        with self.assertRaises(ConnectionError):
            await watch.next()
