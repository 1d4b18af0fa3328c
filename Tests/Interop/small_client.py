"""A whole client of Banjie's protocol in one page: what Protocol/WIRE.md asks of whoever writes one.

It calls every kind of method (commands and queries, watches, uploads, sessions), many at a time, with
the standard library and PyPI's `protobuf`. The messages are those that protoc makes of Protocol/proto;
`frames_pb2` has the ones that WIRE.md lists. Rules are named as there (W1, W2, ...).

    methods = read_methods("Protocol/proto")
    client = await Client.connect("127.0.0.1", 7410, "banjie", methods, "clerk", secret)
    view = await client.call("Cases/Get", case=serial)
    async for event in client.watch("Cases/Watch", after=0): ...
"""

import asyncio
import collections
import importlib
import pathlib
import re
import struct

import frames_pb2
from google.protobuf import message_factory

PREFACE = b"\x00BANJIE\x01"
HELLO, AUTH, PING, PONG, GOAWAY, ERROR = 0x01, 0x02, 0x04, 0x05, 0x06, 0x07
CALL, MESSAGE, END, CANCEL, WINDOW = 0x10, 0x11, 0x12, 0x13, 0x14
LAST, STREAM, HALF_CLOSE, FIRST = 1, 1, 2, 4
HEADER = struct.Struct("<IIBBHII")
STREAM_WINDOW, CONNECTION_WINDOW, MESSAGE_COST = 262_144, 1_048_576, 64

CRC32C = list(range(256))
for _ in range(8):
    CRC32C = [value >> 1 ^ (0x82F63B78 if value & 1 else 0) for value in CRC32C]


def crc32c(data):
    """The checksum of headers and payloads: Castagnoli's polynomial, reflected (W2, W4)."""
    value = 0xFFFFFFFF
    for byte in data:
        value = value >> 8 ^ CRC32C[(value ^ byte) & 0xFF]
    return value ^ 0xFFFFFFFF


def frame(kind, stream=0, flags=0, field16=0, field32=0, payload=b""):
    """A frame: a header of 24 bytes with its checksum, and the payload (W1)."""
    checksum = crc32c(payload) if payload else 0
    header = HEADER.pack(len(payload), stream, kind, flags, field16, field32, checksum)
    return header + struct.pack("<I", crc32c(header)) + payload


Method = collections.namedtuple("Method", "number request reply sends receives", defaults=(False, False))


def read_methods(folder):
    """The methods by `Service/Name`; their numbers stand in comments of the .proto files."""
    methods = {}
    pattern = re.compile(
        r"\(service number (\d+)\)\nservice (\w+)|\(method number (\d+);[^)]*\)\n(?:\s*//.*\n)*\s*rpc (\w+)\(")
    for path in sorted(pathlib.Path(folder).glob("*.proto")):
        module = importlib.import_module(path.stem + "_pb2")
        for service_number, service_name, number, name in pattern.findall(path.read_text()):
            if service_name:
                service, base = module.DESCRIPTOR.services_by_name[service_name], int(service_number) << 16
                continue
            method = service.methods_by_name[name]
            methods[f"{service.name}/{name}"] = Method(
                base + int(number), message_factory.GetMessageClass(method.input_type),
                message_factory.GetMessageClass(method.output_type),
                method.client_streaming, method.server_streaming)
    return methods


class CallFailed(Exception):
    """A call, or the sign-in, ended with another status than OK."""

    def __init__(self, status, payload):
        self.status, self.failure = status, frames_pb2.Failure.FromString(payload)
        self.reason = self.failure.reason
        super().__init__(f"{self.reason}: {self.failure.message}")


class Stream:
    """A call in flight: the messages that came, and the credit to send further ones."""

    def __init__(self, client, method, number):
        self.client, self.method, self.number = client, method, number
        self.is_unary = not method.sends and not method.receives
        self.parts, self.total = b"", 0
        self.credit = client.hello.stream_window
        self.come = asyncio.Queue()

    def take(self, kind, flags, field16, field32, payload):
        """Takes a MESSAGE or END frame. An END may carry a unary call's whole reply."""
        if kind == MESSAGE:
            if self.is_unary:
                self.parts += payload
            else:
                self.parts = payload if flags & FIRST else self.parts + payload
                if flags & LAST:
                    self.come.put_nowait(self.parts)
        elif field16:
            self.come.put_nowait(CallFailed(field16, payload))
        else:
            if self.is_unary:
                self.come.put_nowait(self.parts or payload)
            self.come.put_nowait(None)

    async def next(self):
        """The next message; None when all is said."""
        payload = await self.come.get()
        if payload is None or isinstance(payload, Exception):
            self.come.put_nowait(payload)
            if payload:
                raise payload
            return None
        if not self.is_unary:
            # What was read makes room for more, on the stream and on the connection (W60).
            cost = len(payload) + MESSAGE_COST
            self.client.send(frame(WINDOW, 0, field32=cost))
            if self.number in self.client.streams:
                self.client.send(frame(WINDOW, self.number, field32=cost))
        return self.method.reply.FromString(payload)

    def __aiter__(self):
        return self

    async def __anext__(self):
        message = await self.next()
        if message is None:
            raise StopAsyncIteration
        return message

    async def send(self, message, last=False):
        """Sends a further message, once there is credit for it (W57); `last` half-closes."""
        payload = message.SerializeToString()
        cost = len(payload) + MESSAGE_COST
        client, flags = self.client, HALF_CLOSE if last else 0
        async with client.room:
            await client.room.wait_for(
                lambda: min(self.credit, client.credit) >= cost or self.number not in client.streams)
        if self.number not in client.streams:
            return
        self.credit, client.credit = self.credit - cost, client.credit - cost
        client.send_message(self.number, payload, payload, FIRST, flags)

    def finish(self):
        """Says that no further message follows (W56)."""
        self.client.send(frame(MESSAGE, self.number, HALF_CLOSE))

    def cancel(self):
        """Ends the call for both sides (W33)."""
        if self.client.streams.pop(self.number, None):
            self.client.send(frame(CANCEL, self.number))


class Client:
    """A connection. Its methods may be used by many tasks at a time."""

    @classmethod
    async def connect(cls, host, port, realm, methods, login=None, secret="", context=None):
        """Shakes hands, and signs in when there is a login; an ssl.SSLContext has it go under TLS."""
        self = cls()
        self.methods, self.streams, self.last = methods, {}, -1
        self.hello, self.verdict = None, asyncio.get_running_loop().create_future()
        self.room = asyncio.Condition()
        self.reader, self.writer = await asyncio.open_connection(host, port, ssl=context)
        hello = frames_pb2.Hello(
            version_min=1, version_max=1, realm=realm, max_frame=65_536, max_message=4_194_304,
            stream_window=STREAM_WINDOW, connection_window=CONNECTION_WINDOW, product="small_client 1")
        self.send(PREFACE + frame(HELLO, payload=hello.SerializeToString()))
        kind, *_, payload = await self.receive()
        if kind != HELLO:
            raise ConnectionError(f"the first frame isn't HELLO (W13): {payload}")
        self.hello = frames_pb2.Hello.FromString(payload)
        self.credit = self.hello.connection_window
        self.task = asyncio.create_task(self.run())
        if login:
            credentials = frames_pb2.Credentials(login=login, secret=secret)
            self.send(frame(AUTH, payload=credentials.SerializeToString()))
            self.signed_in = await self.verdict
        return self

    def send(self, data):
        self.writer.write(data)

    async def receive(self):
        """The next frame: type, stream, flags, both fields, payload."""
        header = await self.reader.readexactly(HEADER.size + 4)
        if crc32c(header[:-4]) != struct.unpack("<I", header[-4:])[0]:
            raise ConnectionError("a header's checksum doesn't hold (W2)")
        length, stream, kind, flags, field16, field32, checksum = HEADER.unpack(header[:-4])
        if length > 65_536:
            raise ConnectionError("a frame is longer than we take (W3)")
        payload = await self.reader.readexactly(length)
        if payload and crc32c(payload) != checksum:
            raise ConnectionError("a payload's checksum doesn't hold (W4)")
        return kind, stream, flags, field16, field32, payload

    async def run(self):
        """Takes what the server sends until the connection ends; then nothing in flight is known."""
        end = ConnectionError("the connection has ended")
        try:
            while True:
                kind, stream, *rest = await self.receive()
                await self.take(kind, stream, *rest)
        except (OSError, EOFError) as error:
            end = ConnectionError(f"the connection has ended: {error}")
        finally:
            self.writer.close()
            streams, self.streams = self.streams, {}
            for stream in streams.values():
                stream.come.put_nowait(end)
            async with self.room:
                self.room.notify_all()

    async def take(self, kind, number, flags, field16, field32, payload):
        if kind == PING:
            self.send(frame(PONG, payload=payload))
        elif kind == AUTH and field16:
            self.verdict.set_exception(CallFailed(field16, payload))
        elif kind == AUTH:
            self.verdict.set_result(frames_pb2.SignedIn.FromString(payload))
        elif kind == ERROR:
            farewell = frames_pb2.Farewell.FromString(payload)
            raise ConnectionError(f"{farewell.code} ({farewell.rule}): {farewell.message}")
        elif kind in (MESSAGE, END):
            stream = self.streams.get(number)  # else it has ended for us: W26
            if kind == END:
                self.streams.pop(number, None)
                async with self.room:
                    self.room.notify_all()
            if stream:
                stream.take(kind, flags, field16, field32, payload)
        elif kind == WINDOW:
            async with self.room:
                if number == 0:
                    self.credit += field32
                elif number in self.streams:
                    self.streams[number].credit += field32
                self.room.notify_all()
        elif kind not in (PONG, GOAWAY) and not kind & 0x80:
            raise ConnectionError(f"an unknown frame type {kind:#x} (W5)")

    def open(self, name, request=None, /, *, request_id=b"", timeout=0, whole=True, **fields):
        """Begins a call with its first message; `timeout` in milliseconds. `whole` half-closes."""
        method = self.methods[name]
        payload = (request or method.request(**fields)).SerializeToString()
        self.last = number = self.last + 2
        self.streams[number] = stream = Stream(self, method, number)
        metadata = frames_pb2.CallMetadata(request_id=request_id)
        if 4 + metadata.ByteSize() + len(payload) > self.hello.max_frame:
            metadata.total_length = len(payload)
        encoded = metadata.SerializeToString()
        head = struct.pack("<I", method.number) + encoded
        room = self.hello.max_frame - len(head)
        flags = (STREAM | (HALF_CLOSE if whole else 0)) if not stream.is_unary else 0
        self.send(frame(CALL, number, flags, len(encoded), timeout, head + payload[:room]))
        if len(payload) > room:
            self.send_message(number, payload[room:], payload, 0, 0)
        return stream

    def send_message(self, number, rest, whole, first, last):
        """Sends the rest of a message in fragments that each carry the whole's length (W36, W55)."""
        limit = self.hello.max_frame
        for offset in range(0, len(rest) or 1, limit):
            part = rest[offset:offset + limit]
            ends = offset + len(part) == len(rest)
            flags = (0 if offset else first) | (LAST | last if ends else 0)
            self.send(frame(MESSAGE, number, flags, 0, len(whole), part))

    async def call(self, name, /, **fields):
        """Makes a command or a query; returns its reply, or raises CallFailed."""
        return await self.open(name, **fields).next()

    def watch(self, name, /, **fields):
        """Opens a watch: an asynchronous iterator over its messages."""
        return self.open(name, **fields)

    async def upload(self, name, messages):
        """Sends the messages of an upload; returns its reply."""
        first, *others = messages
        stream = self.open(name, first, whole=not others)
        for message in others:
            await stream.send(message, last=message is others[-1])
        reply = await stream.next()
        await stream.next()
        return reply

    def session(self, name, first):
        """Opens a session: `send` and iterate, in any order."""
        return self.open(name, first, whole=False)

    async def close(self):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
