"""Compares Banjie's message coding with Google's protobuf runtime, both ways.

Usage: messages_test.py TRANSCODE [--seed N] [--rounds N]

TRANSCODE is our program that answers `canonical`, `json` and `encode` lines. For random messages of
every type: our canonical bytes are the runtime's deterministic ones; every other valid encoding
decodes to the same; JSON goes there and back; damaged bytes that we take, the runtime takes too.
"""

import argparse
import base64
import datetime
import importlib
import json
import pathlib
import random
import subprocess
import sys

from google.protobuf import message as protobuf_message
from google.protobuf.descriptor import FieldDescriptor

EARLIEST_DAY, LATEST_DAY = -719_162, 2_932_896
OFFSET = 8 * 3600
EPOCH = datetime.datetime(1970, 1, 1)
VARINT, DELIMITED = 0, 2
DELIMITED_TYPES = {FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES, FieldDescriptor.TYPE_MESSAGE}


class Transcoder:
    """Our program, asked a batch of lines at a time."""

    def __init__(self, program):
        self.program = program

    def ask(self, lines):
        result = subprocess.run(
            [self.program], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
        answers = result.stdout.splitlines()
        assert len(answers) == len(lines), f"{len(answers)} answers to {len(lines)} lines"
        return answers


class Maker:
    """Makes random messages, edges preferred."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def integer(self, low, high):
        edges = [low, high, 0, 1, 127, 128, 16_383, 16_384]
        if self.random.random() < 0.5:
            value = self.random.choice(edges)
            return min(max(value, low), high)
        return self.random.randint(low, high) >> self.random.choice([0, 8, 16, 24])

    def text(self):
        alphabet = "aZ09 \"\\\n\t\x00/é办件补正𠮷😀"
        return "".join(self.random.choice(alphabet) for _ in range(self.random.choice([0, 1, 5, 40, 200])))

    def value(self, field, depth):
        kind = field.type
        if kind == FieldDescriptor.TYPE_BOOL:
            return self.random.random() < 0.5
        if kind == FieldDescriptor.TYPE_INT32:
            return self.integer(-2**31, 2**31 - 1)
        if kind == FieldDescriptor.TYPE_INT64:
            return self.integer(-2**63, 2**63 - 1)
        if kind == FieldDescriptor.TYPE_UINT32:
            return self.integer(0, 2**32 - 1)
        if kind == FieldDescriptor.TYPE_UINT64:
            return self.integer(0, 2**64 - 1)
        if kind == FieldDescriptor.TYPE_SINT32:  # date
            return self.integer(EARLIEST_DAY, LATEST_DAY)
        if kind == FieldDescriptor.TYPE_SINT64:  # instant
            return self.integer(EARLIEST_DAY * 86_400 - OFFSET, (LATEST_DAY + 1) * 86_400 - 1 - OFFSET)
        if kind == FieldDescriptor.TYPE_ENUM:
            known = [value.number for value in field.enum_type.values]
            return self.random.choice(known + [self.integer(-2**31, 2**31 - 1)])
        if kind == FieldDescriptor.TYPE_STRING:
            return self.text()
        if kind == FieldDescriptor.TYPE_BYTES:
            return self.random.randbytes(self.random.choice([0, 1, 32, 300]))
        raise AssertionError(f"type {kind} of {field.full_name} isn't one of ours")

    def fill(self, target, depth=0):
        for field in target.DESCRIPTOR.fields:
            if self.random.random() < 0.3:
                continue
            place = getattr(target, field.name)
            if field.is_repeated:
                for _ in range(self.random.choice([0, 1, 3, 20] if depth == 0 else [0, 1, 2])):
                    if field.type == FieldDescriptor.TYPE_MESSAGE:
                        self.fill(place.add(), depth + 1)
                    else:
                        place.append(self.value(field, depth))
            elif field.type == FieldDescriptor.TYPE_MESSAGE:
                place.SetInParent()
                self.fill(place, depth + 1)
            else:
                setattr(target, field.name, self.value(field, depth))
        return target


def varint(value, padding=0):
    value &= 2**64 - 1
    groups = [value & 127]
    while value := value >> 7:
        groups.append(value & 127)
    groups += [0] * min(padding, 10 - len(groups))
    return bytes(group | 128 for group in groups[:-1]) + bytes([groups[-1]])


def bits(field, value):
    if field.type in (FieldDescriptor.TYPE_SINT32, FieldDescriptor.TYPE_SINT64):
        return value * 2 if value >= 0 else -value * 2 - 1
    return int(value)


def another_encoding(message, maker):
    """A valid encoding that is far from canonical."""
    chance = maker.random.random
    pieces = []  # lists of chunks; the chunks of one list stay in order

    def tag(field, wire_type):
        return varint(field.number << 3 | wire_type, maker.random.choice([0, 0, 1, 2]))

    def delimited(field, content):
        return tag(field, DELIMITED) + varint(len(content), maker.random.choice([0, 0, 1, 3])) + content

    def padded(field, value):
        return varint(bits(field, value), maker.random.choice([0, 0, 1, 9]))

    def content(field, value):
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            return another_encoding(value, maker)
        return value.encode() if field.type == FieldDescriptor.TYPE_STRING else value

    for field in message.DESCRIPTOR.fields:
        if field.is_repeated:
            values = list(getattr(message, field.name))
            chunks = []
            while values:
                count = maker.random.randint(1, len(values))
                run, values = values[:count], values[count:]
                if field.type in DELIMITED_TYPES:
                    chunks += [delimited(field, content(field, value)) for value in run]
                elif chance() < 0.5:
                    chunks.append(delimited(field, b"".join(padded(field, value) for value in run)))
                else:
                    chunks += [tag(field, VARINT) + padded(field, value) for value in run]
            pieces.append(chunks)
        elif field.has_presence and not message.HasField(field.name):
            continue
        elif field.type in DELIMITED_TYPES:
            value = getattr(message, field.name)
            chunks = [delimited(field, content(field, value))]
            if field.type == FieldDescriptor.TYPE_MESSAGE and chance() < 0.3:
                chunks.append(delimited(field, b""))
            elif field.type == FieldDescriptor.TYPE_STRING and chance() < 0.3:
                chunks.insert(0, delimited(field, b"replaced"))
            pieces.append(chunks)
        else:
            value = getattr(message, field.name)
            chunks = [tag(field, VARINT) + padded(field, value)]
            if chance() < 0.3:
                chunks.insert(0, tag(field, VARINT) + varint(1))
            pieces.append(chunks)
    result = b""
    while pieces := [chunks for chunks in pieces if chunks]:
        result += maker.random.choice(pieces).pop(0)
    return result


def as_json(message):
    """The message in the JSON form that our transcoder documents."""
    def value(field, raw):
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            return as_json(raw)
        if field.type == FieldDescriptor.TYPE_ENUM:
            known = field.enum_type.values_by_number.get(raw)
            prefix = field.enum_type.values[0].name.removesuffix("UNSPECIFIED")
            return raw if known is None or raw == 0 else known.name.removeprefix(prefix)
        if field.type == FieldDescriptor.TYPE_BYTES:
            return base64.b64encode(raw).decode()
        if field.type == FieldDescriptor.TYPE_SINT32:
            return (EPOCH + datetime.timedelta(days=raw)).date().isoformat()
        if field.type == FieldDescriptor.TYPE_SINT64:
            return (EPOCH + datetime.timedelta(seconds=raw + OFFSET)).isoformat()
        return raw

    result = {}
    for field in message.DESCRIPTOR.fields:
        raw = getattr(message, field.name)
        if field.is_repeated:
            result[field.name] = [value(field, element) for element in raw]
        elif field.has_presence:
            if message.HasField(field.name):
                result[field.name] = value(field, raw)
        elif field.type != FieldDescriptor.TYPE_ENUM or raw != 0:
            result[field.name] = value(field, raw)
    return result


def canonical(message):
    return message.SerializeToString(deterministic=True)


def message_classes():
    names = sorted(path.stem + "_pb2" for path in pathlib.Path("Protocol/proto").glob("*.proto"))
    modules = [importlib.import_module(name) for name in names]
    return [
        getattr(module, name) for module in modules for name in module.DESCRIPTOR.message_types_by_name]


def expect(condition, what, *details):
    if not condition:
        sys.exit("\n".join(["FAILED: " + what, *map(str, details)]))


def check_encodings(transcoder, messages, maker):
    lines, wanted = [], []
    for message in messages:
        name, bytes_ = message.DESCRIPTOR.name, canonical(message)
        for encoding in (bytes_, another_encoding(message, maker)):
            lines.append(f"canonical {name} {encoding.hex()}")
            wanted.append("ok " + bytes_.hex())
    for line, answer, want in zip(lines, transcoder.ask(lines), wanted):
        expect(answer == want, "canonical bytes differ from protobuf's", line, "got  " + answer, "want " + want)
    return len(lines)


def check_unknown_fields(transcoder, messages, maker):
    lines, wanted = [], []
    for message in messages:
        number = maker.random.choice([1000, 18_999, 2**29 - 1])
        extra = varint(number << 3 | DELIMITED) + varint(3) + b"\x00\xff\x80"
        extra += varint((number - 1) << 3 | 5) + b"abcd" + varint((number - 1) << 3 | 1) + b"abcdefgh"
        extra += varint((number - 2) << 3 | VARINT) + varint(2**64 - 1)
        encoding = canonical(message) + extra
        expect(canonical(type(message).FromString(encoding)) == encoding, "protobuf loses unknown fields")
        lines.append(f"canonical {message.DESCRIPTOR.name} {encoding.hex()}")
        wanted.append("ok " + encoding.hex())
    for line, answer, want in zip(lines, transcoder.ask(lines), wanted):
        expect(answer == want, "unknown fields are lost", line, answer, want)
    return len(lines)


def check_json(transcoder, messages):
    lines = [f"json {message.DESCRIPTOR.name} {canonical(message).hex()}" for message in messages]
    answers = transcoder.ask(lines)
    back = []
    for message, line, answer in zip(messages, lines, answers):
        expect(answer.startswith("ok "), "no JSON", line, answer)
        expect(json.loads(answer[3:]) == as_json(message), "JSON differs", line, answer, as_json(message))
        text = json.dumps(as_json(message), ensure_ascii=len(back) % 2 == 0)
        back.append(f"encode {message.DESCRIPTOR.name} {text}")
    for message, line, answer in zip(messages, back, transcoder.ask(back)):
        want = "ok " + canonical(message).hex()
        expect(answer == want, "JSON doesn't come back", line, answer, want)
    return 2 * len(lines)


def check_damage(transcoder, messages, maker):
    """What we take of damaged bytes, protobuf takes, and understands in the same way."""
    cases = []
    for message in messages:
        encoding = bytearray(canonical(message)[:4000])
        if not encoding:
            continue
        for _ in range(4):
            damaged = bytearray(encoding)
            for _ in range(maker.random.choice([1, 1, 2, 5])):
                place = maker.random.randrange(len(damaged))
                damaged[place] ^= 1 << maker.random.randrange(8)
            if maker.random.random() < 0.3:
                del damaged[maker.random.randrange(len(damaged)):]
            cases.append((type(message), bytes(damaged)))
    answers = transcoder.ask([f"canonical {kind.DESCRIPTOR.name} {data.hex()}" for kind, data in cases])
    taken = 0
    for (kind, data), answer in zip(cases, answers):
        if not answer.startswith("ok"):
            continue
        taken += 1
        name = kind.DESCRIPTOR.name
        try:
            theirs, ours = kind.FromString(data), kind.FromString(bytes.fromhex(answer[3:]))
        except protobuf_message.DecodeError as error:
            expect(False, "we take what protobuf refuses", name, data.hex(), answer, error)
        theirs.DiscardUnknownFields()
        ours.DiscardUnknownFields()
        expect(canonical(theirs) == canonical(ours), "we understand something else", name, data.hex(), answer)
    return len(cases), taken


def check_vectors(transcoder):
    """The golden vectors mean the same to protobuf."""
    classes = {kind.DESCRIPTOR.name: kind for kind in message_classes()}
    count = 0
    for line in pathlib.Path("Protocol/vectors/messages.jsonl").read_text().splitlines():
        vector = json.loads(line)
        if "canonical" not in vector:
            continue
        message = classes[vector["message"]].FromString(bytes.fromhex(vector["bytes"]))
        expect(canonical(message).hex() == vector["canonical"], "vector " + vector["what"], canonical(message).hex())
        expect(as_json(message) == vector["json"], "JSON of vector " + vector["what"], as_json(message))
        count += 1
    return count


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("transcode")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    print("seed", arguments.seed)
    maker = Maker(arguments.seed)
    transcoder = Transcoder(arguments.transcode)
    classes = message_classes()
    messages = [maker.fill(kind()) for kind in classes for _ in range(arguments.rounds)]
    print(len(classes), "message types,", len(messages), "messages")
    print("encodings equal:", check_encodings(transcoder, messages, maker))
    print("unknown fields kept:", check_unknown_fields(transcoder, messages, maker))
    print("JSON there and back:", check_json(transcoder, messages))
    cases, taken = check_damage(transcoder, messages, maker)
    print(f"damaged: {cases}, taken by both: {taken}")
    print("golden vectors:", check_vectors(transcoder))


main()
