internal import BanjieProtocol
internal import CivilTime
internal import Office
internal import Store

// Matters that applicants prepare, and bring when they are ready.
extension OnlineService {
    func saveDraft(
        _ request: SaveDraftRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> DraftView {
        let actor = context.actor
        if request.draft != 0 { _ = try context.draft(request.draft, of: actor) }
        try validating(request)
        let item = try context.newestItem(request.item)
        let person = try context.person(actor.login)
        let details = try request.details?.parsed() ?? person.details
        let number: Int64
        if request.draft != 0 {
            number = Int64(clamping: request.draft)
        } else {
            let others = try context.drafts(of: actor).count
            guard others < DraftRecord.countMax else {
                throw .refused(.limitExceeded(asked: others + 1, most: DraftRecord.countMax))
            }
            number = try context.nextKey(DraftRecord.self)
        }
        let draft = DraftRecord(
            number: number,
            of: actor.login,
            item: item.key.code,
            channel: request.channel.flatMap { Office.Channel(rawValue: $0.rawValue) } ?? .pc,
            details: details,
            note: request.note,
            on: context.now.date
        )
        context.unit.save(draft)
        context.audit("DRAFT_SAVED", "draft/\(number)")
        return draft.view
    }

    func dropDraft(
        _ request: DraftRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> Empty {
        var draft = try context.draft(request.draft, of: context.actor)
        try validating(request)
        if try context.materials(of: draft, limit: 1).isEmpty {
            context.unit.delete(DraftRecord.self, draft.key)
        } else {
            draft.drop()
            context.unit.save(draft)
        }
        context.audit("DRAFT_DROPPED", "draft/\(draft.key)")
        return Empty()
    }

    /// What is brought is a matter like any other: by its item's newest version, received as of now, with the
    /// materials that were prepared for it.
    func submitDraft(
        _ request: DraftRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CaseView {
        let draft = try context.draft(request.draft, of: context.actor)
        try validating(request)
        let view = try CasesService().submit(
            SubmitCaseRequest(
                item: draft.item,
                channel: BanjieProtocol.Channel(rawValue: draft.channel.rawValue),
                applicant: draft.owner,
                details: draft.details.message
            ),
            in: &context
        )
        let materials = try context.materials(of: draft, limit: MaterialUpload.materialsMax)
        for var material in materials {
            material.join(case: view.case)
            context.unit.save(material)
        }
        if !materials.isEmpty {
            context.audit(
                "MATERIALS_BROUGHT",
                "case/\(view.case)",
                "\(materials.count) of draft \(draft.key)"
            )
        }
        context.unit.delete(DraftRecord.self, draft.key)
        return view
    }

    func listDrafts(
        _ request: Empty,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ListDraftsReply {
        ListDraftsReply(drafts: try context.drafts(of: context.signedIn()).map(\.view))
    }
}

extension RecordContext {
    /// Somebody's own draft; another's is as good as none.
    func draft(
        _ number: UInt64,
        of actor: Actor
    ) throws(HandlerFailure) -> DraftRecord {
        let key = Int64(clamping: number)
        let draft = try load(DraftRecord.self, key, or: .noDraft(number))
        guard draft.owner == actor.login else { throw .refused(.noDraft(number)) }
        return draft
    }

    fileprivate func materials(
        of draft: DraftRecord,
        limit: Int
    ) throws(HandlerFailure) -> [MaterialRecord] {
        try find(MaterialRecord.self, MaterialRecord.search(of: .draft(draft.key), limit: limit))
    }

    fileprivate func drafts(of actor: Actor) throws(HandlerFailure) -> [DraftRecord] {
        try find(
            DraftRecord.self,
            Search(
                by: DraftRecord.byOwner,
                prefix: [.text(actor.login)],
                limit: DraftRecord.countMax
            )
        )
    }
}

extension DraftRecord {
    fileprivate var view: DraftView {
        DraftView(
            draft: UInt64(clamping: key),
            item: item,
            channel: BanjieProtocol.Channel(rawValue: channel.rawValue),
            details: details.message,
            note: note,
            changed: changed
        )
    }
}
