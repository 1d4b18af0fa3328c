"""Records what a client and a server say to each other, and writes it as a capture file.

A relay needs no right to capture. What it has recorded can be cut into TCP segments in any way, and
spoilt, before it is written.
"""

import dataclasses
import socket
import struct
import threading
import time

CLIENT, SERVER = "client", "server"
SERVER_PORT = 7410
LINKTYPE_RAW = 101
FIN, SYN, ACK = 0x01, 0x02, 0x10
SEGMENT_MAX = 60_000


@dataclasses.dataclass
class Chunk:
    """What one side said at a moment, in seconds."""
    sender: str
    data: bytes
    time: float


class Relay:
    """Listens on `address`, carries each connection on to the server, and records it."""

    def __init__(self, server):
        self.server, self.connections, self.threads, self.sockets = server, [], [], []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        self.start(self.accept)

    def start(self, function, *arguments):
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        self.threads.append(thread)
        thread.start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return  # closed
            server = socket.create_connection(self.server)
            chunks = []
            self.connections.append(chunks)
            self.sockets += [client, server]
            self.start(self.carry, client, server, CLIENT, chunks)
            self.start(self.carry, server, client, SERVER, chunks)

    @staticmethod
    def carry(source, target, sender, chunks):
        try:
            while data := source.recv(65_536):
                # Recorded before it is sent on, so that an answer never stands before its question.
                chunks.append(Chunk(sender, data, time.time()))
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # One side has gone; what it said is recorded.

    def close(self, wait=30):
        """Waits until the connections have ended."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        limit = time.monotonic() + wait
        for thread in self.threads:
            thread.join(max(0, limit - time.monotonic()))
        for end in self.sockets:
            end.close()
        assert not any(thread.is_alive() for thread in self.threads), "a relayed connection is still open"


def split(chunks, size):
    """The same bytes in pieces of `size`."""
    return [
        Chunk(chunk.sender, chunk.data[start:start + size], chunk.time)
        for chunk in chunks for start in range(0, len(chunk.data), size)]


def joined(chunks):
    """What one side said without an answer in between, in as few segments as it fits."""
    result = []
    for chunk in chunks:
        if result and result[-1].sender == chunk.sender and len(result[-1].data) + len(chunk.data) <= SEGMENT_MAX:
            result[-1] = Chunk(chunk.sender, result[-1].data + chunk.data, chunk.time)
        else:
            result.append(chunk)
    return result


def write_capture(path, connections):
    """Writes a pcap file with each connection from its SYN to its FIN."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, LINKTYPE_RAW))
        for number, chunks in enumerate(connections):
            for when, packet in packets(split(chunks, SEGMENT_MAX), 50_000 + number):
                seconds, rest = divmod(round(when * 1e6), 1_000_000)
                file.write(struct.pack("<IIII", seconds, rest, len(packet), len(packet)) + packet)


def packets(chunks, client_port):
    sequence = {CLIENT: 1_000, SERVER: 5_000_000}

    def packet(sender, flags, data=b""):
        peer = SERVER if sender == CLIENT else CLIENT
        addresses = {CLIENT: bytes([10, 0, 0, 1]), SERVER: bytes([10, 0, 0, 2])}
        ports = {CLIENT: client_port, SERVER: SERVER_PORT}
        tcp = struct.pack(
            ">HHIIBBHHH", ports[sender], ports[peer], sequence[sender], sequence[peer] if flags & ACK else 0,
            5 << 4, flags, 65_535, 0, 0) + data
        ip = struct.pack(
            ">BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0x4000, 64, 6, 0) + addresses[sender] + addresses[peer]
        sequence[sender] = (sequence[sender] + len(data) + (1 if flags & (SYN | FIN) else 0)) % 2**32
        return ip + tcp

    begin = chunks[0].time if chunks else 0
    end = chunks[-1].time if chunks else 0
    yield begin, packet(CLIENT, SYN)
    yield begin, packet(SERVER, SYN | ACK)
    yield begin, packet(CLIENT, ACK)
    for chunk in chunks:
        yield chunk.time, packet(chunk.sender, ACK, chunk.data)
    yield end, packet(CLIENT, FIN | ACK)
    yield end, packet(SERVER, FIN | ACK)
    yield end, packet(CLIENT, ACK)
