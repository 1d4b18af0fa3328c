internal import BanjieProtocol
internal import Office

// Powers, guides and duties between records and messages.

extension PowerRecord {
    var message: Power {
        Power(
            code: key,
            department: department,
            kind: PowerKind(rawValue: kind.rawValue),
            name: name,
            basis: basis,
            duties: duties,
            post: post ?? "",
            accountability: accountability
        )
    }

    var view: PowerView {
        PowerView(power: message, revoked: revocation?.from, reason: revocation?.reason ?? "")
    }
}

extension PostDutyRecord {
    var message: PostDuty {
        PostDuty(post: key.post, from: key.from, holder: holder, cover: cover ?? "")
    }
}

extension AbsenceRecord {
    var view: AbsenceView {
        AbsenceView(login: key.login, from: key.from, until: until, reason: reason)
    }
}

extension GuideRecord {
    var message: Guide {
        Guide(
            item: key.item,
            post: content.post ?? "",
            basis: content.basis,
            applicants: content.applicants,
            conditions: content.conditions,
            materials: content.materials.map { material in
                GuideMaterial(
                    name: material.name,
                    originals: material.originals,
                    copies: material.copies,
                    deferrable: material.isDeferrable,
                    electronic: material.isElectronic,
                    note: material.note
                )
            },
            fees: content.fees.map { GuideFee(name: $0.name, amount: $0.amount, basis: $0.basis) },
            channels: Office.Channel.allCases.filter(content.channels.contains).map {
                BanjieProtocol.Channel(rawValue: $0.rawValue)
            },
            visits: content.visits,
            place: content.place,
            officePhone: content.phone,
            complaintPhone: content.complaintPhone,
            result: content.result,
            delivery: Delivery.allCases.filter(content.delivery.contains).map {
                DeliveryWay(rawValue: $0.rawValue)
            },
            remedies: content.remedies
        )
    }
}

extension Guide {
    /// What a guide says, as the office keeps it.
    func content() throws(HandlerFailure) -> GuideRecord.Content {
        var content = GuideRecord.Content()
        content.post = post.isEmpty ? nil : post
        content.basis = basis
        content.applicants = applicants
        content.conditions = conditions
        content.materials = materials.map { material in
            GuideRecord.Material(
                name: material.name,
                originals: material.originals,
                copies: material.copies,
                isDeferrable: material.deferrable,
                isElectronic: material.electronic,
                note: material.note
            )
        }
        content.fees = fees.map {
            GuideRecord.Fee(name: $0.name, amount: $0.amount, basis: $0.basis)
        }
        for channel in channels {
            guard let known = Office.Channel(rawValue: channel.rawValue) else {
                throw .refused(.unknownValue(field: "channels", value: "\(channel)"))
            }
            content.channels.insert(known)
        }
        content.visits = visits
        content.place = place
        content.phone = officePhone
        content.complaintPhone = complaintPhone
        content.result = result
        for way in delivery {
            guard let known = GuideRecord.Delivery(rawValue: way.rawValue) else {
                throw .refused(.unknownValue(field: "delivery", value: "\(way)"))
            }
            content.delivery.insert(known)
        }
        content.remedies = remedies
        return content
    }
}
