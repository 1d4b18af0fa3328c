-- What frames are made of (Protocol/WIRE.md). The tables above this line come from the schema.

local DEFAULT_PORT = 7410
local PREFACE = "\0BANJIE"
local PREFACE_LENGTH = 8
local HEADER_LENGTH = 24
local LONGEST_PAYLOAD = 0xFFFFFF
local DEEPEST_MESSAGE = 100

local TYPES = {
    [0x01] = "HELLO", [0x02] = "AUTH", [0x04] = "PING", [0x05] = "PONG", [0x06] = "GOAWAY", [0x07] = "ERROR",
    [0x10] = "CALL", [0x11] = "MESSAGE", [0x12] = "END", [0x13] = "CANCEL", [0x14] = "WINDOW",
}
-- Who alone sends a type: from it the direction of a connection is known whose beginning wasn't captured.
local SENDERS = { CALL = "client", CANCEL = "client", END = "server", GOAWAY = "server" }
local STATUSES = {
    [0] = "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
    "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
}
local CHECKSUM_STATUSES = { [0] = "Bad", [1] = "Good", [2] = "Unverified" }

-- The messages within frames, in the form of the schema's. Their names are in small letters, the schema's are not.
schema.enums.outcome = { [1] = "NOT_PROCESSED", [2] = "PROCESSED", [3] = "UNKNOWN" }
schema.enums.origin = { [1] = "CLIENT", [2] = "TRANSPORT", [3] = "SERVER", [4] = "HANDLER" }
schema.messages.hello = {
    doc = "What one side says of itself",
    { 1, "version_min", "uint32" },
    { 2, "version_max", "uint32" },
    { 3, "realm", "string" },
    { 4, "max_frame", "uint32", doc = "The longest payload that the sender takes" },
    { 5, "max_message", "uint32", doc = "The longest message that the sender takes" },
    { 6, "max_calls", "uint32", doc = "Calls that the sender takes at a time" },
    { 7, "stream_window", "uint32", doc = "Credit in bytes with which each stream begins" },
    { 8, "connection_window", "uint32", doc = "Credit in bytes with which the connection begins" },
    { 9, "features", "uint64" },
    { 10, "schema", "bytes", doc = "A digest of the sender's schemas" },
    { 11, "product", "string" },
}
schema.messages.credentials = {
    doc = "Who a client says it is",
    { 1, "login", "string" },
    { 2, "secret", "string" },
    { 3, "language", "string" },
}
schema.messages.signed_in = {
    doc = "Whom the server takes the client for",
    { 1, "login", "string" },
    { 2, "roles", "string" },
}
schema.messages.farewell = {
    doc = "Why a side stops",
    { 1, "code", "string" },
    { 2, "message", "string" },
    { 3, "rule", "string", doc = "The rule of WIRE.md that was broken" },
}
schema.messages.metadata = {
    doc = "What accompanies a call's message",
    { 1, "request_id", "bytes" },
    { 2, "traceparent", "string" },
    { 3, "total_length", "uint64", doc = "Of the message, when it doesn't fit CALL" },
}
schema.messages.failure = {
    doc = "Why a call failed",
    { 1, "reason", "string" },
    { 2, "message", "string" },
    { 3, "outcome", "enum", "outcome" },
    { 4, "origin", "enum", "origin" },
    { 5, "retry_after_ms", "uint32" },
    { 6, "field", "string", doc = "The path of the field that was refused" },
    { 7, "details", "message", "failure_detail" },
}
schema.messages.failure_detail = {
    doc = "One particular of a failure",
    { 1, "key", "string" },
    { 2, "value", "string" },
}

local banjie = Proto("banjie", "Banjie")
banjie.prefs.port = Pref.uint(
    "TCP port", DEFAULT_PORT, "The server's port. On other ports the protocol is recognized by its preface or a header.")
banjie.prefs.personal = Pref.bool(
    "Show personal data", false, "Show the fields that the schema marks as personal. Secrets are never shown.")

-- Fields and marks -----------------------------------------------------------------------------------------------

local fields = {
    preface = ProtoField.bytes("banjie.preface", "Preface"),
    frame = ProtoField.none("banjie.frame", "Frame"),
    length = ProtoField.uint32("banjie.length", "Payload length"),
    stream = ProtoField.uint32("banjie.stream", "Stream"),
    type = ProtoField.uint8("banjie.type", "Type", base.HEX, TYPES),
    flags = ProtoField.uint8("banjie.flags", "Flags", base.HEX),
    is_stream = ProtoField.bool("banjie.flags.stream", "Stream", 8, nil, 0x01, "A streaming call"),
    last = ProtoField.bool("banjie.flags.last", "Last", 8, nil, 0x01, "The message ends with this frame"),
    first = ProtoField.bool(
        "banjie.flags.first", "First", 8, nil, 0x04, "On a stream: the message begins with this frame"),
    half_close = ProtoField.bool(
        "banjie.flags.half_close", "Half close", 8, nil, 0x02, "The sender sends no further message on the stream"),
    replayed = ProtoField.bool("banjie.flags.replayed", "Replayed", 8, nil, 0x01, "A stored reply; nothing ran"),
    field16 = ProtoField.uint16("banjie.field16", "Field of 16 bits", base.HEX),
    field32 = ProtoField.uint32("banjie.field32", "Field of 32 bits", base.HEX),
    metadata_length = ProtoField.uint16("banjie.metadata_length", "Length of the metadata"),
    timeout = ProtoField.uint32("banjie.timeout", "Timeout in milliseconds"),
    status = ProtoField.uint16("banjie.status", "Status", base.DEC, STATUSES),
    last_stream = ProtoField.uint32("banjie.last_stream", "Last stream accepted"),
    message_length = ProtoField.uint32("banjie.message_length", "Length of the whole message"),
    credit = ProtoField.uint32("banjie.credit", "Credit in bytes"),
    payload_checksum = ProtoField.uint32("banjie.payload_checksum", "Payload checksum", base.HEX),
    payload_checksum_status = ProtoField.uint8(
        "banjie.payload_checksum.status", "Payload checksum status", base.DEC, CHECKSUM_STATUSES),
    header_checksum = ProtoField.uint32("banjie.header_checksum", "Header checksum", base.HEX),
    header_checksum_status = ProtoField.uint8(
        "banjie.header_checksum.status", "Header checksum status", base.DEC, CHECKSUM_STATUSES),
    payload = ProtoField.bytes("banjie.payload", "Payload"),
    opaque = ProtoField.bytes("banjie.opaque", "Bytes to be returned"),
    service_number = ProtoField.uint16("banjie.service_number", "Service number"),
    method_number = ProtoField.uint16("banjie.method_number", "Method number"),
    service = ProtoField.string("banjie.service", "Service"),
    method = ProtoField.string("banjie.method", "Method"),
    fragment = ProtoField.bytes("banjie.fragment", "Fragment"),
    fragment_offset = ProtoField.uint32("banjie.fragment.offset", "Offset of the fragment"),
    message_in = ProtoField.framenum("banjie.message_in", "Message whole in", base.NONE),
    request_in = ProtoField.framenum("banjie.request_in", "Request in", base.NONE, frametype.REQUEST),
    reply_in = ProtoField.framenum("banjie.reply_in", "Reply in", base.NONE, frametype.RESPONSE),
    cancel_in = ProtoField.framenum("banjie.cancel_in", "Cancelled in", base.NONE),
    time = ProtoField.relative_time("banjie.time", "Time since the request"),
    unknown_field = ProtoField.uint32("banjie.unknown_field", "Field that the schema doesn't know"),
    skipped = ProtoField.bytes("banjie.skipped", "Not looked at"),
}

local experts = {
    header_checksum = ProtoExpert.new(
        "banjie.header_checksum.bad", "The header's checksum doesn't hold (W2)",
        expert.group.CHECKSUM, expert.severity.ERROR),
    payload_checksum = ProtoExpert.new(
        "banjie.payload_checksum.bad", "The payload's checksum doesn't hold (W4)",
        expert.group.CHECKSUM, expert.severity.ERROR),
    too_long = ProtoExpert.new(
        "banjie.length.bad", "The payload is longer than the receiver takes (W3)",
        expert.group.PROTOCOL, expert.severity.ERROR),
    unknown_type = ProtoExpert.new(
        "banjie.type.unknown", "The type isn't known (W5)", expert.group.PROTOCOL, expert.severity.ERROR),
    passed_over = ProtoExpert.new(
        "banjie.type.passed_over", "A receiver that doesn't know the type passes over the frame (W6)",
        expert.group.PROTOCOL, expert.severity.CHAT),
    malformed = ProtoExpert.new(
        "banjie.malformed", "The payload can't be what its type says", expert.group.MALFORMED, expert.severity.ERROR),
    unknown_method = ProtoExpert.new(
        "banjie.method.unknown", "The schema doesn't have this method", expert.group.PROTOCOL, expert.severity.WARN),
    failed = ProtoExpert.new(
        "banjie.failed", "The call failed", expert.group.RESPONSE_CODE, expert.severity.NOTE),
    behind = ProtoExpert.new(
        "banjie.skipped.behind", "Nothing behind a broken frame is looked at (W10)",
        expert.group.PROTOCOL, expert.severity.WARN),
    unaligned = ProtoExpert.new(
        "banjie.skipped.unaligned", "The capture began within a frame", expert.group.SEQUENCE, expert.severity.NOTE),
}

local function hides(field)
    return field.name == "secret" or field.personal and not banjie.prefs.personal
end

local MAKERS = {
    bool = ProtoField.bool,
    int32 = ProtoField.int32,
    int64 = ProtoField.int64,
    uint32 = ProtoField.uint32,
    uint64 = ProtoField.uint64,
    string = ProtoField.string,
    bytes = ProtoField.bytes,
    date = ProtoField.string,
    message = ProtoField.none,
}

-- What can be hidden is shown as text, whatever its type.
local function register(path, field)
    if field.personal and field.kind ~= "message" then
        return ProtoField.string(path, field.name, base.UNICODE, field.doc)
    elseif field.kind == "enum" then
        return ProtoField.int32(path, field.name, base.DEC, schema.enums[field.type], nil, field.doc)
    elseif field.kind == "instant" then
        return ProtoField.absolute_time(path, field.name, base.UTC, field.doc)
    elseif field.kind == "bool" then
        return ProtoField.bool(path, field.name, base.NONE, nil, nil, field.doc)
    elseif field.kind == "string" or field.kind == "date" then
        return ProtoField.string(path, field.name, base.UNICODE, field.doc)
    elseif field.kind == "bytes" then
        return ProtoField.bytes(path, field.name, base.SPACE, field.doc)
    elseif field.kind == "message" then
        return ProtoField.none(path, field.name, field.doc)
    end
    return MAKERS[field.kind](path, field.name, base.DEC, nil, nil, field.doc)
end

local registered = {}
for _, field in pairs(fields) do registered[#registered + 1] = field end
for name, message in pairs(schema.messages) do
    message.name = name
    message.item = ProtoField.none("banjie." .. name, name, message.doc)
    registered[#registered + 1] = message.item
    message.by_number = {}
    for _, entry in ipairs(message) do
        local field = {
            number = entry[1], name = entry[2], kind = entry[3], type = entry[4],
            personal = entry.personal, doc = entry.doc,
        }
        field.item = register("banjie." .. name .. "." .. field.name, field)
        registered[#registered + 1] = field.item
        message.by_number[field.number] = field
    end
end
banjie.fields = registered
banjie.experts = experts

-- CRC-32C --------------------------------------------------------------------------------------------------------

local bits = bit or bit32
local crc_table = {}
for index = 0, 255 do
    local value = index
    for _ = 1, 8 do
        if value % 2 == 1 then
            value = bits.bxor(bits.rshift(value, 1), 0x82F63B78)
        else
            value = bits.rshift(value, 1)
        end
    end
    crc_table[index] = value
end

local function crc32c(text)
    local value = 0xFFFFFFFF
    for index = 1, #text do
        value = bits.bxor(bits.rshift(value, 8), crc_table[bits.band(bits.bxor(value, text:byte(index)), 0xFF)])
    end
    return bits.bxor(value, 0xFFFFFFFF) % 2 ^ 32
end

local function header_holds(tvb, offset)
    return crc32c(tvb:raw(offset, HEADER_LENGTH - 4)) == tvb(offset + HEADER_LENGTH - 4, 4):le_uint()
end

-- Messages -------------------------------------------------------------------------------------------------------

-- A varint as its low and high 32 bits, and where it ends; nil when there is none of at most 64 bits.
local function varint(raw, position, finish)
    local low, high, shift = 0, 0, 0
    while position < finish do
        local byte = raw:byte(position + 1)
        local part = byte % 128
        if shift < 28 then
            low = low + part * 2 ^ shift
        elseif shift == 28 then
            low = low + part % 16 * 2 ^ 28
            high = math.floor(part / 16)
        elseif shift < 63 or part < 2 and byte < 128 then
            high = high + part * 2 ^ (shift - 32)
        else
            return nil
        end
        position = position + 1
        if byte < 128 then return math.floor(low), math.floor(high), position end
        shift = shift + 7
    end
    return nil
end

local function signed32(low) return low >= 2 ^ 31 and low - 2 ^ 32 or low end

-- The zigzag value of 64 bits; exact up to 2^53, which is more than any date needs.
local function zigzag(low, high)
    local half = math.floor(low / 2) + high * 2 ^ 31
    return low % 2 == 0 and half or -half - 1
end

-- The proleptic Gregorian date of a number of days since 1970-01-01; nil beyond the years 1 to 9999.
local function civil_date(days)
    if days < -719162 or days > 2932896 then return nil end
    local shifted = days + 719468
    local era = math.floor(shifted / 146097)
    local day_of_era = shifted - era * 146097
    local year_of_era = math.floor((day_of_era - math.floor(day_of_era / 1460) + math.floor(day_of_era / 36524)
        - math.floor(day_of_era / 146096)) / 365)
    local day_of_year = day_of_era
        - (365 * year_of_era + math.floor(year_of_era / 4) - math.floor(year_of_era / 100))
    local month_index = math.floor((5 * day_of_year + 2) / 153)
    local day = day_of_year - math.floor((153 * month_index + 2) / 5) + 1
    local month = month_index < 10 and month_index + 3 or month_index - 9
    local year = year_of_era + era * 400 + (month <= 2 and 1 or 0)
    return string.format("%04d-%02d-%02d", year, month, day)
end

-- An instant as the office's clocks show it, in Asia/Shanghai; nil beyond the years 1 to 9999.
local function civil_time(seconds)
    local shifted = seconds + 8 * 3600
    local days = math.floor(shifted / 86400)
    local date = civil_date(days)
    if not date then return nil end
    local second = shifted - days * 86400
    return string.format(
        "%sT%02d:%02d:%02d+08:00", date, math.floor(second / 3600), math.floor(second / 60) % 60, second % 60)
end

local function decimal(value) return string.format("%.0f", value) end

local function add_hidden(tree, field, range)
    local what = field.name == "secret" and "(a secret, never shown)" or "(personal, not shown)"
    if field.kind == "string" or field.personal and field.kind ~= "message" then
        tree:add(field.item, range, what)
    else
        tree:add(range, field.name .. ": " .. what)
    end
end

-- Adds a value that is carried as a varint.
local function add_scalar(tree, field, range, low, high)
    local kind = field.kind
    if hides(field) then return add_hidden(tree, field, range) end
    if kind == "instant" or kind == "date" then
        local number = kind == "instant" and zigzag(low, high) or zigzag(low, 0)
        local text = kind == "instant" and civil_time(number) or kind == "date" and civil_date(number)
        if field.personal or kind == "date" then
            tree:add(field.item, range, text or decimal(number) .. " (out of range)")
        else
            local item = tree:add(field.item, range, NSTime.new(number, 0))
            item:set_text(field.name .. ": " .. (text or decimal(number) .. " (out of range)"))
        end
        return
    end
    local value
    if kind == "bool" then
        value = low ~= 0 or high ~= 0
    elseif kind == "int32" or kind == "enum" then
        value = signed32(low)
    elseif kind == "uint32" then
        value = low
    elseif kind == "int64" then
        value = Int64.new(low, high)
    else
        value = UInt64.new(low, high)
    end
    if field.personal then value = tostring(value) end
    tree:add(field.item, range, value)
end

local decode

-- Adds a value that is carried with its length. Returns its text, or false when it doesn't decode.
local function add_delimited(tree, field, tvb, raw, start, finish, depth)
    local range = tvb(start, finish - start)
    if field.kind == "message" then
        if hides(field) then add_hidden(tree, field, range) return "" end
        local item = tree:add(field.item, range)
        return decode(item, schema.messages[field.type], tvb, raw, start, finish, depth + 1) and ""
    elseif field.kind == "string" then
        if hides(field) then add_hidden(tree, field, range) return "" end
        local text = finish > start and range:string(ENC_UTF_8) or ""
        tree:add(field.item, range, text)
        return text
    elseif field.kind == "bytes" then
        if hides(field) then
            add_hidden(tree, field, range)
        elseif field.personal then
            tree:add(field.item, range, finish > start and tostring(range:bytes()) or "")
        else
            tree:add(field.item, range)
        end
        return ""
    end
    -- Numbers, one behind the other.
    local position = start
    while position < finish do
        local low, high, after = varint(raw, position, finish)
        if not low then return false end
        add_scalar(tree, field, tvb(position, after - position), low, high)
        position = after
    end
    return ""
end

-- Adds the fields of a message that lies at `start`…`finish` of `tvb`, whose bytes are `raw`.
-- Returns its strings and numbers by name; nil, and marks the tree, when it doesn't decode.
decode = function(tree, message, tvb, raw, start, finish, depth)
    local values = {}
    local position = start
    local function refuse()
        tree:add_proto_expert_info(
            experts.malformed, message.name .. " doesn't decode, at byte " .. decimal(position - start))
        return nil
    end
    if depth > DEEPEST_MESSAGE then return refuse() end
    while position < finish do
        local tag, tag_high, content = varint(raw, position, finish)
        if not tag or tag_high ~= 0 or tag < 8 then return refuse() end
        local wire_type, number = tag % 8, math.floor(tag / 8)
        local field = message.by_number[number]
        local low, high, after
        if wire_type == 0 or wire_type == 2 then
            low, high, after = varint(raw, content, finish)
            if not low then return refuse() end
        elseif wire_type == 1 or wire_type == 5 then
            after = content + (wire_type == 1 and 8 or 4)
        else
            return refuse()
        end
        local begin = after
        if wire_type == 2 then
            if high ~= 0 or low > finish - after then return refuse() end
            after = after + low
        end
        if after > finish then return refuse() end
        if not field then
            tree:add(fields.unknown_field, tvb(position, after - position), number)
        elseif wire_type == 2 then
            local text = add_delimited(tree, field, tvb, raw, begin, after, depth)
            if not text then return refuse() end
            values[field.name] = text
        elseif wire_type == 0 and field.kind ~= "string" and field.kind ~= "bytes" and field.kind ~= "message" then
            add_scalar(tree, field, tvb(position, after - position), low, high)
            values[field.name] = low + high * 2 ^ 32
        else
            return refuse()
        end
        position = after
    end
    return values
end

-- Adds a whole message under a heading of its own.
local function add_message(tree, name, tvb, offset, length)
    local message = schema.messages[name]
    local item = tree:add(message.item, tvb(offset, length))
    if length == 0 then
        item:append_text(" (empty)")
        return {}
    end
    local part = tvb(offset, length):tvb()
    return decode(item, message, part, part:raw(), 0, length, 0)
end

-- Connections ----------------------------------------------------------------------------------------------------

local function address(host, port) return tostring(host) .. ":" .. port end

-- The connections between two ports, one after the other, by both addresses.
local connections = {}

function banjie.init() connections = {} end

-- The connection that the packet belongs to. `begins`: the packet holds a client's preface; when the connection
-- between these ports already had one, the ports are in use again.
local function connection_of(pinfo, begins)
    local one, other = address(pinfo.src, pinfo.src_port), address(pinfo.dst, pinfo.dst_port)
    local key = one < other and one .. " " .. other or other .. " " .. one
    local successive = connections[key] or {}
    connections[key] = successive
    local index = #successive
    while index > 1 and successive[index].first > pinfo.number do index = index - 1 end
    local connection = successive[index]
    if not connection or begins and connection.has_begun and not pinfo.visited then
        -- `first`: the first packet. `is_encrypted`: it is TLS's. `client`: the client's address, once known. `longest`: the longest payload that
        -- each side takes, once it has said so. `senders`: how far each side's frames can be told apart. `frames`:
        -- what was found in the first pass about a frame, which a later pass can't find again.
        connection = {
            first = pinfo.number, has_begun = false, is_encrypted = false, client = nil,
            longest = {}, senders = {}, calls = {}, frames = {},
        }
        successive[#successive + 1] = connection
    end
    if begins then connection.has_begun = true end
    return connection
end

local function side_of(connection, pinfo)
    if connection.client then
        return connection.client == address(pinfo.src, pinfo.src_port) and "client" or "server"
    end
    if pinfo.src_port == banjie.prefs.port then return "server" end
    return "client"
end

local function learn_side(connection, pinfo, side)
    if connection.client then return end
    connection.client = side == "client" and address(pinfo.src, pinfo.src_port)
        or address(pinfo.dst, pinfo.dst_port)
end

local function sender_of(connection, pinfo)
    local key = address(pinfo.src, pinfo.src_port)
    local sender = connection.senders[key]
    if not sender then
        -- `aligned_at`: the packet in which the first header was found. `broken_at`: the packet with a broken frame.
        sender = { aligned_at = nil, broken_at = nil }
        connection.senders[key] = sender
    end
    return sender
end

local function method_of(number)
    local service = schema.services[math.floor(number / 65536)]
    local method = service and service.methods[number % 65536]
    return service, method
end

-- Fragments of messages ------------------------------------------------------------------------------------------

-- Adds a part to the message that the side is sending in the call, and returns where it lies in it.
local function assemble(call, side, bytes, total, is_first, is_last, number)
    local message = not is_first and call.unfinished[side]
    if not message then
        message = { total = total, bytes = ByteArray.new(), whole_in = nil }
        call.unfinished[side] = message
    end
    local place = { message = message, offset = message.bytes:len(), completes = false }
    if bytes then message.bytes:append(bytes) end
    if is_last or message.bytes:len() >= message.total then
        message.whole_in = number
        place.completes = true
        call.unfinished[side] = nil
    end
    return place
end

local function show_place(tree, place)
    if not place then return end
    tree:add(fields.fragment_offset, place.offset):set_generated()
    if place.message.whole_in and not place.completes then
        tree:add(fields.message_in, place.message.whole_in):set_generated()
    end
end

-- Shows the message that a fragment completes.
local function show_assembled(tree, call, side, place, tvb, offset, length)
    if not place or not place.completes or not call or not call.definition then return end
    local name = side == "client" and call.definition.request or call.definition.reply
    if place.offset == 0 then
        add_message(tree, name, tvb, offset, length)
    elseif place.message.bytes:len() > 0 then
        local whole = place.message.bytes:tvb("Message of " .. place.message.bytes:len() .. " bytes")
        add_message(tree, name, whole, 0, whole:len())
    end
end

-- Frames ---------------------------------------------------------------------------------------------------------

local function show_method(tree, call, is_own)
    if not call then return end
    local name = call.service and call.service.name
    if not name then return end
    local service = tree:add(fields.service, name)
    if not is_own then service:set_generated() end
    if not call.definition then return end
    local method = tree:add(fields.method, call.full_name)
    if not is_own then method:set_generated() end
end

local function show_request(tree, call, pinfo)
    if not call then return end
    tree:add(fields.request_in, call.request_in):set_generated()
    local seconds = pinfo.rel_ts - call.began
    local whole = math.floor(seconds)
    tree:add(fields.time, NSTime.new(whole, math.floor((seconds - whole) * 1e9 + 0.5))):set_generated()
end

local dissect_payload = {}

function dissect_payload.HELLO(frame)
    local hello = add_message(frame.tree, "hello", frame.tvb, frame.offset, frame.length)
    if hello then frame.connection.longest[frame.side] = hello.max_frame end
    return hello and hello.product or ""
end

function dissect_payload.AUTH(frame)
    if frame.side == "client" and frame.field16 == 0 then
        add_message(frame.tree, "credentials", frame.tvb, frame.offset, frame.length)
        return ""
    end
    if frame.field16 == 0 then
        add_message(frame.tree, "signed_in", frame.tvb, frame.offset, frame.length)
        return "OK"
    end
    local failure = add_message(frame.tree, "failure", frame.tvb, frame.offset, frame.length)
    return frame.status .. (failure and failure.reason and "/" .. failure.reason or "")
end

local function dissect_opaque(frame)
    if frame.length == 8 then
        frame.tree:add(fields.opaque, frame.tvb(frame.offset, 8))
    else
        frame.tree:add_proto_expert_info(experts.malformed, "The payload isn't 8 bytes (W8)")
    end
    return ""
end

dissect_payload.PING = dissect_opaque
dissect_payload.PONG = dissect_opaque

function dissect_payload.GOAWAY(frame)
    add_message(frame.tree, "farewell", frame.tvb, frame.offset, frame.length)
    return "after stream " .. decimal(frame.field32)
end

function dissect_payload.ERROR(frame)
    local farewell = add_message(frame.tree, "farewell", frame.tvb, frame.offset, frame.length)
    return farewell and farewell.code or ""
end

function dissect_payload.CALL(frame)
    local tree, tvb, offset = frame.tree, frame.tvb, frame.offset
    local message_offset = 4 + frame.field16
    if frame.length < message_offset then
        tree:add_proto_expert_info(experts.malformed, "CALL is shorter than its parts (W8)")
        return ""
    end
    local number = tvb(offset, 4):le_uint()
    local service, definition = method_of(number)
    tree:add_le(fields.method_number, tvb(offset, 2))
    tree:add_le(fields.service_number, tvb(offset + 2, 2))
    if frame.is_new then
        frame.note.call = {
            service = service,
            definition = definition,
            full_name = definition and service.name .. "/" .. definition.name,
            request_in = frame.pinfo.number,
            began = frame.pinfo.rel_ts,
            is_stream = frame.flags % 2 == 1,
            unfinished = {},
        }
        frame.connection.calls[frame.stream] = frame.note.call
    end
    local call = frame.note.call
    show_method(tree, call, true)
    if call and call.reply_in then tree:add(fields.reply_in, call.reply_in):set_generated() end
    if call and call.cancel_in then tree:add(fields.cancel_in, call.cancel_in):set_generated() end
    if not definition then tree:add_proto_expert_info(experts.unknown_method) end
    local metadata = {}
    if frame.field16 > 0 then
        metadata = add_message(tree, "metadata", tvb, offset + 4, frame.field16) or {}
    end
    local length = frame.length - message_offset
    offset = offset + message_offset
    local total = metadata.total_length or 0
    if total > length and call then
        if frame.is_new then
            local bytes = length > 0 and tvb(offset, length):bytes() or nil
            frame.note.place = assemble(call, "client", bytes, total, true, false, frame.pinfo.number)
        end
        tree:add(fields.fragment, tvb(offset, length))
        show_place(tree, frame.note.place)
    elseif definition then
        add_message(tree, definition.request, tvb, offset, length)
    elseif length > 0 then
        tree:add(fields.payload, tvb(offset, length))
    end
    local name = call and call.full_name or string.format("%d/%d", math.floor(number / 65536), number % 65536)
    return name .. (frame.flags % 2 == 1 and ", a stream" or "")
end

function dissect_payload.MESSAGE(frame)
    local call = frame.call
    local is_last, is_half_close, is_first = frame.flags % 2 == 1, frame.flags % 4 >= 2, frame.flags % 8 >= 4
    if call and frame.is_new and (frame.length > 0 or is_last) then
        local bytes = frame.length > 0 and frame.tvb(frame.offset, frame.length):bytes() or nil
        frame.note.place =
            assemble(call, frame.side, bytes, frame.field32, is_first, is_last, frame.pinfo.number)
    end
    show_method(frame.tree, call)
    show_request(frame.tree, call, frame.pinfo)
    if frame.length > 0 then frame.tree:add(fields.fragment, frame.tvb(frame.offset, frame.length)) end
    show_place(frame.tree, frame.note.place)
    show_assembled(frame.tree, call, frame.side, frame.note.place, frame.tvb, frame.offset, frame.length)
    local words = decimal(frame.length) .. " of " .. decimal(frame.field32) .. " bytes"
    if is_half_close then words = words .. ", half close" end
    return words .. (call and call.full_name and " " .. call.full_name or "")
end

function dissect_payload.END(frame)
    local call = frame.call
    if call and frame.is_new then call.reply_in = frame.pinfo.number end
    show_method(frame.tree, call)
    show_request(frame.tree, call, frame.pinfo)
    local words = frame.status
    if frame.field16 ~= 0 then
        local failure = add_message(frame.tree, "failure", frame.tvb, frame.offset, frame.length)
        local reason = failure and failure.reason
        if reason then
            words = words .. "/" .. reason
            local meaning = schema.reasons[reason]
            frame.tree:add_proto_expert_info(experts.failed, reason .. (meaning and ": " .. meaning or ""))
        end
    elseif frame.length > 0 or call and call.definition and not call.has_messages and not call.is_stream then
        if call and call.definition then
            add_message(frame.tree, call.definition.reply, frame.tvb, frame.offset, frame.length)
        else
            frame.tree:add(fields.payload, frame.tvb(frame.offset, frame.length))
        end
    end
    return words .. (call and call.full_name and " " .. call.full_name or "")
end

function dissect_payload.CANCEL(frame)
    local call = frame.call
    if call and frame.is_new and not call.reply_in then call.cancel_in = frame.pinfo.number end
    show_method(frame.tree, call)
    show_request(frame.tree, call, frame.pinfo)
    return call and call.full_name or ""
end

function dissect_payload.WINDOW(frame)
    show_method(frame.tree, frame.call)
    return "+" .. decimal(frame.field32) .. (frame.call and frame.call.full_name and " " .. frame.call.full_name or "")
end

-- The field of 16 and of 32 bits, by the type that gives them a meaning.
local FIELDS_16 = { CALL = fields.metadata_length, END = fields.status, AUTH = fields.status }
local FIELDS_32 = {
    CALL = fields.timeout, MESSAGE = fields.message_length, GOAWAY = fields.last_stream, WINDOW = fields.credit,
}
local FLAGS = {
    CALL = { fields.is_stream, fields.half_close },
    MESSAGE = { fields.last, fields.half_close, fields.first },
    END = { fields.replayed },
}

-- Adds the header at `offset`; returns whether both checksums hold. `length` is nil when the payload isn't there.
local function add_header(tree, tvb, offset, type, length, holds)
    tree:add_le(fields.length, tvb(offset, 4))
    tree:add_le(fields.stream, tvb(offset + 4, 4))
    tree:add_le(fields.type, tvb(offset + 8, 1))
    local flags = tree:add_le(fields.flags, tvb(offset + 9, 1))
    for _, flag in ipairs(FLAGS[type] or {}) do flags:add_le(flag, tvb(offset + 9, 1)) end
    tree:add_le(FIELDS_16[type] or fields.field16, tvb(offset + 10, 2))
    tree:add_le(FIELDS_32[type] or fields.field32, tvb(offset + 12, 4))
    local payload_range = tvb(offset + 16, 4)
    local payload_item = tree:add_le(fields.payload_checksum, payload_range)
    local header_range = tvb(offset + 20, 4)
    local header_item = tree:add_le(fields.header_checksum, header_range)
    tree:add(fields.header_checksum_status, header_range, holds and 1 or 0):set_generated()
    if not holds then
        header_item:append_text(" [bad]")
        header_item:add_proto_expert_info(experts.header_checksum)
    end
    if not holds or not length then
        tree:add(fields.payload_checksum_status, payload_range, 2):set_generated()
        return false
    end
    local expected = length > 0 and crc32c(tvb:raw(offset + HEADER_LENGTH, length)) or 0
    local payload_holds = expected == payload_range:le_uint()
    tree:add(fields.payload_checksum_status, payload_range, payload_holds and 1 or 0):set_generated()
    if not payload_holds then
        payload_item:append_text(string.format(" [bad, should be 0x%08x]", expected))
        payload_item:add_proto_expert_info(experts.payload_checksum)
    end
    return payload_holds
end

-- Dissects the frame at `offset`, whose header's checksum holds, and returns a line about it.
local function dissect_frame(tvb, offset, pinfo, tree, connection)
    local length = tvb(offset, 4):le_uint()
    local stream = tvb(offset + 4, 4):le_uint()
    local number = tvb(offset + 8, 1):uint()
    local type = TYPES[number]
    local item = tree:add(fields.frame, tvb(offset, HEADER_LENGTH + length))
    local payload_holds = add_header(item, tvb, offset, type, length, true)
    local title = type or string.format("type 0x%02x", number)
    if stream ~= 0 then title = title .. " " .. decimal(stream) end
    if not type then
        item:add_proto_expert_info(number >= 0x80 and experts.passed_over or experts.unknown_type)
    end
    local words = ""
    if type and payload_holds then
        if SENDERS[type] then learn_side(connection, pinfo, SENDERS[type]) end
        -- A frame is known again by where it lies and what it says.
        local key = string.format(
            "%d:%d:%d", pinfo.number, tvb:offset() + offset, tvb(offset + 20, 4):le_uint())
        local is_new = not pinfo.visited
        local note = connection.frames[key]
        if not note or is_new then
            note = {}
            connection.frames[key] = note
        end
        local status = tvb(offset + 10, 2):le_uint()
        local call = connection.calls[stream]
        if type == "MESSAGE" and call and side_of(connection, pinfo) == "server" then call.has_messages = true end
        words = dissect_payload[type]({
            tree = item, tvb = tvb, offset = offset + HEADER_LENGTH, length = length, pinfo = pinfo,
            connection = connection, side = side_of(connection, pinfo), stream = stream, call = call,
            flags = tvb(offset + 9, 1):uint(),
            field16 = status, status = STATUSES[status] or "status " .. decimal(status),
            field32 = tvb(offset + 12, 4):le_uint(),
            is_new = is_new, note = note,
        })
    elseif length > 0 then
        item:add(fields.payload, tvb(offset + HEADER_LENGTH, length))
    end
    if words ~= "" then title = title .. " " .. words end
    if not payload_holds then title = title .. " [bad payload checksum]" end
    item:set_text("Frame: " .. title)
    return title
end

-- Streams of bytes -----------------------------------------------------------------------------------------------

local function begins_with_preface(tvb, offset)
    local length = math.min(#PREFACE, tvb:len() - offset)
    return length >= 4 and tvb:raw(offset, length) == PREFACE:sub(1, length)
end

-- Asks for more bytes behind the `wanted` that begin at `offset`; returns what a dissector that asks returns.
local function ask(tvb, offset, pinfo, wanted)
    pinfo.desegment_offset = offset
    pinfo.desegment_len = wanted - (tvb:len() - offset)
    return tvb:len()
end

local function add_skipped(tree, tvb, offset, mark)
    local item = tree:add(fields.skipped, tvb(offset))
    item:add_proto_expert_info(mark)
end

-- Whether the bytes begin a record of TLS.
local function begins_tls(tvb)
    return tvb:len() >= 5 and tvb(0, 1):uint() == 0x16 and tvb(1, 1):uint() == 3
        and not (tvb:len() >= HEADER_LENGTH and header_holds(tvb, 0))
end

-- Whether TLS is handing over what it has decrypted, in the same packet.
local is_decrypted = false

-- Has TLS dissect what came on our port; it comes back with what it can decrypt.
local function decrypt(tvb, pinfo, root)
    is_decrypted = true
    local succeeded, result = pcall(function() return Dissector.get("tls"):call(tvb, pinfo, root) end)
    is_decrypted = false
    if not succeeded then error(result, 0) end
    return result
end

function banjie.dissector(tvb, pinfo, root)
    if tvb:len() == 0 or tvb:len() ~= tvb:reported_len() then return 0 end
    local connection = connection_of(pinfo, tvb:len() >= #PREFACE and begins_with_preface(tvb, 0))
    if not is_decrypted then
        if begins_tls(tvb) then connection.is_encrypted = true end
        if connection.is_encrypted then return decrypt(tvb, pinfo, root) end
    end
    local sender = sender_of(connection, pinfo)
    local tree = root:add(banjie, tvb())
    pinfo.cols.protocol = "Banjie"
    local lines = {}
    local function finish(consumed)
        pinfo.cols.info:set(table.concat(lines, " · ") .. " ")
        pinfo.cols.info:fence()
        return consumed
    end
    -- The frame at `offset` is the last that its sender's peer has looked at.
    local function break_off(offset, why)
        sender.broken_at = pinfo.number
        local item = tree:add(fields.frame, tvb(offset, HEADER_LENGTH))
        item:set_text("Frame: " .. why)
        local is_header_good = header_holds(tvb, offset)
        add_header(item, tvb, offset, nil, nil, is_header_good)
        if is_header_good then item:add_proto_expert_info(experts.too_long) end
        lines[#lines + 1] = why
        offset = offset + HEADER_LENGTH
        if offset < tvb:len() then add_skipped(tree, tvb, offset, experts.behind) end
    end
    if sender.broken_at and pinfo.number > sender.broken_at then
        add_skipped(tree, tvb, 0, experts.behind)
        lines[1] = "behind a broken frame"
        return finish(tvb:len())
    end
    local offset = 0
    while offset < tvb:len() do
        local left = tvb:len() - offset
        if begins_with_preface(tvb, offset) then
            if left < PREFACE_LENGTH then return finish(ask(tvb, offset, pinfo, PREFACE_LENGTH)) end
            learn_side(connection, pinfo, "client")
            sender.aligned_at = sender.aligned_at or pinfo.number
            tree:add(fields.preface, tvb(offset, PREFACE_LENGTH))
            lines[#lines + 1] = "preface"
            offset = offset + PREFACE_LENGTH
        elseif left < HEADER_LENGTH then
            return finish(ask(tvb, offset, pinfo, HEADER_LENGTH))
        elseif header_holds(tvb, offset) then
            sender.aligned_at = sender.aligned_at or pinfo.number
            local length = HEADER_LENGTH + tvb(offset, 4):le_uint()
            local receiver = side_of(connection, pinfo) == "client" and "server" or "client"
            if length > HEADER_LENGTH + (connection.longest[receiver] or LONGEST_PAYLOAD) then
                break_off(offset, "[too long]")
                return finish(tvb:len())
            elseif left < length then
                return finish(ask(tvb, offset, pinfo, length))
            end
            lines[#lines + 1] = dissect_frame(tvb, offset, pinfo, tree, connection)
            offset = offset + length
        elseif sender.aligned_at and sender.aligned_at <= pinfo.number then
            break_off(offset, "[bad header checksum]")
            return finish(tvb:len())
        else
            add_skipped(tree, tvb, offset, experts.unaligned)
            lines[#lines + 1] = "continuation"
            offset = tvb:len()
        end
    end
    return finish(tvb:len())
end

-- Recognizes a connection on whatever port: by its preface, or by a header, whose checksum is no accident.
local function recognize(tvb, pinfo, tree)
    local length = tvb:len()
    local is_ours = length >= #PREFACE and begins_with_preface(tvb, 0)
        or length >= HEADER_LENGTH and tvb(3, 1):uint() == 0 and header_holds(tvb, 0)
    if not is_ours then return false end
    pinfo.conversation = banjie
    banjie.dissector(tvb, pinfo, tree)
    return true
end

local ports = DissectorTable.get("tcp.port")
local current_port = DEFAULT_PORT
ports:add(current_port, banjie)
function banjie.prefs_changed()
    if banjie.prefs.port == current_port then return end
    ports:remove(current_port, banjie)
    current_port = banjie.prefs.port
    ports:add(current_port, banjie)
end
-- Under TLS, once it is decrypted (Wireshark is given the keys), ALPN names the protocol.
DissectorTable.get("tls.alpn"):add("banjie/1", banjie)
banjie:register_heuristic("tcp", recognize)
banjie:register_heuristic("tls", recognize)
