internal import BanjieProtocol
internal import CivilTime
internal import Digest
internal import Office
internal import Store
internal import Wire

/// What applicants send and fetch without coming to a window.
struct OnlineService: Sendable {
    /// A material that the caller may see, and its case.
    private func readable(
        _ id: [UInt8],
        to actor: Actor,
        in context: some RecordContext
    ) throws(HandlerFailure) -> MaterialRecord {
        let key = Hexadecimal.text(of: id)
        let absent = Refusal.none(kind: .material, name: key)
        let material = try context.load(MaterialRecord.self, key, or: absent)
        // Whoever may not see the case is told nothing of its materials.
        switch material.owner {
        case .matter(let serial):
            let record = try context.caseRecord(serial)
            guard CasesService.mayRead(actor, record) else { throw .refused(absent) }
        case .draft(let number):
            let draft = try context.loadIfPresent(DraftRecord.self, number)
            guard draft?.owner == actor.login else { throw .refused(absent) }
        }
        return material
    }
}

extension OnlineService: OnlineQueries {
    func getMaterial(
        _ request: MaterialRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> MaterialView {
        try validating(request)
        return try readable(request.material, to: try context.signedIn(), in: context).view
    }

    func listMaterials(
        _ request: ListMaterialsRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ListMaterialsReply {
        try validating(request)
        let actor = try context.signedIn()
        let owner = try MaterialRecord.Owner(case: request.case, draft: request.draft)
        switch owner {
        case .matter(let serial):
            let record = try context.caseRecord(serial)
            try ruling { () throws(Refusal) in try CasesService.requireReader(actor, of: record) }
        case .draft: _ = try context.draft(request.draft, of: actor)
        }
        let search = MaterialRecord.search(of: owner, limit: MaterialUpload.materialsMax)
        let found = try context.find(MaterialRecord.self, search)
        return ListMaterialsReply(materials: found.map(\.view))
    }
}

extension OnlineService: OnlineUploads {
    func uploadMaterial(
        _ request: MaterialPart,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> MaterialUpload {
        try MaterialUpload(request, in: &context)
    }
}

extension OnlineService: OnlineWatches {
    func downloadMaterial(
        _ request: DownloadMaterialRequest,
        in context: inout WatchContext
    ) throws(HandlerFailure) -> MaterialDownload {
        try validating(request)
        let material = try readable(
            request.material,
            to: try context.query.signedIn(),
            in: context.query
        )
        guard material.completed != nil else { throw .refused(.wrongState("UNFINISHED")) }
        let download = try MaterialDownload(material, from: request.offset)
        try context.audit(
            "PERSONAL_OPENED",
            material.owner.subject,
            "material \(material.key)"
        )
        return download
    }
}

/// Takes a material, part by part.
struct MaterialUpload: ServedUpload {
    /// The most materials of one case, and of one draft.
    static let materialsMax = 200
    /// How many parts are read at once.
    private static let partsAtOnce = 16

    private var material: MaterialRecord

    /// - Throws: what keeps the caller from bringing this material to this case or draft.
    init(_ request: MaterialPart, in context: inout CommandContext) throws(HandlerFailure) {
        try validating(request)
        for (field, count, wanted) in [
            ("material", request.material.count, 16), ("digest", request.digest.count, 32),
        ] where count != wanted {
            throw .refused(.outOfRange(field: field, allowed: "\(wanted)…\(wanted)"))
        }
        let actor = context.actor
        let owner = try MaterialRecord.Owner(case: request.case, draft: request.draft)
        switch owner {
        case .matter(let serial):
            let record = try context.caseRecord(serial)
            try ruling { () throws(Refusal) in
                try CasesService.requireReader(actor, of: record)
                guard record.takesMaterials else { throw .wrongState("\(record.state.message)") }
            }
        case .draft:
            var draft = try context.draft(request.draft, of: actor)
            draft.touch(on: context.now.date)
            context.unit.save(draft)
        }
        let asked: MaterialRecord
        do {
            asked = try MaterialRecord(
                id: Hexadecimal.text(of: request.material),
                of: owner,
                name: request.name,
                size: request.size,
                digest: request.digest,
                sender: actor.login
            )
        } catch {
            throw .refused(error)
        }
        let known = try context.loadIfPresent(MaterialRecord.self, asked.key)
        material = try Self.goOn(asked, known, at: request.offset, in: context)
        try receive(request, in: &context)
    }

    /// The material to go on with: what is known of it, or nothing yet.
    private static func goOn(
        _ asked: MaterialRecord,
        _ known: MaterialRecord?,
        at offset: UInt64,
        in context: CommandContext
    ) throws(HandlerFailure) -> MaterialRecord {
        guard let known else {
            let search = MaterialRecord.search(of: asked.owner, limit: materialsMax)
            let others = try context.find(MaterialRecord.self, search)
            guard others.count < materialsMax else {
                throw .refused(.limitExceeded(asked: others.count + 1, most: materialsMax))
            }
            return asked
        }
        guard known.isSame(as: asked) else {
            throw .refused(.exists(kind: .material, name: asked.key))
        }
        // One that is there whole is left as it is, and the sender told so.
        guard known.completed == nil, offset == 0 else { return known }
        try forEachPart(of: known, in: context) {
            context.unit.delete(MaterialPartRecord.self, $0.key)
        }
        return asked
    }

    /// Visits what has come of a material, in order, some parts at a time.
    private static func forEachPart(
        of material: MaterialRecord,
        in context: CommandContext,
        _ visit: (MaterialPartRecord) -> Void
    ) throws(HandlerFailure) {
        var after: [Value] = [.integer(-1)]
        while true {
            let search = Search(
                prefix: [.text(material.key)],
                after: after,
                limit: partsAtOnce
            )
            let parts = try context.find(MaterialPartRecord.self, search)
            for part in parts { visit(part) }
            guard parts.count == partsAtOnce, let last = parts.last else { return }
            after = [.integer(last.key.offset)]
        }
    }

    mutating func receive(
        _ request: MaterialPart,
        in context: inout CommandContext
    ) throws(HandlerFailure) {
        try validating(request)
        guard material.completed == nil else { return }
        let offset = material.received
        do {
            try material.take(request.content.count, at: request.offset)
        } catch {
            throw .refused(error)
        }
        if !request.content.isEmpty {
            context.unit.save(MaterialPartRecord(material.key, at: offset, request.content))
        }
        context.unit.save(material)
    }

    mutating func finish(in context: inout CommandContext) throws(HandlerFailure) -> MaterialView {
        guard material.isWhole, material.completed == nil else { return material.view }
        var stream = SHA256Stream()
        try Self.forEachPart(of: material, in: context) { stream.update($0.content) }
        let digest = stream.finish()
        do {
            try material.complete(with: digest, at: context.now)
        } catch {
            throw .refused(error)
        }
        context.unit.save(material)
        context.audit(
            "MATERIAL_RECEIVED",
            material.owner.subject,
            "\(material.key), \(material.size) bytes"
        )
        return material.view
    }
}

/// Gives a material's bytes out, from any offset on.
struct MaterialDownload: ServedWatch {
    private let material: MaterialRecord
    private var offset: Int64

    init(_ material: MaterialRecord, from offset: UInt64) throws(HandlerFailure) {
        guard let start = Int64(exactly: offset), start <= material.size else {
            throw .refused(.outOfRange(field: "offset", allowed: "0…\(material.size)"))
        }
        self.material = material
        self.offset = start
    }

    mutating func next(
        in context: inout WatchContext
    ) throws(HandlerFailure) -> StreamStep<MaterialContent> {
        guard offset < material.size else { return .finished }
        let part = try part(covering: offset, from: context.query.reader)
        guard let part, part.key.offset + Int64(part.content.count) > offset else {
            throw .store(.corrupt("material \(material.key) has nothing at \(offset)"))
        }
        let content = Array(part.content.dropFirst(Int(offset - part.key.offset)))
        defer { offset += Int64(content.count) }
        return .message(MaterialContent(offset: UInt64(offset), content: content))
    }

    /// The part that holds the byte at `offset`: but for the first, one that begins with it.
    private func part(
        covering offset: Int64,
        from reader: any RecordReader
    ) throws(HandlerFailure) -> MaterialPartRecord? {
        try storing { () throws(StoreError) in
            let key = MaterialPartRecord.Key(material.key, offset)
            if let part = try reader.load(MaterialPartRecord.self, key) { return part }
            var last: MaterialPartRecord?
            while true {
                let search = Search(
                    prefix: [.text(material.key)],
                    after: [.integer(last?.key.offset ?? -1)],
                    limit: 1
                )
                let found = try reader.find(MaterialPartRecord.self, search).first
                guard let found, found.key.offset <= offset else { return last }
                last = found
            }
        }
    }
}

extension MaterialRecord.Owner {
    /// What a request names, by one of both.
    fileprivate init(case serial: String, draft: UInt64) throws(HandlerFailure) {
        guard draft != 0 else {
            guard !serial.isEmpty else {
                throw .refused(.outOfRange(field: "case", allowed: "a case, or a draft"))
            }
            self = .matter(serial: serial)
            return
        }
        guard serial.isEmpty, let number = Int64(exactly: draft) else {
            throw .refused(.outOfRange(field: "draft", allowed: "0 beside a case"))
        }
        self = .draft(number)
    }
}

extension MaterialRecord {
    fileprivate var view: MaterialView {
        let (serial, draft): (String, Int64) =
            switch owner {
            case .matter(let serial): (serial, 0)
            case .draft(let number): ("", number)
            }
        return MaterialView(
            material: Hexadecimal.bytes(of: key) ?? [],
            case: serial,
            name: name,
            size: UInt64(size),
            digest: digest,
            received: UInt64(received),
            completed: completed,
            sender: sender,
            draft: UInt64(clamping: draft)
        )
    }
}

extension CaseRecord {
    /// Whether materials may still be added: until it is decided or has ended.
    fileprivate var takesMaterials: Bool {
        switch state {
        case .received, .waitCorrection, .active, .suspended: true
        case .decided, .delivered, .archived, .notAccepted, .lapsed, .terminated, .withdrawn: false
        }
    }
}
