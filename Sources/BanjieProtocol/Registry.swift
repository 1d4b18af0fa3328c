extension BanjieProtocolSchema {
    /// The method of this number (`MethodDescriptor.id`), or nil.
    public static func method(id: UInt32) -> MethodDescriptor? {
        methodsByID[id]
    }

    /// The method called `Service/Method`, or nil.
    public static func method(named name: String) -> MethodDescriptor? {
        services.lazy.flatMap(\.methods).first { $0.fullName == name }
    }

    /// The message of this name, or nil.
    public static func message(named name: String) -> (any Message.Type)? {
        messages.first { $0.descriptor.name == name }
    }

    private static let methodsByID = Dictionary(
        uniqueKeysWithValues: services.flatMap(\.methods).map { ($0.id, $0) }
    )
}
