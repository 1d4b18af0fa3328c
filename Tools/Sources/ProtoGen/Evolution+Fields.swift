extension Comparison {
    mutating func compareFields(
        of earlier: MessageDefinition,
        with message: MessageDefinition,
        isRequested: Bool
    ) {
        for field in message.fields {
            let what = "`\(field.name)` of \(message.name)"
            let before = earlier.fields.first { $0.number == field.number && $0.name == field.name }
            if let before {
                compare(before, with: field, what)
            } else if isRequested, let reason = whyAbsenceIsRefused(field) {
                report(
                    .newFieldsMayBeAbsent,
                    field.position,
                    "\(what) is new and \(reason)",
                    remedy: "make it optional, or let its limits include the default"
                )
            }
        }
    }

    private mutating func compare(
        _ before: FieldDefinition,
        with field: FieldDefinition,
        _ what: String
    ) {
        if field.type != before.type || field.cardinality != before.cardinality {
            report(
                .typesStay,
                field.position,
                "\(what) was \(Wording.type(of: before))",
                remedy: "restore the type, or add a field with another number"
            )
            return
        }
        compareLimits(before.limits, with: field.limits, of: field, what)
        compareLimits(before.countLimits, with: field.countLimits, of: field, what)
        if before.required == nil && field.required != nil {
            report(
                .limitsDontNarrow,
                field.position,
                "\(what) wasn't required",
                remedy: "drop `required`"
            )
        }
        let requiredChanged =
            before.required != nil && field.required != nil && before.required != field.required
        let unknownChanged =
            (before.unknown ?? "UNKNOWN_VALUE") != (field.unknown ?? "UNKNOWN_VALUE")
        if requiredChanged || unknownChanged {
            report(
                .reasonsStay,
                field.position,
                "\(what) was refused with another reason",
                remedy: "restore the reason"
            )
        }
        if before.isPersonal && !field.isPersonal {
            report(
                .personalStays,
                field.position,
                "\(what) was personal",
                remedy: "restore `personal`"
            )
        }
    }

    private mutating func compareLimits(
        _ before: Limits,
        with limits: Limits,
        of field: FieldDefinition,
        _ what: String
    ) {
        let isRaised = (limits.minimum ?? Int64.min) > (before.minimum ?? Int64.min)
        let isLowered = (limits.maximum ?? Int64.max) < (before.maximum ?? Int64.max)
        guard isRaised || isLowered else { return }
        report(
            .limitsDontNarrow,
            field.position,
            "\(what) allowed \(Wording.range(before) ?? "everything")",
            remedy: "restore the limits, or add a field with another number"
        )
    }

    /// Why a request that leaves the field out is refused, or nil when it isn't.
    private func whyAbsenceIsRefused(_ field: FieldDefinition) -> String? {
        if field.cardinality == .optional { return nil }
        if field.required != nil { return "required" }
        if field.cardinality == .list {
            return (field.countLimits.minimum ?? 0) > 0 ? "must have elements" : nil
        }
        if new.enums.contains(where: { $0.name == field.type.name }) {
            return "has no value when it is left out"
        }
        let allowsDefault = (field.limits.minimum ?? 0) <= 0 && (field.limits.maximum ?? 0) >= 0
        return allowsDefault ? nil : "doesn't allow its default"
    }
}
