"""A client to test servers with: it judges every rule that binds them, and its tests break any it likes.

Like `small_client` it is written from Protocol/WIRE.md and Protocol/proto alone.

It needs the standard library, PyPI's `protobuf`, the modules that protoc generates from
Protocol/proto, and `frames_pb2`, generated from the messages that WIRE.md lists. Rules are named as
there (W1, W2, ...). One thread uses a connection at a time; many calls may be in flight on it.
"""

import collections
import dataclasses
import selectors
import socket
import ssl
import struct
import time

import frames_pb2
from google.protobuf import message as protobuf_message
from small_client import (
    AUTH, CALL, CANCEL, CONNECTION_WINDOW, END, ERROR, FIRST, GOAWAY, HALF_CLOSE, HEADER, HELLO, LAST, MESSAGE,
    MESSAGE_COST, PING, PONG, PREFACE, STREAM, STREAM_WINDOW, WINDOW, Method, crc32c, read_methods)

ON_CONNECTION, ON_CALL = (HELLO, AUTH, PING, PONG, GOAWAY, ERROR), (CALL, MESSAGE, END, CANCEL)
IGNORABLE, REPLAYED = 0x80, 1
HEADER_LENGTH = HEADER.size + 4
STREAMS_MAX = 2**31 - 1
STATUSES = (
    "OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED "
    "RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS "
    "UNAUTHENTICATED").split()
OUTCOMES = ("unstated", "not processed", "processed", "unknown")


@dataclasses.dataclass(frozen=True)
class Frame:
    """A frame (W1)."""
    type: int
    stream: int = 0
    flags: int = 0
    field16: int = 0
    field32: int = 0
    payload: bytes = b""

    def encode(self):
        checksum = crc32c(self.payload) if self.payload else 0
        header = HEADER.pack(
            len(self.payload), self.stream, self.type, self.flags, self.field16, self.field32, checksum)
        return header + struct.pack("<I", crc32c(header)) + self.payload


class BrokenRule(Exception):
    """The peer broke a rule of the connection; `code` and `rule` go into the ERROR that ends it."""

    def __init__(self, code, rule, message):
        super().__init__(f"{code} ({rule}): {message}")
        self.code, self.rule, self.message = code, rule, message


class ConnectionEnded(Exception):
    """The connection is over; the outcome of what was in flight is unknown (W10, W45)."""

    def __init__(self, message, farewell=None):
        super().__init__(message)
        self.farewell = farewell


class CallFailed(Exception):
    """The call, or the sign-in, ended with a status other than OK."""

    def __init__(self, status, payload):
        failure = decode(frames_pb2.Failure, payload)
        self.status = STATUSES[status] if status < len(STATUSES) else "UNKNOWN"
        self.reason, self.failure, self.outcome = failure.reason, failure, OUTCOMES[failure.outcome & 3]
        super().__init__(f"{self.status}/{self.reason}, {self.outcome}: {failure.message}")


class FrameReader:
    """Cuts what a peer sends into frames, and judges W2 to W6."""

    def __init__(self, max_frame):
        self.buffer, self.max_frame = bytearray(), max_frame

    def next(self):
        """The next frame, None when it isn't complete; raises BrokenRule."""
        while len(self.buffer) >= HEADER_LENGTH:
            header = bytes(self.buffer[:HEADER_LENGTH])
            if crc32c(header[:HEADER.size]) != struct.unpack_from("<I", header, HEADER.size)[0]:
                raise BrokenRule("BAD_HEADER_CHECKSUM", "W2", "a frame header's checksum doesn't hold")
            length, stream, kind, flags, field16, field32, checksum = HEADER.unpack_from(header)
            if length > self.max_frame:
                raise BrokenRule("FRAME_TOO_LONG", "W3", f"a payload of {length} bytes")
            if len(self.buffer) < HEADER_LENGTH + length:
                return None
            payload = bytes(self.buffer[HEADER_LENGTH:HEADER_LENGTH + length])
            del self.buffer[:HEADER_LENGTH + length]
            if (crc32c(payload) if payload else 0) != checksum:
                raise BrokenRule("BAD_PAYLOAD_CHECKSUM", "W4", "a payload's checksum doesn't hold")
            if kind in ON_CONNECTION + ON_CALL + (WINDOW,):
                if kind != WINDOW and (stream == 0) != (kind in ON_CONNECTION):
                    raise BrokenRule("MALFORMED_FRAME", "W7", f"type {kind:#x} on stream {stream}")
                return Frame(kind, stream, flags, field16, field32, payload)
            if not kind & IGNORABLE:
                raise BrokenRule("UNKNOWN_FRAME_TYPE", "W5", f"type {kind:#x}")
        return None


def decode(kind, payload):
    try:
        return kind.FromString(payload)
    except protobuf_message.DecodeError as error:
        raise BrokenRule("MALFORMED_FRAME", "W8", f"{kind.DESCRIPTOR.name} doesn't decode") from error


Reply = collections.namedtuple("Reply", "message replayed")


@dataclasses.dataclass
class Pending:
    """A call in flight, and what has come of its reply; of a stream, its credit and whole messages."""
    reply: type
    parts: bytearray = dataclasses.field(default_factory=bytearray)
    total: int = 0
    credit: int | None = None
    messages: collections.deque = dataclasses.field(default_factory=collections.deque)


class Connection:
    """A connection; the handshake is done when the initializer returns. `wait` is in seconds; an
    ssl.SSLContext as `context` has it go under TLS (W68)."""

    def __init__(self, address, realm, methods, *, max_frame=65_536, max_message=4_194_304, wait=10, context=None):
        self.methods, self.wait, self.max_message = methods, wait, max_message
        self.hello = self.signed_in = self.ended = None
        self.goaways, self.pongs, self.answers = [], [], []  # `answers`: streams in the order of their END
        self.calls, self.streams, self.results, self.last_stream = {}, {}, {}, -1
        self.frames, self.fragments, self.output = collections.deque(), collections.deque(), memoryview(b"")
        self.reader = FrameReader(max_frame)
        self.socket = socket.create_connection(address, wait)
        if context:
            context.set_alpn_protocols(["banjie/1"])
            self.socket = context.wrap_socket(self.socket, server_hostname=address[0])
        self.socket.setblocking(False)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.socket, selectors.EVENT_READ)
        hello = frames_pb2.Hello(
            version_min=1, version_max=1, realm=realm, max_frame=max_frame, max_message=max_message,
            stream_window=STREAM_WINDOW, connection_window=CONNECTION_WINDOW,
            product="banjie_client.py 1")
        self.frames.append(PREFACE + Frame(HELLO, payload=hello.SerializeToString()).encode())
        self.until(lambda: self.hello)
        self.credit = self.hello.connection_window

    def sign_in(self, login, secret, language=""):
        """Signs in, with no call in flight (W21); returns whom the server takes us for."""
        credentials = frames_pb2.Credentials(login=login, secret=secret, language=language)
        self.signed_in = None
        self.send(Frame(AUTH, payload=credentials.SerializeToString()))
        self.until(lambda: self.signed_in)
        if isinstance(self.signed_in, CallFailed):
            raise self.signed_in
        return self.signed_in

    def call(self, name, /, *, request_id=b"", timeout=0, **fields):
        """Calls a method with a request of these fields; returns its reply, or raises CallFailed."""
        return self.finish(self.start(name, request_id=request_id, timeout=timeout, **fields)).message

    def start(self, name, /, *, request_id=b"", timeout=0, **fields):
        """Begins a call; `timeout` in milliseconds. Returns its stream."""
        number, request, reply, sends, receives = self.methods[name]
        streams = sends or receives
        message = request(**fields).SerializeToString()
        if self.goaways or self.last_stream + 2 > STREAMS_MAX:
            raise ConnectionEnded("the server takes no new calls on this connection; open another")
        self.last_stream = stream = self.last_stream + 2
        metadata = frames_pb2.CallMetadata(request_id=request_id)
        if 4 + metadata.ByteSize() + len(message) > self.hello.max_frame:
            metadata.total_length = len(message)
        encoded = metadata.SerializeToString()
        room = self.hello.max_frame - 4 - len(encoded)
        self.calls[stream] = pending = Pending(reply, credit=self.hello.stream_window if streams else None)
        if streams:
            self.streams[stream] = pending
        flags = STREAM | (0 if sends else HALF_CLOSE) if streams else 0  # W54
        self.send(Frame(
            CALL, stream, flags, len(encoded), timeout, struct.pack("<I", number) + encoded + message[:room]))
        if len(message) > room:
            self.fragments.append((stream, message, room))
        return stream

    def finish(self, stream):
        """Waits for the END of a call; returns its Reply, or raises CallFailed."""
        self.until(lambda: stream in self.results)
        result = self.results.pop(stream)
        if isinstance(result, CallFailed):
            raise result
        return result

    def messages(self, stream):
        """Yields what the server sends on a stream, and gives credit back for it (W60)."""
        pending = self.streams[stream]
        while True:
            self.until(lambda: pending.messages or stream in self.results)
            if not pending.messages:
                del self.streams[stream]
                self.finish(stream)
                return
            message, cost = pending.messages.popleft()
            if stream in self.calls:
                self.send(Frame(WINDOW, stream, field32=cost))
            yield message

    def send_message(self, stream, message, last=False):
        """Sends a further message on a stream, once there is credit for it (W57); `last` half-closes."""
        payload, pending = message.SerializeToString(), self.streams[stream]
        cost = len(payload) + MESSAGE_COST
        self.until(lambda: self.has_begun(stream))
        self.until(lambda: min(pending.credit, self.credit) >= cost or stream in self.results)
        if stream in self.results:
            return
        pending.credit, self.credit = pending.credit - cost, self.credit - cost
        for offset in range(0, len(payload) or 1, self.hello.max_frame):
            part = payload[offset:offset + self.hello.max_frame]
            ends = offset + len(part) == len(payload)
            flags = (0 if offset else FIRST) | (LAST if ends else 0) | (HALF_CLOSE if ends and last else 0)
            self.send(Frame(MESSAGE, stream, flags, 0, len(payload), part))

    def has_begun(self, stream):
        """Whether CALL's own message has gone out whole, before which no other may."""
        return all(stream != unfinished for unfinished, _, _ in self.fragments)

    def upload(self, name, messages, **options):
        """Sends all messages of an upload, the first of them in CALL; returns its reply."""
        first, *others = messages
        fields = {field.name: value for field, value in first.ListFields()}
        stream = self.start(name, **options, **fields)
        for message in others:
            self.send_message(stream, message, last=message is others[-1])
        if not others:
            self.until(lambda: self.has_begun(stream))
            self.send(Frame(MESSAGE, stream, HALF_CLOSE))  # W56
        reply, = self.messages(stream)
        return reply

    def cancel(self, stream):
        """Ends a call for us; whether it had an effect is unknown (W33)."""
        self.streams.pop(stream, None)
        if self.calls.pop(stream, None):
            self.send(Frame(CANCEL, stream))

    def ping(self, payload):
        self.send(Frame(PING, payload=payload))
        self.until(lambda: payload in self.pongs)

    def send(self, frame):
        self.frames.append(frame.encode())

    def close(self):
        self.selector.close()
        self.socket.close()

    def until(self, condition):
        """Reads and writes until the condition holds."""
        limit = time.monotonic() + self.wait
        while not condition():
            if self.ended:
                raise self.ended
            if time.monotonic() >= limit:
                raise TimeoutError(f"nothing that we wait for came in {self.wait} s")
            self.step(limit - time.monotonic())

    def step(self, seconds):
        """Waits until the socket takes or has bytes, and moves them; reads while it writes (W49)."""
        if not self.output:
            self.output = memoryview(self.next_output())
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self.output else 0)
        self.selector.modify(self.socket, events)
        for _, ready in self.selector.select(seconds):
            try:
                if ready & selectors.EVENT_READ:
                    self.receive(self.socket.recv(262_144))
                    while not self.ended and isinstance(self.socket, ssl.SSLSocket) and self.socket.pending():
                        self.receive(self.socket.recv(262_144))  # decrypted, and unseen by the selector
                if ready & selectors.EVENT_WRITE and not self.ended:
                    self.output = self.output[self.socket.send(self.output):]
            except BrokenRule as broken:
                self.ended = ConnectionEnded(f"the server broke a rule: {broken}")
                farewell = frames_pb2.Farewell(code=broken.code, message=broken.message, rule=broken.rule)
                self.socket.send(self.output.tobytes() + Frame(ERROR, payload=farewell.SerializeToString()).encode())
                self.socket.shutdown(socket.SHUT_WR)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                pass  # a part of a record
            except (ConnectionError, ssl.SSLError) as error:
                self.ended = ConnectionEnded(str(error))

    def next_output(self):
        """Whole frames in order, then one fragment of each unfinished message in turn (W39)."""
        if self.frames:
            return self.frames.popleft()
        while self.fragments:
            stream, message, offset = self.fragments.popleft()
            if stream not in self.calls:
                continue  # ended early: W35
            part = message[offset:offset + self.hello.max_frame]
            offset += len(part)
            if offset < len(message):
                self.fragments.append((stream, message, offset))
            return Frame(MESSAGE, stream, LAST if offset == len(message) else 0, 0, len(message), part).encode()
        return b""

    def receive(self, data):
        self.ended = None if data else ConnectionEnded("the server closed the connection")
        self.reader.buffer += data
        while not self.ended and (frame := self.reader.next()):
            if not self.hello and frame.type not in (HELLO, ERROR):
                raise BrokenRule("UNEXPECTED_FRAME", "W13", "the first frame isn't HELLO")
            self.take(frame)

    def take(self, frame):
        match frame.type:
            case 0x01 if not self.hello:
                self.hello = decode(frames_pb2.Hello, frame.payload)
                if self.hello.max_frame < 16_384 or self.hello.max_message < self.hello.max_frame:
                    raise BrokenRule("MALFORMED_FRAME", "W16", "max_frame or max_message is too small")
            case 0x02 if frame.field16:
                self.signed_in = CallFailed(frame.field16, frame.payload)
            case 0x02:
                self.signed_in = decode(frames_pb2.SignedIn, frame.payload)
            case 0x04 | 0x05 if len(frame.payload) != 8:
                raise BrokenRule("MALFORMED_FRAME", "W8", "PING and PONG have 8 bytes")
            case 0x04:
                self.frames.appendleft(Frame(PONG, payload=frame.payload).encode())
            case 0x05:
                self.pongs.append(frame.payload)
            case 0x06:
                self.goaways.append((frame.field32, decode(frames_pb2.Farewell, frame.payload)))
            case 0x07:
                farewell = decode(frames_pb2.Farewell, frame.payload)
                self.ended = ConnectionEnded(f"{farewell.code} ({farewell.rule}): {farewell.message}", farewell)
            case 0x11 | 0x12 if frame.stream > self.last_stream or frame.stream % 2 == 0:
                raise BrokenRule("STREAM_NEVER_OPENED", "W25", f"stream {frame.stream}")
            case 0x11 | 0x12:
                if pending := self.calls.get(frame.stream):  # else it has ended: W26
                    take = self.take_end if frame.type == END else (
                        self.take_fragment if pending.credit is None else self.take_message)
                    take(frame, pending)
                elif frame.type == MESSAGE and frame.flags & FIRST:
                    self.send(Frame(WINDOW, field32=frame.field32 + MESSAGE_COST))  # W60
            case 0x14 if not frame.stream:
                self.credit += frame.field32
            case 0x14:
                if pending := self.calls.get(frame.stream):
                    pending.credit += frame.field32
            case _:
                raise BrokenRule("UNEXPECTED_FRAME", "W11", f"type {frame.type:#x} from a server")

    def take_fragment(self, frame, pending):
        pending.parts += frame.payload
        pending.total = pending.total or frame.field32
        left = pending.total - len(pending.parts)
        if not frame.payload or frame.field32 != pending.total or left < 0 or (left == 0) != (frame.flags & LAST):
            raise BrokenRule("MALFORMED_FRAME", "W36", "a reply's fragments don't add up")

    def take_message(self, frame, pending):
        if frame.flags & FIRST:
            pending.parts, pending.total = bytearray(), frame.field32
        pending.parts += frame.payload
        left = pending.total - len(pending.parts)
        if frame.field32 != pending.total or left < 0 or (left == 0) != (frame.flags & LAST):
            raise BrokenRule("MALFORMED_FRAME", "W55", "a message's fragments don't add up")
        if frame.flags & LAST:
            cost = pending.total + MESSAGE_COST
            pending.messages.append((decode(pending.reply, bytes(pending.parts)), cost))
            self.send(Frame(WINDOW, field32=cost))

    def take_end(self, frame, pending):
        del self.calls[frame.stream]
        self.answers.append(frame.stream)
        if frame.field16:
            self.results[frame.stream] = CallFailed(frame.field16, frame.payload)
            return
        if pending.credit is not None:
            if len(pending.parts) != pending.total or frame.payload:
                raise BrokenRule("MALFORMED_FRAME", "W61", "END doesn't stand behind a whole message")
            self.results[frame.stream] = Reply(None, False)
            return
        if len(pending.parts) != pending.total or (pending.parts and frame.payload):
            raise BrokenRule("MALFORMED_FRAME", "W37", "END doesn't fit the reply's fragments")
        message = decode(pending.reply, bytes(pending.parts) or frame.payload)
        self.results[frame.stream] = Reply(message, bool(frame.flags & REPLAYED))
