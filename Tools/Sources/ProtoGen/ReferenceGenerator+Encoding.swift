extension ReferenceGenerator {
    static let encodingRules = """
        ## Encoding of messages

        A message is a sequence of fields, each a tag and a value, byte-compatible with Protocol Buffers:
        the files in `proto/` describe the same bytes to other languages' runtimes.

        - **Tag**: the varint of `number << 3 | wire type`; wire type 0 is a varint, 2 a length (a varint)
          and as many bytes. 1 and 5 (eight and four bytes) occur in unknown fields only. 3 and 4
          (groups) are refused.
        - **Varint**: seven bits a byte, the lowest first, the high bit set on all but the last; at most
          ten bytes.

        | type | on the wire | default |
        |---|---|---|
        | `bool` | varint 0 or 1 | false |
        | `int32`, `int64` | varint of the two's complement, extended to 64 bits (protobuf's `int32`, `int64`) | 0 |
        | `uint32`, `uint64` | varint | 0 |
        | `instant` | varint of the zigzag (protobuf's `sint64`): seconds since 1970-01-01T00:00:00Z, within the years 0001…9999 of Asia/Shanghai (UTC+8) | 1970-01-01T00:00:00Z |
        | `date` | varint of the zigzag (protobuf's `sint32`): days since 1970-01-01, within the years 0001…9999 | 1970-01-01 |
        | an enum | varint of its number (protobuf's `int32`); 0 is no value | 0 |
        | `string` | length and UTF-8 | empty |
        | `bytes` | length and bytes | empty |
        | a message | length and its fields | absent |
        | `list<T>` of varints | one field, packed: length and the varints | empty |
        | `list<T>` of others | a field for each element, defaults included | empty |

        Zigzag maps 0, −1, 1, −2, … to 0, 1, 2, 3, …

        **What is written** is canonical, so that equal messages have equal bytes and hashes: fields in
        ascending order of their numbers, varints and lengths in their shortest form, nothing twice but
        the elements of lists, nothing that is at its default. An `optional` field is written whenever it
        is present, its default included; so is a message within a message.

        **What is read** is every encoding that protobuf allows: fields in any order, the last of two
        values (two messages are merged field by field, lists grow), longer varints than needed, lists
        packed or not, defaults spelt out. Integers wider than their type lose their high bits, as in
        protobuf.

        **Unknown fields** are kept and written again after the known ones, in the order in which they
        came, tags and varints in their shortest form. A message with unknown fields is therefore
        canonical only if their numbers lie above all known ones.

        **Refused**, with the path of the field and the place in bytes: bytes that end within a field,
        varints of more than ten bytes or 64 bits, field number 0 or above 536 870 911, a known field with
        another wire type than its type demands, groups, strings that aren't UTF-8, instants and dates
        outside their years, messages nested deeper than 100.

        **Limits** (the column *allowed* below) are not judged by decoding but after the caller's rights:
        a value outside is refused with `OUT_OF_RANGE`, unless the field names another reason. A string's
        limits count its bytes in UTF-8.
        """
}
