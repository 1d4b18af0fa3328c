import ProtoGen

/// A schema in small that uses the whole notation.
enum SampleSchema {
    static let text = """
        /// A schema for tests.

        /// Out of range.
        reason OUT_OF_RANGE: INVALID_ARGUMENT
        /// Not a known value.
        reason UNKNOWN_VALUE: INVALID_ARGUMENT
        /// Not the role.
        reason ROLE_REQUIRED: PERMISSION_DENIED
        /// Not a message.
        reason UNDECODABLE: INVALID_ARGUMENT
        /// Only the head may.
        reason HEAD_REQUIRED: PERMISSION_DENIED
        /// No reason given.
        reason REASON_REQUIRED: INVALID_ARGUMENT

        /// What somebody may do.
        enum Role {
            /// Handles.
            STAFF = 1
            /// Decides.
            HEAD = 2
            /// Visits.
            GUEST = 4
            reserved 3, CLERK
        }

        /// A part.
        message Part {
            /// How many.
            1 amount: int32(1..10)
        }

        /// A request.
        message AskRequest {
            reserved 9, old_name
            /// Its name.
            1 name: string(1..64)
            /// Whose.
            2 owner: string(..64) personal
            /// Why.
            3 reason: string required REASON_REQUIRED
            /// Who.
            4 role: Role unknown ROLE_REQUIRED
            /// Parts.
            5 parts: list<Part>(1..5)
            /// Words.
            6 words: list<string(..8)>
            /// A day.
            7 day: optional date
            /// A moment.
            8 at: instant
            /// Free.
            10 note: string
        }

        /// A reply.
        message AskReply {
            /// The number.
            1 number: uint64
        }

        /// Asks.
        service Asking = 7 {
            /// Changes something.
            method Tell = 1 (AskRequest) -> AskReply {
                kind command
                roles staff, head else HEAD_REQUIRED
                timeout 500ms max 60s
                idempotency request-id
            }
            /// Reads something.
            method Look = 2 (AskRequest) -> AskReply {
                kind query inline
                roles any
                timeout 5s max 60s
                idempotency safe
            }
            reserved 3, Forget
        }

        """

    /// The schema with one piece of text replaced.
    static func replacing(_ old: String, with new: String) -> String {
        precondition(text.contains(old), "the sample has no such text")
        return text.replacing(old, with: new, maxReplacements: 1)
    }

    static func schema(_ text: String = text) throws(SchemaLoader.Failure) -> Schema {
        try SchemaLoader.schema(from: [("sample.wire", text)])
    }

    /// The errors in a text; none when it is sound.
    static func errors(_ text: String) -> [SchemaError] {
        do {
            _ = try schema(text)
            return []
        } catch {
            guard case .unsound(let errors) = error else { return [] }
            return errors
        }
    }

    /// The number of the line on which `part` first begins.
    static func line(of part: String, in text: String) -> Int? {
        text.firstRange(of: part).map { range in
            text[..<range.lowerBound].split(separator: "\n", omittingEmptySubsequences: false).count
        }
    }
}
